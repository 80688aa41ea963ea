#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A build from an empty local store with a warm server behind a link of 0, 5 and 50 ms of round trip
# (added by delaying packets between two network namespaces): scrubjay with its agent beside ccache,
# both with the same server, and the plain compiler. Every object is compared with a plain one.
#
#   tests/bench/remote.sh BUILD-FOLDER [ROUNDS [UNITS [MS...]]]
#
# Needs ccache, make, ip, and the right to make network namespaces. JOBS sets make's -j. PROJECT names
# a source tree to build in place of the generated one, with the arguments for make in MAKE_ARGUMENTS;
# UNPLAIN is a pattern of objects that differ between two plain builds.

bench_dir=$(cd "$(dirname "$0")" && pwd)
. "$bench_dir/lib.sh"
. "$bench_dir/../e2e/serve-lib.sh"
rounds=${1:-3}
units=${2:-150}
shift $(($# > 2 ? 2 : $#))
latencies=${*:-0 5 50}
jobs=${JOBS:-$(nproc)}
near=sj-near-$$
far=sj-far-$$

cleanup() {
    local status=$?
    agent_end || true
    link_down
    serve_end || true
    ip netns del $near 2>/dev/null || true
    ip netns del $far 2>/dev/null || true
    (exit $status)
    finish
}

if ! ip netns add $near || ! ip netns add $far; then
    echo 'no network namespace may be made' >&2
    exit 1
fi
trap cleanup EXIT
for space in $near $far; do
    ip -n "$space" link set lo up
done

link_pid=
link_down() {
    [ -z "$link_pid" ] || kill "$link_pid" 2>/dev/null || true
    link_pid=
}

# link_up MS: a link of that round trip, in place of the one there is.
link_up() {
    link_down
    while ip -n $far link show sj0 || ip -n $near link show sj0; do
        sleep 0.05
    done >/dev/null 2>&1
    rm -f "$work/link" "$work/link.txt"
    mkfifo "$work/link"
    # Open at both ends, so that it never ends by itself.
    "$build/tests/wire/serve-delay" "$1" $near sj0 $far sj0 <>"$work/link" >"$work/link.txt" &
    link_pid=$!
    until [ -s "$work/link.txt" ]; do
        kill -0 $link_pid || exit 1
        sleep 0.05
    done
    ip -n $near address add 10.107.0.1/24 dev sj0
    ip -n $far address add 10.107.0.2/24 dev sj0
    ip -n $near link set sj0 up mtu 1500
    ip -n $far link set sj0 up mtu 1500
}

# The real project, where one is named.
copy_project() {
    cp -r "$PROJECT" project
    read -ra make_arguments <<<"${MAKE_ARGUMENTS-}"
}

# A project of many small units, each with 50 headers of its own choice out of 80.
write_project() {
    local unit header
    mkdir -p project/h
    for ((header = 0; header < 80; header++)); do
        printf '#pragma once\nstruct s%s { int a; char b[%s]; };\nint f%s(struct s%s *);\n' \
            $header $((header + 1)) $header $header
        for ((unit = 0; unit < 40; unit++)); do
            printf 'static inline int g%s_%s(int x) { return x * %s + %s; }\n' $header $unit $unit \
                $header
        done
    done >all.h
    awk '/^#pragma once/ { file = "project/h/h" n++ ".h" } { print > file }' all.h
    for ((unit = 0; unit < units; unit++)); do
        {
            printf '#include <stdio.h>\n#include <string.h>\n'
            for ((header = 0; header < 50; header++)); do
                printf '#include "h/h%s.h"\n' $(((header + unit) % 80))
            done
            for ((header = 0; header < 30; header++)); do
                printf 'int u%s_%s(int x) { char t[99]; snprintf(t, 99, "%%d", g%s_7(x)); return (int)strlen(t); }\n' \
                    $unit $header $(((header + unit) % 80))
            done
        } >"project/u$unit.c"
    done
    # shellcheck disable=SC2016 # make's variables
    printf 'all: $(patsubst %%.c,%%.o,$(wildcard *.c))\n%%.o: %%.c\n\t$(CC) -O2 -MD -c $< -o $@\n' \
        >project/Makefile
}

# agents: process ids of what is left running in the far namespace after a build.
agents() {
    ip netns pids $far 2>/dev/null
}
agent_end() {
    local pid
    for pid in $(agents); do
        kill -TERM "$pid" 2>/dev/null
    done
    local deadline=$((SECONDS + 20))
    while [ -n "$(agents)" ]; do
        if [ $SECONDS -ge $deadline ]; then
            fault "does not end when told: $(ps -o args= -p "$(agents | head -1)")"
            for pid in $(agents); do
                kill -KILL "$pid" 2>/dev/null || true
            done
        fi
        sleep 0.02
    done
}
agent_cpu() {
    local pid
    for pid in $(agents); do
        cut -d')' -f2- "/proc/$pid/stat" 2>/dev/null
    done | awk -v hz="$(getconf CLK_TCK)" '{ sum += $12 + $13 } END { print sum / hz }'
}

# build WHO NAME=VALUE…: make behind the link; CPU, agent included, and wall go to $work/WHO.times.
build() {
    local who=$1 status=0
    shift
    if [ -n "${PROJECT-}" ]; then
        make -s -C project distclean >/dev/null 2>&1
    else
        rm -f project/*.o project/*.d
    fi
    TIMEFORMAT='%U %S %R'
    { time ip netns exec $far env "$@" make -s -C project -j"$jobs" "${make_arguments[@]}" \
        >"$work/build.log" 2>&1 || status=$?; } 2>"$work/times"
    awk -v agent="$(agent_cpu)" '{ print $1 + $2 + agent, $3 }' "$work/times" \
        >>"$work/$who.times"
    agent_end
    [ $status -eq 0 ] || fault "$who: the build failed: $(tail -3 "$work/build.log")"
    (cd project && find . -name '*.[od]' ! -name "${UNPLAIN-}" -print0 | sort -z | xargs -0 sha256sum) \
        >"$work/$who.sums"
    cmp -s "$work/plain.sums" "$work/$who.sums" || [ "$who" = plain ] ||
        fault "$who: objects differ from plain ones"
}

with_scrubjay() {
    local who=$1
    rm -rf "$work/local"
    build "$who" SCRUBJAY_DIR="$work/local" SCRUBJAY_REMOTE="http://$address/default" \
        CC="$scrubjay gcc"
    hits=$(SCRUBJAY_DIR=$work/local stat_of .hits)
}
with_ccache() {
    local who=$1
    rm -rf "$work/ccache-local"
    build "$who" CCACHE_DIR="$work/ccache-local" CC='ccache gcc' \
        CCACHE_REMOTE_STORAGE="http://$address/ccached|operation-timeout=10000|connect-timeout=10000"
    ccache_hits=$(CCACHE_DIR=$work/ccache-local ccache --print-stats |
        awk '$1 == "direct_cache_hit" || $1 == "preprocessed_cache_hit" { sum += $2 } END { print sum }')
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2 }'; }
cpu() { cut -d' ' -f1 "$work/$1.times" | median; }
wall() { cut -d' ' -f2 "$work/$1.times" | median; }

serve_prefix=(ip netns exec "$near")
serve_host=10.107.0.1
make_arguments=()
if [ -n "${PROJECT-}" ]; then copy_project; else write_project; fi
link_up 0
settle
: >"$work/plain.sums"
build plain CC=gcc
cp "$work/plain.sums" "$work/first.sums"
build plain CC=gcc
cmp -s "$work/plain.sums" "$work/first.sums" || fault 'two plain builds differ'
[ -z "${PROJECT-}" ] || units=$(grep -c '\.o$' "$work/plain.sums")

serve_start remote --max-size 10G --anonymous read,write
with_ccache warm
with_scrubjay warm
rm "$work/warm.times"

title "$units units, make -j$jobs, empty local store, warm server, $rounds rounds"
printf '  %5s %-10s %9s %9s %8s   %s\n' 'ms' '' 'CPU s' 'wall s' 'hits' 'of ccache: CPU, wall'
printf '  %5s %-10s %9.2f %9.2f\n' '' plain "$(cpu plain)" "$(wall plain)"
for ms in $latencies; do
    link_up "$ms"
    rm -f "$work"/*cache.times "$work"/scrubjay.times
    for ((round = 0; round < rounds; round++)); do
        with_ccache ccache
        with_scrubjay scrubjay
    done
    # A hit that was none would be counted as our speed.
    [ "${hits:-0}" -ge $((units * 95 / 100)) ] || fault "$ms ms: $hits hits of $units"
    [ "${ccache_hits:-0}" -ge $((units * 95 / 100)) ] || fault "$ms ms: $ccache_hits hits of ccache"
    printf '  %5s %-10s %9.2f %9.2f %8s\n' "$ms" ccache "$(cpu ccache)" "$(wall ccache)" "$ccache_hits"
    printf '  %5s %-10s %9.2f %9.2f %8s' "$ms" scrubjay "$(cpu scrubjay)" "$(wall scrubjay)" "$hits"
    awk -v a="$(cpu scrubjay)" -v b="$(cpu ccache)" -v c="$(wall scrubjay)" -v d="$(wall ccache)" \
        'BEGIN { printf "   %.2f %.2f\n", a / b, c / d }'
done
