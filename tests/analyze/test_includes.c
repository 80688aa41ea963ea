// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <string.h>

#include "analyze/includes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// What was found as one text: form, flags in hexadecimal where there are any, name.
static void describe(const char *text, struct sj_buf *out)
{
    struct sj_includes found;
    sj_includes_scan(text, strlen(text), &found);
    static const char forms[] = "?\"<M";
    for (size_t i = 0; i < found.count; i++) {
        sj_buf_addf(out, "%s%c%s", i ? " " : "", forms[found.items[i].form],
                    sj_include_name(&found, i));
        if (found.items[i].flags) {
            sj_buf_addf(out, "/%x", found.items[i].flags);
        }
    }
    if (found.left_out) {
        sj_buf_addf(out, " -%u", found.left_out);
    }
    sj_includes_release(&found);
}

static const struct {
    const char *text;
    const char *found;
} scans[] = {
    {"", ""},
    {"#include <a.h>\n#include \"b/c.h\"\n", "<a.h \"b/c.h"},
    {"#include<a.h>", "<a.h"},
    {"\xef\xbb\xbf#include <a.h>\n", "<a.h"},
    {"  \t#  include\t<a.h>  // why\r\n", "<a.h"},
    {"%:include <a.h>\n", "<a.h"},
    {"/* x\n */ #include <a.h>\n", "<a.h"},
    {"#/**/include/* no */<a.h>\n", "<a.h"},
    {"#inc\\\nlude <a\\\r\n.h>\n", "<a.h"},
    {"#include \\\n <a.h>\n", "<a.h"},
    {"// \\\n#include <no.h>\n#include <a.h>\n", "<a.h"},
    {"/* #include <no.h>\n#include <no.h> */\n#include <a.h>\n", "<a.h"},
    {"/* never ends\n#include <no.h>\n", ""},
    {"int x; #include <no.h>\n", ""},
    {"const char *s = \"\\\n#include <no.h>\\\n\";\n#include <a.h>\n", "<a.h"},
    {"s = \"/*\";\n#include <a.h>\n", "<a.h"},
    {"s = \"\\\"/*\";\n#include <a.h>\n", "<a.h"},
    {"c = '\"';\n#include <a.h>\n/* ' */\n", "<a.h"},
    {"c = '\\'';\n#include <a.h>\n", "<a.h"},
    {"n = 1'000'000; /* ' */\n#include <a.h>\n", "<a.h"},
    {"s = R\"(\n#include <no.h>\n)\";\n#include <a.h>\n", "<a.h"},
    {"s = u8R\"x(\n)\"\n#include <no.h>\n)x\";\n#include <a.h>\n", "<a.h"},
    {"s = LR\"(\n#include <no.h>\n)\", xR\"(\n#include <a.h>\n", "<a.h"},
    {"s = R\"(never ends\n#include <no.h>\n", ""},
    {"#error don't\n#include <a.h>\n", "<a.h"},
    {"#include_next <a.h>\n", "<a.h/1"},
    {"#import \"a.h\"\n", "\"a.h/2"},
    {"import <vector>;\nexport import \"b.h\";\nimport std;\nimport_x <no>;\n",
     "<vector/2 \"b.h/2"},
    {"#embed \"a.bin\" limit(4)\n", "\"a.bin/4"},
    {"#include CONFIG_H\n#include HEADER(x, y)\n", "MCONFIG_H MHEADER"},
    {"#if __has_include(<a.h>)\n#include <a.h>\n#elif defined X && __has_include( \"b.h\" )\n"
     "#endif\n",
     "<a.h/18 <a.h/10 \"b.h/18"},
    {"#define X __has_include(<no.h>)\n", ""},
    {"#ifndef A_H\n#define A_H\n#include <a.h>\n#ifdef X\n#include <b.h>\n#endif\n#endif\n",
     "<a.h <b.h/10"},
    {"#pragma once\n#ifdef X\n#include <b.h>\n#endif\n#include <a.h>\n", "<b.h/10 <a.h"},
    {"#include <a.h>\n#if X\n#include <b.h>\n#else\n#include <c.h>\n#endif\n",
     "<a.h <b.h/10 <c.h/10"},
    {"#if 0\n#include <no.h>\n#if 1\n#include <no.h>\n#else\n#include <no.h>\n#endif\n#endif\n"
     "#include <a.h>\n",
     "<a.h"},
    {"x;\n#if 0 /* off */\n#include <no.h>\n#else\n#include <a.h>\n#endif\n", "<a.h/10"},
    {"x;\n#if 0x1\n#include <a.h>\n#endif\n", "<a.h/10"},
    {"#endif\n#endif\n#else\n#include <a.h>\n", "<a.h"},
    {"#include <never closed\n#include \"\"\n#include <a.h>\n#include\n", "<a.h -3"},
    {"#", ""},
    {"#include \"a.h", " -1"},
    {"\\", ""},
    {"include <a.h>\n@import Foundation;\n#includex <no.h>\n", ""},
};

Test(includes, lines_are_found_and_nothing_else)
{
    for (size_t i = 0; i < COUNT(scans); i++) {
        struct sj_buf got = SJ_BUF_INIT(1 << 16);
        describe(scans[i].text, &got);
        cr_expect_str_eq(sj_buf_text(&got), scans[i].found, "%zu: %s", i, scans[i].text);
        sj_buf_release(&got);
    }
}

Test(includes, knows_the_lines)
{
    static const char text[] = "/*\n*/\n#include <a.h>\nx \\\n\ny\n#include <b.h>\n";
    struct sj_includes found;
    sj_includes_scan(text, sizeof text - 1, &found);
    cr_assert_eq(found.count, 2);
    cr_expect_eq(found.items[0].line, 3);
    cr_expect_eq(found.items[1].line, 7);
    sj_includes_release(&found);
}

Test(includes, counts_what_is_too_much)
{
    struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (uint32_t i = 0; i < SJ_INCLUDES_MAX + 7; i++) {
        sj_buf_adds(&text, "#include <a.h>\n");
    }
    sj_buf_adds(&text, "#include \"");
    for (int i = 0; i < 5000; i++) {
        sj_buf_addc(&text, 'x');
    }
    sj_buf_adds(&text, "\"\n");
    struct sj_includes found;
    sj_includes_scan(text.data, text.len, &found);
    cr_expect_eq(found.count, SJ_INCLUDES_MAX);
    cr_expect_eq(found.left_out, 8);
    sj_includes_release(&found);
    sj_buf_release(&text);
}

Test(includes, names_are_joined_to_the_directory)
{
    static const struct {
        const char *includer;
        const char *name;
        const char *path; // NULL: leads nowhere
    } joins[] = {
        {"src/a.c", "b.h", "src/b.h"},
        {"a.c", "b.h", "b.h"},
        {"src/x/a.c", "../b.h", "src/b.h"},
        {"src/a.c", "./y/../b.h", "src/b.h"},
        {"src/a.c", "../../b.h", NULL},
        {"a.c", "..", NULL},
        {"/usr/include/a.h", "b.h", "/usr/include/b.h"},
        {"/a.h", "b.h", "/b.h"},
        {"/a.h", "../b.h", NULL},
        {"src/a.c", "/usr/b.h", "/usr/b.h"},
        {"${cwd}/gen/a.h", "b//c.h", "${cwd}/gen/b/c.h"},
        {"a/b.c", "../c.h", "c.h"},
        {"a/b/c.c", "../../d.h", "d.h"},
        {"a/b.c", "..", NULL},
    };
    for (size_t i = 0; i < COUNT(joins); i++) {
        struct sj_buf got = SJ_BUF_INIT(1 << 16);
        bool is_good = sj_include_join(joins[i].includer, joins[i].name, &got);
        cr_expect_eq(is_good, joins[i].path != NULL, "%zu", i);
        cr_expect_str_eq(sj_buf_text(&got), joins[i].path ? joins[i].path : "", "%zu", i);
        sj_buf_release(&got);
    }
}

Test(includes, tails_are_what_paths_end_in)
{
    static const char *const tails[][2] = {
        {"a.h", "a.h"}, {"../a.h", "a.h"}, {"./../x/../a.h", "x/../a.h"},  {"/a.h", "a.h"},
        {"", ""},       {"..", ".."},      {".hidden/a.h", ".hidden/a.h"},
    };
    for (size_t i = 0; i < COUNT(tails); i++) {
        cr_expect_str_eq(sj_include_tail(tails[i][0]), tails[i][1]);
    }
}
