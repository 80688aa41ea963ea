#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Predictions and charges on a real project's history: builds consecutive commits in one work tree,
# each through `scrubjay run`, asks before each build which units it will compile, and compares that
# with the units that the build tool really compiled.
#
#   tests/bench/validate.sh BUILD-FOLDER [OPTION]... CLONE -- COMMAND...
#
#   --count N          commits to build, 25 unless said otherwise
#   --tip REV          the newest of them; the clone's HEAD unless said otherwise
#   --prepare COMMAND  shell command before the first build, such as a configure script
#   --always REGEX     units that every build compiles, told apart in the sums
#
# A hit counts as compiled where it was foretold (it was changed back), else it is shown apart: make
# asked for it, since a file was newer, but nothing had changed.
#
#   --flags-commit REV a commit that changes flags and little else: its parent is built from nothing,
#                      then it is, in two more work trees; all that it compiles must be charged to it
#
# CLONE is only read. Prints a line for each commit, then precision and recall of the sets, and
# whether the charges of `scrubjay blame` add up to the CPU of all compiles. A wrong sum is a
# failure; a set that was not foretold is a figure.

. "$(dirname "$0")/lib.sh"

count=25 tip=HEAD prepare=: always='^$' flags_commit=
while [ $# -gt 0 ]; do
    case $1 in
    --count) count=$2 ;;
    --tip) tip=$2 ;;
    --prepare) prepare=$2 ;;
    --always) always=$2 ;;
    --flags-commit) flags_commit=$2 ;;
    *) break ;;
    esac
    shift 2
done
clone=${1:?"usage: $0 BUILD-FOLDER [OPTION]... CLONE -- COMMAND..."}
[ "${2:-}" = -- ] || {
    echo "usage: $0 BUILD-FOLDER [OPTION]... CLONE -- COMMAND..." >&2
    exit 2
}
clone=$(cd "$OLDPWD" && cd "$clone" && pwd)
shift 2
PATH=$build/src/cli:$PATH
export SCRUBJAY_PROJECT=validated # whatever folder it is built in

# compiled BUILD: units that were compiled; what the build tool asked for without need came from the
# cache, when nothing about it had changed.
compiled() {
    "$scrubjay" export jsonl --build "$1" 2>"$work/export" |
        jq -r "select(.outcome == \"hit\" or .outcome == \"miss\") | [.outcome, .unit] | @tsv" |
        sort -u
}

# share A B: A of B in per cent.
share() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f %%", b ? 100 * a / b : 100 }'
}

# prepare: what a build system finds then it keeps for ever, so it must find the compilers of `run`.
prepare() {
    "$scrubjay" run -- sh -c "$prepare" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log"
        exit 1
    }
}

# build_one COMMIT COMMAND...: checks the commit out and builds it; the log is shown when it fails.
build_one() {
    git checkout -q --force "$1"
    "$scrubjay" run -- "${@:2}" >"$work/log" 2>&1 || {
        tail -n 20 "$work/log"
        echo "the build of $1 failed: this commit says nothing"
        return 1
    }
}

git clone -q --shared --no-checkout "$clone" "$work/tree"
cd "$work/tree"
tip=$(git -C "$clone" rev-parse "$tip^{commit}")
mapfile -t commits < <(git rev-list --first-parent --max-count=$((count + 1)) "$tip" | tac)

git checkout -q "${commits[0]}"
prepare
build_one "${commits[0]}" "$@"
printf '%s: %s units in the first build\n\n' "$(basename "$clone")" "$(compiled last | wc -l)"
printf '%-12s %9s %9s %9s %9s %9s  %s\n' commit predicted compiled both always again subject

predicted_sum=0 compiled_sum=0 both_sum=0 always_sum=0 exact=0 built=0
for commit in "${commits[@]:1}"; do
    git checkout -q --force "$commit"
    "$scrubjay" predict "$commit" --json 2>/dev/null >"$work/predicted.json"
    # A new unit is known by its source only; its name comes with the build.
    jq -r '.list[] | select(.why != "new") | .unit' "$work/predicted.json" | sort -u >"$work/predicted"
    jq -r '.list[] | select(.why == "new") | .unit' "$work/predicted.json" | sort -u >"$work/new"
    build_one "$commit" "$@" || continue
    compiled last >"$work/compiled.all"
    grep -Ev "$always" "$work/predicted" >"$work/predicted.rest" || true
    "$scrubjay" export jsonl --build last 2>/dev/null |
        jq -r '[.unit, .source] | @tsv' | sort -u >"$work/sources"
    while read -r source; do
        awk -F '\t' -v source="$source" '$2 == source { print $1; found = 1 }
            END { if (!found) print source }' "$work/sources"
    done <"$work/new" | sort -u - "$work/predicted.rest" >"$work/expected"
    awk -F '\t' 'NR == FNR { expected[$1] = 1; next } $1 == "miss" || expected[$2] { print $2 }' \
        "$work/expected" "$work/compiled.all" | sort -u >"$work/compiled.any"
    grep -Ev "$always" "$work/compiled.any" >"$work/compiled" || true
    p=$(wc -l <"$work/expected") c=$(wc -l <"$work/compiled")
    b=$(comm -12 "$work/expected" "$work/compiled" | wc -l)
    a=$(($(wc -l <"$work/compiled.any") - c))
    again=$(cut -f 2 "$work/compiled.all" | sort -u | comm -23 - "$work/compiled.any" | wc -l)
    printf '%-12.10s %9d %9d %9d %9d %9d  %.50s\n' "$commit" "$p" "$c" "$b" "$a" "$again" \
        "$(git log -1 --format=%s "$commit")"
    if [ "$p" -ne "$b" ] || [ "$c" -ne "$b" ]; then
        comm -23 "$work/expected" "$work/compiled" | sed 's/^/               not compiled: /' | head -n 5
        comm -13 "$work/expected" "$work/compiled" | sed 's/^/               not foretold: /' | head -n 5
    else
        exact=$((exact + 1))
    fi
    predicted_sum=$((predicted_sum + p)) compiled_sum=$((compiled_sum + c))
    both_sum=$((both_sum + b)) always_sum=$((always_sum + a)) built=$((built + 1))
done

printf '\n%d of %d sets exact; %d units compiled, %d foretold; precision %s, recall %s' \
    "$exact" "$built" "$compiled_sum" "$predicted_sum" "$(share "$both_sum" "$predicted_sum")" \
    "$(share "$both_sum" "$compiled_sum")"
printf '; %d more that every build compiles\n' "$always_sum"

"$scrubjay" predict --json --record "$count" 2>/dev/null |
    jq -r '.track_record | "its own record: \(.builds) builds, \(.exact) exact, precision \(
        .precision), recall \(.recall), CPU off by \(.cpu_error), coverage \(.coverage) of \(
        .intervals)"'

# spent: CPU of all compiles by the records; charged: by blame.
spent=$("$scrubjay" export jsonl --since all 2>/dev/null | jq -s 'map(.cpu_ns) | add')
charged=$("$scrubjay" blame --since all --json 2>/dev/null |
    jq '[.lines[].charge_ns, (.necessary, .redundant, .other | .causes[].charge_ns)] | add')
printf 'conservation: %s ns spent, %s ns charged\n' "$spent" "$charged"
[ "$spent" = "$charged" ] || fault 'charges do not add up to what was spent'

if [ -n "$flags_commit" ]; then
    flags_commit=$(git rev-parse "$flags_commit^{commit}")
    export SCRUBJAY_DIR=$work/scrubjay-flags
    for which in "$flags_commit^" "$flags_commit"; do
        git clone -q --shared --no-checkout "$clone" "$work/flags"
        cd "$work/flags"
        git checkout -q "$which"
        prepare
        "$scrubjay" predict "$flags_commit" --json 2>/dev/null >"$work/predicted.json" || true
        build_one "$which" "$@"
        cd "$work/tree"
        mv "$work/flags" "$work/flags.$(git rev-parse --short "$which")"
    done
    misses=$("$scrubjay" export jsonl --since all 2>/dev/null |
        jq -s --arg commit "$flags_commit" \
            'map(select(.commit == $commit and .outcome == "miss")) | length')
    sum=$("$scrubjay" blame --json "$flags_commit^..$flags_commit" 2>/dev/null |
        jq -r --arg commit "$flags_commit" \
            '[.lines[] | select(.commit == $commit) | .compiles] | add // 0')
    printf 'flags only: %s compiled %s units, %s charged to it, %s foretold\n' \
        "$(git log -1 --format='%h %s' "$flags_commit")" "$misses" "$sum" \
        "$(jq '.units' "$work/predicted.json")"
fi
