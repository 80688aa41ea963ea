#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A server at its cap under mixed load, killed at random moments, as are its clients: what it has
# acknowledged is there, no wrong byte is served, memory is flat. tests/stress/serve_storm.c says how.
# usage: serve-kill.sh [SECONDS [SEED]]
. "$(dirname "$0")/lib.sh"
seconds=${1:-20}
seed=${2:-$RANDOM}
cap=$((64 << 20))

status=0
"$build/tests/wire/serve-storm" "$seconds" "$seed" $cap "$work/server.log" \
    "$scrubjay" serve --listen 127.0.0.1:0 --cache-dir "$SCRUBJAY_DIR" --durable=yes \
    --max-size $cap --max-upload-memory 16Mi >storm.txt 2>said.txt || status=$?
while IFS= read -r line; do
    case $line in
    'ok '*) pass "${line#ok }" ;;
    *) fail "${line#not ok }" "$(head -n 20 said.txt)" ;;
    esac
done <storm.txt
printf '# seed %s\n' "$seed"
if [ "$status" -gt 1 ] || ! [ -s storm.txt ]; then
    fail "the storm ended with status $status" "$(tail -n 5 said.txt)"
fi
[ $failures -eq 0 ] || tail -n 20 "$work/server.log" | sed 's/^/# /'
check 'verify finds the store whole' "$scrubjay" verify
