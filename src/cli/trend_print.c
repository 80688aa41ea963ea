// SPDX-License-Identifier: Apache-2.0
// Text and Markdown of `trend`.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analyze/noise.h"
#include "base/mem.h"
#include "cli/rows.h"
#include "cli/spark.h"
#include "cli/trend_report.h"
#include "cli/ui.h"

#define SPARK_WIDTH   40
#define UNITS_SHOWN   3 // of a step
#define COMMITS_SHOWN 3 // of a step
#define SUBJECT_WIDTH 60
#define DOUBLED       0.7  // logarithm from which a change is told as a factor
#define LIKELY        0.05 // candidates below that share are not worth a line

void sj_trend_value(struct sj_buf *out, enum sj_measure_unit unit, double value)
{
    if (!isfinite(value) || value < 0) {
        sj_buf_addc(out, '-');
        return;
    }
    switch (unit) {
    case SJ_UNIT_NS:
        sj_ui_time(out, (uint64_t)value);
        break;
    case SJ_UNIT_BYTES:
        sj_ui_size(out, (uint64_t)value);
        break;
    case SJ_UNIT_COUNT:
        sj_ui_count(out, (uint64_t)value);
        break;
    case SJ_UNIT_SHARE:
        sj_ui_share(out, value);
        break;
    }
}

void sj_trend_change(struct sj_buf *out, double change)
{
    if (change > DOUBLED) {
        sj_buf_addf(out, "x%.1f", exp(change));
    } else {
        sj_buf_addf(out, "%+.1f %%", 100 * expm1(change));
    }
}

static void day(struct sj_buf *out, uint64_t ns)
{
    sj_ui_date(out, ns);
    // The day is enough.
    if (out->len >= 6 && out->data[out->len - 6] == ' ') {
        out->len -= 6;
        out->data[out->len] = '\0';
    }
}

static void counted(struct sj_buf *out, size_t count, const char *one, const char *many)
{
    sj_ui_count(out, count);
    sj_buf_addf(out, " %s", count == 1 ? one : many);
}

static void print_head(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    const struct sj_series *series = &told->series;
    sj_buf_adds(out, is_markdown ? "### Trend of " : "");
    sj_rows_text(out, *series->branch ? series->branch : "(no branch)", is_markdown);
    if (*series->job) {
        sj_buf_adds(out, ", job ");
        sj_rows_text(out, series->job, is_markdown);
    }
    if (told->unit) {
        sj_buf_adds(out, ", unit ");
        sj_rows_text(out, told->unit, is_markdown);
    }
    sj_buf_adds(out, ": ");
    counted(out, series->point_count, "build", "builds");
    sj_buf_adds(out, " from ");
    day(out, series->points[0].time_ns);
    sj_buf_adds(out, " to ");
    day(out, series->points[series->point_count - 1].time_ns);
    sj_buf_adds(out, "\n\n");
}

/** What a line's values say at a glance. */
struct glance {
    double last;
    double median;
    double high; // nine of ten are not above it
    size_t known;
};

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static struct glance glance_at(const struct sj_series *series, const struct sj_series_line *line)
{
    struct glance glance = {NAN, NAN, NAN, 0};
    SJ_AUTO(sj_auto_free) double *values = sj_calloc(series->point_count + 1, sizeof *values);
    for (size_t i = 0; i < series->point_count; i++) {
        if (isfinite(line->values[i])) {
            glance.last = line->values[i];
            values[glance.known++] = line->values[i];
        }
    }
    if (glance.known > 0) {
        qsort(values, glance.known, sizeof *values, by_value);
        glance.high = values[(glance.known - 1) * 9 / 10];
        glance.median = sj_noise_median(values, glance.known);
    }
    return glance;
}

// Nothing was ever bypassed: not worth a line.
static bool is_idle(const struct sj_series_line *line, const struct glance *glance)
{
    return line->measure == SJ_MEASURE_BYPASSED && glance->high <= 0;
}

static void print_lines(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    const struct sj_series *series = &told->series;
    static const char *const heads[] = {"series", "",     "last",
                                        "median", "90 %", "builds, old to new"};
    static const char *const groups[] = {"group",  "",     "last",
                                         "median", "90 %", "builds, old to new"};
    struct sj_rows rows =
        sj_rows_of("llrrrl", told->by == SJ_BY_NOTHING ? heads : groups, is_markdown);
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    bool is_utf8 = is_markdown || sj_spark_is_utf8();
    for (size_t i = 0; i < series->line_count; i++) {
        const struct sj_series_line *line = &series->lines[i];
        const struct sj_measure_info *info = &sj_measures[line->measure];
        struct glance glance = glance_at(series, line);
        if (!told->is_wanted[line->measure] || glance.known == 0 || is_idle(line, &glance)) {
            continue;
        }
        sj_rows_text(&cell, told->by == SJ_BY_NOTHING ? info->name : line->group, is_markdown);
        sj_rows_take(&rows, &cell);
        sj_rows_cell(&rows, told->by == SJ_BY_NOTHING ? info->title : info->name);
        sj_trend_value(&cell, info->unit, glance.last);
        sj_rows_take(&rows, &cell);
        sj_trend_value(&cell, info->unit, glance.median);
        sj_rows_take(&rows, &cell);
        sj_trend_value(&cell, info->unit, glance.high);
        sj_rows_take(&rows, &cell);
        sj_spark(&cell, line->values, series->point_count, SPARK_WIDTH, is_utf8);
        sj_rows_take(&rows, &cell);
    }
    sj_rows_print(&rows, out);
    if (series->groups_left_out > 0) {
        sj_buf_addf(out, "and %zu more groups (--json has up to 1,000)\n", series->groups_left_out);
    }
}

static const char *unit_name(const struct sj_trend_report *told, uint32_t number)
{
    struct sj_unit unit;
    return sj_db_unit(told->report.db, number, &unit) == 0 ? sj_db_text(told->report.db, unit.name)
                                                           : "?";
}

static void print_step_units(const struct sj_trend_report *told, const struct sj_trend_step *step,
                             bool is_markdown, struct sj_buf *out)
{
    const struct sj_measure_info *info = &sj_measures[told->series.lines[step->line].measure];
    size_t all = (size_t)step->changed + step->added + step->removed;
    if (all == 0) {
        return;
    }
    sj_buf_adds(out, is_markdown ? "  - " : "    ");
    counted(out, all, "unit", "units");
    if (step->added) {
        sj_buf_addf(out, ", %" PRIu32 " new", step->added);
    }
    if (step->removed) {
        sj_buf_addf(out, ", %" PRIu32 " gone", step->removed);
    }
    for (size_t i = 0; i < step->unit_count && i < UNITS_SHOWN; i++) {
        const struct sj_trend_unit *unit = &step->units[i];
        double change = unit->after - unit->before;
        sj_buf_adds(out, i ? ", " : ": ");
        sj_rows_text(out, unit_name(told, unit->unit), is_markdown);
        sj_buf_adds(out, change < 0 ? " -" : " +");
        sj_trend_value(out, info->unit, fabs(change));
    }
    sj_buf_adds(out, all > UNITS_SHOWN ? ", ...\n" : "\n");
}

static void print_candidates(const struct sj_trend_report *told, const struct sj_trend_step *step,
                             bool is_markdown, struct sj_buf *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t shown = 0;
    for (size_t i = 0; i < step->candidate_count && shown < COMMITS_SHOWN; i++) {
        const struct sj_trend_candidate *at = &step->candidates[i];
        if (at->share < LIKELY && step->commits > 1) {
            break;
        }
        sj_buf_clear(&name);
        sj_report_commit(&told->report, at->commit, SUBJECT_WIDTH, &name);
        sj_buf_adds(out, is_markdown ? "  - " : "    ");
        sj_rows_text(out, sj_buf_text(&name), is_markdown);
        if (at->units > 0) {
            sj_buf_adds(out, ": ");
            counted(out, at->units, "unit", "units");
            sj_buf_addf(out, ", %.0f %% of it", 100 * at->share);
        }
        sj_buf_addc(out, '\n');
        shown++;
    }
    if (step->commits > shown) {
        sj_buf_adds(out, is_markdown ? "  - " : "    ");
        counted(out, step->commits - shown, shown ? "other commit" : "commit",
                shown ? "other commits" : "commits");
        sj_buf_adds(out, " between the builds\n");
    }
}

static void print_step(const struct sj_trend_report *told, const struct sj_trend_step *step,
                       bool is_markdown, struct sj_buf *out)
{
    const struct sj_series_line *line = &told->series.lines[step->line];
    const struct sj_measure_info *info = &sj_measures[line->measure];
    sj_buf_adds(out, is_markdown ? "- **" : "  ");
    day(out, told->series.points[step->to].time_ns);
    sj_buf_adds(out, "  ");
    sj_rows_text(out, *line->group ? line->group : info->name, is_markdown);
    sj_buf_adds(out, "  ");
    sj_trend_change(out, step->change);
    sj_buf_adds(out, is_markdown ? "** (" : " (");
    sj_trend_change(out, step->low);
    sj_buf_adds(out, " to ");
    sj_trend_change(out, step->high);
    sj_buf_adds(out, "): ");
    sj_trend_value(out, info->unit, step->before);
    sj_buf_adds(out, " to ");
    sj_trend_value(out, info->unit, step->after);
    if (isfinite(step->month_ns)) {
        sj_buf_adds(out, step->month_ns < 0 ? ", saves " : ", costs ");
        sj_ui_time(out, (uint64_t)fabs(step->month_ns));
        sj_buf_adds(out, " a month");
    }
    sj_buf_adds(out, step->is_certain ? "\n" : ", not certain\n");
    print_step_units(told, step, is_markdown, out);
    print_candidates(told, step, is_markdown, out);
}

static void heading(struct sj_buf *out, const char *words, bool is_markdown)
{
    sj_buf_addf(out, is_markdown ? "\n**%s**\n\n" : "\n%s\n", words);
}

static void print_steps(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    size_t shown = 0;
    size_t unsure = 0;
    for (size_t i = 0; i < told->trend.step_count; i++) {
        const struct sj_trend_step *step = &told->trend.steps[i];
        if (!told->is_wanted[told->series.lines[step->line].measure]) {
            continue;
        }
        if (!step->is_certain && !told->wants_all) {
            unsure++;
            continue;
        }
        if (shown++ == 0) {
            heading(out, "steps", is_markdown);
        }
        print_step(told, step, is_markdown, out);
    }
    if (shown == 0) {
        sj_buf_adds(out, "\nno steps\n");
    }
    if (unsure > 0) {
        sj_buf_addc(out, '\n');
        counted(out, unsure, "step that is", "steps that are");
        sj_buf_adds(out, " not certain: --all\n");
    }
}

static void print_across(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    if (told->trend.commit_count > 0) {
        heading(out, "builds in which many units changed at once", is_markdown);
    }
    for (size_t i = 0; i < told->trend.commit_count; i++) {
        const struct sj_trend_commit *at = &told->trend.commits[i];
        const struct sj_series_point *point = &told->series.points[at->to];
        const struct sj_view_build *build = &told->view.builds[point->build];
        SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_adds(out, is_markdown ? "- " : "  ");
        day(out, point->time_ns);
        sj_buf_adds(out, "  ");
        sj_trend_change(out, at->test.change);
        sj_buf_adds(out, " in ");
        counted(out, at->test.count, "unit", "units");
        sj_buf_adds(out, ": ");
        if (build->commit == SJ_NO_COMMIT) {
            sj_buf_addf(&name, "build %s", build->build.id);
        } else {
            sj_report_commit(&told->report, build->commit, SUBJECT_WIDTH, &name);
        }
        sj_rows_text(out, sj_buf_text(&name), is_markdown);
        sj_buf_addc(out, '\n');
    }
}

static void print_points(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    const struct sj_series *series = &told->series;
    static const char *const heads[] = {"began", "commit", "units", "machine", "CPU if all missed",
                                        "spent", "build"};
    struct sj_rows rows = sj_rows_of("llrrrrl", heads, is_markdown);
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < series->point_count; i++) {
        const struct sj_series_point *point = &series->points[i];
        const struct sj_view_build *build = &told->view.builds[point->build];
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&build->build.commit, hex);
        sj_ui_date(&cell, point->time_ns);
        sj_rows_take(&rows, &cell);
        sj_buf_addf(&cell, "%.10s", sj_oid_is_zero(&build->build.commit) ? "-" : hex);
        sj_rows_take(&rows, &cell);
        sj_ui_count(&cell, (uint64_t)point->named.named + point->named.carried);
        sj_rows_take(&rows, &cell);
        sj_trend_change(&cell, told->costs.machines[point->build].factor);
        sj_rows_take(&rows, &cell);
        bool has_cpu = series->line_count > 0 && series->lines[0].measure == SJ_MEASURE_CPU;
        sj_trend_value(&cell, SJ_UNIT_NS, has_cpu ? series->lines[0].values[i] : NAN);
        sj_rows_take(&rows, &cell);
        sj_trend_value(&cell, SJ_UNIT_NS, (double)build->build.cpu_ns[SJ_OUTCOME_MISS]);
        sj_rows_take(&rows, &cell);
        sj_rows_text(&cell, build->build.id, is_markdown);
        sj_rows_take(&rows, &cell);
    }
    sj_buf_addc(out, '\n');
    sj_rows_print(&rows, out);
}

static void print_foot(const struct sj_trend_report *told, struct sj_buf *out)
{
    const struct sj_costs *costs = &told->costs;
    const struct sj_series *series = &told->series;
    sj_buf_adds(out, "\nmachines: ");
    if (costs->controls == 0) {
        sj_buf_adds(out, "nothing was compiled twice, so slow machines cannot be told from dear "
                         "code: set audit to a share of hits, such as 1%\n");
    } else {
        counted(out, costs->controls, "compile", "compiles");
        sj_buf_addf(out,
                    " of known work tell their speed in %zu of %zu builds, which differs by "
                    "%.1f %%; noise of a compile %.1f %%%s\n",
                    costs->control_builds, told->view.build_count, 100 * costs->spread,
                    100 * costs->sigma, costs->is_sigma_assumed ? " (assumed)" : "");
    }
    if (costs->audits > 0) {
        sj_buf_adds(out, "audits: ");
        sj_ui_count(out, costs->audits);
        sj_buf_adds(out, " compiled again, ");
        sj_ui_count(out, costs->audits_differed);
        sj_buf_adds(out,
                    costs->audits_differed ? " differed: see 'scrubjay stats'\n" : " differed\n");
    }
    if (series->other_branches + series->other_jobs + series->pulls + series->unplaced > 0) {
        sj_buf_addf(out,
                    "not in the series: %zu builds of other branches, %zu of other jobs, %zu of "
                    "pull requests, %zu of commits that are not in the history\n",
                    series->other_branches, series->other_jobs, series->pulls, series->unplaced);
    }
}

void sj_trend_print(const struct sj_trend_report *told, bool is_markdown, struct sj_buf *out)
{
    print_head(told, is_markdown, out);
    print_lines(told, is_markdown, out);
    print_steps(told, is_markdown, out);
    print_across(told, is_markdown, out);
    if (told->wants_points) {
        print_points(told, is_markdown, out);
    }
    print_foot(told, out);
}
