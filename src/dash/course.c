// SPDX-License-Identifier: Apache-2.0
#include "dash/course.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/narrow.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dash/cache.h"
#include "dash/course_piece.h"

#define PIECE       200 // points that steps are looked for in: SJ_STEP_WINDOW
#define STRIDE      100
#define MARGIN      50               // at each end of a piece steps are the neighbour's
#define SAMPLES_MAX UINT64_C(400000) // of other builds, which tell of machines

void sj_course_release(struct sj_course *course)
{
    if (course) {
        sj_series_release(&course->picked);
        free(course->cpu);
        free(course->steps);
        *course = (struct sj_course){0};
    }
}

/** Work under way. */
struct work {
    const struct sj_scope *scope;
    struct sj_series all; // all points of the branch and job, wanted or not
    double *cpu;          // of each of them
    struct sj_course_step *steps;
    size_t step_count;
    uint32_t *point_of; // by build of the view: its point and one
};

static const struct sj_build *build_at(const struct work *work, size_t point)
{
    return &work->scope->view.builds[work->all.points[point].build].build;
}

// Builds that a piece is worked out from: its points, and, as far as there is room, what was built
// at the same time, which tells of machines.
static void choose(const struct work *work, size_t from, size_t to, bool *is_in)
{
    const struct sj_view *view = &work->scope->view;
    uint64_t first_ns = UINT64_MAX;
    uint64_t last_ns = 0;
    for (size_t i = from; i < to; i++) {
        uint64_t start_ns = build_at(work, i)->start_ns;
        is_in[work->all.points[i].build] = true;
        first_ns = start_ns < first_ns ? start_ns : first_ns;
        last_ns = start_ns > last_ns ? start_ns : last_ns;
    }
    bool is_all = from == 0 && to == work->all.point_count;
    uint64_t samples = 0;
    for (size_t i = 0; i < view->build_count && samples < SAMPLES_MAX; i++) {
        const struct sj_build *build = &view->builds[i].build;
        bool is_near = is_all || (build->start_ns >= first_ns && build->start_ns <= last_ns);
        if (is_near && !is_in[i] && !work->point_of[i]) {
            is_in[i] = true;
            samples += build->count[SJ_OUTCOME_HIT] + build->count[SJ_OUTCOME_MISS];
        }
    }
}

static struct sj_key key_of(const struct work *work, const bool *is_in, size_t from, size_t to)
{
    const struct sj_view *view = &work->scope->view;
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_text(hasher, "course 2");
    const char *toolchain = work->scope->call->query->parameter[SJ_DASH_TOOLCHAIN];
    sj_hasher_text(hasher, view->project);
    sj_hasher_text(hasher, toolchain ? toolchain : "");
    for (size_t i = 0; i < view->build_count; i++) {
        if (is_in[i]) {
            const struct sj_build *build = &view->builds[i].build;
            uint64_t told[] = {build->number, build->start_ns, build->revision, build->flags,
                               view->builds[i].commit != SJ_NO_COMMIT};
            sj_hasher_field(hasher, told, sizeof told);
        }
    }
    for (size_t i = from; i < to; i++) {
        sj_hasher_field(hasher, &build_at(work, i)->number, sizeof build_at(work, i)->number);
    }
    uint64_t is_last = to == work->all.point_count;
    sj_hasher_field(hasher, &is_last, sizeof is_last);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return key;
}

void sj_course_tell(const struct sj_series *series, const struct sj_trend_step *from,
                    struct sj_course_step *out)
{
    const struct sj_view *view = series->view;
    *out = (struct sj_course_step){
        .build_before = view->builds[series->points[from->from].build].build.number,
        .build_after = view->builds[series->points[from->to].build].build.number,
        .before = from->before,
        .after = from->after,
        .change = from->change,
        .low = from->low,
        .high = from->high,
        .month_ns = from->month_ns,
        .is_certain = from->is_certain,
        .changed = from->changed,
        .added = from->added,
        .removed = from->removed,
        .commits = (uint32_t)from->commits,
    };
    for (size_t i = 0; i < from->unit_count && i < SJ_COURSE_UNITS; i++) {
        out->units[out->unit_count++] = from->units[i];
    }
    size_t count = 0;
    const struct sj_commit *commits =
        view->history ? sj_history_commits(view->history, &count) : NULL;
    for (size_t i = 0; i < from->candidate_count && i < SJ_COURSE_CANDIDATES; i++) {
        if (from->candidates[i].commit < count) {
            out->candidates[out->candidate_count++] = (struct sj_course_candidate){
                .commit = commits[from->candidates[i].commit].id,
                .share = from->candidates[i].share,
                .units = from->candidates[i].units,
            };
        }
    }
}

static const struct sj_series_line *cpu_line(const struct sj_series *series)
{
    for (size_t i = 0; i < series->line_count; i++) {
        if (series->lines[i].measure == SJ_MEASURE_CPU) {
            return &series->lines[i];
        }
    }
    return NULL;
}

// Takes the values of the points and the steps that are the piece's.
static void cut_piece(const struct work *work, size_t from, size_t to,
                      const struct sj_series *series, const struct sj_trend *trend,
                      struct sj_course_piece *out)
{
    out->count = to - from;
    out->values = sj_calloc(out->count + 1, sizeof *out->values);
    out->steps = sj_calloc(trend->step_count + 1, sizeof *out->steps);
    for (size_t i = 0; i < out->count; i++) {
        out->values[i] = NAN;
    }
    const struct sj_series_line *line = cpu_line(series);
    // Both lists are in the order of the commits, but the piece may have dropped some.
    size_t at = from;
    for (size_t i = 0; line && i < series->point_count; i++) {
        uint32_t number = series->view->builds[series->points[i].build].build.number;
        while (at < to && build_at(work, at)->number != number) {
            at++;
        }
        if (at < to) {
            out->values[at - from] = line->values[i];
        }
    }
    bool is_last = to == work->all.point_count;
    for (size_t i = 0; line && i < trend->step_count; i++) {
        const struct sj_trend_step *step = &trend->steps[i];
        bool is_own = (from == 0 || step->to >= MARGIN) && (is_last || step->to < PIECE - MARGIN);
        if (&series->lines[step->line] == line && is_own) {
            sj_course_tell(series, step, &out->steps[out->step_count++]);
        }
    }
}

static int make_piece(const struct work *work, const bool *is_in, size_t from, size_t to,
                      struct sj_course_piece *out, struct sj_err *err)
{
    struct sj_view part = {0};
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    int status = sj_view_narrow(&work->scope->view, is_in, outcomes, &part, err);
    if (status < 0) {
        return status;
    }
    sj_dash_keep_toolchain(work->scope->call, &part);
    const struct sj_series_options options = {.branch = work->all.branch, .job = work->all.job};
    struct sj_costs costs = {0};
    struct sj_series series = {0};
    struct sj_trend trend = {0};
    sj_costs_find(&part, &costs);
    sj_series_find(&part, &costs, &options, &series);
    if (series.point_count > 0) {
        sj_trend_find(&series, &trend);
    }
    cut_piece(work, from, to, &series, &trend, out);
    sj_trend_release(&trend);
    sj_series_release(&series);
    sj_costs_release(&costs);
    sj_view_release(&part);
    return 0;
}

static int by_number(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

// Each piece has a usual machine of its own: the builds in common tell how theirs compare.
static double ratio_of(const double *old, const double *new, size_t count)
{
    SJ_AUTO(sj_auto_free) double *ratios = sj_calloc(count + 1, sizeof *ratios);
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (old[i] > 0 && new[i] > 0) {
            ratios[known++] = new[i] / old[i];
        }
    }
    if (known == 0) {
        return 1;
    }
    qsort(ratios, known, sizeof *ratios, by_number);
    return ratios[known / 2];
}

static void take_piece(struct work *work, size_t from, const struct sj_course_piece *piece)
{
    // What is not known yet stands before what is.
    bool is_last = from + piece->count == work->all.point_count;
    size_t own = is_last ? piece->count : STRIDE;
    double ratio =
        is_last ? 1 : ratio_of(piece->values + own, work->cpu + from + own, piece->count - own);
    for (size_t i = 0; i < own; i++) {
        work->cpu[from + i] = piece->values[i] * ratio;
    }
    work->steps =
        sj_realloc(work->steps, work->step_count + piece->step_count + 1, sizeof *work->steps);
    // Earlier ones go before the later ones that are there.
    memmove(work->steps + piece->step_count, work->steps, work->step_count * sizeof *work->steps);
    memcpy(work->steps, piece->steps, piece->step_count * sizeof *work->steps);
    for (size_t i = 0; i < piece->step_count; i++) {
        work->steps[i].before *= ratio;
        work->steps[i].after *= ratio;
    }
    work->step_count += piece->step_count;
}

static bool recall(struct sj_dash_cache *cache, const struct sj_key *key, size_t count,
                   struct sj_course_piece *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    return sj_dash_cache_get(cache, key, &bytes) &&
           sj_course_piece_decode(bytes.data, bytes.len, count, out) == 0;
}

static int find_piece(struct work *work, size_t from, size_t to, struct sj_err *err)
{
    struct sj_dash_cache *cache = work->scope->call->site->cache;
    SJ_AUTO(sj_auto_free)
    bool *is_in = sj_calloc(work->scope->view.build_count + 1, sizeof *is_in);
    choose(work, from, to, is_in);
    struct sj_key key = key_of(work, is_in, from, to);
    SJ_AUTO(sj_course_piece_release) struct sj_course_piece piece = {0};
    if (!recall(cache, &key, to - from, &piece)) {
        int status = make_piece(work, is_in, from, to, &piece, err);
        if (status < 0) {
            return status;
        }
        SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_course_piece_encode(&piece, &bytes);
        sj_dash_cache_put(cache, &key, bytes.data, bytes.len);
    }
    take_piece(work, from, &piece);
    return 0;
}

// Pieces begin at multiples of the stride, so that those of long ago stay as they are.
static int find_pieces(struct work *work, size_t oldest, size_t *first, struct sj_err *err)
{
    size_t count = work->all.point_count;
    size_t from = count > PIECE ? (count - STRIDE - 1) / STRIDE * STRIDE : 0;
    uint64_t begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
    size_t to = count;
    for (;;) {
        int status = find_piece(work, from, to, err);
        if (status < 0) {
            return status;
        }
        *first = from;
        bool is_late = sj_dash_is_late(work->scope->call->site, begin_ns);
        if (from == 0 || from <= oldest || is_late) {
            return 0;
        }
        from -= STRIDE;
        to = from + PIECE;
    }
}

// Of all points, those that are wanted, and of all steps, those between them.
static void take_wanted(struct work *work, size_t first, struct sj_course *out)
{
    struct sj_series *picked = &out->picked;
    out->cpu = sj_calloc(picked->point_count + 1, sizeof *out->cpu);
    for (size_t i = 0; i < picked->point_count; i++) {
        uint32_t point = work->point_of[picked->points[i].build];
        out->cpu[i] = point > first ? work->cpu[point - 1] : NAN;
        if (point > 0 && point <= first) {
            out->first = i + 1;
        }
    }
    for (size_t i = 0; i < work->step_count; i++) {
        for (size_t j = 0; j < picked->point_count; j++) {
            const struct sj_view_build *build = &work->scope->view.builds[picked->points[j].build];
            if (build->build.number == work->steps[i].build_after) {
                work->steps[out->step_count++] = work->steps[i];
                break;
            }
        }
    }
    out->steps = work->steps;
    work->steps = NULL;
}

static size_t oldest_of(const struct work *work, const struct sj_series *picked)
{
    for (size_t i = 0; i < picked->point_count; i++) {
        if (work->point_of[picked->points[i].build]) {
            return work->point_of[picked->points[i].build] - 1;
        }
    }
    return 0;
}

int sj_course_find(const struct sj_scope *scope, struct sj_course *out, struct sj_err *err)
{
    *out = (struct sj_course){0};
    sj_scope_pick(scope, &out->picked);
    if (out->picked.point_count == 0) {
        return 0;
    }
    struct work work = {.scope = scope};
    const struct sj_series_options options = {.branch = out->picked.branch, .job = out->picked.job};
    work.all.view = &scope->view;
    sj_series_pick(&scope->view, &options, &work.all);
    work.cpu = sj_calloc(work.all.point_count + 1, sizeof *work.cpu);
    work.point_of = sj_calloc(scope->view.build_count + 1, sizeof *work.point_of);
    for (size_t i = 0; i < work.all.point_count; i++) {
        work.point_of[work.all.points[i].build] = (uint32_t)i + 1;
        work.cpu[i] = NAN;
    }
    size_t first = 0;
    int status = work.all.point_count > 0
                     ? find_pieces(&work, oldest_of(&work, &out->picked), &first, err)
                     : 0;
    if (status == 0) {
        take_wanted(&work, first, out);
    }
    sj_series_release(&work.all);
    free(work.cpu);
    free(work.point_of);
    free(work.steps);
    if (status < 0) {
        sj_course_release(out);
    }
    return status;
}
