#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What reaches a compile by unusual ways must not be missed: each step changes one such thing between
# two compiles, and the second must be what a plain one makes.
. "$(dirname "$0")/lib.sh"
need gcc cmp

# settle: makes what was written last old enough to be trusted.
settle() {
    sleep 0.03
}

# as_plain TEXT COMMAND…: a compile to x.o, plainly and through the cache.
as_plain() {
    local text=$1
    shift
    "$@" -o plain.o >plain.out 2>&1
    local expected=$?
    local variables=()
    while [[ $1 == env || $1 == *=* ]]; do
        variables+=("$1")
        shift
    done
    "${variables[@]}" "$scrubjay" "$@" -o x.o >x.out 2>&1
    equal "$text: status" "$expected" $?
    same "$text: object" plain.o x.o
    same "$text: messages" plain.out x.out
}

cat >pre.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
int open(const char *path, int flags, int mode)
{
    int (*next)(const char *, int, int) = (int (*)(const char *, int, int))dlsym(RTLD_NEXT, "open");
    const char *slash = strrchr(path, '/');
    return next(strcmp(slash ? slash + 1 : path, "a.c") == 0 ? "b.c" : path, flags, mode);
}
C
gcc -shared -fPIC pre.c -o pre.so -ldl
echo 'int a;' >a.c
echo 'int b;' >b.c
settle
as_plain 'without a library of the user' gcc -c a.c
as_plain 'with one' env "LD_PRELOAD=$work/t/pre.so" gcc -c a.c
as_plain 'without it again' gcc -c a.c

mkdir libraries
cp pre.so libraries/libscrubjaytest.so
settle
as_plain 'a library that is not there' env LD_PRELOAD=libscrubjaytest.so gcc -c a.c
as_plain 'now it is' env LD_PRELOAD=libscrubjaytest.so LD_LIBRARY_PATH="$work/t/libraries" gcc -c a.c

mkdir one two
printf '#pragma once\n1,\n' >one/once.h
cp one/once.h two/once.h
touch -d 2020-01-01 one/once.h two/once.h
printf 'int list[] = {\n#include "one/once.h"\n#include "two/once.h"\n};\nint size = sizeof list;\n' >once.c
settle
as_plain 'copies as old as each other' gcc -c once.c
touch -d 2021-01-01 two/once.h
settle
as_plain 'copies of different age' gcc -c once.c
as_plain 'again' gcc -c once.c

# A directory that is on the search path twice, by two names, counts once, as a system directory.
mkdir user
printf '#define USER 1\n#define USER 2\n' >user/user.h
ln -s user system
printf '#include <user.h>\nint user = USER;\n' >user.c
settle
as_plain 'two names of one directory' gcc -Iuser -isystem system -MMD -MF user.d -c user.c
cp user.d linked.d
rm system
cp -r user system
settle
as_plain 'two directories' gcc -Iuser -isystem system -MMD -MF user.d -c user.c
rm -r system
ln -s user system
settle
as_plain 'one again' gcc -Iuser -isystem system -MMD -MF user.d -c user.c
same 'by the stamp: depfile' linked.d user.d
rm system
cp -r user system
settle
as_plain 'two again' gcc -Iuser -isystem system -MMD -MF user.d -c user.c

# The same when the second name goes while the compiler is at work: what it saw is not what is there
# in the end, although every file that it opened is.
rm -r user system
mkdir user
printf '#define USER 1\n#define USER 2\n' >user/user.h
cp -r user copy
ln -s user system
{
    echo '#include <user.h>'
    for ((i = 0; i < 6000; i++)); do echo "int f$i(int x) { return x * $i + USER; }"; done
} >long.c
settle
"$scrubjay" gcc -O2 -Iuser -isystem system -MMD -c long.c -o x.o 2>/dev/null &
sleep 0.3
rm system
mv user system
mv copy user
wait
settle
as_plain 'a directory that was another' gcc -O2 -Iuser -isystem system -MMD -c long.c
