# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by dash.sh: a small C project in a git repository, with a history that has something to
# show: headers that many read, a step up and one down, new flags, a new unit, a commit that changes
# no unit, and an author who means harm.

# What would run if a page let it. All of it stands in names, subjects and paths.
# shellcheck disable=SC2034 # for the script
hostile_author='Eve" onload="alert(1)" &lt;img src=x onerror=alert(1)&gt; Mal'
hostile_note='<img src=x onerror=alert(6)>'
hostile_subject='"><script>alert(2)</script><svg onload=alert(3)> net: a word'
hostile_dir='src/<img src=x onerror=alert(4)>'
hostile_header='include/<svg onload=alert(5)>.h'

for name in GIT_AUTHOR GIT_COMMITTER; do
    export "${name}_EMAIL=anna@example.com" "${name}_NAME=Anna Berg"
done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
while IFS='=' read -r name _; do
    case $name in
    GITHUB_* | CI_* | BUILDKITE* | CIRCLE* | TRAVIS* | BUILD_* | JOB_* | GIT_DIR | GIT_WORK_TREE | \
        BRANCH_NAME) unset "$name" ;;
    esac
done < <(env)

# curves COUNT: functions of include/geometry.h. Each unit that reads it pays for all of them.
curves() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; i++) {
            printf "static inline double curve_%d(double x, int n)\n{\n", i
            printf "    double sum = x;\n    for (int i = 0; i < n; i++) {\n"
            printf "        sum += (sum * %d.5 - x) / (i + %d) + (i & %d);\n", i, i + 1, i
            printf "    }\n    return sum > %d ? sum : -sum;\n}\n", i
        }
    }'
}

# header COUNT NOTE: the header that most units read.
header() {
    {
        printf '// %s\n#ifndef GEOMETRY_H\n#define GEOMETRY_H\n#include "config.h"\n#include <math.h>\n' "$2"
        curves "$1"
        printf 'typedef double (*curve)(double, int);\n#endif\n'
    } >include/geometry.h
}

# unit PATH NUMBER HEADER…: a unit that keeps the compiler busy for a little while.
unit() {
    local path=$1 number=$2 header
    shift 2
    {
        for header in "$@"; do
            printf '#include "%s"\n' "$header"
        done
        awk -v number="$number" 'BEGIN {
            for (i = 0; i < number; i++) {
                printf "int unit_%d_%d(int a, int b)\n{\n    int sum = %d;\n", number, i, i
                printf "    for (int i = 0; i < a; i++) {\n        sum += i * b ^ (sum >> %d);\n", i % 7
                printf "        if (sum %% %d == 0) {\n            sum -= b;\n        }\n    }\n", i + 3
                printf "    return sum;\n}\n"
            }
        }'
        case " $* " in
        *geometry.h*)
            printf 'extern curve curves_%d[];\ncurve curves_%d[] = {curve_1, curve_2, curve_3,\n' \
                "$number" "$number"
            awk -v n="$number" 'BEGIN { for (i = 4; i < 10 + n % 9; i++) printf "    curve_%d,\n", i }'
            printf '};\n'
            ;;
        esac
    } >"$path"
}

now=$(date +%s)

# commit DAYS SUBJECT: so many days ago.
commit() {
    GIT_AUTHOR_DATE="@$((now - $1 * 86400)) +0000"
    GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
    export GIT_AUTHOR_DATE GIT_COMMITTER_DATE
    git add -A
    git commit -qm "$2"
}

make_project() {
    git init -q -b main .
    mkdir -p include src/net src/draw
    cat >build.sh <<'END'
#!/bin/sh
# Two units at a time, whatever their names hold.
set -eu
flags=$(cat flags)
export flags
find src -name '*.c' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 -n 1 -P 2 sh -c '
    name=out/${1#src/}
    mkdir -p "${name%/*}"
    gcc $flags -Iinclude -c "$1" -o "${name%.c}.o"' build
END
    echo '-O2' >flags
    printf '#define VERSION 1\n' >include/config.h
    printf '#include "config.h"\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n' >include/text.h
    header 90 'curves'
    unit src/main.c 11 geometry.h text.h
    unit src/text.c 40 text.h
    unit src/table.c 60 text.h
    unit src/draw/shape.c 30 geometry.h
    unit src/draw/render.c 50 geometry.h text.h
    unit src/draw/scene.c 25 geometry.h
    unit src/net/http.c 45 text.h
    unit src/net/socket.c 20 text.h
    commit 20 'start: shapes, text and a network'

    unit src/draw/render.c 54 geometry.h text.h
    commit 18 'render: circles are round'
    header 96 'curves, checked'
    commit 17 'geometry: check what comes in'
    unit src/table.c 66 text.h
    commit 15 'table: rows of any length'
    echo '-O2 -fstack-protector-strong' >flags
    commit 14 'build: protect the stack'
    unit src/net/udp.c 35 text.h
    commit 12 'net: datagrams'

    mkdir -p "$hostile_dir"
    printf '#define WORD 1\n' >"$hostile_header"
    unit "$hostile_dir/attack.c" 12 text.h "${hostile_header#include/}"
    # Neither git nor libgit2 takes '<' into an author's name.
    GIT_AUTHOR_NAME=$hostile_author commit 11 "$hostile_subject"

    header 260 'every curve inline'
    commit 9 'geometry: every curve inline'
    printf '// Lines end in one byte.\n' >>include/text.h
    commit 8 'text: say how lines end'
    unit src/net/http.c 49 text.h
    commit 6 'http: keep connections open'
    header 120 'the usual curves inline'
    commit 4 'geometry: only the usual curves inline'
    echo 'A program that draws.' >README
    commit 1 'readme: what this is'
}

# change_branch: a branch with one commit of its own.
change_branch() {
    git checkout -q -b feature/faster
    unit src/draw/scene.c 33 geometry.h
    commit 0 'scene: sorts by depth'
}

# make_steps: a project whose build stops before each unit until somebody writes a line to the unit's
# pipe below gate/.
make_steps() {
    git init -q -b main .
    mkdir gate
    printf '%s\n' 'gate/' '*.o' >.gitignore
    for name in a b c d e f; do
        mkfifo "gate/$name"
        printf 'int %s(int x)\n{\n    return x + %d;\n}\n' "$name" "${#name}" >"$name.c"
    done
    printf '%s\n' 'all: a.o b.o c.o d.o e.o f.o' '%.o: %.c' \
        '	@read -r go <gate/$*; gcc -O1 -c $< -o $@' >Makefile
    commit 1 'start: six units'
}
