// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>

#include "analyze/cost.h"
#include "made.h"

#define SECOND SJ_NS_PER_S

static struct sj_view view;
static struct sj_costs costs;

static void teardown(void)
{
    sj_costs_release(&costs);
    free(view.builds);
    free(view.is_context);
    free(view.samples);
}

TestSuite(cost, .fini = teardown);

static uint64_t noisy(double seconds, double sigma, uint64_t seed)
{
    return (uint64_t)(seconds * 1e9 * exp(sigma * made_noise(seed)));
}

Test(cost, of_nothing)
{
    sj_costs_find(&view, &costs);
    cr_expect_eq(costs.key_count, 0);
    cr_expect(costs.is_sigma_assumed);
}

Test(cost, keys_tell_states_and_configurations_apart)
{
    (void)made_build(&view, "a");
    made_sample(&view, made_miss(1, 10, SECOND));
    made_sample(&view, made_miss(1, 11, 2 * SECOND));
    made_sample(&view, made_miss(2, 10, 3 * SECOND));
    (void)made_build(&view, "a");
    made_sample(&view, made_hit(1, 10, SECOND));
    struct sj_sample other = made_miss(1, 10, 5 * SECOND);
    other.config = 2;
    made_sample(&view, other);
    struct sj_sample failed = made_miss(2, 12, SECOND);
    failed.exit_status = 1;
    made_sample(&view, failed);
    struct sj_sample bypass = made_miss(3, 0, SECOND);
    bypass.outcome = SJ_OUTCOME_BYPASS;
    made_sample(&view, bypass);
    sj_costs_find(&view, &costs);
    cr_assert_eq(costs.key_count, 4);
    cr_expect_eq(costs.key_of[0], costs.key_of[3]);
    cr_expect_eq(costs.keys[costs.key_of[0]].compiles, 1);
    cr_expect(fabs(costs.keys[costs.key_of[0]].cost_ns - 1e9) < 1);
    cr_expect(fabs(costs.keys[costs.key_of[4]].cost_ns - 5e9) < 5);
    cr_expect_eq(costs.key_of[5], SJ_NO_KEY);
    cr_expect_eq(costs.key_of[6], SJ_NO_KEY);
    cr_expect_eq(costs.unit_end, 4);
}

// Where the inputs are not known, a hit goes with the compile whose CPU it saved.
Test(cost, a_hit_without_inputs_finds_its_compile)
{
    (void)made_build(&view, "a");
    made_sample(&view, made_miss(1, 0, SECOND));
    (void)made_build(&view, "a");
    made_sample(&view, made_hit(1, 0, SECOND));
    made_sample(&view, made_hit(1, 0, 2 * SECOND));
    sj_costs_find(&view, &costs);
    cr_expect_eq(costs.key_count, 2);
    cr_expect_eq(costs.key_of[0], costs.key_of[1]);
    cr_expect(fabs(costs.keys[costs.key_of[2]].cost_ns - 2e9) < 1);
    cr_expect_eq(costs.keys[costs.key_of[2]].compiles, 0);
}

// Two kinds of machines, one 25 % slower, in turns.
Test(cost, mixed_machines_are_told_apart)
{
    for (uint32_t build = 0; build < 20; build++) {
        (void)made_build(&view, build % 2 ? "slow" : "fast");
        for (uint32_t unit = 1; unit <= 30; unit++) {
            double seconds = (1 + unit * 0.1) * (build % 2 ? 1.25 : 1);
            made_sample(&view, made_miss(unit, unit, noisy(seconds, 0.05, build * 1000 + unit)));
        }
    }
    sj_costs_find(&view, &costs);
    cr_expect_eq(costs.controls, 600);
    cr_expect_eq(costs.control_builds, 20);
    cr_expect_not(costs.is_sigma_assumed);
    cr_expect(fabs(costs.sigma - 0.05) < 0.008, "sigma %g", costs.sigma);
    for (size_t build = 1; build < 20; build++) {
        double apart = costs.machines[build].factor - costs.machines[build - 1].factor;
        cr_expect(fabs(fabs(apart) - log(1.25)) < 0.04, "build %zu: %g", build, apart);
        cr_expect_eq(costs.machines[build].controls, 30);
        cr_expect_lt(costs.machines[build].error, 0.02);
    }
}

// Audits are the only compiles of keys that a cache serves.
Test(cost, audits_are_controls)
{
    (void)made_build(&view, "usual");
    for (uint32_t unit = 1; unit <= 40; unit++) {
        made_sample(&view, made_miss(unit, unit, noisy(1, 0.03, unit)));
    }
    for (uint32_t build = 1; build < 10; build++) {
        double slow = build == 5 ? 1.3 : 1;
        (void)made_build(&view, "usual");
        for (uint32_t unit = 1; unit <= 40; unit++) {
            struct sj_sample sample = made_hit(unit, unit, view.samples[unit - 1].cpu_ns);
            if (unit % 4 == build % 4) {
                sample.flags = SJ_RECORD_AUDIT;
                sample.cpu_ns = noisy(slow, 0.03, build * 1000 + unit);
            }
            made_sample(&view, sample);
        }
    }
    sj_costs_find(&view, &costs);
    cr_expect_eq(costs.audits, 90);
    cr_expect_eq(costs.audits_differed, 0);
    cr_expect_gt(costs.machines[5].factor, 0.15, "%g", costs.machines[5].factor);
    for (size_t build = 0; build < 10; build++) {
        cr_expect(build == 5 || fabs(costs.machines[build].factor) < 0.05);
    }
    cr_expect(fabs(costs.keys[0].cost_ns - 1e9) < 5e7);
}

// The compile that made the result may be older than all that is looked at.
Test(cost, audits_of_old_results_count)
{
    for (uint32_t build = 0; build < 8; build++) {
        (void)made_build(&view, "");
        for (uint32_t unit = 1; unit <= 20; unit++) {
            struct sj_sample sample = made_hit(unit * 10 + build, unit, SECOND);
            sample.flags = SJ_RECORD_AUDIT;
            sample.cpu_ns = noisy(build == 3 ? 1.2 : 1, 0.03, build * 1000 + unit);
            made_sample(&view, sample);
        }
    }
    sj_costs_find(&view, &costs);
    cr_expect_gt(costs.machines[3].factor - costs.machines[2].factor, 0.1);
    cr_expect_eq(costs.controls, 160);
}

// One control says little: the factor stays near what is usual.
Test(cost, few_controls_are_drawn_to_what_is_usual)
{
    for (uint32_t build = 0; build < 12; build++) {
        (void)made_build(&view, "");
        uint32_t units = build == 7 ? 1 : 30;
        for (uint32_t unit = 1; unit <= units; unit++) {
            double seconds = build == 7 ? 1.2 : 1;
            made_sample(&view, made_miss(unit, unit, noisy(seconds, 0.1, build * 1000 + unit)));
        }
    }
    sj_costs_find(&view, &costs);
    cr_expect_lt(costs.machines[7].factor, 0.1, "%g", costs.machines[7].factor);
    cr_expect_gt(costs.machines[7].error, 0);
}

Test(cost, very_many_controls_are_thinned)
{
    for (uint32_t build = 0; build < 4; build++) {
        (void)made_build(&view, "");
        for (uint32_t unit = 1; unit <= 2000; unit++) {
            made_sample(&view, made_miss(unit, unit,
                                         noisy(build == 1 ? 1.1 : 1, 0.1, build * 10000 + unit)));
        }
    }
    sj_costs_find(&view, &costs);
    cr_expect_leq(costs.controls, 4 * 257);
    cr_expect_geq(costs.controls, 4 * 250);
    cr_expect(fabs(costs.machines[1].factor - costs.machines[0].factor - log(1.1)) < 0.04);
}
