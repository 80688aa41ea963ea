#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The record database: a journal of many builds is made, taken in, and read back.
# usage: records.sh BUILD-FOLDER [BUILDS [UNITS]]
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
builds=${1:-1000}
units=${2:-1000}
program=$build/tests/bench/bench-records

title "$builds builds of $units units, about every tenth of them compiled, with 301 inputs each"
"$program" make "$work/store" "$builds" "$units"
"$program" ingest "$work/store" || fault 'ingestion'
"$program" read "$work/store" || fault 'reading'
