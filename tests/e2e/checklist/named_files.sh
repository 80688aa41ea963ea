#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files that an option names: their content is an input. Numbers 25, 26, 29, 30, 38, 44.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# content_of FILE OLD NEW ARGS: the file's content decides, its name stays.
content_of() {
    local file=$1 old=$2 new=$3
    shift 3
    printf '%s\n' "$old" >"$file"
    right "$@" -c x.c -o x.o
    succeeded
    printf '%s\n' "$new" >"$file"
    right "$@" -c x.c -o x.o
    succeeded
    changed
    printf '%s\n' "$old" >"$file"
    right "$@" -c x.c -o x.o
    changed
}

c25_specs() {
    only gcc
    write_source x.c 'int f(void) { return V; }'
    content_of my.specs '*cpp:
+ -DV=1' '*cpp:
+ -DV=2' -specs="$PWD/my.specs"
    content_of my.specs '*cpp:
+ -DV=3' '*cpp:
+ -DV=4' --specs="$PWD/my.specs"
    content_of my.specs '*cpp:
+ -DV=5' '*cpp:
+ -DV=6' -specs=my.specs
}

c25_config() {
    only clang
    write_source x.c 'int f(void) { return V; }'
    content_of ./my.cfg -DV=1 -DV=2 --config ./my.cfg
}

c25_config_includes() {
    only clang
    write_source x.c 'int f(void) { return V; }'
    echo '@inner.cfg' >outer.cfg
    content_of inner.cfg -DV=3 -DV=4 --config ./outer.cfg
}

c25_config_directories() {
    only clang
    write_source x.c 'int f(void) { return V; }'
    mkdir configs
    # Only for a plain clang or clang.cfg; read by default in newer versions.
    export CLANG_CONFIG_FILE_USER_DIR="$PWD/configs"
    echo -DV=1 >configs/named.cfg
    right --config-user-dir="$PWD/configs" --config named.cfg -c x.c -o x.o
    echo -DV=2 >configs/named.cfg
    right --config-user-dir="$PWD/configs" --config named.cfg -c x.c -o x.o
    changed
    write_source x.c '#ifndef V
    #define V 0
    #endif
    int f(void) { return V; }'
    right -c x.c -o x.o
    for name in clang.cfg "$cc_name.cfg" x86_64-unknown-linux-gnu-clang.cfg x86_64-pc-linux-gnu-clang.cfg; do
        echo -DV=7 >"configs/$name"
    done
    right --config-user-dir="$PWD/configs" -c x.c -o x.o
    right -c x.c -o x.o
}

c29_randomize_layout_seed() {
    needs -frandomize-layout-seed-file=/dev/null
    write_source x.c 'struct s { void (*a)(void), (*b)(void), (*c)(void), (*d)(void), (*e)(void); } __attribute__((randomize_layout));
    int f(struct s *s) { s->a(); s->e(); return (int)__builtin_offsetof(struct s, c); }'
    content_of seed.txt 0123456789abcdef0123456789abcdef fedcba9876543210fedcba9876543210 -frandomize-layout-seed-file=seed.txt
}

c29_sanitizer_lists() {
    only clang
    write_source x.c 'int f(int *p) { return *p; }'
    content_of list.txt 'fun:other' 'fun:f' -fsanitize=address -fsanitize-ignorelist=list.txt
    needs -fsanitize-blacklist=/dev/null -fsanitize=address
    content_of list.txt 'fun:other' 'fun:f' -fsanitize=address -fsanitize-blacklist=list.txt
}

c29_sanitizer_coverage_lists() {
    only clang
    write_source x.c 'int f(int *p) { return *p; }'
    content_of list.txt 'fun:other
src:*' 'fun:f
src:*' -fsanitize-coverage=func,trace-pc-guard -fsanitize-coverage-allowlist=list.txt
    content_of list.txt 'fun:other' 'fun:f
src:*' -fsanitize-coverage=func,trace-pc-guard -fsanitize-coverage-ignorelist=list.txt
}

c29_xray_lists() {
    only clang
    write_source x.c 'int f(int *p) { return *p; }'
    content_of list.txt '[never]
fun:f' '[always]
fun:f' -fxray-instrument -fxray-instruction-threshold=1 -fxray-attr-list=list.txt
    content_of list.txt 'fun:other' 'fun:f' -fxray-instrument -fxray-instruction-threshold=1 -fxray-never-instrument=list.txt
    content_of list.txt 'fun:other' 'fun:f' -fxray-instrument -fxray-instruction-threshold=9999 -fxray-always-instrument=list.txt
}

c29_profile_list() {
    only clang
    write_source x.c 'int f(int *p) { return *p; }'
    content_of list.txt 'fun:f' 'fun:other' -fprofile-instr-generate -fprofile-list=list.txt
}

c29_basic_block_sections() {
    only clang
    needs -fbasic-block-sections=list=/dev/null
    write_source x.c 'int f(int *p) { if (*p) return 1; return *p; }'
    local text
    for text in '!f' '!other'; do
        # Whether it makes a difference depends on the version; it is an input all the same.
        echo "$text" >list.txt
        plain -O2 -fbasic-block-sections=list=list.txt -c x.c -o x.o
        cached cold '[!h]*' -O2 -fbasic-block-sections=list=list.txt -c x.c -o x.o
    done
}

c29_instrument_list_of_gcc() {
    only gcc
    write_source x.c 'int f(int *p) { return *p; }'
    right -finstrument-functions -finstrument-functions-exclude-function-list=f -c x.c -o x.o
    right -finstrument-functions -finstrument-functions-exclude-function-list=g -c x.c -o x.o
    changed
}

c29_warning_suppressions() {
    only clang
    echo >empty.txt
    needs --warning-suppression-mappings="$PWD/empty.txt"
    write_source x.c 'int f(void) { int unused; return 0; }'
    content_of map.txt '[unused]
src:other*' '[unused]
src:*' -Wall --warning-suppression-mappings=map.txt
}

c29_offload_object() {
    only clang
    write_source
    local text
    for text in one two; do
        echo $text >blob.bin
        right -fembed-offload-object=blob.bin -c x.c -o x.o
        right -fembed-offload-object=blob.bin,section -c x.c -o x.o
    done
}

c29_profile_remapping() {
    only clang
    write_source x.cc 'namespace a { int f(int b) { for (int i = 0; i < b; i++) b += i; return b; } }'
    tool=$CXX
    printf '_ZN1b1fEi:1000:10\n 0: 10\n 1: 1000\n' >profile.txt
    for text in 'name 1a 1b' 'name 1a 1c'; do
        echo "$text" >remap.txt
        # Whether it makes a difference depends on the version; it is an input all the same.
        plain -O2 -gline-tables-only -fprofile-sample-use=profile.txt -fprofile-remapping-file=remap.txt -c x.cc -o x.o
        cached cold '[!h]*' -O2 -gline-tables-only -fprofile-sample-use=profile.txt -fprofile-remapping-file=remap.txt -c x.cc -o x.o
    done
}

# plugin_source TEXT: a plug-in that gcc and clang load, and that says the text.
plugin_source() {
    cat <<EOF
#include <stdio.h>
int plugin_is_GPL_compatible;
int plugin_init(void *info, void *version) { (void)info; (void)version; return 0; }
__attribute__((constructor)) static void hello(void) { fputs("$1\\n", stderr); }
EOF
}

c30_plugin() {
    write_source
    mkdir built
    plugin_source one >built/p.c
    "$CC" -shared -fPIC built/p.c -o p.so
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    succeeded
    plugin_source two >built/p.c
    "$CC" -shared -fPIC built/p.c -o p.so
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    changed
    plugin_source one >built/p.c
    "$CC" -shared -fPIC built/p.c -o p.so
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    changed
}

c30_plugin_arguments() {
    only gcc
    write_source
    mkdir built
    cat >built/p.c <<'EOF'
#include <stdio.h>
int plugin_is_GPL_compatible;
struct argument { char *key, *value; };
struct info { char *base_name, *full_name; int count; struct argument *items; };
int plugin_init(struct info *info, void *version)
{
    (void)version;
    fprintf(stderr, "%s=%s\n", info->items[0].key, info->items[0].value);
    return 0;
}
EOF
    "$CC" -shared -fPIC built/p.c -o p.so
    right -fplugin="$PWD/p.so" -fplugin-arg-p-key=one -c x.c -o x.o
    succeeded
    right -fplugin="$PWD/p.so" -fplugin-arg-p-key=two -c x.c -o x.o
    changed
}

# What a plug-in reads and writes is its own affair: it must not be lost.
c30_plugin_reads_and_writes() {
    only gcc
    write_source
    mkdir built
    cat >built/p.c <<'EOF'
#include <stdio.h>
int plugin_is_GPL_compatible;
int plugin_init(void *info, void *version)
{
    (void)info;
    (void)version;
    char text[64] = "";
    FILE *in = fopen("plugin.input", "r");
    if (in != NULL) {
        if (fgets(text, sizeof(text), in) == NULL) {
            text[0] = 0;
        }
        fclose(in);
    }
    fputs(text, stderr);
    FILE *out = fopen("plugin.output", "w");
    fputs(text, out);
    fclose(out);
    return 0;
}
EOF
    "$CC" -shared -fPIC built/p.c -o p.so
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    succeeded
    echo one >plugin.input
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    changed
    echo two >plugin.input
    right -fplugin="$PWD/p.so" -c x.c -o x.o
    changed
    [ -s "$logs/warm/files/plugin.output" ] || wrong 'what the plug-in wrote is missing'
}

c30_loaded_by_cc1() {
    only clang
    write_source
    mkdir built
    for text in one two; do
        plugin_source $text >built/p.c
        "$CC" -shared -fPIC built/p.c -o p.so
        right -Xclang -load -Xclang "$PWD/p.so" -c x.c -o x.o
    done
    changed
}

c30_pass_plugin() {
    only clang
    write_source
    mkdir built
    for text in one two; do
        {
            plugin_source $text
            cat <<'EOF'
struct info { unsigned version; const char *name, *plugin_version; void (*hook)(void *); void (*more)(void *); };
static void hook(void *builder) { (void)builder; }
__attribute__((visibility("default"))) struct info llvmGetPassPluginInfo(void)
{
    return (struct info){1, "p", "1", hook, hook};
}
EOF
        } >built/p.c
        "$CC" -shared -fPIC built/p.c -o p.so
        right -O1 -fpass-plugin="$PWD/p.so" -c x.c -o x.o
    done
    changed
}

# gcc_profile ARGUMENT…: the profile of a run with these arguments, in x.gcda.
gcc_profile() {
    "$CC" -frandom-seed=1 -O2 -fprofile-generate -fprofile-update=single x.c -o prog
    rm -f ./*.gcda
    ./prog "$@" >/dev/null
    rm prog
    mv ./*.gcda x.gcda
}

c38_profile_use_of_gcc() {
    only gcc
    write_source x.c 'int main(int argc, char **argv) { int s = 0; (void)argv;
    if (argc > 1) { for (int i = 0; i < 1000; i++) s += i * argc; } else { for (int i = 0; i < 9999; i++) s ^= i + argc; }
    return s == 7; }'
    gcc_profile
    right -O2 -fprofile-use -c x.c -o x.o
    succeeded
    right -O2 -fprofile-use=x.gcda -c x.c -o x.o
    right -O2 -fprofile-use="$PWD" -c x.c -o x.o
    plain -O2 -fprofile-use -c x.c -o x.o
    gcc_profile 1
    right -O2 -fprofile-use -c x.c -o x.o
    changed
    right -O2 -fprofile-use=x.gcda -c x.c -o x.o
    right -O2 -fprofile-use="$PWD" -c x.c -o x.o
    right -O2 -fbranch-probabilities -c x.c -o x.o
    plain -O2 -fprofile-use -c x.c -o x.o
    rm x.gcda
    right -O2 -fprofile-use -c x.c -o x.o
    changed
    right -O2 -fprofile-use=x.gcda -c x.c -o x.o
    right -O2 -fprofile-use="$PWD" -c x.c -o x.o
    right -O2 -fbranch-probabilities -c x.c -o x.o
    right -O2 -Wmissing-profile -fprofile-use -c x.c -o x.o
}

c38_profile_use_of_clang() {
    only clang
    command -v llvm-profdata >/dev/null || skip 'no llvm-profdata'
    write_source x.c 'int f(int a) { if (a > 3) return a * 7; return a - 1; }'
    mkdir text
    for counts in '100 1' '1 100'; do
        # shellcheck disable=SC2086 # two words
        printf 'f\n# hash\n%s\n2\n%s\n%s\n' 10 $counts >text/p
        llvm-profdata merge text/p -o p.profdata 2>/dev/null || skip 'no text profile'
        right -O2 -fprofile-instr-use=p.profdata -c x.c -o x.o
        right -O2 -fprofile-use=p.profdata -c x.c -o x.o
        right -O2 -fprofile-use="$PWD" -c x.c -o x.o
    done
    cp p.profdata default.profdata
    right -O2 -fprofile-use -c x.c -o x.o
    right -O2 -fprofile-use="$PWD" -c x.c -o x.o
    rm p.profdata
    right -O2 -fprofile-instr-use=p.profdata -c x.c -o x.o
}

c38_sample_profile() {
    only clang
    write_source x.c 'int g(int); int f(int a) { if (a > 3) return g(a * 7); return g(a - 1); }'
    content_of p.txt 'f:100:1
 0: 1' 'f:100000:50000
 0: 50000' -O2 -gline-tables-only -fprofile-sample-use=p.txt
    content_of p.txt 'f:100:1
 0: 1' 'f:100000:50000
 0: 50000' -O2 -gline-tables-only -fauto-profile=p.txt
}

c38_generate_and_use() {
    write_source
    right -frandom-seed=1 -fprofile-generate -fprofile-use -c x.c -o x.o
}

c44_overlay() {
    only clang
    write_source x.c '#include "virtual.h"
    int f(void) { return V; }'
    echo '#define V 1' >one.txt
    echo '#define V 2' >two.txt
    for target in one two; do
        cat >overlay.yaml <<EOF
{ "version": 0, "roots": [ { "name": "$PWD/inc", "type": "directory",
  "contents": [ { "name": "virtual.h", "type": "file", "external-contents": "$PWD/$target.txt" } ] } ] }
EOF
        right -ivfsoverlay overlay.yaml -Iinc -I"$PWD/inc" -c x.c -o x.o
    done
    changed
    echo '#define V 3' >two.txt
    right -ivfsoverlay overlay.yaml -Iinc -I"$PWD/inc" -c x.c -o x.o
    changed
}

c44_build_session() {
    only clang
    write_source
    touch -d @1000000000 session
    right -fbuild-session-file=session -c x.c -o x.o
    touch session
    right -fbuild-session-file=session -c x.c -o x.o
    right -fbuild-session-timestamp=1 -c x.c -o x.o
}

c44_index_store() {
    only clang
    write_source
    plain -index-store-path index -c x.c -o x.o
    right -index-store-path index -c x.c -o x.o
}

c45_offload_languages() {
    only clang
    write_source x.cu 'int f(int a) { return a; }'
    plain -nocudainc -nocudalib --cuda-gpu-arch=sm_50 -c x.cu -o x.o
    take cold "$scrubjay" "$CC" -nocudainc -nocudalib --cuda-gpu-arch=sm_50 -c x.cu -o x.o
    [ "$(status_of plain)" = "$(status_of cold)" ] || wrong status
    ended '[!hm]*'
}

c46_other_command_lines() {
    only clang
    cl=$(command -v "clang-cl${cc_name#clang}") || skip 'no clang-cl'
    write_source x.c 'int f(void) { return V; }'
    tool=$cl
    right /c /Brepro /DV=1 x.c /Fox.obj
    right /c /Brepro /DV=2 x.c /Fox.obj
    changed
    case $(outcome) in hit*) wrong 'a command line of another family was cached' ;; esac
}

run_cases
