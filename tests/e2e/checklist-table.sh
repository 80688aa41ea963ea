#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/checklist.md and the cases of tests/e2e/checklist/ speak of the same numbers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# "NUMBER SCRIPT" for each script that a line of the table names.
awk -F ' *[|] *' '$2 ~ /^[0-9]+$/ { n = split($6, scripts, ", "); for (i = 1; i <= n; i++) print $2, scripts[i] }' \
    "$source_root/docs/checklist.md" | sort -u >said

# … and for each case that there is.
for script in "$e2e_dir"/checklist/*.sh; do
    name=$(basename "$script" .sh)
    sed -n "s/^c0*\([0-9][0-9]*\)_[a-z0-9_]*() {.*/\1 $name/p" "$script"
done | sort -u >there

check 'the table lists numbers' test -s said
check 'every line of the table has its cases, and every case its line' diff said there
