// SPDX-License-Identifier: Apache-2.0
#include "analyze/budget.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

#define NONE       UINT32_MAX
#define FACTOR_MIN 5 // compiles that tell how fast a machine was

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/** A build's compiles of units that were known before. */
struct again {
    double *ratios; // what a compile cost, as a part of what the unit cost before
    size_t count;
    double before_ns;
    double now_ns;
    double new_ns;
};

// How fast the machine was, as a part of what it was before.
static double factor_of(struct again *again)
{
    if (again->count < FACTOR_MIN) {
        return 1.0;
    }
    qsort(again->ratios, again->count, sizeof *again->ratios, compare_doubles);
    return again->ratios[again->count / 2];
}

static void take_samples(const struct sj_view *view, uint32_t build, const struct sj_units *before,
                         struct again *again)
{
    const struct sj_sample *sample = view->samples + view->builds[build].first;
    const struct sj_sample *end = sample + view->builds[build].count;
    for (; sample < end; sample++) {
        if (sample->outcome != SJ_OUTCOME_MISS || sample->cpu_ns == 0) {
            continue;
        }
        const struct sj_unit_now *unit = sj_units_find(before, sample->unit);
        uint64_t cost_ns = unit ? sj_unit_cost(unit) : 0;
        if (cost_ns == 0) {
            again->new_ns += unit ? 0 : (double)sample->cpu_ns;
            continue;
        }
        again->ratios[again->count++] = (double)sample->cpu_ns / (double)cost_ns;
        again->before_ns += (double)cost_ns;
        again->now_ns += (double)sample->cpu_ns;
    }
}

// The latest build of a commit that has a reference; NONE: there is none.
static uint32_t build_of(const struct sj_view *view, uint32_t commit)
{
    uint32_t found = NONE;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        if (build->commit == commit && build->count > 0 && build->reference != NONE &&
            view->builds[build->reference].commit != commit &&
            (found == NONE || build->build.start_ns > view->builds[found].build.start_ns)) {
            found = (uint32_t)i;
        }
    }
    return found;
}

static double increase_of(const struct sj_view *view, uint32_t build, const struct sj_units *before)
{
    double all_ns = 0;
    for (size_t i = 0; i < before->count; i++) {
        all_ns += sj_unit_counts(&before->items[i]) ? (double)sj_unit_cost(&before->items[i]) : 0;
    }
    struct again again = {
        .ratios = sj_calloc(view->builds[build].count + 1, sizeof *again.ratios),
    };
    take_samples(view, build, before, &again);
    double factor = factor_of(&again);
    double more_ns = (again.now_ns + again.new_ns) / factor - again.before_ns;
    free(again.ratios);
    return all_ns > 0 ? more_ns / all_ns : 0;
}

int sj_measure(const struct sj_view *view, uint32_t commit, struct sj_measured *out)
{
    uint32_t build = commit == SJ_NO_COMMIT ? NONE : build_of(view, commit);
    if (build == NONE) {
        return -ENOENT;
    }
    SJ_AUTO(sj_track_release) struct sj_track track;
    int status = sj_track_make(view, build, 1, &track);
    if (status < 0) {
        return status;
    }
    if (track.count == 0) {
        return -ENOENT;
    }
    const struct sj_tracked *row = &track.builds[track.count - 1];
    SJ_AUTO(sj_track_release) struct sj_track before;
    status = sj_track_make(view, view->builds[build].reference, 0, &before);
    if (status < 0) {
        return status;
    }
    *out = (struct sj_measured){
        .build = build,
        .charge_ns = row->actual_ns,
        .units = row->actual,
        .increase = increase_of(view, build, &before.units),
    };
    return 0;
}

static struct sj_verdict judge_increase(const struct sj_budgets *budgets,
                                        const struct sj_forecast *forecast,
                                        const struct sj_measured *measured)
{
    double more_ns = (double)forecast->new_ns - (double)forecast->removed_ns;
    double share = forecast->all_ns > 0 ? more_ns / (double)forecast->all_ns : 0;
    struct sj_verdict verdict = {
        .unit = SJ_BUDGET_SHARE,
        .is_set = budgets->max_total_increase > 0,
        .is_measured = measured != NULL,
        .share = measured ? measured->increase : share,
        .share_limit = budgets->max_total_increase,
        .path = NONE,
    };
    verdict.is_over = verdict.is_set && verdict.share > verdict.share_limit;
    return verdict;
}

static struct sj_verdict judge_charge(const struct sj_budgets *budgets,
                                      const struct sj_forecast *forecast,
                                      const struct sj_measured *measured)
{
    struct sj_verdict verdict = {
        .unit = SJ_BUDGET_TIME,
        .is_set = budgets->max_charge_ns > 0,
        .is_measured = measured != NULL,
        .number = measured ? measured->charge_ns : forecast->cpu_ns[1],
        .limit = budgets->max_charge_ns,
        .path = NONE,
    };
    verdict.is_over = verdict.is_set && verdict.number > verdict.limit;
    return verdict;
}

// A unit's own source has a fan-out of one, so headers decide by themselves.
static struct sj_verdict judge_fan_out(const struct sj_budgets *budgets,
                                       const struct sj_forecast *forecast)
{
    struct sj_verdict verdict = {
        .unit = SJ_BUDGET_UNITS,
        .is_set = budgets->max_fan_out > 0,
        .limit = budgets->max_fan_out,
        .path = NONE,
    };
    for (size_t i = 0; i < forecast->path_count; i++) {
        if (forecast->paths[i].units > verdict.number) {
            verdict.number = forecast->paths[i].units;
            verdict.path = forecast->paths[i].change;
        }
    }
    verdict.is_over = verdict.is_set && verdict.number > verdict.limit;
    return verdict;
}

bool sj_budgets_judge(const struct sj_budgets *budgets, const struct sj_forecast *forecast,
                      const struct sj_measured *measured, struct sj_verdict out[SJ_BUDGET_COUNT])
{
    out[SJ_BUDGET_TOTAL_INCREASE] = judge_increase(budgets, forecast, measured);
    out[SJ_BUDGET_CHARGE] = judge_charge(budgets, forecast, measured);
    out[SJ_BUDGET_FAN_OUT] = judge_fan_out(budgets, forecast);
    bool is_good = true;
    for (size_t i = 0; i < SJ_BUDGET_COUNT; i++) {
        is_good = is_good && !out[i].is_over;
    }
    return is_good;
}
