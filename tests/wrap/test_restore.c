// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "wrap/restore.h"

Test(restore, escape_sequences_are_taken_out_and_nothing_else)
{
    static const struct {
        const char *colored;
        const char *plain;
    } cases[] = {
        {"a.c:1: \x1b[01;35m\x1b[Kwarning: \x1b[m\x1b[Kx\n", "a.c:1: warning: x\n"},
        {"\x1b]8;;https://gcc.gnu.org\x1b\\-Wall\x1b]8;;\a", "-Wall"},
        {"plain [text] 'x'", "plain [text] 'x'"},
        {"cut \x1b[01", "cut "},
        {"lone \x1b", "lone \x1b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_buf out = SJ_BUF_INIT(4096);
        sj_strip_color(cases[i].colored, strlen(cases[i].colored), &out);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].plain);
        sj_buf_release(&out);
    }
}
