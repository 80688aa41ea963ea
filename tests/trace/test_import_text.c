// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include "import-common/command.h"
#include "import-common/text.h"

static struct import_text text_of(const char *text)
{
    return (struct import_text){text, strlen(text)};
}

Test(import_text, numbers)
{
    static const struct {
        const char *text;
        bool is_right;
        int64_t want;
    } nanos[] = {
        {"0.39", true, 390000000},
        {"12", true, 12000000000},
        {"-1.5", true, -1500000000},
        {"1.1234567899", true, 1123456789},
        {"9223372035", true, INT64_C(9223372035000000000)},
        {"9223372036.9", false, 0},
        {"", false, 0},
        {".", false, 0},
        {"1.", false, 0},
        {"1.x", false, 0},
        {"1e5", false, 0},
        {"-", false, 0},
    };
    for (size_t i = 0; i < sizeof nanos / sizeof nanos[0]; i++) {
        int64_t got = 0;
        cr_assert_eq(import_nano(text_of(nanos[i].text), &got), nanos[i].is_right, "%s",
                     nanos[i].text);
        cr_assert_eq(got, nanos[i].want, "%s: %" PRId64, nanos[i].text, got);
    }
    int64_t number = 0;
    uint64_t hex = 0;
    cr_assert(import_i64(text_of("-9223372036854775807"), &number));
    cr_assert_eq(number, -INT64_MAX);
    cr_assert_not(import_i64(text_of("9223372036854775808"), &number));
    cr_assert(import_u64(text_of("ffffFFFFffffFFFF"), 16, &hex));
    cr_assert_eq(hex, UINT64_MAX);
    cr_assert_not(import_u64(text_of("10000000000000000"), 16, &hex));
    cr_assert_not(import_u64(text_of("1f"), 10, &hex));
}

Test(import_text, points_in_time)
{
    static const struct {
        const char *text;
        int64_t want;
    } cases[] = {
        {"1970-01-01T00:00:01Z", 1000000000},
        {"2026-11-25T21:07:12.271797815Z", INT64_C(1795640832271797815)},
        {"2000-02-29T12:00:00Z", INT64_C(951825600000000000)},
        {"2022-03-01T00:00:00.5+01:00", INT64_C(1646089200500000000)},
        {"2022-03-01T00:00:00-0230", INT64_C(1646101800000000000)},
        {"2022-03-01 00:00:00 UTC", INT64_C(1646092800000000000)},
        {"2022-03-01T00:00:00", 0},
        {"2022-13-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", 0},
        {"9999-12-31T23:59:59Z", 0},
        {"2022-03-01T00:00:00Zx", 0},
        {"", 0},
        {NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(import_time_ns(cases[i].text), cases[i].want, "%s: %" PRId64,
                     cases[i].text ? cases[i].text : "NULL", import_time_ns(cases[i].text));
    }
}

Test(import_text, lines)
{
    const struct sj_import_source source = {.data = "a\r\n\nlast", .len = 8};
    struct import_lines lines = import_lines_of(&source);
    struct import_text line;
    cr_assert(import_next_line(&lines, &line) && import_is(line, "a") && !lines.is_cut);
    cr_assert(import_next_line(&lines, &line) && line.len == 0);
    cr_assert(import_next_line(&lines, &line) && import_is(line, "last"));
    cr_assert(lines.is_cut && lines.number == 3);
    cr_assert_not(import_next_line(&lines, &line));
}

Test(import_text, command_lines)
{
    static const struct {
        const char *text;
        const char *tool;
        const char *output;
        const char *source;
        const char *args;
    } cases[] = {
        {"gcc -c a.c -o b/a.o", "gcc", "b/a.o", "a.c", "-c a.c -o b/a.o"},
        {"ccache /usr/bin/c++ -ox.o x.cpp", "/usr/bin/c++", "x.o", "x.cpp", "-ox.o x.cpp"},
        {"A=1 env B=2 gcc 'a b.c'", "gcc", NULL, "a b.c", "a b.c"},
        {"cc -D \"X=\\\"y.c\\\"\" -include z.c w.c", "cc", NULL, "w.c",
         "-D X=\"y.c\" -include z.c w.c"},
        {"cc a\\ b.c", "cc", NULL, "a b.c", "a b.c"},
        {"cc -o", "cc", NULL, NULL, "-o"},
        {"cc 'unfinished", "cc", NULL, NULL, "unfinished"},
        {"cc \"x\\", "cc", NULL, NULL, "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct import_command command;
        cr_assert_eq(import_command_split(text_of(cases[i].text), &command), 0);
        cr_assert_str_eq(command.words[0], cases[i].tool);
        cr_assert_str_eq(command.args, cases[i].args);
        cr_assert_eq(!command.output, !cases[i].output);
        cr_assert_eq(!command.source, !cases[i].source);
        cr_assert(!cases[i].output || strcmp(command.output, cases[i].output) == 0);
        cr_assert(!cases[i].source || strcmp(command.source, cases[i].source) == 0);
        import_command_release(&command);
    }
    struct import_command none;
    cr_assert_eq(import_command_split(text_of("  "), &none), 1);
    cr_assert_eq(import_command_split(text_of("ccache"), &none), 1);
}

Test(import_text, compilers)
{
    static const char *const compilers[] = {"gcc", "/usr/bin/g++-12", "aarch64-linux-gnu-gcc",
                                            "clang++-14", "cc"};
    static const char *const others[] = {"make", "gccgo", "ld", "rustc", "", "12"};
    for (size_t i = 0; i < sizeof compilers / sizeof compilers[0]; i++) {
        cr_assert(import_is_compiler(compilers[i]), "%s", compilers[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_assert_not(import_is_compiler(others[i]), "%s", others[i]);
    }
}
