#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What loopback hides: clients behind a link of 1,500 bytes a packet that do not read what they asked
# for, and connections counted by address. Two network namespaces with a link between them.
. "$(dirname "$0")/lib.sh"
. "$e2e_dir/serve-lib.sh"

need ip
near=sj-near-$$
far=sj-far-$$
ip netns add $near 2>/dev/null || skip_all 'no network namespace may be made'
trap 'ip netns del $near 2>/dev/null; ip netns del $far 2>/dev/null; finish' EXIT
{ ip netns add $far &&
    ip -n $near link add sj0 mtu 1500 type veth peer name sj1 netns $far &&
    ip -n $near address add 10.107.0.1/24 dev sj0 && ip -n $far address add 10.107.0.2/24 dev sj1 &&
    ip -n $near link set sj0 up && ip -n $far link set sj1 up &&
    ip -n $near link set lo up && ip -n $far link set lo up; } 2>/dev/null ||
    skip_all 'no link may be made'

serve_prefix=(ip netns exec "$near")
serve_host=10.107.0.1
plain_program=$attack_program
far_program=$work/far
printf '#!/bin/sh\nexec ip netns exec %s %s "$@"\n' $far "$plain_program" >"$far_program"
chmod +x "$far_program"
attack_program=$far_program

# Readers of large values that take nothing: the store goes round meanwhile, and comes back to its
# cap although they still hold what they were given.
cap=$((64 << 20))
serve_start readers --durable=no --max-size $cap --anonymous read,write
for size in 100 256 1024 8192; do
    head -c $((size << 10)) /dev/urandom >large
    equal "a value of $size KiB" 200 "$(ask PUT "$(ac 1)" -b large)"
    mkfifo hold
    "$attack_program" "$address" "$server_pid" readers "$(ac 1)" 100 4096 <hold >unread &
    holder=$!
    exec 7>hold
    deadline=$((SECONDS + 20))
    until [ -s unread ] || [ $SECONDS -ge $deadline ]; do
        sleep 0.05
    done
    has "100 readers of $size KiB" '^ok 100 ' unread
    began=$EPOCHREALTIME
    for ((i = 0; i < 160; i++)); do # 160 MiB, two and a half times the cap
        head -c 1048576 /dev/urandom >churn
        ask PUT "$(ac $((1000 + size * 1000 + i)))" -b churn
    done >statuses
    equal "160 uploads beside 100 readers of $size KiB" '200 160' \
        "$(sort statuses | uniq -c | awk '{ print $2, $1 }')"
    printf '# 160 MiB in %s ms\n' $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
    used=$(du -sk "$work/readers" | cut -f1)
    # What readers hold open counts, unlinked or not.
    held=$(find /proc/"$server_pid"/fd -lname '*(deleted)' -printf x 2>/dev/null | wc -c)
    printf '# %s KiB in the store, %s unlinked files open\n' "$used" "$held"
    check "the store stays at its cap beside readers of $size KiB" \
        [ "$used" -le $((cap * 3 / 2 / 1024)) ]
    check "memory stays beside readers of $size KiB" \
        [ "$("$plain_program" "$address" "$server_pid" memory)" -le $((160 * memory_mib)) ]
    equal 'the evicted value is gone' 404 "$(ask GET "$(ac 1)")"
    exec 7>&-
    wait "$holder"
    sed -n 's/^ok readers/# readers/p' unread
    rm hold unread
done
serve_stop

# The deadlines hold behind a link, too.
serve_start slow --durable=no --header-timeout 500ms --idle-timeout 500ms --body-timeout 500ms \
    --min-rate 64Mi --max-entry 64Mi --anonymous read,write
attack slow
serve_stop

# Connections of one address.
serve_start addresses --durable=no --max-connections-ip 16 --anonymous read,write
attack connections 100 16
serve_stop
serve_start all --durable=no --max-connections 64 --max-connections-ip 0 --anonymous read,write
attack connections 200 64
serve_stop
