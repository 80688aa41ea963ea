#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# docs/openapi.yaml against a running server: each documented request gets a documented answer of the
# documented type with the documented members; what is not documented is refused.
. "$(dirname "$0")/lib.sh"
need curl yq jq
. "$(dirname "$0")/serve-lib.sh"

yq . "$source_root/docs/openapi.yaml" >api.json
key=00112233445566778899aabbccddeeff
: >empty
printf 'no value of its kind' >junk

# send METHOD TARGET [CURL-OPTION…]: prints "STATUS TYPE"; the body is in ./body.
send() {
    local method=$1 target=$2
    shift 2
    local how=(-X "$method")
    [ "$method" != HEAD ] || how=(--head)
    rm -f body
    curl -sS --max-time 20 "${how[@]}" "$@" -o body -w '%{http_code} %{content_type}' \
        "http://$address$target"
}

# documented METHOD PATH ANSWER: the answer, "STATUS TYPE", is one of those in the document.
documented() {
    jq -e --arg method "${1,,}" --arg path "$2" --arg status "${3%% *}" --arg type "${3#* }" '
        . as $root
        | def deref: if has("$ref") then
              ."$ref" as $ref | $root | getpath($ref | ltrimstr("#/") | split("/"))
          else . end;
        .paths[$path][$method].responses[$status] | deref
        | ((.content // {}) | keys) as $types
        | ($types | length) == 0 or any($types[]; . as $one | $type | startswith($one))' \
        api.json >/dev/null
}

# members METHOD PATH STATUS: the JSON in ./body has what its schema requires.
members() {
    local required name
    required=$(jq -r --arg method "${1,,}" --arg path "$2" --arg status "$3" '
        . as $root
        | def deref: if type == "object" and has("$ref") then
              ."$ref" as $ref | $root | getpath($ref | ltrimstr("#/") | split("/"))
          else . end;
        .paths[$path][$method].responses[$status] | deref
        | .content["application/json"].schema | deref | .required // [] | .[]' api.json)
    for name in $required; do
        jq -e --arg name "$name" 'has($name)' body >/dev/null || return 1
    done
}

# judge METHOD PATH ANSWER: one check.
judge() {
    local method=$1 path=$2 answer=$3
    if ! documented "$method" "$path" "$answer"; then
        fail "$method $path: '$answer' is documented" "$(head -c 300 body 2>/dev/null)"
    elif [[ $answer == *application/json* ]] && ! members "$method" "$path" "${answer%% *}"; then
        fail "$method $path: all members are there" "$(head -c 300 body)"
    else
        pass "$method $path: $answer"
    fi
}

target_of() {
    local target=${1//\{namespace\}/team}
    printf '%s' "${target//\{key\}/$key}" | sed 's/{[a-z]*}/no-such/g'
}

serve_start api --durable=no

while read -r path methods; do
    for method in $methods; do
        body=()
        [[ $method != put && $method != post ]] || body=(--data-binary @junk)
        judge "${method^^}" "$path" "$(send "${method^^}" "$(target_of "$path")" "${body[@]}")"
    done
    for method in GET PUT POST DELETE; do
        [[ " $methods " == *" ${method,,} "* ]] && continue
        equal "$method $path is refused" 405 \
            "$(send "$method" "$(target_of "$path")" --data-binary @empty | cut -d' ' -f1)"
    done
done < <(jq -r '.paths | to_entries[]
    | "\(.key) \([.value | keys[] | select(. != "parameters")] | join(" "))"' api.json)

# The same with values that are right, under another key.
key=ffeeddccbbaa99887766554433221100
xxh3() {
    "$attack_program" "$address" 0 key "$1"
}
head -c 300 /dev/urandom >small
yes 'a line that compresses well' | head -n 20000 >large
for file in small large; do
    object=/v1/team/object/$(xxh3 $file)
    path='/v1/{namespace}/object/{key}'
    judge PUT "$path" "$(send PUT "$object" --data-binary @$file)"
    judge HEAD "$path" "$(send HEAD "$object")"
    judge GET "$path" "$(send GET "$object")"
    same "the $file object comes back" $file body
    judge GET "$path" "$(send GET "$object" -H 'Accept-Encoding: zstd')"
done
check 'a large one comes compressed to who takes that' [ "$(wc -c <body)" -lt "$(wc -c <large)" ]

path='/v1/{namespace}/pathset/{key}'
printf 'one' >set-1
printf 'two' >set-2
judge PUT "$path" "$(send PUT /v1/team/pathset/$key --data-binary @set-1)"
judge PUT "$path" "$(send PUT /v1/team/pathset/$key --data-binary @set-2)"
judge GET "$path" "$(send GET /v1/team/pathset/$key)"
equal 'both path sets come, as frames' "$((2 * (28 + 3)))" "$(wc -c <body)"

path='/v1/{namespace}/trail/{key}'
head -c 64 /dev/urandom >trail
judge PUT "$path" "$(send PUT /v1/team/trail/$key --data-binary @trail)"
judge GET "$path" "$(send GET /v1/team/trail/$key)"
same 'a trail comes back' trail body

# A batch of all of it, and the answer stored again elsewhere.
name() {
    printf '%b%b' "\\x0$1" "${2//??/\\x&}"
}
{ name 1 "$(xxh3 small)" && name 3 $key && name 4 $key && name 2 $key; } >names
# bytes_of FILE: the same for the same frames in another order.
bytes_of() {
    od -An -v -tx1 -w1 "$1" | sort | cksum
}
path='/v1/{namespace}/batch'
judge POST "$path" "$(send POST /v1/team/batch --data-binary @names)"
equal 'a batch leaves out what is not there' $((28 + 300 + 2 * 31 + 28 + 64)) "$(wc -c <body)"
mv body frames
judge POST '/v1/{namespace}/upload' "$(send POST /v1/other/upload --data-binary @frames)"
equal 'an upload tells how many it stored' 4 "$(jq .stored body)"
judge POST "$path" "$(send POST /v1/other/batch --data-binary @names)"
equal 'what was uploaded comes back' "$(bytes_of frames)" "$(bytes_of body)"

judge GET '/v1/{namespace}' "$(send GET /v1/other)"
check 'a namespace knows what it holds' jq -e '.namespace == "other" and .bytes > 0' body

# The tables of the other page name nothing that this one does not.
grep -oE '/v1/NS[a-z/KEY]*' "$source_root/docs/http-api.md" | grep -v 'fetch\|push' |
    sed 's,/KEY,/{key},; s,NS,{namespace},; s,/$,,' | sort -u >words
jq -r '.paths | keys[]' api.json | grep '^/v1' | sort -u >documented
equal 'docs/http-api.md lists the same targets' '' "$(comm -3 words documented)"
serve_stop
