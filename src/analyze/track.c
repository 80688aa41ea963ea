// SPDX-License-Identifier: Apache-2.0
#include "analyze/track.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// What a build that was never predicted may come to; measured on hosts that others use, too.
static const struct sj_spread guessed_cpu = {0.85, 1.0, 1.2};
static const struct sj_spread guessed_wall = {0.6, 1.0, 1.8};

#define MANY 30

/** What is needed on the way only. */
struct work {
    const struct sj_view *view;
    struct sj_track *out;
    struct sj_sieve sieve;
    struct sj_changes *changes; // before each build of the chain; only of those that are judged.
                                // The track's
    struct sj_match *matches;   // the same, looked up
    uint32_t *chain;
    size_t chain_count;
    size_t from; // first build of the chain that is judged
    double *cpu_ratios;
    double *wall_ratios;
    size_t ratio_count;
    double error_sum;
    size_t error_count;
    size_t covered;
    size_t predicted;
    size_t actual;
    size_t both;
};

/** One build being judged. */
struct judged {
    struct sj_prediction prediction;
    struct sj_numbers predicted; // units
    struct sj_numbers sources;   // texts of new units' sources
    struct sj_tracked row;
    uint64_t first_ns;
    uint64_t last_ns;
};

void sj_track_release(struct sj_track *track)
{
    if (track) {
        sj_units_release(&track->units);
        sj_learned_release(&track->learned);
        for (size_t i = 0; i < track->change_count; i++) {
            sj_changes_release(&track->changes[i]);
        }
        free(track->changes);
        free(track->builds);
        *track = (struct sj_track){0};
    }
}

uint64_t sj_spread_of(const struct sj_spread *spread, uint64_t value, int which)
{
    double factor = which == 0 ? spread->low : which == 1 ? spread->middle : spread->high;
    double result = factor * (double)value;
    return result < 1e19 ? (uint64_t)result : UINT64_MAX;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

// Quantiles between the ranks, as the median of an even number of values is.
static double quantile(const double *sorted, size_t count, double share)
{
    double rank = share * (double)(count - 1);
    size_t below = (size_t)rank;
    size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (sorted[above] - sorted[below]) * (rank - (double)below);
}

static struct sj_spread spread_of(const double *ratios, size_t count, struct sj_spread guessed)
{
    if (count < SJ_TRACK_ENOUGH) {
        return guessed;
    }
    SJ_AUTO(sj_auto_free) double *sorted = sj_calloc(count + 2, sizeof *sorted);
    memcpy(sorted, ratios, count * sizeof *sorted);
    // The few that were seen lie closer together than those that will come: the guess counts as two
    // more until there are many.
    if (count < MANY) {
        sorted[count++] = guessed.low;
        sorted[count++] = guessed.high;
    }
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    return (struct sj_spread){quantile(sorted, count, 0.1), quantile(sorted, count, 0.5),
                              quantile(sorted, count, 0.9)};
}

// Whether a build says something of what its commits set off.
static bool is_judged(const struct sj_view *view, uint32_t build)
{
    const struct sj_view_build *here = &view->builds[build];
    if (here->reference == UINT32_MAX || here->commit == SJ_NO_COMMIT || here->count == 0 ||
        here->build.flags & SJ_BUILD_DIRTY || here->build.exit_status != 0) {
        return false;
    }
    uint32_t before = view->builds[here->reference].commit;
    return before != SJ_NO_COMMIT && before != here->commit && view->history &&
           sj_history_is_ancestor(view->history, before, here->commit);
}

static void find_changes(struct work *work)
{
    const struct sj_view *view = work->view;
    work->changes = sj_calloc(work->chain_count + 1, sizeof *work->changes);
    work->matches = sj_calloc(work->chain_count + 1, sizeof *work->matches);
    work->out->changes = work->changes;
    work->out->change_count = work->chain_count;
    for (size_t i = work->from; i < work->chain_count; i++) {
        work->changes[i] = SJ_CHANGES_NONE;
        const struct sj_view_build *build = &view->builds[work->chain[i]];
        if (is_judged(view, work->chain[i])) {
            (void)sj_changes_between(view->history, view->builds[build->reference].commit,
                                     build->commit, &work->changes[i]);
        }
        sj_match_make(view->db, &work->changes[i], &work->matches[i]);
        sj_sieve_want(&work->sieve, &work->matches[i]);
    }
}

static const struct sj_oid *commit_id(const struct sj_view *view, uint32_t build)
{
    size_t count;
    return &sj_history_commits(view->history, &count)[view->builds[build].commit].id;
}

static int predict(struct work *work, size_t at, struct judged *judged)
{
    const struct sj_view *view = work->view;
    uint32_t build = work->chain[at];
    SJ_AUTO(sj_buf_release) struct sj_buf scope = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    enum sj_flags_change flags = sj_flags_change(
        view->repo, commit_id(view, view->builds[build].reference), commit_id(view, build),
        &work->changes[at], view->builds[build].build.system, &scope);
    const struct sj_outlook outlook = {
        .db = view->db,
        .units = &work->out->units,
        .changes = &work->changes[at],
        .match = &work->matches[at],
        .sieve = &work->sieve,
        .learned = &work->out->learned,
        .flags_scope = flags == SJ_FLAGS_SAME ? NULL : sj_buf_text(&scope),
    };
    int status = sj_predict(&outlook, &judged->prediction);
    for (size_t i = 0; status == 0 && i < judged->prediction.count; i++) {
        const struct sj_expected *expected = &judged->prediction.items[i];
        if (expected->unit) {
            sj_numbers_add(&judged->predicted, expected->unit);
        } else {
            uint32_t text =
                sj_db_text_find(view->db, sj_changed_path(&work->changes[at], expected->change));
            sj_numbers_add(&judged->sources, text);
        }
    }
    return status;
}

static bool has_changed(const struct sj_unit_now *unit, const struct sj_sample *sample)
{
    if (!unit) {
        return true;
    }
    if (sample->state && unit->state) {
        // A state goes with a strong key, which holds how the unit is compiled as well.
        return sample->state != unit->state;
    }
    return sample->outcome == SJ_OUTCOME_MISS;
}

// What one sample says: whether its unit had changed, and whether that was expected.
static void judge_sample(struct work *work, struct judged *judged, const struct sj_sample *sample)
{
    const struct sj_unit_now *unit = sj_units_find(&work->out->units, sample->unit);
    if (unit && (unit->is_mixed || !sj_unit_counts(unit))) {
        return;
    }
    if (!has_changed(unit, sample)) {
        work->out->redundant += sample->outcome == SJ_OUTCOME_MISS;
        return;
    }
    struct sj_unit known;
    struct sj_db *db = work->view->db;
    bool is_expected = sj_numbers_has(&judged->predicted, sample->unit);
    if (!unit && sj_db_unit(db, sample->unit, &known) == 0) {
        if (sj_unit_is_scratch(sj_db_text(db, known.name))) {
            return;
        }
        is_expected = known.source && sj_numbers_has(&judged->sources, known.source);
    }
    struct sj_tracked *row = &judged->row;
    row->actual++;
    row->both += is_expected;
    row->actual_ns += sample->outcome == SJ_OUTCOME_HIT ? sample->saved_ns : sample->cpu_ns;
    uint64_t end_ns = sample->start_ns + sample->wall_ns;
    judged->first_ns = sample->start_ns < judged->first_ns ? sample->start_ns : judged->first_ns;
    judged->last_ns = end_ns > judged->last_ns ? end_ns : judged->last_ns;
    struct sj_sifted before;
    struct sj_sifted after;
    if (unit && sj_sieve_get(&work->sieve, unit->state, &before) == 0 &&
        sj_sieve_get(&work->sieve, sample->state, &after) == 0) {
        sj_learn_unit(&work->out->learned, &work->sieve, before, after);
    }
}

// The last sample of each unit counts; units that one build compiles several ways do not.
static void judge_samples(struct work *work, struct judged *judged, uint32_t build)
{
    const struct sj_sample *sample = work->view->samples + work->view->builds[build].first;
    const struct sj_sample *end = sample + work->view->builds[build].count;
    while (sample < end) {
        const struct sj_sample *last = NULL;
        bool is_mixed = false;
        uint32_t unit = sample->unit;
        for (; sample < end && sample->unit == unit; sample++) {
            if (sample->outcome == SJ_OUTCOME_HIT || sample->outcome == SJ_OUTCOME_MISS) {
                is_mixed = is_mixed || (last && last->state != sample->state);
                last = sample;
            }
        }
        if (last && unit && !is_mixed) {
            judge_sample(work, judged, last);
        }
    }
}

static void note_ratios(struct work *work, const struct sj_tracked *row)
{
    if (row->actual_ns > 0) {
        work->error_sum +=
            fabs((double)row->predicted_ns - (double)row->actual_ns) / (double)row->actual_ns;
        work->error_count++;
    }
    if (row->actual_ns > 0 && row->predicted_ns > 0) {
        work->cpu_ratios[work->ratio_count] = (double)row->actual_ns / (double)row->predicted_ns;
        work->wall_ratios[work->ratio_count] =
            row->predicted_wall_ns > 0
                ? (double)row->actual_wall_ns / (double)row->predicted_wall_ns
                : 1.0;
        work->ratio_count++;
    }
}

static void add_row(struct work *work, struct judged *judged, uint32_t build)
{
    struct sj_tracked *row = &judged->row;
    unsigned cpus = work->view->builds[build].build.cpus;
    row->build = build;
    row->predicted = judged->prediction.count;
    row->predicted_ns = judged->prediction.cpu_ns;
    row->predicted_wall_ns = sj_prediction_wall(&judged->prediction, cpus);
    row->actual_wall_ns = row->actual > 0 && judged->last_ns > judged->first_ns
                              ? judged->last_ns - judged->first_ns
                              : 0;
    if (row->actual == 0 && row->predicted == 0) {
        work->out->builds[work->out->count++] = *row;
        return;
    }
    if (work->ratio_count >= SJ_TRACK_ENOUGH && row->predicted_ns > 0) {
        struct sj_spread spread = spread_of(work->cpu_ratios, work->ratio_count, guessed_cpu);
        row->has_interval = true;
        row->is_covered = row->actual_ns >= sj_spread_of(&spread, row->predicted_ns, 0) &&
                          row->actual_ns <= sj_spread_of(&spread, row->predicted_ns, 2);
        work->out->intervals++;
        work->covered += row->is_covered;
    }
    note_ratios(work, row);
    work->predicted += row->predicted;
    work->actual += row->actual;
    work->both += row->both;
    work->out->judged++;
    work->out->exact += row->both == row->predicted && row->both == row->actual;
    work->out->builds[work->out->count++] = *row;
}

static int judge(struct work *work, size_t at)
{
    uint32_t build = work->chain[at];
    if (!is_judged(work->view, build)) {
        work->out->skipped++;
        return 0;
    }
    struct judged judged = {.first_ns = UINT64_MAX};
    int status = predict(work, at, &judged);
    if (status == 0) {
        sj_numbers_join(&work->out->learned.generated, &work->sieve.generated);
        sj_learn_begin(&work->out->learned, &work->changes[at]);
        judge_samples(work, &judged, build);
        add_row(work, &judged, build);
    }
    sj_prediction_release(&judged.prediction);
    sj_numbers_release(&judged.predicted);
    sj_numbers_release(&judged.sources);
    return status;
}

static void sum_up(struct work *work)
{
    struct sj_track *out = work->out;
    out->precision = work->predicted > 0 ? (double)work->both / (double)work->predicted : 1.0;
    out->recall = work->actual > 0 ? (double)work->both / (double)work->actual : 1.0;
    out->error = work->error_count > 0 ? work->error_sum / (double)work->error_count : 0;
    out->coverage = out->intervals > 0 ? (double)work->covered / (double)out->intervals : 0;
    out->cpu = spread_of(work->cpu_ratios, work->ratio_count, guessed_cpu);
    out->wall = spread_of(work->wall_ratios, work->ratio_count, guessed_wall);
    out->is_spread_known = work->ratio_count >= SJ_TRACK_ENOUGH;
}

int sj_track_make(const struct sj_view *view, uint32_t tip, size_t last, struct sj_track *out)
{
    *out = (struct sj_track){0};
    struct work work = {.view = view, .out = out, .sieve = {.db = view->db}};
    work.chain_count = sj_chain_of(view, tip, &work.chain);
    // Of the first build nothing can be said: there is none before it.
    work.from = work.chain_count > last + 1 ? work.chain_count - last : 1;
    out->builds = sj_calloc(work.chain_count + 1, sizeof *out->builds);
    work.cpu_ratios = sj_calloc(work.chain_count + 1, sizeof *work.cpu_ratios);
    work.wall_ratios = sj_calloc(work.chain_count + 1, sizeof *work.wall_ratios);
    find_changes(&work);
    int status = 0;
    for (size_t i = 0; i < work.chain_count && status == 0; i++) {
        if (i >= work.from) {
            status = judge(&work, i);
        }
        sj_units_apply(&out->units, view, work.chain[i]);
        if (i >= work.from) {
            (void)sj_units_drop_gone(&out->units, view, view->builds[work.chain[i]].commit);
        }
    }
    sum_up(&work);
    for (size_t i = work.from; i < work.chain_count; i++) {
        sj_match_release(&work.matches[i]);
    }
    free(work.matches);
    free(work.chain);
    free(work.cpu_ratios);
    free(work.wall_ratios);
    sj_sieve_release(&work.sieve);
    if (status < 0) {
        sj_track_release(out);
    }
    return status;
}
