#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Precompiled headers and modules: numbers 44, 67 and 68.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# A precompiled header of clang names its inputs' times: it stays where it was made.
header() {
    echo "#define V $1" >"${2:-pre.h}"
    echo 'static inline int in_header(void) { return V; }' >>"${2:-pre.h}"
}

user='int f(void) { return in_header() + V; }'

c67_creation() {
    header 1
    [ "$family" = gcc ] && extension=gch || extension=pch
    plain -x c-header pre.h -o "pre.h.$extension"
    succeeded
    take cold "$scrubjay" "$CC" -x c-header pre.h -o "pre.h.$extension"
    take warm "$scrubjay" "$CC" -x c-header pre.h -o "pre.h.$extension"
    cmp "$logs/plain/made" "$logs/cold/made" || wrong 'files of the cold run'
    cmp "$logs/plain/made" "$logs/warm/made" || wrong 'files of the warm run'
    # Some compilers do not make the same bytes twice; when they do, so must we.
    take other "$CC" -x c-header pre.h -o "pre.h.$extension"
    differs plain other || compare plain warm
    plain pre.h
    take cold "$scrubjay" "$CC" pre.h
    cmp "$logs/plain/made" "$logs/cold/made" || wrong 'files without -o'
}

c67_creation_after_a_change() {
    [ "$family" = gcc ] && extension=gch || extension=pch
    write_source x.c "$user"
    for value in 1 2 1; do
        header $value
        "$scrubjay" "$CC" -x c-header pre.h -o "pre.h.$extension"
        if [ "$family" = gcc ]; then
            right -include pre.h -c x.c -o x.o
        else
            right -include-pch pre.h.pch -c x.c -o x.o
        fi
    done
    changed
}

# using ARGS: the object follows the bytes of the precompiled header.
using() {
    local value
    for value in 1 2 1; do
        header $value
        "$CC" -x c-header pre.h -o "$made"
        right "$@" -c x.c -o x.o
        succeeded
    done
    changed
}

c68_explicit_use() {
    write_source x.c "$user"
    if [ "$family" = gcc ]; then
        made=pre.h.gch
        using -include pre.h
        using -Winvalid-pch -include pre.h
        using -include "$PWD/pre.h"
    else
        made=pre.h.pch
        using -include-pch pre.h.pch
        using -include pre.h
        using -Xclang -include-pch -Xclang pre.h.pch
    fi
}

c68_implicit_use() {
    only gcc
    made=pre.h.gch
    write_source x.c "#include \"pre.h\"
    $user"
    using
    using -H
    using -fpch-preprocess
    mkdir inc
    write_source x.c "#include <inc.h>
    $user"
    for value in 3 4; do
        header $value inc/inc.h
        "$CC" -x c-header inc/inc.h -o inc/inc.h.gch
        right -Iinc -c x.c -o x.o
        succeeded
    done
    changed
}

# The header says one thing, its precompiled form another, and the compiler believes the latter.
c68_precompiled_form_alone() {
    only gcc
    write_source x.c "#include \"pre.h\"
    $user"
    header 5
    "$CC" -x c-header pre.h -o saved.gch
    header 6
    right -c x.c -o x.o
    succeeded
    mv saved.gch pre.h.gch
    right -c x.c -o x.o
    changed
    rm pre.h.gch
    right -c x.c -o x.o
    changed
}

c68_directory_of_precompiled_forms() {
    only gcc
    write_source x.c "#include \"pre.h\"
    $user"
    header 5
    right -O1 -c x.c -o x.o
    mkdir pre.h.gch
    "$CC" -O1 -x c-header pre.h -o pre.h.gch/a
    header 6
    right -O1 -c x.c -o x.o
    "$CC" -O1 -x c-header pre.h -o pre.h.gch/a
    right -O1 -c x.c -o x.o
    changed
    "$CC" -O2 -x c-header pre.h -o pre.h.gch/b
    right -O1 -c x.c -o x.o
    right -O2 -c x.c -o x.o
}

c68_depfile_of_use() {
    write_source x.c "$user"
    header 1
    if [ "$family" = gcc ]; then
        "$CC" -x c-header pre.h -o pre.h.gch
        right -MMD -include pre.h -c x.c -o x.o
        right -MD -include pre.h -c x.c -o y.o
    else
        "$CC" -x c-header pre.h -o pre.h.pch
        right -MMD -include-pch pre.h.pch -c x.c -o x.o
        right -MD -include-pch pre.h.pch -c x.c -o y.o
    fi
}

c68_defines_must_match() {
    write_source x.c "$user"
    header 1
    if [ "$family" = gcc ]; then
        "$CC" -DMODE=1 -x c-header pre.h -o pre.h.gch
        right -DMODE=1 -Winvalid-pch -include pre.h -c x.c -o x.o
        right -DMODE=2 -Winvalid-pch -include pre.h -c x.c -o x.o
    else
        "$CC" -DMODE=1 -x c-header pre.h -o pre.h.pch
        right -DMODE=1 -include-pch pre.h.pch -c x.c -o x.o
        right -DMODE=2 -include-pch pre.h.pch -c x.c -o x.o
    fi
}

# A header that a precompiled one holds has changed: clang refuses, and so must a hit.
c68_stale() {
    write_source x.c "$user"
    header 1
    [ "$family" = gcc ] && made=pre.h.gch || made=pre.h.pch
    [ "$family" = gcc ] && use=(-include pre.h) || use=(-include-pch pre.h.pch)
    "$CC" -x c-header pre.h -o "$made"
    right "${use[@]}" -c x.c -o x.o
    succeeded
    header 22
    # clang names a time in its message, so both runs are made now.
    right "${use[@]}" -c x.c -o x.o
    [ "$family" = gcc ] || changed
}

c44_modules_of_gcc() {
    only gcc
    tool=$CXX
    cat >m.cc <<'EOF'
export module m;
export inline int value() { return 1; }
EOF
    cat >u.cc <<'EOF'
import m;
int f() { return value(); }
EOF
    plain -std=c++20 -fmodules-ts -c m.cc -o m.o
    for label in cold warm; do
        take $label "$scrubjay" "$CXX" -std=c++20 -fmodules-ts -c m.cc -o m.o
        cmp "$logs/plain/made" "$logs/$label/made" || wrong "files of the $label run"
        rm -rf gcm.cache
    done
    # The interface holds times; what is compiled with it decides.
    for value in 1 2 1; do
        sed -i "s/return [0-9]*/return $value/" m.cc
        "$scrubjay" "$CXX" -std=c++20 -fmodules-ts -c m.cc -o m.o
        right -std=c++20 -fmodules-ts -O1 -c u.cc -o u.o
        succeeded
    done
    changed
}

c44_header_units_of_gcc() {
    only gcc
    tool=$CXX
    header 1
    write_source u.cc 'import "pre.h";
    int f() { return in_header() + V; }'
    for value in 1 2; do
        header $value
        "$scrubjay" "$CXX" -std=c++20 -fmodules-ts -fmodule-header pre.h
        right -std=c++20 -fmodules-ts -c u.cc -o u.o
        succeeded
    done
    changed
}

c44_modules_of_clang() {
    only clang
    tool=$CXX
    cat >m.cppm <<'EOF'
export module m;
export inline int value() { return 1; }
EOF
    cat >u.cc <<'EOF'
import m;
int f() { return value(); }
EOF
    for value in 1 2 1; do
        sed -i "s/return [0-9]*/return $value/" m.cppm
        "$scrubjay" "$CXX" -std=c++20 --precompile m.cppm -o m.pcm
        right -std=c++20 -fprebuilt-module-path="$PWD" -O1 -c u.cc -o u.o
        succeeded
        right -std=c++20 -fmodule-file=m=m.pcm -O1 -c u.cc -o u.o
        right -std=c++20 -fmodule-file=m.pcm -O1 -c u.cc -o u.o
        right -std=c++20 -O1 -c m.pcm -o m.o
        # Through a temporary file, whose name gets into the object.
        unsteady=(m.o)
        right -std=c++20 -O1 -c m.cppm -o m.o
        right -std=c++20 -O1 -fmodule-output -c m.cppm -o m.o
        right -std=c++20 -O1 -fmodule-output=named.pcm -c m.cppm -o m.o
        unsteady=()
    done
}

c44_implicit_modules_of_clang() {
    only clang
    mkdir inc
    header 1 inc/pre.h
    echo 'module pre { header "pre.h" export * }' >inc/module.modulemap
    write_source u.c '#include "pre.h"
    int f(void) { return in_header() + V; }'
    for value in 1 2; do
        header $value inc/pre.h
        rm -rf mcache
        plain -fmodules -fmodules-cache-path=mcache -Iinc -c u.c -o u.o
        rm -rf mcache
        for label in cold warm; do
            take $label "$scrubjay" "$CC" -fmodules -fmodules-cache-path=mcache -Iinc -c u.c -o u.o
            cmp "$logs/plain/files/u.o" "$logs/$label/files/u.o" || wrong 'wrong object'
        done
    done
}

run_cases
