// SPDX-License-Identifier: Apache-2.0
// What a compile is expected to write. test_real.c asks the compilers themselves.
#include "parse.h"

struct written {
    const char *command;
    const char *outputs;
};

static void check_written(const struct written *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct parsed *parsed = parse(cases[i].command);
        char text[TEXT_LIMIT];
        outputs_text(parsed, text);
        cr_expect_null(parsed->action.bypass, "%s: %s %s", cases[i].command, parsed->action.bypass,
                       parsed->action.bypass_detail);
        cr_expect_str_eq(text, cases[i].outputs, "%s: %s", cases[i].command, text);
        parsed_free(parsed);
    }
}

#define CHECK_WRITTEN(cases) check_written(cases, sizeof(cases) / sizeof((cases)[0]))

Test(outputs, the_object)
{
    static const struct written cases[] = {
        {"gcc -c t.c", "object:t.o"},
        {"gcc -c ../src/t.c", "object:t.o"},
        {"gcc -c /src/a.b.cpp", "object:a.b.o"},
        {"gcc -S t.c", "object:t.s"},
        {"gcc -c t.c -o d/y.o", "object:d/y.o"},
        {"gcc -o d/y.o t.c -c", "object:d/y.o"},
        {"gcc -c t.c -od/y.o", "object:d/y.o"},
        {"gcc -c t.c -o a.o -o b.o", "object:b.o"},
        {"gcc -c t.c -o /dev/null", "object:/dev/null"},
        {"gcc -S -c t.c", "object:t.s"},
        {"gcc -fsyntax-only t.c", ""},
        {"gcc -fsyntax-only t.h", ""},
        {"clang -c -emit-llvm t.c", "object:t.bc"},
        {"clang -S -emit-llvm t.c", "object:t.ll"},
        {"clang -c -- -t.c", "object:-t.o"},
        {"clang++ --precompile t.cppm -o t.pcm", "object:t.pcm"},
        {"clang++ --precompile t.cppm", "object:t.pcm"},
        {"gcc -x c -c t", "object:t.o"},
        {"gcc -c -x c t.adb -o t.o", "object:t.o"},
        {"gcc -c -x none t.c", "object:t.o"},
    };
    CHECK_WRITTEN(cases);
}

Test(outputs, dependency_files)
{
    static const struct written cases[] = {
        {"gcc -c t.c -MD", "object:t.o depfile:t.d"},
        {"gcc -c s/t.c -MMD", "object:t.o depfile:t.d"},
        {"gcc -c t.c -MD -o d/y.x.o", "object:d/y.x.o depfile:d/y.x.d"},
        {"gcc -c t.c -MD -o d/y", "object:d/y depfile:d/y.d"},
        {"gcc -c t.c -MD -o d.x/y", "object:d.x/y depfile:d.x/y.d"},
        {"gcc -S t.c -MD -o y.asm", "object:y.asm depfile:y.d"},
        {"gcc -c t.c -MD -MF q.d", "object:t.o depfile:q.d"},
        {"gcc -c t.c -MD -MFq.d", "object:t.o depfile:q.d"},
        {"gcc -c t.c -MD -MF /dev/null", "object:t.o"},
        {"gcc -c t.c -MF q.d", "object:t.o"},
        {"gcc -c t.c -Wp,-MD,q.d", "object:t.o depfile:q.d"},
        {"gcc -c t.c -Wp,-MMD,.t.o.d -MMD", "object:t.o depfile:.t.o.d"},
        {"gcc -c t.c -MD -MF q.d -o /dev/null", "object:/dev/null depfile:q.d"},
        {"gcc -fsyntax-only t.c -MD -o d/y.o", "depfile:d/y.d"},
        {"gcc -c t.s -MD", "object:t.o depfile:t.d?"},
        {"gcc -c t.S -MD", "object:t.o depfile:t.d"},
        {"gcc -c t.i -MD", "object:t.o depfile:t.d?"},
    };
    CHECK_WRITTEN(cases);
}

Test(outputs, beside_the_object_of_gcc)
{
    static const struct written cases[] = {
        {"gcc -c t.c -g -gsplit-dwarf", "object:t.o dwo:t.dwo?"},
        {"gcc -c t.c -gsplit-dwarf -g0 -o d/y.o", "object:d/y.o dwo:d/y.dwo?"},
        {"gcc -S t.c -g -gsplit-dwarf", "object:t.s"},
        {"gcc -c t.c --coverage -o d/y.o", "object:d/y.o coverage:d/y.gcno?"},
        {"gcc -c t.c -ftest-coverage", "object:t.o coverage:t.gcno?"},
        {"gcc -c t.c -fprofile-arcs", "object:t.o"},
        {"gcc -c t.c --coverage -fno-test-coverage", "object:t.o"},
        {"gcc -c t.c -fstack-usage", "object:t.o stack:t.su?"},
        {"gcc -c t.c -fcallgraph-info=su", "object:t.o calls:t.ci?"},
        {"gcc -c s/t.cc -fsave-optimization-record -o d/y.o",
         "object:d/y.o opt:d/y.cc.opt-record.json.gz?"},
        {"gcc -c t.c -fopt-info-vec=q.txt", "object:t.o opt:q.txt?"},
        {"gcc -c t.c -fopt-info-vec", "object:t.o"},
        {"gcc -c t.c -aux-info q.X", "object:t.o dump:q.X?"},
        {"gcc -c t.c -Wa,-adhln=q.lst", "object:t.o listing:q.lst?"},
        {"gcc -c t.c -Wa,-a", "object:t.o"},
        {"gcc -c s/t.c -fdump-tree-all -o d/y.b.o", "object:d/y.b.o dump:d/y.b.c.*?"},
        {"gcc -S t.c -fdump-rtl-expand", "object:t.s dump:t.c.*?"},
        {"gcc -c t.c -fdump-ipa-clones -fsave-optimization-record",
         "object:t.o opt:t.c.opt-record.json.gz? dump:t.c.*?"},
        {"gcc -c t.c -fdump-tree-all=q.txt", "object:t.o dump:q.txt?"},
        {"gcc -c t.c -fdump-tree-all=stderr", "object:t.o"},
        {"gcc -c t.c -fopt-info-all=stderr", "object:t.o"},
        {"g++ -c t.cc -fmodules-ts", "object:t.o module:gcm.cache/*?"},
        {"gcc -fsyntax-only t.c -fstack-usage", ""},
    };
    CHECK_WRITTEN(cases);
}

Test(outputs, beside_the_object_of_clang)
{
    static const struct written cases[] = {
        {"clang -c t.c -g -gsplit-dwarf -o d/y.o", "object:d/y.o dwo:d/y.dwo?"},
        {"clang -c t.c -gsplit-dwarf", "object:t.o"},
        {"clang -c t.c -g -gsplit-dwarf -g0", "object:t.o"},
        {"clang -c t.c -g -gsplit-dwarf=single", "object:t.o"},
        {"clang -S s/t.c -g -gsplit-dwarf -o d/y.s", "object:d/y.s dwo:t.dwo?"},
        {"clang -c t.c --coverage -o d/y.o", "object:d/y.o coverage:d/y.gcno?"},
        {"clang -c t.c -fsave-optimization-record", "object:t.o opt:t.opt.yaml?"},
        {"clang -c t.c -foptimization-record-file=q.yaml", "object:t.o opt:q.yaml?"},
        {"clang -c t.c --serialize-diagnostics q.dia", "object:t.o diag:q.dia?"},
        {"clang++ -c t.cppm -fmodule-output=q.pcm", "object:t.o module:q.pcm?"},
        {"clang++ -c t.cppm -fmodule-output -o d/y.o", "object:d/y.o module:d/y.pcm?"},
    };
    CHECK_WRITTEN(cases);
}
