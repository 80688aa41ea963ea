#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the pages of a server work out: kept over a restart, the same wherever it comes from, worth
# nothing when damaged, and made ahead of readers when records come.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve-lib.sh"
need curl git gcc

for name in $(env | sed -n 's/^\(\(GITHUB\|CI\|GIT\)[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com
kept=$work/server/records/pages
pages=(overview misses commits headers units compare unit/one.o commit/HEAD)

# commit NUMBER: a commit that changes a header.
commit() {
    printf '#define N %s\n' "$1" >n.h
    git add . && git commit -qm "change $1" && touch -d '1 hour ago' ./*.[ch]
}

# build NUMBER: a build whose records are in the server's store.
build() {
    SCRUBJAY_DIR=$work/server "$scrubjay" run --quiet --build-id "build-$1" -- \
        sh -c 'gcc -c one.c -o one.o && gcc -c two.c -o two.o' >/dev/null 2>&1
}

# ask DIRECTORY: all pages, as programs see them.
ask() {
    local page
    mkdir "$work/$1"
    for page in "${pages[@]}"; do
        curl -sS --max-time 20 -H "Authorization: Bearer $admin" \
            "http://$address/api/v1/$page" >"$work/$1/${page//\//-}"
    done
}

# size: bytes of what is kept.
size() {
    stat -c %s "$kept" 2>/dev/null || echo 0
}

# until_more TEXT BYTES: waits until more than that is kept.
until_more() {
    local deadline=$((SECONDS + 60))
    until [ "$(size)" -gt "$2" ]; do
        [ $SECONDS -lt $deadline ] || {
            fail "$1" "still $(size) bytes"
            return
        }
        sleep 0.05
    done
    pass "$1"
}

start() {
    serve_start server --anonymous none --durable=no --repositories "$PWD"
}

git init -q -b main .
git remote add origin ssh://git@host.example:22/team/name.git
printf '#include "n.h"\nint f(void) { return N; }\n' >one.c
printf '#include "n.h"\nint g(void) { return N + 1; }\n' >two.c
for number in 1 2 3 4; do
    commit $number
    build $number
done
mkdir -p "$work/server"
admin=$("$scrubjay" token create --cache-dir "$work/server" --scope read,admin 2>/dev/null)

start
ask cold
has 'a build is there' build-4 "$work/cold/overview"
until_more 'what was worked out is kept' 16
ask warm
check 'from memory it is the same' diff -r "$work/cold" "$work/warm"
serve_stop

start
ask restarted
check 'from the file it is the same' diff -r "$work/cold" "$work/restarted"
serve_stop

truncate -s $(($(size) * 2 / 3)) "$kept"
start
ask torn
check 'from a torn file it is the same' diff -r "$work/cold" "$work/torn"
serve_stop

bytes=$(size)
printf 'a foreign file that is long enough to have a header\n' >"$kept"
rm -f "$kept.old"
start
ask foreign
check 'in place of a foreign file it is the same' diff -r "$work/cold" "$work/foreign"
refuse '… which is gone' grep -q foreign "$kept"
serve_stop

for ((at = 20; at < bytes; at += 400)); do
    printf '\377\377\377\377' | dd of="$kept" bs=1 seek=$at conv=notrunc status=none
done
start
ask damaged
check 'with damage all over it is the same' diff -r "$work/cold" "$work/damaged"

# Records come; nobody asks for a page.
bytes=$(size)
commit 5
build 5
until_more 'pages are made before anybody asks' "$bytes"
ask more
has '… of the new build, too' build-5 "$work/more/overview"
serve_stop
start
ask again
check '… and after a restart they are the same' diff -r "$work/more" "$work/again"
serve_stop
