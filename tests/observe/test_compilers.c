// SPDX-License-Identifier: Apache-2.0
// What gcc and clang are seen doing.
#include "watch.h"

TestSuite(compilers, .init = watch_enter, .fini = watch_leave);

static const char *const compilers[] = {"/usr/bin/gcc", "/usr/bin/clang"};
enum {
    COMPILERS = sizeof compilers / sizeof compilers[0]
};

/** A compile and what must be said of it. */
struct compile {
    const char *args[8];
    struct {
        enum sj_event kind;
        const char *path;
    } expected[5];
};

static struct watch compile(const char *compiler, const char *const *args)
{
    const char *argv[12] = {compiler, "-c", "a.c"};
    for (size_t i = 0; args && args[i]; i++) {
        argv[3 + i] = args[i];
    }
    return watch_run(argv);
}

static void expect(const char *compiler, const struct compile *wanted)
{
    struct watch watch = compile(compiler, wanted->args);
    EXPECT_WHOLE(&watch);
    for (size_t i = 0; wanted->expected[i].path; i++) {
        EXPECT_SEEN(&watch, wanted->expected[i].kind, wanted->expected[i].path);
    }
    watch_end(&watch);
}

static void expect_of_all(const struct compile *wanted)
{
    for (size_t i = 0; i < COMPILERS; i++) {
        expect(compilers[i], wanted);
    }
}

Test(compilers, headers_and_where_they_were_not)
{
    cr_assert_eq(mkdir("a", 0755), 0);
    cr_assert_eq(mkdir("b", 0755), 0);
    watch_write("b/h.h", "int h;\n");
    watch_write("a.c", "#include <h.h>\n#if __has_include(<opt.h>)\n#endif\n");
    expect_of_all(&(struct compile){
        {"-Ia", "-Ib"},
        {{SJ_EVENT_OPEN, "a.c"},
         {SJ_EVENT_OPEN, "b/h.h"},
         {SJ_EVENT_ABSENT, "a/h.h"},
         {SJ_EVENT_ABSENT, "b/opt.h"}},
    });
}

Test(compilers, an_opened_file_has_its_state)
{
    watch_write("a.c", "int x;\n");
    struct watch watch = compile(compilers[0], NULL);
    const struct sj_sighting *seen = watch_find(&watch, "a.c");
    cr_assert(seen);
    struct sj_filestat stat;
    cr_assert_eq(sj_filestat_get(AT_FDCWD, "a.c", &stat), 0);
    cr_expect_eq(seen->stat.dev, stat.dev);
    cr_expect_eq(seen->stat.ino, stat.ino);
    cr_expect_eq(seen->stat.size, 7);
    cr_expect_eq(seen->stat.mtime_ns, stat.mtime_ns);
    cr_expect_eq(seen->stat.ctime_ns, stat.ctime_ns);
    watch_end(&watch);
}

Test(compilers, what_the_assembler_reads)
{
    watch_write("b.inc", ".long 1\n");
    watch_write("data.bin", "data");
    watch_write("a.c", "__asm__(\".include \\\"b.inc\\\"\\n.incbin \\\"data.bin\\\"\");\n");
    struct compile wanted = {
        {"-Wa,-I."},
        {{SJ_EVENT_OPEN, "b.inc"}, {SJ_EVENT_OPEN, "data.bin"}},
    };
    expect_of_all(&wanted);
    wanted.args[1] = "-no-integrated-as";
    expect("/usr/bin/clang", &wanted);
}

Test(compilers, variables_that_are_asked_for)
{
    watch_write("a.c", "int x;\n");
    expect_of_all(&(struct compile){
        {NULL},
        {{SJ_EVENT_ENV, "CPATH"}, {SJ_EVENT_ENV, "C_INCLUDE_PATH"}},
    });
    watch_write("a.c", "const char *x = __DATE__;\n");
    (void)setenv("SOURCE_DATE_EPOCH", "1", 1);
    struct watch watch = compile("/usr/bin/gcc", NULL);
    EXPECT_SEEN(&watch, SJ_EVENT_ENV, "SOURCE_DATE_EPOCH");
    cr_expect_null(watch_find(&watch, "localtime"));
    watch_end(&watch);
}

Test(compilers, the_calendar_when_it_reaches_the_output)
{
    static const char *const sources[] = {
        "const char *x = __DATE__;\n",
        "const char *x = __TIME__;\n",
        "const char *x = __TIMESTAMP__;\n",
        "#define JOIN(a, b) a##b\nconst char *x = JOIN(__TI, ME__);\n",
        "const char *x = VALUE;\n",
    };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        watch_write("a.c", sources[i]);
        expect_of_all(&(struct compile){{"-DVALUE=__TIME__"}, {{SJ_EVENT_CLOCK, "localtime"}}});
    }
}

Test(compilers, no_calendar_in_an_ordinary_compile)
{
    // The name alone, in a comment, a string or an unused macro, is no use of it.
    watch_write("a.c", "#include <stdio.h>\n#define NOW __TIME__\n// __DATE__\nint x;\n");
    for (size_t i = 0; i < COMPILERS; i++) {
        struct watch watch = compile(compilers[i], (const char *[]){"-O2", "-g", NULL});
        EXPECT_WHOLE(&watch);
        static const char *const names[] = {"localtime", "localtime_r", "gmtime", "ctime"};
        for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
            cr_expect_null(watch_find(&watch, names[j]), "%s: %s", compilers[i], names[j]);
        }
        watch_end(&watch);
    }
}

Test(compilers, outputs_are_written_and_nothing_else_stays)
{
    static const char *const outputs[] = {"a.o", "a.d", "a.dwo", "a.gcno", "a.su"};
    watch_write("a.c", "int f(int x)\n{\n    return x + 1;\n}\n");
    const char *args[] = {"-MD", "-g", "-gsplit-dwarf", "--coverage", "-fstack-usage", NULL};
    for (size_t i = 0; i < COMPILERS; i++) {
        struct watch watch = compile(compilers[i], args);
        EXPECT_WHOLE(&watch);
        size_t expected = sizeof outputs / sizeof outputs[0];
        for (size_t j = 0; j < expected; j++) {
            // gcc names the notes by the absolute path.
            const struct sj_sighting *seen = watch_find(&watch, outputs[j]);
            seen = seen ? seen : watch_find(&watch, watch_here(outputs[j]));
            cr_expect(seen && seen->was_written && !seen->was_removed, "%s: %s", compilers[i],
                      outputs[j]);
        }
        size_t left = 0;
        for (size_t j = 0; j < watch.found.count; j++) {
            const struct sj_sighting *seen = &watch.found.items[j];
            left += seen->was_written && !seen->was_removed && access(seen->path, F_OK) == 0;
        }
        cr_expect_eq(left, expected, "%s: %zu", compilers[i], left);
        watch_end(&watch);
    }
}

Test(compilers, work_as_without_the_observer)
{
    watch_write("a.c", "#include <stdio.h>\nint f(void)\n{\n    int unused;\n    puts(\"\");\n}\n");
    for (size_t i = 0; i < COMPILERS; i++) {
        const char *argv[] = {compilers[i], "-c", "a.c", "-Wall", "-O2", NULL};
        struct sj_buf plain_errors;
        cr_assert_eq(watch_spawn((char *const *)(uintptr_t)argv, environ, &plain_errors), 0);
        struct sj_buf plain = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_assert_eq(sj_file_read(AT_FDCWD, "a.o", &plain), 0);

        struct watch watch = watch_run(argv);
        struct sj_buf seen = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_assert_eq(sj_file_read(AT_FDCWD, "a.o", &seen), 0);
        cr_expect_eq(seen.len, plain.len);
        cr_expect_eq(memcmp(seen.data, plain.data, plain.len), 0);
        cr_expect_gt(plain_errors.len, 0);
        cr_expect_str_eq(sj_buf_text(&watch.errors), sj_buf_text(&plain_errors));
        sj_buf_release(&plain);
        sj_buf_release(&seen);
        sj_buf_release(&plain_errors);
        watch_end(&watch);
    }
}

Test(compilers, plug_ins)
{
    watch_write("plug.c",
                "int plugin_is_GPL_compatible;\nint plugin_init(void)\n{\n    return 0;\n}\n");
    watch_plain(
        (const char *[]){"/usr/bin/gcc", "-shared", "-fPIC", "-o", "plug.so", "plug.c", NULL});
    watch_write("a.c", "int x;\n");
    const char *path = watch_here("plug.so");
    const char *option = watch_name("-fplugin=%s", path);
    expect_of_all(&(struct compile){{option}, {{SJ_EVENT_LOAD, path}}});
}

Test(compilers, files_that_configure_the_driver)
{
    watch_write("my.specs", "*cc1_options:\n+ -O1\n\n");
    watch_write("my.cfg", "-O1\n");
    watch_write("args", "-DX=1\n");
    watch_write("a.c", "int x = X;\n");
    expect("/usr/bin/gcc",
           &(struct compile){{"-specs=my.specs", "@args"},
                             {{SJ_EVENT_OPEN, "my.specs"}, {SJ_EVENT_OPEN, "args"}}});
    // clang makes both names absolute.
    const char *config = watch_here("my.cfg");
    const char *args = watch_here("args");
    expect("/usr/bin/clang", &(struct compile){{"--config", config, "@args"},
                                               {{SJ_EVENT_OPEN, config}, {SJ_EVENT_OPEN, args}}});
}

Test(compilers, precompiled_headers)
{
    watch_write("h.h", "int h;\n");
    watch_write("a.c", "#include \"h.h\"\n");
    watch_plain((const char *[]){"/usr/bin/gcc", "-x", "c-header", "h.h", "-o", "h.h.gch", NULL});
    expect("/usr/bin/gcc", &(struct compile){{NULL}, {{SJ_EVENT_OPEN, "h.h.gch"}}});
    watch_plain((const char *[]){"/usr/bin/clang", "-x", "c-header", "h.h", "-o", "h.pch", NULL});
    expect("/usr/bin/clang",
           &(struct compile){{"-include-pch", "h.pch"}, {{SJ_EVENT_OPEN, "h.pch"}}});
}

Test(compilers, a_failing_compile_is_seen_whole)
{
    watch_write("a.c", "#include \"missing.h\"\n");
    for (size_t i = 0; i < COMPILERS; i++) {
        struct watch watch = compile(compilers[i], NULL);
        cr_expect_neq(watch.status, 0);
        cr_expect(watch.found.is_complete, "%s", watch.found.gap);
        EXPECT_SEEN(&watch, SJ_EVENT_ABSENT, "missing.h");
        watch_end(&watch);
    }
}
