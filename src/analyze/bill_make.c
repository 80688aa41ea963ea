// SPDX-License-Identifier: Apache-2.0
// Bills of builds are worked out once and kept beside them, with a fingerprint of what they follow
// from: which build each was compared with, and which builds came in late.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/bill.h"
#include "base/mem.h"

#define BATCH 64 /**< builds whose samples are in memory at one time */

#define MEMO_WHOLE "bill-1"
#define MEMO_DRILL "bill-drill-1"

/** Bills being made. */
struct making {
    const struct sj_bill_order *order;
    struct sj_bill *out;
    struct sj_causes *causes;
    struct sj_drill *drill;
    struct sj_key *prints; // of each build
    struct sj_err *err;
};

/** Builds in the order in which the database got them. */
struct arrival {
    const struct sj_view_build *build;
    size_t index;
    uint64_t earliest_ns; // start of this one and all that came in after it
};

static int by_number(const void *left, const void *right)
{
    const struct arrival *a = left;
    const struct arrival *b = right;
    return a->build->build.number < b->build->build.number
               ? -1
               : a->build->build.number > b->build->build.number;
}

static void hash_build(struct sj_hasher *hasher, const struct sj_build *build)
{
    struct {
        uint64_t number;
        uint64_t start_ns;
        uint64_t revision;
        uint64_t counts[SJ_OUTCOME_COUNT];
    } told;
    memset(&told, 0, sizeof told);
    told.number = build->number;
    told.start_ns = build->start_ns;
    told.revision = build->revision;
    memcpy(told.counts, build->count, sizeof told.counts);
    sj_hasher_field(hasher, &told, sizeof told);
    sj_hasher_field(hasher, build->commit.bytes, SJ_OID_SIZE);
}

static void hash_place(struct sj_hasher *hasher, const struct sj_view *view,
                       const struct sj_view_build *build)
{
    hash_build(hasher, &build->build);
    uint64_t place[2] = {build->commit != SJ_NO_COMMIT, view->repo && view->history};
    sj_hasher_field(hasher, place, sizeof place);
}

static const char *memo_name(bool is_drill)
{
    return is_drill ? MEMO_DRILL : MEMO_WHOLE;
}

#define HASHED_HOPS 3 /**< references that a bill is taken to follow from */

// What came in before a build does not change any more; what came in after it and began before its
// end may have compiled the same before, or be nearer in history.
void sj_bill_prints(const struct sj_view *view, bool is_drill, struct sj_key *out)
{
    size_t count = view->build_count;
    SJ_AUTO(sj_auto_free) struct arrival *arrivals = sj_calloc(count + 1, sizeof *arrivals);
    for (size_t i = 0; i < count; i++) {
        arrivals[i] = (struct arrival){.build = &view->builds[i], .index = i};
    }
    qsort(arrivals, count, sizeof *arrivals, by_number);
    uint64_t earliest = UINT64_MAX;
    for (size_t i = count; i-- > 0;) {
        uint64_t start = arrivals[i].build->build.start_ns;
        earliest = start < earliest ? start : earliest;
        arrivals[i].earliest_ns = earliest;
    }
    struct sj_hasher *hasher = sj_hasher_new();
    for (size_t i = 0; i < count; i++) {
        const struct sj_view_build *build = arrivals[i].build;
        uint64_t end_ns = build->build.start_ns + build->build.wall_ns;
        sj_hasher_reset(hasher);
        sj_hasher_text(hasher, memo_name(is_drill));
        hash_place(hasher, view, build);
        uint32_t at = build->reference;
        for (int hop = 0; hop < HASHED_HOPS && at != UINT32_MAX; hop++) {
            hash_place(hasher, view, &view->builds[at]);
            at = view->builds[at].reference;
        }
        for (size_t j = i + 1; j < count && arrivals[j].earliest_ns <= end_ns; j++) {
            if (arrivals[j].build->build.start_ns <= end_ns) {
                hash_build(hasher, &arrivals[j].build->build);
            }
        }
        out[arrivals[i].index] = sj_hasher_key(hasher);
    }
    sj_hasher_free(hasher);
}

static bool is_comparable(const struct sj_view_build *build)
{
    return build->reference != UINT32_MAX;
}

static void add_up(struct making *making, size_t index, const struct sj_bill *bill)
{
    const struct sj_view_build *build = &making->order->view->builds[index];
    sj_bill_merge(making->out, bill, build->build.job, is_comparable(build));
    if (making->order->each) {
        making->order->each(index, bill, making->order->user);
    }
}

// Appends the print that a bill was made with, and the bill.
static bool find_bytes(struct making *making, size_t index, struct sj_buf *out)
{
    const struct sj_bill_order *order = making->order;
    uint32_t number = order->view->builds[index].build.number;
    // Those of the database follow from all builds: who keeps others may not see all.
    if (order->get) {
        return order->get(&making->prints[index], out, order->user);
    }
    return sj_db_memo_get(order->view->db, number, memo_name(making->order->is_drill), out) == 0;
}

// Returns whether the build's bill was at hand.
static bool recall(struct making *making, size_t index)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (!find_bytes(making, index, &bytes) || bytes.len < SJ_KEY_SIZE ||
        memcmp(bytes.data, making->prints[index].bytes, SJ_KEY_SIZE) != 0) {
        return false;
    }
    struct sj_bill bill = {.pool = making->out->pool};
    bool is_good = sj_bill_decode(bytes.data + SJ_KEY_SIZE, bytes.len - SJ_KEY_SIZE, &bill) == 0;
    if (is_good) {
        add_up(making, index, &bill);
    }
    sj_bill_release(&bill);
    return is_good;
}

// What cannot be kept is worked out again the next time: that is no failure.
static void keep(struct making *making, size_t index, const struct sj_bill *bill)
{
    const struct sj_bill_order *order = making->order;
    if (order->is_read_only && !order->put) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_add(&bytes, making->prints[index].bytes, SJ_KEY_SIZE);
    sj_bill_encode(bill, &bytes);
    if (order->put) {
        order->put(&making->prints[index], bytes.data, bytes.len, order->user);
    }
    if (!order->is_read_only) {
        (void)sj_db_memo_put(order->view->db, order->view->builds[index].build.number,
                             memo_name(making->order->is_drill), bytes.data, bytes.len);
    }
}

static void add_expired(struct sj_bill *bill, const struct sj_build *build)
{
    uint64_t cpu_ns = 0;
    uint64_t compiles = 0;
    for (size_t i = 0; i < SJ_OUTCOME_COUNT; i++) {
        cpu_ns += build->cpu_ns[i];
        compiles += build->cpu_ns[i] ? build->count[i] : 0;
    }
    sj_bill_add_sum(bill, SJ_BLAME_EXPIRED, cpu_ns, compiles);
}

static int make_one(struct making *making, size_t index)
{
    const struct sj_view_build *build = &making->order->view->builds[index];
    struct sj_bill bill = {.pool = making->out->pool};
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(making->causes, index, &count);
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        struct sj_finding finding;
        status = sj_causes_find(making->causes, index, &samples[i], &finding, making->err);
        if (status == 0) {
            status = sj_bill_add(&bill, &finding, making->drill, making->err);
        }
    }
    if (status == 0 && count == 0 && (build->build.flags & SJ_BUILD_EXPIRED)) {
        add_expired(&bill, &build->build);
    } else if (status == 0) {
        keep(making, index, &bill);
    }
    if (status == 0) {
        add_up(making, index, &bill);
    }
    sj_bill_release(&bill);
    return status;
}

static int make_batch(struct making *making, const uint32_t *builds, size_t count)
{
    int status = sj_causes_load(making->causes, builds, count, making->err);
    for (size_t i = 0; i < count && status == 0; i++) {
        status = make_one(making, builds[i]);
    }
    return status;
}

static int make_missing(struct making *making, const uint32_t *builds, size_t count)
{
    int status = 0;
    const struct sj_bill_order *order = making->order;
    for (size_t i = 0; i < count && status == 0; i += BATCH) {
        if (order->is_over && order->is_over(order->user)) {
            return sj_fail_plain(making->err, -ECANCELED, "it is not wanted any more");
        }
        if (order->progress) {
            order->progress(i, count, order->user);
        }
        status = make_batch(making, builds + i, count - i < BATCH ? count - i : BATCH);
    }
    return status;
}

int sj_bill_make(const struct sj_bill_order *order, struct sj_bill *out, struct sj_err *err)
{
    const struct sj_view *view = order->view;
    SJ_AUTO(sj_auto_free) struct sj_key *prints = sj_calloc(view->build_count + 1, sizeof *prints);
    SJ_AUTO(sj_auto_free) uint32_t *missing = sj_calloc(view->build_count + 1, sizeof *missing);
    struct making making = {.order = order, .out = out, .prints = prints, .err = err};
    sj_bill_prints(view, order->is_drill, prints);
    size_t count = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        if (order->is_wanted[i] && !recall(&making, i)) {
            missing[count++] = (uint32_t)i;
        }
    }
    if (count == 0) {
        return 0;
    }
    making.causes = sj_causes_open(view, out->pool);
    if (order->is_drill && view->history) {
        making.drill = sj_drill_new(view->history, out->pool);
    }
    int status = make_missing(&making, missing, count);
    sj_drill_free(making.drill);
    sj_causes_close(making.causes);
    return status;
}
