// SPDX-License-Identifier: Apache-2.0
#include "analyze/pick.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/** A branch or job and its builds. */
struct choice {
    const char *name;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct choice *)a)->name, ((const struct choice *)b)->name);
}

// Names once each, with their counts; `count` becomes how many there are.
static void count_up(struct choice *choices, size_t *count)
{
    qsort(choices, *count, sizeof *choices, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && strcmp(choices[kept - 1].name, choices[i].name) == 0) {
            choices[kept - 1].count++;
        } else {
            choices[kept++] = (struct choice){choices[i].name, 1};
        }
    }
    *count = kept;
}

// The name with most builds; the preferred one, when it has half as many.
static const char *most(const struct choice *choices, size_t count, const char *prefer)
{
    struct choice best = {"", 0};
    for (size_t i = 0; i < count; i++) {
        best = choices[i].count > best.count ? choices[i] : best;
    }
    for (size_t i = 0; prefer && i < count; i++) {
        if (strcmp(choices[i].name, prefer) == 0 && choices[i].count * 2 >= best.count) {
            return choices[i].name;
        }
    }
    return best.name;
}

static bool is_pull(const struct sj_build *build)
{
    return *build->pull != '\0';
}

static bool is_of(const struct sj_build *build, const char *branch)
{
    return strcmp(branch, "*") == 0 || (!is_pull(build) && strcmp(build->branch, branch) == 0);
}

static const char *pick_branch(const struct sj_view *view, const struct sj_series_options *options)
{
    if (options->branch) {
        return options->branch;
    }
    size_t count = 0;
    SJ_AUTO(sj_auto_free)
    struct choice *choices = sj_calloc(view->build_count + 1, sizeof *choices);
    for (size_t i = 0; i < view->build_count; i++) {
        if (!view->is_context[i] && !is_pull(&view->builds[i].build)) {
            choices[count++].name = view->builds[i].build.branch;
        }
    }
    count_up(choices, &count);
    return most(choices, count, options->prefer);
}

static const char *pick_job(const struct sj_view *view, const struct sj_series_options *options,
                            const char *branch)
{
    if (options->job) {
        return options->job;
    }
    size_t count = 0;
    SJ_AUTO(sj_auto_free)
    struct choice *choices = sj_calloc(view->build_count + 1, sizeof *choices);
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_build *build = &view->builds[i].build;
        if (!view->is_context[i] && is_of(build, branch)) {
            choices[count++].name = build->job;
        }
    }
    count_up(choices, &count);
    return most(choices, count, NULL);
}

static uint64_t time_of(const struct sj_view *view, const struct sj_view_build *build)
{
    if (build->build.flags & SJ_BUILD_BACKFILL && view->history && build->commit != SJ_NO_COMMIT) {
        size_t count;
        int64_t time_s = sj_history_commits(view->history, &count)[build->commit].time_s;
        return time_s > 0 ? (uint64_t)time_s * SJ_NS_PER_S : 0;
    }
    return build->build.start_ns;
}

static int by_time(const void *a, const void *b)
{
    const struct sj_series_point *left = a;
    const struct sj_series_point *right = b;
    if (left->time_ns != right->time_ns) {
        return left->time_ns < right->time_ns ? -1 : 1;
    }
    return (left->build > right->build) - (left->build < right->build);
}

// Builds whose commit is not known have no place among those whose is. Where they are the most, all
// go by time.
static void order(struct sj_series *series)
{
    const struct sj_view_build *builds = series->view->builds;
    size_t placed = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        placed += builds[series->points[i].build].commit != SJ_NO_COMMIT;
    }
    if (placed * 2 < series->point_count) {
        qsort(series->points, series->point_count, sizeof *series->points, by_time);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < series->point_count; i++) {
        if (builds[series->points[i].build].commit != SJ_NO_COMMIT) {
            series->points[kept++] = series->points[i];
        }
    }
    series->unplaced = series->point_count - kept;
    series->point_count = kept;
}

void sj_series_pick(const struct sj_view *view, const struct sj_series_options *options,
                    struct sj_series *out)
{
    out->branch = pick_branch(view, options);
    out->job = pick_job(view, options, out->branch);
    out->points = sj_calloc(view->build_count + 1, sizeof *out->points);
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_build *build = &view->builds[i].build;
        if (view->is_context[i]) {
            continue;
        }
        if (!is_of(build, out->branch)) {
            out->pulls += is_pull(build);
            out->other_branches += !is_pull(build);
            continue;
        }
        if (strcmp(build->job, out->job) != 0) {
            out->other_jobs++;
            continue;
        }
        out->points[out->point_count++] = (struct sj_series_point){
            .build = i,
            .time_ns = time_of(view, &view->builds[i]),
        };
    }
    order(out);
}
