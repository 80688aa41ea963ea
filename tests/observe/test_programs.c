// SPDX-License-Identifier: Apache-2.0
// What programs of all sorts are seen doing, and which cannot be seen.
#include <elf.h>

#include "base/str.h"
#include "watch.h"

static void enter(void)
{
    watch_enter();
    watch_write("file", "text");
    watch_write("child", "#!/bin/sh\nexit 3\n");
    cr_assert_eq(mkdir("dir", 0755), 0);
    cr_assert_eq(chmod("file", 0644), 0);
}

TestSuite(programs, .init = enter, .fini = watch_leave);

static void compile(const char *source, const char *output, const char *const *args)
{
    watch_write("source.c", source);
    const char *argv[12] = {"/usr/bin/gcc", "source.c", "-o", output};
    for (size_t i = 0; args && args[i]; i++) {
        argv[4 + i] = args[i];
    }
    watch_plain(argv);
}

static struct watch run_zoo(const char *act)
{
    return watch_run((const char *[]){watch_part("observe-zoo"), act, NULL});
}

Test(programs, get_the_answers_that_libc_gives)
{
    struct watch watch = run_zoo("errno");
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_ABSENT, "file/below");
    watch_end(&watch);
}

Test(programs, look_at_paths_in_many_ways)
{
    static const char *const absent[] = {
        "by-stat",       "by-lstat",    "by-fstatat",  "by-statx", "by-access",  "by-faccessat",
        "by-euidaccess", "by-readlink", "by-realpath", "by-fopen", "by-opendir", "by-openat",
    };
    cr_assert_eq(symlink("file", "link"), 0);
    struct watch watch = run_zoo("look");
    EXPECT_WHOLE(&watch);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        EXPECT_SEEN(&watch, SJ_EVENT_ABSENT, absent[i]);
    }
    EXPECT_SEEN(&watch, SJ_EVENT_LINK, "link");
    EXPECT_SEEN(&watch, SJ_EVENT_LIST, "dir");
    watch_end(&watch);
}

Test(programs, move_and_make_files)
{
    watch_write("grown", "text");
    struct watch watch = run_zoo("change");
    EXPECT_WHOLE(&watch);
    // What is renamed or added to is an input as well.
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "file");
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "grown");
    EXPECT_SEEN(&watch, SJ_EVENT_WRITE, "renamed");
    EXPECT_SEEN(&watch, SJ_EVENT_WRITE, "made");
    EXPECT_SEEN(&watch, SJ_EVENT_WRITE, "new/link");
    EXPECT_WRITTEN(&watch, "file", true);
    EXPECT_WRITTEN(&watch, "new/link", true);
    EXPECT_WRITTEN(&watch, "grown", false);
    EXPECT_WRITTEN(&watch, "made", false);
    watch_end(&watch);
}

Test(programs, change_their_directory)
{
    watch_write("dir/by-descriptor", "");
    watch_write("dir/moved", "");
    watch_write("dir/moved-child", "");
    struct watch watch = run_zoo("move");
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, watch_here("dir/by-descriptor"));
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, watch_here("dir/moved"));
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, watch_here("dir/moved-child"));
    watch_end(&watch);
}

Test(programs, open_files_in_many_threads)
{
    struct watch watch = run_zoo("threads");
    EXPECT_WHOLE(&watch);
    size_t absent = 0;
    for (size_t i = 0; i < watch.found.count; i++) {
        absent += sj_skip_prefix(watch.found.items[i].path, "missing-") != NULL;
    }
    cr_expect_eq(absent, 500);
    watch_end(&watch);
}

Test(programs, start_others_in_every_way)
{
    (void)setenv("PATH", watch_name("%s/nowhere:.:%s", watch_dir, getenv("PATH")), 1);
    struct watch watch = run_zoo("start");
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "child"); // by the shell, too
    EXPECT_SEEN(&watch, SJ_EVENT_EXEC, "/bin/sh");
    EXPECT_SEEN(&watch, SJ_EVENT_ABSENT, watch_here("nowhere/child"));
    EXPECT_SEEN(&watch, SJ_EVENT_ENV, "PATH");
    watch_end(&watch);
}

Test(programs, run_text_by_the_shell)
{
    watch_write("text", "[ \"$1\" = argument ] && exit 4\n");
    struct watch watch = run_zoo("text");
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_EXEC, "/bin/sh");
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "text");
    watch_end(&watch);
}

Test(programs, load_libraries_along_their_own_runpath)
{
    cr_assert_eq(mkdir("lib", 0755), 0);
    const char *args[] = {"-shared", "-fPIC", NULL};
    compile("int bare;\n", "lib/libbare.so", args);
    compile("int path;\n", "lib/libpath.so", args);
    // The zoo's RUNPATH is $ORIGIN/lib.
    watch_plain((const char *[]){"/bin/cp", watch_part("observe-zoo"), "zoo", NULL});
    struct watch watch = watch_run((const char *[]){"./zoo", "load", NULL});
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_LOAD, watch_here("lib/libbare.so"));
    EXPECT_SEEN(&watch, SJ_EVENT_LOAD, "lib/libpath.so");
    EXPECT_SEEN(&watch, SJ_EVENT_ABSENT, "lib/libmissing.so");
    watch_end(&watch);
}

static void expect_gap(struct watch *watch, const char *words)
{
    cr_expect_eq(watch->status, 0);
    cr_expect_not(watch->found.is_complete);
    cr_expect(watch->found.gap && strstr(watch->found.gap, words), "%s", watch->found.gap);
    cr_expect_str_eq(sj_buf_text(&watch->errors), "");
    watch_end(watch);
}

Test(programs, what_libc_does_inside_is_a_gap)
{
    struct watch watch = run_zoo("walk");
    expect_gap(&watch, "nftw");
}

Test(programs, a_look_that_says_nothing_is_a_gap)
{
    struct watch watch = run_zoo("refused");
    expect_gap(&watch, "cannot tell what is at 'file'");
    cr_assert_eq(symlink("circle", "circle"), 0);
    watch = run_zoo("circle");
    expect_gap(&watch, "cannot tell what is at 'circle'");
}

Test(programs, outputs_that_are_refused_are_none)
{
    struct watch watch = run_zoo("output");
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_EXISTS, "dir");
    watch_end(&watch);
}

Test(programs, a_start_past_libc_is_a_gap)
{
    struct watch watch = run_zoo("silent");
    expect_gap(&watch, "started in a way");
}

Test(programs, a_static_one_is_a_gap)
{
    compile("int main(void)\n{\n    return 0;\n}\n", "still", (const char *[]){"-static", NULL});
    watch_write("script", "#!/bin/sh\n./still\n");
    struct watch watch = watch_run((const char *[]){"./script", NULL});
    expect_gap(&watch, "still");
    watch = watch_run((const char *[]){"./still", NULL});
    expect_gap(&watch, "did not report");
}

Test(programs, a_full_log_is_a_gap)
{
    struct watch watch =
        watch_run_limited((const char *[]){watch_part("observe-zoo"), "threads", NULL}, 4096);
    expect_gap(&watch, "full");
}

Test(programs, others_than_ours_run_without_a_word)
{
    // A 32-bit program in name, which the kernel refuses as it would without us.
    Elf32_Ehdr head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, 1},
                       .e_type = ET_EXEC,
                       .e_machine = EM_386};
    cr_assert_eq(sj_file_write("foreign", 0755, &head, sizeof head), 0);
    const char *argv[] = {"/bin/sh", "-c", "./foreign; echo $?", NULL};
    struct sj_buf plain;
    int status = watch_spawn((char *const *)(uintptr_t)argv, environ, &plain);
    struct watch watch = watch_run(argv);
    cr_expect_eq(watch.status, status);
    cr_expect_str_eq(sj_buf_text(&watch.errors), sj_buf_text(&plain));
    sj_buf_release(&plain);
    watch_end(&watch);
}

Test(programs, are_judged_before_they_run)
{
    compile("int main(void)\n{\n    return 0;\n}\n", "still", (const char *[]){"-static", NULL});
    compile("int main(void)\n{\n    return 0;\n}\n", "musl",
            (const char *[]){"-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1", NULL});
    compile("int main(void)\n{\n    return 0;\n}\n", "plain", NULL);
    compile("int main(void)\n{\n    return 0;\n}\n", "checked",
            (const char *[]){"-fsanitize=address", NULL});
    watch_plain((const char *[]){"/bin/cp", "plain", "privileged", NULL});
    cr_assert_eq(chmod("privileged", 04755), 0);
    watch_write("static-script", watch_name("#!%s/still -x\n", watch_dir));
    watch_write("loop", watch_name("#!%s/loop\n", watch_dir));
    watch_write("empty", "");
    watch_write("hash", "#!");
    static const struct {
        const char *name;
        bool can;
    } cases[] = {
        {"plain", true},          {"child", true}, {"still", false}, {"musl", false},
        {"privileged", false},    {"loop", false}, {"empty", false}, {"hash", false},
        {"static-script", false}, {"dir", false},  {"none", false},  {"checked", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sj_observe_can(cases[i].name), cases[i].can, "%s", cases[i].name);
    }
}

Test(programs, that_forget_their_environment_are_still_seen)
{
    watch_write("a.c", "int x;\n");
    struct watch watch = watch_run(
        (const char *[]){"/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "gcc", "-c", "a.c", NULL});
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "a.c");
    watch_end(&watch);
}

Test(programs, a_wrapper_in_shell_is_seen_through)
{
    watch_write("a.c", "int x;\n");
    watch_write("cc", "#!/bin/sh\nexec /usr/bin/gcc \"$@\"\n");
    struct watch watch = watch_run((const char *[]){"./cc", "-c", "a.c", NULL});
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_OPEN, "a.c");
    EXPECT_SEEN(&watch, SJ_EVENT_EXEC, "/usr/bin/gcc");
    watch_end(&watch);
}

Test(programs, the_users_own_preload_library_is_kept)
{
    compile("#include <stdio.h>\n__attribute__((constructor)) static void f(void)\n{\n"
            "    fclose(fopen(\"was-here\", \"w\"));\n}\n",
            "own.so", (const char *[]){"-shared", "-fPIC", NULL});
    const char *own = watch_here("own.so");
    (void)setenv("LD_PRELOAD", own, 1);
    struct watch watch = watch_run((const char *[]){"/bin/cat", "file", NULL});
    EXPECT_WHOLE(&watch);
    EXPECT_SEEN(&watch, SJ_EVENT_LOAD, own);
    EXPECT_SEEN(&watch, SJ_EVENT_WRITE, "was-here");
    watch_end(&watch);

    // A static program gets the environment back as the user made it.
    compile("#include <stdio.h>\nint main(int n, char **v, char **e)\n{\n    for (; *e; e++) {\n"
            "        fprintf(stderr, \"%s\\n\", *e);\n    }\n    return !v[n - 1];\n}\n",
            "still", (const char *[]){"-static", NULL});
    watch = watch_run((const char *[]){"/usr/bin/env", "./still", NULL});
    cr_expect(strstr(sj_buf_text(&watch.errors), watch_name("LD_PRELOAD=%s\n", own)));
    cr_expect_not(strstr(sj_buf_text(&watch.errors), "observe.so"));
    cr_expect_not(strstr(sj_buf_text(&watch.errors), SJ_OBSERVE_ENV));
    watch_end(&watch);
}
