// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>

#include "record/pathset.h"

static struct sj_path_entry entry(enum sj_need need, const char *path)
{
    return (struct sj_path_entry){.need = need, .path = path};
}

Test(pathset, is_sorted_and_has_no_doubles)
{
    struct sj_pathset set = {0};
    sj_pathset_add(&set, entry(SJ_NEED_CONTENT, "b.h"));
    sj_pathset_add(&set, entry(SJ_NEED_ABSENT, "a.h"));
    sj_pathset_add(&set, entry(SJ_NEED_CONTENT, "b.h"));
    sj_pathset_add(&set, entry(SJ_NEED_NAMES, "b.h"));
    sj_pathset_sort(&set);
    cr_assert_eq(set.count, 3);
    cr_expect_str_eq(set.entries[0].path, "a.h");
    cr_expect_eq(set.entries[1].need, SJ_NEED_CONTENT);
    cr_expect_eq(set.entries[2].need, SJ_NEED_NAMES);
    sj_pathset_release(&set);
}

Test(pathset, keeps_the_state_that_was_seen_when_doubles_go)
{
    struct sj_filestat seen = {.ino = 7};
    struct sj_pathset set = {0};
    sj_pathset_add(&set, entry(SJ_NEED_CONTENT, "a.h"));
    sj_pathset_add(&set, (struct sj_path_entry){SJ_NEED_CONTENT, "a.h", &seen});
    sj_pathset_sort(&set);
    cr_assert_eq(set.count, 1);
    cr_expect_eq(set.entries[0].seen, &seen);
    sj_pathset_release(&set);
}

Test(pathset, comes_back_from_its_bytes)
{
    static const char *const paths[] = {"/usr/include/stdio.h", "/usr/include/stdlib.h",
                                        "src/a b.h", "\x01/x", ""};
    struct sj_pathset set = {0};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        sj_pathset_add(&set, entry(SJ_NEED_CONTENT, paths[i]));
    }
    sj_pathset_sort(&set);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    sj_pathset_encode(&set, &bytes);

    struct sj_pathset back;
    struct sj_buf arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    cr_assert_eq(sj_pathset_decode(bytes.data, bytes.len, &back, &arena), 0);
    cr_assert_eq(back.count, set.count);
    for (size_t i = 0; i < set.count; i++) {
        cr_expect_str_eq(back.entries[i].path, set.entries[i].path);
        cr_expect_eq(back.entries[i].need, set.entries[i].need);
    }
    sj_pathset_release(&back);
    for (size_t len = 0; len < bytes.len; len++) {
        sj_buf_clear(&arena);
        cr_expect_eq(sj_pathset_decode(bytes.data, len, &back, &arena), -EBADMSG, "%zu", len);
    }
    sj_buf_release(&arena);
    sj_buf_release(&bytes);
    sj_pathset_release(&set);
}
