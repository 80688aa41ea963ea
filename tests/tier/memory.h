// SPDX-License-Identifier: Apache-2.0
// What a test can make the tier in tier_memory.c do. The module is loaded by the stack under test;
// the test loads it once more to get at this.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <scrubjay/tier.h>

#define MEMORY_VALUES_MAX 4096

struct memory_value {
    char host[32]; // which tier has it: the URL's host
    struct sj_tier_value value;
};

struct memory {
    pthread_mutex_t lock; // guards all
    pthread_cond_t cond;  // something below was changed
    struct memory_value values[MEMORY_VALUES_MAX];
    size_t count;
    bool is_silent;          // calls are answered by nothing but their deadline
    bool is_held;            // calls wait until this is false
    unsigned refuse_next;    // so many calls are refused
    bool drops_objects;      // gives results without their objects, and no objects
    bool drops_trails;       // has none
    bool answers_everything; // every name asked for is answered by all values there are
    unsigned gets;
    unsigned puts;
    unsigned asked_names;
};

typedef struct memory *memory_get(void);
