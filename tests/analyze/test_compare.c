// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <math.h>

#include "analyze/compare.h"
#include "made.h"

static struct sj_view view;
static struct sj_costs costs;
static struct sj_compare compare;

static void teardown(void)
{
    sj_compare_release(&compare);
    sj_costs_release(&costs);
    free(view.builds);
    free(view.is_context);
    free(view.samples);
}

TestSuite(compare, .fini = teardown);

static const struct sj_compare_row *row_of(uint32_t unit)
{
    for (size_t i = 0; i < compare.count; i++) {
        if (compare.rows[i].unit == unit) {
            return &compare.rows[i];
        }
    }
    static const struct sj_compare_row none;
    cr_expect(false, "no unit %u", unit);
    return &none;
}

static uint64_t noisy(double seconds, uint64_t seed)
{
    return (uint64_t)(seconds * 1e9 * exp(0.05 * made_noise(seed)));
}

Test(compare, unit_by_unit)
{
    (void)made_build(&view, "");
    for (uint32_t unit = 1; unit <= 20; unit++) {
        made_sample(&view, made_miss(unit, unit, noisy(1, unit)));
    }
    // Audits, so that the noise is known.
    for (uint32_t build = 1; build <= 8; build++) {
        (void)made_build(&view, "");
        for (uint32_t unit = 1; unit <= 20; unit++) {
            struct sj_sample sample = made_hit(unit, unit, view.samples[unit - 1].cpu_ns);
            sample.flags = SJ_RECORD_AUDIT;
            sample.cpu_ns = noisy(1, build * 100 + unit);
            made_sample(&view, sample);
        }
    }
    size_t b = made_build(&view, "");
    for (uint32_t unit = 2; unit <= 21; unit++) {
        struct sj_sample sample = unit == 2   ? made_miss(unit, 102, noisy(2, 9002))
                                  : unit == 3 ? made_miss(unit, 103, noisy(0.5, 9003))
                                  : unit == 21
                                      ? made_miss(unit, 121, noisy(1, 9021))
                                      : made_hit(unit, unit, view.samples[unit - 1].cpu_ns);
        if (unit == 4) {
            sample = made_miss(unit, 4, noisy(1.01, 9004));
            sample.config = 2;
        }
        made_sample(&view, sample);
    }
    sj_costs_find(&view, &costs);
    sj_compare_builds(&view, &costs, 0, b, &compare);
    cr_assert_eq(compare.count, 21);
    cr_expect_eq(compare.added, 1);
    cr_expect_eq(compare.removed, 1);
    cr_expect_eq(compare.same, 16);
    cr_expect_eq(compare.dearer, 1);
    cr_expect_eq(compare.cheaper, 1);
    cr_expect_eq(compare.unnamed, 0);
    const struct sj_compare_row *dearer = row_of(2);
    cr_expect_eq(dearer->stars, 3);
    cr_expect_eq(dearer->why, SJ_COMPARE_UNKNOWN); // there is no database to ask for inputs
    cr_expect(fabs(dearer->cost_b / dearer->cost_a - 2) < 0.3);
    cr_expect_eq(row_of(4)->why, SJ_COMPARE_CONFIG);
    cr_expect_eq(row_of(4)->stars, 0);
    cr_expect_eq(row_of(5)->why, SJ_COMPARE_SAME);
    cr_expect(row_of(5)->cost_a == row_of(5)->cost_b);
    cr_expect_eq(row_of(1)->why, SJ_COMPARE_REMOVED);
    cr_expect_eq(row_of(21)->why, SJ_COMPARE_ADDED);
    for (size_t i = 1; i < compare.count; i++) {
        cr_expect_geq(fabs(compare.rows[i - 1].cost_b - compare.rows[i - 1].cost_a),
                      fabs(compare.rows[i].cost_b - compare.rows[i].cost_a));
    }
}

Test(compare, a_build_in_a_used_tree_removes_nothing)
{
    (void)made_build(&view, "");
    for (uint32_t unit = 1; unit <= 20; unit++) {
        made_sample(&view, made_miss(unit, unit, SJ_NS_PER_S));
    }
    size_t b = made_build(&view, "");
    made_sample(&view, made_miss(7, 107, SJ_NS_PER_S * 3));
    sj_costs_find(&view, &costs);
    sj_compare_builds(&view, &costs, 0, b, &compare);
    cr_expect_eq(compare.removed, 0);
    cr_expect_eq(compare.unnamed, 19);
    cr_expect(fabs(compare.total_b - compare.total_a - 2e9) < 10);
    cr_expect_eq(compare.rows[0].unit, 7);
}

Test(compare, with_itself)
{
    size_t a = made_build(&view, "");
    made_sample(&view, made_miss(1, 1, SJ_NS_PER_S));
    sj_costs_find(&view, &costs);
    sj_compare_builds(&view, &costs, a, a, &compare);
    cr_expect_eq(compare.same, 1);
    cr_expect(compare.chance == 1);
}

Test(compare, empty_builds)
{
    size_t a = made_build(&view, "");
    size_t b = made_build(&view, "");
    sj_costs_find(&view, &costs);
    sj_compare_builds(&view, &costs, a, b, &compare);
    cr_expect_eq(compare.count, 0);
    cr_expect(compare.total_a == 0 && compare.total_b == 0);
}
