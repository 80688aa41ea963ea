#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pages over many builds: a record database is made, and each page a few times.
# usage: dash.sh BUILD-FOLDER [BUILDS [UNITS]]
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"
builds=${1:-10000}
units=${2:-100}

title "pages over $builds builds of $units units"
"$build/tests/bench/bench-records" make "$work/store" "$builds" "$units" > /dev/null
"$build/tests/bench/bench-records" ingest "$work/store" > /dev/null || fault 'ingestion'
"$build/tests/bench/bench-dash" "$work/store" || fault 'pages'
