#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dependency files in all their forms: number 22.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

prepare() {
    mkdir -p inc out
    echo '#define VALUE 1' >inc/h.h
    echo '#define OTHER 2' >inc/other.h
    write_source x.c '#include <stddef.h>
    #include "inc/h.h"
    int f(void) { return VALUE; }'
}

c22_presence_counts() {
    prepare
    first -c x.c -o x.o
    # The object is known, its depfile is not.
    again -MD -c x.c -o x.o
    still -c x.c -o x.o
    still -MD -c x.c -o x.o
}

c22_system_headers() {
    prepare
    first -MD -c x.c -o x.o
    again -MMD -c x.c -o x.o
    again -MMD -MP -c x.c -o x.o
}

c22_file_name_is_neutral() {
    prepare
    first -MD -MF one.d -c x.c -o x.o
    still -MD -MF two.d -c x.c -o x.o
    still -MD -MFthree.d -c x.c -o x.o
    still -MD -MF out/four.d -c x.c -o x.o
    still -MD -MF "$PWD/out/five.d" -c x.c -o x.o
    still -MD -c x.c -o x.o
}

c22_target_follows_output() {
    prepare
    first -MMD -c x.c -o x.o
    again -MMD -c x.c -o y.o
    again -MMD -c x.c -o out/z.o
    again -MMD -c x.c -o "$PWD/out/z.o"
    right -MMD -c x.c
    still -MMD -MF q.d -c x.c -o out/z.o
}

c22_targets_given() {
    prepare
    first -MMD -MT one -c x.c -o x.o
    right -MMD -MT two -c x.c -o x.o
    changed
    right -MMD -MT two -MT three -c x.c -o x.o
    right -MMD -MTjoined -c x.c -o x.o
    # shellcheck disable=SC2016 # a dollar that make would see
    right -MMD -MQ 'we$ird #name:x' -c x.c -o x.o
    # shellcheck disable=SC2016
    right -MMD -MT 'we$ird #name:x' -c x.c -o x.o
    right -MMD -MQ one -MT two -c x.c -o x.o
    right -MMD -MT '' -c x.c -o x.o
    right -MMD -MT 'a b' -c x.c -o x.o
}

c22_target_needs_quoting() {
    prepare
    # shellcheck disable=SC2016
    for name in 'a b.o' 'a$b.o' 'a#b.o' 'a\b.o' 'a:b.o' "a'b.o"; do
        right -MMD -c x.c -o "$name"
        right -MMD -MF plain.d -c x.c -o "$name"
    done
    right -MMD -c x.c -o x.o
}

c22_source_needs_quoting() {
    prepare
    # shellcheck disable=SC2016
    for name in 'a b.c' 'a$b.c' 'a#b.c' "a'b.c" 'ä.c'; do
        cp x.c "$name"
        first -MMD -MP -c "$name" -o x.o
        right -MMD -MP -c "$name" -o y.o
    done
}

c22_long_targets_wrap() {
    prepare
    long=$(printf 'd%.0s' $(seq 1 90))
    mkdir "$long"
    first -MMD -c x.c -o x.o
    right -MMD -c x.c -o "$long/x.o"
    still -MMD -c x.c -o x.o
    cp inc/h.h "$long/h.h"
    write_source x.c "#include \"$long/h.h\"
    #include \"inc/h.h\"
    int f(void) { return VALUE; }"
    first -MMD -c x.c -o x.o
    right -MMD -c x.c -o some-longer-name.o
    right -MMD -c x.c -o "$long/x.o"
}

c22_wp_forms() {
    prepare
    right -Wp,-MD,one.d -c x.c -o x.o
    right -Wp,-MMD,two.d -c x.c -o x.o
    right -Wp,-MMD,two.d -c x.c -o out/y.o
    right -Wp,-MMD,two.d -MP -c x.c -o x.o
    right -Wp,-MMD,two.d -MT target -c x.c -o x.o
    right -Wp,-MMD,two.d,-MT,target -c x.c -o x.o
    right -Wp,-MMD,two.d -MMD -c x.c -o x.o
    right -Wp,-MD -Wp,-MF,three.d -c x.c -o x.o
    right -Wp,-MMD,two.d -MF other.d -c x.c -o x.o
    right -MMD -Wp,-MP -c x.c -o x.o
}

c22_odd_places() {
    prepare
    first -MD -MF /dev/null -c x.c -o x.o
    [ -c /dev/null ] || wrong '/dev/null is gone'
    right -MMD -MF nowhere/x.d -c x.c -o x.o
    right -MMD -MF - -c x.c -o x.o
    right -MMD -MF x.o -c x.c -o x.o
    right -MD -MF one.d -MF two.d -c x.c -o x.o
    right -MD -MMD -c x.c -o x.o
    right -MMD -MD -c x.c -o x.o
    right -MF lonely.d -c x.c -o x.o
    right -MT lonely -c x.c -o x.o
    right -MP -c x.c -o x.o
    right -MD -c x.c -o /dev/null
    right -MMD -MG -c x.c -o x.o
    right -MMD -fsyntax-only x.c
    right -MMD -S x.c
    right -MMD -S x.c -o out/x.s
    right -MMD -c x.c -o noextension
    right -MMD -c x.c -o two.dots.o
    right -MMD -c x.c -o out/.hidden
    right --write-dependencies -c x.c -o x.o
    right --write-user-dependencies -c x.c -o x.o
}

c22_linked_object_directory() {
    prepare
    ln -s out link
    first -MMD -c x.c -o link/x.o
    right -MMD -c x.c -o out/x.o
}

c22_assembler_sources() {
    prepare
    printf '#include "inc/h.h"\n.long VALUE\n' >y.S
    echo '.long 5' >z.s
    first -MMD -c y.S -o y.o
    right -MMD -c z.s -o z.o
}

c22_header_set_changes() {
    prepare
    first -MMD -c x.c -o x.o
    echo '#include "other.h"' >>inc/h.h
    again -MMD -c x.c -o x.o
    right -MMD -c x.c -o y.o
}

c22_header_names_need_quoting() {
    prepare
    # shellcheck disable=SC2016
    for name in 'a b.h' 'a$b.h' 'a#b.h' 'ä.h'; do
        echo '#define NAMED 1' >"inc/$name"
        write_source x.c "#include \"inc/$name\"
        int f(void) { return NAMED; }"
        first -MMD -MP -c x.c -o x.o
        right -MMD -MP -c x.c -o y.o
        echo '#define NAMED 2' >"inc/$name"
        again -MMD -MP -c x.c -o x.o
    done
}

# Two runs that name the same header differently must not share a depfile.
c22_spelling_of_headers() {
    prepare
    write_source x.c '#include "h.h"
    int f(void) { return VALUE; }'
    first -Iinc -MMD -c x.c -o x.o
    right -I./inc -MMD -c x.c -o x.o
    again -I"$PWD/inc" -MMD -c x.c -o x.o
    again -Iout/../inc -MMD -c x.c -o x.o
    mkdir sub
    cd sub
    again -I../inc -MMD -c ../x.c -o ../x.o
    cd ..
    still -Iinc -MMD -c x.c -o x.o
}

c22_spelling_of_source() {
    prepare
    first -MMD -c x.c -o x.o
    right -MMD -c ./x.c -o x.o
    again -MMD -c "$PWD/x.c" -o x.o
}

# Objects put together from the source of one run and the output name of another.
c22_target_equals_word_in_rule() {
    prepare
    first -MMD -c x.c -o x.o
    right -MMD -c x.c -o x.c.o
    right -MMD -c x.c -o x
    right -MMD -c x.c -o inc.o
    right -MMD -MT x.c -c x.c -o x.o
    right -MMD -MT inc/h.h -c x.c -o y.o
}

run_cases
