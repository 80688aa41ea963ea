#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Environment variables: numbers 47 to 49.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# header_behind_variable NAME
header_behind_variable() {
    local variable=$1
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    write_source x.c '#include <h.h>
    int f(void) { return V; }'
    export "$variable=one"
    first -c x.c -o x.o
    export "$variable=two"
    again -c x.c -o x.o
    export "$variable=one"
    still -c x.c -o x.o
    echo '#define V 3' >one/h.h
    again -c x.c -o x.o
    export "$variable=two:one"
    right -c x.c -o x.o
    changed
    export "$variable=early:one"
    right -c x.c -o x.o
    changed
    mkdir early
    echo '#define V 4' >early/h.h
    again -c x.c -o x.o
    unset "$variable"
    failing -c x.c -o x.o
}

c47_cpath() { header_behind_variable CPATH; }
c47_c_include_path() { header_behind_variable C_INCLUDE_PATH; }

c47_cplus_include_path() {
    tool=$CXX
    mkdir one two
    echo '#define V 1' >one/h.h
    echo '#define V 2' >two/h.h
    write_source x.cc '#include <h.h>
    int f() { return V; }'
    export CPLUS_INCLUDE_PATH=one
    first -c x.cc -o x.o
    export CPLUS_INCLUDE_PATH=two
    again -c x.cc -o x.o
}

# An empty element means the working directory.
c47_cpath_empty_element() {
    mkdir here there
    echo '#define V 1' >here/h.h
    echo '#define V 2' >there/h.h
    write_source x.c '#include <h.h>
    int f(void) { return V; }'
    export CPATH=:
    (cd here && first -c ../x.c -o x.o)
    (cd there && again -c ../x.c -o x.o)
}

c47_locale() {
    write_source x.c 'int f(void) { int “; return 0; }'
    right -Wall -c x.c -o x.o
    export LC_ALL=C.UTF-8
    right -Wall -c x.c -o x.o
    unset LC_ALL
    export LC_CTYPE=C.UTF-8
    right -Wall -c x.c -o x.o
    export LANG=C.UTF-8 LANGUAGE=de
    right -Wall -c x.c -o x.o
}

c47_quotes_follow_the_locale() {
    only gcc
    write_source x.c 'int f(void) { int unused; return 0; }'
    first -Wall -c x.c -o x.o
    export LC_ALL=C.UTF-8
    again -Wall -c x.c -o x.o
    unset LC_ALL
    export LC_CTYPE=C.UTF-8
    right -Wall -c x.c -o x.o
}

c47_clang_overrides() {
    only clang
    write_source x.c '#ifndef V
    #define V 0
    #endif
    int f(void) { return V; }'
    first -c x.c -o x.o
    export CCC_OVERRIDE_OPTIONS='# +-DV=1'
    right -c x.c -o x.o
    changed
    export CCC_OVERRIDE_OPTIONS='# +-DV=2'
    right -c x.c -o x.o
    changed
    unset CCC_OVERRIDE_OPTIONS
    still -c x.c -o x.o
    export CCC_ADD_ARGS='-DV=3'
    right -c x.c -o x.o
}

c47_compare_debug() {
    only gcc
    write_source
    export GCC_COMPARE_DEBUG=-gtoggle
    right -c x.c -o x.o
}

c47_variables_of_a_wrapper() {
    mkdir scripts
    write_script "scripts/$cc_name" <<EOF
exec "$CC" \$EXTRA_CFLAGS "\$@"
EOF
    write_source x.c '#ifndef V
    #define V 0
    #endif
    int f(void) { return V; }'
    tool=$PWD/scripts/$cc_name
    right -c x.c -o x.o
    export EXTRA_CFLAGS=-DV=1
    right -c x.c -o x.o
    changed
    export EXTRA_CFLAGS=-DV=2
    right -c x.c -o x.o
    changed
}

c47_variables_of_a_tool_script() {
    only gcc
    mkdir bin
    write_script bin/as <<EOF
exec "$(command -v as)" \$EXTRA_ASFLAGS "\$@"
EOF
    write_source
    right -B bin/ -c x.c -o x.o
    export EXTRA_ASFLAGS='--defsym marker=1'
    right -B bin/ -c x.c -o x.o
    changed
    export EXTRA_ASFLAGS='--defsym other=1'
    right -B bin/ -c x.c -o x.o
    changed
}

c47_path_of_a_wrapper() {
    mkdir scripts one two
    write_script "scripts/$cc_name" <<EOF
exec chosen "\$@"
EOF
    for place in one two; do
        write_script $place/chosen <<EOF
exec "$CC" -DV=\"$place\" "\$@"
EOF
    done
    write_source x.c 'const char *f(void) { return V; }'
    tool=$PWD/scripts/$cc_name
    plain_path=$PATH
    export PATH="$PWD/one:$plain_path"
    right -c x.c -o x.o
    export PATH="$PWD/two:$plain_path"
    right -c x.c -o x.o
    changed
}

c47_temporary_directory() {
    write_source
    mkdir tmp
    first -c x.c -o x.o
    TMPDIR=$PWD/tmp still -c x.c -o x.o
}

c47_neutral_variables() {
    write_source
    export TERM=dumb EDITOR=ed MAKELEVEL=3
    first -c x.c -o x.o
    export TERM=xterm EDITOR=vi MAKELEVEL=4 MAKEFLAGS='-j8' HOME="$PWD" SSH_AUTH_SOCK=/nowhere
    still -c x.c -o x.o
}

c48_dependency_variables() {
    mkdir "$logs/deps"
    echo 'int h;' >h.h
    write_source x.c '#include "h.h"'
    for variable in DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES; do
        (
            export "$variable=$PWD/deps.mk target"
            right -c x.c -o x.o
        )
    done
    export DEPENDENCIES_OUTPUT="$PWD/deps.mk target"
    if [ "$family" = gcc ]; then
        [ -s "$logs/warm/files/deps.mk" ] || wrong 'no dependency file'
    fi
    right -c x.c -o x.o
    [ "$family" = clang ] || ended 'bypass *'
    unset DEPENDENCIES_OUTPUT
    right -c x.c -o x.o
    export SUNPRO_DEPENDENCIES="$PWD/deps.mk target"
    right -c x.c -o x.o
}

c48_clang_variables() {
    only clang
    echo 'int h;' >h.h
    write_source x.c '#include "h.h"'
    first -c x.c -o x.o
    for variable in CC_PRINT_OPTIONS CC_PRINT_HEADERS CC_LOG_DIAGNOSTICS CC_PRINT_PROC_STAT; do
        (
            export "$variable=1" "${variable}_FILE=$PWD/log.txt"
            plain -c x.c -o x.o
            take cold "$scrubjay" "$CC" -c x.c -o x.o
            cmp "$logs/plain/made" "$logs/cold/made" >/dev/null || {
                # A log that holds times differs in bytes and mode stays.
                diff <(cut -d ' ' -f 1 "$logs/plain/made") <(cut -d ' ' -f 1 "$logs/cold/made") ||
                    wrong "$variable: the log is missing"
            }
        )
    done
}

c49_source_date_epoch() {
    write_source x.c 'const char *f(void) { return __DATE__ " " __TIME__; }'
    only gcc
    export SOURCE_DATE_EPOCH=1000000000
    right -c x.c -o x.o
    export SOURCE_DATE_EPOCH=1100000000
    right -c x.c -o x.o
    changed
    export SOURCE_DATE_EPOCH=1000000000
    right -c x.c -o x.o
    changed
    export SOURCE_DATE_EPOCH=nonsense
    right -c x.c -o x.o
}

c49_source_date_epoch_of_clang() {
    only clang
    write_source x.c 'const char *f(void) { return __DATE__; }'
    export SOURCE_DATE_EPOCH=1000000000
    right -c x.c -o x.o
    export SOURCE_DATE_EPOCH=1100000000
    right -c x.c -o x.o
    export SOURCE_DATE_EPOCH=1000000000
    right -c x.c -o x.o
}

c49_source_date_epoch_unused() {
    write_source
    first -c x.c -o x.o
    export SOURCE_DATE_EPOCH=1000000000
    right -c x.c -o x.o
}

run_cases
