// SPDX-License-Identifier: Apache-2.0
// Following the journal of the local store: it tells what builds came to in which order, whether an
// agent was asked or not, and it holds the records that are to go up.
#include <stdbool.h>

#include "base/clock.h"
#include "tier/handle.h"

static bool is_key(const struct sj_key *key)
{
    static const struct sj_key zero;
    return !sj_key_eq(key, &zero);
}

static void note_record(struct sj_tiers *tiers, const struct sj_record *record)
{
    bool is_stored = record->outcome == SJ_OUTCOME_HIT || (record->flags & SJ_RECORD_STORED);
    if (!is_stored || !is_key(&record->strong)) {
        return;
    }
    sj_tiers_lock(tiers);
    sj_prefetch_use(&tiers->prefetch, &record->strong);
    if (is_key(&record->weak)) {
        const struct sj_pair pair = {record->weak, record->strong};
        sj_trail_note(&tiers->trail, &pair, sj_clock_ns(CLOCK_MONOTONIC));
    }
    (void)pthread_cond_signal(&tiers->fetch_cond);
    sj_tiers_unlock(tiers);
}

void sj_follow_journal(struct sj_tiers *tiers, struct sj_buf *frames)
{
    struct sj_journal_frame frame;
    while (frames->len < SJ_FOLLOW_MAX && sj_journal_next_frame(tiers->journal, &frame) == 0) {
        if (frame.kind == SJ_JOURNAL_RECORD) {
            note_record(tiers, &frame.record);
        }
        // As they stand there: what a newer version has put into them stays.
        sj_buf_add(frames, frame.data, frame.len);
    }
}
