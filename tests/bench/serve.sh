#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server beside nginx with the same bytes, Redis, and bazel-remote where it is installed: GET at
# 1 to 10,000 connections, PUT, memory of idle connections, start to the first 200.
#
#   tests/bench/serve.sh BUILD-FOLDER [ROUNDS [SECONDS [PART]...]]      parts: get put idle start
#
# Needs wrk, nginx with its DAV module, redis-server, redis-benchmark; ulimit -n of 20,000.

bench_dir=$(cd "$(dirname "$0")" && pwd)
. "$bench_dir/lib.sh"
. "$bench_dir/../e2e/serve-lib.sh"
rounds=${1:-3}
seconds=${2:-2}
shift $(($# > 2 ? 2 : $#))
parts=${*:-get put idle start}
connections=${SERVE_CONNECTIONS:-1 64 1000 10000}
entries=${SERVE_ENTRIES:-1000000}
keys=1000
load=$build/tests/wire/serve-load

wanted=20000
ulimit -n $wanted 2>/dev/null || ulimit -n "$(ulimit -Hn)"
for program in wrk nginx redis-server redis-benchmark; do
    command -v $program >/dev/null || {
        echo "$program is not installed: ci/deps bench" >&2
        exit 1
    }
done

started=()
stop_all() {
    local pid
    for pid in "${started[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in "${started[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    started=()
}
trap 'status=$?; stop_all; (exit $status); finish' EXIT

# family PID: the process and its children.
family() {
    echo "$1"
    cat /proc/"$1"/task/"$1"/children 2>/dev/null || true
}

# ticks_of PID: user and system time of a server, in ticks; memory_of PID: its RssAnon in KiB.
ticks_of() {
    local pid
    for pid in $(family "$1"); do
        cut -d')' -f2- "/proc/$pid/stat"
    done | awk '{ sum += $12 + $13 } END { print sum }'
}
memory_of() {
    local pid
    for pid in $(family "$1"); do
        cat "/proc/$pid/status"
    done | awk '/^RssAnon/ { sum += $2 } END { print sum }'
}
ticks_a_second=$(getconf CLK_TCK)

nginx_conf() {
    cat >"$work/nginx.conf" <<END
worker_processes 2;
worker_rlimit_nofile 20000;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 16000; }
http {
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=20000 inactive=600s;
    open_file_cache_valid 600s;
    client_body_temp_path $work/nginx-body;
    client_max_body_size 256m;
    client_body_buffer_size 128k;
    server {
        listen 127.0.0.1:$1 backlog=4096;
        root $work/www;
        location = /healthz { return 200; }
        location /ac/ { dav_methods PUT; }
    }
}
END
    mkdir -p "$work/www/ac" "$work/nginx-body"
    chmod -R a+rwX "$work"
}

# begin: all servers, each with the same values. They stay idle while another one is measured.
begin() {
    local port
    # Deadlines are as they come; the limits on connections are what is measured.
    serve_start serve --threads 2 --max-connections 16000 --max-size 40G "--durable=$1"
    pid_of[scrubjay]=$server_pid
    at_of[scrubjay]=$address
    started+=("$server_pid")
    port=$("$load" port)
    nginx_conf "$port"
    nginx -c "$work/nginx.conf" &
    pid_of[nginx]=$!
    at_of[nginx]=127.0.0.1:$port
    started+=($!)
    port=$("$load" port)
    redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --maxclients 16000 \
        --tcp-backlog 4096 --dir "$work" >/dev/null &
    pid_of[redis]=$!
    at_of[redis]=127.0.0.1:$port
    started+=($!)
    candidates=(scrubjay nginx redis)
    if command -v bazel-remote >/dev/null; then
        port=$("$load" port)
        bazel-remote --dir "$work/bazel" --max_size 40 --http_address "127.0.0.1:$port" \
            --grpc_address none --disable_http_ac_validation --access_log_level none \
            >/dev/null 2>&1 &
        pid_of[bazel-remote]=$!
        at_of[bazel-remote]=127.0.0.1:$port
        started+=($!)
        candidates+=(bazel-remote)
    fi
    for _ in {1..200}; do
        redis-cli -p "${at_of[redis]#*:}" ping >/dev/null 2>&1 &&
            "$attack_program" "${at_of[nginx]}" 0 ask GET /healthz | grep -q 200 && break
        sleep 0.05
    done
}

# A port is free until its taker binds it, and the next one is looked for after that.
declare -A pid_of at_of

# by_wrk NAME CONNECTIONS MODE ARG…: requests a second, p50 and p99 in µs, errors.
by_wrk() {
    local name=$1 count=$2 threads=2 time=$seconds
    shift 2
    [ "$count" -gt 1 ] || threads=1
    # Long enough for requests to outweigh the connecting.
    [ "$count" -lt 5000 ] || time=$((seconds * 4))
    wrk -t$threads -c"$count" -d"${time}s" --timeout 20s -s "$bench_dir/serve.lua" \
        "http://${at_of[$name]}" -- "$@" >"$work/wrk.txt"
    awk '/^FIGURES/ { print $2 / ($3 / 1e6), $5, $6, $4, $2 }' "$work/wrk.txt"
}

# by_redis CONNECTIONS COMMAND SIZE: the same; as many requests as take about the same time.
by_redis() {
    local count=$1 command=$2 size=$3 threads=2 requests
    requests=$((seconds * (size > 10000 ? 6000 : 30000)))
    [ "$count" -gt 1 ] || { threads=1 && requests=$((requests / 3)); }
    [ "$count" -lt 5000 ] || requests=$((requests * 2))
    # Its own --threads cannot hold 10,000 connections.
    redis-benchmark -h 127.0.0.1 -p "${at_of[redis]#*:}" -c "$count" -n $requests -r $keys \
        -d "$size" -t "$command" --threads $threads --csv 2>/dev/null |
        awk -F'"' -v n=$requests '$4 > 0 { print $4, $10 * 1000, $14 * 1000, 0, n; found = 1 }
            END { if (!found) print 0, 0, 0, 1, 0 }'
}

# measure SIZE CONNECTIONS MODE ROUND: one run of everybody, appended to $work/figures.
measure() {
    local size=$1 count=$2 mode=$3 round=$4 name before after figures
    for name in "${candidates[@]}"; do
        before=$(ticks_of "${pid_of[$name]}")
        case $name/$mode in
        redis/get) figures=$(by_redis "$count" get "$size") ;;
        redis/put) figures=$(by_redis "$count" set "$size") ;;
        */get) figures=$(by_wrk "$name" "$count" get "$size" $keys) ;;
        */put)
            next=$((next + 200000))
            figures=$(by_wrk "$name" "$count" put $next "$size")
            ;;
        esac
        after=$(ticks_of "${pid_of[$name]}")
        awk -v id="$mode $size $count $name" -v ticks=$((after - before)) \
            -v a_second="$ticks_a_second" \
            '{ print id, $1, $2, $3, (ticks > 0 ? $5 / (ticks / a_second) : 0), $4 }' \
            <<<"$figures" >>"$work/figures"
    done
}
next=$((1 << 20))

# table MODE SIZE: medians over the rounds, and ratios to nginx and Redis.
table() {
    local mode=$1 size=$2
    printf '  %-12s %6s %10s %10s %10s %12s   %s\n' '' conns 'req/s' 'p50 us' 'p99 us' \
        'req/CPU-s' 'of nginx: req/s, req/CPU-s, p50; of Redis: req/CPU-s'
    grep "^$mode $size " "$work/figures" | sort -k3,3n -k4,4 | awk '
        function median(list, n,    i, k, t, v) {
            split(list, v, " ")
            for (i = 1; i <= n; i++) for (k = i + 1; k <= n; k++)
                if (v[k] + 0 < v[i] + 0) { t = v[i]; v[i] = v[k]; v[k] = t }
            return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
        }
        { id = $3 " " $4; if (!(id in n)) order[++count] = id
          n[id]++; for (i = 5; i <= 8; i++) values[id, i] = values[id, i] " " $i; bad[id] += $9 }
        END {
            for (o = 1; o <= count; o++) {
                id = order[o]
                for (i = 5; i <= 8; i++) m[id, i] = median(values[id, i], n[id])
            }
            for (o = 1; o <= count; o++) {
                id = order[o]; split(id, part, " ")
                printf "  %-12s %6d %10.0f %10.0f %10.0f %12.0f", part[2], part[1], m[id, 5],
                    m[id, 6], m[id, 7], m[id, 8]
                other = part[1] " nginx"; redis = part[1] " redis"
                if (part[2] != "nginx" && m[other, 5] > 0 && m[other, 8] > 0 && m[other, 6] > 0)
                    printf "   %.2f %.2f %.2f", m[id, 5] / m[other, 5], m[id, 8] / m[other, 8],
                        m[id, 6] / m[other, 6]
                if (part[2] != "redis" && part[2] != "nginx" && m[redis, 8] > 0)
                    printf "; %.2f", m[id, 8] / m[redis, 8]
                if (bad[id] > 0) printf "   %d ERRORS", bad[id]
                printf "\n"
            }
        }'
    # nginx and Redis are not ours to judge.
    if awk -v mode="$mode" -v size="$size" \
        '$1 == mode && $2 == size && $4 == "scrubjay" && $9 > 0 { bad = 1 } END { exit !bad }' \
        "$work/figures"; then
        fault "$mode of $size bytes: errors"
    fi
}

# Keys of each size are others: nginx keeps files open, and would go on with the old ones.
fill_all() {
    local size=$1
    "$load" file "$size" $keys "$size" "$work/www"
    chmod -R a+rX "$work/www"
    "$load" fill "${at_of[scrubjay]}" "$size" $keys "$size" || fault "the server takes no values"
    [ -z "${at_of[bazel-remote]-}" ] || "$load" fill "${at_of[bazel-remote]}" "$size" $keys "$size"
    redis-benchmark -h 127.0.0.1 -p "${at_of[redis]#*:}" -n $((keys * 12)) -r $keys -d "$size" \
        -t set -q >/dev/null 2>&1
}

part_get() {
    local size count round
    begin no
    for size in 4096 102400; do
        fill_all $size
        for ((round = 0; round < rounds; round++)); do
            for count in $connections; do
                measure $size "$count" get $round
            done
        done
        "$load" check "${at_of[scrubjay]}" $size $keys $size || fault 'wrong bytes'
        "$load" check "${at_of[nginx]}" $size $keys $size || fault 'wrong bytes of nginx'
        title "GET $size bytes, $keys keys in turn, $rounds rounds of $seconds s"
        table get $size
    done
    stop_all
}

part_put() {
    local size round mode
    for mode in yes no; do
        : >"$work/figures"
        begin $mode
        for size in 4096 102400; do
            for ((round = 0; round < rounds; round++)); do
                measure $size 64 put $round
            done
            title "PUT $size bytes, scrubjay --durable $mode, nginx and Redis never sync"
            table put $size
        done
        stop_all
        rm -rf "$work/serve" "$work/www" "$work/bazel"
    done
}

part_idle() {
    local count=10000 name before after holder
    begin no
    fill_all 4096
    title "memory (RssAnon) of $count idle connections after one GET of 4 KiB each"
    for name in "${candidates[@]}"; do
        [ "$name" != redis ] || continue
        before=$(memory_of "${pid_of[$name]}")
        mkfifo "$work/hold"
        "$load" hold "${at_of[$name]}" 4096 $count <"$work/hold" >"$work/held" &
        holder=$!
        exec 7>"$work/hold"
        for _ in {1..600}; do
            if [ -s "$work/held" ] || ! kill -0 $holder 2>/dev/null; then
                break
            fi
            sleep 0.05
        done
        [ -s "$work/held" ] || fault "$name: $count connections cannot be held"
        after=$(memory_of "${pid_of[$name]}")
        exec 7>&-
        wait $holder || true
        rm "$work/hold" "$work/held"
        awk -v name="$name" -v before="$before" -v after="$after" -v count=$count 'BEGIN {
            printf "  %-12s %8.1f MiB before, %8.1f MiB with them: %6.2f KiB each\n", name,
                before / 1024, after / 1024, (after - before) / count
        }'
    done
    stop_all
}

# first_200 COMMAND…: milliseconds from exec to the first 200 of /healthz at $port, rounds times.
first_200() {
    local took pid
    for ((round = 0; round < 2 * rounds + 1; round++)); do
        read -r took pid < <("$load" start "127.0.0.1:$port" /healthz "$@" 2>/dev/null) ||
            fault "no answer from $1"
        echo "$took"
        kill -TERM "$pid"
        while kill -0 "$pid" 2>/dev/null; do
            sleep 0.02
        done
    done | sort -n | awk '{ v[NR] = $1 } END { printf "%8.1f ms  (%.1f to %.1f)\n", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

part_start() {
    local began
    port=$("$load" port)
    title 'start to the first 200: median, least and most'
    printf '  %-34s' 'scrubjay, no store yet or empty'
    first_200 "$scrubjay" serve --listen "127.0.0.1:$port" --cache-dir "$work/empty"
    serve_start full --durable=no --max-size 40G
    began=$EPOCHREALTIME
    "$load" objects "$address" "$entries" 100 || fault 'the server does not take objects'
    printf '  (%s objects in %s ms)\n' "$entries" $(((${EPOCHREALTIME/./} - ${began/./}) / 1000))
    serve_end
    printf '  %-34s' "scrubjay, $entries entries"
    first_200 "$scrubjay" serve --listen "127.0.0.1:$port" --cache-dir "$work/full"
    nginx_conf "$port"
    printf '  %-34s' nginx
    first_200 nginx -c "$work/nginx.conf"
}

: >"$work/figures"
for part in $parts; do
    "part_$part"
done
