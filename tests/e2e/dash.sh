#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The dashboard as a browser meets it: signing in and out, cookies, forms of other sites, namespaces
# kept apart, the public mode, headers, compression, hostile addresses; of a server and of one user.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve-lib.sh"
need curl jq git gcc

for name in $(env | sed -n 's/^\(\(GITHUB\|CI\|GIT\)[A-Z_]*\)=.*/\1/p'); do
    unset "$name"
done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME='<b>A</b>' GIT_AUTHOR_EMAIL=a@example.com
export GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.com

# page TARGET [CURL-OPTION…]: prints the status; the body is in ./body, the headers in ./head.
page() {
    local target=$1
    shift
    rm -f body head
    curl -sS --max-time 20 --path-as-is "$@" -D head -o body -w '%{http_code}' "http://$address$target"
}

# header NAME: its value in ./head.
header() {
    sed -n "s/^$1: //Ip" head | tr -d '\r'
}

# headed TEXT: the headers that keep browsers from running what is not ours.
headed() {
    local name
    for name in "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'" \
        'X-Content-Type-Options: nosniff' 'Referrer-Policy: same-origin' \
        'Cross-Origin-Opener-Policy: same-origin' 'Cache-Control: '; do
        grep -qiF "$name" head || {
            fail "$1: headers" "$name is missing" "$(cat head)"
            return
        }
    done
    pass "$1: headers"
}

# token OPTION…: a new token of the server's store.
token() {
    "$scrubjay" token create --cache-dir "$work/server" "$@" 2>/dev/null
}

# key_of FILE: the key that a form wants back.
key_of() {
    sed -n 's/.*name="key" value="\([0-9a-f]*\)".*/\1/p' "$1" | head -1
}

# sign_in TOKEN JAR [CURL-OPTION…]: prints the status. $origin is where the form came from.
origin=
sign_in() {
    local token=$1 jar=$2
    shift 2
    [ "$(page /dash/login)" = 200 ] || return 1
    page /dash/login -c "$jar" --data-urlencode "token=$token" --data "key=$(key_of body)" \
        -H "Origin: ${origin:-http://$address}" "$@"
}

# build_as NAMESPACE TOKEN SOURCE: a build whose records come to the server.
build_as() {
    SCRUBJAY_DIR=$work/client-$1 SCRUBJAY_REMOTE=http://$address/$1 SCRUBJAY_TOKEN=$2 \
        SCRUBJAY_AGENT_IDLE=1s "$scrubjay" run --quiet --build-id "build-$1" -- gcc -c "$3" -o "$1.o"
}

# until_there TEXT FILTER COOKIE: waits until the server has taken records in.
until_there() {
    local deadline=$((SECONDS + 30))
    until page /api/v1/builds -H "Authorization: Bearer $3" >/dev/null && grep -q "$2" body; do
        [ $SECONDS -lt $deadline ] || {
            fail "$1" "$(cat body)"
            return
        }
        sleep 0.1
    done
    pass "$1"
}

git init -q -b main .
git remote add origin ssh://git@host.example:22/team/name.git
printf 'int f(void) { return 1; }\n' >one.c
printf 'int g(void) { return 2; }\n' >two.c
git add . && git commit -qm '<script>alert(1)</script>' && touch -d '1 hour ago' ./*.c

mkdir "$work/server"
writer=$(token --namespace 'one,two' --scope read,write)
one=$(token --namespace one --scope read)
blind=$(token --namespace one --scope write)
admin=$(token --scope read,admin)
spare=$(token --namespace one --scope read)
short=$(token --namespace one --scope read --expires 1h)
serve_start server --anonymous none --durable=no --repositories "$PWD"

# Who has no token.
equal 'the root leads on' 302 "$(page /)"
equal '… to the dashboard' /dash "$(header location)"
headed '… the root'
equal 'WebDAV still has its root' 401 "$(page / -X PROPFIND -H 'Content-Length: 0')"
equal 'without a token there is the form' 401 "$(page '/dash/builds?branch=a%26b')"
headed '… the form'
has '… which is one' 'action="/dash/login"' body
has '… and leads back' 'name="next" value="/dash/builds\?branch=a%26b"' body
equal '… and no dialogue' 'Bearer realm="scrubjay"' "$(header www-authenticate)"
equal '… after a link from elsewhere the cookie is asked for once more' \
    '0; url=/dash/login?next=/dash/builds?branch%3Da%2526b' "$(header refresh)"
equal '… though not from the form' '' "$(page /dash/login >/dev/null && header refresh)"
equal '… nor for a page of ours' '' \
    "$(page /dash -H 'Sec-Fetch-Site: same-origin' >/dev/null && header refresh)"
equal 'programs get JSON' 401 "$(page /api/v1/builds)"
check '… with an error' jq -e '.error.code == "unauthenticated"' body
headed '… the error'
equal 'files need no token' 200 \
    "$(page "$(page /dash/login >/dev/null && grep -o '/dash/asset/dash\.[^"]*css' body)" --compressed)"
has '… and are kept' 'Cache-Control: public, max-age=31536000, immutable' head
equal '… compressed' gzip "$(header content-encoding)"
cp body style.css
equal '… or not' 200 "$(page "$(page /dash/login >/dev/null && grep -o '/dash/asset/dash\.[^"]*css' body)")"
same '… the same' style.css body
equal 'an unknown file' 404 "$(page /dash/asset/no.js)"
equal 'a token of the cache will do as a header' 200 "$(page /dash -H "Authorization: Bearer $one")"
equal '… a wrong one not' 401 "$(page /dash -H "Authorization: Bearer sj_00000000_x")"
has '… says so' 'wrong, or it has expired' body

# Nothing yet.
equal 'an empty server' 200 "$(page /dash -H "Authorization: Bearer $one")"
has '… tells what to run, with its own address' "SCRUBJAY_REMOTE=http://$address scrubjay run" body
equal '… HEAD' 200 "$(page /dash -H "Authorization: Bearer $one" --head)"
refuse '… has no body' grep -q '<html' body

# Signing in.
equal 'a wrong token' 401 "$(sign_in sj_00000000_nonsense jar)"
has '… is told' 'role="alert"' body
equal '… sets no cookie' '' "$(header set-cookie)"
equal 'a token that may not read' 403 "$(sign_in "$blind" jar)"
for origin in ' ' null http://evil.example http://127.0.0.1:1 "http://evil.example/$address"; do
    equal "a form from '$origin'" 403 "$(sign_in "$one" jar)"
done
origin=
equal '… that the browser knows to be one' 403 \
    "$(sign_in "$one" jar -H 'Sec-Fetch-Site: cross-site')"
equal 'a form without its key' 403 \
    "$(page /dash/login --data-urlencode "token=$one" -H "Origin: http://$address")"
equal 'what is no form' 415 \
    "$(page /dash/login -H 'Content-Type: text/plain' --data "token=$one" -H "Origin: http://$address")"
equal 'a long form' 413 "$(page /dash/login --data "token=$(head -c 5000 /dev/zero | tr '\0' x)")"
equal 'a right token' 303 "$(sign_in " $one " jar --data-urlencode 'next=/dash/units?max=3')"
equal '… leads on' '/dash/units?max=3' "$(header location)"
equal '… sets a cookie' "scrubjay=$one; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000" \
    "$(header set-cookie)"
headed '… the answer'
for next in //evil.example /\\evil.example http://evil.example /v1/default /dash/../.. /dash/logout \
    /dashboard $'/dash\r\nX: y'; do
    sign_in "$one" jar --data-urlencode "next=$next" >/dev/null
    equal "next '${next@Q}' leads to the dashboard" /dash "$(header location)"
done
origin=https://proxy.example
sign_in "$one" jar -H 'Sec-Fetch-Site: same-origin' >/dev/null
origin=
has 'behind TLS the cookie is for TLS' '; Secure' head
sign_in "$short" jar >/dev/null
check 'a token that ends sooner makes a shorter cookie' \
    [ "$(header set-cookie | sed 's/.*Max-Age=//')" -le 3600 ]

# With the cookie.
sign_in "$one" jar >/dev/null
equal 'the cookie opens pages' 200 "$(page /dash -b jar)"
equal '… that nobody keeps' no-store "$(header cache-control)"
has '… and can be signed out' 'action="/dash/logout"' body
key=$(key_of body)
equal '… and the form to sign in leads on' 303 "$(page '/dash/login?next=/dash/units' -b jar)"
equal '… to what was asked for' /dash/units "$(header location)"
equal 'it does not open the cache' 401 "$(page /v1/one -b jar)"
equal 'pages take no forms' 405 \
    "$(page /dash/builds -b jar --data "key=$key" -H "Origin: http://$address")"
equal '… of others' 403 "$(page /dash/builds -b jar --data "key=$key" -H 'Origin: null')"
equal 'another one may not sign out' 403 \
    "$(page /dash/logout -b jar --data "key=$key" -H 'Origin: http://evil.example')"
equal '… nor without the key' 403 "$(page /dash/logout -b jar --data 'key=' -H "Origin: http://$address")"
equal 'signing out' 303 "$(page /dash/logout -b jar --data "key=$key" -H "Origin: http://$address")"
has '… takes the cookie away' 'Set-Cookie: scrubjay=; .*Max-Age=0' head
equal 'a wrong cookie is none' 401 "$(page /dash -b 'scrubjay=sj_00000000_nonsense')"
has '… and is taken away' 'Set-Cookie: scrubjay=; .*Max-Age=0' head
equal 'a hostile cookie, too' 401 "$(page /dash -H $'Cookie: a=b; scrubjay="<x>"; scrubjay=y')"
equal 'what is the administrator'\''s' 403 "$(page /dash/tokens -H "Authorization: Bearer $one")"
equal '… is his' 200 "$(page /dash/tokens -H "Authorization: Bearer $admin")"

# An end to a token. Its id stands in it: sj_ID_…
id=${spare#sj_} id=${id%%_*}
sign_in "$admin" jar >/dev/null
equal 'a token has a page' 200 "$(page "/dash/tokens/$id" -b jar)"
has '… with a form' "method=\"post\" action=\"/dash/tokens/$id\"" body
key=$(key_of body)
send() {
    page "/dash/tokens/$id" -b jar --data "key=$key" "$@"
}
equal 'another site may not revoke it' 403 "$(send -H 'Origin: http://evil.example')"
equal '… nor who does not know the key' 403 \
    "$(page "/dash/tokens/$id" -b jar --data key=0 -H "Origin: http://$address")"
sign_in "$one" other >/dev/null
equal '… nor who is no administrator' 403 "$(page "/dash/tokens/$id" -b other \
    --data "key=$(page /dash -b other >/dev/null; key_of body)" -H "Origin: http://$address")"
equal '… nor all at once' 405 \
    "$(page /dash/tokens -b jar --data "key=$key" -H "Origin: http://$address")"
equal 'it is still good' 200 "$(page /api/v1/builds -H "Authorization: Bearer $spare")"
equal 'the administrator revokes it' 303 "$(send -H "Origin: http://$address")"
equal '… and sees the others' /dash/tokens "$(header location)"
has '… which is told' "token $id was revoked on the dashboard, by token" "$server_log"
deadline=$((SECONDS + 30))
until status=$(page /api/v1/builds -H "Authorization: Bearer $spare") && [ "$status" = 401 ] ||
    [ $SECONDS -ge $deadline ]; do
    sleep 0.1
done
equal 'it is good no more' 401 "$status"
equal 'once is enough' 404 "$(send -H "Origin: http://$address")"

# Namespaces.
build_as one "$writer" one.c
build_as two "$writer" two.c
until_there 'records come to the pages' build-two "$writer"
page /api/v1/builds -H "Authorization: Bearer $writer" >/dev/null
has 'who may read both sees both' build-one body
page /api/v1/builds -H "Authorization: Bearer $one" >/dev/null
has 'who may read one sees it' build-one body
refuse '… and not the other' grep -q build-two body
page '/api/v1/builds?space=two' -H "Authorization: Bearer $one" >/dev/null
refuse '… by asking for it either' grep -q build-two body
for target in /dash/build/build-two /api/v1/build/build-two /dash/trace/build-two; do
    equal "$target is not there" 404 "$(page "$target" -H "Authorization: Bearer $one")"
done
equal 'the administrator sees all' 200 \
    "$(page /dash/build/build-two -H "Authorization: Bearer $admin")"
for target in /dash /dash/builds /dash/commits /dash/units /dash/misses /dash/headers /dash/status \
    /dash/cache /dash/compare "/dash/commit/$(git rev-parse HEAD)"; do
    equal "$target" 200 "$(page "$target" -H "Authorization: Bearer $one")"
    headed "… $target"
    refuse "… $target keeps scripts of commits out" grep -q '<script>alert\|<b>A' body
    refuse "… $target keeps the other namespace out" grep -q 'build-two\|two\.[co]' body
    equal "… $target as JSON" 200 "$(page "$target?format=json" -H "Authorization: Bearer $one")"
    check '… which is JSON' jq -e . body
done
equal 'JSON may be asked for by Accept' application/json "$(page /dash/builds \
    -H "Authorization: Bearer $one" -H 'Accept: application/json' >/dev/null; header content-type)"
equal 'a table as CSV' 'text/csv; charset=utf-8' "$(page '/dash/builds?format=csv' \
    -H "Authorization: Bearer $one" >/dev/null; header content-type)"

# Bytes.
page /dash -H "Authorization: Bearer $one" >/dev/null
cp body plain.html
equal 'a page comes compressed' gzip "$(page /dash -H "Authorization: Bearer $one" --compressed \
    >/dev/null; header content-encoding)"
same '… and is the same' plain.html body
equal '… not to who refuses that' '' "$(page /dash -H "Authorization: Bearer $one" \
    -H 'Accept-Encoding: gzip;q=0' >/dev/null; header content-encoding)"

# Hostile addresses.
for target in '/dash/%' '/dash/%00' '/dash/%zz' '/dash/..' '/dash//x' '/dash/<x>' '/dash/\x' \
    '/api/v1/%2' '/dash?branch=%ff' '/dash?branch=a&branch=b' '/dash?no=such' '/dash?since=soon'; do
    equal "$target" 400 "$(page "$target" -H "Authorization: Bearer $one")"
done
for target in /dash/nope /dash/commit/no-such /dash/build/no-such /dash/unit/%3Cscript%3E \
    /dash/builds/x /dash/asset/x /api/v1/nope; do
    equal "$target" 404 "$(page "$target" -H "Authorization: Bearer $one")"
    headed "… $target"
done
equal 'a long address' 414 "$(page "/dash/$(head -c 1100 /dev/zero | tr '\0' x)")"
equal 'another method' 405 "$(page /dash -X PUT --data x)"
equal '… of data' 405 "$(page /api/v1/builds --data x)"
for ((i = 0; i < 14; i++)); do
    last=$(sign_in sj_00000000_guess jar)
done
equal 'guesses are slowed down' 429 "$last"
equal '… and nobody else is' 303 "$(sign_in "$one" jar)"
serve_stop

# Everybody may read.
serve_start server --anonymous read --durable=no
equal 'in public: pages' 200 "$(page /api/v1/builds)"
has '… of all' build-two body
equal '… that are asked for again' no-cache "$(header cache-control)"
etag=$(header etag)
equal '… and are not sent again' '304 ' "$(page /api/v1/builds -H "If-None-Match: $etag")$(cat body 2>/dev/null) "
headed '… the answer'
equal '… but what is the administrator'\''s' 403 "$(page /dash/tokens)"
serve_stop
printf '[one]\nanonymous = read\n' >"$work/server/namespaces.conf"
serve_start server --anonymous none --durable=no
page /api/v1/builds >/dev/null
has 'a public namespace' build-one body
refuse '… and the others not' grep -q build-two body
serve_stop
rm "$work/server/namespaces.conf"
serve_start server --durable=no
equal 'on loopback all is open' 200 "$(page /dash/tokens)"
equal '… but not under another name' 401 "$(page /dash -H 'Host: evil.example')"
serve_stop
serve_start server --durable=no --dashboard=false
equal 'no dashboard' 404 "$(page /dash)"
equal '… nor its root' 405 "$(page /)"
serve_stop

# For one user.
"$scrubjay" run --quiet --build-id local-one -- gcc -c one.c -o x.o
# dash_start OPTION…: sets $address, $url and $server_pid.
dash_start() {
    local deadline=$((SECONDS + 30))
    : >dash.out
    "$scrubjay" dash --no-browser "$@" >dash.out 2>dash.err &
    server_pid=$!
    until url=$(head -1 dash.out) && [ -n "$url" ]; do
        kill -0 "$server_pid" 2>/dev/null && [ $SECONDS -lt $deadline ] || return 1
        sleep 0.02
    done
    address=${url#http://}
    address=${address%%/*}
}
dash_start || fail 'a dashboard for one user' "$(cat dash.err)"
equal 'without its key there is nothing to see' 401 "$(page /dash)"
headed '… the page'
equal '… nor data' 401 "$(page /api/v1/builds)"
equal '… nor with a wrong one' 401 "$(page '/dash/open?key=00000000000000000000000000000000')"
equal 'its address' 303 "$(page "/${url#http://*/}" -c jar)"
has '… sets a cookie' "Set-Cookie: scrubjay-${address##*:}=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Strict" head
equal '… from a file by a page' 200 "$(page "/${url#http://*/}" -H 'Sec-Fetch-Site: cross-site')"
equal '… that leads on' '0; url=/dash' "$(header refresh)"
equal 'a page' 200 "$(page /api/v1/builds -b jar)"
has '… with the records of this store' local-one body
refuse '… and no forms' grep -q '<form method="post"' body
equal 'under another name' 403 "$(page /dash -b jar -H 'Host: evil.example')"
equal 'no cache' 404 "$(page /v1/default -b jar)"
equal 'no metrics' 404 "$(page /metrics -b jar)"
equal 'no signing in' 404 "$(page /dash/login -b jar)"
"$scrubjay" run --quiet --build-id local-two -- gcc -c two.c -o x.o
deadline=$((SECONDS + 20))
until page /api/v1/builds -b jar >/dev/null && grep -q local-two body || [ $SECONDS -ge $deadline ]; do
    sleep 0.1
done
has 'a build that came later' local-two body
kill -INT "$server_pid"
status=0
wait "$server_pid" || status=$?
server_pid=
equal 'Ctrl-C ends it' 0 "$status"
refuse 'it is for this machine only' "$scrubjay" dash --no-browser --listen 0.0.0.0:0
refuse 'a repository that is none' "$scrubjay" dash --no-browser --repo /nowhere
rm -rf "$SCRUBJAY_DIR"
dash_start --repo .
page "/${url#http://*/}" -c jar >/dev/null
equal 'an empty store' 200 "$(page /dash -b jar)"
has '… tells what to run' 'scrubjay run -- make' body
kill -INT "$server_pid"
wait "$server_pid"
server_pid=
