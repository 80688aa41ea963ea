#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Pages over many builds in a real browser: bytes over the network, and time until charts are drawn.
# `ci/browser --install` fetches what it needs.
# usage: dash_browser.sh BUILD-FOLDER [BUILDS [UNITS]]
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
builds=${1:-10000}
units=${2:-100}
modules=$here/../../build-browser/node_modules
if [ ! -d "$modules/playwright-core" ] || ! chromium=$(command -v chromium); then
    echo 'no browser, or nothing that drives it: run ci/browser --install' >&2
    exit 77
fi

title "the first view of pages over $builds builds of $units units"
"$build/tests/bench/bench-records" make "$work/store" "$builds" "$units" >/dev/null
"$build/tests/bench/bench-records" ingest "$work/store" >/dev/null || fault 'ingestion'

SCRUBJAY_DIR=$work/store "$scrubjay" dash --no-browser >"$work/dash.log" 2>&1 &
pid=$!
until url=$(grep -o 'http://.*/dash/open?key=.*' "$work/dash.log"); do
    kill -0 "$pid" || exit 1
    sleep 0.05
done
NODE_PATH=$modules CHROMIUM=$chromium node "$here/../browser/weigh.js" "$url" || fault 'pages'
kill "$pid"
wait "$pid" || true
