// SPDX-License-Identifier: Apache-2.0
// What is not cached, and why; docs/toolchains.md explains the reasons.
#include "parse.h"
#include "toolchain-common/bypass.h"

struct refused {
    const char *command;
    const char *reason;
    const char *detail; // NULL: not looked at
};

static void check_refused(const struct refused *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct parsed *parsed = parse(cases[i].command);
        const struct sj_action *action = &parsed->action;
        cr_expect_not_null(action->bypass, "%s is cached", cases[i].command);
        if (action->bypass != NULL) {
            cr_expect_str_eq(action->bypass, cases[i].reason, "%s: %s", cases[i].command,
                             action->bypass);
        }
        if (cases[i].detail != NULL && action->bypass_detail != NULL) {
            cr_expect_str_eq(action->bypass_detail, cases[i].detail, "%s", cases[i].command);
        }
        cr_expect(cases[i].detail == NULL || action->bypass_detail != NULL, "%s", cases[i].command);
        parsed_free(parsed);
    }
}

#define CHECK_REFUSED(cases) check_refused(cases, sizeof(cases) / sizeof((cases)[0]))

Test(bypass, phases_that_leave_no_object)
{
    static const struct refused cases[] = {
        {"gcc -E t.c", "preprocess", "-E"},
        {"gcc -E -c t.c", "preprocess", "-E"},
        {"gcc -M t.c", "preprocess", "-M"},
        {"clang -MM t.c", "preprocess", "-MM"},
        {"gcc t.c", "link", NULL},
        {"gcc -o t t.o", "link", NULL},
        {"gcc a.c b.c", "link", NULL},
        {"clang++ -shared a.o -o l.so", "link", NULL},
        {"gcc conftest.c", "link-conftest", NULL},
        {"gcc -o conftest -g -O2 conftest.c -lm", "link-conftest", NULL},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, inputs_that_are_not_one_source)
{
    static const struct refused cases[] = {
        {"gcc -c", "no-input", NULL},
        {"gcc", "no-input", NULL},
        {"gcc -c a.c b.c", "multiple-sources", NULL},
        {"clang -c a.c -O2 b.c", "multiple-sources", NULL},
        {"gcc -c -", "stdin", "-"},
        {"gcc -x c -c -", "stdin", "-"},
        {"clang -c -- -x", "unknown-language", "-x"},
        {"gcc -c @gone.rsp", "response-file", "@gone.rsp"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, languages)
{
    static const struct refused cases[] = {
        {"gcc -c t.f90", "unknown-language", "t.f90"},
        {"gcc -c t.adb", "unknown-language", "t.adb"},
        {"gcc -c t", "unknown-language", "t"},
        {"gcc -c t.o", "unknown-language", "t.o"},
        {"gcc -x ada -c t.c", "unknown-language", "ada"},
        {"gcc -x d -c t.c", "unknown-language", "d"},
        {"clang -c t.cu", "foreign-language", "t.cu"},
        {"clang -x hip -c t.c", "foreign-language", "t.c"},
        {"gcc -c t.h", "pch-creation", "t.h"},
        {"gcc t.hpp", "pch-creation", "t.hpp"},
        {"g++ -x c++-header t.c -o t.gch", "pch-creation", "t.c"},
        {"clang -x c-header -c t.c", "pch-creation", "t.c"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, outputs_that_are_no_files)
{
    static const struct refused cases[] = {
        {"gcc -c t.c -o -", "output-to-stdout", "-"},
        {"clang -S t.c -o-", "output-to-stdout", "-"},
        {"gcc -c t.c -o some/dir", "output-not-regular", "some/dir"},
        {"gcc -c t.c -o /dev/stdout", "output-not-regular", "/dev/stdout"},
        {"gcc -c t.c -MD -o /dev/null", "output-not-regular", "/dev/null"},
        {"gcc -c t.c -fstack-usage -o /dev/null", "output-not-regular", "/dev/null"},
        {"gcc -c t.c -MD -MF -", "output-to-stdout", "-"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, questions_to_the_compiler)
{
    static const struct refused cases[] = {
        {"gcc --version", "info-option", "--version"},
        {"gcc -v", "info-option", "-v"},
        {"gcc -v -c t.c", "info-option", "-v"},
        {"gcc -c -H t.c", "info-option", "-H"},
        {"gcc -c -Q t.c", "info-option", "-Q"},
        {"gcc -### -c t.c", "info-option", "-###"},
        {"gcc -print-prog-name=cc1", "info-option", "-print-prog-name=cc1"},
        {"clang -print-resource-dir", "info-option", "-print-resource-dir"},
        {"gcc -dumpmachine", "info-option", "-dumpmachine"},
        {"gcc -c -ftime-report t.c", "info-option", "-ftime-report"},
        {"gcc -c -fmem-report t.c", "info-option", "-fmem-report"},
        {"clang -c -ftime-trace t.c", "time-trace", "-ftime-trace"},
        {"clang -c -ftime-trace=x.json t.c", "time-trace", "-ftime-trace=x.json"},
        {"gcc -c -save-temps=obj t.c", "save-temps", "-save-temps=obj"},
        {"gcc -c -fdump-go-spec=x t.c", "dump", "-fdump-go-spec=x"},
        {"gcc -c -fdump-passes t.c", "dump", "-fdump-passes"},
        {"gcc -c -da t.c", "dump", "-da"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, what_is_not_in_a_table)
{
    static const struct refused cases[] = {
        {"gcc -c --new-thing t.c", "unknown-option", "--new-thing"},
        {"gcc -c -fbogus t.c", "unknown-option", "-fbogus"},
        {"gcc -c -fbogus=/etc/passwd t.c", "unknown-option", "-fbogus=/etc/passwd"},
        {"gcc -c -Wp,-P t.c", "unknown-option", "-Wp,-P"},
        {"gcc -c -Wa,--MD,x.d t.c", "unknown-option", "-Wa,--MD,x.d"},
        {"gcc -c -Wa,-o,x t.c", "unknown-option", "-Wa,-o,x"},
        {"clang -c -Xclang -new-thing t.c", "unknown-option", "-new-thing"},
        {"clang -c -mllvm -pass-remarks-output=x t.c", "unknown-option", "-pass-remarks-output=x"},
        {"clang -c -no-such t.c", "unknown-option", "-no-such"},
        {"gcc -c -Xclang -load t.c", "unknown-option", "-Xclang"},
        {"gcc -c -Xpreprocessor -M t.c", "unknown-option", "-M"},
        {"gcc -c t.c -o", "missing-argument", "-o"},
        {"clang -c t.c -Xclang -include-pch", "missing-argument", "-include-pch"},
        {"gcc -c -Wp,-MD t.c", "missing-argument", "-Wp,-MD"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, what_is_known_not_to_be_cached)
{
    static const struct refused cases[] = {
        {"clang -c -Wp,-MMD,y.d,-MT,x t.c", "depfile-conflict", "-Wp,-MMD,y.d,-MT,x"},
        {"gcc -c -Wp,-MMD,y.d,-MT,x t.c", "depfile-conflict", "-Wp,-MMD,y.d,-MT,x"},
        {"gcc -c -MD -MF x.d -Wp,-MD,y.d t.c", "depfile-conflict", "-MD"},
        {"gcc -c -Wp,-MD,y.d -MF x.d t.c", "depfile-conflict", "-MF"},
        {"gcc -c -gtoggle t.c", "unsupported-option", "-gtoggle"},
        {"gcc -c -wrapper gdb t.c", "unsupported-option", "-wrapper"},
        {"gcc -c --coverage -fprofile-dir=p t.c", "unsupported-option", "-fprofile-dir=p"},
        {"gcc -c -fstack-usage -dumpbase x t.c", "unsupported-option", "-dumpbase"},
        {"clang -c -dependency-file x t.c", "unsupported-option", "-dependency-file"},
        {"clang -c -MJ x.json t.c", "unsupported-option", "-MJ"},
        {"clang --analyze t.c", "unsupported-option", "--analyze"},
        {"clang -c -arch arm64 -arch x86_64 t.c", "multiple-arch", "-arch"},
        {"clang -c -Xarch_device -g t.c", "multiple-arch", "-Xarch_device"},
        {"clang -c -fmodules t.c", "modules", "-fmodules"},
        {"clang -c -fmodules-cache-path=x t.c", "modules", "-fmodules-cache-path=x"},
        {"g++ -c -fmodules-ts -fmodule-mapper=x t.cc", "modules", "-fmodule-mapper=x"},
    };
    CHECK_REFUSED(cases);
}

Test(bypass, reasons_are_sorted_and_in_words)
{
    for (size_t i = 0; i < WHY_COUNT; i++) {
        cr_assert_not_null(sj_cc_bypass[i].id);
        cr_expect_gt(strlen(sj_cc_bypass[i].text), 0, "%s", sj_cc_bypass[i].id);
        cr_expect(i == 0 || strcmp(sj_cc_bypass[i - 1].id, sj_cc_bypass[i].id) < 0, "%s",
                  sj_cc_bypass[i].id);
    }
    cr_expect_null(sj_cc_bypass[WHY_COUNT].id);
}
