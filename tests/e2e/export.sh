#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `export`: what is recorded comes out whole in each format, whatever units are called, and a file
# is replaced only by a complete one.
. "$(dirname "$0")/lib.sh"
need gcc jq promtool

refuse 'without records nothing is written' "$scrubjay" export csv
refuse 'a format must be named' "$scrubjay" export
refuse 'an unknown format is refused' "$scrubjay" export pprof
"$scrubjay" export pprof 2>err
has '… and those there are named' 'one of chrome, csv, jsonl, openmetrics' err

# shellcheck disable=SC2089 # the quotes belong to the name
odd='=cmd|"x",'$'\t''é'$'\xff''.c'
printf 'int a(void) { return 1; }\n' >a.c
printf 'int b(void) { return 2; }\n' >b.c
printf 'int c(void) { return 3; }\n' >"$odd"
touch -d '1 hour ago' ./*.c
compile_all() {
    gcc -c a.c && gcc -c b.c && gcc -c "./$odd" -o "${odd%.c}.o"
}
export -f compile_all
# shellcheck disable=SC2090
export odd
build() {
    "$scrubjay" run --quiet "$@" -- bash -c compile_all
}
check 'a cold build succeeds' build --build-id cold
check 'a warm build succeeds' build --build-id warm
printf 'int a(void) { return 9; }\n' >a.c
check 'a third build succeeds' build --build-id third

"$scrubjay" export jsonl >rows.jsonl
equal 'each action is a line' 9 "$(wc -l <rows.jsonl)"
equal 'of misses and hits' '4 miss, 5 hit' "$(jq -rs 'map(.outcome) |
    "\(map(select(. == "miss")) | length) miss, \(map(select(. == "hit")) | length) hit"' rows.jsonl)"
equal 'a build may be chosen' 3 "$("$scrubjay" export jsonl --build cold | wc -l)"
equal 'or the latest one' third "$("$scrubjay" export jsonl --build last | jq -rs '.[0].build')"
refuse 'one that is not there is refused' "$scrubjay" export jsonl --build nowhere
equal 'what has not been built since is left out' 0 "$("$scrubjay" export jsonl --since 0s | wc -l)"
check 'stray bytes are replaced' jq -es 'any(.unit | contains("é\ufffd"))' rows.jsonl

"$scrubjay" export csv >rows.csv
equal 'lines of CSV end with CR LF' 10 "$(grep -c $'\r$' rows.csv)"
has 'CSV names its columns' '^build,project,branch,job,commit,' rows.csv
has 'CSV doubles quotes' '"[^"]*=cmd|""x"",' rows.csv

"$scrubjay" export openmetrics >metrics
check 'promtool takes the metrics' sh -c 'promtool check metrics <metrics'
equal 'they end as OpenMetrics must' '# EOF' "$(tail -n 1 metrics)"
has 'they count builds' '^scrubjay_builds\{.*\} 3$' metrics
has 'and actions' '^scrubjay_actions\{.*outcome="hit"\} 5$' metrics

"$scrubjay" export chrome >trace.json
# slices FILE: number of slices, or what is wrong with them: each thread's lie inside one another or
# apart.
slices() {
    jq -r '[.traceEvents[] | select(.ph == "X")]
        | if any(.[]; (.ts | floor) != .ts or (.dur | floor) != .dur or .dur < 0) then "no integer"
          else group_by([.pid, .tid]) | map(sort_by([.ts, -.dur])
            | reduce .[] as $e ({open: [], good: true};
                .open |= map(select(. > $e.ts))
                | .good = (.good and all(.open[]; . >= $e.ts + $e.dur))
                | .open += [$e.ts + $e.dur]) | .good)
            | if all then "nested" else "overlap" end
          end' "$1"
}
equal 'a trace is of the latest build' third \
    "$(jq -r '.traceEvents[] | select(.name == "process_labels") | .args.labels' trace.json)"
equal 'with its actions' 'hit hit miss' \
    "$(jq -r '[.traceEvents[] | select(.ph == "X" and .args.outcome) | .args.outcome] | sort | join(" ")' trace.json)"
equal 'whose slices are in order' nested "$(slices trace.json)"
equal 'and counted' 0 \
    "$(jq '[.traceEvents[] | select(.ph == "C")] | last | .args.jobs' trace.json)"
check 'a miss has its cause' jq -e \
    'any(.traceEvents[]; .args.outcome == "miss" and .args.cause and .args.group and .args.because)' trace.json
"$scrubjay" export chrome --since 1d >all.json
equal 'with --since it is of all builds' 3 \
    "$(jq '[.traceEvents[] | select(.name == "process_name")] | length' all.json)"
equal 'in order, too' nested "$(slices all.json)"

check 'a file is written' "$scrubjay" export jsonl --output file.jsonl
same 'it has what goes to stdout' file.jsonl rows.jsonl
echo precious >kept
refuse 'what fails' "$scrubjay" export jsonl --build nowhere --output kept
equal '… leaves a file as it was' precious "$(cat kept)"
refuse 'a folder that is not there is told' "$scrubjay" export csv --output no/where.csv
equal 'nothing is left behind' '' "$(find . -name '*.tmp*' -o -name 'file.jsonl?*')"
refuse 'a full disk is told' "$scrubjay" export csv --output /dev/full/x
if [ -c /dev/full ]; then
    # shellcheck disable=SC2016
    refuse 'so is a full stdout' sh -c '"$0" export csv >/dev/full' "$scrubjay"
fi
