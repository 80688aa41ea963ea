// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "record/db_paths.h"

static const struct {
    struct sj_db_place place;
    const char *path;
    const char *expected;
} cases[] = {
    {{"/src", NULL, "/src"}, "a.c", "a.c"},
    {{"/src", NULL, "/src/out"}, "../a.c", "a.c"},
    {{"/src", NULL, "/src/out"}, "./x/../a.o", "out/a.o"},
    {{"/src", NULL, "/src/out"}, "/src//lib///b.h", "lib/b.h"},
    {{"/src/", NULL, "/src/out"}, "/src/lib/./b.h", "lib/b.h"},
    {{"/src", NULL, "/src"}, "/srcs/b.h", "/srcs/b.h"},
    {{"/src", NULL, "/src"}, "/src", "."},
    {{"/src", NULL, "/src/a/b"}, "../../..", "/"},
    {{"/src", NULL, "/src/a/b"}, "../../../../../usr/x.h", "/usr/x.h"},
    {{"/src", NULL, "/tmp/out"}, "a.o", "${cwd}/a.o"},
    {{"/src", NULL, "/tmp/out"}, "../a.o", "/tmp/a.o"},
    {{"/src", NULL, "/tmp/out"}, ".", "${cwd}"},
    {{"/src", "/src", "/tmp/out"}, "\x01inc/a.h", "inc/a.h"},
    {{NULL, "/base", "/tmp/out"}, "\x01inc/a.h", "/base/inc/a.h"},
    {{NULL, "/base", "/base/out"}, "\x01out/a.h", "${cwd}/a.h"},
    {{NULL, NULL, "/tmp/out"}, "\x01inc/a.h", "${base}/inc/a.h"},
    {{NULL, NULL, "/tmp/out"}, "\x01../a.h", "${base}/../a.h"},
    {{NULL, NULL, "/tmp/out"}, "\x01../../b/../a.h", "${base}/../../a.h"},
    {{NULL, NULL, "/tmp/out"}, "\x01", "${base}"},
    {{NULL, NULL, "/tmp/out"}, "x/a.o", "${cwd}/x/a.o"},
    {{NULL, NULL, NULL}, "x/a.o", "${cwd}/x/a.o"},
    {{"", "", ""}, "../a.o", "${cwd}/../a.o"},
    {{NULL, NULL, NULL}, "/usr/include/x.h", "/usr/include/x.h"},
    {{NULL, NULL, NULL}, "", "${cwd}"},
    {{"/", NULL, "/"}, "/usr/x.h", "/usr/x.h"},
    {{"/src", NULL, "/src"}, "..a/...b", "..a/...b"},
    {{"relative", NULL, "relative"}, "a.c", "${cwd}/a.c"},
};

Test(db_paths, are_the_same_everywhere)
{
    struct sj_buf out = SJ_BUF_INIT(65536);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sj_db_path(&cases[i].place, cases[i].path, &out);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].expected, "case %zu: %s", i,
                         sj_buf_text(&out));
    }
    sj_buf_release(&out);
}
