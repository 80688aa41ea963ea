#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What it costs to index a repository's history, next to git itself in the same run: all of it, one
# pushed commit, and the memory. Nothing is fetched: name a repository that is there, such as a
# clone of redis. Without one, a history of a thousand commits is made.
# usage: tests/bench/history.sh BUILD-FOLDER [REPOSITORY [ROUNDS]]
repository=${2:+$(realpath "$2")}
rounds=${3:-5}
. "$(dirname "$0")/lib.sh"

program=$build/tests/bench/bench-history
git config --global user.name bench
git config --global user.email bench@example.org
git config --global gc.auto 0
git config --global --add safe.directory '*'

# Trees of 600 files, 3 of them changed by each commit.
make_history() {
    awk 'BEGIN {
        for (f = 0; f < 600; f++) printf "blob\nmark :%d\ndata 6\n%05d\n", f + 1, f
        for (c = 0; c < 1000; c++) {
            printf "commit refs/heads/main\nmark :%d\n", 1000 + c
            printf "committer bench <bench@example.org> %d +0000\ndata 7\ncommit\n", 1700000000 + c
            if (c > 0) printf "from :%d\n", 999 + c
            for (f = 0; f < (c > 0 ? 3 : 600); f++) {
                n = c > 0 ? (c * 7 + f * 131) % 600 : f
                printf "M 100644 :%d src/%d/%d.c\n", (n + c) % 600 + 1, n % 20, n
            }
        }
    }' | git -C "$1" fast-import --quiet
    git -C "$1" repack -qad
}

if [ -z "$repository" ]; then
    repository=$work/made
    git init -q --bare -b main "$repository"
    make_history "$repository"
fi

# cpu_us COMMAND…: user and system time of it, in microseconds.
cpu_us() {
    local TIMEFORMAT='%U %S' times
    times=$({ time "$@" >"$work/out" 2>"$work/err"; } 2>&1)
    awk '{ printf "%d", ($1 + $2) * 1000000 }' <<<"$times"
}

median() {
    printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

field() { tr ' ' '\n' <"$work/out" | sed -n "s/^$1=//p"; }

git_log() { git -C "$repository" log --first-parent --raw --no-abbrev --no-renames -m; }

# The same changes, or the figures mean nothing.
"$program" "$repository" --raw | grep -a '^:' >"$work/ours" || true
git_log | grep -a '^:' | sed 's/^\([^\t]*\) [A-Z]\t/\1\t/' >"$work/git" || true
cmp -s <(sed 's/"//g' "$work/ours") <(sed 's/"//g' "$work/git") || {
    diff -a "$work/ours" "$work/git" | head -5 || true
    fault "changes differ from those of git log"
}

declare -a git_times our_times all_peaks push_times push_cpus push_peaks open_times
for ((round = 0; round < rounds; round++)); do
    git_times+=("$(cpu_us git_log)")
    our_times+=("$(cpu_us "$program" "$repository")")
    all_peaks+=("$(field peak_kib)")
    # A push: the file holds all but the newest commit.
    rm -f "$work/cache"
    "$program" "$repository" "$work/cache" HEAD~1 >"$work/out"
    "$program" "$repository" "$work/cache" HEAD >"$work/out"
    [ "$(field added)" = 1 ] || fault "the push brought $(field added) commits"
    push_times+=("$(field history_us)")
    push_cpus+=("$(field history_cpu_us)")
    push_peaks+=("$(field peak_kib)")
    open_times+=("$(field start_us)")
done

"$program" "$repository" "$work/cache" HEAD >"$work/out"
commits=$(field commits) changes=$(field changes)
size=$(stat -c %s "$work/cache")
theirs=$(median "${git_times[@]}") ours=$(median "${our_times[@]}")
awk -v theirs="$theirs" -v ours="$ours" -v commits="$commits" -v changes="$changes" \
    -v peak="$(median "${all_peaks[@]}")" -v push="$(median "${push_times[@]}")" \
    -v push_cpu="$(median "${push_cpus[@]}")" \
    -v start="$(median "${open_times[@]}")" -v push_peak="$(median "${push_peaks[@]}")" \
    -v size="$size" -v rounds="$rounds" 'BEGIN {
    printf "%d commits along first parents, %d changes; medians of %d rounds\n\n", commits, changes, rounds
    printf "git log --raw             %8.3f s CPU\n", theirs / 1e6
    printf "all of the history        %8.3f s CPU   %.2f x git   peak %.1f MiB\n", ours / 1e6,
        ours / (theirs > 0 ? theirs : 1), peak / 1024
    printf "one pushed commit         %8.2f ms      %.2f ms CPU: file read, commit taken in, written;" \
        " peak %.1f MiB\n", push / 1000, push_cpu / 1000, push_peak / 1024
    printf "libgit2 and repository    %8.2f ms      once for each program\n", start / 1000
    printf "file                      %8.1f MiB\n", size / 1048576
}'
