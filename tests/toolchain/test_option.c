// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "parse.h"
#include "toolchain-common/list.h"
#include "toolchain-common/option.h"

static const struct sj_cc_table *const tables[] = {
    &sj_cc_shared_options,      &sj_gcc_options,        &sj_clang_options,
    &sj_clang_frontend_options, &sj_cc_backend_options, &sj_cc_preprocessor_options,
    &sj_cc_assembler_options,
};

Test(option, tables_are_sorted)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t i = 1; i < tables[t]->count; i++) {
            const char *left = tables[t]->options[i - 1].name;
            const char *right = tables[t]->options[i].name;
            cr_expect_lt(strcmp(left, right), 0, "table %zu: %s, %s", t, left, right);
        }
    }
}

Test(option, finds_every_name)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct sj_cc_option *option = &tables[t]->options[i];
            cr_expect_eq(sj_cc_option_find(tables[t], option->name), option, "%s", option->name);
        }
    }
}

Test(option, finds_what_a_walk_through_the_table_finds)
{
    static const char *const tails[] = {"x", "=", "=x", "-x", "~", "0", "zz"};
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            for (size_t tail = 0; tail < sizeof(tails) / sizeof(tails[0]); tail++) {
                char arg[128];
                cr_assert_lt(
                    snprintf(arg, sizeof(arg), "%s%s", tables[t]->options[i].name, tails[tail]),
                    (int)sizeof(arg));
                const struct sj_cc_option *best = NULL;
                for (size_t j = 0; j < tables[t]->count; j++) {
                    const struct sj_cc_option *option = &tables[t]->options[j];
                    bool takes_rest = option->arg == ARG_JOINED || option->arg == ARG_EITHER;
                    bool is_match = strncmp(arg, option->name, strlen(option->name)) == 0 &&
                                    (takes_rest || strcmp(arg, option->name) == 0);
                    best = is_match ? option : best;
                }
                cr_expect_eq(sj_cc_option_find(tables[t], arg), best, "%s", arg);
            }
        }
    }
}

Test(claims, compilers_by_name)
{
    static const char *const gcc[] = {
        "cc",
        "c++",
        "gcc",
        "g++",
        "c89",
        "c99",
        "c99-gcc",
        "gcc-12",
        "g++-12.2.0",
        "x86_64-linux-gnu-gcc",
        "x86_64-linux-gnu-g++-12",
        "arm-none-eabi-gcc",
        "x86_64-w64-mingw32-gcc-posix",
        "x86_64-w64-mingw32-g++-12-win32",
        "mips-cc",
    };
    static const char *const clang[] = {
        "clang",
        "clang++",
        "clang-14",
        "clang++-19",
        "aarch64-linux-gnu-clang",
        "armv7a-linux-androideabi21-clang++",
        "x86_64-linux-gnu-clang-14",
    };
    static const char *const neither[] = {
        "",           "-",      "12",   "-12",      "gcc-ar",       "gcc-nm-12",
        "gcc-ranlib", "gcov",   "cpp",  "clang-cl", "clang-format", "clang-tidy-14",
        "clang-cpp",  "distcc", "tcc",  "rustc",    "gccgo",        "x86_64-linux-gnu-cpp",
        "ld",         "as",     "gcc-", "gcc--12x",
    };
    for (size_t i = 0; i < sizeof(gcc) / sizeof(gcc[0]); i++) {
        cr_expect(sj_toolchain_gcc.claims(gcc[i]), "%s", gcc[i]);
        cr_expect_not(sj_toolchain_clang.claims(gcc[i]), "%s", gcc[i]);
    }
    for (size_t i = 0; i < sizeof(clang) / sizeof(clang[0]); i++) {
        cr_expect(sj_toolchain_clang.claims(clang[i]), "%s", clang[i]);
        cr_expect_not(sj_toolchain_gcc.claims(clang[i]), "%s", clang[i]);
    }
    for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++) {
        cr_expect_not(sj_toolchain_gcc.claims(neither[i]), "%s", neither[i]);
        cr_expect_not(sj_toolchain_clang.claims(neither[i]), "%s", neither[i]);
    }
}
