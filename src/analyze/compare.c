// SPDX-License-Identifier: Apache-2.0
#include "analyze/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/noise.h"
#include "analyze/roster.h"
#include "base/mem.h"

#define MEDIAN_ERROR 1.2533

// Chances that a star stands for.
static const double star_chances[] = {0.05, 0.01, 0.001};

const char *sj_compare_name(enum sj_compare_why why)
{
    static const char *const names[] = {
        [SJ_COMPARE_SAME] = "same",       [SJ_COMPARE_INPUTS] = "inputs",
        [SJ_COMPARE_CONFIG] = "config",   [SJ_COMPARE_UNKNOWN] = "unknown",
        [SJ_COMPARE_ADDED] = "added",     [SJ_COMPARE_REMOVED] = "removed",
        [SJ_COMPARE_UNNAMED] = "unnamed",
    };
    return names[why];
}

void sj_compare_release(struct sj_compare *compare)
{
    if (compare) {
        free(compare->rows);
        *compare = (struct sj_compare){0};
    }
}

/** What compares. */
struct work {
    const struct sj_view *view;
    const struct sj_costs *costs;
    struct sj_compare *out;
    double *by_build;    // CPU that each build's measurements put into the total's change
    double variance;     // of the total's change, from compiles alone
    double *differences; // of units whose key differs
    size_t difference_count;
    bool is_a_whole;
    bool is_b_whole;
};

static uint32_t key_of(const struct work *work, const struct sj_sample *sample)
{
    return work->costs->key_of[sample - work->view->samples];
}

// Of a sample that has a key.
static const struct sj_cost_key *cost_of(const struct work *work, const struct sj_sample *sample)
{
    uint32_t key = key_of(work, sample);
    assert(key != SJ_NO_KEY);
    return &work->costs->keys[key];
}

static double compiles_of(const struct sj_cost_key *key)
{
    return key->compiles > 0 ? key->compiles : 1;
}

static size_t build_of(const struct work *work, const struct sj_cost_key *key)
{
    return key->compiles > 0 ? key->build : work->view->build_count;
}

static double machine_error(const struct work *work, size_t build)
{
    return build < work->view->build_count ? work->costs->machines[build].error
                                           : work->costs->spread;
}

// Error of the difference of two costs' logarithms. What one build measured shares its machine.
static double pair_error(const struct work *work, const struct sj_cost_key *a,
                         const struct sj_cost_key *b)
{
    double sigma = MEDIAN_ERROR * work->costs->sigma;
    double variance = sigma * sigma * (1 / compiles_of(a) + 1 / compiles_of(b));
    size_t build_a = build_of(work, a);
    size_t build_b = build_of(work, b);
    if (build_a != build_b || build_a == work->view->build_count) {
        variance += pow(machine_error(work, build_a), 2) + pow(machine_error(work, build_b), 2);
    }
    return sqrt(variance);
}

static void weigh(struct work *work, const struct sj_cost_key *key, double sign)
{
    double noise = MEDIAN_ERROR * work->costs->sigma * key->cost_ns;
    work->variance += noise * noise / compiles_of(key);
    work->by_build[build_of(work, key)] += sign * key->cost_ns;
}

static int compare_inputs(const struct sj_input *a, const struct sj_input *b)
{
    if (a->path != b->path) {
        return a->path < b->path ? -1 : 1;
    }
    return (a->need > b->need) - (a->need < b->need);
}

// Both lists are sorted by path, then need.
static bool diff_inputs(const struct work *work, struct sj_compare_row *row)
{
    const struct sj_input *a;
    const struct sj_input *b;
    size_t a_count;
    size_t b_count;
    struct sj_db *db = work->view->db;
    if (!db || !row->a->state || !row->b->state ||
        sj_db_inputs(db, row->a->state, &a, &a_count) < 0 ||
        sj_db_inputs(db, row->b->state, &b, &b_count) < 0) {
        return false;
    }
    size_t i = 0;
    size_t j = 0;
    while (i < a_count || j < b_count) {
        int order = i == a_count ? 1 : j == b_count ? -1 : compare_inputs(&a[i], &b[j]);
        row->inputs_removed += order < 0;
        row->inputs_added += order > 0;
        row->inputs_changed += order == 0 && a[i].content != b[j].content;
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

static void compare_both(struct work *work, struct sj_compare_row *row)
{
    const struct sj_cost_key *a = cost_of(work, row->a);
    const struct sj_cost_key *b = cost_of(work, row->b);
    row->cost_a = a->cost_ns;
    row->cost_b = b->cost_ns;
    row->has_bytes = row->a->input_bytes > 0 && row->b->input_bytes > 0;
    if (row->has_bytes) {
        row->input_bytes = (int64_t)(row->b->input_bytes - row->a->input_bytes);
        row->output_bytes = (int64_t)(row->b->output_bytes - row->a->output_bytes);
    }
    if (a == b) {
        row->why = SJ_COMPARE_SAME;
        return;
    }
    bool is_known = diff_inputs(work, row);
    row->why = row->a->config != row->b->config ? SJ_COMPARE_CONFIG
               : is_known                       ? SJ_COMPARE_INPUTS
                                                : SJ_COMPARE_UNKNOWN;
    if (row->cost_a <= 0 || row->cost_b <= 0) {
        return;
    }
    double difference = log(row->cost_b / row->cost_a);
    work->differences[work->difference_count++] = difference;
    row->z = difference / pair_error(work, a, b);
    double chance = sj_noise_chance(row->z);
    while (row->stars < 3 && chance < star_chances[row->stars]) {
        row->stars++;
    }
    weigh(work, a, -1);
    weigh(work, b, 1);
}

static void compare_one(struct work *work, struct sj_compare_row *row)
{
    const struct sj_cost_key *only = cost_of(work, row->a ? row->a : row->b);
    if (row->a) {
        row->cost_a = only->cost_ns;
        row->why = work->is_b_whole ? SJ_COMPARE_REMOVED : SJ_COMPARE_UNNAMED;
    } else {
        row->cost_b = only->cost_ns;
        row->why = work->is_a_whole ? SJ_COMPARE_ADDED : SJ_COMPARE_UNNAMED;
    }
    if (row->why == SJ_COMPARE_UNNAMED) {
        // It is there all the same, and costs what it did.
        row->cost_a = only->cost_ns;
        row->cost_b = only->cost_ns;
        return;
    }
    weigh(work, only, row->a ? -1 : 1);
}

static void count_row(struct sj_compare *out, const struct sj_compare_row *row)
{
    out->same += row->why == SJ_COMPARE_SAME;
    out->added += row->why == SJ_COMPARE_ADDED;
    out->removed += row->why == SJ_COMPARE_REMOVED;
    out->unnamed += row->why == SJ_COMPARE_UNNAMED;
    out->dearer += row->stars > 0 && row->z > 0;
    out->cheaper += row->stars > 0 && row->z < 0;
    out->total_a += row->cost_a;
    out->total_b += row->cost_b;
}

static int largest_first(const void *a, const void *b)
{
    const struct sj_compare_row *left = a;
    const struct sj_compare_row *right = b;
    double left_size = fabs(left->cost_b - left->cost_a);
    double right_size = fabs(right->cost_b - right->cost_a);
    if (left_size != right_size) {
        return left_size < right_size ? 1 : -1;
    }
    return (left->unit > right->unit) - (left->unit < right->unit);
}

// The unit's last sample that has a key; steps behind the unit.
static const struct sj_sample *next(const struct work *work, size_t *at, size_t end)
{
    const struct sj_sample *samples = work->view->samples;
    const struct sj_sample *found = NULL;
    uint32_t unit = samples[*at].unit;
    for (; *at < end && samples[*at].unit == unit; (*at)++) {
        found = key_of(work, &samples[*at]) == SJ_NO_KEY ? found : &samples[*at];
    }
    return found;
}

static void pair_up(struct work *work)
{
    const struct sj_view_build *a = &work->view->builds[work->out->a];
    const struct sj_view_build *b = &work->view->builds[work->out->b];
    const struct sj_sample *samples = work->view->samples;
    size_t i = a->first;
    size_t j = b->first;
    size_t a_end = i + a->count;
    size_t b_end = j + b->count;
    while (i < a_end || j < b_end) {
        uint32_t left = i < a_end ? samples[i].unit : UINT32_MAX;
        uint32_t right = j < b_end ? samples[j].unit : UINT32_MAX;
        struct sj_compare_row row = {.unit = left < right ? left : right};
        row.a = left <= right ? next(work, &i, a_end) : NULL;
        row.b = right <= left ? next(work, &j, b_end) : NULL;
        if (row.a && row.b) {
            compare_both(work, &row);
        } else if (row.a || row.b) {
            compare_one(work, &row);
        } else {
            continue;
        }
        count_row(work->out, &row);
        work->out->rows[work->out->count++] = row;
    }
}

static bool is_whole_after(const struct work *work, size_t before, size_t build)
{
    SJ_AUTO(sj_roster_release) struct sj_roster roster;
    sj_roster_init(&roster, work->view, work->costs);
    (void)sj_roster_take(&roster, before);
    return sj_roster_take(&roster, build).is_whole;
}

static void judge(struct work *work)
{
    struct sj_compare *out = work->out;
    for (size_t i = 0; i <= work->view->build_count; i++) {
        work->variance += pow(work->by_build[i] * machine_error(work, i), 2);
    }
    double change = out->total_b - out->total_a;
    out->chance = work->variance > 0 ? sj_noise_chance(change / sqrt(work->variance)) : 1;
    double error_a = machine_error(work, out->a);
    double error_b = machine_error(work, out->b);
    const struct sj_cross_input input = {
        .differences = work->differences,
        .count = work->difference_count,
        .machine_sigma = sqrt((error_a * error_a + error_b * error_b) / 2),
        .builds_before = 1,
        .builds_after = 1,
    };
    out->changed = sj_cross_test(&input);
}

void sj_compare_builds(const struct sj_view *view, const struct sj_costs *costs, size_t a, size_t b,
                       struct sj_compare *out)
{
    *out = (struct sj_compare){.a = a, .b = b};
    struct work work = {.view = view, .costs = costs, .out = out};
    size_t most = view->builds[a].count + view->builds[b].count;
    out->rows = sj_calloc(most + 1, sizeof *out->rows);
    work.differences = sj_calloc(most + 1, sizeof *work.differences);
    work.by_build = sj_calloc(view->build_count + 1, sizeof *work.by_build);
    work.is_a_whole = is_whole_after(&work, b, a);
    work.is_b_whole = is_whole_after(&work, a, b);
    pair_up(&work);
    judge(&work);
    qsort(out->rows, out->count, sizeof *out->rows, largest_first);
    free(work.differences);
    free(work.by_build);
}
