#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which compiler it is: numbers 26, 63 to 66.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

# tool_script FILE REAL EXTRA: a script named like a tool, that runs the real one.
tool_script() {
    mkdir -p "$(dirname "$1")"
    write_script "$1" <<EOF
exec "$2" $3 "\$@"
EOF
}

c26_assembler_replaced() {
    only gcc
    write_source
    local as
    as=$(command -v as)
    tool_script bin/as "$as" ''
    right -B bin/ -c x.c -o x.o
    succeeded
    tool_script bin/as "$as" '--defsym marker=1'
    right -B bin/ -c x.c -o x.o
    changed
    tool_script bin/as "$as" ''
    right -B bin/ -c x.c -o x.o
    changed
    right -Bbin -c x.c -o x.o
}

c26_assembler_replaced_clang() {
    only clang
    write_source
    local as
    as=$(command -v as)
    tool_script bin/as "$as" ''
    right -fno-integrated-as -B "$PWD/bin" -c x.c -o x.o
    succeeded
    tool_script bin/as "$as" '--defsym marker=1'
    right -fno-integrated-as -B "$PWD/bin" -c x.c -o x.o
    changed
}

c26_compiler_proper_replaced() {
    only gcc
    write_source x.c 'int f(void) { return V; }'
    local cc1
    cc1=$("$CC" -print-prog-name=cc1)
    tool_script bin/cc1 "$cc1" '-DV=1'
    right -B bin/ -c x.c -o x.o
    succeeded
    tool_script bin/cc1 "$cc1" '-DV=2'
    right -B bin/ -c x.c -o x.o
    changed
}

c26_tools_by_environment() {
    only gcc
    write_source x.c '#ifndef V
    #define V 0
    #endif
    int f(void) { return V; }'
    local cc1
    cc1=$("$CC" -print-prog-name=cc1)
    tool_script bin/cc1 "$cc1" '-DV=1'
    right -c x.c -o x.o
    export COMPILER_PATH="$PWD/bin"
    right -c x.c -o x.o
    changed
    tool_script bin/cc1 "$cc1" '-DV=2'
    right -c x.c -o x.o
    changed
    unset COMPILER_PATH
    right -c x.c -o x.o
    export GCC_EXEC_PREFIX="$PWD/bin/"
    right -c x.c -o x.o
}

# A tool that was not there comes into being where the driver looks first.
c26_assembler_appears() {
    only gcc
    write_source
    mkdir bin
    right -B bin/ -c x.c -o x.o
    tool_script bin/as "$(command -v as)" '--defsym marker=1'
    right -B bin/ -c x.c -o x.o
    changed
}

c26_assembler_appears_on_path() {
    only gcc
    write_source
    mkdir bin
    export PATH="$PWD/bin:$PATH"
    right -c x.c -o x.o
    tool_script bin/as "$(command -v as)" '--defsym marker=1'
    plain -c x.c -o x.o
    right -c x.c -o x.o
}

c26_gcc_toolchain() {
    only clang
    write_source
    mkdir -p tc/lib/gcc/x86_64-linux-gnu/12
    right --gcc-toolchain="$PWD/tc" -c x.c -o x.o
    right --gcc-toolchain=/usr -c x.c -o x.o
}

c63_driver_content_counts() {
    write_source x.c 'int f(void) { return V; }'
    tool_script "scripts/$cc_name" "$CC" -DV=1
    touch -d @1000000000 "scripts/$cc_name"
    tool=$PWD/scripts/$cc_name
    first -c x.c -o x.o
    tool_script "scripts/$cc_name" "$CC" -DV=2
    touch -d @1000000000 "scripts/$cc_name"
    again -c x.c -o x.o
}

c63_driver_time_does_not() {
    write_source
    tool_script "scripts/$cc_name" "$CC" ''
    tool=$PWD/scripts/$cc_name
    first -c x.c -o x.o
    touch "scripts/$cc_name"
    still -c x.c -o x.o
    cp "scripts/$cc_name" copy
    mv copy "scripts/$cc_name"
    still -c x.c -o x.o
}

c63_tool_behind_a_script_counts() {
    write_source x.c 'int f(void) { return V; }'
    tool_script scripts/inner "$CC" -DV=1
    tool_script "scripts/$cc_name" "$PWD/scripts/inner" ''
    tool=$PWD/scripts/$cc_name
    right -c x.c -o x.o
    succeeded
    tool_script scripts/inner "$CC" -DV=2
    right -c x.c -o x.o
    changed
}

c64_driver_name_counts() {
    mkdir bin
    local suffix
    write_source x.c 'int f(void) { return sizeof '"'a'"'; }'
    tool=$CC
    right -c x.c -o x.o
    tool=$CXX
    right -c x.c -o x.o
    changed
    only clang
    suffix=${cc_name#clang}
    ln -s "$(readlink -f "$CC")" "bin/clang$suffix"
    ln -s "$(readlink -f "$CC")" "bin/clang++$suffix"
    tool=$PWD/bin/clang$suffix
    right -c x.c -o x.o
    tool=$PWD/bin/clang++$suffix
    right -c x.c -o x.o
    changed
}

c64_target_in_the_name() {
    only clang
    mkdir bin
    ln -s "$(readlink -f "$CC")" bin/aarch64-linux-gnu-clang
    ln -s "$(readlink -f "$CC")" bin/x86_64-linux-gnu-clang
    write_source
    tool=$PWD/bin/x86_64-linux-gnu-clang
    right -c x.c -o x.o
    tool=$PWD/bin/aarch64-linux-gnu-clang
    right -c x.c -o x.o
    changed
}

c64_path_of_driver_does_not_count() {
    write_source
    tool_script "one/$cc_name" "$CC" ''
    tool_script "two/$cc_name" "$CC" ''
    tool=$PWD/one/$cc_name
    first -c x.c -o x.o
    tool=$PWD/two/$cc_name
    right -c x.c -o x.o
}

c65_names_and_links() {
    mkdir bin
    write_source
    ln -s "$CC" bin/cc
    ln -s cc "bin/$cc_name"
    tool=$PWD/bin/cc
    first -c x.c -o x.o
    tool=$PWD/bin/$cc_name
    right -c x.c -o x.o
    cd bin
    tool=./cc
    right -c ../x.c -o ../x.o
}

c65_foreign_program() {
    write_source
    write_script tool <<'EOF'
echo "$@"
exit 3
EOF
    tool=$PWD/tool
    plain -c x.c -o x.o
    take cold "$scrubjay" "$PWD/tool" -c x.c -o x.o
    compare plain cold
}

run_cases
