#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `scrubjay trend` and `scrubjay compare` on real builds: a header becomes dear in one commit.
. "$(dirname "$0")/lib.sh"
need gcc git jq

# Whatever runs the tests may be a CI job.
while IFS='=' read -r name _; do
    case $name in
    GITHUB_* | RUNNER_* | CI_* | BUILDKITE* | CIRCLE* | TRAVIS* | BUILD_* | JOB_* | CHANGE_* | GIT_* | BRANCH_NAME | SYSTEM_* | WORKSPACE)
        unset "$name"
        ;;
    esac
done < <(env)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.com
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.com

status=0
"$scrubjay" trend >out 2>err || status=$?
equal 'no records: failed' 1 "$status"
has '… and says what makes some' "scrubjay run" err

git init -q -b main .
mkdir src obj
printf 'obj/\nout*\nerr*\n' >.gitignore
cat >build.sh <<'END'
set -e
for source in src/*.c; do
    gcc -O1 -c "$source" -o "obj/$(basename "$source" .c).o"
done
END
printf '#define COMMON 1\n' >src/common.h
for unit in a b c d e f; do
    printf '#include "common.h"\nint %s(void) { return COMMON; }\n' "$unit" >"src/$unit.c"
done

# commit SUBJECT: commits, then builds. Files younger than a clock tick are not stored.
commit() {
    git add -A
    git commit -qm "$1"
    touch -d '1 hour ago' src/*
    git update-index -q --refresh
    "$scrubjay" run --quiet -- sh build.sh
}

for i in 1 2 3 4 5 6; do
    printf 'int a%s(void) { return 1; }\n' "$i" >>src/a.c
    commit "change a, $i"
done
before=$(git rev-parse HEAD)
for i in $(seq 300); do
    printf 'static inline int dear%s(int x) { int y = x * %s; for (int i = 0; i < y; i++) { y ^= i << 3; } return y; }\n' "$i" "$i"
    printf 'int (*const dear_at%s)(int) __attribute__((weak)) = dear%s;\n' "$i" "$i"
done >>src/common.h
commit 'make the header dear'
dear=$(git rev-parse HEAD)
for i in 1 2 3 4 5; do
    printf 'int b%s(void) { return 1; }\n' "$i" >>src/b.c
    commit "change b, $i"
done

"$scrubjay" trend --json >out.json 2>err.json || cat err.json
equal 'builds' 12 "$(jq '.points | length' out.json)"
equal 'branch' main "$(jq -r .branch out.json)"
equal 'units' 6 "$(jq '.series[] | select(.name == "units") | .values[-1]' out.json)"
equal 'one step of CPU' 1 "$(jq '[.steps[] | select(.series == "cpu" and .is_certain)] | length' out.json)"
step='.steps[] | select(.series == "cpu")'
equal '… with the build of the dear commit' 6 "$(jq "$step | .point" out.json)"
equal '… upwards' true "$(jq "$step | .change > 0.5 and .change_low > 0.3" out.json)"
equal '… in all units' 6 "$(jq "$step | .units_changed" out.json)"
equal '… by that commit' "$dear" "$(jq -r "$step | .candidates[0].commit" out.json)"
equal '… alone' '1 1' "$(jq -r "$step | \"\(.commits) \(.candidates[0].share)\"" out.json)"
equal 'bytes stepped there, too' 6 \
    "$(jq '.steps[] | select(.series == "input-bytes") | .point' out.json)"
equal 'the same across units' 1 "$(jq '[.across_units.significant[] | select(.units == 6)] | length' out.json)"
equal '… between those commits' "$before $dear" \
    "$(jq -r '.across_units.significant[0] | "\(.commit_before) \(.commit_after)"' out.json)"

LC_ALL=C "$scrubjay" trend >out.txt
has 'text: the series' '^cpu +CPU if all missed' out.txt
has 'text: the step' '  cpu  x[0-9.]+ \(' out.txt
has 'text: the commit' "${dear:0:10} make the header dear: 6 units, 100 % of it" out.txt
refuse 'text: ASCII where the locale is' grep -qP '[^\x00-\x7f]' out.txt
LC_ALL=C.UTF-8 "$scrubjay" trend cpu >out.txt
has 'text: blocks where the locale has them' '▁' out.txt
refuse 'text: only the series that was asked for' grep -q '^spent' out.txt
"$scrubjay" trend --markdown >out.md
has 'markdown: a table' '^\| cpu \|' out.md

"$scrubjay" trend --unit src/a.c --json >out.json 2>err.json
equal 'one unit' 1 "$(jq '.series[] | select(.name == "units") | .values[-1]' out.json)"
"$scrubjay" trend --by directory --json >out.json 2>err.json
equal 'by directory' src "$(jq -r '.series[0].group' out.json)"
"$scrubjay" trend --by toolchain --json >out.json 2>err.json
equal 'by toolchain' gcc "$(jq -r '.series[0].group' out.json)"
"$scrubjay" trend --by unit --json >out.json 2>err.json
equal 'by unit' 6 "$(jq '.series | length' out.json)"
refuse 'no such series' "$scrubjay" trend speed
refuse 'no such unit' "$scrubjay" trend --unit nothing.c
refuse 'no such branch' "$scrubjay" trend --branch nothing

"$scrubjay" compare "$before" "$dear" --json >out.json 2>err.json || cat err.json
equal 'compare: units' 6 "$(jq '.rows | length' out.json)"
equal '… all dearer' 6 "$(jq .dearer out.json)"
equal '… inputs differ' '["inputs"]' "$(jq -c '[.rows[].why] | unique' out.json)"
equal '… one each' '[1]' "$(jq -c '[.rows[].inputs_changed] | unique' out.json)"
equal '… and the total' true "$(jq '.total_after_ns > 1.5 * .total_before_ns and .chance < 0.01' out.json)"
"$scrubjay" compare "$dear..HEAD" --json >out.json 2>err.json
equal 'a range: what is the same' 5 "$(jq .same out.json)"
"$scrubjay" compare "$before" "$dear" >out.txt
has 'text: the units' '^src/a.c|^obj/a.o' out.txt
"$scrubjay" compare "$before" "$dear" --markdown >out.md
has 'markdown: a table' '^\| ' out.md
refuse 'no such build' "$scrubjay" compare "$before" nothing
refuse 'one build is not two' "$scrubjay" compare "$before"

"$scrubjay" --audit 1 run --quiet -- sh build.sh 2>/dev/null || SCRUBJAY_AUDIT=1 "$scrubjay" run --quiet -- sh build.sh
"$scrubjay" trend --json >out.json 2>err.json
equal 'audits' '6 0' "$(jq -r '.audits | "\(.compiled_again) \(.differed)"' out.json)"
check '… are controls' jq -e '.machines.controls > 0' out.json
