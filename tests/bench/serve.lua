-- SPDX-License-Identifier: Apache-2.0
-- wrk's part of serve.sh: GET of rotating keys, or PUT of ever new ones.
--   wrk -s serve.lua URL -- get FIRST KEYS   wrk -s serve.lua URL -- put FIRST SIZE
-- The last line is for the script: requests, microseconds, errors, p50 and p99 in microseconds.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local function target(key)
    return "/ac/" .. string.rep("0", 56) .. string.format("%08x", key)
end

function init(args)
    mode = args[1]
    if mode == "get" then
        keys = tonumber(args[3])
        at = number * 499 % keys
        requests = {}
        for i = 0, keys - 1 do
            requests[i] = wrk.format("GET", target(args[2] + i))
        end
    else
        at = tonumber(args[2]) + number * 10000000
        local bytes = {}
        math.randomseed(number + 1)
        for i = 1, tonumber(args[3]) do
            bytes[i] = string.char(math.random(0, 255))
        end
        body = table.concat(bytes)
    end
end

function request()
    at = at + 1
    if mode == "get" then
        return requests[at % keys]
    end
    return wrk.format("PUT", target(at), nil, body)
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
