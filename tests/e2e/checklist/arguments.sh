#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Classes of arguments: numbers 13 to 25, 27, 28, 41 to 43.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

c13_preprocess_only() {
    write_source
    bypassed preprocess -E x.c
    bypassed preprocess -E x.c -o x.i
    bypassed preprocess -M x.c
    bypassed preprocess -MM x.c
}

c13_questions() {
    write_source
    bypassed info-option --version
    bypassed info-option -dumpversion
    bypassed info-option -dumpmachine
    bypassed info-option -print-file-name=libc.a
    bypassed info-option -print-search-dirs
    plain -'###' -c x.c
    take cold "$scrubjay" "$CC" -'###' -c x.c
    ended 'bypass info-option *'
    [ "$(status_of plain)" = "$(status_of cold)" ] || wrong 'status'
}

c13_no_input() {
    bypassed no-input
    bypassed no-input -c
    bypassed no-input -O2 -c -o x.o
}

c14_link() {
    write_source x.c 'int main(void) { return 0; }'
    bypassed link x.c -o prog
    bypassed link x.c
    "$CC" -c x.c -o x.o
    bypassed link x.o -o prog
    bypassed link -shared x.o -o prog.so
}

c14_link_of_conftest() {
    write_source conftest.c 'int main(void) { return 0; }'
    bypassed link-conftest conftest.c -o conftest
}

c14_assembly_output() {
    write_source
    first -S x.c
    first -O1 -S x.c -o y.s
    still -O1 -S x.c -o z.s
    write_source x.c 'int f(void) { return 4711; }'
    again -O1 -S x.c -o z.s
}

c14_syntax_only() {
    write_source x.c 'int f(void) { int unused; return 0; }'
    right -Wall -fsyntax-only x.c
    echo 'int h;' >h.h
    write_source x.c '#include "h.h"'
    right -Wall -fsyntax-only x.c
    echo '#warning new' >h.h
    right -Wall -fsyntax-only x.c
}

c15_several_sources() {
    write_source
    write_source y.c 'int y;'
    bypassed multiple-sources -c x.c y.c
}

c15_stdin() {
    echo 'int stdin_source;' >"$logs/stdin"
    for label in plain cold warm; do
        [ $label = plain ] && prefix= || prefix=$scrubjay
        $prefix "$CC" -x c -c - -o "$label.o" <"$logs/stdin"
    done
    ended 'bypass stdin *'
    cmp plain.o cold.o || wrong 'wrong object'
    cmp plain.o warm.o || wrong 'wrong object'
}

c15_stdout() {
    write_source
    bypassed output-to-stdout -S x.c -o -
}

# Arguments that are the names of existing files, after options that take a separate argument.
c16_separate_arguments() {
    write_source
    write_source main
    write_source max-inline-insns-single=20
    first -u main -c x.c -o x.o
    first -A 'cpu(any)' -c x.c -o x.o
    write_source x.c 'int f(void) { return VALUE; }'
    first -D VALUE=1 -c x.c -o x.o
    again -D VALUE=2 -c x.c -o x.o
    echo '#define VALUE 3' >value
    again -include value -c x.c -o x.o
    again -U VALUE -D VALUE=4 -c x.c -o x.o
}

c16_separate_param() {
    only gcc
    write_source
    write_source max-inline-insns-single=20
    first -O2 --param max-inline-insns-single=20 -c x.c -o x.o
    first -O2 --param=max-inline-insns-single=21 -c x.c -o x.o
}

c16_separate_xclang() {
    only clang
    write_source x.c 'int f(void) { return VALUE; }'
    right -Xclang -DVALUE=1 -c x.c -o x.o
    right -Xclang -DVALUE=2 -c x.c -o x.o
    changed
    right -Xclang -D -Xclang VALUE=3 -c x.c -o x.o
    changed
    # Files behind -Xclang are inputs and outputs like any other.
    echo '#define VALUE 5' >value.h
    right -Xclang -include -Xclang value.h -c x.c -o x.o
    echo '#define VALUE 6' >value.h
    right -Xclang -include -Xclang value.h -c x.c -o x.o
    changed
    right -DVALUE=1 -Xclang -dependency-file -Xclang extra.d -Xclang -MT -Xclang x.o -c x.c -o x.o
    right -DVALUE=1 -Xclang -emit-llvm -c x.c -o x.o
}

c16_separate_mllvm() {
    only clang
    write_source
    first -O2 -mllvm -inline-threshold=10 -c x.c -o x.o
    right -O2 -mllvm -stats -c x.c -o x.o
    right -O2 -mllvm -inline-threshold=11 -c x.c -o x.o
    right -O2 -mllvm -pass-remarks-output=remarks.yaml -c x.c -o x.o
}

c17_language() {
    write_source x.c 'int f(void) { return (int)sizeof(char16_like); }'
    write_source x.c 'int f(void) { return (int)sizeof('"'a'"'); }'
    first -c x.c -o x.o
    again -x c++ -c x.c -o x.o
    still -xc -c x.c -o x.o
    still -x c++ -x c -c x.c -o x.o
    right -x c++ -x none -c x.c -o x.o
    cp x.c x.cc
    first -c x.cc -o x.o
    cp x.c x.C
    right -c x.C -o x.o
    cp x.c x.unknown
    first -x c -c x.unknown -o x.o
    plain -x nonsense -c x.c -o x.o
    take cold "$scrubjay" "$CC" -x nonsense -c x.c -o x.o
    compare plain cold
    ended 'bypass *'
}

c17_languages() {
    echo 'int f(int a) { return a + 1; }' >x.c
    "$CC" -E x.c -o x.i
    "$CC" -S x.c -o x.s
    cp x.s y.S
    cp x.i y.ii
    first -c x.i -o x.o
    first -c x.s -o x.o
    first -c y.S -o x.o
    first -c y.ii -o x.o
    cp x.c z.m
    plain -c z.m -o z.o
    right -c z.m -o z.o
}

c17_preprocessed_changes() {
    echo '# 1 "x.c"' >x.i
    echo 'int f(void) { return 1; }' >>x.i
    first -c x.i -o x.o
    sed -i s/1\;/2\;/ x.i
    again -c x.i -o x.o
}

c18_response_file() {
    write_source x.c 'int f(void) { return VALUE; }'
    echo '-DVALUE=1' >args
    first @args -c x.c -o x.o
    cp args other
    still @other -c x.c -o x.o
    echo '-DVALUE=2' >args
    again @args -c x.c -o x.o
    printf '%s\n' '@args -O2' >outer
    first @outer -c x.c -o x.o
    echo '-DVALUE=3' >args
    again @outer -c x.c -o x.o
    printf '%s\n' "-DVALUE='4 + 4'" '"-D" QUOTED="a\ b" -c' 'x.c -o' x.o >args
    first @args
    right @nowhere -c x.c -o x.o
}

c18_response_file_loops() {
    write_source
    echo '@args' >args
    plain @args -c x.c -o x.o
    take cold timeout 20 "$scrubjay" "$CC" @args -c x.c -o x.o
    [ "$(status_of plain)" = "$(status_of cold)" ] || wrong "status $(status_of cold)"
}

c19_end_of_options() {
    write_source
    plain -c -o x.o -- x.c
    right -c -o x.o -- x.c
    right x.c -c -o x.o
    first x.c -o x.o -O2 -c
    still -ox.o -O2 -c x.c
}

# usage: header_behind OPTION…: a header found through these options changes
header_behind() {
    mkdir -p inc/sub sys/usr/include
    for place in inc/h.h inc/sub/h.h sys/usr/include/h.h; do
        echo "#define VALUE 1" >$place
    done
    write_source x.c '#include <h.h>
    int f(void) { return VALUE; }'
    first "$@" -c x.c -o x.o
    for place in inc/h.h inc/sub/h.h sys/usr/include/h.h; do
        echo "#define VALUE 2" >$place
    done
    again "$@" -c x.c -o x.o
}

c20_header_behind_include() { header_behind -Iinc; }
c20_header_behind_include_separate() { header_behind -I inc; }
c20_header_behind_isystem() { header_behind -isystem inc; }
c20_header_behind_isystem_joined() { header_behind -isysteminc; }
c20_header_behind_idirafter() { header_behind -idirafter inc; }
c20_header_behind_iwithprefix() { header_behind -iprefix "$PWD/inc/" -iwithprefix sub; }
c20_header_behind_iwithprefixbefore() { header_behind -iprefix "$PWD/inc/" -iwithprefixbefore sub; }
c20_header_behind_sysroot() { header_behind --sysroot="$PWD/sys"; }
c20_header_behind_isysroot() { only gcc && header_behind -isysroot "$PWD/sys"; }
c20_header_behind_long_option() { header_behind --include-directory=inc; }

c20_header_behind_iquote() {
    mkdir inc
    echo '#define VALUE 1' >inc/h.h
    write_source x.c '#include "h.h"
    int f(void) { return VALUE; }'
    first -iquote inc -c x.c -o x.o
    echo '#define VALUE 2' >inc/h.h
    again -iquote inc -c x.c -o x.o
}

c20_directory_appears() {
    mkdir late
    echo '#define VALUE 1' >late/h.h
    write_source x.c '#include <h.h>
    int f(void) { return VALUE; }'
    first -Iearly -Ilate -c x.c -o x.o
    mkdir early
    echo '#define VALUE 2' >early/h.h
    again -Iearly -Ilate -c x.c -o x.o
    rm -r early
    right -Iearly -Ilate -c x.c -o x.o
}

c20_directory_warning() {
    write_source
    first -Wmissing-include-dirs -Iearly -c x.c -o x.o
    mkdir early
    right -Wmissing-include-dirs -Iearly -c x.c -o x.o
}

c21_macros() {
    write_source x.c '#ifndef V
    #define V 0
    #endif
    int f(void) { return V; }'
    first -c x.c -o x.o
    again -DV=1 -c x.c -o x.o
    again -D V=2 -c x.c -o x.o
    again -DV=1 -UV -c x.c -o x.o
    again -UV -DV=1 -c x.c -o x.o
    again '-DV=3 + 4' -c x.c -o x.o
}

c21_forced_includes() {
    write_source x.c 'int f(void) { return V; }'
    echo '#define V 1' >forced.h
    first -include forced.h -c x.c -o x.o
    echo '#define V 2' >forced.h
    again -include forced.h -c x.c -o x.o
    echo '#define V 3' >forced.h
    again -imacros forced.h -c x.c -o x.o
    echo '#define V 4' >forced.h
    again -imacros forced.h -c x.c -o x.o
    echo '#define V 5' >forced.h
    right --include=forced.h -c x.c -o x.o
}

c21_trigraphs() {
    write_source x.c 'char *f(void) { return "??="; }'
    first -c x.c -o x.o
    again -trigraphs -c x.c -o x.o
}

c21_standard_places() {
    mkdir inc
    cat >inc/stddef.h <<'EOF'
#define FOUND 1
EOF
    write_source x.c '#include <stddef.h>
    #ifndef FOUND
    #define FOUND 0
    #endif
    int f(void) { return FOUND; }'
    first -idirafter inc -c x.c -o x.o
    again -nostdinc -idirafter inc -c x.c -o x.o
}

c23_preprocessor_arguments() {
    write_source x.c 'int f(void) { return V; }'
    first -DV=1 -c x.c -o x.o
    right -Wp,-DV=2 -c x.c -o x.o
    changed
    right -Wp,-DV=3,-DW=1 -c x.c -o x.o
    changed
    right -Xpreprocessor -DV=4 -c x.c -o x.o
    changed
    right -DV=5 -P -c x.c -o x.o
    right -DV=5 -Wp,-P -c x.c -o x.o
    echo '#define V 6' >v.h
    right -Wp,-include,v.h -c x.c -o x.o
    echo '#define V 7' >v.h
    right -Wp,-include,v.h -c x.c -o x.o
    changed
}

c24_assembler_arguments() {
    write_source
    first -Wa,--noexecstack -c x.c -o x.o
    only gcc
    # A listing holds the name of the temporary file that the assembler read.
    mask=(-e 's/cc[A-Za-z0-9]*[.]s/cc.s/')
    unsteady=('*.txt' as.d)
    again -Wa,-aln -c x.c -o x.o
    again -Wa,-aln=list.txt -c x.c -o x.o
    right -Wa,-aln=other.txt -c x.c -o x.o
    right -Wa,-aln=a.txt -Wa,-ad -c x.c -o x.o
    right -Wa,-alnd=a.txt,-ad -c x.c -o x.o
    right -Xassembler -aln=list.txt -c x.c -o x.o
    right -Wa,-a=list.txt,--listing-lhs-width=2 -c x.c -o x.o
    right -Wa,--MD,as.d -c x.c -o x.o
}

c24_assembler_defsym() {
    echo '.long VALUE' >x.s
    right -Wa,--defsym,VALUE=1 -c x.s -o x.o
    right -Wa,--defsym,VALUE=2 -c x.s -o x.o
    changed
}

c25_linker_arguments() {
    write_source
    first -Wl,--as-needed -c x.c -o x.o
    right -Lsome -lm -c x.c -o x.o
}

c27_native_cpu() {
    write_source
    first -march=native -c x.c -o x.o
    first -mtune=native -O2 -c x.c -o x.o
}

c28_random_seed() {
    write_source x.cc 'namespace { int x = 1; } int *f() { return &x; }'
    tool=$CXX
    first -frandom-seed=one -c x.cc -o x.o
    plain -frandom-seed=two -c x.cc -o x.o
    cached cold 'miss * stored*' -frandom-seed=two -c x.cc -o x.o
    export SCRUBJAY_RELAX=random_seed
    plain -frandom-seed=three -c x.cc -o x.o
    take cold "$scrubjay" "$CXX" -frandom-seed=three -c x.cc -o x.o
    plain -frandom-seed=four -c x.cc -o x.o
    cached warm 'hit *' -frandom-seed=four -c x.cc -o x.o
}

c37_link_time_optimisation() {
    write_source
    first -frandom-seed=1 -O2 -flto -c x.c -o x.o
    right -frandom-seed=1 -O2 -flto=2 -ffat-lto-objects -c x.c -o x.o
    only clang
    first -O2 -flto=thin -c x.c -o x.o
    first -O2 -emit-llvm -c x.c -o x.bc
    first -O2 -emit-llvm -S x.c -o x.ll
    first -O2 -fembed-bitcode -c x.c -o x.o
}

c37_thin_lto_index() {
    only clang
    write_source
    "$CC" -O2 -flto=thin -c x.c -o x.bc
    : >empty.idx
    right -O2 -x ir x.bc -fthinlto-index=empty.idx -c -o x.o
}

c39_architectures() {
    write_source
    plain -arch x86_64 -c x.c -o x.o
    right -arch x86_64 -c x.c -o x.o
    right -Xarch_x86_64 -DX -c x.c -o x.o
    right -m32 -c x.c -o x.o
    only clang
    first --target=aarch64-linux-gnu -c x.c -o x.o
    again --target=riscv64-linux-gnu -c x.c -o x.o
    first -target aarch64-linux-gnu -c x.c -o x.o
}

c41_order_of_warnings() {
    write_source x.c 'int f(void) { int unused; return 0; }'
    first -Wno-unused-variable -Wall -c x.c -o x.o
    right -Wall -Wno-unused-variable -c x.c -o x.o
    write_source x.c 'int f(int a) { switch (a) { case 1: a = 2; case 2: return a; } return 0; }'
    first -Wimplicit-fallthrough -Wno-implicit-fallthrough -c x.c -o x.o
    again -Wno-implicit-fallthrough -Wimplicit-fallthrough -c x.c -o x.o
    failing -Werror -Wimplicit-fallthrough -c x.c -o x.o
}

c41_neutral_looking_options() {
    write_source
    for option in -pipe -pthread -rdynamic -pie -fPIC -fpie -O3 -Os -Og -std=c99 -std=gnu11 -ansi \
        -fno-strict-aliasing -funsigned-char -ffast-math -w -pedantic; do
        right $option -c x.c -o x.o
    done
}

c42_charsets() {
    only gcc
    printf 'char *s = "\344";\n' >x.c
    first -c x.c -o x.o
    again -finput-charset=ISO-8859-1 -c x.c -o x.o
    again -finput-charset=ISO-8859-1 -fexec-charset=UTF-16LE -c x.c -o x.o
}

# usage: reported OPTION…: what the compiler says differs from run to run, so it must run
reported() {
    plain "$@" -c x.c -o x.o
    take cold "$scrubjay" "$CC" "$@" -c x.c -o x.o
    cmp "$logs/plain/files/x.o" "$logs/cold/files/x.o" || wrong 'wrong object'
    ended 'bypass *'
}

c43_reports() {
    write_source
    reported -v
    reported -ftime-report
    right -H -c x.c -o x.o
    only gcc
    reported -fmem-report
    reported -Q
}

run_cases
