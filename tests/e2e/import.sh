#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Logs of real tools become builds that every report knows.
. "$(dirname "$0")/lib.sh"

need clang gcc git ninja python3

import=("$scrubjay" import)

# The value of a member, by a path such as builds.0.units.
json() {
    python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for part in sys.argv[2].split("."):
    value = value[int(part)] if part.isdigit() else value[part]
print(json.dumps(value) if isinstance(value, (list, dict, bool)) else value)' "$1" "$2"
}

is() {
    [ "$(json "$1" "$2")" = "$3" ] || {
        echo "$2 is $(json "$1" "$2"), not $3" >&2
        return 1
    }
}

# A small project with a header chain, built twice by ninja.
git init -q project
cd project || exit 99
git config user.name a
git config user.email a@example.org
printf '#define A 1\n' >a.h
printf '#include "a.h"\n' >b.h
printf '#include "a.h"\nint a(void) { return A; }\n' >a.c
printf '#include "b.h"\nint a(void);\nint main(void) { return a() - A; }\n' >b.c
cat >build.ninja <<'EOF'
rule cc
  command = clang -ftime-trace -ftime-trace-granularity=0 -MMD -MF $out.d -c $in -o $out
  deps = gcc
  depfile = $out.d
rule ld
  command = clang $in -o $out
build out/a.o: cc a.c
build out/b.o: cc b.c
build prog: ld out/a.o out/b.o
EOF
printf 'out/\nprog\n.ninja*\ncompile_commands.json\n' >.gitignore
git add . && git commit -qm first
ninja >/dev/null || exit 99
ninja -t compdb cc >compile_commands.json
traces=(out/a.json out/b.json)

check 'formats are listed' "${import[@]}" --list
check 'a dry run' "${import[@]}" --json --dry-run auto .ninja_log
"${import[@]}" --json --dry-run auto .ninja_log >dry.json
check 'a dry run tells the units' is dry.json builds.0.units 3
check 'and writes nothing' test ! -e "$SCRUBJAY_DIR"

"${import[@]}" --json --commit HEAD --branch main auto .ninja_log .ninja_deps \
    compile_commands.json "${traces[@]}" >first.json
id=$(json first.json builds.0.build)
check 'one build' is first.json builds.0.units 3
check 'times come from the log' is first.json builds.0.is_start_guessed false
check 'inputs come from the deps' is first.json builds.0.inputs 5
# Of files that are hardly older than the run nobody can say; how many that are is chance.
check 'their contents from the disk' test "$(json first.json builds.0.contents)" -ge 1
check 'traces are taken' is first.json builds.0.traces 2
check 'and include edges' is first.json builds.0.include_edges 3
check 'nothing was left out' is first.json problems '[]'

"${import[@]}" --json auto .ninja_log >again.json
check 'the same log again is known' is again.json builds.0.was_known true
"${import[@]}" --json --build-id other auto .ninja_log >other.json
check 'under another name, too' is other.json builds.0.was_known true
"$scrubjay" stats --json >stats.json
check 'stats count each unit once' is stats.json misses 3

# A second build of what has changed.
printf '#define A 2\n' >a.h
git commit -qam second
# Whatever tells both runs apart must have moved on.
until [ -n "$(find . -maxdepth 1 -newer prog -name moved)" ]; do touch moved; done
rm moved
ninja >/dev/null || exit 99
"${import[@]}" --json --commit HEAD --branch main auto .ninja_log .ninja_deps >second.json
check 'a log of two runs' is second.json builds.0.was_known true
check 'has one that is new' is second.json builds.1.was_known false
check 'with its units' is second.json builds.1.units 3

"$scrubjay" trend --json >trend.json
check 'trend sees both builds' is trend.json builds 2
"$scrubjay" blame --json >blame.json
check 'blame knows its units' grep -q "\"$id\"\|necessary" blame.json

# Attached to a build that went through the cache, nothing is counted twice.
rm -rf out prog .ninja_log .ninja_deps
"$scrubjay" run --quiet --build-id cached -- ninja >/dev/null || exit 99
"$scrubjay" stats --json --build cached >before.json
"${import[@]}" --json --attach cached timetrace "${traces[@]}" >attach.json
check 'traces are attached' is attach.json builds.0.traces 2
"$scrubjay" stats --json --build cached >after.json
check 'no unit is counted again' is after.json misses "$(json before.json misses)"
"${import[@]}" --json --attach cached timetrace "${traces[@]}" >attach.json
check 'once' is attach.json builds.0.was_known true
"${import[@]}" --attach nowhere timetrace "${traces[@]}" 2>err
check 'to no build there is none' grep -q "no build 'nowhere'" err

# gcc's own words, in the log of a build.
gcc -ftime-report -H -c b.c -o b.o 2>b.o.txt
"${import[@]}" --json gcc-log b.o.txt >gcc.json
check 'a report of gcc' is gcc.json builds.0.units 1
check 'with the includes' is gcc.json builds.0.include_edges 1
check 'but those of a source without a name' is gcc.json problems.0.count 1

# What is broken is told, what came before it counts.
head -c 150 .ninja_log >cut.log
gzip cut.log
"${import[@]}" --json --dry-run auto cut.log.gz >cut.json
check 'a cut log is told of' is cut.json problems.0.count 1
printf '# ninja log v99\n' | "${import[@]}" ninja-log - 2>err
check 'a version nobody knows' grep -q 'version 99' err
head -c 4096 /dev/zero | "${import[@]}" auto - 2>err
check 'a file of no format' grep -q 'no format that is known' err
"${import[@]}" nothing cut.log.gz 2>err
check 'a format of no plugin' test $? -eq 2
