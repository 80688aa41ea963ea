// SPDX-License-Identifier: Apache-2.0
#include "wrap/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct sj_block {
    struct sj_block *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

#define BLOCK_SIZE 16384u

void *sj_call_alloc(struct sj_call *call, size_t len_bytes)
{
    size_t align = _Alignof(max_align_t);
    size_t len = (len_bytes + align - 1) / align * align;
    if (!call->arena || call->arena->size - call->arena->used < len) {
        size_t size = len > BLOCK_SIZE ? len : BLOCK_SIZE;
        struct sj_block *block = sj_calloc(1, sizeof *block + size);
        block->size = size;
        block->next = call->arena;
        call->arena = block;
    }
    char *at = (char *)call->arena->data + call->arena->used;
    call->arena->used += len;
    return at;
}

const char *sj_call_env(const struct sj_call *call, const char *name)
{
    size_t len = strlen(name);
    for (char *const *at = call->env; *at; at++) {
        // Most names differ in their first byte, and this is asked some sixty times for a hit.
        if ((*at)[0] == name[0] && strncmp(*at, name, len) == 0 && (*at)[len] == '=') {
            return *at + len + 1;
        }
    }
    return NULL;
}

void sj_call_release(struct sj_call *call)
{
    sj_store_close(call->store);
    sj_args_release(&call->args);
    sj_config_release(&call->config);
    while (call->arena) {
        struct sj_block *next = call->arena->next;
        free(call->arena);
        call->arena = next;
    }
    call->store = NULL;
}
