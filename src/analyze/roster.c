// SPDX-License-Identifier: Apache-2.0
#include "analyze/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// A build is whole when at least one in so many of the units that it names, and that were there,
// has the key from before.
#define SAME_ONE_IN 4

void sj_roster_init(struct sj_roster *roster, const struct sj_view *view,
                    const struct sj_costs *costs)
{
    *roster = (struct sj_roster){.view = view, .costs = costs};
    size_t size = (size_t)costs->unit_end + 1;
    roster->key = sj_calloc(size, sizeof *roster->key);
    memset(roster->key, 0xff, size * sizeof *roster->key); // SJ_NO_KEY
    roster->seen = sj_calloc(size, sizeof *roster->seen);
    roster->units = sj_calloc(size, sizeof *roster->units);
}

void sj_roster_release(struct sj_roster *roster)
{
    if (roster) {
        free(roster->key);
        free(roster->seen);
        free(roster->units);
        free(roster->changes);
        *roster = (struct sj_roster){0};
    }
}

static void change(struct sj_roster *roster, struct sj_roster_change change)
{
    if (roster->change_count == roster->change_size) {
        roster->change_size = roster->change_size ? roster->change_size * 2 : 256;
        roster->changes = sj_realloc(roster->changes, roster->change_size, sizeof *roster->changes);
    }
    roster->changes[roster->change_count++] = change;
}

static void set(struct sj_roster *roster, uint32_t unit, uint32_t key, size_t sample)
{
    uint32_t before = roster->key[unit];
    if (before == key) {
        return;
    }
    if (before == SJ_NO_KEY) {
        roster->units[roster->unit_count++] = unit;
    }
    roster->key[unit] = key;
    change(roster, (struct sj_roster_change){unit, before, key, (uint32_t)sample});
}

static size_t drop_unnamed(struct sj_roster *roster)
{
    size_t kept = 0;
    for (size_t i = 0; i < roster->unit_count; i++) {
        uint32_t unit = roster->units[i];
        if (roster->seen[unit] == roster->takes) {
            roster->units[kept++] = unit;
        } else {
            change(roster, (struct sj_roster_change){unit, roster->key[unit], SJ_NO_KEY, 0});
            roster->key[unit] = SJ_NO_KEY;
        }
    }
    size_t dropped = roster->unit_count - kept;
    roster->unit_count = kept;
    return dropped;
}

// The unit's last sample with a key in the build: samples are by unit, then start. Gives the index
// behind them.
static size_t next_unit(const struct sj_roster *roster, size_t from, size_t end, uint32_t *key,
                        size_t *sample)
{
    const uint32_t *units = roster->costs->unit_of;
    *key = SJ_NO_KEY;
    size_t at = from;
    for (; at < end && units[at] == units[from]; at++) {
        uint32_t here = roster->costs->key_of[at];
        *sample = here == SJ_NO_KEY ? *sample : at;
        *key = here == SJ_NO_KEY ? *key : here;
    }
    return at;
}

struct sj_roster_build sj_roster_take(struct sj_roster *roster, size_t build)
{
    struct sj_roster_build result = {0};
    const struct sj_view_build *from = &roster->view->builds[build];
    size_t there = roster->unit_count;
    size_t known = 0;
    size_t same = 0;
    roster->takes++;
    roster->change_count = 0;
    for (size_t at = from->first; at < from->first + from->count;) {
        uint32_t unit = roster->costs->unit_of[at];
        uint32_t key;
        size_t sample = at;
        at = next_unit(roster, at, from->first + from->count, &key, &sample);
        if (key != SJ_NO_KEY) {
            known += roster->key[unit] != SJ_NO_KEY;
            same += roster->key[unit] == key;
            roster->seen[unit] = roster->takes;
            result.named++;
            set(roster, unit, key, sample);
        }
    }
    // A build that failed half way has not come to the rest.
    bool is_broken = from->build.exit_status != 0;
    result.is_whole = known == there || (!is_broken && same > 0 && same * SAME_ONE_IN >= known);
    if (result.is_whole && known < there) {
        (void)drop_unnamed(roster);
    }
    result.carried = (uint32_t)(roster->unit_count - result.named);
    return result;
}

// Whether the database knows a unit from before a time.
static bool is_older(const struct sj_roster *roster, uint32_t unit, uint64_t begin_ns)
{
    struct sj_unit found;
    return roster->view->db && sj_db_unit(roster->view->db, unit, &found) == 0 &&
           found.first_ns < begin_ns;
}

size_t sj_roster_seed(struct sj_roster *roster, const size_t *builds, size_t count)
{
    if (count == 0) {
        return 0;
    }
    uint64_t begin_ns = roster->view->builds[builds[0]].build.start_ns;
    struct sj_roster trial;
    sj_roster_init(&trial, roster->view, roster->costs);
    SJ_AUTO(sj_auto_free) bool *is_known = sj_calloc((size_t)roster->costs->unit_end + 1, 1);
    for (size_t i = 0; i < count; i++) {
        bool is_whole = sj_roster_take(&trial, builds[i]).is_whole;
        for (size_t j = 0; j < trial.change_count; j++) {
            const struct sj_roster_change *at = &trial.changes[j];
            if (is_known[at->unit] || at->after == SJ_NO_KEY) {
                continue;
            }
            is_known[at->unit] = true;
            if (i > 0 && !is_whole && is_older(roster, at->unit, begin_ns)) {
                set(roster, at->unit, at->after, 0);
            }
        }
    }
    sj_roster_release(&trial);
    return roster->unit_count;
}
