// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"
#include "store/shared.h"
#include "store/write.h"

TestSuite(shared, .init = fixture_set_up, .fini = fixture_tear_down);

#define GENERATIONS "store/generations"

static struct sj_shared *open_shared_with(struct sj_shared_options options)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    struct sj_shared *shared = NULL;
    struct sj_err err = {0};
    options.dir = path;
    cr_assert_eq(sj_shared_open(&options, &shared, &err), 0, "%s", err.text);
    return shared;
}

static struct sj_shared *open_shared(void)
{
    return open_shared_with((struct sj_shared_options){.compression_level = 1});
}

// What came of a write; written by the writer thread before the flush returns.
static void note_status(int status, void *user)
{
    *(int *)user = status;
}

static int commit(struct sj_shared *shared, struct sj_write *write)
{
    int status = 1;
    cr_assert_eq(sj_write_submit(write, note_status, &status), 0);
    sj_shared_flush(shared);
    return status;
}

static struct sj_buf bytes_of(size_t len, unsigned seed)
{
    struct sj_buf buf = SJ_BUF_INIT(len + 1);
    char *data = sj_buf_reserve(&buf, len);
    fixture_fill(data, len, seed);
    buf.len = len;
    return buf;
}

static struct sj_buf text_of(const char *text)
{
    struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&buf, text);
    return buf;
}

static struct sj_key key_of(unsigned number)
{
    return sj_key_of(&number, sizeof number);
}

static int put_bytes(struct sj_shared *shared, const char *space, enum sj_blob kind,
                     const struct sj_key *key, struct sj_buf data)
{
    struct sj_write *write = sj_write_new(shared, sj_str_of(space));
    sj_write_blob(write, kind, key, &data);
    cr_assert_eq(data.len, 0);
    return commit(shared, write);
}

static int put_text(struct sj_shared *shared, const char *space, enum sj_blob kind,
                    const struct sj_key *key, const char *text)
{
    return put_bytes(shared, space, kind, key, text_of(text));
}

// An object that follows from its seed.
static struct sj_key put_object(struct sj_shared *shared, const char *space, size_t len,
                                unsigned seed)
{
    struct sj_buf data = bytes_of(len, seed);
    struct sj_key key = sj_key_of(data.data, data.len);
    cr_assert_eq(put_bytes(shared, space, SJ_BLOB_OBJECT, &key, data), 0);
    return key;
}

static int read_blob(struct sj_shared *shared, const char *space, enum sj_blob kind,
                     const struct sj_key *key, struct sj_buf *out)
{
    struct sj_view view;
    int status = sj_shared_find(shared, sj_str_of(space), kind, key, &view);
    if (status == 0) {
        status = sj_view_read(shared, &view, out);
        sj_view_close(shared, &view);
    }
    return status;
}

static bool has_text(struct sj_shared *shared, const char *space, enum sj_blob kind,
                     const struct sj_key *key, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = read_blob(shared, space, kind, key, &got);
    cr_assert(status >= 0);
    return status == 0 && strcmp(sj_buf_text(&got), text) == 0;
}

static bool has_object(struct sj_shared *shared, const char *space, const struct sj_key *key)
{
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = read_blob(shared, space, SJ_BLOB_OBJECT, key, &got);
    cr_assert(status >= 0);
    if (status == 0) {
        struct sj_key is = sj_key_of(got.data, got.len);
        cr_assert(sj_key_eq(&is, key));
    }
    return status == 0;
}

// Poll, as what the writer thread does in the background has no other sign.
static bool comes_true(bool (*is_true)(struct sj_shared *, void *), struct sj_shared *shared,
                       void *user)
{
    uint64_t deadline = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    while (!is_true(shared, user)) {
        if (sj_clock_ns(CLOCK_MONOTONIC) > deadline) {
            return false;
        }
        struct timespec pause = {.tv_nsec = 5 * (long)SJ_NS_PER_MS};
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

Test(shared, what_is_written_is_found)
{
    static const enum sj_blob kinds[] = {SJ_BLOB_OBJECT, SJ_BLOB_RESULT, SJ_BLOB_PATHSET,
                                         SJ_BLOB_ENTRY};
    static const size_t lens[] = {0, 1, 100, 4095, 4096, 100000, 3000000};
    struct sj_shared *shared = open_shared();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {
            // Half of it compresses.
            struct sj_buf data = bytes_of(lens[l], (unsigned)(i * 100 + l));
            memset(data.data, 'x', lens[l] / 2);
            struct sj_key key = sj_key_of(data.data, data.len);
            cr_assert_eq(put_bytes(shared, "main", kinds[i], &key, data), 0);

            struct sj_view view;
            cr_assert_eq(sj_shared_find(shared, sj_str_of("main"), kinds[i], &key, &view), 0);
            cr_assert_eq(view.raw_len, lens[l]);
            cr_assert_eq(sj_view_is_compressed(&view),
                         kinds[i] != SJ_BLOB_ENTRY && lens[l] >= 4096);
            cr_assert_eq(sj_view_check(shared, &view), 0);
            SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
            sj_buf_adds(&got, "before");
            cr_assert_eq(sj_view_read(shared, &view, &got), 0);
            cr_assert_eq(got.len, 6 + lens[l]);
            struct sj_key is = sj_key_of(got.data + 6, lens[l]);
            cr_assert(sj_key_eq(&is, &key));
            sj_buf_clear(&got);
            cr_assert_eq(sj_view_read_stored(shared, &view, &got), 0);
            cr_assert_eq(got.len, view.stored_len);
            SJ_AUTO(sj_auto_free) char *straight = sj_calloc(view.stored_len + 1, 1);
            cr_assert_eq(
                pread(view.fd, straight, view.stored_len, (off_t)sj_view_data_offset(&view)),
                view.stored_len);
            cr_assert(memcmp(straight, sj_buf_text(&got), got.len) == 0);
            sj_view_close(shared, &view);
        }
    }
    sj_shared_close(shared);
}

Test(shared, a_frame_is_stored_as_it_is)
{
    struct sj_shared *shared = open_shared();
    struct sj_buf data = bytes_of(50000, 1);
    memset(data.data, 0, 40000);
    struct sj_key key = sj_key_of(data.data, data.len);
    cr_assert_eq(put_bytes(shared, "a", SJ_BLOB_OBJECT, &key, data), 0);
    struct sj_view view;
    SJ_AUTO(sj_buf_release) struct sj_buf frame = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_OBJECT, &key, &view), 0);
    cr_assert_eq(sj_view_read_stored(shared, &view, &frame), 0);
    uint32_t stored_len = view.stored_len;
    sj_view_close(shared, &view);

    struct sj_write *write = sj_write_new(shared, sj_str_of("b"));
    sj_write_frame(write, SJ_BLOB_OBJECT, &key, &key, 50000, &frame);
    cr_assert_eq(commit(shared, write), 0);
    cr_assert(has_object(shared, "b", &key));
    cr_assert_eq(sj_shared_find(shared, sj_str_of("b"), SJ_BLOB_OBJECT, &key, &view), 0);
    cr_assert_eq(view.stored_len, stored_len);
    sj_view_close(shared, &view);
    sj_shared_close(shared);
}

Test(shared, namespaces_and_kinds_are_apart)
{
    struct sj_shared *shared = open_shared();
    struct sj_key key = key_of(1);
    static const char *const spaces[] = {"", "main", "pr-1", "mai", "main2"};
    for (size_t i = 0; i < 5; i++) {
        for (size_t s = 0; s < 5; s++) {
            SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
            int want = s < i ? 0 : SJ_STORE_MISS;
            cr_assert_eq(read_blob(shared, spaces[s], SJ_BLOB_ENTRY, &key, &got), want);
            cr_assert_eq(read_blob(shared, spaces[s], SJ_BLOB_RESULT, &key, &got), SJ_STORE_MISS);
        }
        cr_assert_eq(put_text(shared, spaces[i], SJ_BLOB_ENTRY, &key, spaces[i]), 0);
    }
    for (size_t i = 0; i < 5; i++) {
        cr_assert(has_text(shared, spaces[i], SJ_BLOB_ENTRY, &key, spaces[i]));
    }
    sj_shared_close(shared);
    // The same to those who read it otherwise.
    struct sj_store *store = NULL;
    struct sj_err err;
    cr_assert_eq(fixture_try((struct sj_store_options){.namespace_name = "pr-1"}, &store, &err), 0);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_ENTRY, &key, &got), 0);
    cr_assert_str_eq(sj_buf_text(&got), "pr-1");
    sj_store_close(store);
}

Test(shared, the_later_entry_counts)
{
    struct sj_shared *shared = open_shared();
    struct sj_key key = key_of(1);
    cr_assert_eq(put_text(shared, "a", SJ_BLOB_ENTRY, &key, "one"), 0);
    struct sj_view view;
    cr_assert_eq(sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_ENTRY, &key, &view), 0);
    cr_assert_eq(put_text(shared, "a", SJ_BLOB_ENTRY, &key, "two"), 0);
    cr_assert(has_text(shared, "a", SJ_BLOB_ENTRY, &key, "two"));
    // Who has found the earlier one goes on reading it.
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_view_read(shared, &view, &got), 0);
    cr_assert_str_eq(sj_buf_text(&got), "one");
    sj_view_close(shared, &view);
    // Within one write, too, and what is forgotten in between is.
    struct sj_write *write = sj_write_new(shared, sj_str_of("a"));
    struct sj_buf first = text_of("first");
    struct sj_buf second = text_of("second");
    sj_write_blob(write, SJ_BLOB_ENTRY, &key, &first);
    sj_write_forget(write, SJ_BLOB_ENTRY, &key);
    sj_write_blob(write, SJ_BLOB_ENTRY, &key, &second);
    cr_assert_eq(commit(shared, write), 0);
    cr_assert(has_text(shared, "a", SJ_BLOB_ENTRY, &key, "second"));
    write = sj_write_new(shared, sj_str_of("a"));
    sj_write_forget(write, SJ_BLOB_ENTRY, &key);
    cr_assert_eq(commit(shared, write), 0);
    cr_assert_eq(read_blob(shared, "a", SJ_BLOB_ENTRY, &key, &got), SJ_STORE_MISS);
    sj_shared_close(shared);
}

Test(shared, an_entry_that_is_to_be_kept_is)
{
    struct sj_shared *shared = open_shared();
    struct sj_key key = key_of(7);
    int status[4] = {1, 1, 1, 1};
    for (int i = 0; i < 4; i++) {
        // The last one replaces what the others have kept.
        static const char *const texts[] = {"first", "second", "third", "last"};
        struct sj_buf text = text_of(texts[i]);
        struct sj_write *write = sj_write_new(shared, sj_str_of("main"));
        if (i < 3) {
            sj_write_keep(write);
        }
        sj_write_blob(write, SJ_BLOB_ENTRY, &key, &text);
        cr_assert_eq(sj_write_submit(write, note_status, &status[i]), 0);
        if (i == 1 || i == 2) {
            sj_shared_flush(shared);
            cr_expect_eq(status[i], 0);
            cr_expect(has_text(shared, "main", SJ_BLOB_ENTRY, &key, "first"));
        }
    }
    sj_shared_flush(shared);
    cr_expect(has_text(shared, "main", SJ_BLOB_ENTRY, &key, "last"));
    sj_shared_close(shared);
}

Test(shared, path_sets_come_the_latest_first)
{
    struct sj_shared *shared = open_shared();
    struct sj_key weak = key_of(7);
    struct sj_key sets[3];
    struct sj_key got[8];
    for (unsigned i = 0; i < 3; i++) {
        struct sj_buf data = bytes_of(100, i);
        sets[i] = sj_key_of(data.data, data.len);
        struct sj_write *write = sj_write_new(shared, sj_str_of("a"));
        sj_write_blob(write, SJ_BLOB_PATHSET, &sets[i], &data);
        sj_write_link(write, &weak, &sets[i]);
        cr_assert_eq(commit(shared, write), 0);
    }
    cr_assert_eq(sj_shared_pathsets(shared, sj_str_of("a"), &weak, got, 8), 3);
    for (int i = 0; i < 3; i++) {
        cr_assert(sj_key_eq(&got[i], &sets[2 - i]));
    }
    cr_assert_eq(sj_shared_pathsets(shared, sj_str_of("a"), &weak, got, 2), 2);
    cr_assert_eq(sj_shared_pathsets(shared, sj_str_of("b"), &weak, got, 8), 0);
    cr_assert_eq(sj_shared_pathsets(shared, sj_str_of("a"), &sets[0], got, 8), 0);
    sj_shared_close(shared);
}

Test(shared, content_is_written_once)
{
    struct sj_shared *shared = open_shared();
    struct sj_key key = put_object(shared, "a", 10000, 1);
    struct sj_space_usage once;
    struct sj_space_usage twice;
    cr_assert_eq(sj_shared_usage(shared, sj_str_of("a"), &once), 0);
    cr_assert_eq(once.items, 1);
    cr_assert_eq(once.bytes, 10000 + 64 + 1);
    (void)put_object(shared, "a", 10000, 1);
    struct sj_write *write = sj_write_new(shared, sj_str_of("a"));
    for (int i = 0; i < 3; i++) {
        struct sj_buf data = bytes_of(10000, 1);
        sj_write_blob(write, SJ_BLOB_OBJECT, &key, &data);
    }
    cr_assert_eq(commit(shared, write), 0);
    cr_assert_eq(sj_shared_usage(shared, sj_str_of("a"), &twice), 0);
    cr_assert_eq(twice.items, 1);
    // In one write that is new.
    write = sj_write_new(shared, sj_str_of("b"));
    for (int i = 0; i < 3; i++) {
        struct sj_buf data = bytes_of(10000, 1);
        sj_write_blob(write, SJ_BLOB_OBJECT, &key, &data);
    }
    cr_assert_eq(commit(shared, write), 0);
    cr_assert_eq(sj_shared_usage(shared, sj_str_of("b"), &twice), 0);
    cr_assert_eq(twice.items, 1);
    cr_assert(has_object(shared, "b", &key));
    sj_shared_close(shared);
}

static void add_space(struct sj_str name, const struct sj_space_usage *usage, void *user)
{
    sj_buf_addf(user, "%.*s:%ju ", (int)name.len, name.data, (uintmax_t)usage->items);
}

Test(shared, namespaces_are_listed_with_what_they_hold)
{
    struct sj_shared *shared = open_shared();
    SJ_AUTO(sj_buf_release) struct sj_buf list = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_shared_spaces(shared, add_space, &list), 0);
    cr_assert_str_eq(sj_buf_text(&list), "");
    (void)put_object(shared, "b", 100, 1);
    (void)put_object(shared, "b", 100, 2);
    (void)put_object(shared, "", 100, 2);
    (void)put_object(shared, "a", 100, 2);
    cr_assert_eq(sj_shared_spaces(shared, add_space, &list), 0);
    cr_assert_str_eq(sj_buf_text(&list), ":1 a:1 b:2 ");
    sj_shared_close(shared);
    // The wrapper's batches count, too, and so does what an index is made again from.
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 100, 9);
    sj_store_close(store);
    SJ_AUTO(sj_auto_free) char *index = fixture_path("store/index");
    cr_assert_eq(sj_tree_remove(index), 0);
    shared = open_shared();
    sj_buf_clear(&list);
    cr_assert_eq(sj_shared_spaces(shared, add_space, &list), 0);
    cr_assert_str_eq(sj_buf_text(&list), ":2 a:1 b:2 ");
    sj_shared_close(shared);
}

Test(shared, a_quota_fails_one_write_and_not_its_neighbours)
{
    struct sj_shared *shared = open_shared();
    enum {
        WRITES = 6
    };
    int status[WRITES];
    for (unsigned i = 0; i < WRITES; i++) {
        struct sj_write *write = sj_write_new(shared, sj_str_of(i % 2 ? "small" : "large"));
        sj_write_limit(write, i % 2 ? 25000 : 0);
        struct sj_buf data = bytes_of(10000, i);
        struct sj_key key = sj_key_of(data.data, data.len);
        sj_write_blob(write, SJ_BLOB_OBJECT, &key, &data);
        status[i] = 1;
        cr_assert_eq(sj_write_submit(write, note_status, &status[i]), 0);
    }
    sj_shared_flush(shared);
    for (unsigned i = 0; i < WRITES; i++) {
        cr_assert_eq(status[i], i == 5 ? -EDQUOT : 0, "write %u: %d", i, status[i]);
    }
    struct sj_shared_stat stat;
    cr_assert_eq(sj_shared_stat(shared, &stat), 0);
    cr_assert_eq(stat.writes, 5);
    cr_assert_eq(stat.failed_writes, 1);
    cr_assert_eq(stat.last_failure, -EDQUOT);
    cr_assert_eq(stat.queued_bytes, 0);
    cr_assert_eq(stat.store.objects, 5);
    // What is there already costs nothing.
    struct sj_write *write = sj_write_new(shared, sj_str_of("small"));
    sj_write_limit(write, 25000);
    struct sj_buf data = bytes_of(10000, 1);
    struct sj_key key = sj_key_of(data.data, data.len);
    sj_write_blob(write, SJ_BLOB_OBJECT, &key, &data);
    cr_assert_eq(commit(shared, write), 0);
    cr_assert_eq(sj_shared_stat(shared, &stat), 0);
    cr_assert_eq(stat.last_failure, 0);
    sj_shared_close(shared);
}

Test(shared, what_is_larger_than_half_the_cap_is_refused)
{
    struct sj_shared *shared =
        open_shared_with((struct sj_shared_options){.max_size_bytes = 4 << 20});
    struct sj_key key = key_of(1);
    cr_assert_eq(put_bytes(shared, "", SJ_BLOB_ENTRY, &key, bytes_of(3 << 20, 1)), -EFBIG);
    cr_assert_eq(put_bytes(shared, "", SJ_BLOB_ENTRY, &key, bytes_of(3 << 19, 1)), 0);
    sj_shared_close(shared);
}

Test(shared, a_full_queue_says_come_again)
{
    struct sj_shared *shared =
        open_shared_with((struct sj_shared_options){.max_queue_bytes = 100000});
    unsigned refused = 0;
    for (unsigned i = 0; i < 1000 && refused == 0; i++) {
        struct sj_write *write = sj_write_new(shared, sj_str_of(""));
        struct sj_buf data = bytes_of(40000, i);
        struct sj_key key = sj_key_of(data.data, data.len);
        sj_write_blob(write, SJ_BLOB_OBJECT, &key, &data);
        cr_assert_geq(sj_write_bytes(write), 40000);
        int status = sj_write_submit(write, NULL, NULL);
        cr_assert(status == 0 || status == -EAGAIN);
        if (status < 0) {
            refused++;
            sj_write_free(write);
        }
    }
    cr_assert_eq(refused, 1);
    sj_shared_flush(shared);
    // One that is larger than the queue still gets through.
    struct sj_key key = key_of(1);
    cr_assert_eq(put_bytes(shared, "", SJ_BLOB_ENTRY, &key, bytes_of(200000, 1)), 0);
    sj_shared_close(shared);
}

Test(shared, a_view_outlives_its_generation)
{
    struct sj_shared *shared =
        open_shared_with((struct sj_shared_options){.max_size_bytes = 4 << 20});
    struct sj_key first = put_object(shared, "a", 20000, 0);
    struct sj_view view;
    cr_assert_eq(sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_OBJECT, &first, &view), 0);
    char start[8];
    const char *shown = NULL;
    cr_assert_eq(sj_view_show(shared, &view, start, sizeof start, &shown), 0);
    for (unsigned i = 1; i <= 100; i++) {
        (void)put_object(shared, "a", 100000, i);
    }
    struct sj_view gone;
    cr_assert_eq(sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_OBJECT, &first, &gone),
                 SJ_STORE_MISS);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_view_read(shared, &view, &got), 0);
    struct sj_key is = sj_key_of(got.data, got.len);
    cr_assert(sj_key_eq(&is, &first));
    void *held = sj_view_take(&view);
    sj_view_close(shared, &view);
    is = sj_key_of(shown, 20000);
    cr_assert(sj_key_eq(&is, &first));
    sj_view_drop(held);
    struct sj_shared_stat stat;
    struct sj_space_usage usage;
    cr_assert_eq(sj_shared_stat(shared, &stat), 0);
    cr_assert_gt(stat.dropped_generations, 0);
    cr_assert_leq(stat.store.size_bytes, (4 << 20) + (1 << 20));
    cr_assert_eq(sj_shared_usage(shared, sj_str_of("a"), &usage), 0);
    cr_assert_leq(usage.bytes, 4 << 20);
    sj_shared_close(shared);
}

static bool is_promoted(struct sj_shared *shared, void *user)
{
    (void)user;
    struct sj_shared_stat stat;
    cr_assert_eq(sj_shared_stat(shared, &stat), 0);
    return stat.promoted > 0;
}

Test(shared, what_is_read_is_copied_forward)
{
    struct sj_shared *shared =
        open_shared_with((struct sj_shared_options){.max_size_bytes = 8 << 20});
    struct sj_key kept = put_object(shared, "a", 20000, 0);
    // Until the first generation is of the oldest quarter.
    for (unsigned i = 1; i <= 55; i++) {
        (void)put_object(shared, "a", 100000, i);
    }
    cr_assert(has_object(shared, "a", &kept));
    cr_assert(comes_true(is_promoted, shared, NULL));
    for (unsigned i = 100; i <= 140; i++) {
        (void)put_object(shared, "a", 100000, i);
    }
    cr_assert(has_object(shared, "a", &kept));
    struct sj_buf other = bytes_of(100000, 1);
    struct sj_key left = sj_key_of(other.data, other.len);
    sj_buf_release(&other);
    cr_assert_not(has_object(shared, "a", &left));
    sj_shared_close(shared);
}

static void flip_at(struct sj_view *view, uint64_t offset)
{
    SJ_AUTO(sj_auto_free) char *name = sj_asprintf(GENERATIONS "/%08u.mdb", view->generation);
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR);
    unsigned char byte;
    cr_assert_eq(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= 0x5a;
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

struct wanted {
    const char *space;
    struct sj_key key;
};

static bool is_forgotten(struct sj_shared *shared, void *user)
{
    const struct wanted *wanted = user;
    struct sj_view view;
    int status =
        sj_shared_find(shared, sj_str_of(wanted->space), SJ_BLOB_OBJECT, &wanted->key, &view);
    if (status == 0) {
        sj_view_close(shared, &view);
    }
    return status == SJ_STORE_MISS;
}

typedef int read_how(struct sj_shared *, const struct sj_view *, struct sj_buf *);

static int check(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out)
{
    (void)out;
    return sj_view_check(shared, view);
}

// From memory where it can be, else read.
static int show(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out)
{
    char start[100];
    const char *data;
    int status = sj_view_show(shared, view, start, sizeof start, &data);
    cr_assert_eq(status == -EOPNOTSUPP, sj_view_is_compressed(view));
    if (status == -EOPNOTSUPP) {
        return sj_view_read(shared, view, out);
    }
    if (status == 0) {
        cr_assert_eq(memcmp(start, data, sizeof start), 0);
        sj_buf_add(out, data, view->raw_len);
    }
    return status;
}

Test(shared, damage_is_a_miss_that_heals)
{
    static read_how *const ways[] = {sj_view_read, sj_view_read_stored, show, check};
    struct sj_shared *shared = open_shared();
    unsigned seed = 0;
    for (int shrinks = 0; shrinks < 2; shrinks++) {
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
            // In the item's head, at the start of the data and at its end.
            for (int where = 0; where < 3; where++) {
                struct sj_buf data = bytes_of(300000, seed++);
                memset(data.data, 'x', shrinks ? 200000 : 0);
                struct sj_buf again = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
                sj_buf_add(&again, data.data, data.len);
                struct wanted wanted = {"a", sj_key_of(data.data, data.len)};
                cr_assert_eq(put_bytes(shared, "a", SJ_BLOB_OBJECT, &wanted.key, data), 0);
                // What this process wrote it trusts: look at it as another does.
                sj_shared_close(shared);
                shared = open_shared();
                struct sj_view view;
                cr_assert_eq(
                    sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_OBJECT, &wanted.key, &view), 0);
                flip_at(&view, where == 0 ? view.offset + 40
                                          : sj_view_data_offset(&view) +
                                                (where == 1 ? 5 : view.stored_len - 1));
                SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
                int status = ways[way](shared, &view, &got);
                sj_view_close(shared, &view);
                cr_assert_eq(status, SJ_STORE_MISS, "way %zu at %d", way, where);
                cr_assert_eq(got.len, 0);
                cr_assert(comes_true(is_forgotten, shared, &wanted));
                cr_assert_eq(put_bytes(shared, "a", SJ_BLOB_OBJECT, &wanted.key, again), 0);
                cr_assert(has_object(shared, "a", &wanted.key));
            }
        }
    }
    sj_shared_close(shared);
}

Test(shared, other_processes_write_to_the_same_store)
{
    struct sj_shared *shared = open_shared();
    struct sj_key mine = put_object(shared, "", 5000, 1000);
    pid_t child = fork();
    if (child == 0) {
        // As a compile does. The parent's threads and locks are not the child's.
        char *argv[] = {NULL};
        (void)argv;
        struct sj_store *store = fixture_open(0);
        for (unsigned i = 0; i < 20; i++) {
            (void)fixture_put(store, 5000, i);
        }
        _exit(fixture_has(store, 5000, 1000) ? 0 : 1);
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    for (unsigned i = 0; i < 20; i++) {
        struct sj_buf data = bytes_of(5000, i);
        struct sj_key key = sj_key_of(data.data, data.len);
        sj_buf_release(&data);
        cr_assert(has_object(shared, "", &key));
    }
    cr_assert(has_object(shared, "", &mine));
    (void)put_object(shared, "", 5000, 2000);
    sj_shared_close(shared);
}

static bool has_wanted(struct sj_shared *shared, void *user)
{
    const struct wanted *wanted = user;
    return has_object(shared, wanted->space, &wanted->key);
}

Test(shared, an_index_made_again_elsewhere_is_taken_up)
{
    struct sj_shared *shared = open_shared();
    struct wanted mine = {"a", put_object(shared, "a", 5000, 1)};
    (void)put_object(shared, "b", 5000, 2);
    pid_t child = fork();
    if (child == 0) {
        SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
        sj_store_condemn(path);
        struct sj_store *store = fixture_open(0);
        (void)fixture_put(store, 5000, 3);
        sj_store_close(store);
        _exit(0);
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    struct wanted theirs = {"", {{0}}};
    struct sj_buf data = bytes_of(5000, 3);
    theirs.key = sj_key_of(data.data, data.len);
    sj_buf_release(&data);
    cr_assert(comes_true(has_wanted, shared, &theirs));
    cr_assert(has_wanted(shared, &mine));
    (void)put_object(shared, "b", 5000, 4);
    sj_shared_close(shared);
}

// Write entries and say so through a pipe once each is done; the number counts up in each.
struct teller {
    int fd;
    unsigned number;
};

static void tell(int status, void *user)
{
    struct teller *teller = user;
    if (status == 0) {
        (void)!write(teller->fd, &teller->number, sizeof teller->number);
    }
}

static _Noreturn void write_until_killed(int fd)
{
    static struct teller tellers[100000];
    struct sj_shared *shared = open_shared_with((struct sj_shared_options){.is_durable = true});
    for (unsigned i = 0; i < 100000; i++) {
        // Each key gets several values; sizes that fill gaps, and some that do not.
        struct sj_key key = key_of(i % 50);
        struct sj_buf data = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&data, "%u ", i);
        for (unsigned n = i % 7 * 400; n > 0; n--) {
            sj_buf_adds(&data, "x");
        }
        struct sj_write *write = sj_write_new(shared, sj_str_of("a"));
        sj_write_blob(write, SJ_BLOB_ENTRY, &key, &data);
        tellers[i] = (struct teller){fd, i};
        if (sj_write_submit(write, tell, &tellers[i]) < 0) {
            sj_write_free(write);
            sj_shared_flush(shared);
        }
        if (i % 3 == 0) {
            sj_shared_flush(shared);
        }
    }
    sj_shared_flush(shared);
    _exit(0);
}

static void check_told(const unsigned *last)
{
    struct sj_shared *shared = open_shared();
    for (unsigned k = 0; k < 50; k++) {
        struct sj_key key = key_of(k);
        SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        int status = read_blob(shared, "a", SJ_BLOB_ENTRY, &key, &got);
        if (last[k] == 0) {
            continue;
        }
        cr_assert_eq(status, 0);
        // As told, or later.
        unsigned long number = strtoul(sj_buf_text(&got), NULL, 10);
        cr_assert_geq(number + 1, last[k], "key %u: %lu", k, number);
    }
    sj_shared_close(shared);
}

Test(shared, what_was_told_to_be_written_stays)
{
    unsigned last[50] = {0};
    for (int round = 0; round < 4; round++) {
        memset(last, 0, sizeof last);
        fixture_tear_down();
        fixture_set_up();
        int fds[2];
        cr_assert_eq(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) {
            (void)close(fds[0]);
            write_until_killed(fds[1]);
        }
        (void)close(fds[1]);
        unsigned number;
        unsigned count = 0;
        while (read(fds[0], &number, sizeof number) == sizeof number) {
            last[number % 50] = number + 1;
            if (++count == 500) {
                (void)kill(child, SIGKILL);
            }
        }
        (void)close(fds[0]);
        (void)waitpid(child, NULL, 0);
        cr_assert_geq(count, 500);
        check_told(last);
        // After a power cut the index is not looked at.
        SJ_AUTO(sj_auto_free) char *mark = fixture_path("store/unsynced");
        (void)unlink(mark);
        cr_assert_eq(symlink("00000000000000000000000000000001", mark), 0);
        check_told(last);
        SJ_AUTO(sj_auto_free) char *index = fixture_path("store/index");
        cr_assert_eq(sj_tree_remove(index), 0);
        check_told(last);
    }
}

static bool is_synced(struct sj_shared *shared, void *user)
{
    (void)shared;
    SJ_AUTO(sj_auto_free) char *mark = fixture_path("store/unsynced");
    char target[64];
    (void)user;
    return readlink(mark, target, sizeof target) < 0;
}

Test(shared, an_idle_store_is_synced)
{
    struct sj_shared *shared = open_shared();
    (void)put_object(shared, "a", 5000, 1);
    cr_assert_not(is_synced(shared, NULL));
    cr_assert(comes_true(is_synced, shared, NULL));
    (void)put_object(shared, "a", 5000, 2);
    cr_assert_not(is_synced(shared, NULL));
    sj_shared_close(shared);
}

static char *mount_small(const char *size)
{
    char *path = fixture_path("store");
    cr_assert_eq(mkdir(path, 0700), 0);
    if (mount("none", path, "tmpfs", 0, size) != 0) {
        free(path);
        cr_skip("needs the right to mount");
    }
    return path;
}

Test(shared, a_full_disk_fails_writes_until_there_is_room)
{
    SJ_AUTO(sj_auto_free) char *path = mount_small("size=3m");
    struct sj_shared *shared = open_shared();
    struct sj_key first = put_object(shared, "a", 1000, 0);
    SJ_AUTO(sj_auto_free) char *hog = fixture_path("store/hog");
    int fd = open(hog, O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(posix_fallocate(fd, 0, 1 << 20), 0);
    (void)close(fd);
    int status = 0;
    unsigned seed = 1;
    for (; seed < 100 && status == 0; seed++) {
        struct sj_key key = key_of(seed);
        status = put_bytes(shared, "a", SJ_BLOB_ENTRY, &key, bytes_of(100000, seed));
    }
    cr_assert_eq(status, -ENOSPC, "%d", status);
    struct sj_shared_stat stat;
    cr_assert_eq(sj_shared_stat(shared, &stat), 0);
    cr_assert_eq(stat.last_failure, -ENOSPC);
    cr_assert_eq(stat.failed_writes, 1);
    // What is there can be read; writes are tried again, and one day there is room.
    for (int i = 0; i < 3; i++) {
        struct sj_key key = key_of(seed);
        cr_assert_lt(put_bytes(shared, "a", SJ_BLOB_ENTRY, &key, bytes_of(500000, seed)), 0);
        struct wanted wanted = {"a", first};
        cr_assert(comes_true(has_wanted, shared, &wanted));
    }
    cr_assert_eq(unlink(hog), 0);
    for (unsigned end = seed + 4; seed < end; seed++) {
        struct sj_key key = key_of(seed);
        cr_assert_eq(put_bytes(shared, "a", SJ_BLOB_ENTRY, &key, bytes_of(100000, seed)), 0);
    }
    cr_assert(has_object(shared, "a", &first));
    sj_shared_close(shared);
    cr_assert_eq(umount2(path, MNT_DETACH), 0);
}

Test(shared, a_read_only_file_system_can_be_read)
{
    SJ_AUTO(sj_auto_free) char *path = mount_small("size=3m");
    struct sj_shared *shared = open_shared();
    struct sj_key key = put_object(shared, "a", 1000, 0);
    sj_shared_close(shared);
    cr_assert_eq(mount("none", path, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    shared = open_shared();
    cr_assert(has_object(shared, "a", &key));
    cr_assert_eq(put_text(shared, "a", SJ_BLOB_ENTRY, &key, "x"), -EROFS);
    struct wanted wanted = {"a", key};
    cr_assert(comes_true(has_wanted, shared, &wanted));
    sj_shared_close(shared);
    cr_assert_eq(umount2(path, MNT_DETACH), 0);
}

static bool is_counted(struct sj_shared *shared, void *user)
{
    (void)user;
    struct sj_shared_stat stat;
    struct sj_view view;
    struct sj_key key = key_of(1);
    int status = sj_shared_find(shared, sj_str_of("a"), SJ_BLOB_ENTRY, &key, &view);
    if (status == 0) {
        sj_view_close(shared, &view);
    }
    return sj_shared_stat(shared, &stat) == 0 && stat.store.entries == 1;
}

Test(shared, a_damaged_index_is_made_again_while_it_is_open)
{
    struct sj_shared *shared = open_shared();
    struct sj_key key = key_of(1);
    cr_assert_eq(put_text(shared, "a", SJ_BLOB_ENTRY, &key, "entry"), 0);
    // As another process does that crashed on it, and nobody has opened the store since.
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    sj_store_condemn(path);
    struct wanted none = {"b", key};
    cr_assert(comes_true(is_forgotten, shared, &none));
    cr_assert(comes_true(is_counted, shared, NULL));
    uint64_t deadline = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    SJ_AUTO(sj_auto_free) char *mark = fixture_path("store/unsynced");
    char target[64];
    for (;;) {
        ssize_t len = readlink(mark, target, sizeof target);
        if (len < 0 || memcmp(target, "condemned", 9) != 0) {
            break;
        }
        cr_assert_lt(sj_clock_ns(CLOCK_MONOTONIC), deadline);
        struct timespec pause = {.tv_nsec = 5 * (long)SJ_NS_PER_MS};
        (void)nanosleep(&pause, NULL);
    }
    cr_assert(comes_true(is_counted, shared, NULL));
    cr_assert(has_text(shared, "a", SJ_BLOB_ENTRY, &key, "entry"));
    cr_assert_eq(put_text(shared, "b", SJ_BLOB_ENTRY, &key, "other"), 0);
    cr_assert(has_text(shared, "b", SJ_BLOB_ENTRY, &key, "other"));
    sj_shared_close(shared);
}
