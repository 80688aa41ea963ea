// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fixture.h"

TestSuite(evict, .init = fixture_set_up, .fini = fixture_tear_down);

#define CAP        (UINT64_C(16) << 20)
#define BLOB_BYTES 100000
// Enough to fill the cap several times.
#define BLOBS 600

static uint64_t size_of_generations(struct sj_store *store)
{
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    return stat.size_bytes;
}

Test(evict, stays_under_the_cap_and_drops_the_oldest)
{
    struct sj_store *store = fixture_open(CAP);
    for (unsigned i = 0; i < BLOBS; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
        cr_assert_leq(size_of_generations(store), CAP + (1 << 20));
    }
    cr_assert_geq(size_of_generations(store), CAP - CAP / 8);
    cr_assert(fixture_has(store, BLOB_BYTES, BLOBS - 1));
    cr_assert(fixture_has(store, BLOB_BYTES, BLOBS - 100));
    cr_assert_not(fixture_has(store, BLOB_BYTES, 0));
    cr_assert_not(fixture_has(store, BLOB_BYTES, BLOBS - 200));
    sj_store_close(store);
}

Test(evict, gives_a_second_chance_to_what_is_read)
{
    struct sj_store *store = fixture_open(CAP);
    for (unsigned i = 0; i < BLOBS; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
        cr_assert(fixture_has(store, BLOB_BYTES, 0), "gone after %u", i);
        sj_store_promote(store);
    }
    cr_assert_not(fixture_has(store, BLOB_BYTES, 1));
    sj_store_close(store);
}

Test(evict, index_forgets_what_is_gone)
{
    struct sj_store *store = fixture_open(CAP);
    for (unsigned i = 0; i < BLOBS; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
    }
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    // Some are kept until the next sweep.
    cr_assert_lt(stat.objects, 200);
    struct sj_gc_report report;
    cr_assert_eq(sj_store_gc(store, UINT64_MAX, 0, &report, NULL), 0);
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    unsigned found = 0;
    for (unsigned i = 0; i < BLOBS; i++) {
        found += fixture_has(store, BLOB_BYTES, i);
    }
    cr_assert_eq(stat.objects, found);
    sj_store_close(store);
}

Test(evict, stamps_and_links_go_with_what_they_lead_to)
{
    struct sj_store *store = fixture_open(CAP);
    struct sj_key weak = sj_key_of("weak", 4);
    struct sj_key strong = sj_key_of("strong", 6);
    struct sj_key pathset = sj_key_of("paths", 5);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &pathset, "paths", 5);
    sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, "result", 6);
    sj_batch_pathset(batch, &weak, &pathset);
    sj_batch_stamp(batch, &weak, &strong, "stamp", 5);
    cr_assert_eq(sj_batch_commit(batch, NULL), 0);
    sj_batch_free(batch);
    struct sj_str stamp;
    cr_assert_eq(sj_store_gc(store, UINT64_MAX, 0, NULL, NULL), 0);
    cr_assert_eq(sj_store_stamp_find(store, &weak, &stamp), 0);
    sj_store_release(store);
    for (unsigned i = 0; i < BLOBS / 2; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
    }
    cr_assert_eq(sj_store_gc(store, UINT64_MAX, 0, NULL, NULL), 0);
    cr_assert_eq(sj_store_stamp_find(store, &weak, &stamp), SJ_STORE_MISS);
    struct sj_key found[4];
    cr_assert_eq(sj_store_pathsets_find(store, &weak, found, 4), 0);
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_eq(stat.stamps + stat.results + stat.pathsets, 0);
    sj_store_close(store);
}

Test(evict, index_is_bounded_without_new_blobs)
{
    struct sj_store *store = fixture_open(CAP);
    struct sj_key strong = sj_key_of("strong", 6);
    SJ_AUTO(sj_auto_free) char *stamp = sj_calloc(20000, 1);
    for (unsigned i = 0; i < 3000; i++) {
        struct sj_key action = sj_key_of(&i, sizeof i);
        struct sj_batch *batch = sj_batch_new(store);
        if (i == 0) {
            sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, "result", 6);
        }
        sj_batch_stamp(batch, &action, &strong, stamp, 20000);
        cr_assert_eq(sj_batch_commit(batch, NULL), 0);
        sj_batch_free(batch);
    }
    cr_assert_leq(size_of_generations(store), CAP);
    struct sj_str found;
    unsigned last = 2999;
    struct sj_key action = sj_key_of(&last, sizeof last);
    cr_assert_eq(sj_store_stamp_find(store, &action, &found), 0);
    sj_store_close(store);
}

Test(evict, gc_keeps_to_a_size_and_an_age)
{
    struct sj_store *store = fixture_open(CAP);
    for (unsigned i = 0; i < 100; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
    }
    struct sj_gc_report report;
    cr_assert_eq(sj_store_gc(store, UINT64_MAX, 3600, &report, NULL), 0);
    cr_assert_eq(report.dropped, 0);
    cr_assert_eq(sj_store_gc(store, CAP / 4, 0, &report, NULL), 0);
    cr_assert_gt(report.dropped, 0);
    cr_assert_gt(report.freed_bytes, CAP / 8);
    cr_assert_gt(report.forgotten, 0);
    cr_assert_leq(size_of_generations(store), CAP / 4 + (1 << 20));
    cr_assert(fixture_has(store, BLOB_BYTES, 99));
    cr_assert_not(fixture_has(store, BLOB_BYTES, 0));
    cr_assert_eq(sj_store_gc(store, 0, 0, &report, NULL), 0);
    cr_assert_not(fixture_has(store, BLOB_BYTES, 99));
    sj_store_close(store);
}

Test(evict, cleaning_an_empty_store_is_fine)
{
    struct sj_store *store = fixture_open(0);
    struct sj_err err = {0};
    cr_expect_eq(sj_store_gc(store, UINT64_MAX, 0, NULL, &err), 0, "%s", err.text);
    sj_store_close(store);
}
