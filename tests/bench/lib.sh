# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the scripts of tests/bench/, with the build folder as first argument:
#
#   meson setup --buildtype=release build-release && ninja -C build-release
#   tests/bench/hit.sh build-release
#
# It makes a directory of its own ($work) for sources, stores and HOME, removed at the end, and sets
# $scrubjay, $bench and the candidates. Scripts fail on wrong outputs, never on a figure: a machine
# is as slow as it is, and what counts is the ratio to the others in the same run.

set -euo pipefail
LC_ALL=C
export LC_ALL
umask 022

build=${1:?"usage: $0 BUILD-FOLDER [OPTION]..."}
build=$(cd "$build" && pwd)
shift
scrubjay=$build/src/cli/scrubjay
# shellcheck disable=SC2034 # for the scripts
bench=$build/tests/bench/bench

# Whatever this machine or a build around us has set must not reach the programs under test.
while IFS='=' read -r name _; do
    case $name in
    SCRUBJAY_* | CCACHE_* | XDG_*) unset "$name" ;;
    esac
done < <(env)
unset CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CPATH C_INCLUDE_PATH MAKEFLAGS MAKELEVEL MFLAGS
unset LD_PRELOAD SOURCE_DATE_EPOCH GCC_COLORS name

# Debian's own, so that figures of machines compare: each folder on it costs a look-up or two, and a
# folder of compiler links in front would put a cache in front of the plain compiler.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

work=$(mktemp -d "${TMPDIR:-/tmp}/scrubjay-bench.XXXXXX")
work=$(cd "$work" && pwd -P)
export HOME=$work/home TMPDIR=$work/tmp SCRUBJAY_DIR=$work/scrubjay
export CCACHE_CONFIGPATH=$work/ccache.conf
mkdir "$HOME" "$TMPDIR" "$work/t"
: >"$CCACHE_CONFIGPATH"
cd "$work/t"

faults=0

finish() {
    local status=$?
    cd /
    chmod -R u+rwX "$work" 2>/dev/null || true
    rm -rf "$work"
    [ "$status" -eq 0 ] || exit "$status"
    [ "$faults" -eq 0 ] || exit 1
}
trap finish EXIT

# fault TEXT: something is wrong, not slow.
fault() {
    printf 'WRONG: %s\n' "$*"
    faults=$((faults + 1))
}

# title TEXT: a heading in what is printed.
title() {
    printf '\n%s\n' "$*"
}

# Settings that make a candidate of `bench`. Debian's ccache as it comes, and as fast as its manual
# lets it be; stores of their own, so that nobody finds what another one has put there.
# shellcheck disable=SC2034 # for the scripts
{
    as_ccache=(CCACHE_DIR="$work/ccache" ccache)
    ccache_tuning=(CCACHE_DIR="$work/ccache-tuned" CCACHE_NOCOMPRESS=1 CCACHE_HARDLINK=1
        CCACHE_NOSTATS=1 CCACHE_SLOPPINESS=file_stat_matches)
    as_ccache_tuned=("${ccache_tuning[@]}" ccache)
    as_ccache_inode=("${ccache_tuning[@]}" CCACHE_DIR="$work/ccache-inode" CCACHE_INODECACHE=1
        ccache)
    as_scrubjay=(SCRUBJAY_DIR="$SCRUBJAY_DIR" "$scrubjay")
}

# settle: waits until files made just now are old enough to be trusted by a cache.
settle() {
    sleep 1.2
}

# stat_of FILTER: a value of `scrubjay stats --json`, such as .hits
stat_of() {
    "$scrubjay" stats --json | jq -r "$1"
}

# verify: the store reads and checks all that it holds.
verify() {
    "$scrubjay" verify >"$work/verify.txt" 2>&1 ||
        fault "scrubjay verify: $(tail -3 "$work/verify.txt")"
}

# write_c FILE [HEADERS]: a small C file with 57 headers (Debian 12), and more of our own below h/.
write_c() {
    local file=$1 more=${2:-0} i
    {
        printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n'
        for ((i = 0; i < more; i++)); do
            printf '#include "h/%s.h"\n' "$i"
        done
        cat <<'END'
#ifndef N
#define N 0
#endif
struct node {
    struct node *next;
    char name[24];
};

static struct node *find(struct node *at, const char *name)
{
    while (at && strcmp(at->name, name) != 0) {
        at = at->next;
    }
    return at;
}

int main(int argc, char **argv)
{
    struct node *all = NULL;
    for (int i = 1; i < argc; i++) {
        if (!find(all, argv[i])) {
            struct node *node = calloc(1, sizeof *node);
            snprintf(node->name, sizeof node->name, "%s", argv[i]);
            node->next = all;
            all = node;
        }
    }
    for (struct node *at = all; at; at = at->next) {
        printf("%s %d\n", at->name, N);
    }
    return 0;
}
END
    } >"$file"
    mkdir -p h
    for ((i = 0; i < more; i++)); do
        printf 'int declared_%s(int);\n' "$i" >"h/$i.h"
    done
}

# write_cxx FILE: a C++ file with about 240 headers (Debian 12).
write_cxx() {
    cat >"$1" <<'END'
#include <iostream>
#include <map>
#include <regex>
#include <string>
#ifndef N
#define N 0
#endif

int main()
{
    std::cout << N << '\n';
    const std::regex word("([a-z]+)([0-9]*)");
    std::map<std::string, int> count;
    for (std::string line; std::getline(std::cin, line);) {
        std::smatch match;
        if (std::regex_match(line, match, word)) {
            count[match[1]]++;
        }
    }
    for (const auto &[name, times] : count) {
        std::cout << name << ' ' << times << '\n';
    }
}
END
}

# inputs COMPILER FILE: how many files a compile reads.
inputs() {
    "$1" -M "$2" | grep -oE '[^ ]+[.](h|c|cc)( |$)|/[^ ]+' | wc -l
}
