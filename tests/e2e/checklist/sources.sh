#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a source reads without naming it on the command line: numbers 50 to 57 and 61.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# second_passes: wait for the clock's next second.
second_passes() {
    local now
    now=$(date +%s)
    while [ "$(date +%s)" = "$now" ]; do
        sleep 0.05
    done
}

# tells_time ARGS: the object holds the time of this compile, not of an earlier one.
tells_time() {
    local before after
    settle
    "$scrubjay" "$CC" "$@" -c x.c -o first.o
    second_passes
    before=$(date +%T)
    "$scrubjay" "$CC" "$@" -c x.c -o second.o
    after=$(date +%T)
    grep -qaF -e "$before" -e "$after" second.o || wrong "an old time, or none: $*"
}

c50_time() {
    write_source x.c 'const char *f(void) { return __TIME__; }'
    tells_time
    ended 'miss * -*'
}

c50_time_in_header() {
    echo '#define NOW __TIME__' >h.h
    write_source x.c '#include "h.h"
    const char *f(void) { return NOW; }'
    tells_time
}

c50_time_on_command_line() {
    write_source x.c 'const char *f(void) { return X; }'
    tells_time -DX=__TIME__
}

c50_time_pasted() {
    write_source x.c '#define JOIN(a, b) a##b
    const char *f(void) { return JOIN(__TI, ME__); }'
    tells_time
}

c50_date() {
    write_source x.c 'const char *f(void) { return __DATE__; }'
    right -c x.c -o x.o
    # The day a result was stored must count: today's result is not tomorrow's.
    ended 'miss * -*'
}

c50_timestamp() {
    write_source x.c 'const char *f(void) { return __TIMESTAMP__; }'
    touch -d @1000000000 x.c
    right -c x.c -o x.o
    touch -d @1100000000 x.c
    right -c x.c -o x.o
    changed
    touch -d @1000000000 x.c
    right -c x.c -o x.o
    changed
}

c50_timestamp_of_header() {
    echo 'static const char *stamp = __TIMESTAMP__;' >h.h
    write_source x.c '#include "h.h"
    const char *f(void) { return stamp; }'
    touch -d @1000000000 h.h
    right -c x.c -o x.o
    touch -d @1100000000 h.h
    right -c x.c -o x.o
}

c50_word_in_a_comment_is_harmless() {
    write_source x.c '/* __TIME__ is not used here */ int f(void) { return 1; }'
    first -c x.c -o x.o
}

# assembled LABEL SOURCE…: data.bin is read by the assembler.
incbin() {
    local source=$1
    shift
    echo one >data.bin
    right "$@" -c "$source" -o x.o
    succeeded
    echo two >data.bin
    right "$@" -c "$source" -o x.o
    changed
    echo one >data.bin
    right "$@" -c "$source" -o x.o
    changed
}

c51_incbin_in_assembler() {
    echo '.incbin "data.bin"' >x.s
    incbin x.s
    echo '.incbin "data.bin"' >y.S
    incbin y.S
}

c51_incbin_inline() {
    write_source x.c '__asm__(".pushsection .rodata\n.incbin \"data.bin\"\n.popsection");'
    incbin x.c
    write_source x.c '__asm__(".pushsection .rodata\n.incbin" " \"data.bin\"\n.popsection");'
    incbin x.c
    write_source x.c '#define DOT "."
    __asm__(".pushsection .rodata\n" DOT "incbin \"data.bin\"\n.popsection");'
    incbin x.c
}

c51_incbin_found_by_path() {
    mkdir data
    echo '.incbin "data.bin"' >x.s
    echo one >data/data.bin
    right -Idata -c x.s -o x.o
    succeeded
    echo two >data/data.bin
    right -Idata -c x.s -o x.o
    changed
    echo three >data.bin
    right -Idata -c x.s -o x.o
    changed
}

c51_incbin_method_is_harmless() {
    tool=$CXX
    write_source x.cc 'struct s { int incbin(const char *) { return 1; } }; int f(s a) { return a.incbin("x"); }'
    first -c x.cc -o x.o
}

c51_embed() {
    only clang
    echo one >data.bin
    write_source x.c 'const unsigned char data[] = {
#embed "data.bin"
};
    unsigned f(void) { return sizeof data; }'
    "$CC" -std=c23 -c x.c -o "$logs/probe.o" 2>/dev/null || skip 'no #embed'
    first -std=c23 -Wno-c23-extensions -MMD -c x.c -o x.o
    echo two >data.bin
    again -std=c23 -Wno-c23-extensions -MMD -c x.c -o x.o
    write_source x.c '#if __has_embed("later.bin")
    int f(void) { return 1; }
    #else
    int f(void) { return 0; }
    #endif'
    first -std=c23 -c x.c -o x.o
    echo later >later.bin
    again -std=c23 -c x.c -o x.o
}

assembler_include() {
    echo '.long 1' >data.inc
    first "$@" -o x.o
    echo '.long 2' >data.inc
    again "$@" -o x.o
    echo '.long 1' >data.inc
    still "$@" -o x.o
}

c52_include_in_assembler() {
    echo '.include "data.inc"' >x.s
    assembler_include -c x.s
    echo '.include "data.inc"' >y.S
    rm -rf "$SCRUBJAY_DIR"
    assembler_include -c y.S
}

c52_include_inline() {
    write_source x.c '__asm__(".pushsection .rodata\n.include \"data.inc\"\n.popsection");'
    assembler_include -c x.c
}

c52_include_appears_earlier() {
    mkdir one two
    echo '.long 2' >two/data.inc
    echo '.include "data.inc"' >x.s
    first -Ione -Itwo -c x.s -o x.o
    echo '.long 1' >one/data.inc
    again -Ione -Itwo -c x.s -o x.o
    echo '.long 0' >data.inc
    again -Ione -Itwo -c x.s -o x.o
}

c53_header_shadowed() {
    mkdir one two
    echo '#define V 2' >two/h.h
    includes '#include "h.h"'
    first -Ione -Itwo -c x.c -o x.o
    echo '#define V 1' >one/h.h
    again -Ione -Itwo -c x.c -o x.o
    echo '#define V 0' >h.h
    again -Ione -Itwo -c x.c -o x.o
    rm h.h
    still -Ione -Itwo -c x.c -o x.o
    rm one/h.h
    still -Ione -Itwo -c x.c -o x.o
}

c53_header_shadowed_quote() {
    mkdir one two
    echo '#define V 2' >two/h.h
    includes '#include "h.h"'
    first -iquote one -iquote two -c x.c -o x.o
    echo '#define V 1' >one/h.h
    again -iquote one -iquote two -c x.c -o x.o
}

c53_header_shadowed_beside_header() {
    mkdir inc sub
    echo '#include "inner.h"' >sub/outer.h
    echo '#define V 2' >inc/inner.h
    includes '#include "sub/outer.h"'
    first -Iinc -c x.c -o x.o
    echo '#define V 1' >sub/inner.h
    again -Iinc -c x.c -o x.o
}

c53_header_shadowed_in_missing_directory() {
    mkdir two
    echo '#define V 2' >two/h.h
    includes '#include <h.h>'
    first -Inot/yet/here -Itwo -c x.c -o x.o
    mkdir -p not/yet
    right -Inot/yet/here -Itwo -c x.c -o x.o
    mkdir -p not/yet/here
    right -Inot/yet/here -Itwo -c x.c -o x.o
    echo '#define V 1' >not/yet/here/h.h
    again -Inot/yet/here -Itwo -c x.c -o x.o
}

c53_header_shadowed_system() {
    mkdir one
    write_source x.c '#include <limits.h>
    int f(void) { return INT_MAX; }'
    first -Ione -c x.c -o x.o
    echo '#define INT_MAX 5' >one/limits.h
    again -Ione -c x.c -o x.o
}

c53_unrelated_files_do_not_matter() {
    mkdir one two
    echo '#define V 2' >two/h.h
    includes '#include "h.h"'
    first -Ione -Itwo -c x.c -o x.o
    for i in 1 2 3; do
        echo >one/other$i.h
        echo >other$i.h
        still -Ione -Itwo -c x.c -o x.o
    done
    rm one/other1.h
    still -Ione -Itwo -c x.c -o x.o
}

c53_has_include() {
    write_source x.c '#if __has_include("later.h")
    #include "later.h"
    #else
    #define V 0
    #endif
    int f(void) { return V; }'
    first -c x.c -o x.o
    echo '#define V 1' >later.h
    again -c x.c -o x.o
    rm later.h
    still -c x.c -o x.o
    write_source x.c '#if __has_include(<sub/later.h>)
    #define V 1
    #else
    #define V 0
    #endif
    int f(void) { return V; }'
    first -Iinc -c x.c -o x.o
    mkdir -p inc/sub
    right -Iinc -c x.c -o x.o
    echo >inc/sub/later.h
    again -Iinc -c x.c -o x.o
}

c53_has_include_only_looks() {
    echo '#define V 1' >there.h
    write_source x.c '#if __has_include("there.h")
    int f(void) { return 1; }
    #else
    int f(void) { return 0; }
    #endif'
    first -c x.c -o x.o
    rm there.h
    again -c x.c -o x.o
}

c53_include_next() {
    mkdir one two three
    for place in one two; do
        printf '#include_next <h.h>\n' >$place/h.h
    done
    echo '#define V 3' >three/h.h
    includes '#include <h.h>'
    first -Ione -Itwo -Ithree -c x.c -o x.o
    rm two/h.h
    right -Ione -Itwo -Ithree -c x.c -o x.o
    echo '#define V 2' >two/h.h
    again -Ione -Itwo -Ithree -c x.c -o x.o
}

c54_header_deleted() {
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    includes '#include <h.h>'
    first -Ione -Itwo -c x.c -o x.o
    rm one/h.h
    again -Ione -Itwo -c x.c -o x.o
    rm two/h.h
    failing -Ione -Itwo -c x.c -o x.o
}

c54_symlink_retargeted() {
    echo '#define V 1' >one.h
    echo '#define V 2' >two.h
    ln -s one.h h.h
    includes '#include "h.h"'
    first -c x.c -o x.o
    ln -sf two.h h.h
    again -c x.c -o x.o
    ln -sf one.h h.h
    still -c x.c -o x.o
    mkdir a b
    echo '#define V 3' >a/i.h
    echo '#define V 4' >b/i.h
    ln -s a inc
    includes '#include "inc/i.h"'
    first -c x.c -o x.o
    ln -sfn b inc
    again -c x.c -o x.o
}

c54_source_symlink_retargeted() {
    mkdir a b
    echo '#define V 1' >a/h.h
    echo '#define V 2' >b/h.h
    includes '#include "h.h"'
    cp x.c a/x.c
    cp x.c b/x.c
    ln -s a link
    first -c link/x.c -o x.o
    ln -sfn b link
    again -c link/x.c -o x.o
}

c54_header_renamed_over() {
    echo '#define V 1' >h.h
    includes '#include "h.h"'
    first -c x.c -o x.o
    echo '#define V 2' >h2.h
    touch -r h.h h2.h
    mv h2.h h.h
    again -c x.c -o x.o
}

c54_same_size_and_time() {
    echo '#define V 1' >h.h
    touch -d @1000000000 h.h
    includes '#include "h.h"'
    first -c x.c -o x.o
    echo '#define V 2' >h.h
    touch -d @1000000000 h.h
    again -c x.c -o x.o
    touch -d @1000000000 x.c
    right -c x.c -o x.o
    sed -i 's/V;/V+/;s/+ }/+1;}/' x.c
    includes '#include "h.h"'
    touch -d @1000000000 x.c
    right -c x.c -o x.o
}

c54_touched_only() {
    echo '#define V 1' >h.h
    includes '#include "h.h"'
    first -c x.c -o x.o
    touch x.c h.h
    still -c x.c -o x.o
    touch -d @1000000000 x.c h.h
    still -c x.c -o x.o
    cp h.h copy
    mv copy h.h
    still -c x.c -o x.o
}

edit_header() { echo '#define V 2' >h.h; }
edit_header_and_restore_time() { edit_header && touch -d @1000000000 h.h; }
replace_header() { echo '#define V 2' >new && touch -d @1000000000 new && mv new h.h; }
swap_header() { mv h.h kept && echo '#define V 2' >h.h; }
put_header_back() { mv kept h.h; }
edit_source() { write_source x.c 'int later;'; }

# raced BEFORE AFTER: whatever happens to the header, the store must learn nothing wrong.
raced() {
    includes '#include "h.h"'
    echo '#define V 1' >h.h
    touch -d @1000000000 h.h
    meddled "$1" "$2" -c x.c -o x.o
    right -c x.c -o x.o
    echo '#define V 1' >h.h
    touch -d @1000000000 h.h
    right -c x.c -o x.o
    echo '#define V 2' >h.h
    right -c x.c -o x.o
    changed
}

c55_header_edited_before_it_is_read() { raced edit_header nothing; }
c55_header_edited_after_it_is_read() { raced nothing edit_header; }
c55_header_edited_and_time_restored() { raced nothing edit_header_and_restore_time; }
c55_header_replaced_and_time_restored() { raced nothing replace_header; }

# The compiler saw 2, but the file says 1 before and after, with the times of before.
c55_header_edited_and_put_back() { raced swap_header put_header_back; }

c55_source_edited_meanwhile() {
    write_source
    meddled nothing edit_source -c x.c -o x.o
    right -c x.c -o x.o
    write_source
    right -c x.c -o x.o
    changed
}

add_first_header() { echo '#define V 5' >one/h.h; }
remove_first_header() { rm one/h.h; }

c55_header_appears_meanwhile() {
    includes '#include <h.h>'
    mkdir one two
    echo '#define V 2' >two/h.h
    meddled nothing add_first_header -Ione -Itwo -c x.c -o x.o
    right -Ione -Itwo -c x.c -o x.o
    rm one/h.h
    right -Ione -Itwo -c x.c -o x.o
    changed
}

c55_header_vanishes_meanwhile() {
    includes '#include <h.h>'
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    meddled nothing remove_first_header -Ione -Itwo -c x.c -o x.o
    right -Ione -Itwo -c x.c -o x.o
    echo '#define V 1' >one/h.h
    right -Ione -Itwo -c x.c -o x.o
    changed
}

# Written just before the compile: may not be trusted by its times.
c55_edits_in_a_row() {
    local i
    for i in 1 2 3 4 5 6; do
        echo "#define V $i" >h.h
        includes '#include "h.h"'
        "$scrubjay" "$CC" -c x.c -o got.o
        echo "#define V $((i + 3))" >h.h
        "$scrubjay" "$CC" -c x.c -o got.o
        "$CC" -c x.c -o wanted.o
        cmp got.o wanted.o || wrong "edit $i was not seen"
    done
}

c56_unusual_files() {
    write_source x.c '#include "/dev/null"
    #line 1 "/dev/tty"
    int f(void) { return 1; }'
    right -c x.c -o x.o
    mkdir d.h
    write_source x.c '#include "d.h"
    int f(void) { return 1; }'
    right -c x.c -o x.o
    right -Wall -include /dev/null -c x.c -o x.o
    write_source x.c 'int f(void) { return 1; }'
    first -include /dev/null -c x.c -o x.o
}

c57_names_with_special_characters() {
    local name
    # shellcheck disable=SC2016
    for name in 'a b' 'a$b' 'a#b' "a'b" 'ä' 'a%b' 'a,b' 'a=b' 'a;b' '-dash' 'a(b)' 'a[b]*?' '~a' 'tab	tab' '@at'; do
        mkdir "./$name"
        echo '#define V 1' >"./$name/h.h"
        echo '#include "h.h"' >"./$name/x.c"
        echo 'int f(void) { return V; }' >>"./$name/x.c"
        first -MMD -c "./$name/x.c" -o x.o
        echo '#define V 2' >"./$name/h.h"
        again -MMD -c "./$name/x.c" -o x.o
        (cd "./$name" && right -g -MMD -c x.c -o x.o)
        rm -r "./$name"
    done
}

c57_backslash_and_newline() {
    local name
    for name in 'a\b' 'a"b' $'a\nb'; do
        mkdir "./$name"
        (
            cd "./$name"
            echo '#define V 1' >h.h
            echo '#include "h.h"' >x.c
            echo 'int f(void) { return V; }' >>x.c
            right -MMD -c x.c -o x.o
            right -g -MMD -c x.c -o x.o
            right -c "$PWD/x.c" -o x.o
            echo '#define V 2' >h.h
            right -c "$PWD/x.c" -o x.o
            changed
        )
        rm -r "./$name"
    done
}

run_cases
