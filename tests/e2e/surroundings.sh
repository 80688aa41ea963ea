#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a compile is started with (signals, limits, descriptors, a bare environment) must not make it
# end in another way than a plain one.
. "$(dirname "$0")/lib.sh"
need gcc jq python3

# status EXPECTED TEXT COMMAND…
status() {
    local expected=$1 text=$2 actual=0
    shift 2
    "$@" >out 2>err </dev/null || actual=$?
    equal "$text" "$expected" "$actual"
}

# fresh NAME: a source that no one has compiled yet.
fresh() {
    printf 'int %s;\n' "$1" >"$1.c"
    rm -f "$1.o"
}

ignoring='import os, signal, sys
signal.signal(getattr(signal, sys.argv[1]), signal.SIG_IGN)
os.execvp(sys.argv[2], sys.argv[2:])'
echo 'int x = ;' >bad.c
fresh good
status 1 'a failure is seen when SIGCHLD is ignored' \
    python3 -c "$ignoring" SIGCHLD "$scrubjay" gcc -c bad.c
status 0 'so is success' python3 -c "$ignoring" SIGCHLD "$scrubjay" gcc -c good.c

{
    for ((i = 0; i < 2000; i++)); do echo "#warning number $i of many long ones ................"; done
    echo 'int loud;'
} >loud.c
plain=$(gcc -c loud.c 2>&1 >/dev/null | true; echo "${PIPESTATUS[0]}")
rm -f loud.o
equal 'nobody reads: the compiler is told, not we' "$plain" \
    "$("$scrubjay" gcc -c loud.c 2>&1 >/dev/null | true; echo "${PIPESTATUS[0]}")"
check 'there is no object either' test ! -e loud.o

nonblocking='import fcntl, os, subprocess, sys, time
reader, writer = os.pipe()
fcntl.fcntl(writer, fcntl.F_SETFL, os.O_NONBLOCK)
tool = subprocess.Popen(sys.argv[1:], stderr=writer)
os.close(writer)
text = bytes()
while True:
    time.sleep(0.001)
    part = os.read(reader, 4096)
    if not part: break
    text += part
sys.stdout.buffer.write(text)
sys.exit(tool.wait())'
status 0 'a descriptor that does not block is no reason to fail' \
    python3 -c "$nonblocking" "$scrubjay" gcc -c loud.c
gcc -c loud.c 2>expected
same 'nor to lose messages' expected out
status 0 'a hit waits for its reader, too' python3 -c "$nonblocking" "$scrubjay" gcc -c loud.c
same 'and prints them all' expected out

for count in 5 6 7 8 9 10 12; do
    fresh "files$count"
    status 0 "$count descriptors will do" bash -c "ulimit -n $count; exec '$scrubjay' gcc -c files$count.c"
    check "$count: the object is there" test -s "files$count.o"
done
for size in 8 64; do
    fresh "size$size"
    status 0 "files of $size KiB will do" bash -c "ulimit -f $size; exec '$scrubjay' gcc -c size$size.c"
    check "$size: the object is there" test -s "size$size.o"
    status 0 "and again" bash -c "ulimit -f $size; exec '$scrubjay' gcc -c size$size.c"
done

fresh bare
status 0 'no environment at all' env -i "$scrubjay" gcc -c bare.c
check 'the object is there' test -s bare.o

if command -v clang >/dev/null; then
    fresh given
    # shellcheck disable=SC2016 # for the other shell
    status 0 'a response file that is a pipe is left to the compiler' \
        bash -c '"$0" clang @<(echo -c given.c)' "$scrubjay"
    check 'the object is there' test -s given.o
fi

# shellcheck disable=SC2016 # so are they called
mkdir -p 'a b/bin' 'a b/lib/scrubjay' 'a$b/bin' 'a$b/lib/scrubjay'
# shellcheck disable=SC2016 # so are they called
for place in 'a b' 'a$b'; do
    cp "$scrubjay" "$place/bin/scrubjay"
    cp "$build/src/observe/observe.so" "$place/lib/scrubjay/"
    fresh spaced
    status 0 "installed in '$place'" "$place/bin/scrubjay" gcc -c spaced.c
    refuse 'the loader does not complain' grep -q 'ld.so' err
done

if unshare -m true 2>err; then
    fresh hidden
    mkdir links
    ln -s "$scrubjay" links/gcc
    # shellcheck disable=SC2016 # for the other shell
    status 0 'a link finds the compiler without /proc' unshare -m bash -c \
        'mount -t tmpfs none /proc && PATH=$PWD/links:$PATH exec gcc -c hidden.c'
    check 'the object is there' test -s hidden.o
fi
