#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes the pictures of docs/dashboard-tour.md: pages of the store that the environment names, with the
# history of a repository. `ci/browser --install` fetches what it needs.
# usage: tour.sh BUILD-FOLDER REPOSITORY
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)
modules=$here/../../build-browser/node_modules
shots=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || :; rm -rf "$shots"' EXIT

"$build/src/cli/scrubjay-main" dash --no-browser --repo "$2" >"$shots/log" 2>&1 &
pid=$!
until url=$(grep -o 'http://.*/dash/open?key=.*' "$shots/log"); do
    kill -0 "$pid" || {
        cat "$shots/log" >&2
        exit 1
    }
    sleep 0.05
done
SHOTS=$shots NODE_PATH=$modules CHROMIUM=$(command -v chromium) node "$here/part_tour.js" "$url"
for picture in "$shots"/tour-*.png; do
    convert "$picture" +dither -colors 64 -strip "$here/../../docs/pictures/${picture##*/tour-}"
done
