#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where a compile happens, and what of it gets into the outputs: numbers 34 to 36, 58 to 60.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# checkouts: the same tree in two directories.
checkouts() {
    mkdir -p one/src one/inc one/build
    echo '#define VALUE 1' >one/inc/h.h
    cat >one/src/x.c <<'EOF'
#include "h.h"
const char *file(void) { return __FILE__; }
int f(void) { return VALUE; }
EOF
    cp -r one two
    cp -r one longer-name
}

# in_place DIRECTORY VERB ARGS
in_place() {
    local place=$1
    shift
    (cd "$place" && "$@")
}

c34_debug_names_the_directory() {
    checkouts
    in_place one first -g -Iinc -c src/x.c -o x.o
    in_place two again -g -Iinc -c src/x.c -o x.o
    in_place two again -g0 -Iinc -c src/x.c -o x.o
    in_place one still -g0 -Iinc -c src/x.c -o x.o
    in_place one right -g -g0 -Iinc -c src/x.c -o x.o
    in_place one right -ggdb3 -Iinc -c src/x.c -o x.o
    in_place two again -ggdb3 -Iinc -c src/x.c -o x.o
    in_place one right -gz -Iinc -c src/x.c -o x.o
    in_place two right -gz -Iinc -c src/x.c -o x.o
}

c34_without_debug_directories_share() {
    checkouts
    in_place one first -O2 -MMD -Iinc -c src/x.c -o x.o
    in_place two still -O2 -MMD -Iinc -c src/x.c -o x.o
    in_place longer-name still -O2 -MMD -Iinc -c src/x.c -o x.o
    echo '#define VALUE 2' >two/inc/h.h
    in_place two again -O2 -MMD -Iinc -c src/x.c -o x.o
    in_place one still -O2 -MMD -Iinc -c src/x.c -o x.o
}

c34_compilation_directory_given() {
    only clang
    checkouts
    in_place one first -g -fdebug-compilation-dir=/proj -Iinc -c src/x.c -o x.o
    in_place two right -g -fdebug-compilation-dir=/proj -Iinc -c src/x.c -o x.o
    in_place one right -g -ffile-compilation-dir=/proj -Iinc -c src/x.c -o x.o
    in_place two right -g -ffile-compilation-dir=/elsewhere -Iinc -c src/x.c -o x.o
}

c34_mapped_directory_is_shared() {
    checkouts
    in_place one first -g "-ffile-prefix-map=$PWD/one=." -Iinc -c src/x.c -o x.o
    in_place two plain -g "-ffile-prefix-map=$PWD/two=." -Iinc -c src/x.c -o x.o
    in_place two right -g "-ffile-prefix-map=$PWD/two=." -Iinc -c src/x.c -o x.o
}

# mapped OPTION ARGS: only the value of the map differs, and the output with it.
mapped() {
    local option=("$1=$PWD" "$1=$PWD/one")
    shift
    checkouts
    write_source uses.c "#include \"$PWD/one/inc/named.h\"
    const char *f(void) { return NAME; }
    int g(void) { return 0; }"
    echo '#define NAME __FILE__' >one/inc/named.h
    first "$@" "${option[0]}=/first" -c "$PWD/uses.c" -o x.o
    again "$@" "${option[0]}=/second" -c "$PWD/uses.c" -o x.o
    right "$@" "${option[1]}=/third" -c "$PWD/uses.c" -o x.o
    right "$@" "${option[1]}/inc=/fourth" -c "$PWD/uses.c" -o x.o
    right "$@" "${option[0]}=/fifth" "${option[1]}=/sixth" -c "$PWD/uses.c" -o x.o
    right "$@" "${option[1]}=/sixth" "${option[0]}=/fifth" -c "$PWD/uses.c" -o x.o
}

c35_macro_prefix_map() { mapped -fmacro-prefix-map; }
c35_file_prefix_map() { mapped -ffile-prefix-map; }
c35_file_prefix_map_debug() { mapped -ffile-prefix-map -g; }
c35_debug_prefix_map() { mapped -fdebug-prefix-map -g; }

c35_debug_prefix_map_of_include() {
    checkouts
    echo 'static inline int in_header(int a) { return a; }' >>one/inc/h.h
    echo 'int user(int a) { return in_header(a); }' >>one/src/x.c
    first -g "-fdebug-prefix-map=$PWD/one/inc=/first" "-I$PWD/one/inc" -c one/src/x.c -o x.o
    again -g "-fdebug-prefix-map=$PWD/one/inc=/second" "-I$PWD/one/inc" -c one/src/x.c -o x.o
}

c35_profile_prefix_map() {
    only gcc
    checkouts
    right -frandom-seed=1 --coverage "-fprofile-prefix-path=$PWD/one" -Ione/inc -c one/src/x.c -o x.o
    right -frandom-seed=1 --coverage "-fprofile-prefix-path=$PWD/two" -Ione/inc -c one/src/x.c -o x.o
    right -frandom-seed=1 --coverage -fprofile-prefix-map="$PWD/one=/x" -Ione/inc -c one/src/x.c -o x.o
}

c35_coverage_prefix_map() {
    only clang
    checkouts
    for value in /first /second; do
        right -fprofile-instr-generate -fcoverage-mapping "-fcoverage-prefix-map=$PWD=$value" \
            "-I$PWD/one/inc" -c "$PWD/one/src/x.c" -o x.o
    done
    changed
}

# as_cmake CHECKOUT VERB OPTION…: absolute paths, from a build folder inside the checkout.
as_cmake() {
    local root=$PWD/$1 verb=$2
    shift 2
    (
        cd "$root/build"
        "$verb" "-I$root/inc" "$@" -o x.o -c "$root/src/x.c"
    )
}

c36_base_dir_shares() {
    checkouts
    for place in one two longer-name; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        [ $place = one ] && verb=first || verb=still
        as_cmake "$place" "$verb" -O2 -g "-ffile-prefix-map=$PWD/$place=."
    done
}

c36_base_dir_shares_depfiles() {
    checkouts
    for place in one two; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        [ $place = one ] && verb=first || verb=still
        as_cmake "$place" "$verb" -O2 -MD -MT x.o -MF x.o.d "-ffile-prefix-map=$PWD/$place=."
    done
    # Compilers break a rule's lines by their length: with a path of another length a hit breaks them
    # elsewhere, and says the same.
    unsteady=('*.d')
    export SCRUBJAY_BASE_DIR="$PWD/longer-name"
    as_cmake longer-name still -O2 -MD -MT x.o -MF x.o.d "-ffile-prefix-map=$PWD/longer-name=."
    diff <(tr -d '\134' <"$logs/plain/files/x.o.d" | xargs -n 1) \
        <(tr -d '\134' <"$logs/warm/files/x.o.d" | xargs -n 1) || wrong 'the rule says something else'
}

# Without a map the outputs name the checkout: they must not be shared.
c36_base_dir_does_not_lie() {
    checkouts
    for place in one two; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        as_cmake "$place" right -O2 -g
        as_cmake "$place" right -O2
        as_cmake "$place" right -O2 -g "-fdebug-prefix-map=$PWD/$place=."
        as_cmake "$place" right -O2 -fmacro-prefix-map="$PWD/$place=."
        as_cmake "$place" right -O2 -g -fmacro-prefix-map="$PWD/$place=."
        as_cmake "$place" right -O2 -g -gsplit-dwarf "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -frandom-seed=1 --coverage "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -Wall "-DX=\"unused-$PWD/$place\"" "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -g -grecord-gcc-switches "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -S -fverbose-asm "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -S -O2 -g "-ffile-prefix-map=$PWD/$place=."
        as_cmake "$place" right -g "-ffile-prefix-map=$PWD/$place/src=."
        as_cmake "$place" right -g "-ffile-prefix-map=$PWD/$place=$PWD/$place"
        as_cmake "$place" right -g "-ffile-prefix-map=$PWD/$place/=./"
    done
}

c36_base_dir_and_warnings() {
    checkouts
    echo '#warning seen here' >>one/src/x.c
    cp one/src/x.c two/src/x.c
    for place in one two; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        as_cmake "$place" right -O2 "-ffile-prefix-map=$PWD/$place=."
    done
}

c36_base_dir_and_pasted_paths() {
    checkouts
    for place in one two; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        echo "const char *here = \"$PWD/$place\";" >$place/inc/h.h
        echo "#define VALUE 1" >>$place/inc/h.h
        as_cmake "$place" right -O2 "-ffile-prefix-map=$PWD/$place=."
    done
    changed
}

c36_base_dir_and_defines() {
    checkouts
    for place in one two; do
        echo 'const char *defined = ROOT;' >>$place/src/x.c
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        as_cmake "$place" right "-DROOT=\"$PWD/$place\"" "-ffile-prefix-map=$PWD/$place=."
    done
    changed
}

c36_base_dir_and_assembler() {
    mkdir -p one two
    for place in one two; do
        printf '.globl f\nf: ret\n' >$place/y.S
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        (cd $place && right -g "-ffile-prefix-map=$PWD=." -c y.S -o y.o)
        [ "$family" = clang ] || (cd $place && right -Wa,-g "-ffile-prefix-map=$PWD=." -c y.S -o y.o)
    done
}

c24_assembler_debug_names_the_directory() {
    mkdir one two
    for place in one two; do
        printf '.globl f\nf: ret\n' >$place/y.S
        cp $place/y.S $place/z.s
    done
    in_place one first -g -c y.S -o y.o
    in_place two again -g -c y.S -o y.o
    in_place one right -g -c z.s -o y.o
    in_place two right -g -c z.s -o y.o
    changed
    only gcc
    in_place one first -Wa,-g -c y.S -o y.o
    in_place two again -Wa,-g -c y.S -o y.o
    in_place one right -Wa,-g -c z.s -o y.o
    in_place two right -Wa,-g -c z.s -o y.o
    changed
    in_place one right -Wa,--gdwarf-5 -c y.S -o y.o
    in_place two right -Wa,--gdwarf-5 -c y.S -o y.o
    changed
    in_place one right -Xassembler -g -c y.S -o y.o
    in_place two right -Xassembler -g -c y.S -o y.o
    changed
}

c24_assembler_include_directory() {
    mkdir one two
    echo '.long 1' >one/data.inc
    echo '.long 2' >two/data.inc
    echo '.include "data.inc"' >x.s
    right -Wa,-Ione -c x.s -o x.o
    right -Wa,-Itwo -c x.s -o x.o
    changed
    right -Wa,-I,one -c x.s -o x.o
    echo '.long 3' >one/data.inc
    right -Wa,-Ione -c x.s -o x.o
    changed
}

# shellcheck disable=SC2030,SC2031 # each in its own subshell
c58_working_directory_by_name() {
    checkouts
    ln -s one link
    (cd one && export PWD="$work" && first -g -Iinc -c src/x.c -o x.o)
    (cd link && right -g -Iinc -c src/x.c -o x.o)
    changed
    (cd one && right -g -Iinc -c src/x.c -o x.o)
    (
        cd one
        unset PWD
        right -g -Iinc -c src/x.c -o x.o
    )
    (
        cd one
        export PWD=relative
        right -g -Iinc -c src/x.c -o x.o
    )
    (
        cd one
        export PWD=/nowhere
        right -g -Iinc -c src/x.c -o x.o
    )
}

# shellcheck disable=SC2031
c59_equal_sources_apart() {
    mkdir a b
    for place in a b; do
        echo '#include "r.h"' >$place/x.c
        echo 'int f(void) { return R; }' >>$place/x.c
        echo "#define R $place" >$place/r.h
        echo "enum { a = 1, b = 2 };" >>$place/r.h
    done
    first -c a/x.c -o x.o
    again -c b/x.c -o x.o
    in_place a right -c x.c -o x.o
    in_place b right -c x.c -o x.o
    changed
    echo 'const char *f(void) { return __FILE__; }' >a/y.c
    cp a/y.c b/y.c
    first -c a/y.c -o x.o
    again -c b/y.c -o x.o
    right -c ./b/y.c -o x.o
    changed
    right -c "$PWD/b/y.c" -o x.o
    changed
}

c60_moved_lines_with_debug() {
    write_source x.c 'int f(void) { return __COUNTER__; }'
    first -g -c x.c -o x.o
    printf '\n%s\n' "$(cat x.c)" >x.c.new && mv x.c.new x.c
    again -g -c x.c -o x.o
    write_source x.c '/* comment */ int f(void) { return __COUNTER__; }'
    again -g -c x.c -o x.o
    write_source x.c 'int f(void) { return __LINE__; }'
    right -c x.c -o x.o
    printf '\n%s\n' "$(cat x.c)" >x.c.new && mv x.c.new x.c
    again -c x.c -o x.o
}

run_cases
