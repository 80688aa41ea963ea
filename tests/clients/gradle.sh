#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Gradle against the server. A cache that refuses, is full or dies must never break a build.
. "$(dirname "$0")/lib.sh"
need gradle java keytool curl openssl

# One daemon for all builds: each would take six seconds to start. It is told of the cache by
# properties, since it keeps the environment that it began with.
export GRADLE_USER_HOME=$work/gradle
mkdir "$GRADLE_USER_HOME"
printf '%s\n' org.gradle.daemon.idletimeout=120000 'org.gradle.jvmargs=-Xmx256m -XX:+UseSerialGC' \
    >"$GRADLE_USER_HOME/gradle.properties"

client_stop() {
    gradle --stop >/dev/null 2>&1
}

# checkout DIR: three tasks, one after the other.
checkout() {
    local unit
    mkdir -p "$1"
    for unit in one two three; do
        echo "$unit" >"$1/$unit.txt"
    done
    cat >"$1/settings.gradle" <<'END'
rootProject.name = 'sample'
buildCache {
    local(DirectoryBuildCache) {
        enabled = false
    }
    remote(HttpBuildCache) {
        url = System.getProperty('cache.url')
        push = true
        if (System.getProperty('cache.token')) {
            credentials {
                username = 'user'
                password = System.getProperty('cache.token')
            }
        }
    }
}
END
    cat >"$1/build.gradle" <<'END'
// A task that runs writes other bytes each time: equal ones can only come from the cache. A type of
// Gradle's own: classes of a script have the script's path in their keys.
def previous = null
[one: 3000, two: 3000, three: 3000000].each { unit, size ->
    def step = tasks.create(unit, Exec) {
        inputs.file("${unit}.txt").withPathSensitivity(PathSensitivity.RELATIVE)
        outputs.file("$buildDir/${unit}.bin")
        outputs.cacheIf { true }
        def midway = unit == 'two' && System.getProperty('midway')
        commandLine 'sh', '-c', "head -c $size /dev/urandom >build/${unit}.bin" +
            (midway ? "; kill -KILL ${System.getProperty('midway')}" : '')
    }
    if (previous) {
        step.dependsOn(previous)
    }
    previous = step
}
END
}

# build DIR PROPERTY…: a fresh checkout, built; what Gradle says goes to DIR.log.
build() {
    local dir=$1
    shift
    rm -rf "$dir"
    checkout "$dir"
    (cd "$dir" && gradle --build-cache --console=plain "$@" three) >"$dir.log" 2>&1 || {
        cat "$dir.log"
        return 1
    }
    [ -s "$dir/build/one.bin" ] && [ -s "$dir/build/two.bin" ] && [ -s "$dir/build/three.bin" ]
}

fresh_server
check 'a cold build goes through' build cold -Dcache.url="$url/main/"
equal 'all of it missed and was uploaded' '0 3 3' "$(counts gradle)"
restart_server
check 'a warm build goes through' build warm -Dcache.url="$url/main/"
equal 'all of it hit, nothing was uploaded' '3 0 0' "$(counts gradle)"
check 'its outputs are those of the cold build' diff -r cold/build warm/build

tls_server
read -ra trust <<<"$(trust_store)"
check 'https: a cold build goes through' build cold -Dcache.url="$url/main/" "${trust[@]}"
equal 'https: all of it was uploaded' '0 3 3' "$(counts gradle)"
check 'https: a warm build goes through' build warm -Dcache.url="$url/main/" "${trust[@]}"
equal 'https: all of it hit' '3 3 3' "$(counts gradle)"
check "https: its outputs are the cold build's" diff -r cold/build warm/build
no_tls

writer=$(new_token read,write)
reader=$(new_token read)
admin=$(new_token admin)
restart_server --anonymous none
check 'with a token: a cold build goes through' build cold -Dcache.url="$url/main/" -Dcache.token="$writer"
equal '... all of it was uploaded' '0 3 3' "$(counts gradle)"
restart_server --anonymous none
check 'a token that may only read: a warm build goes through' \
    build warm -Dcache.url="$url/main/" -Dcache.token="$reader"
equal '... all of it hit' '3 0 0' "$(counts gradle)"
check "... its outputs are the cold build's" diff -r cold/build warm/build
restart_server --anonymous none
check '... a cold build goes through' build cold -Dcache.url="$url/new/" -Dcache.token="$reader"
equal '... and stores nothing' '0 1 0' "$(counts gradle)"
equal '... Gradle gives the cache up at the first refusal' 1 "$(answers gradle PUT 403)"
printf '[kind]\ndiscard = true\n' >"$SCRUBJAY_DIR/namespaces.conf"
restart_server --anonymous none
check '... unless the namespace pretends: a cold build goes through' \
    build cold -Dcache.url="$url/kind/" -Dcache.token="$reader"
equal '... Gradle keeps asking and uploading' '0 3 3' "$(counts gradle)"
restart_server --anonymous none
check '... a build after it goes through' build warm -Dcache.url="$url/kind/" -Dcache.token="$reader"
equal '... and nothing was stored' '0 3 3' "$(counts gradle)"
restart_server --anonymous none
check 'without a token a build goes through' build cold -Dcache.url="$url/main/"
equal '... and nothing is given or stored' '0 0 0' "$(counts gradle)"
admin=

fresh_server
quota small 1
restart_server
check 'over its quota: a build goes through' build cold -Dcache.url="$url/small/"
equal '... and stores nothing' '0 1 0' "$(counts gradle)"
equal '... Gradle was told the entry is too large' 1 "$(answers gradle PUT 413)"

if small_disk 2500k; then
    start_server
    check 'on a full disk: a build goes through' build cold -Dcache.url="$url/main/"
    equal '... and stores the small outputs' '0 3 2' "$(counts gradle)"
    equal '... Gradle was told the other is too large' 1 "$(answers gradle PUT 413)"
else
    skip 'on a full disk: a build goes through'
fi
large_disk

fresh_server
restart_server --max-upload-memory 1MiB
check 'an output that there is no memory for: a build goes through' build cold -Dcache.url="$url/main/"
equal '... and stores the others' '0 3 2' "$(counts gradle)"

fresh_server
restart_server --max-entry 1MiB
check 'an output over max_entry: a build goes through' build cold -Dcache.url="$url/main/"
equal '... and stores the others' '0 3 2' "$(counts gradle)"

fresh_server
check 'killed during the second of three tasks: the build goes on' \
    build cold -Dcache.url="$url/main/" -Dmidway="$server_pid"
start_server
check 'a build over what it had stored goes through' build warm -Dcache.url="$url/main/"
equal '... that is one task' '1 2 2' "$(counts gradle)"
same "... whose output is the killed build's" cold/build/one.bin warm/build/one.bin
kill_server
check 'with no server from the start, too' build cold -Dcache.url="$url/main/"
