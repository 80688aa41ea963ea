// SPDX-License-Identifier: Apache-2.0
#include "tier/trail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"

// A trail is nothing but its pairs: 16 bytes of weak key and 16 bytes of strong key each.

#define LOOK_BEHIND ((size_t)256)
#define PAIRS_MAX   ((size_t)4096) // of a session that are kept

void sj_trail_release(struct sj_trail *trail)
{
    if (trail) {
        free(trail->pairs);
        free(trail->known);
        *trail = (struct sj_trail){0};
    }
}

static bool is_quiet(const struct sj_trail *trail, uint64_t now_ns)
{
    return now_ns - trail->last_ns >= SJ_TRAIL_QUIET_NS;
}

// Pairs that no trail to come will hold. Those just noted are kept, to tell repetitions by.
static void drop_old(struct sj_trail *trail)
{
    if (trail->due > 2 * LOOK_BEHIND) {
        size_t drop = trail->due - LOOK_BEHIND;
        trail->count -= drop;
        memmove(trail->pairs, trail->pairs + drop, trail->count * sizeof *trail->pairs);
        trail->due -= drop;
    }
}

void sj_trail_note(struct sj_trail *trail, const struct sj_pair *pair, uint64_t now_ns)
{
    if (is_quiet(trail, now_ns) && !sj_trail_has_more(trail)) {
        trail->count = 0;
        trail->due = 0;
    }
    size_t behind = trail->count < LOOK_BEHIND ? trail->count : LOOK_BEHIND;
    for (size_t i = trail->count - behind; i < trail->count; i++) {
        if (memcmp(&trail->pairs[i], pair, sizeof *pair) == 0) {
            return;
        }
    }
    drop_old(trail);
    if (trail->count >= PAIRS_MAX) {
        return; // nobody takes them
    }
    if (trail->count == trail->size) {
        trail->size = trail->size ? 2 * trail->size : LOOK_BEHIND;
        trail->pairs = sj_realloc(trail->pairs, trail->size, sizeof *trail->pairs);
    }
    trail->pairs[trail->count++] = *pair;
    trail->last_ns = now_ns;
    trail->shown = trail->due;
}

bool sj_trail_has_more(const struct sj_trail *trail)
{
    return trail->shown + 1 < trail->count;
}

static struct sj_trail_known *known_of(const struct sj_trail *trail, const struct sj_key *weak)
{
    return &trail->known[sj_get_u32(weak->bytes) % SJ_TRAIL_KNOWN];
}

void sj_trail_know(struct sj_trail *trail, const struct sj_key *weak, const void *data, size_t len)
{
    if (!trail->known) {
        trail->known = sj_calloc(SJ_TRAIL_KNOWN, sizeof *trail->known);
    }
    *known_of(trail, weak) = (struct sj_trail_known){
        .weak = *weak, .content = sj_key_of(data, len), .count = len / SJ_TRAIL_PAIR_SIZE};
}

static bool is_worth(const struct sj_trail *trail, const struct sj_key *weak, const void *data,
                     size_t len)
{
    if (len == 0 || !trail->known) {
        return len > 0;
    }
    const struct sj_trail_known *known = known_of(trail, weak);
    if (known->count == 0 || !sj_key_eq(&known->weak, weak)) {
        return true;
    }
    struct sj_key content = sj_key_of(data, len);
    return len / SJ_TRAIL_PAIR_SIZE >= known->count && !sj_key_eq(&content, &known->content);
}

// Append the trail of a pair. False, and nothing appended: no tier needs it.
static bool show(struct sj_trail *trail, size_t of, struct sj_key *weak, struct sj_buf *out)
{
    size_t end = of + 1 + SJ_TRAIL_PAIRS_MAX;
    size_t before = out->len;
    for (size_t i = of + 1; i < trail->count && i < end; i++) {
        sj_buf_add(out, trail->pairs[i].weak.bytes, SJ_KEY_SIZE);
        sj_buf_add(out, trail->pairs[i].strong.bytes, SJ_KEY_SIZE);
    }
    const char *data = sj_buf_text(out) + before;
    *weak = trail->pairs[of].weak;
    if (!is_worth(trail, weak, data, out->len - before)) {
        out->len = before;
        return false;
    }
    sj_trail_know(trail, weak, data, out->len - before);
    return true;
}

bool sj_trail_take(struct sj_trail *trail, uint64_t now_ns, bool is_pause, struct sj_key *weak,
                   struct sj_buf *out)
{
    bool has_ended = is_quiet(trail, now_ns);
    for (;;) {
        size_t of = trail->shown;
        if (trail->due + SJ_TRAIL_PAIRS_MAX < trail->count) {
            of = trail->due;
            trail->due += SJ_TRAIL_STEP;
            trail->shown = trail->due;
        } else if ((is_pause || has_ended) && sj_trail_has_more(trail)) {
            trail->shown += SJ_TRAIL_STEP;
        } else {
            break;
        }
        if (show(trail, of, weak, out)) {
            return true;
        }
    }
    if (has_ended) {
        trail->count = 0;
        trail->due = 0;
        trail->shown = 0;
    }
    return false;
}

int sj_trail_decode(const void *data, size_t len, struct sj_pair out[SJ_TRAIL_PAIRS_MAX])
{
    if (len % SJ_TRAIL_PAIR_SIZE != 0 || len / SJ_TRAIL_PAIR_SIZE > SJ_TRAIL_PAIRS_MAX) {
        return -EBADMSG;
    }
    const unsigned char *at = data;
    int count = (int)(len / SJ_TRAIL_PAIR_SIZE);
    for (int i = 0; i < count; i++, at += SJ_TRAIL_PAIR_SIZE) {
        memcpy(out[i].weak.bytes, at, SJ_KEY_SIZE);
        memcpy(out[i].strong.bytes, at + SJ_KEY_SIZE, SJ_KEY_SIZE);
    }
    return count;
}
