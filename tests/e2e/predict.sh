#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `predict`, `gate` and `headers` on a real repository: what was foretold is what make compiles.
. "$(dirname "$0")/lib.sh"
need gcc git jq make

export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_CONFIG_GLOBAL=/dev/null
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
time=1700000000

# commit TEXT: commits all; each commit is ten days after the one before.
commit() {
    time=$((time + 864000))
    git add -A
    GIT_AUTHOR_DATE="$time +0000" GIT_COMMITTER_DATE="$time +0000" git commit -q -m "$1"
}
# foretold ARGUMENT…: the units of a prediction, on one line.
foretold() {
    "$scrubjay" predict --json "$@" 2>err | jq -r '[.list[].unit] | sort | join(" ")'
}
# status COMMAND…: its exit status; output in out and err.
status() {
    local result=0
    "$@" >out 2>err || result=$?
    echo "$result"
}

git init -q -b main .
mkdir src inc
printf '#pragma once\nint f(void);\n' >inc/deep.h
printf '#pragma once\n#include "deep.h"\n' >inc/api.h
printf '#include "api.h"\nint a(void) { return f(); }\n' >src/a.c
printf '#include "api.h"\nint b(void) { return f(); }\n' >src/b.c
printf '#include "deep.h"\nint f(void) { return 0; }\nint main(void) { return 0; }\n' >src/c.c
printf '*.o\n*.d\nprog\nout\nerr\n*.diff\n' >.gitignore
cat >Makefile <<'END'
prog: src/a.o src/b.o src/c.o
	$(CC) -o $@ src/*.o
src/%.o: src/%.c
	$(CC) -Iinc -MMD -c -o $@ $<
-include src/*.d
END
commit 'begin'

equal 'without records a prediction fails' 1 "$(status "$scrubjay" predict)"
has 'and says what makes some' 'scrubjay run -- COMMAND' err
equal 'without records nothing is over budget' 0 "$(status "$scrubjay" gate --max-fan-out 1)"
equal 'without records there are no headers' 1 "$(status "$scrubjay" headers)"

"$scrubjay" run -- make -j2 >/dev/null 2>&1
echo '/* 1 */' >>inc/deep.h
commit 'deep'
equal 'a header that all read' 'src/a.o src/b.o src/c.o' "$(foretold)"
"$scrubjay" run -- make -j2 >/dev/null 2>&1
for i in 1 2 3 4 5 6; do
    echo "/* $i */" >>inc/api.h
    commit "api $i"
    "$scrubjay" run -- make -j2 >/dev/null 2>&1
done
echo '/* more */' >>src/c.c
commit 'c'
equal 'a source' 'src/c.o' "$(foretold HEAD)"
equal 'a range' 'src/a.o src/b.o src/c.o' "$(foretold HEAD~2..HEAD)"
equal 'an older commit' 'src/a.o src/b.o' "$(foretold HEAD~1)"

check 'it is printed for people' "$scrubjay" predict
"$scrubjay" predict >out 2>err
has 'with an interval' '^  1 of 3 units, .* CPU, .* on [0-9]+ cores?$' out
has 'with what is linked' 'up to 1 link' out
has 'with its record' '^track record of 7 builds: precision 100.0 %, recall 100.0 %, 7 sets exact' out
equal 'cores can be said' 3 "$("$scrubjay" predict --jobs 3 --json 2>err | jq .jobs)"
equal 'the record can be shorter' 2 \
    "$("$scrubjay" predict --record 2 --json 2>err | jq .track_record.builds)"

git diff HEAD~3 HEAD >x.diff
equal 'a diff in a file' 'src/a.o src/b.o src/c.o' "$(foretold --diff x.diff)"
equal 'a diff from stdin' 'src/c.o' "$(git diff HEAD~1 HEAD | foretold --diff -)"
head -n -1 x.diff >broken.diff
equal 'half a diff is refused' 1 "$(status "$scrubjay" predict --diff broken.diff)"
has 'and the line is named' 'line [0-9]+ of the diff' err
echo '/* staged */' >>src/a.c
git add src/a.c
echo '/* not */' >>src/b.c
equal 'what is staged' 'src/a.o' "$(foretold --staged)"
git checkout -q --force HEAD
printf 'int d(void) { return 0; }\n' >src/d.c
git add src/d.c
equal 'a new source' 'src/d.c' "$(foretold --staged)"
git rm -q --force src/d.c
equal 'one change at a time' 2 "$(status "$scrubjay" predict --staged HEAD)"
equal 'a commit that does not exist' 1 "$(status "$scrubjay" predict nosuch)"

# Budgets.
git checkout -q --force HEAD~1
equal 'without budgets all is well' 0 "$(status "$scrubjay" gate)"
has 'and it is said' 'no budget is set' err
equal 'a fan-out over budget' 1 "$(status "$scrubjay" gate --predicted --max-fan-out 1)"
has 'the file is named' '^units that read one changed file +2 +1 +over +predicted, inc/api.h$' out
printf 'max_fan_out = 2\nmax_charge = 1h\n' >.scrubjay.conf
equal 'a file of the project holds budgets' 0 "$(status "$scrubjay" gate)"
has 'the build decides when there is one' '^CPU compiled anew +.* 1 h .*ok +measured' out
equal 'an option is stronger' 1 "$(status "$scrubjay" gate --max-charge 1ms)"
check 'JSON tells the verdicts' jq -e '.budgets | map(select(.is_over) | .budget) == ["max_charge"]' \
    <("$scrubjay" gate --max-charge 1ms --json 2>err)
"$scrubjay" gate --markdown >out 2>err
has 'a comment can be found again' '^<!-- scrubjay gate -->$' out
has 'and has a verdict' '^### Build time: within budget$' out
"$scrubjay" gate --markdown --dashboard-url https://cache.example.org/ >out 2>err
has 'and leads to the commit' \
    "^\\[This commit on the dashboard\\]\\(<https://cache.example.org/dash/commit/$(git rev-parse HEAD)>\\)$" out
"$scrubjay" gate --markdown --dashboard-url 'javascript:alert(1)' >out 2>err
equal 'but not to anywhere' 0 "$(grep -c alert out)"
has 'which it says' 'dashboard_url is no address of the web' err
git checkout -q --force main
equal 'a build that does not exist' 1 "$(status "$scrubjay" gate --measured)"

# Headers.
"$scrubjay" headers >out 2>err
has 'headers have a price' '^inc/api\.h +2 +.* 6 +[0-9.]+ +100\.0 %' out
"$scrubjay" headers deep.h >out 2>err
has 'an include is worth what is lost without it' '^inc/api\.h:2 +inc/deep\.h +2 +2 ' out
equal 'one include' 1 "$("$scrubjay" headers --edge src/c.c:deep.h --json 2>err | jq '.edges[0].lost')"
check 'all includes, for machines' jq -e '.edges | length == 4' \
    <("$scrubjay" headers --edges --json 2>err)
check 'a table for a comment' grep -q '^| inc/api.h | 2 |' <("$scrubjay" headers --markdown 2>err)
equal 'a header that nobody reads' 1 "$(status "$scrubjay" headers nosuch.h)"
equal 'a column that does not exist' 2 "$(status "$scrubjay" headers --sort size)"
