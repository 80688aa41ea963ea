#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What each command says about compiles that went through the cache, to people and as JSON; and that
# it refuses what it does not know.
. "$(dirname "$0")/lib.sh"
need gcc jq

# Old enough to be stored at once: a change within a tick of the clock is not.
settle() {
    touch -d '1 minute ago' "$@"
    sleep 0.05
}

json() {
    "$scrubjay" "$@" --json | jq -e . >/dev/null
}

equal 'an empty store has no hits' '0 0 0' "$(stat_of '"\(.hits) \(.misses) \(.objects)"')"
check 'and asking did not make one' test ! -e "$SCRUBJAY_DIR"

printf '#include "h.h"\nint f(void) { return H; }\n' >a.c
echo '#define H 1' >h.h
settle a.c h.h
"$scrubjay" gcc -c a.c -o a.o
"$scrubjay" gcc -c a.c -o a.o
"$scrubjay" gcc -shared a.o -o a.so
"$scrubjay" gcc --version >/dev/null

equal 'stats counts hits and misses' '1 1' "$(stat_of '"\(.hits) \(.misses)"')"
equal 'and bypasses by reason' '{"info-option":1,"link":1}' "$(stat_of '.bypassed | tojson')"
equal 'and CPU' true "$(stat_of '.saved_cpu_ns > 0 and .spent_cpu_ns > 0 and .own_cpu_ns > 0')"
equal 'and what the store holds' true "$(stat_of '.size_bytes > 0 and .results == 1')"
"$scrubjay" stats >out
has 'stats has a line for hits' '^hits +1 ' out
has 'and one for each reason' '^  link +1 ' out
equal 'stats of another build is empty' 0 "$("$scrubjay" stats --build none --json | jq .misses)"
SCRUBJAY_BUILD_ID=b1 "$scrubjay" gcc -c a.c -o a.o
equal 'stats of one build' '1 0' \
    "$("$scrubjay" stats --build b1 --json | jq -r '"\(.hits) \(.misses)"')"
equal 'stats of the last build' b1 \
    "$("$scrubjay" stats --build last --json | jq -r '.builds[0].build')"
equal 'stats since now' 0 "$("$scrubjay" stats --since 0s --json | jq .hits)"

"$scrubjay" why a.o >out
has 'why knows what was never seen' 'never seen before' out
"$scrubjay" gcc -O2 -DX=1 -c a.c -o a.o
"$scrubjay" why a.o >out
has 'why shows arguments that were added' '^ +\+ -O2$' out
equal 'and which part of the key differs' 'key ["args"]' \
    "$("$scrubjay" why a.c --json | jq -r '.[0] | "\(.cause) \(.components | tojson)"')"
echo '#define H 22' >h.h
settle h.h
"$scrubjay" gcc -O2 -DX=1 -c a.c -o a.o
equal 'why names the input that changed' 'inputs h.h changed' \
    "$("$scrubjay" why "$PWD/a.o" --json | jq -r '.[0] | "\(.cause) \(.inputs[0] | "\(.path) \(.change)")"')"
"$scrubjay" why a.o >out
has 'with the keys before and after' 'changed +h\.h: [0-9a-f]{12} became [0-9a-f]{12}' out
"$scrubjay" why a.so >out
has 'why knows what is bypassed' 'links a program' out
SCRUBJAY_RECACHE=1 "$scrubjay" gcc -O2 -DX=1 -c a.c -o a.o
equal 'why knows recache' recache "$("$scrubjay" why a.o --json | jq -r '.[0].cause')"
refuse 'why refuses a unit that is not known' "$scrubjay" why nothing.o

check 'verify finds everything whole' "$scrubjay" verify
equal 'verify counts' true "$("$scrubjay" verify --json | jq '.checked > 0 and .damaged == 0')"
check 'gc' "$scrubjay" gc
"$scrubjay" clear >out
has 'clear says what it removed' '^removed [0-9]+ results? and' out
equal 'nothing is left' 0 "$(stat_of .results)"
"$scrubjay" gcc -O2 -DX=1 -c a.c -o a.o
equal 'why knows what has left the store' evicted "$("$scrubjay" why a.o --json | jq -r '.[0].cause')"
check 'clear --records' "$scrubjay" clear --records
equal 'the statistics begin anew' 0 "$(stat_of .misses)"

echo 'max_size = 3G' >.scrubjay.conf
equal 'config prints a value' 3GB "$("$scrubjay" config max_size)"
equal 'and its origin' project "$("$scrubjay" config --json | jq -r .settings.max_size.origin)"
equal 'the command line wins' 4GB "$("$scrubjay" config max_size --max-size 4G)"
equal 'config knows the files' "$PWD/.scrubjay.conf" "$("$scrubjay" config --file --json | jq -r .project)"
echo 'max_sise = 3G' >.scrubjay.conf
refuse 'config refuses a wrong file' "$scrubjay" config
"$scrubjay" config 2>out >/dev/null
has 'and says where and what' "\\.scrubjay\\.conf' line 1: .*did you mean 'max_size'" out
refuse 'doctor fails, too' "$scrubjay" doctor
rm .scrubjay.conf
refuse 'no such setting' "$scrubjay" config nonsense

check 'doctor is content' "$scrubjay" doctor
equal 'its trial ends in a hit' ok \
    "$("$scrubjay" doctor --json | jq -r '.[] | select(.check == "trial").level')"
mkdir other
cp /usr/bin/true other/sccache
ln -s sccache other/gcc
PATH=$PWD/other:$PATH "$scrubjay" doctor --json >out
equal 'doctor sees another cache in front' warn \
    "$(jq -r '[.[] | select(.check == "compiler" and .level != "ok").level][0]' out)"
SCRUBJAY_DIR=$PWD/a.c "$scrubjay" doctor --json >out
equal 'doctor sees a store that is a file' fail "$(jq -r '.[] | select(.check == "store").level' out)"

"$build/src/cli/scrubjay-main" --print-settings >out
# shellcheck disable=SC2154 # lib.sh sets it
grep '<br>' "$source_root/docs/configuration.md" >documented
grep '<br>' out >printed
same 'docs/configuration.md has the settings as they are' documented printed

for command in clear config doctor gc stats verify version why; do
    check "$command --help" "$scrubjay" "$command" --help
    check "$command --json" json "$command"
    "$scrubjay" "$command" --nonsense >/dev/null 2>&1
    equal "$command refuses an option that it does not know" 2 $?
done
check 'help' "$scrubjay" help
check 'help on the settings' "$scrubjay" help settings
"$scrubjay" nonsense >/dev/null 2>&1
equal 'a command that does not exist' 2 $?
"$scrubjay" stats >/dev/full 2>&1
equal 'a report that cannot be written is a failure' 1 $?
