// SPDX-License-Identifier: Apache-2.0
// What is part of the weak key and what is not.
#include "parse.h"

struct pair {
    const char *left;
    const char *right;
};

static bool have_equal_keys(const struct pair *pair)
{
    struct parsed *left = parse(pair->left);
    struct parsed *right = parse(pair->right);
    cr_expect_null(left->action.bypass, "%s: %s", pair->left, left->action.bypass);
    cr_expect_null(right->action.bypass, "%s: %s", pair->right, right->action.bypass);
    char left_key[TEXT_LIMIT];
    char right_key[TEXT_LIMIT];
    key_text(left, left_key);
    key_text(right, right_key);
    bool is_equal = strcmp(left_key, right_key) == 0 && left->action.flags == right->action.flags;
    parsed_free(left);
    parsed_free(right);
    return is_equal;
}

Test(key, does_not_hold)
{
    static const struct pair cases[] = {
        // the output's and the dependency file's name
        {"gcc -c t.c", "gcc -c t.c -o d/y.o"},
        {"gcc -c t.c -g", "gcc -c t.c -g -o d/y.o"},
        {"gcc -c t.c -MD -MT x -MF a.d", "gcc -c t.c -MD -MT x -MF b.d -o y.o"},
        {"gcc -c t.c -Wp,-MD,a.d -MT x", "gcc -c t.c -Wp,-MD,b.d -MT x"},
        {"gcc -c t.c -aux-info a", "gcc -c t.c -aux-info b"},
        {"gcc -c t.c -Wa,-a=a", "gcc -c t.c -Wa,-a=b"},
        {"gcc -c t.c -fopt-info-vec=a", "gcc -c t.c -fopt-info-vec=b"},
        {"clang -c t.c -serialize-diagnostics a", "clang -c t.c -serialize-diagnostics b"},
        // what only a linker sees
        {"gcc -c t.c", "gcc -c t.c -L/x -lfoo -Wl,-z,now -Xlinker x"},
        {"gcc -c t.c", "gcc -c -pipe t.c"},
        // where a word stands that is no option's
        {"gcc t.c -c -O2", "gcc -c -O2 t.c"},
        // how an option's argument comes
        {"gcc -c t.c -I x -Dy", "gcc -c t.c -Ix -D y"},
        {"gcc -c -xc t.c", "gcc -c t.c"},
        {"clang -c t.c", "clang -c -- t.c"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect(have_equal_keys(&cases[i]), "%s | %s", cases[i].left, cases[i].right);
    }
}

Test(key, holds)
{
    static const struct pair cases[] = {
        {"gcc -c t.c", "gcc -S t.c"},
        {"gcc -c t.c", "gcc -fsyntax-only t.c"},
        {"gcc -c t.c", "gcc -c u.c"},
        {"gcc -c a/t.c", "gcc -c b/t.c"},
        {"gcc -c t.c", "gcc -c -x c++ t.c"},
        {"gcc -c -Ia -Ib t.c", "gcc -c -Ib -Ia t.c"},
        {"gcc -c -Ia t.c", "gcc -c -isystem a t.c"},
        {"gcc -c -DA t.c", "gcc -c -UA t.c"},
        {"gcc -c -DA=1 t.c", "gcc -c -DA=2 t.c"},
        {"gcc -c -Wall -Wno-x t.c", "gcc -c -Wno-x -Wall t.c"},
        {"gcc -c -Wall -Werror t.c", "gcc -c -Wall t.c"},
        {"gcc -c -include a.h t.c", "gcc -c -imacros a.h t.c"},
        {"gcc -c --sysroot=/a t.c", "gcc -c --sysroot=/b t.c"},
        {"gcc -c -B/a t.c", "gcc -c -B/b t.c"},
        {"gcc -c -specs=a t.c", "gcc -c -specs=b t.c"},
        {"gcc -c -frandom-seed=a t.c", "gcc -c -frandom-seed=b t.c"},
        {"gcc -c -finput-charset=a t.c", "gcc -c -finput-charset=b t.c"},
        {"gcc -c -fmessage-length=0 t.c", "gcc -c t.c"},
        {"gcc -c -fdiagnostics-color=never t.c", "gcc -c t.c"},
        {"gcc -c -fplugin=a.so t.c", "gcc -c -fplugin=b.so t.c"},
        {"gcc -c -fplugin-arg-a-x=1 t.c", "gcc -c -fplugin-arg-a-x=2 t.c"},
        {"gcc -c -Wa,--noexecstack t.c", "gcc -c t.c"},
        {"gcc -c -Wa,-I,x t.c", "gcc -c -I x t.c"},
        {"gcc -c -Wp,-DA t.c", "gcc -c -Wp,-DB t.c"},
        {"clang -c -Wl,-z,now t.c", "clang -c t.c"},
        {"clang -c -lfoo t.c", "clang -c t.c"},
        {"clang -c -target a t.c", "clang -c -target b t.c"},
        {"clang -c --target=a t.c", "clang -c --target=b t.c"},
        {"clang -c -mllvm -inline-threshold=1 t.c", "clang -c -mllvm -inline-threshold=2 t.c"},
        {"clang -c -Xclang -include-pch -Xclang a t.c",
         "clang -c -Xclang -include-pch -Xclang b t.c"},
        {"clang -c -fpass-plugin=a t.c", "clang -c -fpass-plugin=b t.c"},
        {"clang -c --config a t.c", "clang -c --config b t.c"},
        // prefix maps, in full
        {"gcc -c -fmacro-prefix-map=/a=b t.c", "gcc -c -fmacro-prefix-map=/a=c t.c"},
        {"gcc -c -ffile-prefix-map=/a=b t.c", "gcc -c -ffile-prefix-map=/b=b t.c"},
        {"clang -c -g -fdebug-prefix-map=/a=b t.c", "clang -c -g -fdebug-prefix-map=/a=c t.c"},
        // a dependency file: whether, of what, and with which target
        {"gcc -c t.c", "gcc -c t.c -MD"},
        {"gcc -c t.c -MD", "gcc -c t.c -MMD"},
        {"gcc -c t.c -MD", "gcc -c t.c -MD -MP"},
        {"gcc -c t.c -MD -o a.o", "gcc -c t.c -MD -o b.o"},
        {"gcc -c t.c -MD -MT a", "gcc -c t.c -MD -MT b"},
        {"gcc -c t.c -MD -MT a", "gcc -c t.c -MD -MQ a"},
        {"gcc -c t.c -MD -MT a", "gcc -c t.c -MD -MT a -MT b"},
        {"gcc -c t.c -Wp,-MD,a", "gcc -c t.c -Wp,-MMD,a"},
        // which of the outputs there are
        {"gcc -c t.c", "gcc -c t.c -o /dev/null"},
        {"gcc -c t.c -MD -MF a.d -MT x", "gcc -c t.c -MD -MF /dev/null -MT x"},
        // the output's name, where it is written into an output
        {"gcc -c t.c -gsplit-dwarf -o a.o", "gcc -c t.c -gsplit-dwarf -o b.o"},
        {"gcc -S t.c -gsplit-dwarf -o a.s", "gcc -S t.c -gsplit-dwarf -o b.s"},
        {"gcc -c t.c --coverage -o a.o", "gcc -c t.c --coverage -o b.o"},
        {"gcc -c t.c -fprofile-arcs -o a.o", "gcc -c t.c -fprofile-arcs -o b.o"},
        {"gcc -c t.c -fprofile-generate -o a.o", "gcc -c t.c -fprofile-generate -o b.o"},
        {"gcc -c t.c -fprofile-use -o a.o", "gcc -c t.c -fprofile-use -o b.o"},
        {"gcc -c t.c -frecord-gcc-switches -o a.o", "gcc -c t.c -frecord-gcc-switches -o b.o"},
        {"clang -c t.c -grecord-command-line -o a.o", "clang -c t.c -grecord-command-line -o b.o"},
        {"gcc -c t.c -specs=x -o a.o", "gcc -c t.c -specs=x -o b.o"},
        {"clang -c t.c -g -gsplit-dwarf=single -o a.o",
         "clang -c t.c -g -gsplit-dwarf=single -o b.o"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_not(have_equal_keys(&cases[i]), "%s | %s", cases[i].left, cases[i].right);
    }
}

Test(key, keeps_order_and_spelling)
{
    struct parsed *parsed = parse("gcc -O2 -c -I../x -DA=1 -Wp,-MMD,q.d s/t.c -o t.o");
    char text[TEXT_LIMIT];
    key_text(parsed, text);
    cr_expect_str_eq(text, "-O2 -c -I(../x) -D A=1 -Wp, -MMD language c source(s/t.c) target(t.o)",
                     "%s", text);
    parsed_free(parsed);
}

struct flagged {
    const char *command;
    unsigned flags;
};

Test(action, flags)
{
    static const struct flagged cases[] = {
        {"gcc -c t.c", 0},
        {"gcc -c t.c -g", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -g0", 0},
        {"gcc -c t.c -g -g0", 0},
        {"gcc -c t.c -g0 -g1", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -ggdb3 -gz", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -gz", 0},
        {"gcc -c t.c -gdwarf-4", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -gline-tables-only", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -gmlt", SJ_ACTION_NEEDS_CWD},
        {"gcc -fsyntax-only t.c -g", 0},
        {"gcc -c t.c -g -fdebug-prefix-map=/home/u=x", 0},
        {"gcc -c t.c -g -ffile-prefix-map=/home/u/build=x", 0},
        {"gcc -c t.c -g -fmacro-prefix-map=/home/u=x", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -g -ffile-prefix-map=/home/u/b=x", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -g -ffile-prefix-map=/home/u/build/=x", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -g -ffile-prefix-map=/home/u/build=", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -g -fdebug-compilation-dir=.", 0},
        {"clang -c t.c -g -ffile-compilation-dir=.", 0},
        {"clang -c t.c -g -Xclang -fdebug-compilation-dir -Xclang .", 0},
        {"gcc -c t.c --coverage", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -fprofile-generate", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -flto", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -flto", 0},
        {"gcc -c t.c -specs=x", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c --config x", SJ_ACTION_NEEDS_CWD},
        {"clang++ -c t.cppm", SJ_ACTION_NEEDS_CWD},
        {"g++ -c t.cc -fmodules-ts", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -fcoverage-mapping", SJ_ACTION_NEEDS_CWD},
        {"clang -c t.c -fsave-optimization-record", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.c -Wa,-g", SJ_ACTION_NEEDS_CWD},
        {"gcc -c t.S -Wa,--gdwarf-5", SJ_ACTION_NEEDS_CWD | SJ_ACTION_ASSEMBLER},
        {"gcc -c t.S -Xassembler -g", SJ_ACTION_NEEDS_CWD | SJ_ACTION_ASSEMBLER},
        {"gcc -c t.S -g -ffile-prefix-map=/home/u=x", SJ_ACTION_NEEDS_CWD | SJ_ACTION_ASSEMBLER},
        {"gcc -c t.s", SJ_ACTION_ASSEMBLER},
        {"gcc -x assembler-with-cpp -c t.c", SJ_ACTION_ASSEMBLER},
        {"gcc -c t.i", SJ_ACTION_PREPROCESSED},
        {"gcc -x cpp-output -c t.c", SJ_ACTION_PREPROCESSED},
        {"clang -c t.bc", SJ_ACTION_PREPROCESSED},
        {"gcc -c t.c -march=native", SJ_ACTION_NEEDS_CPU},
        {"gcc -c t.c -mtune=native", SJ_ACTION_NEEDS_CPU},
        {"clang -c t.c -mcpu=native", SJ_ACTION_NEEDS_CPU},
        {"gcc -c t.c -mcpu=native+crypto", SJ_ACTION_NEEDS_CPU},
        {"gcc -c t.c -march=x86-64", 0},
        {"gcc -c t.c -frecord-gcc-switches", SJ_ACTION_RECORDS_ARGS},
        {"clang -c t.c -frecord-command-line", SJ_ACTION_RECORDS_ARGS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed *parsed = parse(cases[i].command);
        cr_expect_null(parsed->action.bypass, "%s", cases[i].command);
        cr_expect_eq(parsed->action.flags, cases[i].flags, "%s: %x", cases[i].command,
                     parsed->action.flags);
        parsed_free(parsed);
    }
}

Test(action, language_of_the_source)
{
    static const struct pair cases[] = {
        {"gcc -c t.c", "c"},
        {"g++ -c t.c", "c++"},
        {"x86_64-linux-gnu-g++-12 -c t.c", "c++"},
        {"gcc -c t.C", "c++"},
        {"gcc -c t.cc", "c++"},
        {"gcc -c t.cpp", "c++"},
        {"gcc -c t.CPP", "c++"},
        {"gcc -c t.c++", "c++"},
        {"gcc -c t.ii", "c++-cpp-output"},
        {"clang -c t.m", "objective-c"},
        {"clang -c t.mm", "objective-c++"},
        {"gcc -c t.sx", "assembler-with-cpp"},
        {"clang++ -c t.cppm", "c++-module"},
        {"gcc -c -x c t.cc", "c"},
        {"gcc -c -x c++ -x none t.c", "c"},
        {"gcc -c t.c -x c++", "c"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed *parsed = parse(cases[i].left);
        cr_assert_not_null(parsed->action.language, "%s", cases[i].left);
        cr_expect_str_eq(parsed->action.language, cases[i].right, "%s", cases[i].left);
        parsed_free(parsed);
    }
}

Test(action, colour_is_forced_unless_it_shows)
{
    static const struct pair cases[] = {
        {"gcc -c t.c", "-fdiagnostics-color=always"},
        {"clang -c t.c", "-fcolor-diagnostics"},
        {"gcc -c t.c -fdiagnostics-color=auto", NULL},
        {"gcc -c t.c -fno-diagnostics-color", NULL},
        {"clang -c t.c -fno-color-diagnostics", NULL},
        {"gcc -c t.c -frecord-gcc-switches", NULL},
        {"clang -c t.c -grecord-command-line", NULL},
        {"clang -c t.S", NULL},
        {"gcc -c t.s", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed *parsed = parse(cases[i].left);
        const char *color = parsed->action.color_arg;
        cr_expect((color == NULL) == (cases[i].right == NULL), "%s", cases[i].left);
        if (color != NULL && cases[i].right != NULL) {
            cr_expect_str_eq(color, cases[i].right, "%s", cases[i].left);
        }
        parsed_free(parsed);
    }
}

Test(action, relocatable_when_every_path_is_mapped)
{
    static const struct {
        const char *command;
        bool is_relocatable;
    } cases[] = {
        {"gcc -c t.c", true},
        {"gcc -c t.c -I../include -MD", true},
        {"gcc -c t.c -I/usr/x -MD", true},
        {"gcc -c t.c -I/w/a/x", false},
        {"gcc -c t.c -I/w/ax", true},
        {"gcc -c /w/a/t.c", false},
        {"gcc -c /w/a/t.c -ffile-prefix-map=/w/a=.", true},
        {"gcc -c /w/a/t.c -ffile-prefix-map=/w=.", true},
        {"gcc -c /w/a/t.c -ffile-prefix-map=/w/a/s=.", false},
        {"gcc -c /w/a/t.c -fmacro-prefix-map=/w/a=.", true},
        {"gcc -c /w/a/t.c -g -fmacro-prefix-map=/w/a=.", false},
        {"gcc -c /w/a/t.c -g -fdebug-prefix-map=/w/a=.", false},
        {"gcc -c /w/a/t.c -g -fdebug-prefix-map=/w/a=. -fmacro-prefix-map=/w/a=.", true},
        {"gcc -c t.c -g", false},
        {"gcc -c t.c -g -fdebug-prefix-map=/w/a=.", true},
        {"gcc -c t.c -DP=/w/a -ffile-prefix-map=/w/a=.", false},
        {"gcc -c t.c -ffile-prefix-map=/x=/w/a", false},
        {"gcc -c /w/a/t.c -MD -ffile-prefix-map=/w/a=.", true},
        {"gcc -c t.c -MD -o /w/a/t.o", true},
        {"gcc -c t.c -MD -o /w/a/t.o -ffile-prefix-map=/w/a=.", true},
        {"gcc -c t.c -MD -MT t.o -o /w/a/t.o", true},
        {"gcc -c t.c -o /w/a/t.o", true},
        {"gcc -c t.c -g -gsplit-dwarf -ffile-prefix-map=/w/a=. -o /w/a/t.o", false},
        {"gcc -c t.c -g -gsplit-dwarf -ffile-prefix-map=/w/a=. -o t.o", true},
        {"gcc -c t.c --coverage -ffile-prefix-map=/w/a=.", false},
        {"gcc -c t.c -flto -ffile-prefix-map=/w/a=.", false},
        {"gcc -c /w/a/t.c -fstack-usage -ffile-prefix-map=/w/a=.", false},
        {"gcc -c /w/a/t.c -fsanitize=address -ffile-prefix-map=/w/a=.", false},
        {"clang -c /w/a/t.c -flto -ffile-prefix-map=/w/a=.", false},
        {"clang -c /w/a/t.c -emit-llvm -ffile-prefix-map=/w/a=.", false},
        {"clang -c t.c -g -gsplit-dwarf=single -ffile-prefix-map=/w/a=. -o /w/a/t.o", false},
        {"clang -c t.S -g -ffile-prefix-map=/w/a=.", false},
        {"clang -c t.c -g -ffile-compilation-dir=.", true},
        {"clang -c t.c -g -ffile-compilation-dir=/w/a/b", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed *parsed = parse_in(cases[i].command, "/w/a/b", "/w/a");
        cr_expect_null(parsed->action.bypass, "%s", cases[i].command);
        bool is_relocatable = parsed->action.flags & SJ_ACTION_RELOCATABLE;
        cr_expect_eq(is_relocatable, cases[i].is_relocatable, "%s", cases[i].command);
        parsed_free(parsed);
    }
}

Test(action, mapped_directory_is_in_the_key)
{
    struct parsed *parsed = parse_in("gcc -c t.c -g -ffile-prefix-map=/w/a=src", "/w/a/b", "/w/a");
    char text[TEXT_LIMIT];
    key_text(parsed, text);
    cr_expect_str_eq(text,
                     "-c -g -ffile-prefix-map=(/w/a) =src language c source(t.c) mapped-cwd src/b",
                     "%s", text);
    parsed_free(parsed);
}
