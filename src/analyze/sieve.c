// SPDX-License-Identifier: Apache-2.0
#include "analyze/sieve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/pathset.h"

#define WORDS   4 // of a place in the table: state, first, count, whether inputs are known
#define MISSING 1u

void sj_sieve_release(struct sj_sieve *sieve)
{
    if (sieve) {
        sj_numbers_release(&sieve->wanted);
        sj_numbers_release(&sieve->seen);
        sj_numbers_release(&sieve->generated);
        free(sieve->pool);
        free(sieve->states);
        *sieve = (struct sj_sieve){0};
    }
}

void sj_sieve_want(struct sj_sieve *sieve, const struct sj_match *match)
{
    sj_numbers_join(&sieve->wanted, &match->content);
    sj_numbers_join(&sieve->wanted, &match->present);
    sj_numbers_join(&sieve->wanted, &match->names);
    sieve->keeps_all = sieve->keeps_all || match->submodules.len > 0;
}

// Generated files lie below the root, or below a build folder that stands elsewhere.
static void look_at(struct sj_sieve *sieve, const struct sj_input *input)
{
    if (sj_numbers_has(&sieve->seen, input->path)) {
        return;
    }
    sj_numbers_add(&sieve->seen, input->path);
    const char *path = sj_db_text(sieve->db, input->path);
    struct sj_content content;
    if (*path != '/' && sj_db_content(sieve->db, input->content, &content) == 0 &&
        (content.is_untracked || (*path == '$' && sj_oid_is_zero(&content.blob)))) {
        sj_numbers_add(&sieve->generated, input->path);
    }
}

static void keep(struct sj_sieve *sieve, const struct sj_input *input)
{
    if (sieve->pool_count == sieve->pool_size) {
        sieve->pool_size = sieve->pool_size ? sieve->pool_size * 2 : 4096;
        sieve->pool = sj_realloc(sieve->pool, sieve->pool_size, sizeof *sieve->pool);
    }
    sieve->pool[sieve->pool_count++] = *input;
}

static uint32_t *place_of(const struct sj_sieve *sieve, uint32_t state)
{
    size_t at = (state * 0x9e3779b1u) & (sieve->state_size - 1);
    while (sieve->states[at * WORDS] && sieve->states[at * WORDS] != state) {
        at = (at + 1) & (sieve->state_size - 1);
    }
    return sieve->states + at * WORDS;
}

static void grow(struct sj_sieve *sieve)
{
    uint32_t *old = sieve->states;
    size_t size = sieve->state_size;
    sieve->state_size = size ? size * 2 : 1024;
    sieve->states = sj_calloc(sieve->state_size * WORDS, sizeof *sieve->states);
    for (size_t i = 0; i < size; i++) {
        if (old[i * WORDS]) {
            memcpy(place_of(sieve, old[i * WORDS]), old + i * WORDS, WORDS * sizeof *old);
        }
    }
    free(old);
}

static int sift(struct sj_sieve *sieve, uint32_t state, uint32_t *place)
{
    const struct sj_input *inputs;
    size_t count = 0;
    int status = sj_db_inputs(sieve->db, state, &inputs, &count);
    if (status < 0 && status != -ENOENT) {
        return status;
    }
    size_t first = sieve->pool_count;
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (inputs[i].need == SJ_NEED_CONTENT) {
            look_at(sieve, &inputs[i]);
        }
        if (sieve->keeps_all || sj_numbers_has(&sieve->wanted, inputs[i].path) ||
            (inputs[i].need == SJ_NEED_CONTENT &&
             sj_numbers_has(&sieve->generated, inputs[i].path))) {
            keep(sieve, &inputs[i]);
        }
    }
    place[0] = state;
    place[1] = (uint32_t)first;
    place[2] = (uint32_t)(sieve->pool_count - first);
    place[3] = status == -ENOENT ? MISSING : 0;
    sieve->state_count++;
    return 0;
}

int sj_sieve_get(struct sj_sieve *sieve, uint32_t state, struct sj_sifted *out)
{
    if (state == 0) {
        return -ENOENT;
    }
    if (sieve->state_count * 2 >= sieve->state_size) {
        grow(sieve);
    }
    uint32_t *place = place_of(sieve, state);
    if (!*place) {
        int status = sift(sieve, state, place);
        if (status < 0) {
            return status;
        }
    }
    *out = (struct sj_sifted){place[1], place[2]};
    return place[3] == MISSING ? -ENOENT : 0;
}
