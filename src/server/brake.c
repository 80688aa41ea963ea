// SPDX-License-Identifier: Apache-2.0
#include "server/brake.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "key/key.h"

#define SETS        1024
#define WAYS        4
#define SPAN_NS     (60 * SJ_NS_PER_S)
#define NETWORK     8 /**< bytes of an IPv6 address that tell networks apart */
#define SECRET_SIZE 16

/** An address. All zero: none. */
struct slot {
    uint64_t tag; // of the address, hashed
    uint64_t since_ns;
    unsigned failures;
};

struct sj_brake {
    pthread_mutex_t lock; // guards slots
    struct slot slots[SETS][WAYS];
    unsigned failures_max;
    unsigned char secret[SECRET_SIZE]; // so that nobody can choose addresses that share a set
};

int sj_brake_new(unsigned failures_max, struct sj_brake **out)
{
    struct sj_brake *brake = sj_new(struct sj_brake);
    brake->failures_max = failures_max;
    // So few bytes come whole, or not at all: getrandom(2).
    if (getrandom(brake->secret, sizeof brake->secret, 0) < 0) {
        int status = -errno;
        free(brake);
        return status;
    }
    (void)pthread_mutex_init(&brake->lock, NULL); // never fails for a plain one
    *out = brake;
    return 0;
}

void sj_brake_free(struct sj_brake *brake)
{
    if (brake) {
        (void)pthread_mutex_destroy(&brake->lock);
        free(brake);
    }
}

// The bytes that tell an address from others, behind a byte of its family. Gives how many; 0: it
// has none.
static size_t address_bytes(const struct sockaddr *address, unsigned char out[1 + NETWORK])
{
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        out[0] = 4;
        memcpy(out + 1, &in.sin_addr, sizeof in.sin_addr);
        return 1 + sizeof in.sin_addr;
    }
    if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
        out[0] = is_mapped ? 4 : 6;
        memcpy(out + 1, in6.sin6_addr.s6_addr + (is_mapped ? 12 : 0), is_mapped ? 4 : NETWORK);
        return is_mapped ? 1 + 4 : 1 + NETWORK;
    }
    return 0;
}

// The address's slot; when it has none, an empty one or the oldest, emptied.
static struct slot *find(struct slot ways[WAYS], uint64_t tag, uint64_t now_ns)
{
    struct slot *oldest = &ways[0];
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].tag == tag && ways[i].failures > 0) {
            return &ways[i];
        }
        if (ways[i].since_ns < oldest->since_ns) {
            oldest = &ways[i];
        }
    }
    *oldest = (struct slot){.tag = tag, .since_ns = now_ns};
    return oldest;
}

bool sj_brake_fail(struct sj_brake *brake, const struct sockaddr *address, uint64_t now_ns)
{
    unsigned char bytes[SECRET_SIZE + 1 + NETWORK];
    size_t len = address_bytes(address, bytes + SECRET_SIZE);
    if (len == 0) {
        return false;
    }
    memcpy(bytes, brake->secret, SECRET_SIZE);
    struct sj_key key = sj_key_of(bytes, SECRET_SIZE + len);

    (void)pthread_mutex_lock(&brake->lock);
    struct slot *slot =
        find(brake->slots[sj_get_u64(key.bytes) % SETS], sj_get_u64(key.bytes + 8), now_ns);
    if (now_ns - slot->since_ns >= SPAN_NS) {
        slot->since_ns = now_ns;
        slot->failures = 0;
    }
    slot->failures += slot->failures <= brake->failures_max;
    bool is_too_much = slot->failures > brake->failures_max;
    (void)pthread_mutex_unlock(&brake->lock);
    return is_too_much;
}
