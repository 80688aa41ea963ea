#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `scrubjay token`: what it makes, shows and revokes, and that the file survives whoever writes it at
# the same time.
. "$(dirname "$0")/lib.sh"
need gcc jq

file=$SCRUBJAY_DIR/tokens

list_tokens() {
    "$scrubjay" token list >out
}
check 'list' list_tokens
has 'without a file there are no tokens' "^no tokens in $file\$" out
equal 'and no file is made to say so' '[] no' \
    "$("$scrubjay" token list --json) $([ -e "$file" ] && echo yes || echo no)"

token=$("$scrubjay" token create --namespace 'main,pr-*' --scope read,write --expires 90d \
    --note 'build farm' 2>hint)
equal 'a token has its id in front' 1 "$(grep -cE '^sj_[0-9a-f]{8}_[0-9A-Za-z_-]{32}$' <<<"$token")"
has 'how to use it goes to stderr' 'Authorization: Bearer' hint
equal 'the file is for its owner alone' 600 "$(stat -c %a "$file")"
refuse 'and does not hold the token' grep -qF "${token#sj_*_}" "$file"
equal 'but its SHA-256' 1 "$(grep -c "$(printf %s "$token" | sha256sum | cut -d' ' -f1)" "$file")"

id=${token#sj_}
id=${id%%_*}
equal 'list knows what was asked for' \
    "$id read,write main,pr-* false build farm 7776000" \
    "$("$scrubjay" token list --json | jq -r '.[0] |
        "\(.id) \(.scopes | join(",")) \(.namespaces | join(",")) \(.expired) \(.note) \(.expires_s - .created_s)"')"
check 'list' list_tokens
has 'and shows it to people' "^$id +read,write +main,pr-\\* .*build farm\$" out

admin=$("$scrubjay" token create --scope admin --json)
equal 'as JSON the token is a member' true "$(jq '.token | startswith("sj_")' <<<"$admin")"
equal 'by default it is for the nameless namespace, for ever' 'default null' \
    "$(jq -r '"\(.namespaces[0]) \(.expires_s)"' <<<"$admin")"
equal 'by default it reads' read \
    "$("$scrubjay" token create --json 2>/dev/null | jq -r '.scopes | join(",")')"

refuse 'an unknown scope is refused' "$scrubjay" token create --scope own
refuse 'a wrong namespace is refused' "$scrubjay" token create --namespace v1
refuse 'a wrong span is refused' "$scrubjay" token create --expires soon
refuse 'a note of two lines is refused' "$scrubjay" token create --note $'a\nb'
refuse 'no action is refused' "$scrubjay" token
refuse 'an unknown action is refused' "$scrubjay" token frobnicate
refuse 'revoking nothing is refused' "$scrubjay" token revoke
refuse 'revoking what is not there is refused' "$scrubjay" token revoke 00000000
equal 'and nothing of that changed the file' 3 "$("$scrubjay" token list --json | jq length)"

check 'a token is revoked' "$scrubjay" token revoke "$id"
equal 'and gone' 0 "$("$scrubjay" token list --json | jq --arg id "$id" 'map(select(.id == $id)) | length')"

"$scrubjay" token create --expires 1ms >/dev/null 2>&1
equal 'what has expired says so' true "$(
    for _ in {1..100}; do
        gone=$("$scrubjay" token list --json | jq 'any(.expired)')
        [ "$gone" = true ] && break
        sleep 0.1
    done
    echo "$gone"
)"

before=$("$scrubjay" token list --json | jq length)
for i in {1..12}; do
    "$scrubjay" token create --note "$i" >/dev/null 2>&1 &
done
wait
equal 'tokens made at the same time are all there' $((before + 12)) \
    "$("$scrubjay" token list --json | jq length)"

mkdir elsewhere
mv "$file" elsewhere/real
ln -s "$PWD/elsewhere/real" "$file"
chmod 640 elsewhere/real
"$scrubjay" token create >/dev/null 2>&1
equal 'a link to the file stays one, and the mode as it was' "$((before + 13)) 640 yes" \
    "$(grep -vc '^#' elsewhere/real) $(stat -c %a elsewhere/real) $([ -L "$file" ] && echo yes)"
equal 'another file can be named' 0 "$("$scrubjay" token list --tokens other --json | jq length)"

cp elsewhere/real saved
sed -i '$ s/ read / own /' elsewhere/real
cp elsewhere/real broken
refuse 'a file with a wrong line is not changed' "$scrubjay" token create
same 'not even a little' elsewhere/real broken
"$scrubjay" token list 2>out >/dev/null
has 'and the line is named' ':[0-9]+: scopes are of' out
cp saved elsewhere/real

echo 'int x;' >a.c
"$scrubjay" gcc -c a.c -o a.o
"$scrubjay" clear >/dev/null
check 'emptying the cache keeps the tokens' test -e "$file"
