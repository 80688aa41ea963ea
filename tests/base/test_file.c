// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"

static char dir[] = "/tmp/scrubjay-file-XXXXXX";

static void enter_directory(void)
{
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
}

static void remove_directory(void)
{
    (void)sj_tree_remove(dir);
}

TestSuite(file, .init = enter_directory, .fini = remove_directory);

static int read_whole(const char *path, size_t limit_bytes, struct sj_buf *out)
{
    *out = SJ_BUF_INIT(limit_bytes);
    return sj_file_read(AT_FDCWD, path, out);
}

Test(file, what_was_written_is_read)
{
    static char big[300000];
    memset(big, 'x', sizeof big);
    cr_assert_eq(sj_file_write("big", 0644, big, sizeof big), 0);
    cr_assert_eq(sj_file_write("empty", 0644, "", 0), 0);

    SJ_AUTO(sj_buf_release) struct sj_buf buf = {0};
    cr_assert_eq(read_whole("big", SJ_BUF_OWN_LIMIT, &buf), 0);
    cr_assert_eq(buf.len, sizeof big);
    cr_assert_eq(memcmp(buf.data, big, sizeof big), 0);
    sj_buf_release(&buf);
    cr_assert_eq(read_whole("empty", SJ_BUF_OWN_LIMIT, &buf), 0);
    cr_assert_eq(buf.len, 0);
}

Test(file, reading_refuses_what_it_must)
{
    cr_assert_eq(sj_file_write("ten", 0644, "0123456789", 10), 0);
    SJ_AUTO(sj_buf_release) struct sj_buf buf = {0};
    cr_assert_eq(read_whole("ten", 9, &buf), -EFBIG);
    sj_buf_release(&buf);
    cr_assert_eq(read_whole("none", 9, &buf), -ENOENT);
    cr_assert_eq(read_whole(".", 9, &buf), -EISDIR);
}

Test(file, writing_replaces_and_leaves_nothing_behind)
{
    cr_assert_eq(sj_file_write("a", 0644, "old", 3), 0);
    cr_assert_eq(sj_file_write("a", 0600, "new", 3), 0);
    SJ_AUTO(sj_buf_release) struct sj_buf buf = {0};
    cr_assert_eq(read_whole("a", 100, &buf), 0);
    cr_assert_str_eq(sj_buf_text(&buf), "new");
    cr_assert_eq(unlink("a"), 0);
    cr_assert_eq(rmdir(dir), 0, "the directory is empty");
}

Test(file, a_tempfile_that_was_not_committed_is_gone)
{
    {
        SJ_AUTO(sj_tempfile_release) struct sj_tempfile file = {0};
        cr_assert_eq(sj_tempfile_open(&file, "a", 0644), 0);
        cr_assert_eq(sj_fd_write(file.fd, "text", 4), 0);
        cr_assert_eq(access("a", F_OK), -1);
    }
    cr_assert_eq(rmdir(dir), 0, "the directory is empty");
}

Test(file, a_commit_that_fails_leaves_nothing)
{
    struct sj_tempfile file = {0};
    cr_assert_eq(sj_tempfile_open(&file, "a", 0644), 0);
    cr_assert_eq(mkdir("a", 0755), 0);
    cr_assert_eq(sj_tempfile_commit(&file), -EISDIR);
    sj_tempfile_release(&file);
    cr_assert_eq(rmdir("a"), 0);
    cr_assert_eq(rmdir(dir), 0, "the directory is empty");
}

Test(file, directories_are_made_with_those_above)
{
    cr_assert_eq(sj_dir_make("a/b/c", 0755), 0);
    cr_assert_eq(sj_dir_make("a/b/c", 0755), 0);
    cr_assert_eq(access("a/b/c", X_OK), 0);
    cr_assert_eq(sj_file_write("file", 0644, "", 0), 0);
    cr_assert_eq(sj_dir_make("file", 0755), -ENOTDIR);
    cr_assert_eq(sj_dir_make("file/d", 0755), -ENOTDIR);
}

Test(file, removing_a_tree_follows_no_link)
{
    cr_assert_eq(sj_dir_make("keep", 0755), 0);
    cr_assert_eq(sj_file_write("keep/file", 0644, "", 0), 0);
    cr_assert_eq(sj_dir_make("tree/below", 0755), 0);
    cr_assert_eq(symlink("../../keep", "tree/below/link"), 0);
    cr_assert_eq(sj_tree_remove("tree"), 0);
    cr_assert_eq(access("tree", F_OK), -1);
    cr_assert_eq(access("keep/file", F_OK), 0);
    cr_assert_eq(sj_tree_remove("tree"), 0, "nothing to remove is no failure");
}

Test(err, the_sentence_names_the_thing_and_the_reason)
{
    struct sj_err err = {0};
    cr_assert_eq(sj_fail(&err, -ENOENT, "open '%s'", "x"), -ENOENT);
    cr_assert_str_eq(err.text, "open 'x': No such file or directory");
    cr_assert_eq(err.status, -ENOENT);
    cr_assert_eq(sj_fail_plain(&err, -EINVAL, "'%d' is no size", 7), -EINVAL);
    cr_assert_str_eq(err.text, "'7' is no size");
    cr_assert_eq(sj_fail(NULL, -EIO, "read"), -EIO);
}

Test(err, a_long_sentence_is_cut)
{
    struct sj_err err = {0};
    char name[2000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)sj_fail(&err, -ENOENT, "open '%s'", name);
    cr_assert_eq(strlen(err.text), sizeof err.text - 1);
}
