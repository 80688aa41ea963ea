// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "wrap/args.h"

static char dir[] = "/tmp/scrubjay-args-XXXXXX";

static void enter(void)
{
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
}

static void leave(void)
{
    (void)chdir("/");
    (void)sj_tree_remove(dir);
}

TestSuite(args, .init = enter, .fini = leave);

static void put(const char *name, const char *text)
{
    cr_assert_eq(sj_file_write(name, 0600, text, strlen(text)), 0);
}

static void expect(const struct sj_args *args, const char *const *want)
{
    size_t count = 0;
    for (; want[count]; count++) {
        cr_assert_lt(count, args->count);
        cr_expect_str_eq(args->items[count], want[count]);
    }
    cr_expect_eq(args->count, count);
}

Test(args, response_files_are_read_with_quotes_and_nesting)
{
    put("a", "-DX='a b' \"-DY=c\\\"d\" -DZ=e\\ f @b\n\t''");
    put("b", "-O2\n@missing");
    const char *const argv[] = {"gcc", "-c", "@a", "x.c", NULL};
    const char *const want[] = {"gcc", "-c",       "-DX=a b", "-DY=c\"d", "-DZ=e f",
                                "-O2", "@missing", "",        "x.c",      NULL};
    struct sj_args args = {0};
    cr_assert_eq(sj_args_expand(&args, argv), 0);
    expect(&args, want);
    cr_expect_eq(args.file_count, 2);
    sj_args_release(&args);
}

Test(args, a_response_file_that_names_itself_is_refused)
{
    put("loop", "-DX @loop");
    const char *const argv[] = {"gcc", "@loop", NULL};
    struct sj_args args = {0};
    cr_expect_eq(sj_args_expand(&args, argv), -ELOOP);
    sj_args_release(&args);
}

Test(args, insert_moves_the_rest)
{
    struct sj_args args = {0};
    sj_args_add(&args, "gcc");
    sj_args_add(&args, "-c");
    sj_args_insert(&args, 1, "-O2");
    const char *const want[] = {"gcc", "-O2", "-c", NULL};
    expect(&args, want);
    cr_expect_null(args.items[args.count]);
    sj_args_release(&args);
}
