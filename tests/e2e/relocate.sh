#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An installation finds its parts relative to itself: it works wherever its prefix is moved to.
. "$(dirname "$0")/lib.sh"
need meson gcc jq

check 'installs' meson install --no-rebuild --quiet -C "$build" --destdir "$work/dest"
bin=$(find "$work/dest" -path '*/bin/scrubjay')
mv "${bin%/bin/scrubjay}" "$work/moved"
rm -rf "$work/dest"
for part in bin/scrubjay libexec/scrubjay/scrubjay-main lib/scrubjay/observe.so \
    share/man/man1/scrubjay.1 share/bash-completion/completions/scrubjay; do
    check "has $part" test -s "$work/moved/$part"
done
equal 'the wrapper is on its own' '' "$(find "$work/moved/bin" -type f ! -name scrubjay)"

built=$scrubjay
scrubjay=$work/moved/bin/scrubjay
echo '#include <stdio.h>
int main(void) { return puts("hello") < 0; }' >hello.c
touch -d '1 minute ago' hello.c
gcc -O1 -c hello.c -o plain.o

check 'compiles' "$scrubjay" gcc -O1 -c hello.c -o cold.o
same 'the object is that of a plain run' plain.o cold.o
check 'compiles again' "$scrubjay" gcc -O1 -c hello.c -o warm.o
same 'the restored object, too' plain.o warm.o
equal 'one miss, one hit' '1 1' "$(stat_of '"\(.misses) \(.hits)"')"

mkdir "$work/links"
ln -s ../moved/bin/scrubjay "$work/links/gcc"
check 'works by the name of a link' env PATH="$work/links:$PATH" gcc -O1 -c hello.c -o link.o
same 'and restores the object' plain.o link.o
equal 'as a hit' 2 "$(stat_of .hits)"

scrubjay=$built
check 'the build folder works uninstalled' "$scrubjay" gcc -O1 -c hello.c -o again.o
same 'and shares the store' plain.o again.o
equal 'as a hit, too' 3 "$(stat_of .hits)"
