// SPDX-License-Identifier: Apache-2.0
// A stack of tiers over a store in a directory of its own, and the tier in tier_memory.c.
#pragma once

#include "memory.h"
#include "tier/tiers.h"

// A machine: store and stack.
struct machine {
    char dir[64];
    struct sj_config config;
    struct sj_shared *shared;
    struct sj_tiers *tiers;
};

// How a fetch ended.
struct outcome {
    size_t stored;
    int status;
    uint64_t took_ms;
};

// A result in a store: keys, and one large object that can be compressed.
struct made {
    struct sj_key weak;
    struct sj_key strong;
    struct sj_key object;
    struct sj_key pathset;
};

struct memory *fixture_memory(void);
char *fixture_plugin_dir(void);

void machine_open(struct machine *machine, const char *remote, uint64_t timeout_ms, bool stats);
void machine_close(struct machine *machine);

// Store a result under keys made of a number.
struct made machine_make(struct machine *machine, unsigned number);
bool machine_has(const struct machine *machine, enum sj_blob kind, const struct sj_key *key);
bool machine_has_made(const struct machine *machine, const struct made *made);

// Push and wait until it has gone up.
void machine_push(struct machine *machine, const struct made *made);
struct outcome machine_fetch(struct machine *machine, enum sj_frame_kind kind,
                             const struct sj_key *key);

// Wait until a condition holds; false after ten seconds.
bool wait_until(bool (*holds)(void *user), void *user);
