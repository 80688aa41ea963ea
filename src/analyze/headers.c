// SPDX-License-Identifier: Apache-2.0
#include "analyze/headers.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/rate.h"
#include "base/mem.h"

void sj_headers_release(struct sj_headers *headers)
{
    if (headers) {
        sj_units_release(&headers->units);
        sj_fanout_release(&headers->fanout);
        sj_replay_release(&headers->replay);
        free(headers->rows);
        *headers = (struct sj_headers){0};
    }
}

static int compare_rows(const void *left, const void *right)
{
    const struct sj_header *a = left;
    const struct sj_header *b = right;
    if (a->month_ns != b->month_ns) {
        return a->month_ns > b->month_ns ? -1 : 1;
    }
    return a->file < b->file ? -1 : a->file > b->file;
}

static double usual_share(const struct sj_replay *replay, size_t count)
{
    double naive_ns = 0;
    double share_ns = 0;
    for (size_t i = 0; i < count; i++) {
        naive_ns += replay->files[i].naive_ns;
        share_ns += replay->files[i].share_ns;
    }
    return naive_ns > 0 ? share_ns / naive_ns : 1.0;
}

static void make_rows(struct sj_headers *headers)
{
    size_t count = headers->fanout.file_count;
    const struct sj_replay *replay = &headers->replay;
    SJ_AUTO(sj_auto_free) double *faded = sj_calloc(count + 1, sizeof *faded);
    size_t tracked = 0;
    for (size_t i = 0; i < count; i++) {
        if (!headers->fanout.files[i].is_generated) {
            faded[tracked++] = replay->files[i].faded;
        }
    }
    double span = sj_rate_span(replay->days);
    struct sj_rate_prior prior = sj_rate_learn(faded, tracked, span);
    headers->usual_share = usual_share(replay, count);
    headers->rows = sj_calloc(count + 1, sizeof *headers->rows);
    for (size_t i = 0; i < count; i++) {
        const struct sj_fanout_file *file = &headers->fanout.files[i];
        const struct sj_replay_file *past = &replay->files[i];
        struct sj_header *row = &headers->rows[headers->count++];
        bool has_past = past->naive_ns > 0;
        row->file = (uint32_t)i;
        row->share = has_past ? past->share_ns / past->naive_ns : headers->usual_share;
        if (file->is_generated) {
            continue; // its changes are those of what it is made from
        }
        row->per_month = sj_rate_expected(&prior, past->faded, span);
        row->month_ns = row->per_month * row->share * (double)file->cpu_ns;
        row->alone_month_ns =
            has_past ? row->month_ns * (past->alone_ns / past->share_ns) : row->month_ns;
        headers->month_ns += row->month_ns;
    }
    qsort(headers->rows, headers->count, sizeof *headers->rows, compare_rows);
}

int sj_headers_make(const struct sj_view *view, uint32_t commit, double days,
                    struct sj_headers *out, struct sj_err *err)
{
    *out = (struct sj_headers){.commit = SJ_NO_COMMIT};
    out->tip = sj_units_tip(view, commit);
    if (out->tip == UINT32_MAX) {
        return sj_fail_plain(err, -ENOENT, "there is no build whose records are still there");
    }
    out->commit = commit != SJ_NO_COMMIT ? commit : view->builds[out->tip].commit;
    SJ_AUTO(sj_auto_free) uint32_t *chain = NULL;
    size_t count = sj_chain_of(view, out->tip, &chain);
    for (size_t i = 0; i < count; i++) {
        sj_units_apply(&out->units, view, chain[i]);
    }
    out->gone = sj_units_drop_gone(&out->units, view, out->commit);
    int status = sj_fanout_make(view, &out->units, &out->fanout);
    if (status < 0) {
        sj_headers_release(out);
        return sj_fail(err, status, "cannot read the inputs of the units");
    }
    sj_replay_make(view->history, out->commit, days, &out->fanout, &out->replay);
    make_rows(out);
    return 0;
}

// The newest commit on the way back from a place that is so old.
static uint32_t place_before(const struct sj_history *history, uint32_t place, double ago)
{
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    double limit_s = (double)commits[place].time_s - ago * 86400.0;
    while (place != SJ_NO_COMMIT && (double)commits[place].time_s > limit_s) {
        place = commits[place].parent;
    }
    return place;
}

int sj_headers_earlier(const struct sj_view *view, const struct sj_headers *headers, double days,
                       double ago, double *out)
{
    if (!view->history || headers->commit == SJ_NO_COMMIT) {
        return -ENOENT;
    }
    uint32_t place = place_before(view->history, headers->commit, ago);
    if (place == SJ_NO_COMMIT) {
        return -ENOENT;
    }
    struct sj_headers then = {.fanout = headers->fanout, .commit = place};
    sj_replay_make(view->history, place, days, &headers->fanout, &then.replay);
    // A rate of a few days says nothing yet.
    bool is_long = then.replay.days >= SJ_RATE_MONTH_DAYS;
    if (is_long) {
        make_rows(&then);
    }
    for (size_t i = 0; i < then.count; i++) {
        out[then.rows[i].file] = then.rows[i].month_ns;
    }
    sj_replay_release(&then.replay);
    free(then.rows);
    return is_long ? 0 : -ENOENT;
}
