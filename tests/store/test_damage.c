// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"

TestSuite(damage, .init = fixture_set_up, .fini = fixture_tear_down);

#define GENERATION "store/generations/00000001.mdb"
#define INDEX      "store/index/data.mdb"
#define BLOBS      6
#define BLOB_BYTES 3000

static off_t size_of(const char *name)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return st.st_size;
}

static void flip(const char *name, off_t at)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR);
    unsigned char byte;
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x5a;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
}

static void overwrite(const char *name, unsigned char byte)
{
    off_t size = size_of(name);
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    SJ_AUTO(sj_auto_free) char *garbage = sj_calloc((size_t)size, 1);
    memset(garbage, byte, (size_t)size);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_WRONLY);
    cr_assert_eq(pwrite(fd, garbage, (size_t)size, 0), size);
}

// Offset of a bundle, counted from 0, in the order of the file.
static off_t bundle_at(const char *name, unsigned which)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY);
    off_t size = size_of(name);
    for (off_t at = 0; at < size; at += 4096) {
        // LMDB's header of a page, of which byte 10 is 4 where a value begins, and the item's.
        char head[28];
        if (pread(fd, head, sizeof head, at) == sizeof head && head[10] == 4 &&
            memcmp(head + 24, "SJB1", 4) == 0 && which-- == 0) {
            return at + 16;
        }
    }
    cr_assert(false, "no such bundle");
    return -1;
}

static void mark(const char *target)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store/unsynced");
    (void)unlink(path);
    cr_assert_eq(symlink(target, path), 0);
}

static void fill_store(void)
{
    struct sj_store *store = fixture_open(0);
    for (unsigned i = 0; i < BLOBS; i++) {
        (void)fixture_put(store, BLOB_BYTES, i);
    }
    sj_store_close(store);
}

static unsigned count_blobs(struct sj_store *store)
{
    unsigned count = 0;
    for (unsigned i = 0; i < BLOBS; i++) {
        count += fixture_has(store, BLOB_BYTES, i);
    }
    return count;
}

Test(damage, any_byte_of_a_bundle_is_a_miss_that_heals)
{
    fill_store();
    off_t size = size_of(GENERATION);
    bool was_missed = false;
    for (off_t at = bundle_at(GENERATION, 0); at < size; at += 61) {
        flip(GENERATION, at);
        struct sj_store *store = fixture_open(0);
        unsigned count = count_blobs(store);
        cr_assert(count >= BLOBS - 1, "byte %jd cost %u blobs", (intmax_t)at, BLOBS - count);
        was_missed = was_missed || count < BLOBS;
        sj_store_close(store);
        flip(GENERATION, at);
        if (count == BLOBS) {
            continue;
        }
        // What was found damaged is forgotten, so it is stored again and found.
        store = fixture_open(0);
        cr_assert_eq(count_blobs(store), BLOBS - 1);
        for (unsigned i = 0; i < BLOBS; i++) {
            (void)fixture_put(store, BLOB_BYTES, i);
        }
        cr_assert_eq(count_blobs(store), BLOBS);
        sj_store_close(store);
    }
    cr_assert(was_missed);
}

Test(damage, is_found_and_forgotten_by_verify)
{
    fill_store();
    flip(GENERATION, bundle_at(GENERATION, 0) + 1000);
    struct sj_store *store = fixture_open(0);
    struct sj_verify_report report;
    cr_assert_eq(sj_store_verify(store, NULL, NULL, &report, NULL), 0);
    cr_assert_eq(report.checked, BLOBS);
    cr_assert_eq(report.damaged, 1);
    cr_assert_eq(report.dangling, 0);
    cr_assert_eq(sj_store_verify(store, NULL, NULL, &report, NULL), 0);
    cr_assert_eq(report.checked, BLOBS - 1);
    cr_assert_eq(report.damaged, 0);
    sj_store_close(store);
}

Test(damage, truncated_generation_is_a_miss)
{
    fill_store();
    SJ_AUTO(sj_auto_free) char *path = fixture_path(GENERATION);
    cr_assert_eq(truncate(path, bundle_at(GENERATION, 0) + 200), 0);
    struct sj_store *store = fixture_open(0);
    cr_assert_eq(count_blobs(store), 0);
    sj_store_close(store);
}

Test(damage, lost_generation_is_a_miss_and_another_is_begun)
{
    fill_store();
    SJ_AUTO(sj_auto_free) char *path = fixture_path(GENERATION);
    cr_assert_eq(unlink(path), 0);
    struct sj_store *store = fixture_open(0);
    cr_assert_eq(count_blobs(store), 0);
    (void)fixture_put(store, BLOB_BYTES, 1);
    cr_assert(fixture_has(store, BLOB_BYTES, 1));
    sj_store_close(store);
}

// Overwrite LMDB's own pages of the generation, its two metas or what comes behind them.
static void spoil_pages(off_t from, off_t to, unsigned char byte)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path(GENERATION);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR);
    for (off_t at = from; at < to; at += 4096) {
        unsigned char page[4096];
        cr_assert_eq(pread(fd, page, sizeof page, at), (ssize_t)sizeof page);
        if (page[10] != 4) {
            memset(page, byte, sizeof page);
            cr_assert_eq(pwrite(fd, page, sizeof page, at), (ssize_t)sizeof page);
        }
    }
}

static _Noreturn void condemn_and_exit(int signal)
{
    char path[sizeof test_dir + 8];
    (void)signal;
    (void)stpcpy(stpcpy(path, test_dir), "/store");
    sj_store_condemn(path);
    _exit(1);
}

// LMDB may crash on such pages. Do as the wrapper does then, in a process of its own.
static void put_and_maybe_crash(unsigned seed)
{
    pid_t child = fork();
    if (child == 0) {
        const struct sigaction action = {.sa_handler = condemn_and_exit};
        (void)sigaction(SIGSEGV, &action, NULL);
        (void)sigaction(SIGBUS, &action, NULL);
        struct sj_store *store = fixture_open(0);
        (void)fixture_put(store, BLOB_BYTES, seed);
        sj_store_close(store);
        _exit(0);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "signal %d", WTERMSIG(status));
}

Test(damage, generation_with_spoilt_pages_is_read_but_not_written)
{
    const struct {
        off_t from;
        off_t to;
        unsigned char byte;
    } spoils[] = {{8192, 0, 0}, {8192, 0, 0xff}, {0, 8192, 0}, {0, 8192, 0xff}};
    for (unsigned i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        fill_store();
        spoil_pages(spoils[i].from, spoils[i].to ? spoils[i].to : size_of(GENERATION),
                    spoils[i].byte);
        put_and_maybe_crash(100 + i);
        struct sj_store *store = fixture_open(0);
        cr_assert_eq(count_blobs(store), BLOBS);
        (void)fixture_put(store, BLOB_BYTES, 200 + i);
        cr_assert(fixture_has(store, BLOB_BYTES, 200 + i));
        cr_assert_eq(count_blobs(store), BLOBS);
        sj_store_close(store);
        SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
        cr_assert_eq(sj_tree_remove(path), 0);
    }
}

Test(damage, garbage_for_an_index_is_made_again)
{
    static const unsigned char bytes[] = {0, 0x5a, 0xff};
    for (size_t i = 0; i < sizeof bytes; i++) {
        fill_store();
        overwrite(INDEX, bytes[i]);
        struct sj_store *store = fixture_open(0);
        cr_assert_eq(count_blobs(store), BLOBS);
        sj_store_close(store);
    }
}

Test(damage, missing_index_is_made_again)
{
    fill_store();
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store/index");
    cr_assert_eq(sj_tree_remove(path), 0);
    struct sj_store *store = fixture_open(0);
    cr_assert_eq(count_blobs(store), BLOBS);
    sj_store_close(store);
}

Test(damage, condemned_index_is_made_again)
{
    fill_store();
    overwrite(INDEX, 0x5a);
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    sj_store_condemn(path);
    struct sj_store *store = fixture_open(0);
    cr_assert_eq(count_blobs(store), BLOBS);
    (void)fixture_put(store, BLOB_BYTES, 100);
    sj_store_close(store);
    store = fixture_open(0);
    cr_assert(fixture_has(store, BLOB_BYTES, 100));
    cr_assert_eq(count_blobs(store), BLOBS);
    sj_store_close(store);
}

Test(damage, power_cut_costs_what_was_not_on_disk)
{
    fill_store();
    // The second bundle and LMDB's own pages never reached the disk, nor did the index.
    flip(GENERATION, bundle_at(GENERATION, 1) + 900);
    overwrite(INDEX, 0);
    mark("00000000-0000-0000-0000-000000000001");
    struct sj_store *store = fixture_open(0);
    unsigned count = count_blobs(store);
    cr_assert_eq(count, BLOBS - 1);
    // The torn generation is not written to any more.
    (void)fixture_put(store, BLOB_BYTES, 100);
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_eq(stat.generations, 2);
    sj_store_close(store);
}

Test(damage, power_cut_costs_nothing_after_a_sync)
{
    fill_store();
    struct sj_store *store = fixture_open(0);
    cr_assert_eq(sj_store_sync(store), 0);
    sj_store_close(store);
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store/unsynced");
    struct stat st;
    cr_assert_eq(lstat(path, &st), -1);

    // The next write is marked again.
    store = fixture_open(0);
    cr_assert_eq(count_blobs(store), BLOBS);
    (void)fixture_put(store, BLOB_BYTES, 100);
    sj_store_close(store);
    cr_assert_eq(lstat(path, &st), 0);
}

Test(damage, stale_mark_is_refused_to_a_reader)
{
    fill_store();
    mark("00000000-0000-0000-0000-000000000001");
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    cr_assert_eq(fixture_try((struct sj_store_options){.is_read_only = true}, &store, &err),
                 -EBADMSG);
    cr_assert_not_null(strstr(err.text, "scrubjay gc"));
}

Test(damage, object_that_looks_like_items_is_never_taken_for_one)
{
    // A trusted object, as it lies in the generation, is put as an object of another namespace.
    fill_store();
    SJ_AUTO(sj_auto_free) char *path = fixture_path(GENERATION);
    SJ_AUTO(sj_buf_release) struct sj_buf file = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, path, &file), 0);
    struct sj_store *store = NULL;
    struct sj_store_options options = {.namespace_name = "pull-requests"};
    cr_assert_eq(fixture_try(options, &store, NULL), 0);
    // So that it begins behind the header of a page, as a bundle does.
    SJ_AUTO(sj_buf_release) struct sj_buf forged = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t prefix_len = 64 + strlen(options.namespace_name);
    char *padding = sj_buf_reserve(&forged, 4096);
    memset(padding, 0, 4096);
    forged.len = 4096 - prefix_len;
    padding[forged.len - 6] = 4;
    // The item's fields say another key: without the salt its checksum cannot be made.
    off_t item = bundle_at(GENERATION, 0);
    file.data[item + 32] ^= 1;
    sj_buf_add(&forged, file.data + item, 4080);
    struct sj_key key = sj_key_of(forged.data, forged.len);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, forged.data, forged.len);
    cr_assert_eq(sj_batch_commit(batch, NULL), 0);
    sj_batch_free(batch);
    sj_store_close(store);

    // Its own item is damaged, so the scan goes through its bytes.
    flip(GENERATION, bundle_at(GENERATION, BLOBS) + 20);
    cr_assert_eq(bundle_at(GENERATION, BLOBS + 1), bundle_at(GENERATION, BLOBS) + 4096);
    mark("condemned");
    store = fixture_open(0);
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_eq(stat.objects, BLOBS);
    sj_store_close(store);
}

Test(damage, any_byte_of_a_stamp_is_a_miss)
{
    char bytes[1500];
    fixture_fill(bytes, sizeof bytes, 1);
    struct sj_key action = sj_key_of("action", 6);
    struct sj_key strong = sj_key_of("strong", 6);
    struct sj_store *store = fixture_open(0);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_stamp(batch, &action, &strong, bytes, sizeof bytes);
    cr_assert_eq(sj_batch_commit(batch, NULL), 0);
    sj_batch_free(batch);
    sj_store_close(store);

    SJ_AUTO(sj_auto_free) char *path = fixture_path(INDEX);
    SJ_AUTO(sj_buf_release) struct sj_buf file = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, path, &file), 0);
    const char *found = memmem(file.data, file.len, bytes, sizeof bytes);
    cr_assert_not_null(found);
    // The action and the strong key stand before it.
    off_t from = found - file.data - 2 * SJ_KEY_SIZE;
    for (off_t at = from; at < from + 2 * SJ_KEY_SIZE + (off_t)sizeof bytes; at += 7) {
        flip(INDEX, at);
        store = fixture_open(0);
        struct sj_str stamp;
        cr_assert_eq(sj_store_stamp_find(store, &action, &stamp), SJ_STORE_MISS, "byte %jd",
                     (intmax_t)at);
        sj_store_close(store);
        flip(INDEX, at);
    }
    store = fixture_open(0);
    struct sj_str stamp;
    cr_assert_eq(sj_store_stamp_find(store, &action, &stamp), 0);
    cr_assert(stamp.len == sizeof bytes && memcmp(stamp.data, bytes, stamp.len) == 0);
    sj_store_close(store);
}
