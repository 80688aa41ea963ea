// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"

TestSuite(store, .init = fixture_set_up, .fini = fixture_tear_down);

static struct sj_store *open_namespace(const char *name)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.namespace_name = name, .compression_level = 1};
    cr_assert_eq(fixture_try(options, &store, &err), 0, "%s", err.text);
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

Test(store, gives_back_what_was_put)
{
    static const size_t sizes[] = {0,    1,    15,    2000,  2038,  4079,
                                   4080, 4096, 65535, 65536, 65537, 1000000};
    struct sj_store *store = open_namespace(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int compressible = 0; compressible < 2; compressible++) {
            size_t len = sizes[i];
            char *data = sj_calloc(len + 1, 1);
            fixture_fill(data, compressible ? len / 10 : len, (unsigned)i);
            struct sj_key key = put(store, data, len);
            SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
            cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), 0);
            cr_assert_eq(got.len, len);
            cr_assert(len == 0 || memcmp(got.data, data, len) == 0);

            SJ_AUTO(sj_auto_free) char *path = fixture_path("copy");
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
    struct sj_store *store = open_namespace(NULL);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &pathset, "paths", 5);
    sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, "result", 6);
    sj_batch_pathset(batch, &weak, &pathset);
    sj_batch_stamp(batch, &action, &strong, "stamp", 5);
    sj_batch_file(batch, "/a/b.h", &stat, &weak);
    cr_assert_eq(sj_batch_commit(batch, NULL), 0);
    sj_batch_free(batch);
    sj_store_close(store);

    store = open_namespace(NULL);
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
    struct sj_store *store = open_namespace("pull-requests");
    struct sj_key key = put(store, "poison", 6);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(100);
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), 0);
    sj_store_close(store);
    static const char *const others[] = {NULL, "main", "pull-request"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        store = open_namespace(others[i]);
        cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), SJ_STORE_MISS);
        cr_assert_not(sj_store_blob_exists(store, SJ_BLOB_OBJECT, &key));
        sj_store_close(store);
    }
}

Test(store, goes_from_one_namespace_to_another)
{
    struct sj_store *store = open_namespace("one");
    struct sj_key key = put(store, "bytes", 5);
    static const char *const others[] = {NULL, "two", "on"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_assert_eq(sj_store_use(store, others[i]), 0);
        cr_assert_not(sj_store_blob_exists(store, SJ_BLOB_OBJECT, &key));
        cr_assert_eq(sj_store_use(store, "one"), 0);
        cr_assert(sj_store_blob_exists(store, SJ_BLOB_OBJECT, &key));
    }
    char name[257];
    memset(name, 'x', sizeof name);
    name[256] = '\0';
    cr_assert_eq(sj_store_use(store, name), -EINVAL);
    cr_assert(sj_store_blob_exists(store, SJ_BLOB_OBJECT, &key));
    sj_store_close(store);
}

Test(store, compresses_what_pays)
{
    char *zeros = sj_calloc(1000000, 1);
    struct sj_store *store = fixture_open(0);
    (void)put(store, zeros, 1000000);
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_lt(stat.size_bytes, 200000);
    (void)fixture_put(store, 1000000, 1);
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_gt(stat.size_bytes, 1000000);
    sj_store_close(store);
    free(zeros);
}

Test(store, keeps_the_same_content_once)
{
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 100000, 1);
    struct sj_store_stat before;
    cr_assert_eq(sj_store_stat(store, &before, NULL), 0);
    for (int i = 0; i < 10; i++) {
        (void)fixture_put(store, 100000, 1);
    }
    struct sj_store_stat after;
    cr_assert_eq(sj_store_stat(store, &after, NULL), 0);
    cr_assert_eq(after.size_bytes, before.size_bytes);
    sj_store_close(store);
}

Test(store, takes_the_later_result)
{
    static const char *const results[] = {"first", "second"};
    struct sj_key strong = sj_key_of("strong", 6);
    struct sj_store *store = fixture_open(0);
    for (size_t i = 0; i < 2; i++) {
        struct sj_batch *batch = sj_batch_new(store);
        sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, results[i], strlen(results[i]));
        cr_assert_eq(sj_batch_commit(batch, NULL), 0);
        sj_batch_free(batch);
        SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(100);
        cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_RESULT, &strong, &got), 0);
        cr_assert_str_eq(sj_buf_text(&got), results[i]);
    }
    sj_store_close(store);
}

Test(store, keeps_many_path_sets_of_a_key_the_latest_first)
{
    struct sj_key weak = sj_key_of("weak", 4);
    struct sj_key last = {{0}};
    struct sj_store *store = fixture_open(0);
    for (int i = 0; i < 50; i++) {
        last = sj_key_of(&i, sizeof i);
        struct sj_batch *batch = sj_batch_new(store);
        sj_batch_blob(batch, SJ_BLOB_PATHSET, &last, &i, sizeof i);
        sj_batch_pathset(batch, &weak, &last);
        cr_assert_eq(sj_batch_commit(batch, NULL), 0);
        sj_batch_free(batch);
    }
    struct sj_key found[64];
    cr_assert_eq(sj_store_pathsets_find(store, &weak, found, 64), 32);
    cr_assert(sj_key_eq(&found[0], &last));
    cr_assert_eq(sj_store_pathsets_find(store, &weak, found, 3), 3);
    sj_store_close(store);
}

Test(store, leaves_the_buffer_alone_on_a_miss)
{
    struct sj_store *store = fixture_open(0);
    struct sj_key key = sj_key_of("x", 1);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(100);
    sj_buf_adds(&got, "before");
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), SJ_STORE_MISS);
    cr_assert_str_eq(sj_buf_text(&got), "before");
    key = fixture_put(store, 50, 1);
    cr_assert_eq(sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got), 0);
    cr_assert_eq(got.len, 56);
    sj_store_close(store);
}

static int clear_as_another(void)
{
    struct sj_store *store = fixture_open(0);
    int status = sj_store_clear(store, NULL);
    sj_store_close(store);
    return status == 0 ? 0 : 1;
}

Test(store, clear_removes_everything_and_all_go_on)
{
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 5000, 1);
    cr_assert(fixture_has(store, 5000, 1));
    sj_store_release(store);
    pid_t child = fork();
    if (child == 0) {
        _exit(clear_as_another());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_not(fixture_has(store, 5000, 1));
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_eq(stat.objects + stat.generations, 0);
    (void)fixture_put(store, 5000, 1);
    cr_assert(fixture_has(store, 5000, 1));
    sj_store_close(store);
}
