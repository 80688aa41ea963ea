// SPDX-License-Identifier: Apache-2.0
#include "key/key.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/mem.h"

static struct sj_key canonical(XXH128_hash_t hash)
{
    XXH128_canonical_t canon;
    XXH128_canonicalFromHash(&canon, hash);
    struct sj_key key;
    memcpy(key.bytes, canon.digest, sizeof key.bytes);
    return key;
}

struct sj_key sj_key_of(const void *data, size_t len)
{
    return canonical(XXH3_128bits(data, len));
}

void sj_key_hex(const struct sj_key *key, char out[SJ_KEY_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SJ_KEY_SIZE; i++) {
        out[2 * i] = digits[key->bytes[i] >> 4];
        out[2 * i + 1] = digits[key->bytes[i] & 15];
    }
    out[2 * SJ_KEY_SIZE] = '\0';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

int sj_key_parse(const char *text, struct sj_key *out)
{
    struct sj_key key;
    for (size_t i = 0; i < SJ_KEY_SIZE; i++) {
        int high = hex_value(text[2 * i]);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
        if (low < 0) {
            return -EINVAL;
        }
        key.bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (text[2 * SJ_KEY_SIZE]) {
        return -EINVAL;
    }
    *out = key;
    return 0;
}

struct sj_hasher {
    XXH3_state_t *state;
};

struct sj_hasher *sj_hasher_new(void)
{
    struct sj_hasher *hasher = sj_new(struct sj_hasher);
    hasher->state = XXH3_createState();
    if (!hasher->state) {
        sj_oom();
    }
    sj_hasher_reset(hasher);
    return hasher;
}

void sj_hasher_free(struct sj_hasher *hasher)
{
    if (hasher) {
        (void)XXH3_freeState(hasher->state);
        free(hasher);
    }
}

void sj_hasher_reset(struct sj_hasher *hasher)
{
    (void)XXH3_128bits_reset(hasher->state);
}

void sj_hasher_add(struct sj_hasher *hasher, const void *data, size_t len)
{
    if (len) {
        (void)XXH3_128bits_update(hasher->state, data, len);
    }
}

void sj_hasher_field(struct sj_hasher *hasher, const void *data, size_t len)
{
    unsigned char head[8];
    sj_put_u64(head, len);
    sj_hasher_add(hasher, head, sizeof head);
    sj_hasher_add(hasher, data, len);
}

void sj_hasher_text(struct sj_hasher *hasher, const char *text)
{
    if (text) {
        sj_hasher_field(hasher, text, strlen(text));
        return;
    }
    // No field is this long, so "absent" has an encoding of its own.
    unsigned char absent[8];
    sj_put_u64(absent, UINT64_MAX);
    sj_hasher_add(hasher, absent, sizeof absent);
}

struct sj_key sj_hasher_key(const struct sj_hasher *hasher)
{
    return canonical(XXH3_128bits_digest(hasher->state));
}

int sj_key_of_fd(int fd, struct sj_key *out, uint64_t *size_out)
{
    // Most inputs fit one read; only larger ones need the streaming state.
    char buffer[65536];
    size_t filled = 0;
    struct sj_hasher *hasher = NULL;
    uint64_t total = 0;
    int status = 0;
    for (;;) {
        ssize_t got = read(fd, buffer + filled, sizeof buffer - filled);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            status = -errno;
            break;
        }
        filled += (size_t)got;
        total += (size_t)got;
        if (got == 0 || filled == sizeof buffer) {
            if (got == 0 && !hasher) {
                *out = sj_key_of(buffer, filled);
                break;
            }
            hasher = hasher ? hasher : sj_hasher_new();
            sj_hasher_add(hasher, buffer, filled);
            filled = 0;
            if (got == 0) {
                *out = sj_hasher_key(hasher);
                break;
            }
        }
    }
    sj_hasher_free(hasher);
    if (status == 0 && size_out) {
        *size_out = total;
    }
    return status;
}
