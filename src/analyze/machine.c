// SPDX-License-Identifier: Apache-2.0
#include "analyze/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/noise.h"
#include "base/mem.h"

#define CONTROLS_MAX   256   // controls of a build: more would not make its factor much surer
#define SHORTEST_LOG   15.4  // ln of 5 ms: shorter compiles are mostly the start of the process
#define ROUNDS_MAX     30    // of the fit
#define CLOSE_ENOUGH   1e-4  // change of a factor that ends it
#define ENOUGH         10    // controls that the noise can be told from
#define SIGMA_ASSUMED  0.12  // of a compile on a busy virtual machine of two CPUs
#define SPREAD_FREE    0.3   // more than machines of a fleet differ
#define SPREAD_ASSUMED 0.032 // between builds on it
#define LEAST_WORTH    0.1   // of a build with a control whose key has no other left
#define NORMAL_90      1.645 // deviations that nine of ten normal values stay within
#define FAR_OFF        3     // deviations from which a factor is no noise
#define MEDIAN_ERROR   1.2533

/** Measurements of keys that were measured in several builds. */
struct fit {
    struct sj_measurement *list; // by build; keys are numbered anew
    size_t count;
    size_t *build_first; // of each build in list
    uint32_t *key_order; // places in list, by key
    size_t *key_first;   // of each key in key_order
    size_t key_count;
    double *cost;   // of each key
    double *usual;  // of each build: what its machine's builds have in common
    double *factor; // of each build; the outside's is last and stays
    double *found;  // of each build: what its controls say by themselves
    double *worth;  // of each build: its controls, less what they tell of their own keys' costs
    double *scratch;
    size_t build_count; // the outside not counted
};

static void release_fit(struct fit *fit)
{
    free(fit->list);
    free(fit->build_first);
    free(fit->key_order);
    free(fit->key_first);
    free(fit->cost);
    free(fit->usual);
    free(fit->factor);
    free(fit->found);
    free(fit->worth);
    free(fit->scratch);
}

static uint32_t mix(uint32_t unit)
{
    uint32_t hash = unit * 0x9e3779b1u;
    hash ^= hash >> 15;
    return hash * 0x85ebca6bu;
}

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

// Of a build with very many controls those count whose unit has a low hash: the same ones in all
// builds, so that they still meet.
static uint32_t hash_limit(const struct sj_costs *costs, const struct sj_measurement *list,
                           size_t count)
{
    if (count <= CONTROLS_MAX) {
        return UINT32_MAX;
    }
    SJ_AUTO(sj_auto_free) uint32_t *hashes = sj_calloc(count, sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = mix(costs->keys[list[i].key].unit);
    }
    qsort(hashes, count, sizeof *hashes, by_number);
    return hashes[CONTROLS_MAX];
}

// Keys of several builds: two compiles in one build say nothing about machines.
static void mark_controls(const struct sj_measurements *all, const struct sj_costs *costs,
                          bool *is_control)
{
    SJ_AUTO(sj_auto_free) uint32_t *seen_in = sj_calloc(costs->key_count + 1, sizeof *seen_in);
    for (size_t i = 0; i < all->count; i++) {
        const struct sj_measurement *one = &all->list[i];
        if (one->log_ns >= SHORTEST_LOG) {
            uint32_t *seen = &seen_in[one->key];
            is_control[one->key] = is_control[one->key] || (*seen && *seen != one->build + 1);
            *seen = one->build + 1;
        }
    }
}

static bool is_candidate(const struct sj_measurement *one, const bool *is_control)
{
    return is_control[one->key] && one->log_ns >= SHORTEST_LOG;
}

static void collect(const struct sj_measurements *all, const struct sj_costs *costs,
                    const bool *is_control, struct fit *fit)
{
    fit->list = sj_calloc(all->count + 1, sizeof *fit->list);
    size_t i = 0;
    for (size_t build = 0; build <= fit->build_count; build++) {
        fit->build_first[build] = fit->count;
        size_t begin = fit->count;
        for (; i < all->count && all->list[i].build == build; i++) {
            if (is_candidate(&all->list[i], is_control)) {
                fit->list[fit->count++] = all->list[i];
            }
        }
        uint32_t limit = hash_limit(costs, fit->list + begin, fit->count - begin);
        size_t kept = begin;
        for (size_t j = begin; j < fit->count; j++) {
            if (mix(costs->keys[fit->list[j].key].unit) <= limit) {
                fit->list[kept++] = fit->list[j];
            }
        }
        fit->count = kept;
    }
    fit->build_first[fit->build_count + 1] = fit->count;
}

static void order_by_key(const struct sj_costs *costs, struct fit *fit)
{
    SJ_AUTO(sj_auto_free) uint32_t *number = sj_calloc(costs->key_count + 1, sizeof *number);
    for (size_t i = 0; i < fit->count; i++) {
        uint32_t *place = &number[fit->list[i].key];
        *place = *place ? *place : (uint32_t)++fit->key_count;
        fit->list[i].key = *place - 1;
    }
    fit->key_first = sj_calloc(fit->key_count + 2, sizeof *fit->key_first);
    fit->key_order = sj_calloc(fit->count + 1, sizeof *fit->key_order);
    for (size_t i = 0; i < fit->count; i++) {
        fit->key_first[fit->list[i].key + 2]++;
    }
    for (size_t i = 0; i < fit->key_count; i++) {
        fit->key_first[i + 2] += fit->key_first[i + 1];
    }
    for (size_t i = 0; i < fit->count; i++) {
        fit->key_order[fit->key_first[fit->list[i].key + 1]++] = (uint32_t)i;
    }
}

static void fit_costs(struct fit *fit)
{
    for (size_t key = 0; key < fit->key_count; key++) {
        size_t count = 0;
        for (size_t i = fit->key_first[key]; i < fit->key_first[key + 1]; i++) {
            const struct sj_measurement *one = &fit->list[fit->key_order[i]];
            fit->scratch[count++] = one->log_ns - fit->factor[one->build];
        }
        fit->cost[key] = sj_noise_median(fit->scratch, count);
    }
}

static size_t controls_of(const struct fit *fit, size_t build)
{
    return fit->build_first[build + 1] - fit->build_first[build];
}

// The usual machine is the one in the middle.
static void centre(struct fit *fit)
{
    size_t count = 0;
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(fit->build_count + 1, sizeof *values);
    for (size_t build = 0; build < fit->build_count; build++) {
        if (controls_of(fit, build) > 0) {
            values[count++] = fit->factor[build];
        }
    }
    double middle = sj_noise_median(values, count);
    for (size_t build = 0; build <= fit->build_count; build++) {
        fit->factor[build] -= middle;
        fit->usual[build] -= middle;
    }
}

// What the fit leaves over. A key's own compiles pull its cost towards them; with n of them that
// hides a part of 1/n of the variance.
static double noise_left(struct fit *fit)
{
    size_t count = 0;
    for (size_t i = 0; i < fit->count; i++) {
        const struct sj_measurement *one = &fit->list[i];
        double compiles = (double)(fit->key_first[one->key + 1] - fit->key_first[one->key]);
        if (compiles > 1) {
            double rest = one->log_ns - fit->cost[one->key] - fit->factor[one->build];
            fit->scratch[count++] = rest * sqrt(compiles / (compiles - 1));
        }
    }
    return fmax(sj_noise_spread(fit->scratch, count, 0), SJ_NOISE_FLOOR);
}

/** A build and its machine's name, for sorting. */
struct named {
    const char *machine;
    size_t build;
};

static int by_machine(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;
    int order = strcmp(left->machine, right->machine);
    return order ? order : (left->build > right->build) - (left->build < right->build);
}

// Adds what a build's controls have left over to the scratch.
static size_t gather(struct fit *fit, size_t build, size_t count)
{
    for (size_t i = fit->build_first[build]; i < fit->build_first[build + 1]; i++) {
        fit->scratch[count++] = fit->list[i].log_ns - fit->cost[fit->list[i].key];
    }
    return count;
}

// One factor for all builds of a machine: there are many controls for each, so it is found soon and
// surely. A machine of one build says nothing that the build does not.
static double fit_usual(struct fit *fit, const struct named *order)
{
    double change = 0;
    for (size_t i = 0, end; i < fit->build_count; i = end) {
        size_t count = 0;
        size_t measured = 0;
        for (end = i; end < fit->build_count && strcmp(order[end].machine, order[i].machine) == 0;
             end++) {
            measured += controls_of(fit, order[end].build) > 0;
            count = gather(fit, order[end].build, count);
        }
        bool is_known = *order[i].machine && measured >= 2;
        double usual = is_known ? sj_noise_median(fit->scratch, count) : 0;
        for (size_t j = i; j < end; j++) {
            size_t build = order[j].build;
            change = fmax(change, fabs(usual - fit->usual[build]));
            fit->usual[build] = usual;
            fit->factor[build] = usual;
        }
    }
    return change;
}

// A key's cost comes from its controls, too: of two, each has half to say about its build.
static void weigh(struct fit *fit)
{
    for (size_t i = 0; i < fit->count; i++) {
        const struct sj_measurement *one = &fit->list[i];
        double compiles = (double)(fit->key_first[one->key + 1] - fit->key_first[one->key]);
        fit->worth[one->build] += 1 - 1 / compiles;
    }
}

static double factor_error(const struct fit *fit, size_t build, double sigma)
{
    return MEDIAN_ERROR * sigma / sqrt(fmax(fit->worth[build], LEAST_WORTH));
}

// Variance of a factor in a long chain of builds, each compared with its neighbours at an error and
// with what is usual at the spread: the diagonal of the inverse of I / spread² + L / (2 error²), L
// being the chain's Laplacian. Where builds far apart have keys in common, it is less.
static double chain_variance(double spread2, double error2)
{
    return 1 / sqrt(1 / (spread2 * spread2) + 2 / (spread2 * error2));
}

// A factor from few controls is noisier than the machines differ: it is drawn towards what is usual
// by as much as it is unsure. One that lies far outside of both is another machine, not noise.
//
// That is also what keeps the fit together. Where a key lives for a few builds only, controls
// compare each build with its neighbours, and small errors would add up to a drift over hundreds.
static struct sj_machine settle(const struct fit *fit, size_t build, double sigma, double spread)
{
    size_t controls = controls_of(fit, build);
    double usual = fit->usual[build];
    if (controls == 0) {
        return (struct sj_machine){.factor = usual, .error = spread};
    }
    double off = fit->found[build] - usual;
    double error2 = pow(factor_error(fit, build, sigma), 2);
    double spread2 = spread * spread;
    if (off * off > FAR_OFF * FAR_OFF * (error2 + spread2)) {
        spread2 = off * off;
    }
    return (struct sj_machine){
        .factor = usual + off * spread2 / (spread2 + error2),
        .error = sqrt(chain_variance(spread * spread, error2)),
        .controls = (uint32_t)controls,
    };
}

// Factors of single builds, beginning at what is usual.
static void fit_builds(struct fit *fit, double *sigma, double spread)
{
    for (size_t build = 0; build < fit->build_count; build++) {
        fit->factor[build] = fit->usual[build];
    }
    double change = 1;
    for (int round = 0; round < ROUNDS_MAX && change > CLOSE_ENOUGH; round++) {
        fit_costs(fit);
        *sigma = fit->count < ENOUGH ? SIGMA_ASSUMED : noise_left(fit);
        change = 0;
        for (size_t build = 0; build < fit->build_count; build++) {
            size_t count = gather(fit, build, 0);
            fit->found[build] = count ? sj_noise_median(fit->scratch, count) : 0;
            double factor = settle(fit, build, *sigma, spread).factor;
            change = fmax(change, fabs(factor - fit->factor[build]));
            fit->factor[build] = factor;
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double left = fabs(*(const double *)a);
    double right = fabs(*(const double *)b);
    return (left > right) - (left < right);
}

// How far builds lie from what is usual for their machine, less what is noise of the controls. From
// neighbours' differences, so that a drift of the fit does not count; from a large one of them,
// since of a fleet of two kinds of machines half of all neighbours are alike.
static double find_spread(const struct fit *fit, double sigma)
{
    size_t count = 0;
    double error = 0;
    double last = 0;
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(fit->build_count + 1, sizeof *values);
    for (size_t build = 0; build < fit->build_count; build++) {
        size_t controls = controls_of(fit, build);
        if (controls >= 3) {
            double off = fit->found[build] - fit->usual[build];
            error += pow(factor_error(fit, build, sigma), 2);
            values[count++] = (off - last) / M_SQRT2;
            last = off;
        }
    }
    if (count < 4) {
        return SPREAD_ASSUMED;
    }
    qsort(values + 1, count - 1, sizeof *values, by_size);
    double all = fabs(values[1 + (count - 2) * 9 / 10]) / NORMAL_90;
    return sqrt(fmax(all * all - error / (double)count, pow(SJ_NOISE_FLOOR, 2)));
}

static void fit_all(const struct sj_view *view, struct fit *fit, struct sj_costs *costs)
{
    SJ_AUTO(sj_auto_free)
    struct named *order = sj_calloc(fit->build_count + 1, sizeof *order);
    for (size_t i = 0; i < fit->build_count; i++) {
        order[i] = (struct named){view->builds[i].build.machine, i};
    }
    qsort(order, fit->build_count, sizeof *order, by_machine);
    double change = 1;
    for (int round = 0; round < ROUNDS_MAX && change > CLOSE_ENOUGH; round++) {
        fit_costs(fit);
        change = fit_usual(fit, order);
    }
    // With free hand at first, to see how far builds differ at all.
    fit_builds(fit, &costs->sigma, SPREAD_FREE);
    costs->spread = find_spread(fit, costs->sigma);
    fit_builds(fit, &costs->sigma, costs->spread);
}

void sj_machines_find(const struct sj_view *view, const struct sj_measurements *all,
                      struct sj_costs *costs)
{
    struct fit fit = {.build_count = view->build_count};
    fit.build_first = sj_calloc(fit.build_count + 2, sizeof *fit.build_first);
    fit.usual = sj_calloc(fit.build_count + 1, sizeof *fit.usual);
    fit.factor = sj_calloc(fit.build_count + 1, sizeof *fit.factor);
    fit.found = sj_calloc(fit.build_count + 1, sizeof *fit.found);
    SJ_AUTO(sj_auto_free) bool *is_control = sj_calloc(costs->key_count + 1, sizeof *is_control);
    mark_controls(all, costs, is_control);
    collect(all, costs, is_control, &fit);
    order_by_key(costs, &fit);
    fit.cost = sj_calloc(fit.key_count + 1, sizeof *fit.cost);
    fit.scratch = sj_calloc(fit.count + 1, sizeof *fit.scratch);
    fit.worth = sj_calloc(fit.build_count + 1, sizeof *fit.worth);
    weigh(&fit);
    fit_all(view, &fit, costs);
    for (size_t build = 0; build < fit.build_count; build++) {
        costs->machines[build] = settle(&fit, build, costs->sigma, costs->spread);
        costs->control_builds += costs->machines[build].controls > 0;
        fit.factor[build] = costs->machines[build].factor;
    }
    centre(&fit);
    for (size_t build = 0; build <= fit.build_count; build++) {
        costs->machines[build].factor = fit.factor[build];
    }
    costs->controls = fit.build_first[fit.build_count];
    costs->is_sigma_assumed = fit.count < ENOUGH;
    release_fit(&fit);
}
