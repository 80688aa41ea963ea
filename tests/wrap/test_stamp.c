// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <scrubjay/toolchain.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "wrap/stamp.h"

// A directory with a file a.h in it, and everything in it older than the call's start.
static char dir[] = "/tmp/scrubjay-stamp-XXXXXX";
static struct sj_call *call;

static void age(const char *path)
{
    const struct timespec past[2] = {{.tv_sec = 1000000000, .tv_nsec = 5}, {1000000000, 5}};
    cr_assert_eq(utimensat(AT_FDCWD, path, past, 0), 0);
}

static void enter(void)
{
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
    cr_assert_eq(sj_dir_make("inc", 0700), 0);
    cr_assert_eq(sj_file_write("inc/a.h", 0600, "a", 1), 0);
    age("inc/a.h");
    age("inc");
    static char *const env[] = {NULL};
    call = sj_new(struct sj_call);
    call->env = env;
    call->place.cwd = dir;
    call->tool.toolchain = sj_toolchain_at(0);
    // The change times just made lie before this.
    call->start_coarse_ns = sj_clock_ns(CLOCK_REALTIME) + SJ_NS_PER_S;
}

static void leave(void)
{
    sj_call_release(call);
    free(call);
    (void)chdir("/");
    (void)sj_tree_remove(dir);
}

TestSuite(stamp, .init = enter, .fini = leave);

static bool make(struct sj_input *items, size_t count, struct sj_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].need != SJ_NEED_ABSENT) {
            cr_assert_eq(sj_filestat_get(AT_FDCWD, items[i].path, &items[i].stat), 0);
        }
    }
    const struct sj_inputs inputs = {.items = items, .count = count};
    const struct sj_key strong = {0};
    const struct sj_result result = {0};
    return sj_stamp_make(call, &strong, &result, &inputs, out);
}

static int check(const struct sj_buf *stamp)
{
    struct sj_stamp out;
    return sj_stamp_check(call, stamp->data, stamp->len, &out);
}

Test(stamp, fits_until_a_file_changes)
{
    struct sj_input items[] = {{.need = SJ_NEED_CONTENT, .path = "inc/a.h"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    cr_assert(make(items, 1, &stamp));
    cr_expect_eq(check(&stamp), 0);
    cr_assert_eq(sj_file_write("inc/a.h", 0600, "b", 1), 0);
    age("inc/a.h");
    cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS);
    sj_buf_release(&stamp);
}

Test(stamp, fits_until_an_absent_path_appears)
{
    static const char *const paths[] = {"inc/b.h", "inc/sub/deep/c.h", "gone/d.h", "inc/a.h/e.h"};
    static const char *const appear[] = {"inc/b.h", "inc/sub", "gone", NULL};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct sj_input items[] = {{.need = SJ_NEED_ABSENT, .path = paths[i]}};
        struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
        cr_assert(make(items, 1, &stamp), "%s", paths[i]);
        cr_expect_eq(check(&stamp), 0, "%s", paths[i]);
        // Another name in the directory moves it, but changes nothing.
        cr_assert_eq(sj_file_write("inc/other.h", 0600, "", 0), 0);
        cr_expect_eq(check(&stamp), 0, "%s", paths[i]);
        if (appear[i]) {
            cr_assert_eq(sj_file_write(appear[i], 0600, "", 0), 0);
            cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS, "%s", paths[i]);
            (void)unlink(appear[i]);
        }
        (void)unlink("inc/other.h");
        sj_buf_release(&stamp);
    }
}

Test(stamp, a_link_that_leads_nowhere_may_come_to_life)
{
    // Neither link's own directory moves when what it leads to appears elsewhere.
    static const char *const paths[] = {"inc/link.h", "inc/dir/x.h"};
    cr_assert_eq(symlink("../far/target.h", "inc/link.h"), 0);
    cr_assert_eq(symlink("../far/sub", "inc/dir"), 0);
    cr_assert_eq(sj_dir_make("far", 0700), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct sj_input items[] = {{.need = SJ_NEED_ABSENT, .path = paths[i]}};
        struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
        items[0].stat.mode = i == 0 ? S_IFLNK : 0;
        cr_assert(make(items, 1, &stamp), "%s", paths[i]);
        cr_expect_eq(check(&stamp), 0, "%s", paths[i]);
        cr_assert_eq(sj_dir_make("far/sub", 0700), 0);
        cr_assert_eq(sj_file_write("far/target.h", 0600, "", 0), 0);
        cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS, "%s", paths[i]);
        (void)unlink("far/target.h");
        (void)rmdir("far/sub");
        sj_buf_release(&stamp);
    }
}

Test(stamp, a_listed_directory_must_not_move)
{
    struct sj_input items[] = {{.need = SJ_NEED_NAMES, .path = "inc"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    cr_assert(make(items, 1, &stamp));
    cr_expect_eq(check(&stamp), 0);
    cr_assert_eq(sj_file_write("inc/other.h", 0600, "", 0), 0);
    cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS);
    sj_buf_release(&stamp);
}

Test(stamp, fits_until_a_variable_changes)
{
    struct sj_input items[] = {{.need = SJ_NEED_ENV, .path = "CPATH"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    cr_assert(make(items, 1, &stamp));
    cr_expect_eq(check(&stamp), 0);
    static char empty[] = "CPATH=";
    static char *const env[] = {empty, NULL};
    call->env = env;
    cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS);
    sj_buf_release(&stamp);
}

Test(stamp, is_not_made_of_what_is_too_young)
{
    struct sj_input items[] = {{.need = SJ_NEED_CONTENT, .path = "inc/a.h"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    call->start_coarse_ns = 1000;
    cr_expect_not(make(items, 1, &stamp));
    sj_buf_release(&stamp);
}

Test(stamp, a_directory_that_moved_of_late_is_never_trusted)
{
    struct sj_input items[] = {{.need = SJ_NEED_ABSENT, .path = "inc/b.h"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    call->start_coarse_ns = 1000;
    cr_assert(make(items, 1, &stamp));
    // As if the clock had stood still while the file appeared.
    struct stat before;
    cr_assert_eq(stat("inc", &before), 0);
    cr_assert_eq(sj_file_write("inc/b.h", 0600, "", 0), 0);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    cr_assert_eq(utimensat(AT_FDCWD, "inc", times, 0), 0);
    cr_expect_eq(check(&stamp), SJ_STAMP_DIFFERS);
    sj_buf_release(&stamp);
}

Test(stamp, cut_bytes_never_fit)
{
    struct sj_input items[] = {{.need = SJ_NEED_CONTENT, .path = "inc/a.h"},
                               {.need = SJ_NEED_ABSENT, .path = "inc/b.h"}};
    struct sj_buf stamp = SJ_BUF_INIT(1u << 20);
    cr_assert(make(items, 2, &stamp));
    for (size_t len = 0; len < stamp.len; len++) {
        struct sj_stamp out;
        cr_expect_neq(sj_stamp_check(call, stamp.data, len, &out), 0, "%zu", len);
    }
    sj_buf_release(&stamp);
}
