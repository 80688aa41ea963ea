#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How a compiler is called, what it returns, and what it leaves behind: numbers 1 to 12.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

c01_plain_prefix() {
    write_source
    first -c x.c -o x.o
}

c01_nested_prefix() {
    write_source
    via=("$scrubjay")
    first -c x.c -o x.o
    [ "$(count_records)" = 2 ] || wrong "nesting leaves $(count_records) records of 2 compiles"
    via=()
    still -c x.c -o x.o
}

# usage: masquerade LINK-COMMAND…
masquerade() {
    mkdir links
    name=$cc_name
    "$@" "$scrubjay" "links/$name"
    write_source
    plain -c x.c -o x.o
    for label in cold warm; do
        take $label env PATH="$PWD/links:$PATH" "$name" -c x.c -o x.o
        compare plain $label
    done
}

c01_masquerade_symlink() {
    masquerade ln -s
    ended 'hit *'
}

# linked_beside COMMAND…: as the program under another name, where it finds its parts.
linked_beside() {
    mkdir -p inst/bin inst/lib/scrubjay
    cp "$scrubjay" inst/bin/scrubjay
    cp "$build/src/observe/observe.so" inst/lib/scrubjay
    "$@" "inst/bin/$cc_name"
    write_source
    plain -c x.c -o x.o
    for label in cold warm; do
        take $label env PATH="$PWD/inst/bin:$PATH" "$cc_name" -c x.c -o x.o
        compare plain $label
    done
    ended 'hit *'
}

c01_masquerade_hard_link() { linked_beside ln inst/bin/scrubjay; }
c01_masquerade_copy() { linked_beside cp inst/bin/scrubjay; }

# A directory of links twice on PATH, and a relative link to a link, are still ourselves.
c01_masquerade_chain() {
    mkdir one two
    name=$cc_name
    ln -s "$scrubjay" "one/$name"
    ln -s "../one/$name" "two/$name"
    write_source
    plain -c x.c -o x.o
    take cold timeout 20 env PATH="$PWD/two:$PWD/one:$PWD/two:$PATH" "$name" -c x.c -o x.o
    compare plain cold
}

# A compiler that is a script which calls Scrubjay with its own name: must end, one way or the other.
c01_recursion() {
    mkdir scripts
    write_script scripts/loopcc <<EOF
exec "$scrubjay" loopcc "\$@"
EOF
    write_source
    status=0
    PATH="$PWD/scripts:$PATH" timeout 20 "$scrubjay" loopcc -c x.c -o x.o 2>err.txt || status=$?
    [ $status != 124 ] || wrong 'called itself without end'
    [ $status != 0 ] || wrong 'a compiler that only calls itself did something'
    [ "$(wc -l <err.txt)" -lt 5 ] || wrong "complained $(wc -l <err.txt) times"
}

# A script around the compiler that calls Scrubjay itself: one compile, counted once as cached.
c02_wrapper_calls_again() {
    name=$cc_name
    mkdir scripts
    write_script "scripts/$name" <<EOF
exec "$scrubjay" "$CC" "\$@"
EOF
    write_source
    plain -c x.c -o x.o
    tool=$PWD/scripts/$name
    take cold timeout 20 "$scrubjay" "$tool" -c x.c -o x.o
    compare plain cold
    take warm timeout 20 "$scrubjay" "$tool" -c x.c -o x.o
    compare plain warm
}

c03_compiler_missing() {
    status=0
    "$scrubjay" /nowhere/gcc -c x.c 2>err.txt || status=$?
    [ $status != 0 ] || wrong 'status 0 without a compiler'
    grep -q /nowhere/gcc err.txt || wrong "message does not name it: $(cat err.txt)"
    status=0
    "$scrubjay" gcc-77 -c x.c 2>err.txt || status=$?
    [ $status != 0 ] || wrong 'status 0 without a compiler'
    grep -q gcc-77 err.txt || wrong "message does not name it: $(cat err.txt)"
}

c03_failing_compile() {
    write_source x.c 'int broken( {'
    failing -c x.c -o x.o
    write_source
    first -c x.c -o x.o
}

c03_failing_is_run_once() {
    write_script "$cc_name" <<EOF
echo run >>"$logs/runs"
exec "$CC" "\$@"
EOF
    write_source x.c '#error on purpose'
    status=0
    "$scrubjay" "./$cc_name" -c x.c 2>/dev/null || status=$?
    [ $status = 1 ] || wrong "status $status"
    [ "$(grep -c run "$logs/runs")" = 1 ] || wrong "compiled $(grep -c run "$logs/runs") times"
}

c03_warning_is_replayed_once() {
    write_source x.c 'int f(void) { int unused; return 0; }'
    first -Wall -c x.c -o x.o
    [ "$(grep -c 'unused variable' "$logs/warm/err")" = 1 ] || wrong 'warning not replayed once'
}

# usage: killed SIGNAL
killed() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) kill -$1 \$\$ ;; esac
exec "$CC" "\$@"
EOF
    write_source
    tool=$PWD/$cc_name
    plain -c x.c -o x.o
    cached cold 'failed *' -c x.c -o x.o
    cached warm 'failed *' -c x.c -o x.o
}

c03_killed_by_segv() { killed SEGV; }
c03_killed_by_kill() { killed KILL; }

# interrupted SIGNAL: sent to the wrapper alone, in the middle of a compile.
interrupted() {
    local wrapper status=0
    write_script "$cc_name" <<EOF
case \$* in *-c*) ;; *) exec "$CC" "\$@" ;; esac
trap 'echo $1 >"$logs/got"; exit 9' $1
: >"$logs/started"
while :; do sleep 0.02; done
EOF
    write_source
    find . "$TMPDIR" | sort >"$logs/before"
    # A shell's background command would have INT and QUIT ignored.
    env --default-signal "$scrubjay" "./$cc_name" -c x.c -o x.o >/dev/null 2>&1 &
    wrapper=$!
    await 'the compiler' test -e "$logs/started"
    kill -"$1" $wrapper
    wait $wrapper || status=$?
    [ "$(cat "$logs/got" 2>/dev/null)" = "$1" ] || wrong 'the compiler was not told'
    [ $status != 0 ] || wrong 'status 0'
    find . "$TMPDIR" | sort >"$logs/after"
    comm -13 "$logs/before" "$logs/after" >"$logs/left"
    [ ! -s "$logs/left" ] || wrong "left behind: $(cat "$logs/left")"
}

c04_signal_term() { interrupted TERM; }
c04_signal_int() { interrupted INT; }
c04_signal_hup() { interrupted HUP; }
c04_signal_quit() { interrupted QUIT; }

# What a compiler leaves that was told to end, and says that all is well, is nobody else's.
c04_signal_survived() {
    local wrapper
    write_script "$cc_name" <<EOF
case \$* in *-c*) ;; *) exec "$CC" "\$@" ;; esac
trap 'echo half >x.o; exit 0' TERM
echo >&7
i=0
while [ \$i -lt 25 ]; do i=\$((i + 1)); sleep 0.02; done
exec "$CC" "\$@"
EOF
    write_source
    "$CC" -c x.c -o plain.o
    settle
    mkfifo "$logs/runs"
    "$scrubjay" "./$cc_name" -c x.c -o x.o 7>"$logs/runs" &
    wrapper=$!
    read -r <"$logs/runs" || :
    kill -TERM $wrapper
    wait $wrapper || wrong 'it did not survive'
    ended 'miss interrupted *'
    rm x.o
    "$scrubjay" "./$cc_name" -c x.c -o x.o 7>/dev/null
    cmp -s plain.o x.o || wrong 'half a result was stored'
}

# The compiler runs before the wrapper has seen that it does: what comes then is not lost.
c04_signal_at_once() {
    local round
    write_script "$cc_name" <<EOF
case \$* in *-c*) ;; *) exec "$CC" "\$@" ;; esac
trap 'exit 9' TERM
kill -TERM \$PPID
i=0
while [ \$i -lt 100 ]; do i=\$((i + 1)); sleep 0.1; done
: >"$logs/lost"
EOF
    write_source
    for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$scrubjay" "./$cc_name" -c x.c -o x.o >/dev/null 2>&1 || :
        [ ! -e "$logs/lost" ] || wrong "not told in round $round"
    done
}

c05_no_leaked_descriptors() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) (cd /proc/self/fd && echo * >&2) ;; esac
exec "$CC" "\$@"
EOF
    write_source
    tool=$PWD/$cc_name
    plain -c x.c -o x.o
    take cold "$scrubjay" "$tool" -c x.c -o x.o
    compare plain cold
}

c05_passed_descriptors_stay() {
    write_script "$cc_name" <<EOF
case \$* in *-c*) echo token >&7 ;; esac
exec "$CC" "\$@"
EOF
    write_source
    "$scrubjay" "./$cc_name" -c x.c -o x.o 7>"$logs/jobserver"
    [ "$(cat "$logs/jobserver")" = token ] || wrong 'descriptor 7 did not reach the compiler'
}

c05_stdin_untouched() {
    write_source
    "$CC" -c x.c -o x.o
    for label in cold warm; do
        rest=$(printf 'a\nb\n' | { "$scrubjay" "$CC" -c x.c -o x.o && cat; })
        [ "$rest" = "$(printf 'a\nb')" ] || wrong "$label run ate stdin"
    done
}

# usage: spoiling SHELL-COMMAND: a compiler that spoils its output after success
spoiling() {
    write_script "$cc_name" <<EOF
"$CC" "\$@" || exit
case \$* in *-c*) $1 ;; esac
EOF
    write_source
    tool=$PWD/$cc_name
    plain -c x.c -o x.o
    cached cold 'miss * -*' -c x.c -o x.o
    cached warm 'miss * -*' -c x.c -o x.o
}

c06_output_missing() { spoiling 'rm -f x.o'; }
c06_output_empty() { spoiling ': >x.o'; }

c07_output_directory_missing() {
    write_source
    failing -c x.c -o nowhere/x.o
    # A hit must wrong as well as the compiler does.
    first -c x.c -o x.o
    plain -c x.c -o nowhere/x.o
    take cold "$scrubjay" "$CC" -c x.c -o nowhere/x.o
    compare plain cold
}

c07_output_is_directory() {
    write_source
    first -c x.c -o x.o
    mkdir x.o
    plain -c x.c -o x.o
    take cold "$scrubjay" "$CC" -c x.c -o x.o
    compare plain cold
    [ -d x.o ] || wrong 'the directory is gone'
}

c07_output_unwritable() {
    [ "$(id -u)" = 0 ] || skip 'needs root to become another user'
    chmod 755 "$work" "$work/c07_output_unwritable"
    mkdir -m 777 shared
    write_source shared/x.c
    mkdir -m 755 shared/out
    export SCRUBJAY_DIR="$PWD/shared/store"
    user='setpriv --reuid=65534 --regid=65534 --clear-groups'
    cd shared
    # shellcheck disable=SC2086 # a list of words
    for label in plain cold; do
        [ $label = plain ] && prefix= || prefix=$scrubjay
        take $label $user $prefix "$CC" -c x.c -o out/x.o
    done
    [ "$(status_of plain)" != 0 ] || wrong 'the plain compile does not wrong'
    # The compiler's message may hold a name that changes from run to run, so the status decides.
    [ "$(status_of plain)" = "$(status_of cold)" ] || wrong "status $(status_of cold)"
    # shellcheck disable=SC2086
    $user "$scrubjay" "$CC" -c x.c -o x.o
    # shellcheck disable=SC2086
    ! $user "$scrubjay" "$CC" -c x.c -o out/x.o 2>/dev/null || wrong 'a hit wrote what it must not'
}

c08_umask() {
    write_source
    umask 022
    first -g -MMD -c x.c -o x.o
    umask 077
    still -g -MMD -c x.c -o x.o
    umask 002
    still -g -MMD -c x.c -o x.o
    umask 022
}

c09_other_links_stay() {
    write_source
    first -c x.c -o x.o
    echo old >other
    ln other x.o
    "$scrubjay" "$CC" -c x.c -o x.o
    [ "$(cat other)" = old ] || wrong 'another link to the old output was changed'
    rm x.o
    echo old >other
    ln other x.o
    write_source x.c 'int changed;'
    "$CC" -c x.c -o plain.o
    "$scrubjay" "$CC" -c x.c -o x.o
    cmp plain.o x.o || wrong 'wrong object'
}

# gcc and clang write through a symbolic link; so must a hit.
c09_output_is_symlink() {
    write_source
    first -c x.c -o x.o
    mkdir real
    for label in plain warm; do
        [ $label = plain ] && prefix= || prefix=$scrubjay
        rm -f x.o real/x.o
        echo old >real/x.o
        ln -s real/x.o x.o
        $prefix "$CC" -c x.c -o x.o
        { stat -c '%F' x.o real/x.o; cksum <x.o; cksum <real/x.o; } >"$logs/$label.links"
        rm -f x.o real/x.o
    done
    diff "$logs/plain.links" "$logs/warm.links" || wrong 'a hit treats a linked output otherwise'
}

c09_mtime_is_fresh() {
    write_source
    first -MMD -c x.c -o x.o
    touch "$logs/mark"
    sleep 0.02
    "$scrubjay" "$CC" -MMD -c x.c -o x.o
    [ x.o -nt "$logs/mark" ] || wrong 'object is old'
    [ x.d -nt "$logs/mark" ] || wrong 'depfile is old'
}

# A hit replaces an old output whatever its mode, and its mode is that of a new file.
c09_existing_output_mode() {
    write_source
    first -c x.c -o x.o
    : >x.o
    chmod 400 x.o
    "$scrubjay" "$CC" -c x.c -o x.o
    ended 'hit *'
    [ "$(stat -c %a x.o)" = 644 ] || wrong "mode $(stat -c %a x.o)"
    cmp x.o "$logs/plain/files/x.o" || wrong 'wrong object'
}

c10_output_dev_null() {
    write_source
    first -c x.c -o /dev/null
    [ -c /dev/null ] || wrong '/dev/null is gone'
    write_source x.c '#warning conftest'
    again -c x.c -o /dev/null
    [ -c /dev/null ] || wrong '/dev/null is gone'
    right -c x.c -o x.o
}

c11_output_name_is_neutral() {
    write_source
    mkdir sub
    first -c x.c -o x.o
    still -c x.c -o y.o
    still -c x.c -o sub/z.obj
    still -c x.c
}

c11_output_name_with_debug() {
    write_source
    mkdir sub
    first -g -c x.c -o x.o
    still -g -c x.c -o sub/y.o
}

c11_output_name_in_dwo() {
    write_source
    first -g -gsplit-dwarf -c x.c -o x.o
    again -g -gsplit-dwarf -c x.c -o y.o
    still -g -gsplit-dwarf -c x.c -o x.o
}

c11_output_name_in_coverage() {
    write_source
    mkdir sub
    first -frandom-seed=1 --coverage -c x.c -o x.o
    again -frandom-seed=1 --coverage -c x.c -o sub/x.o
    again -frandom-seed=1 --coverage -c x.c -o y.o
}

c11_output_name_in_switches() {
    write_source
    needs -frecord-gcc-switches
    first -frecord-gcc-switches -c x.c -o x.o
    plain -frecord-gcc-switches -c x.c -o y.o
    right -frecord-gcc-switches -c x.c -o y.o
    right -g -grecord-gcc-switches -c x.c -o y.o
    right -g -grecord-gcc-switches -c x.c -o z.o
}

c11_output_name_of_dumps() {
    only gcc
    write_source
    bypassed unsupported-option -fstack-usage -dumpbase first -c x.c -o x.o
    bypassed unsupported-option -fstack-usage -dumpdir third- -c x.c -o x.o
    first -fstack-usage -c x.c -o x.o
    still -fstack-usage -c x.c -o y.o
}

c12_launcher_prefix() {
    write_script distcc <<'EOF'
exec "$@"
EOF
    write_source
    first -c x.c -o x.o
    via=("$PWD/distcc")
    plain -c x.c -o x.o
    cached warm 'hit *' -c x.c -o x.o
    write_source x.c 'int fresh;'
    again -c x.c -o x.o
}

c12_tool_prefix() {
    write_script prefix <<EOF
echo "\$0" >&7
exec "\$@"
EOF
    write_source
    export SCRUBJAY_TOOL_PREFIX="$PWD/prefix"
    exec 7>"$logs/prefixed"
    first -c x.c -o x.o
    exec 7>&-
    [ "$(wc -l <"$logs/prefixed")" = 1 ] || wrong 'the prefix did not run once'
    unset SCRUBJAY_TOOL_PREFIX
    still -c x.c -o x.o
}

run_cases
