// SPDX-License-Identifier: Apache-2.0
// Uploads: the thread that carries results, trails and records to the tiers, one parcel at a time.
// What gathers while one is on its way goes with the next, so a slow way makes larger parcels.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tier/handle.h"
#include "tier/parcel.h"

#define TRIES_MAX      3
#define PUT_SPAN_MS    UINT64_C(10000)
#define PUT_RATE       (UINT64_C(256) << 10) // bytes a second that a put may count on
#define TRAILS_MAX     16                    // trails in one parcel
#define FOLLOW_NS      (200 * SJ_NS_PER_MS)  // how often the journal is read while a build runs
#define FOLLOW_REST_NS (5 * SJ_NS_PER_S)     // … and at other times
#define PAUSE_NS       (2 * SJ_NS_PER_S)  // a build that comes to nothing for so long may be over
#define ACTIVE_NS      (15 * SJ_NS_PER_S) // a build runs when it asked so short a while ago

/** A put to all tiers. */
struct put {
    struct sj_tiers *tiers;
    size_t left;         // tiers that have not answered
    size_t good;         // tiers that have it
    int status;          // of one that failed
    struct put_of *each; // for each tier
};

/** A put to one tier. */
struct put_of {
    struct put *put;
    struct sj_slot *slot;
};

static void note_done(int status, void *user)
{
    struct put_of *of = user;
    struct sj_tiers *tiers = of->put->tiers;
    sj_tiers_lock(tiers);
    sj_tiers_judge(tiers, of->slot, &of->slot->put, status, false);
    of->put->left--;
    of->put->good += status == 0;
    of->put->status = status < 0 ? status : of->put->status;
    sj_tiers_ended(tiers);
    sj_tiers_unlock(tiers);
}

// Whether a put may go there: the first one after a pause is its own probe. With the lock held.
static bool may_put(struct sj_slot *slot, uint64_t now_ns)
{
    return !sj_breaker_is_open(&slot->put) || sj_breaker_take_probe(&slot->put, now_ns);
}

// Carry values to all tiers that are not being left alone, and wait. Gives how many have them; 0
// and a status when none does.
static size_t put_values(struct sj_tiers *tiers, const struct sj_tier_value *values, size_t count,
                         size_t bytes, int *status)
{
    struct put put = {.tiers = tiers, .status = -EHOSTDOWN};
    put.each = sj_calloc(tiers->slot_count, sizeof *put.each);
    uint64_t span_ms = PUT_SPAN_MS + bytes * 1000 / PUT_RATE;
    for (size_t i = 0; i < tiers->slot_count; i++) {
        struct sj_slot *slot = &tiers->slots[i];
        sj_tiers_lock(tiers);
        bool is_on = !tiers->is_closing && may_put(slot, sj_clock_ns(CLOCK_MONOTONIC)) &&
                     sj_tiers_enter(tiers);
        tiers->under_way += is_on;
        put.left += is_on;
        sj_tiers_unlock(tiers);
        if (is_on) {
            put.each[i] = (struct put_of){&put, slot};
            slot->plugin.calls->put(slot->tier, values, count, span_ms, note_done, &put.each[i]);
            sj_tiers_leave(tiers);
        }
    }
    sj_tiers_lock(tiers);
    while (put.left > 0) {
        (void)pthread_cond_wait(&tiers->idle_cond, &tiers->lock);
    }
    sj_tiers_unlock(tiers);
    free(put.each);
    *status = put.status;
    return put.good;
}

static bool is_passing(int status)
{
    switch (-status) {
    case EACCES:
    case EDQUOT:
    case EFBIG:
    case EINVAL:
    case ENOENT:
    case ENOSPC:
    case EPROTO:
        return false;
    default:
        return true;
    }
}

// Some failures pass: what was to go up waits for a better time.
static void put_back(struct sj_tiers *tiers, struct sj_parcel *parcel, int status)
{
    for (size_t i = parcel->upload_count; i-- > 0;) {
        struct sj_upload *upload = &parcel->uploads[i];
        upload->tries++;
        bool is_back = upload->tries < TRIES_MAX && is_passing(status) &&
                       sj_queue_return(&tiers->queue, upload);
        tiers->stat.dropped += !is_back;
    }
}

static void send_parcel(struct sj_tiers *tiers, struct sj_parcel *parcel)
{
    int status;
    size_t good = put_values(tiers, parcel->values, parcel->count, parcel->total, &status);
    sj_tiers_lock(tiers);
    tiers->uploading = 0;
    if (good > 0) {
        tiers->stat.uploaded += parcel->upload_count;
        tiers->stat.uploaded_bytes += parcel->total;
    } else {
        put_back(tiers, parcel, status);
    }
    sj_tiers_unlock(tiers);
    if (good == 0) {
        sj_log("cannot upload %zu results: %s", parcel->upload_count, strerrordesc_np(-status));
    }
}

static void pack_uploads(struct sj_tiers *tiers, struct sj_parcel *parcel)
{
    struct sj_upload upload;
    while (sj_parcel_has_room(parcel)) {
        sj_tiers_lock(tiers);
        bool is_more = !tiers->is_closing && sj_queue_take(&tiers->queue, &upload);
        tiers->uploading += is_more;
        sj_tiers_unlock(tiers);
        if (!is_more) {
            break;
        }
        if (sj_parcel_add(parcel, tiers->shared, sj_str_of(tiers->space), &upload) != 0) {
            sj_tiers_lock(tiers);
            tiers->uploading--;
            tiers->stat.dropped++;
            sj_tiers_unlock(tiers);
        }
    }
}

static void pack_trails(struct sj_tiers *tiers, struct sj_parcel *parcel)
{
    for (int i = 0; i < TRAILS_MAX; i++) {
        struct sj_key weak;
        SJ_AUTO(sj_buf_release)
        struct sj_buf trail = SJ_BUF_INIT((size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE);
        sj_tiers_lock(tiers);
        uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
        bool is_pause = tiers->wants_flush || now_ns - tiers->trail.last_ns >= PAUSE_NS;
        bool is_more = sj_trail_take(&tiers->trail, now_ns, is_pause, &weak, &trail);
        sj_tiers_unlock(tiers);
        if (!is_more) {
            break;
        }
        sj_parcel_put(parcel, SJ_TIER_TRAIL, &weak, &trail);
    }
}

// Records go on their own: a token that may not leave them must not hold results up.
static void send_records(struct sj_tiers *tiers, const struct sj_buf *frames)
{
    const struct sj_tier_value value = {
        .name.kind = SJ_TIER_RECORD,
        .raw_len = (uint32_t)frames->len,
        .data = frames->data,
        .len = frames->len,
    };
    int status;
    if (frames->len > 0 && put_values(tiers, &value, 1, frames->len, &status) == 0) {
        sj_log("cannot upload records: %s", strerrordesc_np(-status));
    }
}

// Whether any tier would take something now. With the lock held.
static bool can_put(const struct sj_tiers *tiers, uint64_t now_ns)
{
    for (size_t i = 0; i < tiers->slot_count; i++) {
        const struct sj_breaker *put = &tiers->slots[i].put;
        if (!sj_breaker_is_open(put) || now_ns >= put->until_ns) {
            return true;
        }
    }
    return false;
}

// Whoever waits for the end wants all that is there; else the rest comes a while later.
static void follow(struct sj_tiers *tiers, bool is_able, bool is_flush)
{
    SJ_AUTO(sj_buf_release) struct sj_buf frames = SJ_BUF_INIT(SJ_FOLLOW_MAX + SJ_RECORD_MAX);
    do {
        sj_buf_clear(&frames);
        sj_follow_journal(tiers, &frames);
        if (is_able) {
            send_records(tiers, &frames);
        }
    } while (is_flush && frames.len >= SJ_FOLLOW_MAX);
}

static void work(struct sj_tiers *tiers, bool is_able, bool is_flush)
{
    if (tiers->journal) {
        follow(tiers, is_able, is_flush);
    }
    if (!is_able) {
        return;
    }
    SJ_AUTO(sj_parcel_release) struct sj_parcel parcel = {0};
    pack_uploads(tiers, &parcel);
    pack_trails(tiers, &parcel);
    if (parcel.count > 0) {
        send_parcel(tiers, &parcel);
    }
}

void *sj_upload_run(void *user)
{
    struct sj_tiers *tiers = user;
    sj_tiers_lock(tiers);
    while (!tiers->is_ending) {
        uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
        bool is_able = !tiers->is_closing && can_put(tiers, now_ns);
        uint64_t pause_ns = now_ns - tiers->active_ns < ACTIVE_NS ? FOLLOW_NS : FOLLOW_REST_NS;
        bool is_flush = tiers->wants_flush;
        bool is_due = is_flush || tiers->wants_records || now_ns - tiers->followed_ns >= pause_ns;
        if (is_due || (is_able && tiers->queue.count > 0)) {
            tiers->wants_records = false;
            tiers->followed_ns = now_ns;
            sj_tiers_unlock(tiers);
            work(tiers, is_able, is_flush);
            sj_tiers_lock(tiers);
            if (is_flush) {
                tiers->wants_flush = false;
                tiers->flushed_ns = sj_clock_ns(CLOCK_MONOTONIC);
            }
            continue;
        }
        sj_tiers_wait(tiers, &tiers->upload_cond, tiers->followed_ns + pause_ns);
    }
    sj_tiers_unlock(tiers);
    return NULL;
}
