// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_print.h"

#include <inttypes.h>
#include <math.h>

#include "cli/explain.h"
#include "cli/rows.h"
#include "cli/trend_report.h"

#define SUBJECT_WIDTH 70

static const struct sj_view_build *side(const struct sj_compare_report *told, bool is_second)
{
    return &told->view.builds[is_second ? told->compare.b : told->compare.a];
}

static void oid(struct sj_json *json, const char *name, const struct sj_oid *id)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(id, hex);
    sj_json_str(json, name, sj_oid_is_zero(id) ? NULL : hex);
}

static void json_build(struct sj_json *json, const struct sj_compare_report *told, bool is_second)
{
    const struct sj_build *build = &side(told, is_second)->build;
    size_t index = is_second ? told->compare.b : told->compare.a;
    sj_json_open(json, is_second ? "after" : "before", '{');
    sj_json_str(json, "build", build->id);
    oid(json, "commit", &build->commit);
    sj_json_str(json, "branch", build->branch);
    sj_json_str(json, "job", build->job);
    sj_json_str(json, "machine", build->machine);
    sj_json_u64(json, "start_ns", build->start_ns);
    sj_json_real(json, "machine_factor", exp(told->costs.machines[index].factor));
    sj_json_u64(json, "controls", told->costs.machines[index].controls);
    sj_json_close(json, '}');
}

// Parts of the key that two configurations differ in, as names.
static size_t config_parts(const struct sj_compare_report *told, const struct sj_compare_row *row,
                           const char *names[SJ_COMPONENT_COUNT])
{
    struct sj_db_config a;
    struct sj_db_config b;
    size_t count = 0;
    if (row->why != SJ_COMPARE_CONFIG || sj_db_config(told->report.db, row->a->config, &a) < 0 ||
        sj_db_config(told->report.db, row->b->config, &b) < 0) {
        return 0;
    }
    for (int i = 0; i < SJ_COMPONENT_COUNT; i++) {
        if (!sj_key_eq(&a.component[i], &b.component[i])) {
            names[count++] = sj_component_name((enum sj_component)i);
        }
    }
    return count;
}

static const char *unit_text(const struct sj_compare_report *told, uint32_t number, bool is_source)
{
    struct sj_unit unit;
    if (sj_db_unit(told->report.db, number, &unit) < 0) {
        return "?";
    }
    return sj_db_text(told->report.db, is_source ? unit.source : unit.name);
}

static void json_outcome(struct sj_json *json, const char *name, const struct sj_sample *sample)
{
    sj_json_str(json, name, sample ? sj_outcome_name((enum sj_outcome)sample->outcome) : NULL);
}

static void json_row(struct sj_json *json, const struct sj_compare_report *told,
                     const struct sj_compare_row *row)
{
    const char *parts[SJ_COMPONENT_COUNT];
    size_t count = config_parts(told, row, parts);
    bool both = row->cost_a > 0 && row->cost_b > 0;
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "unit", unit_text(told, row->unit, false));
    sj_json_str(json, "source", unit_text(told, row->unit, true));
    sj_json_str(json, "why", sj_compare_name(row->why));
    sj_json_u64(json, "before_ns", (uint64_t)llround(row->cost_a));
    sj_json_u64(json, "after_ns", (uint64_t)llround(row->cost_b));
    sj_json_real(json, "change", both ? row->cost_b / row->cost_a - 1 : NAN);
    sj_json_real(json, "z", row->z);
    sj_json_u64(json, "stars", row->stars);
    json_outcome(json, "outcome_before", row->a);
    json_outcome(json, "outcome_after", row->b);
    sj_json_u64(json, "inputs_changed", row->inputs_changed);
    sj_json_u64(json, "inputs_added", row->inputs_added);
    sj_json_u64(json, "inputs_removed", row->inputs_removed);
    sj_json_open(json, "config_parts", '[');
    for (size_t i = 0; i < count; i++) {
        sj_json_str(json, NULL, parts[i]);
    }
    sj_json_close(json, ']');
    if (row->has_bytes) {
        sj_json_i64(json, "input_bytes", row->input_bytes);
        sj_json_i64(json, "output_bytes", row->output_bytes);
    } else {
        sj_json_real(json, "input_bytes", NAN);
        sj_json_real(json, "output_bytes", NAN);
    }
    sj_json_close(json, '}');
}

void sj_compare_json(const struct sj_compare_report *told, struct sj_buf *out)
{
    const struct sj_compare *compare = &told->compare;
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    json_build(&json, told, false);
    json_build(&json, told, true);
    sj_json_u64(&json, "total_before_ns", (uint64_t)llround(compare->total_a));
    sj_json_u64(&json, "total_after_ns", (uint64_t)llround(compare->total_b));
    sj_json_real(&json, "chance", compare->chance);
    sj_json_u64(&json, "dearer", compare->dearer);
    sj_json_u64(&json, "cheaper", compare->cheaper);
    sj_json_u64(&json, "same", compare->same);
    sj_json_u64(&json, "added", compare->added);
    sj_json_u64(&json, "removed", compare->removed);
    sj_json_u64(&json, "unnamed", compare->unnamed);
    sj_json_open(&json, "units_changed", '{');
    sj_json_u64(&json, "units", compare->changed.count);
    sj_json_real(&json, "change", expm1(compare->changed.change));
    sj_json_real(&json, "error", compare->changed.error);
    sj_json_real(&json, "chance", compare->changed.chance);
    sj_json_bool(&json, "is_significant", compare->changed.is_significant);
    sj_json_close(&json, '}');
    sj_json_real(&json, "noise", told->costs.sigma);
    sj_json_bool(&json, "is_noise_assumed", told->costs.is_sigma_assumed);
    sj_json_open(&json, "rows", '[');
    for (size_t i = 0; i < compare->count && i < told->max; i++) {
        json_row(&json, told, &compare->rows[i]);
    }
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

static void print_build(const struct sj_compare_report *told, bool is_second, bool is_markdown,
                        struct sj_buf *out)
{
    const struct sj_view_build *build = side(told, is_second);
    size_t index = is_second ? told->compare.b : told->compare.a;
    SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (build->commit != SJ_NO_COMMIT) {
        sj_report_commit(&told->report, build->commit, SUBJECT_WIDTH, &name);
        sj_buf_adds(&name, ", ");
    }
    sj_buf_addf(&name, "build %s", build->build.id);
    sj_buf_adds(out, is_markdown ? (is_second ? "- B: " : "- A: ") : (is_second ? "B: " : "A: "));
    sj_rows_text(out, sj_buf_text(&name), is_markdown);
    const struct sj_machine *machine = &told->costs.machines[index];
    if (machine->controls > 0) {
        sj_buf_adds(out, ", machine ");
        sj_trend_change(out, machine->factor);
    }
    sj_buf_addc(out, '\n');
}

// Chances below a thousandth are all the same to people.
static void add_chance(struct sj_buf *out, double chance)
{
    if (chance < 0.001) {
        sj_buf_adds(out, "chance below 0.1 %");
    } else {
        sj_buf_addf(out, "chance %.*f %%", chance < 0.1 ? 1 : 0, 100 * chance);
    }
}

static void print_summary(const struct sj_compare_report *told, struct sj_buf *out)
{
    const struct sj_compare *compare = &told->compare;
    sj_buf_adds(out, "\nCPU if all missed: ");
    sj_trend_value(out, SJ_UNIT_NS, compare->total_a);
    sj_buf_adds(out, " to ");
    sj_trend_value(out, SJ_UNIT_NS, compare->total_b);
    if (compare->total_a > 0 && compare->total_b > 0) {
        sj_buf_adds(out, ", ");
        sj_trend_change(out, log(compare->total_b / compare->total_a));
        sj_buf_adds(out, " (by noise: ");
        add_chance(out, compare->chance);
        sj_buf_addc(out, ')');
    }
    sj_buf_addf(out, "\n%zu units: %zu dearer, %zu cheaper, %zu with the same key", compare->count,
                compare->dearer, compare->cheaper, compare->same);
    sj_buf_addf(out, ", %zu added, %zu removed", compare->added, compare->removed);
    if (compare->unnamed > 0) {
        sj_buf_addf(out, ", %zu that one build had no need to compile", compare->unnamed);
    }
    sj_buf_addc(out, '\n');
    if (compare->changed.count > 1) {
        sj_buf_addf(out, "the %zu that changed, taken together: ", compare->changed.count);
        sj_trend_change(out, compare->changed.change);
        sj_buf_adds(out, " (by noise: ");
        add_chance(out, compare->changed.chance);
        sj_buf_adds(out, ")\n");
    }
    sj_buf_addc(out, '\n');
}

static void add_count(struct sj_buf *cell, uint32_t count, const char *what)
{
    if (count > 0) {
        sj_buf_addf(cell, "%s%" PRIu32 " %s", cell->len ? ", " : "", count, what);
    }
}

static void add_why(struct sj_buf *cell, const struct sj_compare_report *told,
                    const struct sj_compare_row *row)
{
    const char *parts[SJ_COMPONENT_COUNT];
    size_t count = config_parts(told, row, parts);
    if (row->why == SJ_COMPARE_SAME) {
        sj_buf_adds(cell, "same key");
    } else if (row->why == SJ_COMPARE_UNNAMED) {
        sj_buf_adds(cell, "not compiled");
    } else if (row->why != SJ_COMPARE_INPUTS && row->why != SJ_COMPARE_CONFIG) {
        sj_buf_adds(cell, row->why == SJ_COMPARE_UNKNOWN ? "inputs not known"
                                                         : sj_compare_name(row->why));
    }
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(cell, "%s%s", cell->len ? ", " : "", parts[i]);
    }
    add_count(cell, row->inputs_changed, "changed");
    add_count(cell, row->inputs_added, "more");
    add_count(cell, row->inputs_removed, "fewer");
    if (row->has_bytes && row->input_bytes != 0) {
        int64_t bytes = row->input_bytes;
        sj_buf_adds(cell, bytes < 0 ? ", -" : ", +");
        sj_trend_value(cell, SJ_UNIT_BYTES, fabs((double)bytes));
    }
}

static void print_row(struct sj_rows *rows, const struct sj_compare_report *told,
                      const struct sj_compare_row *row)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_rows_text(&cell, unit_text(told, row->unit, false), rows->is_markdown);
    sj_rows_take(rows, &cell);
    sj_trend_value(&cell, SJ_UNIT_NS, row->cost_a > 0 ? row->cost_a : NAN);
    sj_rows_take(rows, &cell);
    sj_trend_value(&cell, SJ_UNIT_NS, row->cost_b > 0 ? row->cost_b : NAN);
    sj_rows_take(rows, &cell);
    if (row->cost_a > 0 && row->cost_b > 0) {
        sj_trend_change(&cell, log(row->cost_b / row->cost_a));
    }
    sj_rows_take(rows, &cell);
    // A bare asterisk would begin emphasis.
    for (unsigned i = 0; i < row->stars; i++) {
        sj_buf_adds(&cell, rows->is_markdown ? "★" : "*");
    }
    sj_rows_take(rows, &cell);
    sj_buf_adds(&cell, row->a ? sj_outcome_name((enum sj_outcome)row->a->outcome) : "-");
    sj_rows_take(rows, &cell);
    sj_buf_adds(&cell, row->b ? sj_outcome_name((enum sj_outcome)row->b->outcome) : "-");
    sj_rows_take(rows, &cell);
    add_why(&cell, told, row);
    sj_rows_take(rows, &cell);
}

void sj_compare_print(const struct sj_compare_report *told, bool is_markdown, struct sj_buf *out)
{
    const struct sj_compare *compare = &told->compare;
    static const char *const heads[] = {"unit", "CPU A", "CPU B", "change",
                                        "",     "A",     "B",     "what differs"};
    print_build(told, false, is_markdown, out);
    print_build(told, true, is_markdown, out);
    print_summary(told, out);
    if (compare->count == 0) {
        return;
    }
    struct sj_rows rows = sj_rows_of("lrrrllll", heads, is_markdown);
    for (size_t i = 0; i < compare->count && i < told->max; i++) {
        print_row(&rows, told, &compare->rows[i]);
    }
    sj_rows_print(&rows, out);
    if (compare->count > told->max) {
        sj_buf_addf(out, "and %zu more: --max 0\n", compare->count - told->max);
    }
    if (!is_markdown) {
        sj_buf_addf(out,
                    "\n* one in 20 by noise, ** one in 100, *** one in 1,000; noise of a "
                    "compile %.1f %%%s\n",
                    100 * told->costs.sigma, told->costs.is_sigma_assumed ? " (assumed)" : "");
    }
}
