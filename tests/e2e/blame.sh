#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `blame` and `why`: what real commits cost real builds.
. "$(dirname "$0")/lib.sh"
need gcc git jq make

export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
git init -q -b main
git config user.name 'Ann Author'
git config user.email ann@example.org
git config protocol.file.allow always
commit() {
    git add -A && git commit -q -m "$1"
}
# build ID: from scratch, in this tree.
build() {
    rm -f ./*.o src/*.o
    "$scrubjay" run --build-id "$1" -- make -s >out 2>err
}
# charge SUBJECT: compiles that a commit was charged for.
charge() {
    "$scrubjay" blame --json | jq --arg subject "$1" '[.lines[] | select(.subject == $subject) | .compiles] | add // 0'
}
# cause NAME: compiles that were charged to something else than a commit.
cause() {
    "$scrubjay" blame --json |
        jq --arg cause "$1" '[.necessary, .redundant, .other | .causes[] | select(.cause == $cause) | .compiles] | add // 0'
}

refuse 'without records blame says what makes some' "$scrubjay" blame

mkdir src gen
printf '*.o\nout/\nerr\nout\n' >.gitignore
echo '#define A 1' >a.h
echo '#define B 1' >src/b.h
printf '#include "a.h"\nint x(void) { return A; }\n' >x.c
printf '#include "a.h"\n#include "src/b.h"\nint y(void) { return A + B; }\n' >y.c
printf '#include "release.h"\nconst char *z(void) { return RELEASE; }\n' >z.c
cat >Makefile <<'END'
CFLAGS = -O1
all: x.o y.o z.o
z.o: release
.PHONY: release
release:
	@mkdir -p gen && echo "#define RELEASE \"$$(git rev-parse HEAD)\"" >gen/release.h
%.o: %.c
	$(CC) $(CFLAGS) -I. -Igen -c $< -o $@
END
echo gen/ >>.gitignore
commit 'first'
build 1
equal 'the first build is cold' 3 "$(cause cold)"

echo '#define A 2' >a.h
commit 'edit a'
build 2
equal 'a commit is charged for who includes its header' 2 "$(charge 'edit a')"
equal 'a generated file is no commit' 1 "$(cause generated)"

echo '#define A 3' >a.h
commit 'edit a again'
echo '#define B 2' >src/b.h
commit 'edit b'
build 3
equal 'two commits at once share' '1 2' "$(charge 'edit b') $(charge 'edit a again')"
equal 'each by its file' 'src/b.h' \
    "$("$scrubjay" blame --json | jq -r '.lines[] | select(.subject == "edit b") | .files[].path')"
equal 'half of a unit that both changed' true \
    "$("$scrubjay" blame --json | jq '.lines[] | select(.subject == "edit b") | .charge_ns * 2 - .standalone_ns | fabs <= 1')"

sed -i 's/-O1/-O2/' Makefile
commit 'to -O2'
build 4
equal 'flags are charged to the build description' 3 "$(charge 'to -O2')"

git checkout -q -b side
echo '#define A 4' >a.h
commit 'edit a on the side'
echo '#define B 3' >src/b.h
commit 'edit b on the side'
git checkout -q main
git merge -q --no-ff -m 'merge side' side
build 5
equal 'a merge is one commit' '2 0' "$(charge 'merge side') $(charge 'edit a on the side')"
equal 'that can be looked into' 'edit a on the side 2, edit b on the side 1' \
    "$("$scrubjay" blame --drill --json | jq -r '[.lines[] | select(.subject == "merge side") | .parts[] | "\(.subject) \(.compiles)"] | sort | join(", ")')"
equal 'its parts add up' true \
    "$("$scrubjay" blame --drill --json | jq '.lines[] | select(.subject == "merge side") | .charge_ns == ([.parts[].charge_ns] | add)')"

git mv x.c w.c
sed -i 's/x\.o/w.o/' Makefile
commit 'rename x'
build 6
equal 'a renamed unit is charged to the rename' 1 "$(charge 'rename x')"

echo '#define A 5' >a.h
build 7
equal 'what is in no commit is said to be so' 2 "$(cause uncommitted)"
git checkout -q -- a.h

"$scrubjay" clear --yes >/dev/null 2>&1 || "$scrubjay" clear >/dev/null 2>&1
build 8
equal 'what had been stored is redundant' true "$("$scrubjay" why 8 --json |
    jq '[.units[] | select(.causes[0].cause == "evicted") | .unit] | contains(["w.o", "y.o"])')"

total() {
    "$scrubjay" blame --json --by "$1" | jq '[.lines[].charge_ns] | add'
}
equal 'authors are charged what commits are' "$(total commit)" "$(total author)"
equal 'files are charged what commits are' "$(total commit)" "$(total file)"
equal 'the root has all of it' "$(total commit)" \
    "$("$scrubjay" blame --json --by directory | jq '.lines[] | select(.directory == ".") | .charge_ns')"
equal 'all misses are charged, to the nanosecond' \
    "$("$scrubjay" stats --json | jq .spent_cpu_ns)" \
    "$("$scrubjay" blame --json | jq '.necessary.cpu_ns + .redundant.cpu_ns + .other.cpu_ns')"
equal 'charges and causes add up' true \
    "$("$scrubjay" blame --json | jq '([.lines[].charge_ns] | add) + ([.necessary.causes[].charge_ns] | add) == .necessary.cpu_ns')"

"$scrubjay" blame >page
has 'the page names commits' ' edit a again$' page
has 'and what is volatile' '^  gen/release\.h: in [0-9]+ of [0-9]+ builds' page
"$scrubjay" blame --markdown >page
has 'a comment has a table' '^\| charge \| share ' page
"$scrubjay" blame HEAD~3..HEAD >page
has 'a range has its builds only' ' of .*misses$' page
refuse 'an unknown range is refused' "$scrubjay" blame nowhere..HEAD
refuse 'an unknown sum is refused' "$scrubjay" blame --by moon

"$scrubjay" why 3 >page
has 'why BUILD names what it was compared with' '^compared with 2, ' page
has 'and its commits' ' edit a again' page
has 'and its dearest units' '  y\.o +.*edit ' page
equal 'why BUILD as JSON has causes of units' 'edit a again,edit b' \
    "$("$scrubjay" why 3 --json | jq -r '[.units[] | select(.unit == "y.o") | .causes[].subject] | sort | join(",")')"
"$scrubjay" why last >page
has 'why last is the latest build' '^build 8, ' page
"$scrubjay" why w.o >page
has 'why UNIT names what it is put down to' '^    evicted: ' page

"$scrubjay" clear --help >/dev/null
rm -rf "$SCRUBJAY_DIR/journal"
equal 'why UNIT needs no journal' 'evicted' "$("$scrubjay" why w.o --json | jq -r '.[0].causes[0].cause')"
