#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Build systems that look for a compiler find the cache under `run`, and a tree that was configured
# there builds afterwards, with the same compiler.
. "$(dirname "$0")/lib.sh"
need cmake gcc g++ jq make meson ninja

mkdir src
printf 'int answer(void);\nint main(void) { return answer() - 42; }\n' >src/main.c
printf 'extern "C" int answer(void) { return 42; }\n' >src/answer.cpp
cat >src/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.10)
project(answer C CXX)
add_executable(answer main.c answer.cpp)
END
cat >src/meson.build <<'END'
project('answer', 'c', 'cpp')
executable('answer', 'main.c', 'answer.cpp')
END
cat >src/configure <<'END'
#!/bin/sh
# What autoconf's AC_PROG_CC comes to.
src=$(dirname "$0")
for cc in ${CC:-gcc cc clang}; do
    command -v "$cc" >/dev/null && break
done
echo 'int main(void) { return 0; }' >conftest.c
$cc -o conftest conftest.c && ./conftest || exit 1
rm -f conftest conftest.c
printf 'CC = %s\nCXX = g++\nVPATH = %s\n' "$cc" "$src" >Makefile
printf 'answer: main.o answer.o\n\t$(CXX) -o $@ $^\n' >>Makefile
END
chmod +x src/configure
touch -d '1 hour ago' src/*

# run ARGUMENT…: leaves report.json.
run() {
    "$scrubjay" run --quiet --report report.json -- "$@" >out 2>&1
}
# builds TEXT TREE COMMAND…: the tree is built by a cold run, a warm one and then without one.
builds() {
    local text=$1 tree=$2
    shift 2
    check "$text: a first build succeeds" run "$@"
    check "$text: the program works" "$tree/answer"
    find "$tree" -name '*.o' -delete
    check "$text: a second build succeeds" run "$@"
    equal "$text: all of it hits" '2 0' "$(jq -r '"\(.hits) \(.misses)"' report.json)"
    find "$tree" -name '*.o' -delete
    rm -f "$tree/answer"
    check "$text: it builds without run" "$@"
    check "$text: the program still works" "$tree/answer"
}

check 'CMake configures' run cmake -S src -B cmake -G Ninja
builds CMake cmake cmake --build cmake
find cmake -name '*.o' -delete
mkdir other
printf '#!/bin/sh\nexit 1\n' >other/cc
cp other/cc other/c++
chmod +x other/*
check 'CMake: another compiler on PATH changes nothing' \
    env PATH="$PWD/other:$PATH" cmake --build cmake
rm -rf other

check 'CMake configures with make' run cmake -S src -B cmake-make -G 'Unix Makefiles'
builds 'CMake with make' cmake-make make -C cmake-make

check 'CMake configures for a named compiler' \
    run cmake -S src -B cmake-named -G Ninja -DCMAKE_C_COMPILER=/usr/bin/gcc \
    -DCMAKE_CXX_COMPILER=/usr/bin/g++
builds 'CMake with a named compiler' cmake-named cmake --build cmake-named
export CC=/usr/bin/gcc CXX=/usr/bin/g++
check 'CMake configures for CC' run cmake -S src -B cmake-cc -G Ninja
builds 'CMake with CC' cmake-cc cmake --build cmake-cc
unset CC CXX

check 'Meson configures' run meson setup meson src
builds Meson meson ninja -C meson
export CC=/usr/bin/gcc CXX=/usr/bin/g++
check 'Meson configures for CC' run meson setup meson-cc src
builds 'Meson with CC' meson-cc ninja -C meson-cc
unset CC CXX

mkdir auto auto-cc
check 'a configure script runs' run sh -c 'cd auto && ../src/configure'
builds configure auto make -C auto
export CC=/usr/bin/gcc
check 'a configure script runs with CC' run sh -c 'cd auto-cc && ../src/configure'
builds 'configure with CC' auto-cc make -C auto-cc
unset CC
