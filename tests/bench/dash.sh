#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pages over many builds: a record database is made, and each page a few times.
# usage: dash.sh BUILD-FOLDER [BUILDS [UNITS]]
# With STORE set (a store's directory, which is copied) its records are looked at instead, and with
# REPOSITORIES (as the server's setting) the commits, too.
# Columns, in milliseconds of CPU of the thread that answers:
#   cold   first request of a process, nothing is kept yet
#   all    requests until nothing is left for later
#   kept   first request of a process that finds what an earlier one has kept
#   new    the same when another build has come since
#   ahead  first request after a build has come to a process that had been asked for all of them
#   again  once more in the same process
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
builds=${1:-10000}
units=${2:-100}
store=$work/store
targets=('/dash?since=9999d' '/dash/misses?since=9999d' '/dash/commits?since=9999d'
    '/dash/headers' '/dash/units?since=9999d' '/dash/compare' '/dash/builds?since=9999d')

# pages MODE TARGET…: a process of its own.
pages() {
    local mode=$1
    shift
    "$build/tests/bench/bench-dash" "$store" "$mode" "${REPOSITORIES:-}" "$@" || fault "$*"
}

# restore: what pages had worked out when all of them had been made.
restore() {
    rm -f "$store/records/pages.old"
    cp "$work/pages" "$store/records/pages"
}

if [ -n "${STORE:-}" ]; then
    title "pages over $STORE"
    cp -r "$STORE" "$store"
else
    title "pages over $builds builds of $units units"
    "$build/tests/bench/bench-records" make "$store" "$builds" "$units" >/dev/null
    "$build/tests/bench/bench-records" ingest "$store" >/dev/null || fault 'ingestion'
    targets+=('/dash/unit/CMakeFiles%2Fall.dir%2Fa_source%2Funit00001.cc.o?since=9999d')
fi

declare -A cold all kept new ahead again
for target in "${targets[@]}"; do
    read -r _ "cold[$target]" "all[$target]" "again[$target]" _ < <(pages cold "$target")
done
# Where each left it to the next one: all of them in one process.
pages cold "${targets[@]}" >/dev/null
cp "$store/records/pages" "$work/pages"
for target in "${targets[@]}"; do
    read -r _ "kept[$target]" _ < <(pages kept "$target")
done
# Another build comes, in the same store.
cat >"$work/more" <<END
[ -n '${STORE:-}' ] ||
    { $build/tests/bench/bench-records more $store $builds $units &&
        $build/tests/bench/bench-records ingest $store; } >/dev/null
END
while read -r target ms _; do
    ahead[$target]=$ms
done < <(THEN="sh $work/more" pages ahead "${targets[@]}")
for target in "${targets[@]}"; do
    restore
    read -r _ "new[$target]" _ < <(pages kept "$target")
done

printf '%-42s %8s %4s %8s %8s %8s %8s\n' page cold all kept new ahead again
for target in "${targets[@]}"; do
    printf '%-42.42s %8s %4s %8s %8s %8s %8s\n' "$target" "${cold[$target]}" "${all[$target]}" \
        "${kept[$target]}" "${new[$target]}" "${ahead[$target]}" "${again[$target]}"
done
printf 'kept: %s bytes\n' "$(stat -c %s "$work/pages")"
