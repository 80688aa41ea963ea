// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"

TestSuite(open, .init = fixture_set_up, .fini = fixture_tear_down);

static void write_file(const char *name, const char *text)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path(name);
    cr_assert_eq(sj_file_write(path, 0600, text, strlen(text)), 0);
}

static int try_open(bool is_read_only, struct sj_err *err)
{
    struct sj_store *store = NULL;
    int status = fixture_try((struct sj_store_options){.is_read_only = is_read_only}, &store, err);
    sj_store_close(store);
    return status;
}

Test(open, names_the_file_in_the_way)
{
    write_file("store", "");
    struct sj_err err = {0};
    cr_assert_eq(try_open(false, &err), -ENOTDIR);
    cr_assert_not_null(strstr(err.text, "a file stands in its way"), "%s", err.text);
    cr_assert_not_null(strstr(err.text, test_dir));
    cr_assert_eq(try_open(true, &err), -ENOTDIR);
}

Test(open, refuses_a_newer_version)
{
    sj_store_close(fixture_open(0));
    write_file("store/VERSION", "scrubjay store 999 whatever it holds then\n");
    SJ_AUTO(sj_auto_free) char *index = fixture_path("store/index");
    cr_assert_eq(sj_tree_remove(index), 0);
    struct sj_err err = {0};
    cr_assert_eq(try_open(false, &err), -EPROTO);
    cr_assert_not_null(strstr(err.text, "newer version"), "%s", err.text);
    struct stat st;
    SJ_AUTO(sj_auto_free) char *version = fixture_path("store/VERSION");
    cr_assert_eq(stat(version, &st), 0);
}

Test(open, starts_over_after_an_older_version)
{
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 100, 1);
    sj_store_close(store);
    write_file("store/VERSION", "scrubjay store 0 00000000000000000000000000000000\n");
    SJ_AUTO(sj_auto_free) char *index = fixture_path("store/index");
    cr_assert_eq(sj_tree_remove(index), 0);
    store = fixture_open(0);
    cr_assert_not(fixture_has(store, 100, 1));
    struct sj_store_stat stat;
    cr_assert_eq(sj_store_stat(store, &stat, NULL), 0);
    cr_assert_eq(stat.generations, 0);
    (void)fixture_put(store, 100, 1);
    cr_assert(fixture_has(store, 100, 1));
    sj_store_close(store);
}

Test(open, starts_over_without_a_version)
{
    static const char *const versions[] = {"", "x", "scrubjay store 1", "scrubjay store 1 00\n"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct sj_store *store = fixture_open(0);
        (void)fixture_put(store, 100, 1);
        sj_store_close(store);
        write_file("store/VERSION", versions[i]);
        SJ_AUTO(sj_auto_free) char *index = fixture_path("store/index");
        cr_assert_eq(sj_tree_remove(index), 0);
        store = fixture_open(0);
        cr_assert_not(fixture_has(store, 100, 1));
        sj_store_close(store);
    }
}

Test(open, reader_makes_nothing)
{
    struct sj_err err = {0};
    cr_assert_eq(try_open(true, &err), -ENOENT);
    struct stat st;
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    cr_assert_eq(stat(path, &st), -1);
}

Test(open, reader_writes_nothing)
{
    struct sj_store *store = fixture_open(0);
    struct sj_key key = fixture_put(store, 100, 1);
    sj_store_close(store);
    cr_assert_eq(fixture_try((struct sj_store_options){.is_read_only = true}, &store, NULL), 0);
    cr_assert(fixture_has(store, 100, 1));
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_RESULT, &key, "x", 1);
    cr_assert_eq(sj_batch_commit(batch, NULL), -EROFS);
    sj_batch_free(batch);
    cr_assert_eq(sj_store_clear(store, NULL), -EROFS);
    cr_assert_eq(sj_store_gc(store, 0, 0, NULL, NULL), -EROFS);
    sj_store_close(store);
}

Test(open, refuses_a_long_namespace)
{
    char name[300] = {0};
    memset(name, 'n', sizeof name - 1);
    struct sj_store *store = NULL;
    cr_assert_eq(fixture_try((struct sj_store_options){.namespace_name = name}, &store, NULL),
                 -EINVAL);
}

Test(open, store_is_the_users_alone)
{
    sj_store_close(fixture_open(0));
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0700);
}

// Run as nobody, who may not read the directory. Exit status 0: the store said so.
static int open_as_nobody(void)
{
    struct sj_err err = {0};
    if (setgid(65534) != 0 || setuid(65534) != 0) {
        return 2;
    }
    return try_open(false, &err) == -EACCES && strstr(err.text, "permission denied") ? 0 : 1;
}

Test(open, says_that_permission_is_missing)
{
    if (getuid() != 0) {
        cr_skip("needs root, to become another user");
    }
    sj_store_close(fixture_open(0));
    pid_t child = fork();
    if (child == 0) {
        _exit(open_as_nobody());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
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

Test(open, full_disk_is_an_error_that_passes)
{
    SJ_AUTO(sj_auto_free) char *path = mount_small("size=3m");
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 1000, 1);
    int status = 0;
    for (unsigned i = 2; i < 100 && status == 0; i++) {
        char data[100000];
        fixture_fill(data, sizeof data, i);
        struct sj_key key = sj_key_of(data, sizeof data);
        struct sj_batch *batch = sj_batch_new(store);
        struct sj_err err = {0};
        sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, data, sizeof data);
        status = sj_batch_commit(batch, &err);
        sj_batch_free(batch);
    }
    cr_assert_eq(status, -ENOSPC, "%d", status);
    // What is there can still be read, and room is made by dropping it.
    cr_assert(fixture_has(store, 1000, 1));
    struct sj_verify_report report;
    cr_assert_eq(sj_store_verify(store, NULL, NULL, &report, NULL), 0);
    cr_assert_eq(report.damaged + report.dangling, 0);
    cr_assert_eq(sj_store_clear(store, NULL), 0);
    (void)fixture_put(store, 100000, 1);
    cr_assert(fixture_has(store, 100000, 1));
    sj_store_close(store);
    cr_assert_eq(umount2(path, MNT_DETACH), 0);
}

Test(open, read_only_file_system_can_be_read)
{
    SJ_AUTO(sj_auto_free) char *path = mount_small("size=3m");
    struct sj_store *store = fixture_open(0);
    (void)fixture_put(store, 1000, 1);
    sj_store_close(store);
    cr_assert_eq(mount("none", path, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    store = fixture_open(0);
    cr_assert(fixture_has(store, 1000, 1));
    struct sj_batch *batch = sj_batch_new(store);
    struct sj_key key = sj_key_of("x", 1);
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, "x", 1);
    cr_assert_eq(sj_batch_commit(batch, NULL), -EROFS);
    sj_batch_free(batch);
    cr_assert(fixture_has(store, 1000, 1));
    sj_store_close(store);
    cr_assert_eq(umount2(path, MNT_DETACH), 0);
}
