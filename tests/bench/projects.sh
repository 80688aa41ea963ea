#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole builds of projects from the Debian archive: CPU of a cold and a warm build beside the plain
# compiler and ccache, and every file that a build leaves compared with a plain build's.
#
#   tests/bench/projects.sh BUILD-FOLDER [ROUNDS [PROJECT]...]
#
# Needs network, apt-get, dpkg-dev, and what the projects need: cmake, libgtest-dev, zlib1g-dev.
# Sources are kept in ${XDG_CACHE_HOME:-~/.cache}/scrubjay-bench.

sources=${XDG_CACHE_HOME:-$HOME/.cache}/scrubjay-bench
. "$(dirname "$0")/lib.sh"
rounds=${1:-1}
shift $(($# > 0 ? 1 : 0))

# The archive that this machine is set up for, asked for sources; nothing of the system is changed.
apt_sources() {
    mkdir -p "$sources/lists/partial"
    apt=(apt-get -qq -o "Dir::Etc::SourceList=$sources/sources.list"
        -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$sources/lists"
        -o APT::Sandbox::User=)
    [ ! -s "$sources/sources.list" ] || return 0
    apt-get indextargets --format "deb-src \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
        'Created-By: Packages' 'Origin: Debian' | sort -u >"$sources/sources.list"
    "${apt[@]}" update
}

# fetch PROJECT: its source in $sources/PROJECT, with the distribution's patches where $patches
# says so.
fetch() {
    local -a how=(--no-check)
    [ ! -d "$sources/$1" ] || return 0
    apt_sources
    [[ $patches == *" $1 "* ]] || how+=(--skip-patches)
    (cd "$sources" && "${apt[@]}" source --download-only "$1" && rm -rf "$1.part" &&
        dpkg-source "${how[@]}" -x "$1"_*.dsc "$1.part" >/dev/null && mv "$1.part" "$1")
}

# Each project: how its tree is prepared, and how it is built. $tools holds the compilers' names.
patches=' fmtlib ' # to be built with the system's googletest

prepare_redis() { :; }
build_redis() {
    make -j"$jobs" CC="$tools/gcc" MALLOC=libc USE_SYSTEMD=no
}

prepare_fmtlib() {
    cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$tools/g++" \
        -DCMAKE_C_COMPILER="$tools/gcc" -DFMT_DOC=OFF
}
build_fmtlib() {
    make -C build -j"$jobs"
}

prepare_git() { :; }
build_git() {
    make -j"$jobs" CC="$tools/gcc" NO_CURL=1 NO_OPENSSL=1 NO_EXPAT=1 NO_GETTEXT=1 NO_PERL=1 \
        NO_PYTHON=1 NO_TCLTK=1
}

# use PROGRAM: the compilers' names lead to it, or to themselves when it is "plain".
use() {
    local name
    for name in gcc g++; do
        if [ "$1" = plain ]; then
            ln -sf "$(command -v "$name")" "$tools/$name"
        else
            ln -sf "$(command -v "$1")" "$tools/$name"
        fi
    done
}

# restore: the tree as it was before a build; files that no build touched stay the same inodes.
restore() {
    local file
    while IFS= read -r -d '' file; do
        if [ -e "$work/pristine/$file" ]; then
            cp -a "$work/pristine/$file" "$tree/$file"
        else
            rm -f "$tree/$file"
        fi
    done < <(cd "$tree" && find . ! -type d -cnewer "$work/stamp" -print0)
}

# checkout: the tree anew, as a CI job gets it: same place, all inodes and times are others.
checkout() {
    rm -rf "$tree"
    cp -a "$work/pristine" "$tree"
    settle
    touch "$work/stamp"
    settle
}

# build WHAT: builds, and notes CPU and wall in $work/WHAT.times, checksums in $work/WHAT.sums.
build() {
    local what=$1 status=0
    TIMEFORMAT='%U %S %R'
    { time (cd "$tree" && "build_$id" >"$work/build.log" 2>&1) || status=$?; } 2>"$work/times"
    awk '{ print $1 + $2, $3 }' "$work/times" >>"$work/$what.times"
    [ "$status" -eq 0 ] || {
        tail -5 "$work/build.log"
        fault "$project, $what: the build failed"
    }
    (cd "$tree" && find . -type f -cnewer "$work/stamp" -exec sha256sum {} +) |
        sort -k2 >"$work/$what.sums"
}

# equal WHAT: fails for files that differ from a plain build's, but for those in which two plain
# builds differ.
equal() {
    local what=$1 count
    diff "$work/plain.sums" "$work/$what.sums" | awk '/^[<>]/ { print $3 }' | sort -u |
        grep -vxF -f "$work/unsteady" >"$work/different" || true
    count=$(wc -l <"$work/different")
    [ "$count" -eq 0 ] || fault "$project, $what: $count files differ: $(head -5 "$work/different" |
        tr '\n' ' ')"
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# cpu WHAT, wall WHAT: medians over the rounds.
cpu() { cut -d' ' -f1 "$work/$1.times" | median; }
wall() { cut -d' ' -f2 "$work/$1.times" | median; }

# line WHAT BASE: a line of the table, and the ratio of its CPU to another's.
line() {
    awk -v what="$1" -v cpu="$(cpu "$1")" -v wall="$(wall "$1")" -v base="$2" \
        -v base_cpu="$(cpu "$2")" -v files="$(wc -l <"$work/$1.sums")" 'BEGIN {
        printf "  %-22s %9.2f %9.2f   %6.3f of %-20s %6d files\n", what, cpu, wall,
            (base_cpu > 0 ? cpu / base_cpu : 0), base, files
    }'
}

# one_round: everybody in turn. The first plain build shows what a plain build can differ in.
one_round() {
    use plain
    build plain
    restore
    use ccache
    rm -rf "$work/ccache"
    build ccache-cold && restore
    build ccache-warm && restore
    use "$scrubjay"
    rm -rf "$SCRUBJAY_DIR"
    build scrubjay-cold && equal scrubjay-cold && restore
    own=$(stat_of .own_cpu_ns)
    build scrubjay-warm && equal scrubjay-warm
    awk -v from="$own" -v to="$(stat_of .own_cpu_ns)" 'BEGIN { print (to - from) / 1e9, 0 }' \
        >>"$work/own.times"
    checkout
    build scrubjay-checkout && equal scrubjay-checkout && restore
    use ccache
    checkout
    build ccache-checkout && restore
}

measure() {
    project=$1
    id=${project//[.-]/_}
    tree=$work/tree
    fetch "$project"
    rm -rf "$work/pristine" "$tree" "$work"/*.times "$work"/*.sums
    cp -a "$sources/$project" "$tree"
    use plain
    (cd "$tree" && "prepare_$id") >"$work/build.log" 2>&1 || {
        tail -5 "$work/build.log"
        fault "$project cannot be prepared"
        return
    }
    mv "$tree" "$work/pristine"
    checkout

    build plain
    mv "$work/plain.sums" "$work/first.sums"
    rm "$work/plain.times" # it warmed the page cache
    restore
    build plain
    restore
    { diff "$work/first.sums" "$work/plain.sums" || true; } | awk '/^[<>]/ { print $3 }' |
        sort -u >"$work/unsteady"
    : >"$work/plain.times"
    for ((round = 0; round < rounds; round++)); do
        one_round
    done

    title "$project: $(grep -c '[.]o$' "$work/plain.sums") objects, $rounds rounds"
    printf '  %-22s %9s %9s\n' '' 'CPU s' 'wall s'
    line plain plain
    line scrubjay-cold plain
    line ccache-cold plain
    line ccache-warm plain
    line scrubjay-warm ccache-warm
    # What is not the cache is the same for both: make, the linker, the shell.
    awk -v ours="$(cpu own)" -v all="$(cpu scrubjay-warm)" -v theirs="$(cpu ccache-warm)" 'BEGIN {
        other = all - ours
        printf "  warm, the caches alone %9.2f s of scrubjay, %.2f s of ccache: %.3f; all else %.2f s\n",
            ours, theirs - other, (theirs > other ? ours / (theirs - other) : 0), other
    }'
    line ccache-checkout plain
    line scrubjay-checkout ccache-checkout
    "$scrubjay" stats --json | jq -r '"  scrubjay: \(.hits) hits, \(.misses) misses, bypassed \(.bypassed | tojson)"'
    printf '  differ between two plain builds, not compared: %s\n' \
        "$(tr '\n' ' ' <"$work/unsteady")"
    verify
}

tools=$work/tools
jobs=$(nproc)
mkdir -p "$tools" "$sources"
export CCACHE_DIR=$work/ccache
[ $# -gt 0 ] || set -- redis fmtlib git
for project in "$@"; do
    measure "$project"
done
