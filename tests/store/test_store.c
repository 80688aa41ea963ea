// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/store.h"

static char dir[64];

static void set_up(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/scrubjay-test-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
}

static void tear_down(void)
{
    (void)sj_tree_remove(dir);
}

TestSuite(store, .init = set_up, .fini = tear_down);

static struct sj_store *open_store(const char *name)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.dir = dir, .namespace_name = name, .compression_level = 1};
    cr_assert_eq(sj_store_open(&options, &store, &err), 0, "%s", err.text);
    return store;
}

static struct sj_key put(struct sj_store *store, const void *data, size_t len)
{
    struct sj_key key = sj_key_of(data, len);
    struct sj_batch *batch = sj_batch_new(store);
    struct sj_err err = {0};
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, data, len);
    cr_assert_eq(sj_batch_commit(batch, &err), 0, "%s", err.text);
    sj_batch_free(batch);
    return key;
}

// Bytes that compress well, badly or not at all.
static void fill(char *data, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        data[i] = (char)(seed >> 24);
    }
}

Test(store, gives_back_what_was_put)
{
    static const size_t SIZES[] = {0,    1,    15,    2000,  2038,  4079,
                                   4080, 4096, 65535, 65536, 65537, 1000000};
    struct sj_store *store = open_store(NULL);
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        for (int compressible = 0; compressible < 2; compressible++) {
            size_t len = SIZES[i];
            char *data = sj_calloc(len + 1, 1);
            fill(data, compressible ? len / 10 : len, (unsigned)i);
            struct sj_key key = put(store, data, len);
            SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
            cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), 0);
            cr_assert_eq(got.len, len);
            cr_assert(len == 0 || memcmp(got.data, data, len) == 0);

            SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/copy", dir);
            SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
            cr_assert_eq(sj_store_object_copy(store, &key, fd), 0);
            cr_assert_eq(lseek(fd, 0, SEEK_END), (off_t)len);
            struct sj_key copied;
            (void)lseek(fd, 0, SEEK_SET);
            cr_assert_eq(sj_key_of_fd(fd, &copied, NULL), 0);
            cr_assert(sj_key_eq(&copied, &key));
            free(data);
        }
    }
    sj_store_close(store);
}

Test(store, keeps_everything_across_handles)
{
    struct sj_key weak = sj_key_of("weak", 4);
    struct sj_key strong = sj_key_of("strong", 6);
    struct sj_key action = sj_key_of("action", 6);
    struct sj_key pathset = sj_key_of("paths", 5);
    struct sj_filestat stat = {.dev = 1, .ino = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5};
    struct sj_store *store = open_store(NULL);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &pathset, "paths", 5);
    sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, "result", 6);
    sj_batch_pathset(batch, &weak, &pathset);
    sj_batch_stamp(batch, &action, &strong, "stamp", 5);
    sj_batch_file(batch, "/a/b.h", &stat, &weak);
    cr_assert_eq(sj_batch_commit(batch, NULL), 0);
    sj_batch_free(batch);
    sj_store_close(store);

    store = open_store(NULL);
    struct sj_str stamp;
    cr_assert_eq(sj_store_stamp_find(store, &action, &stamp), 0);
    cr_assert(sj_str_eq(stamp, sj_str_of("stamp")));
    struct sj_key found[2];
    cr_assert_eq(sj_store_pathsets_find(store, &weak, found, 2), 1);
    cr_assert(sj_key_eq(&found[0], &pathset));
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_RESULT, &strong, &got), 0);
    cr_assert_str_eq(sj_buf_text(&got), "result");
    struct sj_key key;
    cr_assert_eq(sj_store_file_find(store, "/a/b.h", &stat, &key), 0);
    cr_assert(sj_key_eq(&key, &weak));
    stat.mtime_ns++;
    cr_assert_eq(sj_store_file_find(store, "/a/b.h", &stat, &key), SJ_STORE_MISS);
    sj_store_close(store);
}

Test(store, keeps_namespaces_apart)
{
    struct sj_store *store = open_store("pull-requests");
    struct sj_key key = put(store, "poison", 6);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(100);
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), 0);
    sj_store_close(store);
    static const char *const OTHERS[] = {NULL, "main", "pull-request"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        store = open_store(OTHERS[i]);
        cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), SJ_STORE_MISS);
        cr_assert_not(sj_store_blob_exists(store, SJ_BLOB_OBJECT, &key));
        sj_store_close(store);
    }
}
