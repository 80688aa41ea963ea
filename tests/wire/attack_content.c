// SPDX-License-Identifier: Apache-2.0
// Bodies that are not what they say: bombs, wrong sizes and hashes, damaged frames.
// Source: docs/http-api.md; REAPI over HTTP as bazel-remote speaks it (X-Digest-SizeBytes).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "attack.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/parse.h"
#include "key/key.h"
#include "store/result.h"

#define BOMB_SIZE ((uint64_t)1 << 30)
// SHA-256 of "hello"
#define HELLO_CAS "/cas/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
// SHA-256 of "world"
#define WORLD_CAS "/cas/486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"
#define ZSTD      "Content-Encoding: zstd\r\n"

static void send_as(struct attack *attack, const char *method, const char *name, const char *target,
                    const char *headers, const void *data, size_t len, const char *statuses)
{
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_request(&attack->peer, method, target, headers, data, len, &answer);
    char digits[8];
    (void)snprintf(digits, sizeof digits, "%d", status);
    attack_report(attack, status > 0 && strstr(statuses, digits), "%s: %d %.60s", name, status,
                  sj_buf_text(&answer.body));
}

static void put_as(struct attack *attack, const char *name, const char *target, const char *headers,
                   const void *data, size_t len, const char *statuses)
{
    send_as(attack, "PUT", name, target, headers, data, len, statuses);
}

static void post(struct attack *attack, const char *name, const char *target,
                 const struct sj_buf *body, const char *statuses)
{
    send_as(attack, "POST", name, target, "", sj_buf_text(body), body->len, statuses);
}

static void absent(struct attack *attack, const char *name, const char *target)
{
    int status = wire_request(&attack->peer, "GET", target, "", NULL, 0, NULL);
    attack_report(attack, status == 404, "nothing of %s is there: %d", name, status);
}

// Compresses zeros: `size` of them, into a few KiB.
static void make_bomb(uint64_t size, bool says_size, struct sj_buf *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t room = (size_t)1 << 20;
    char *zeros = sj_calloc(room, 1);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, says_size);
    if (says_size) {
        (void)ZSTD_CCtx_setPledgedSrcSize(context, size);
    }
    for (uint64_t done = 0; done < size;) {
        uint64_t left = size - done;
        ZSTD_inBuffer in = {.src = zeros, .size = left < room ? left : room};
        bool is_last = left <= room;
        size_t pending = 1;
        while (in.pos < in.size || (is_last && pending > 0)) {
            ZSTD_outBuffer to = {.dst = sj_buf_reserve(out, 1 << 16), .size = 1 << 16};
            pending =
                ZSTD_compressStream2(context, &to, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
            out->len += to.pos;
        }
        done += in.size;
    }
    free(zeros);
    (void)ZSTD_freeCCtx(context);
}

static void object_target(const struct sj_key *key, char out[128])
{
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(key, hex);
    (void)snprintf(out, 128, "/v1/default/object/%s", hex);
}

static void attack_bombs(struct attack *attack)
{
    struct sj_key key = sj_key_of("bomb", 4);
    char target[128];
    object_target(&key, target);
    for (int says = 0; says < 2; says++) {
        SJ_AUTO(sj_buf_release) struct sj_buf bomb = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        make_bomb(BOMB_SIZE, says != 0, &bomb);
        const char *how = says ? "that says its size" : "that says nothing";
        char name[128];
        (void)snprintf(name, sizeof name, "1 GiB in %zu bytes %s", bomb.len, how);
        put_as(attack, name, target, ZSTD, bomb.data, bomb.len, "400 413 422");
        put_as(attack, "the same, said to be 10 bytes", target, ZSTD "X-Scrubjay-Size: 10\r\n",
               bomb.data, bomb.len, "400 413 422");
        put_as(attack, "the same, said to be 1 GiB", target, ZSTD "X-Scrubjay-Size: 1073741824\r\n",
               bomb.data, bomb.len, "400 413 422");
        put_as(attack, "the same on /cas", HELLO_CAS, ZSTD, bomb.data, bomb.len, "400 413 415 422");
        put_as(attack, "the same on /cas, said to be 5 bytes", HELLO_CAS,
               ZSTD "X-Digest-SizeBytes: 5\r\n", bomb.data, bomb.len, "400 413 422");
        put_as(attack, "the same on /cas, said to be 1 GiB", HELLO_CAS,
               ZSTD "X-Digest-SizeBytes: 1073741824\r\n", bomb.data, bomb.len, "400 413 422");
    }
    absent(attack, "the bombs", target);
    absent(attack, "the bombs on /cas", HELLO_CAS);
}

// A frame whose window is 2 GiB: a decoder that believes it allocates as much.
static void attack_window(struct attack *attack)
{
    static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x29,
                                          0x00, 0x00, 'h',  'e',  'l',  'l',  'o'};
    struct sj_key key = sj_key_of("hello", 5);
    char target[128];
    object_target(&key, target);
    put_as(attack, "a window of 2 GiB", target, ZSTD "X-Scrubjay-Size: 5\r\n", frame, sizeof frame,
           "200 201 400 413 422");
    put_as(attack, "a window of 2 GiB on /cas", HELLO_CAS, ZSTD "X-Digest-SizeBytes: 5\r\n", frame,
           sizeof frame, "200 201 400 413 422");
    put_as(attack, "half a frame", target, ZSTD "X-Scrubjay-Size: 5\r\n", frame, 8, "400 422");
    put_as(attack, "no frame", target, ZSTD "X-Scrubjay-Size: 5\r\n", "hello", 5, "400 422");
    put_as(attack, "an unknown coding", target, "Content-Encoding: br\r\n", "hello", 5,
           "400 415 422");
    put_as(attack, "two codings", target, "Content-Encoding: zstd, zstd\r\n", "hello", 5,
           "400 415 422");
}

static void attack_sizes(struct attack *attack)
{
    static const char *const lies[] = {
        "4",  "6",   "0", "-5", "5x", "18446744073709551615", "99999999999999999999999",
        "+5", "0x5", ""};
    char text[20000];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i * i % 251 % 26);
    }
    struct sj_key key = sj_key_of(text, sizeof text);
    char target[128];
    object_target(&key, target);
    char packed[20000];
    size_t len = ZSTD_compress(packed, sizeof packed, text, sizeof text, 1);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        char header[128];
        char name[128];
        (void)snprintf(header, sizeof header, ZSTD "X-Scrubjay-Size: %s\r\n", lies[i]);
        (void)snprintf(name, sizeof name, "an object of 20,000 bytes said to be '%s'", lies[i]);
        put_as(attack, name, target, header, packed, len, "400 413 422");
        (void)snprintf(header, sizeof header, ZSTD "X-Digest-SizeBytes: %s\r\n", lies[i]);
        (void)snprintf(name, sizeof name, "the same on /cas");
        put_as(attack, name, HELLO_CAS, header, packed, len, "400 413 422");
    }
    put_as(attack, "bytes behind the frame", target, ZSTD "X-Scrubjay-Size: 20000\r\n", packed,
           len + 9, "400 422");
    absent(attack, "what lied", target);
    put_as(attack, "the truth", target, ZSTD "X-Scrubjay-Size: 20000\r\n", packed, len, "200 201");
    // Nothing but zeros is what programs write, too.
    struct sj_buf zeros = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    make_bomb(4 << 20, true, &zeros);
    SJ_AUTO(sj_auto_free) char *raw = sj_calloc(4 << 20, 1);
    char zeros_target[128];
    struct sj_key zeros_key = sj_key_of(raw, 4 << 20);
    object_target(&zeros_key, zeros_target);
    put_as(attack, "4 MiB of zeros", zeros_target, ZSTD "X-Scrubjay-Size: 4194304\r\n", zeros.data,
           zeros.len, "200 201");
    sj_buf_release(&zeros);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_request(&attack->peer, "GET", target, "", NULL, 0, &answer);
    attack_report(attack,
                  status == 200 && answer.body.len == sizeof text &&
                      memcmp(answer.body.data, text, sizeof text) == 0,
                  "what was sent as a frame comes back as bytes: %d, %zu", status, answer.body.len);
}

static void attack_hashes(struct attack *attack)
{
    struct sj_key key = sj_key_of("right", 5);
    char target[128];
    object_target(&key, target);
    put_as(attack, "an object under another's key", target, "", "wrong", 5, "422");
    absent(attack, "the object", target);
    put_as(attack, "an object under its key", target, "", "right", 5, "200 201");
    put_as(attack, "the same again", target, "", "right", 5, "200 201");
    put_as(attack, "another one over it", target, "", "wrong", 5, "422");
    put_as(attack, "a body under another's SHA-256", WORLD_CAS, "", "wrong", 5, "400 422 500");
    absent(attack, "the body", WORLD_CAS);
    put_as(attack, "an empty body under it", WORLD_CAS, "", "", 0, "400 422 500");
    absent(attack, "the empty body", WORLD_CAS);
    put_as(attack, "the same, and not encoded", WORLD_CAS, "Content-Encoding: identity\r\n",
           "wrong", 5, "400 422 500");
    put_as(attack, "a body under its SHA-256", WORLD_CAS, "Content-Encoding: identity\r\n", "world",
           5, "200 201 204");
    put_as(attack, "the same again", WORLD_CAS, "", "world", 5, "200 201 204");
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_request(&attack->peer, "GET", target, "", NULL, 0, &answer);
    attack_report(attack, status == 200 && strcmp(sj_buf_text(&answer.body), "right") == 0,
                  "the right object is still there: %d", status);
    int upper = wire_request(
        &attack->peer, "GET",
        "/cas/486EA46224D1BB4FB680F34F7C9AD96A8F24EC88BE73EA8E5A6C65260E9CB8A7", "", NULL, 0, NULL);
    attack_report(attack, upper == 400 || upper == 404, "a key in capitals: %d", upper);
}

#define UPLOAD "/v1/default/upload"
#define BATCH  "/v1/default/batch"

static void frame(struct sj_buf *out, int kind, int coding, uint32_t raw_len, uint32_t len,
                  const char *data, size_t data_len)
{
    struct sj_key key = sj_key_of("hello", 5);
    sj_buf_addc(out, (char)kind);
    sj_buf_addc(out, (char)coding);
    sj_buf_add_u16(out, 0);
    sj_buf_add_u32(out, raw_len);
    sj_buf_add_u32(out, len);
    sj_buf_add(out, key.bytes, sizeof key.bytes);
    sj_buf_add(out, data, data_len);
}

static void attack_frames(struct attack *attack)
{
    static const struct {
        const char *name;
        int kind;
        int coding;
        uint32_t raw_len;
        uint32_t len;
    } frames[] = {
        {"a length of 4 GiB", 1, 0, UINT32_MAX, UINT32_MAX},
        {"a size of 4 GiB", 1, 1, UINT32_MAX, 5},
        {"more than there is", 1, 0, 6, 6},
        {"less than there is", 1, 0, 4, 4},
        {"two different sizes", 1, 0, 7, 5},
        {"kind 0", 0, 0, 5, 5},
        {"kind 5", 5, 0, 5, 5},
        {"kind 255", 255, 0, 5, 5},
        {"coding 2", 1, 2, 5, 5},
        {"a frame that is none", 1, 1, 50, 5},
        {"a result that is none", 2, 0, 5, 5},
        {"a trail that is none", 4, 0, 5, 5},
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        frame(&body, frames[i].kind, frames[i].coding, frames[i].raw_len, frames[i].len, "hello",
              5);
        post(attack, frames[i].name, UPLOAD, &body, "400 413 422");
    }
    SJ_AUTO(sj_buf_release) struct sj_buf whole = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    frame(&whole, 1, 0, 5, 5, "hello", 5);
    size_t right_len = whole.len;
    frame(&whole, 1, 0, 5, 5, "jello", 5);
    post(attack, "a good frame and a wrong one", UPLOAD, &whole, "422");
    char target[128];
    struct sj_key key = sj_key_of("hello", 5);
    object_target(&key, target);
    absent(attack, "an upload that was refused", target);
    for (size_t cut = 1; cut < right_len; cut += 5) {
        SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_add(&body, whole.data, cut);
        char name[64];
        (void)snprintf(name, sizeof name, "a frame cut off after %zu bytes", cut);
        post(attack, name, UPLOAD, &body, "400 422");
    }
    sj_buf_clear(&whole);
    for (int i = 0; i < 8193; i++) {
        frame(&whole, 1, 0, 5, 5, "hello", 5);
    }
    post(attack, "8,193 frames", UPLOAD, &whole, "413 422");
    absent(attack, "them", target);
    whole.len = right_len;
    post(attack, "the good frame alone", UPLOAD, &whole, "200");
}

static void attack_names(struct attack *attack)
{
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_key key = sj_key_of("hello", 5);
    for (int i = 0; i < 1024; i++) {
        sj_buf_addc(&names, 1);
        sj_buf_add(&names, key.bytes, sizeof key.bytes);
    }
    post(attack, "1,024 times the same name", BATCH, &names, "200 400");
    sj_buf_add(&names, names.data, 17);
    post(attack, "1,025 names", BATCH, &names, "400 413");
    names.len = 16;
    post(attack, "half a name", BATCH, &names, "400 422");
    sj_buf_clear(&names);
    for (int i = 0; i < 17; i++) {
        sj_buf_addc(&names, (char)0xff);
    }
    post(attack, "a name of no kind", BATCH, &names, "400 422");
    sj_buf_clear(&names);
    post(attack, "no names", BATCH, &names, "200 400");
}

#define UNDER(kind) "/v1/default/" kind "/00112233445566778899aabbccddeeff"

static void attack_values(struct attack *attack)
{
    unsigned state = 1;
    char noise[4096];
    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1664525u + 1013904223u;
        noise[i] = (char)(state >> 24);
    }
    put_as(attack, "noise as a result", UNDER("result"), "", noise, sizeof noise, "400 422");
    // What a path set holds is for the wrapper to read, and not to believe.
    put_as(attack, "noise as a path set", UNDER("pathset"), "", noise, sizeof noise, "201 400 422");
    put_as(attack, "noise as a trail", UNDER("trail"), "", noise, 100, "400 422");
    put_as(attack, "65 pairs as a trail", UNDER("trail"), "", noise, 65 * 32, "400 413 422");
    put_as(attack, "nothing as a result", UNDER("result"), "", "", 0, "400 422");
    SJ_AUTO(sj_buf_release) struct sj_buf result = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_result_output output = {.size = 7, .key = sj_key_of("missing", 7)};
    sj_result_encode(&(struct sj_result){.outputs = &output, .output_count = 1}, &result);
    put_as(attack, "a result without its object", UNDER("result"), "", result.data, result.len,
           "409");
    // The count of outputs is what comes last before them.
    size_t at = result.len - (4 + 3 + 8 + SJ_KEY_SIZE + 4) - 4;
    sj_put_u32(result.data + at, UINT32_MAX);
    put_as(attack, "a result of 4,294,967,295 outputs", UNDER("result"), "", result.data,
           result.len, "400 422");
    absent(attack, "the results", UNDER("result"));
    absent(attack, "the trails", UNDER("trail"));
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_add(&body, noise, sizeof noise);
    post(attack, "noise as records", "/v1/default/record", &body, "200 400 422");
    static const char *const targets[] = {
        "/v1/default/fetch", "/v1/default/push/00112233445566778899aabbccddeeff",
        "/v1/NOT-A-NAME/record", "/v1/default/nothing", "/v1/default/object/short"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        int status =
            wire_request(&attack->peer, i == 4 ? "PUT" : "POST", targets[i], "", "x", 1, NULL);
        attack_report(attack, status >= 400 && status < 500, "%s over TCP: %d", targets[i], status);
    }
}

// What a client stores as a page is given back as one that can do nothing.
static void attack_page(struct attack *attack)
{
    static const char target[] =
        "/ac/00000000000000000000000000000000000000000000000000000000000009a6";
    static const char page[] = "<script>alert(1)</script>";
    char type[64] = "";
    char policy[64] = "";
    char sniff[64] = "";
    put_as(attack, "a page", target, "Content-Type: text/html\r\n", page, sizeof page - 1, "200");
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    int status = wire_request(&attack->peer, "GET", target, "", NULL, 0, &answer);
    bool is_safe = wire_header(&answer, "content-type:", type, sizeof type) &&
                   wire_header(&answer, "content-security-policy:", policy, sizeof policy) &&
                   wire_header(&answer, "x-content-type-options:", sniff, sizeof sniff) &&
                   strcmp(policy, "sandbox") == 0 && strcmp(sniff, "nosniff") == 0;
    attack_report(attack, status == 200 && is_safe, "a page does nothing: %d %s %s %s", status,
                  type, policy, sniff);
}

bool attack_content(struct attack *attack)
{
    uint64_t memory_max = 0;
    if (attack->arg_count != 1 || sj_parse_size(attack->args[0], &memory_max) < 0) {
        return false;
    }
    attack_bombs(attack);
    attack_window(attack);
    attack_sizes(attack);
    attack_hashes(attack);
    attack_frames(attack);
    attack_names(attack);
    attack_values(attack);
    attack_page(attack);
    uint64_t memory = wire_memory_of(attack->peer.pid);
    attack_report(attack, memory > 0 && memory <= memory_max,
                  "memory after hostile bodies: %u of at most %u KiB", (unsigned)(memory >> 10),
                  (unsigned)(memory_max >> 10));
    attack_report(attack, attack_is_served(attack), "others are served: after hostile bodies");
    return true;
}
