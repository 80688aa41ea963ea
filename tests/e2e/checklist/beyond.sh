#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attempts to make the cache return a wrong object, beyond the usual list: number 81.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

c81_header_becomes_a_directory() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    includes '#include <h.h>'
    first -Ione -Itwo -c x.c -o x.o
    rm one/h.h
    mkdir one/h.h
    right -Ione -Itwo -c x.c -o x.o
    rmdir one/h.h
    echo '#define V 1' >one/h.h
    right -Ione -Itwo -c x.c -o x.o
}

c81_include_directory_becomes_a_file() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    includes '#include <h.h>'
    first -Ione -Itwo -c x.c -o x.o
    rm -r one
    echo >one
    right -Ione -Itwo -c x.c -o x.o
    changed
    rm one
    right -Ione -Itwo -c x.c -o x.o
}

# link/../h.h is not h.h when link points elsewhere.
c81_dots_behind_a_link() {
    mkdir -p a/sub b/sub
    echo '#define V 1' >a/h.h
    echo '#define V 2' >b/h.h
    ln -s a/sub link
    includes '#include "link/../h.h"'
    first -c x.c -o x.o
    ln -sfn b/sub link
    again -c x.c -o x.o
    echo '#define V 3' >h.h
    still -c x.c -o x.o

}

c81_search_directory_behind_a_link() {
    mkdir -p a/sub b/sub
    echo '#define V 1' >a/h.h
    echo '#define V 2' >b/h.h
    ln -s a/sub link
    includes '#include <h.h>'
    first -Ilink/.. -c x.c -o x.o
    ln -sfn b/sub link
    again -Ilink/.. -c x.c -o x.o
}

c81_directories_swapped() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    touch -d @1000000000 one/h.h two/h.h one two
    includes '#include <h.h>'
    first -Ione -c x.c -o x.o
    mv one three
    mv two one
    again -Ione -c x.c -o x.o
    mv one two
    mv three one
    still -Ione -c x.c -o x.o
}

swap_directories() { mv one three && mv two one; }
swap_directories_back() { mv one two && mv three one; }

c81_directory_swapped_meanwhile() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    includes '#include <h.h>'
    meddled swap_directories swap_directories_back -Ione -c x.c -o x.o
    right -Ione -c x.c -o x.o
    rm -r one
    mv two one
    right -Ione -c x.c -o x.o
    changed
}

c81_order_of_directories() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    includes '#include "h.h"'
    first -Ione -Itwo -c x.c -o x.o
    again -Itwo -Ione -c x.c -o x.o
    again -Itwo -iquote one -c x.c -o x.o
    again -iquote two -Ione -c x.c -o x.o
    again -isystem two -Ione -c x.c -o x.o
    again -Itwo -isystem one -c x.c -o x.o
    right -I- -Ione -c x.c -o x.o
}

# #pragma once goes by the identity of files, not by their names.
c81_once_and_hard_links() {
    echo '#pragma once
static int counted = __COUNTER__;' >a.h
    ln a.h b.h
    write_source x.c '#include "a.h"
    #include "b.h"
    int f(void) { return __COUNTER__ + counted; }'
    right -c x.c -o x.o
    cp b.h copy
    mv copy b.h
    right -c x.c -o x.o
    touch -d @1000000000 a.h b.h
    right -c x.c -o x.o
    touch -d @1000000001 b.h
    right -c x.c -o x.o
    rm b.h
    ln -s a.h b.h
    right -c x.c -o x.o
}

# gcc takes two files with equal times and bytes for one under #pragma once and #import.
c81_once_and_equal_times() {
    mkdir one two
    for place in one two; do
        echo '#pragma once' >$place/h.h
        echo 'enum { JOIN(first, V) = V };' >>$place/h.h
    done
    write_source x.c '#define PASTE(a, b) a##b
    #define JOIN(a, b) PASTE(a, b)
    #define V __COUNTER__
    #undef V
    #define V 1
    #include "one/h.h"
    #undef V
    #define V 2
    #include "two/h.h"
    int f(void) { return __COUNTER__; }'
    touch -d @1000000000 one/h.h
    touch -d @1100000000 two/h.h
    right -c x.c -o x.o
    touch -d @1000000000 two/h.h
    right -c x.c -o x.o
    touch -d @1100000000 two/h.h
    right -c x.c -o x.o
}

c81_same_words_elsewhere() {
    mkdir -p a/sub b/sub
    echo '#define V 1' >a/r.h
    echo '#define V 2' >b/r.h
    for place in a b; do
        echo '#include "../r.h"' >$place/sub/x.c
        echo 'int f(void) { return V; }' >>$place/sub/x.c
    done
    (cd a && first -c sub/x.c -o x.o)
    (cd b && again -c sub/x.c -o x.o)
    (cd a/sub && right -I.. -c x.c -o x.o)
    (cd b/sub && right -I.. -c x.c -o x.o)
    changed
    export SCRUBJAY_BASE_DIR=$PWD
    (cd a/sub && right -I.. -c x.c -o x.o)
    (cd b/sub && right -I.. -c x.c -o x.o)
    changed
}

# A header outside the checkout found by the same relative path from two checkouts.
c81_base_dir_and_outside() {
    mkdir -p p/one/build q/one/build p/out q/out
    echo '#define V 1' >p/out/h.h
    echo '#define V 2' >q/out/h.h
    for place in p/one q/one; do
        echo '#include "h.h"' >$place/x.c
        echo 'int f(void) { return V; }' >>$place/x.c
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        (cd $place/build && right -I../../out -c ../x.c -o x.o)
    done
    changed
    for place in p/one q/one; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        (cd $place/build && right "-ffile-prefix-map=$SCRUBJAY_BASE_DIR=." -I../../out -c "$SCRUBJAY_BASE_DIR/x.c" -o x.o)
    done
    changed
}

# One directory's name begins with the other's.
c81_base_dir_and_prefix() {
    mkdir -p src src-two
    echo '#define V 1' >src/h.h
    echo '#define V 2' >src-two/h.h
    for place in src src-two; do
        echo 'int f(void) { return V; }' >$place/x.c
        export SCRUBJAY_BASE_DIR="$PWD/src"
        right -include "$PWD/$place/h.h" "-ffile-prefix-map=$PWD/src=." -c "$PWD/src/x.c" -o x.o
    done
    changed
    for place in src src-two; do
        export SCRUBJAY_BASE_DIR="$PWD/$place/"
        right -include "$PWD/src/h.h" "-ffile-prefix-map=$PWD/src=." -c "$PWD/src/x.c" -o x.o
    done
    for odd in / /nowhere "$PWD/src/.." "$PWD//src" "$PWD/./src" src '' .; do
        export SCRUBJAY_BASE_DIR="$odd"
        right -g -include "$PWD/src/h.h" -c "$PWD/src/x.c" -o x.o 2>/dev/null
    done
}

c81_base_dir_is_a_link() {
    mkdir -p real/src
    ln -s real link
    echo 'const char *f(void) { return __FILE__; }' >real/src/x.c
    for place in real link; do
        export SCRUBJAY_BASE_DIR="$PWD/$place"
        right -g "-ffile-prefix-map=$PWD/$place=." -c "$PWD/$place/src/x.c" -o x.o
        right -g -c "$PWD/$place/src/x.c" -o x.o
        (cd $place && right -g -c "$PWD/src/x.c" -o x.o)
        (cd $place && right -g -c src/x.c -o x.o)
    done
}

# Equal command lines when their words are joined, but not word by word.
c81_words_and_their_borders() {
    write_source x.c '#ifndef A
    #define A 0
    #endif
    #ifndef B
    #define B 0
    #endif
    int f(int w) { return A * 100 + B; }'
    first -DA=1 -DB=2 -c x.c -o x.o
    first -DA=1 -w -c x.c -o x.o
    again '-DA=1 -w' -c x.c -o x.o
    again -DA=1 -D B=2 -D A=1 -UA -c x.c -o x.o
    right -DA= -DB=2 -c x.c -o x.o
    right -D A= -c x.c -o x.o
    echo 'int f(void) { return 1; }' >'-DA=1'
    right -c x.c -o x.o -- 2>/dev/null
    mkdir inc
    echo 'int g;' >inc/h.h
    write_source x.c '#include <h.h>'
    first -I inc -c x.c -o x.o
    right -Iinc -c x.c -o x.o
    right -I '' -Iinc -c x.c -o x.o
    right -I -c x.c -o x.o
    right -c x.c -o x.o -I
    right -c x.c -o
    right -c x.c -o ''
    right -c '' -o x.o
    right -D -c x.c -o x.o
}

c81_output_over_the_source() {
    write_source
    cp x.c saved.c
    for label in plain cold warm; do
        [ $label = plain ] && prefix= || prefix=$scrubjay
        cp saved.c x.c
        cp saved.c h.h
        status=0
        $prefix "$CC" -c x.c -o x.c 2>/dev/null || status=$?
        { echo $status; cksum <x.c; } >"$logs/$label.over"
        cp saved.c x.c
        echo '#include "h.h"' >y.c
        $prefix "$CC" -c y.c -o h.h 2>/dev/null || status=$?
        { echo $status; cksum <h.h; } >>"$logs/$label.over"
    done
    cmp "$logs/plain.over" "$logs/cold.over" || wrong 'cold run'
    cmp "$logs/plain.over" "$logs/warm.over" || wrong 'warm run'
}

c81_source_is_generated_again() {
    local i
    for i in 1 2 3 1 2 3; do
        write_source x.c "int f(void) { return $i; }"
        "$scrubjay" "$CC" -c x.c -o x.o
        "$CC" -c x.c -o wanted.o
        cmp x.o wanted.o || wrong "run $i"
    done
}

c81_object_is_an_input() {
    echo 'int data = 1;' >data.c
    "$CC" -c data.c -o data.o
    write_source x.c '__asm__(".pushsection .rodata\n.incbin \"data.o\"\n.popsection");'
    first -c x.c -o x.o
    echo 'int data = 2;' >data.c
    "$scrubjay" "$CC" -c data.c -o data.o
    again -c x.c -o x.o
}

c81_environment_paths() {
    write_source
    right -c x.c -o x.o
    mkdir lib
    export LIBRARY_PATH="$PWD/lib"
    right -c x.c -o x.o
    export COMPILER_PATH="$PWD/lib"
    right -c x.c -o x.o
    export GCC_ROOT=/nowhere
    right -c x.c -o x.o
}

c81_deleted_working_directory() {
    mkdir gone
    write_source
    (
        cd gone
        rmdir ../gone
        status=0
        "$CC" -c "$work/c81_deleted_working_directory/t/x.c" -o "$logs/plain.o" 2>/dev/null || status=$?
        got=0
        "$scrubjay" "$CC" -c "$work/c81_deleted_working_directory/t/x.c" -o "$logs/cold.o" 2>/dev/null || got=$?
        [ $status = $got ] || wrong "status $got, plain $status"
        [ $status != 0 ] || cmp "$logs/plain.o" "$logs/cold.o" || wrong 'wrong object'
    )
}

c81_long_command_line() {
    local args i
    write_source x.c 'int f(void) { return D1999; }'
    args=()
    for i in $(seq 2000); do
        args+=("-DD$i=$i")
    done
    first "${args[@]}" -c x.c -o x.o
    again "${args[@]}" -UD1999 -DD1999=7 -c x.c -o x.o
}

c81_deep_paths() {
    local deep i
    deep=$PWD
    for i in $(seq 14); do
        deep=$deep/$(printf 'd%.0s' $(seq 200))
    done
    mkdir -p "$deep"
    echo '#define V 1' >"$deep/h.h"
    includes '#include <h.h>'
    first "-I$deep" -MMD -c x.c -o x.o
    echo '#define V 2' >"$deep/h.h"
    again "-I$deep" -MMD -c x.c -o x.o
}

c81_many_headers() {
    local i
    mkdir inc
    for i in $(seq 600); do
        echo "#define V$i $i" >"inc/h$i.h"
        echo "#include \"inc/h$i.h\""
    done >x.c
    echo 'int f(void) { return V1 + V600; }' >>x.c
    first -MMD -c x.c -o x.o
    echo '#define V600 5' >inc/h600.h
    again -MMD -c x.c -o x.o
    rm inc/h300.h
    failing -MMD -c x.c -o x.o
}

c81_large_object() {
    write_source x.c '__asm__(".section .rodata\n.rept 3000000\n.long 305419896, 1\n.endr\n");'
    first -c x.c -o x.o
}

c81_empty_source() {
    : >x.c
    first -c x.c -o x.o
    printf ' ' >x.c
    right -c x.c -o x.o
}

c81_source_is_missing() {
    failing -c nowhere.c -o x.o
    write_source nowhere.c
    first -c nowhere.c -o x.o
    rm nowhere.c
    failing -c nowhere.c -o x.o
    write_source nowhere.c 'int other;'
    right -c nowhere.c -o x.o
}

c81_source_is_not_readable() {
    mkdir x.c
    failing -c x.c -o x.o
    rmdir x.c
    ln -s x.c x.c
    failing -c x.c -o x.o
}

c81_source_from_a_pipe() {
    local label
    for label in plain cold warm; do
        [ $label = plain ] && prefix= || prefix=$scrubjay
        $prefix "$CC" -x c -c <(echo "int from_$family;") -o "$label.o"
        $prefix "$CC" -x c -c <(echo "int other_from_$family;") -o "$label-other.o"
    done
    cmp <(nm plain.o) <(nm cold.o) || wrong 'cold run'
    cmp <(nm plain.o) <(nm warm.o) || wrong 'warm run'
    cmp <(nm plain-other.o) <(nm warm-other.o) || wrong 'warm run of another'
    write_source x.c 'int f(void) { return V; }'
    for label in 1 2 3; do
        "$scrubjay" "$CC" -include <(echo "#define V $label") -c x.c -o x.o
        "$CC" -DV=$label -c x.c -o wanted.o
        cmp <(objdump -d x.o | tail -n +3) <(objdump -d wanted.o | tail -n +3) || wrong "piped header $label"
    done
}

# A compiler that writes a file nobody foretold: a hit must not lose it.
c81_unexpected_output() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) echo noted >side.txt ;; esac
exec "$CC" "\$@"
EOF
    write_source
    tool=$PWD/$cc_name
    right -c x.c -o x.o
    [ -s "$logs/warm/files/side.txt" ] || wrong 'the side file is missing'
}

# A compiler that reads the clock, a random number or the process number through a script.
c81_unsteady_wrapper() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) exec "$CC" "-DV=\$(cat counter)" "\$@" ;; esac
exec "$CC" "\$@"
EOF
    write_source x.c 'int f(void) { return V; }'
    tool=$PWD/$cc_name
    for i in 1 2 1; do
        echo $i >counter
        right -c x.c -o x.o
    done
    changed
}

c81_listing_wrapper() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) exec "$CC" "-DV=\"\$(echo parts/*)\"" "\$@" ;; esac
exec "$CC" "\$@"
EOF
    mkdir parts
    write_source x.c 'const char *f(void) { return V; }'
    tool=$PWD/$cc_name
    : >parts/one
    right -c x.c -o x.o
    : >parts/two
    right -c x.c -o x.o
    changed
    rm parts/one
    right -c x.c -o x.o
    changed
}

c81_background_writer() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) ( sleep 0.3; echo late >late.txt ) >/dev/null 2>&1 & ;; esac
exec "$CC" "\$@"
EOF
    write_source
    tool=$PWD/$cc_name
    "$scrubjay" "$tool" -c x.c -o x.o
    "$CC" -c x.c -o wanted.o
    cmp x.o wanted.o || wrong 'wrong object'
    await 'the late file' test -e late.txt
}

c81_upper_and_lower_case() {
    mkdir inc INC
    echo '#define V 1' >inc/h.h
    echo '#define V 2' >INC/h.h
    includes '#include <h.h>'
    first -Iinc -c x.c -o x.o
    again -IINC -c x.c -o x.o
}

c81_trailing_slashes() {
    mkdir inc
    echo 'const char *where = __FILE__;' >inc/h.h
    write_source x.c '#include <h.h>'
    first -Iinc -c x.c -o x.o
    right -Iinc/ -c x.c -o x.o
    right -Iinc// -c x.c -o x.o
    right -I./inc -c x.c -o x.o
    right -I.//inc -c x.c -o x.o
    right -I"$PWD/inc" -c x.c -o x.o
    changed
    right -I"$PWD//inc" -c x.c -o x.o
}

run_cases
