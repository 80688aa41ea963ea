#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Attacks on a running server: malformed and smuggled requests, slow clients, floods, bombs, lying
# sizes, guessed tokens, wrong scopes, poisoned overlays. tests/wire/ sends the bytes.
. "$(dirname "$0")/lib.sh"
. "$e2e_dir/serve-lib.sh"

MiB=$((1 << 20))

# Malformed requests, and bodies that lie.
serve_start plain --durable=no
attack requests
attack content $((192 * memory_mib))
attack gone
attack split
check 'the server is still the same process' kill -0 "$server_pid"
long=$(printf '%04096d' 0)
equal 'a value with 4 KiB of headers is taken' 200 "$(at "$(ac 1)" text "X-Long: $long")"
equal '... and given' text "$(text_of "$(ac 1)" "X-Long: $long")"
serve_stop

# Bodies of unknown length.
serve_start limits --durable=no --max-entry 3Mi
attack limits 3Mi
serve_stop

# Slow clients.
serve_start slow --durable=no --header-timeout 500ms --idle-timeout 500ms --body-timeout 500ms \
    --min-rate 64Mi --max-entry 64Mi
attack slow
serve_stop

# More uploads than memory allows: 200 of 1 MiB, for which 8 MiB are set aside.
serve_start uploads --durable=no --max-upload-memory 8Mi
attack uploads 200 $MiB $((96 * memory_mib))
serve_stop

# Readers of large answers that are made in memory, for which 32 MiB are set aside.
serve_start answers --durable=no --max-upload-memory 32Mi
head -c $((8 * MiB)) /dev/urandom >large
object=/v1/default/object/$("$attack_program" "$address" 0 key large)
equal 'a large object' 201 "$(ask PUT "$object" -b large)"
equal '… is read' 200 "$(ask GET "$object" -o back)"
same '… as it was' back large
mkfifo hold
"$attack_program" "$address" "$server_pid" readers "$object" 64 4096 <hold >unread &
holder=$!
exec 7>hold
deadline=$((SECONDS + 20))
until [ -s unread ] || [ $SECONDS -ge $deadline ]; do
    sleep 0.05
done
until [ "$(ask GET "$object")" = 503 ] || [ $SECONDS -ge $deadline ]; do
    sleep 0.05
done
equal 'no more than that is made for those who do not read' 503 "$(ask GET "$object")"
check '… memory stays' \
    [ "$("$attack_program" "$address" "$server_pid" memory)" -le $((96 * memory_mib)) ]
exec 7>&-
wait "$holder"
deadline=$((SECONDS + 20))
until [ "$(ask GET "$object")" = 200 ] || [ $SECONDS -ge $deadline ]; do
    sleep 0.05
done
equal 'when they have gone it is read again' 200 "$(ask GET "$object")"
serve_stop

# More connections than are served.
serve_start connections --max-connections 64
attack connections 200 64
serve_stop

# Clients that do not mind that the server ends.
for ((i = 0; i < 25; i++)); do
    serve_start end --durable=no --drain-timeout 1ms
    attack end 16
    serve_stop
done

# Who may do what.
serve_start access --anonymous none
token() {
    "$scrubjay" token create --cache-dir "$work/access" "$@" 2>/dev/null
}
reader=$(token --scope read --namespace main)
writer=$(token --scope read,write --namespace main)
other=$(token --scope read,write --namespace 'pr-*')
expired=$(token --scope read,write --namespace main --expires 1s)
cat >"$work/access/namespaces.conf" <<'END'
[main]
[pr-*]
overlay = main
END
kill -HUP "$server_pid"
as() { printf 'Authorization: Bearer %s' "$1"; }
basic() { printf 'Authorization: Basic %s' "$(printf 'any:%s' "$1" | base64 -w0)"; }

# The files are read again about once a second.
deadline=$((SECONDS + 20))
until [ "$(at "$(ac 1 main)" one "$(as "$writer")")" = 200 ] || [ $SECONDS -ge $deadline ]; do
    sleep 0.1
done
equal 'a writer stores' 200 "$(at "$(ac 1 main)" one "$(as "$writer")")"
equal 'a reader reads' one "$(text_of "$(ac 1 main)" "$(as "$reader")")"
equal 'a token as a password does, too' one "$(text_of "$(ac 1 main)" "$(basic "$reader")")"
equal 'a reader does not store' 403 "$(at "$(ac 2 main)" two "$(as "$reader")")"
equal '… nothing was stored' 404 "$(text_of "$(ac 2 main)" "$(as "$reader")")"
equal 'nobody reads' 401 "$(text_of "$(ac 1 main)")"
equal 'nobody stores' 401 "$(at "$(ac 3 main)" three)"
equal "another namespace's token does not read" 403 "$(text_of "$(ac 1 main)" "$(as "$other")")"
equal "… and does not store" 403 "$(at "$(ac 3 main)" three "$(as "$other")")"
equal 'a token for main does not read the default namespace' 403 \
    "$(text_of "$(ac 1)" "$(as "$writer")")"
equal 'nor do slug and teamId lead elsewhere' 403 \
    "$(text_of '/v8/artifacts/0123456789abcdef?slug=main' "$(as "$other")")"
deadline=$((SECONDS + 20))
until [ "$(ask GET "$(ac 1 main)" "$(as "$expired")")" = 401 ] || [ $SECONDS -ge $deadline ]; do
    sleep 0.1
done
equal 'a token that has expired is none' 401 "$(ask GET "$(ac 1 main)" "$(as "$expired")")"
equal 'figures are for admins' 403 "$(ask GET /metrics "$(as "$writer")")"

# A pull request sees its own, then main's; main never sees what it wrote.
equal "a pull request reads main's" one "$(text_of "$(ac 1 pr-7)" "$(as "$other")")"
equal 'it writes its own' 200 "$(at "$(ac 1 pr-7)" poison "$(as "$other")")"
equal '… and sees it' poison "$(text_of "$(ac 1 pr-7)" "$(as "$other")")"
equal '… main does not' one "$(text_of "$(ac 1 main)" "$(as "$reader")")"
equal '… nor does another pull request' one "$(text_of "$(ac 1 pr-8)" "$(as "$other")")"
equal 'what main has not, it writes' 200 "$(at "$(ac 9 pr-7)" poison "$(as "$other")")"
equal '… main has it still not' 404 "$(text_of "$(ac 9 main)" "$(as "$reader")")"
equal '… until it writes its own' 200 "$(at "$(ac 9 main)" own "$(as "$writer")")"
equal "… which is not the pull request's" own "$(text_of "$(ac 9 main)" "$(as "$reader")")"

# Objects are content, but who may read them is the namespace's business.
printf 'secret of main' >secret
object=object/$("$attack_program" "$address" 0 key secret)
equal 'an object of main' 201 "$(ask PUT "/v1/main/$object" -b secret "$(as "$writer")")"
equal '… is not in a namespace beside it' 403 "$(ask GET "/v1/side/$object" "$(as "$other")")"
equal '… is seen through an overlay' 'secret of main' \
    "$(text_of "/v1/pr-7/$object" "$(as "$other")")"
printf 'secret of pr-7' >secret
object=object/$("$attack_program" "$address" 0 key secret)
equal 'an object of a pull request' 201 "$(ask PUT "/v1/pr-7/$object" -b secret "$(as "$other")")"
equal '… is not in main' 404 "$(ask GET "/v1/main/$object" "$(as "$reader")")"
equal '… nor in another pull request' 404 "$(ask GET "/v1/pr-8/$object" "$(as "$other")")"

# Guessing. A server that begins anew has forgotten the wrong tokens of above.
serve_stop
serve_start access --anonymous none
status=0
for ((i = 0; i < 40; i++)); do
    status=$(ask GET "$(ac 1 main)" "$(as "sj_deadbeef_$(printf '%032d' "$i")")")
    [ "$status" != 429 ] || break
done
equal 'guessing is slowed down' 429 "$status"
equal '… after ten mistakes' 10 "$i"
equal '… and a right token from the same address is good all the same' 200 \
    "$(ask GET "$(ac 1 main)" "$(as "$reader")")"
serve_stop

# The same key in two namespaces, and a store for both; a server that anybody may use.
serve_start spaces --durable=no
for space in a1x b1x c1x; do
    at "$(ac 5 $space)" "value of $space" >/dev/null
done
for space in a1x b1x c1x; do
    equal "the same key in $space" "value of $space" "$(text_of "$(ac 5 $space)")"
done
equal 'the default namespace has none of them' 404 "$(text_of "$(ac 5)")"
equal 'a namespace and a folder are no namespace with a slash' 404 "$(text_of "$(ac 5 a1x/b1x)")"
serve_stop
