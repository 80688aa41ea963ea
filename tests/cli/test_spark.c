// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "cli/spark.h"

Test(spark, draws_values)
{
    static const struct {
        double values[8];
        size_t count;
        size_t width;
        const char *text;
    } cases[] = {
        {{0}, 0, 10, ""},
        {{1}, 1, 10, "_"},
        {{0, 7}, 2, 10, "_#"},
        {{0, 1, 2, 3, 4, 5, 6, 7}, 8, 8, "_.-~=+*#"},
        {{0, 1, 2, 3, 4, 5, 6, 7}, 8, 4, "_-+#"},
        {{5, NAN, 10}, 3, 10, "_ #"},
        {{NAN, NAN}, 2, 10, "  "},
        {{0, 0, 0}, 3, 10, "___"},
        // One per cent is noise and looks like it.
        {{100, 101, 100}, 3, 10, "___"},
        {{INFINITY, 1, 2}, 3, 10, " _#"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_buf out = SJ_BUF_INIT(1000);
        sj_spark(&out, cases[i].values, cases[i].count, cases[i].width, false);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].text, "case %zu: '%s'", i, sj_buf_text(&out));
        sj_buf_release(&out);
    }
}

Test(spark, knows_the_locale)
{
    static const struct {
        const char *all;
        const char *lang;
        bool is_utf8;
    } cases[] = {
        {"C", "C.UTF-8", false}, {"", "C.UTF-8", true},      {"", "en_GB.utf8", true},
        {"", "", false},         {"de_DE.UTF-8", "C", true}, {"en_US.ISO-8859-1", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)setenv("LC_ALL", cases[i].all, 1);
        (void)unsetenv("LC_CTYPE");
        (void)setenv("LANG", cases[i].lang, 1);
        cr_expect_eq(sj_spark_is_utf8(), cases[i].is_utf8, "case %zu", i);
    }
}
