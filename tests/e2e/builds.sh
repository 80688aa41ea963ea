#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `scrubjay run` notes of builds: commit, branch, CI job, phases, how git calls the inputs; and
# that all of it reaches a server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve-lib.sh"
need gcc git jq
dump=$build/tests/e2e-journal-dump

# Whatever runs the tests may be a CI job.
while IFS='=' read -r name _; do
    case $name in
    GITHUB_* | RUNNER_* | CI_* | BUILDKITE* | CIRCLE* | TRAVIS* | BUILD_* | JOB_* | CHANGE_* | GIT_* | BRANCH_NAME | SYSTEM_* | WORKSPACE)
        unset "$name"
        ;;
    esac
done < <(env)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com

# notes KIND: those of the last build, one a line.
notes() {
    local id
    id=$("$dump" --notes "$SCRUBJAY_DIR" | awk -F '\t' '$1 == "begin" { id = $2 } END { print id }')
    "$dump" --notes "$SCRUBJAY_DIR" | awk -F '\t' -v kind="$1" -v id="$id" '$1 == kind && $2 == id'
}

# noted NAME: its value in the beginning of the last build; - when there is none.
noted() {
    notes begin | tail -1 | cut -f 4- | tr '\t' '\n' | sed -n "s/^$1=//p" | grep . || echo -
}

quiet_run() {
    "$scrubjay" run --quiet "$@"
}

git init -q -b main .
git remote add origin ssh://git@host.example:22/team/name.git
mkdir src
printf '#include "h.h"\nint f(void) { return H; }\n' >src/a.c
printf 'int g(void) { return 1; }\n' >src/b.c
printf '#define H 1\n' >src/h.h
printf 'build/\n' >.gitignore
mkdir build

quiet_run -- true
equal 'no commit yet: none is noted' - "$(noted commit)"
equal '… but the branch' main "$(noted branch)"
equal '… and the project' host.example/team/name "$(noted project)"

git add .
git commit -qm one
head=$(git rev-parse HEAD)
# Younger than a clock tick a file is not taken from git's index, nor stored.
touch -d '1 hour ago' src/*
git update-index -q --refresh

quiet_run --label config=plain -- gcc -c src/a.c -o build/a.o
equal 'commit' "$head" "$(noted commit)"
equal 'branch' main "$(noted branch)"
equal 'not dirty' 0 "$(noted dirty)"
equal 'root' "$PWD" "$(noted root)"
equal 'no CI system' - "$(noted system)"
equal 'CPUs' "$(nproc)" "$(noted cpus)"
check 'machine' grep -qE '^.+-[0-9a-f]{8}$' <<<"$(noted machine)"
equal 'labels go with notes' config=plain "$(notes begin | cut -f 3)"
equal 'the end has a status' 1 "$(notes end | grep -c 'exit_status=0')"
check 'the end has times' grep -qE 'wall_ns=[1-9][0-9]*.user_ns=[0-9]+.system_ns=[0-9]+' \
    <<<"$(notes end)"
equal 'the beginning stands before the records, the end behind' 'begin record end' \
    "$("$dump" --notes "$SCRUBJAY_DIR" | grep -F "$(notes begin | cut -f 2)" | cut -f 1 |
        grep -v blobs | paste -sd ' ')"

status=0
quiet_run -- sh -c 'exit 3' || status=$?
equal 'a failing build fails' 3 "$status"
equal '… and says so' 1 "$(notes end | grep -c 'exit_status=3')"
quiet_run -- ./not-there 2>/dev/null
equal 'a command that is not there has an end, too' 1 "$(notes end | grep -c 'exit_status=127')"

printf '#define H 200\n' >src/h.h
quiet_run -- true
equal 'dirty' 1 "$(noted dirty)"
git checkout -q src/h.h
touch build/x untracked
quiet_run -- true
equal 'what git does not track makes nothing dirty' 0 "$(noted dirty)"
git checkout -q --detach
quiet_run -- true
equal 'detached: no branch' - "$(noted branch)"
equal '… but the commit' "$head" "$(noted commit)"
(cd / && quiet_run --base-dir "$work/t" -- true)
equal 'elsewhere, base_dir tells where' "$head" "$(noted commit)"
mkdir "$work/plain"
(cd "$work/plain" && quiet_run -- true)
equal 'no repository: no commit' - "$(noted commit)"
equal '… and no project' - "$(noted project)"
SCRUBJAY_PROJECT=mine quiet_run -- true
equal 'a setting names the project' mine "$(noted project)"

SCRUBJAY_PROJECT=mine "$scrubjay" doctor --json >out
equal 'doctor tells the commit' 1 "$(jq -r '.[] | select(.check == "git").text' out |
    grep -c "project 'mine' at commit ${head:0:10} of no branch")"
equal '… and whether instructions are counted' ok \
    "$(jq -r '.[] | select(.check == "instructions").level' out)"
CI_JOB_ID=9 CI_JOB_NAME=gcc CI_PIPELINE_ID=8 CI_COMMIT_REF_NAME=a..b "$scrubjay" doctor --json >out
equal '… and the CI job' "gitlab, run '8', job 'gcc'; not right: branch" \
    "$(jq -r '.[] | select(.check == "ci").text' out)"

# Phases.
quiet_run -- sh -c "'$scrubjay' run --phase configure -- gcc -c src/a.c -o build/a.o &&
    '$scrubjay' run --phase build -- gcc -c src/b.c -o build/b.o; '$scrubjay' run --phase test -- false"
equal 'phases of one build' 'configure build test' \
    "$(notes phase | sed 's/.*\tname=\([^\t]*\).*/\1/' | paste -sd ' ')"
equal 'one beginning, one end' '1 1' "$(notes begin | wc -l) $(notes end | wc -l)"
equal 'a phase has a status' 1 "$(notes phase | grep 'name=test' | grep -c 'exit_status=1')"
check 'a phase has times' grep -qE 'wall_ns=[1-9][0-9]*.cpu_ns=[0-9]+' <<<"$(notes phase)"
equal 'records tell their phase' 'src/a.c:phase=configure src/b.c:phase=build' \
    "$(notes record | awk -F '\t' '{ print $4 ":" $3 }' | paste -sd ' ')"
equal 'the build has no phase as a label' - "$(notes begin | cut -f 3)"
quiet_run --label k=v --build-id steps --phase one -- true
quiet_run --label k=v --build-id steps --phase two -- gcc -c src/b.c -o build/b.o
equal 'runs with one id are parts of one build' 'one two' \
    "$(notes phase | sed 's/.*\tname=\([^\t]*\).*/\1/' | paste -sd ' ')"
equal 'labels stay beside the phase' 'k=v,phase=two' "$(notes record | cut -f 3)"
refuse 'a phase has a plain name' quiet_run --phase 'a b' -- true
refuse '… which is not empty' quiet_run --phase= -- true
quiet_run --build-id outer -- "$scrubjay" run --build-id inner -- true
equal 'a name of its own makes a build of its own' '1 1' \
    "$("$dump" --notes "$SCRUBJAY_DIR" | grep -c $'^end\tinner') $("$dump" --notes "$SCRUBJAY_DIR" |
        grep -c $'^end\touter')"

# CI systems: the detached checkout of above.
env GITHUB_RUN_ID=77 GITHUB_SHA="$head" GITHUB_REF=refs/heads/main GITHUB_JOB=gcc \
    GITHUB_REPOSITORY=team/name GITHUB_SERVER_URL=https://host.example \
    "$scrubjay" run --quiet --label job=gcc-12 -- true
equal 'github' "github main 77 gcc-12 host.example/team/name $head" \
    "$(noted system) $(noted branch) $(noted run) $(noted job) $(noted project) $(noted commit)"
equal '… page' https://host.example/team/name/actions/runs/77 "$(noted url)"
env CI_JOB_ID=9 CI_PIPELINE_ID=8 CI_COMMIT_SHA="$head" CI_COMMIT_REF_NAME=fix CI_MERGE_REQUEST_IID=4 \
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main \
    CI_JOB_NAME=gcc "$scrubjay" run --quiet -- true
equal 'gitlab' "gitlab fix main 4 8 gcc $head" \
    "$(noted system) $(noted branch) $(noted target) $(noted pull) $(noted run) $(noted job) $(noted commit)"
env BUILD_TAG=jenkins-x-1 GIT_COMMIT="$head" GIT_BRANCH=origin/main JOB_NAME=x \
    "$scrubjay" run --quiet -- true
equal 'jenkins' "jenkins main jenkins-x-1 x" "$(noted system) $(noted branch) $(noted run) $(noted job)"
env BUILDKITE_JOB_ID=j BUILDKITE_BUILD_ID=b BUILDKITE_COMMIT="$head" BUILDKITE_BRANCH=main \
    BUILDKITE_PULL_REQUEST=false BUILDKITE_STEP_KEY=gcc "$scrubjay" run --quiet -- true
equal 'buildkite' "buildkite main b gcc" "$(noted system) $(noted branch) $(noted run) $(noted job)"
equal '… no pull request' - "$(noted pull)"

# shellcheck disable=SC2016 # it must not be expanded
evil='$(touch${IFS}evil);`touch${IFS}evil`,phase=x'
env CI_JOB_ID=9 CI_COMMIT_SHA=not-a-commit CI_COMMIT_REF_NAME="$evil" CI_JOB_NAME=$'a\x1b[2Jb' \
    "$scrubjay" run --quiet -- true
equal 'a hostile branch is text' "$evil" "$(noted branch)"
equal 'nothing came of it' no "$([ -e evil ] && echo yes || echo no)"
equal 'what cannot be right is left out and named' 'commit,job' "$(noted refused)"
equal 'what is checked out counts' "$head" "$(noted commit)"
env CI_JOB_ID=9 CI_COMMIT_SHA=0123456789012345678901234567890123456789 CI_COMMIT_REF_NAME=fix \
    "$scrubjay" run --quiet -- true
equal 'another commit is noted beside' "$head 0123456789012345678901234567890123456789" \
    "$(noted commit) $(noted ci_commit)"

# A pull request is built as a merge that GitHub made.
git checkout -q -b fix
git commit -q --allow-empty -m two
tip=$(git rev-parse HEAD)
git checkout -q main
git commit -q --allow-empty -m three
base=$(git rev-parse HEAD)
git checkout -q --detach
git merge -q --no-ff -m merge fix
merge=$(git rev-parse HEAD)
env GITHUB_RUN_ID=78 GITHUB_SHA="$merge" GITHUB_REF=refs/pull/7/merge GITHUB_HEAD_REF=fix \
    GITHUB_BASE_REF=main "$scrubjay" run --quiet -- true
equal 'a synthetic merge has a head and a base' "$merge $tip $base 7 fix main" \
    "$(noted commit) $(noted head) $(noted base) $(noted pull) $(noted branch) $(noted target)"
printf '{"pull_request":{"number":7,"head":{"sha":"%s"},"base":{"sha":"%s"}}}' "$tip" "$base" \
    >"$work/event.json"
git clone -q --depth 1 "file://$PWD" "$work/shallow" 2>/dev/null
git -C "$work/shallow" remote set-url origin ssh://git@host.example/team/name.git
(cd "$work/shallow" && env GITHUB_RUN_ID=78 GITHUB_SHA="$merge" GITHUB_REF=refs/pull/7/merge \
    GITHUB_EVENT_PATH="$work/event.json" GITHUB_HEAD_REF=fix GITHUB_BASE_REF=main \
    "$scrubjay" run --quiet -- true)
equal '… in a clone of depth 1, too' "$merge $tip $base" \
    "$(noted commit) $(noted head) $(noted base)"

# What the inputs are called in git: of the build in the database, with the files still as they were.
git checkout -q main
touch -d '1 hour ago' src/*
git update-index -q --refresh
builds=$build/tests/e2e-build-dump
# build_line ID: its line in the database; inputs_of ID: "path blob" of its misses.
build_line() {
    "$builds" "$1" | awk -F '\t' -v id="$2" '$1 == "build" && $2 == id'
}
inputs_of() {
    "$builds" "$1" | awk -F '\t' -v id="$2" '
        $1 == "build" { in_it = $2 == id }
        $1 == "input" && in_it && $2 ~ /^(src|build|gen|link)/ { print $2, $3 }' | sort -u
}
printf 'int gen(void) { return 1; }\n' >build/gen.c
printf '#include "h.h"\n#include "../build/gen.c"\nint b(void) { return H; }\n' >src/c.c
git add src/c.c
git commit -qm four
touch -d '1 hour ago' src/c.c build/gen.c
git update-index -q --refresh
quiet_run --build-id named -- gcc -c src/c.c -o build/c.o
equal 'the build is in the database' "named host.example/team/name main $(git rev-parse HEAD) 0 1 1" \
    "$(build_line "$SCRUBJAY_DIR" named | cut -f 2-8 | tr '\t' ' ')"
equal 'inputs have their git names' "build/gen.c -
src/c.c $(git rev-parse HEAD:src/c.c)
src/h.h $(git rev-parse HEAD:src/h.h)" "$(inputs_of "$SCRUBJAY_DIR" named)"
# Of another size: git itself takes whole seconds of a file's times for enough.
printf '#define H 300\n' >src/h.h
touch -d '1 hour ago' src/h.h
quiet_run --build-id changed -- gcc -c src/c.c -o build/c.o
equal 'what is not committed has the name that it would have' \
    "src/h.h $(git hash-object src/h.h)" "$(inputs_of "$SCRUBJAY_DIR" changed | grep src/h.h)"
git checkout -q src/h.h
touch -d '1 hour ago' src/h.h
quiet_run --build-id touched -- sh -c "gcc -O1 -c src/c.c -o build/c.o && echo >>src/c.c"
equal 'what changed meanwhile is not named anew' \
    "src/c.c $(git rev-parse HEAD:src/c.c)" "$(inputs_of "$SCRUBJAY_DIR" touched | grep src/c.c)"
git checkout -q src/c.c
touch -d '1 hour ago' src/c.c
status=0
SCRUBJAY_DIR=$work/ro SCRUBJAY_READ_ONLY=1 quiet_run -- gcc -c src/b.c -o build/b.o 2>/dev/null || status=$?
equal 'read-only: the build runs' 0 "$status"
equal '… and nothing is written' no "$([ -e "$work/ro/records" ] && echo yes || echo no)"
SCRUBJAY_DIR=$work/off SCRUBJAY_STATS=0 quiet_run -- gcc -c src/b.c -o build/b.o
equal 'no records, no notes' no "$([ -e "$work/off/journal" ] && echo yes || echo no)"
mkdir -p "$work/bad/records"
echo nonsense >"$work/bad/records/data.mdb"
status=0
SCRUBJAY_DIR=$work/bad "$scrubjay" run --quiet -- gcc -c src/b.c -o build/b.o >said 2>&1 || status=$?
equal 'a damaged database is not the build'"'"'s business' '0 0' "$status $(wc -c <said)"

# Two steps of one job, which has one id.
for step in one two; do
    env CI_JOB_ID=steps CI_JOB_NAME=gcc "$scrubjay" run --quiet --phase "$step" -- \
        gcc "-DSTEP=\"$step\"" -c src/b.c -o build/b.o
done
equal 'steps of one job are one build' '0 1 2 one,two' \
    "$(build_line "$SCRUBJAY_DIR" gitlab-steps | cut -f 6- | tr '\t' ' ')"

# Everything reaches a server.
serve_start server
export SCRUBJAY_AGENT_IDLE=2s SCRUBJAY_UPLOAD_WAIT=60s
for space in '' /team; do
    SCRUBJAY_DIR=$work/client$space SCRUBJAY_REMOTE=http://$address$space \
        quiet_run --build-id "far${space#/}" -- sh -c "gcc -O2 -c src/c.c -o build/c.o &&
            '$scrubjay' run --phase test -- true"
done
deadline=$((SECONDS + 60))
until [ "$(build_line "$work/server" farteam 2>/dev/null | cut -f 8-)" = $'1\ttest' ]; do
    [ $SECONDS -lt $deadline ] || break
    sleep 0.1
done
for id in far farteam; do
    equal "the server takes build $id in by itself" \
        "$id host.example/team/name main $(git rev-parse HEAD) 0 1 1 test" \
        "$(build_line "$work/server" $id | cut -f 2- | tr '\t' ' ')"
    equal '… and knows what its inputs are' "build/gen.c -
src/c.c $(git rev-parse HEAD:src/c.c)
src/h.h $(git rev-parse HEAD:src/h.h)" "$(inputs_of "$work/server" $id)"
done
equal 'notes tell their namespace' 'namespace=default namespace=team' \
    "$("$dump" --notes "$work/server" | awk -F '\t' '$1 == "begin" { print $3 }' | paste -sd ' ')"
serve_stop
