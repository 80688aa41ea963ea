// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "trace/path.h"

Test(path, full_paths_are_plain)
{
    static const struct {
        const char *folder;
        const char *path;
        const char *want;
    } cases[] = {
        {"/b", "a.o", "/b/a.o"},
        {"/b/", "./x//a.o", "/b/x/a.o"},
        {"/b/c", "../a.o", "/b/a.o"},
        {"/b", "../../../a.o", "/a.o"},
        {"/b", "/c/./d/", "/c/d"},
        {"/b", "..", "/"},
        {"/", "", "/"},
        {NULL, "/../x", "/x"},
        {NULL, "../x", "../x"}, // nobody knows where
        {".", "x.o", "x.o"},
        {"C:/b", "x.o", "x.o"},
        {NULL, "//pkg:lib", "/pkg:lib"},
        {"/b", "...", "/b/..."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_adds(&got, "left from before");
        sj_trace_path_full(cases[i].folder, cases[i].path, &got);
        cr_assert_str_eq(sj_buf_text(&got), cases[i].want, "%s in %s", cases[i].path,
                         cases[i].folder);
    }
}

Test(path, below_a_root_it_is_relative)
{
    cr_assert_str_eq(sj_trace_path_below("/r", "/r/a/b"), "a/b");
    cr_assert_str_eq(sj_trace_path_below("/r", "/rr/a"), "/rr/a");
    cr_assert_str_eq(sj_trace_path_below("/r", "/r"), "/r");
    cr_assert_str_eq(sj_trace_path_below("/", "/a"), "/a");
    cr_assert_str_eq(sj_trace_path_below(NULL, "/a"), "/a");
}
