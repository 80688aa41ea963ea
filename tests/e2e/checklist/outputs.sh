#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Outputs beyond the object: numbers 31 to 33.
# shellcheck source=tests/e2e/checklist/lib.sh
. "$(dirname "$0")/lib.sh"

loop='int f(int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i]; return s; }'

# beside OPTION…: the options' extra outputs are there after a hit, also under another name.
beside() {
    write_source x.c "$loop"
    mkdir -p out
    first -frandom-seed=1 "$@" -c x.c -o x.o
    [ "$(count_made plain)" -gt 1 ] || wrong 'no extra output'
    right -frandom-seed=1 "$@" -c x.c -o y.o
    right -frandom-seed=1 "$@" -c x.c -o out/z.o
    right -frandom-seed=1 "$@" -c x.c
    right -frandom-seed=1 -c x.c -o x.o
    right -frandom-seed=1 "$@" -c x.c -o x.o
}

# apart OPTION…: outputs that nobody can foretell; cached or not, they are there.
apart() {
    write_source x.c "$loop"
    right -frandom-seed=1 "$@" -c x.c -o x.o
    [ "$(count_made plain)" -gt 1 ] || wrong 'no extra output'
}

# other OPTION…: files that differ from run to run: they must be made, by the compiler.
other() {
    write_source x.c "$loop"
    plain "$@" -c x.c -o x.o
    take cold "$scrubjay" "$CC" "$@" -c x.c -o x.o
    ended 'bypass *'
    cmp "$logs/plain/made" "$logs/cold/made" || wrong 'other files were made'
}

c31_save_temps() { apart -save-temps; }
c31_save_temps_obj() { apart -save-temps=obj; }

c31_dumps() {
    only gcc
    apart -fdump-tree-optimized
    apart -O2 -fdump-tree-all
    apart -fdump-rtl-expand=rtl.txt
    apart -fdump-ipa-clones
    apart -fdump-go-spec=go.txt
    apart -dP -fdump-noaddr -dumpbase named -fdump-tree-original
    apart -da
    apart -fdump-final-insns
}

c31_go_toggle() {
    only gcc
    write_source
    right -gtoggle -c x.c -o x.o
    right -g -gtoggle -c x.c -o x.o
    right -fcompare-debug -c x.c -o x.o
}

c31_time_trace() {
    only clang
    other -ftime-trace
}

c31_compilation_database() {
    only clang
    write_source
    right -MJ entry.json -c x.c -o x.o
    right -MJ entry.json -c x.c -o y.o
    mkdir fragments
    plain -gen-cdb-fragment-path fragments -c x.c -o x.o
    take cold "$scrubjay" "$CC" -gen-cdb-fragment-path fragments -c x.c -o x.o
    ended 'bypass *'
}

c31_analyzer() {
    write_source x.c 'int f(int *p) { if (p) return 1; return *p; }'
    if [ "$family" = gcc ]; then
        first -fanalyzer -c x.c -o x.o
        unsteady=('*.txt')
        right -fanalyzer -fdump-analyzer -c x.c -o x.o
    else
        right --analyze x.c
        right --analyze --analyzer-output text x.c
    fi
}

c31_wrapper_option() {
    only gcc
    write_source
    write_script wrap <<'EOF'
exec "$@"
EOF
    right -wrapper "$PWD/wrap" -c x.c -o x.o
}

c32_optimisation_record() {
    unsteady=('*.gz')
    beside -O2 -fsave-optimization-record
}

c32_optimisation_record_formats() {
    only clang
    apart -O2 -foptimization-record-file=named.yaml
    apart -O2 -foptimization-record-file=other.yaml
    apart -O2 -foptimization-record-file=other.yaml -foptimization-record-passes=inline
    write_source x.c "$loop"
    right -O2 -Rpass=.\* -Rpass-missed=.\* -Rpass-analysis=.\* -c x.c -o x.o
}

c32_optimisation_report() {
    only gcc
    apart -O3 -fopt-info-vec=vec.txt
    apart -O3 -fopt-info-all=all.txt
    apart -O3 -fopt-info-vec-missed=vec.txt
    write_source x.c "$loop"
    right -O3 -fopt-info-vec -c x.c -o x.o
}

c32_aux_info() {
    only gcc
    apart -aux-info protos.txt
    apart -aux-info other.txt
}

c32_statistics() {
    only gcc
    write_source x.cc 'int f() { return 1; }'
    tool=$CXX
    plain -fstats -c x.cc -o x.o
    take cold "$scrubjay" "$CXX" -fstats -c x.cc -o x.o
    cmp "$logs/plain/files/x.o" "$logs/cold/files/x.o" || wrong 'wrong object'
    ended 'bypass *'
}

c32_unknown_option() {
    write_source
    plain -fno-such-option-at-all=out.txt -c x.c -o x.o
    right -fno-such-option-at-all=out.txt -c x.c -o x.o
    right --no-such-option -c x.c -o x.o
}

c33_stack_usage() { beside -fstack-usage; }
c33_coverage_notes() { beside --coverage; }
c33_test_coverage() { beside -ftest-coverage; }
c33_split_dwarf() { beside -g -gsplit-dwarf; }

c33_call_graph() {
    only gcc
    beside -fcallgraph-info
    beside -fcallgraph-info=su,da
}

c33_no_extra_with_lto() {
    write_source x.c "$loop"
    right -frandom-seed=1 -flto -fstack-usage -c x.c -o x.o
    right -frandom-seed=1 -flto -g -gsplit-dwarf -c x.c -o x.o
}

c33_split_dwarf_variants() {
    write_source x.c "$loop"
    right -g1 -gsplit-dwarf -c x.c -o x.o
    right -gsplit-dwarf -g0 -c x.c -o x.o
    right -gsplit-dwarf -c x.c -o x.o
    right -gsplit-dwarf -g -c x.c -o /dev/null
    right -g -gsplit-dwarf -c x.c -o noextension
    right -g -gsplit-dwarf -S x.c -o x.s
    right -g -gsplit-dwarf -gno-split-dwarf -c x.c -o x.o
    only clang
    right -g -gsplit-dwarf=single -c x.c -o x.o
    right -g -gsplit-dwarf -dwarf-version=5 -c x.c -o x.o
}

c33_profile_directories() {
    write_source x.c "$loop"
    mkdir notes
    right -frandom-seed=1 --coverage -fprofile-dir=notes -c x.c -o x.o
    right -frandom-seed=1 --coverage -fprofile-note=named.gcno -c x.c -o x.o
    right -frandom-seed=1 -fprofile-generate -c x.c -o x.o
    right -frandom-seed=1 -fprofile-generate=notes -c x.c -o x.o
    right -frandom-seed=1 -fprofile-arcs -c x.c -o x.o
    right -frandom-seed=1 --coverage -fprofile-abs-path -c x.c -o x.o
    right -frandom-seed=1 --coverage -fprofile-update=atomic -c x.c -o x.o
}

c33_serialized_diagnostics() {
    only clang
    write_source x.c 'int f(void) { int unused; return 0; }'
    first -Wall --serialize-diagnostics one.dia -c x.c -o x.o
    right -Wall --serialize-diagnostics two.dia -c x.c -o x.o
    right -Wall -serialize-diagnostics three.dia -c x.c -o x.o
    right -Wall -serialize-diagnostic-file four.dia -c x.c -o x.o
}

c33_assembler_listing() {
    only gcc
    unsteady=('*.txt')
    beside -Wa,-aln=listing.txt
}

c33_several_at_once() {
    write_source x.c "$loop"
    unsteady=('*.gz')
    first -frandom-seed=1 -O2 -g -gsplit-dwarf -fstack-usage --coverage -MMD -MP -fsave-optimization-record -c x.c -o x.o
    [ "$(count_made warm)" -ge 6 ] || wrong 'outputs are missing'
}

c33_verbose_assembler() {
    write_source x.c "$loop"
    first -S -fverbose-asm x.c -o x.s
    right -S -fverbose-asm x.c -o y.s
}

run_cases
