#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logs of CI systems and build tools, from `import` to `export`: what several of them tell of one build
# comes together, and comes out again.
. "$(dirname "$0")/lib.sh"
need jq

samples=$source_root/plugins
# rows BUILD FILTER: a value over the rows of a build.
rows() {
    "$scrubjay" export jsonl --build "$1" | jq -rs "$2"
}
# slices BUILD FILTER: a value over the slices of a build's trace.
slices() {
    "$scrubjay" export chrome --build "$1" | jq -r "[.traceEvents[] | select(.ph == \"X\")] | $2"
}

bazel='bazel-b7120163-cc34-4017-a641-bb39d6786d17'
check 'what Bazel tells is taken together' "$scrubjay" import auto \
    "$samples"/import-bazel/samples/bazel-{events,execution,profile}/changed.json
equal 'as one build' 1 "$("$scrubjay" export jsonl --since all | jq -rs 'map(.build) | unique | length')"
equal '… with hits and misses of the profile' '3 2' \
    "$(rows $bazel '"\(map(select(.outcome == "hit")) | length) \(map(select(.outcome == "miss")) | length)"')"
equal '… the inputs of the execution log' 3 \
    "$(rows $bazel '.[] | select(.unit | endswith("main.o")) | .input_count')"
equal '… the commands of the events' true \
    "$(rows $bazel '.[] | select(.unit | endswith("main.o")) | .args | contains("gcc -I.")')"
equal '… and the times of the profile' 1795639112 \
    "$(rows $bazel 'map(.start_ns) | min / 1e9 | floor')"
equal 'phases are in its trace, once' 1 "$(slices $bazel 'map(select(.name == "Build artifacts")) | length')"
equal 'and what happened inside an action' 1 \
    "$(slices $bazel 'map(select(.name == "local action execution")) | length')"
equal 'the critical path is what had to be waited for' 's f' \
    "$("$scrubjay" export chrome --build $bazel |
        jq -r '[.traceEvents[] | select(.name == "critical path") | .ph] | join(" ")')"

check 'jobs of GitLab and a log are taken together' "$scrubjay" import auto \
    "$samples/import-gitlab/samples/gitlab-jobs/pipeline.json" \
    "$samples/import-gitlab/samples/gitlab-trace/job-6.log"
equal 'with the queue of the one and the sections of the other' 'checkout compile configure queue' \
    "$(slices gitlab-6 'map(.name) | unique | map(select(IN("queue", "checkout", "configure", "compile")))
        | join(" ")')"

check 'jobs of GitHub are taken' "$scrubjay" import github-jobs \
    "$samples/import-github/samples/github-jobs/run.json"
equal 'with their steps' 'Build Configure checkout cleanup queue setup' \
    "$(slices github-29679449526 'map(.name) | unique | join(" ")')"
refuse 'a file that breaks off is told' "$scrubjay" import github-jobs \
    "$samples/import-github/samples/github-jobs/pages-damaged.json"
equal '… and taken as far as it goes' 'second page' \
    "$("$scrubjay" export chrome --build github-43 |
        jq -r '.traceEvents[] | select(.name == "process_name") | .args.name | sub("build "; "")')"

for format in go-actiongraph turbo-run nx-run nx-profile; do
    for name in changed failed; do
        file=$samples/import-${format%%-*}/samples/$format/$name.json
        [ ! -f "$file" ] || check "$format: $name is taken" "$scrubjay" import auto "$file"
    done
done
"$scrubjay" export jsonl --since all >all.jsonl
equal 'CPU time of Go comes along' 152996000 \
    "$(jq -s 'map(select((.build | startswith("go-")) and .outcome == "miss") | .cpu_ns) | add' all.jsonl)"
equal 'what failed has failed' 4 "$(jq -s 'map(select(.outcome == "failed")) | length' all.jsonl)"
"$scrubjay" import auto "$samples/import-turbo/samples/turbo-run/failed.json" >again
has 'nothing is taken in twice' 'already imported' again
