// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>

#include "wrap/place.h"

Test(place, paths_below_the_base_directory_are_folded_and_back)
{
    static const struct {
        const char *path;
        const char *folded;
    } cases[] = {
        {"/home/u/p/src/a.c", "\x01/src/a.c"},
        {"/home/u/p", "\x01"},
        {"/home/u/pq/a.c", "/home/u/pq/a.c"},
        {"src/a.c", "src/a.c"},
    };
    const struct sj_place place = {.cwd = "/home/u/p/b", .base_dir = "/home/u/p"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_buf folded = SJ_BUF_INIT(4096);
        struct sj_buf back = SJ_BUF_INIT(4096);
        sj_place_fold(&place, cases[i].path, &folded);
        cr_expect_str_eq(sj_buf_text(&folded), cases[i].folded);
        cr_assert_eq(sj_place_unfold(&place, sj_buf_text(&folded), &back), 0);
        cr_expect_str_eq(sj_buf_text(&back), cases[i].path);
        sj_buf_release(&folded);
        sj_buf_release(&back);
    }
}

Test(place, a_folded_path_needs_a_base_directory)
{
    const struct sj_place place = {.cwd = "/x"};
    struct sj_buf out = SJ_BUF_INIT(4096);
    cr_expect_eq(sj_place_unfold(&place, "\x01/a", &out), -EINVAL);
    sj_buf_release(&out);
}

Test(place, a_path_near_the_working_directory_binds)
{
    static const struct {
        const char *cwd;
        const char *path;
        bool binds;
    } cases[] = {
        {"/build/p", "/build/q/a.h", true},
        {"/build/p", "/usr/include/a.h", false},
        {"/build/p", "a.h", false},
        {"/home/u/p", "/home/u/q/a.h", true},
        {"/home/u/p", "/home/v/a.h", false},
        {"/home/u/p", "/home/u/bin/as", false},
        {"/usr/src/p", "/usr/include/a.h", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sj_place place = {.cwd = cases[i].cwd, .path = "/usr/bin:/home/u/bin"};
        cr_expect_eq(sj_place_binds(&place, cases[i].path), cases[i].binds, "%s", cases[i].path);
    }
}

Test(place, bytes_that_name_it_are_found)
{
    const struct sj_place place = {.cwd = "/work/real", .pwd = "/work/link"};
    static const char real[] = "x\0/work/real/a.c";
    static const char link[] = "/work/link";
    static const char none[] = "/work/rea/link";
    cr_expect(sj_place_is_named(&place, real, sizeof real));
    cr_expect(sj_place_is_named(&place, link, sizeof link));
    cr_expect_not(sj_place_is_named(&place, none, sizeof none));
}
