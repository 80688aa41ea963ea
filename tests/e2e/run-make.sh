#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `run -- make`: compilers found by name go through the cache, and the report tells what came of it.
. "$(dirname "$0")/lib.sh"
need gcc jq make script

mkdir sub
printf '#include "h.h"\nint a(void) { return H; }\n' >a.c
printf '#include "../h.h"\nint b(void) { return H; }\n' >sub/b.c
printf '#define H 1\n' >h.h
printf 'int main(void) { return 0; }\n' >main.c
cat >Makefile <<'END'
prog: main.o a.o sub/b.o
	$(CC) -o $@ $^
sub/b.o:
	$(MAKE) -C sub b.o
clean:
	rm -f prog *.o sub/*.o
END
echo 'b.o: b.c' >sub/Makefile
touch -d '1 hour ago' ./*.c sub/*.c h.h
# report FILTER: a value of the last build's report.
report() {
    jq -r "$1" report.json
}
# build ARGUMENT…: from scratch, with -j2.
build() {
    make -s clean
    "$scrubjay" run --report report.json "$@" -- make -j2 >out 2>err
}

check 'a cold build succeeds' build
equal 'every compile is an action' '0 3 1' "$(report '"\(.hits) \(.misses) \(.bypassed.link)"')"
equal 'misses are new' 3 "$(report '.misses_by_reason.new')"
equal 'misses are stored' 3 "$(report .stored)"
equal 'the dearest are named' 3 "$(report '.dearest_misses | length')"
has 'the report shows counts' '^actions +0 hits, 3 misses, 1 bypassed$' err
has 'the report shows the hit rate' '^hit rate +0\.0 % by count, 0\.0 % by CPU$' err
has 'a miss is named from here' ' sub/b\.o  ' err
has 'a bypass has its reason' ' link  ' err
equal 'stdout is left to the build' 0 "$(grep -cE 'hit rate|scrubjay: ' out)"
equal 'make finds its jobserver' 0 "$(cat out err | grep -c jobserver)"

make -s clean
make -s -j2 >/dev/null
cp a.o plain-a
cp sub/b.o plain-b
check 'a warm build succeeds' build
equal 'every compile is a hit' '3 0' "$(report '"\(.hits) \(.misses)"')"
same 'an object is that of a plain build' a.o plain-a
same 'so is one of a sub-make' sub/b.o plain-b
check 'CPU is saved' test "$(report .saved_cpu_ns)" -gt 0
equal 'all CPU is saved' 1 "$(report .hit_rate_cpu)"
has 'the report says so' '100\.0 % by count, 100\.0 % by CPU' err

echo '#define H 2' >h.h
touch -d '30 minutes ago' h.h
check 'a build with a changed header succeeds' build
equal 'who includes it misses' '1 2' "$(report '"\(.hits) \(.misses)"')"

check 'a build may be named' build --build-id nightly-7 --label phase=test --label host=a
equal 'its name is in the report' nightly-7 "$(report .build)"
equal 'so are its labels' 'test a' "$(report '"\(.labels.phase) \(.labels.host)"')"

check 'two builds have two names' test \
    "$("$scrubjay" run --json --quiet -- true | jq -r .build)" != \
    "$("$scrubjay" run --json --quiet -- true | jq -r .build)"

make -s clean
"$scrubjay" run --json -- make -s >out.json 2>err
equal 'a report goes to stdout' 3 "$(tail -n 1 out.json | jq .hits)"
equal '… and not to stderr' '' "$(cat err)"
"$scrubjay" run --quiet -- sh -c 'echo out; echo err >&2' >out 2>err
equal 'quiet leaves stdout alone' out "$(cat out)"
equal 'quiet leaves stderr alone' err "$(cat err)"

make -s clean
"$scrubjay" run --build-id outer --report report.json -- \
    "$scrubjay" run --report inner.json -- make -s >out 2>err
equal 'a nested run belongs to the outer build' 'outer outer' \
    "$(report .build) $(jq -r .build inner.json)"
equal 'only one report is shown' 1 "$(grep -c '^scrubjay: build' err)"
equal 'both count the same' "$(report .hits)" "$(jq .hits inner.json)"
"$scrubjay" run --build-id outer --quiet -- \
    "$scrubjay" run --build-id inner --report inner.json -- true
equal 'a nested run may have its own name' inner "$(jq -r .build inner.json)"

GITHUB_RUN_ID=12 GITHUB_RUN_ATTEMPT=3 GITHUB_JOB=b "$scrubjay" run --report report.json -- true 2>err
equal 'a CI job names its build' github-12-3-b "$(report .build)"
has 'a build without compiles says so' 'no compiler was called through scrubjay' err

make -s clean
SCRUBJAY_DISABLE=1 "$scrubjay" run --report report.json -- make -s >out 2>err
equal 'a disabled cache still counts' '0 0 4' \
    "$(report '"\(.hits) \(.misses) \([.bypassed[]] | add)"')"

echo 'int main(void) { return }' >main.c
refuse 'a build that fails fails' build
equal 'what failed is counted' 1 "$(report .failed)"
has 'the report is shown all the same' '^scrubjay: build .*, failed with status 2$' err
printf 'int main(void) { return 0; }\n' >main.c

# On a terminal of 24 rows: the last one shows how things stand, the build has the others.
make -s clean
TERM=xterm script -qec "stty rows 24 cols 80; '$scrubjay' run -- sh -c 'make; sleep 0.6'" typescript \
    >/dev/null
has 'a terminal shows progress' $'\033\\[24;1H.*scrubjay: 4 done, ' typescript
has 'the terminal is given back' $'\033\\[r' typescript
make -s clean
TERM=xterm script -qec "'$scrubjay' run --progress never -- make" typescript >/dev/null
equal 'progress can be turned off' 0 "$(grep -c $'\033\\[24' typescript)"
make -s clean
NO_COLOR=1 TERM=xterm script -qec "'$scrubjay' run --progress never -- make" typescript >/dev/null
equal 'headings can be plain' 0 "$(grep -c $'\033\\[1m' typescript)"
make -s clean
check 'a log can have progress' "$scrubjay" run --progress always -- sh -c 'make -s; sleep 0.4'
