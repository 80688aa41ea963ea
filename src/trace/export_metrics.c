// SPDX-License-Identifier: Apache-2.0
#include "trace/export_metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

/** Builds to be summed, in order. */
struct series {
    const struct sj_export_build **builds; /**< by project, then branch, then start */
    size_t count;
    const char *const *outcomes;
    size_t outcome_count;
    struct sj_buf *out;
};

/** Builds of one project and branch. */
struct group {
    const struct sj_export_build *const *builds;
    size_t count;
};

static int by_place(const void *left, const void *right)
{
    const struct sj_export_build *a = *(const struct sj_export_build *const *)left;
    const struct sj_export_build *b = *(const struct sj_export_build *const *)right;
    int order = strcmp(a->project, b->project);
    if (order == 0) {
        order = strcmp(a->branch, b->branch);
    }
    return order != 0 ? order : (a->start_ns > b->start_ns) - (a->start_ns < b->start_ns);
}

static struct group group_at(const struct series *series, size_t first)
{
    const struct sj_export_build *const *builds = series->builds + first;
    size_t count = 1;
    while (first + count < series->count &&
           strcmp(builds[count]->project, builds[0]->project) == 0 &&
           strcmp(builds[count]->branch, builds[0]->branch) == 0) {
        count++;
    }
    return (struct group){builds, count};
}

// Stray bytes become U+FFFD.
static void add_label(struct sj_buf *out, const char *name, const char *value)
{
    sj_buf_addf(out, "%s=\"", name);
    for (size_t left = strlen(value); left > 0;) {
        size_t step = sj_utf8_len(value, left);
        if (step == 0) {
            sj_buf_adds(out, "\xef\xbf\xbd");
            step = 1;
        } else if (*value == '\n') {
            sj_buf_adds(out, "\\n");
        } else {
            sj_buf_adds(out, *value == '"' || *value == '\\' ? "\\" : "");
            sj_buf_add(out, value, step);
        }
        value += step;
        left -= step;
    }
    sj_buf_addc(out, '"');
}

static void add_name(struct sj_buf *out, const char *metric, const struct group *group,
                     const char *outcome)
{
    sj_buf_addf(out, "scrubjay_%s{", metric);
    add_label(out, "project", group->builds[0]->project);
    sj_buf_addc(out, ',');
    add_label(out, "branch", group->builds[0]->branch);
    if (outcome) {
        sj_buf_addc(out, ',');
        add_label(out, "outcome", outcome);
    }
    sj_buf_adds(out, "} ");
}

static void add_seconds(struct sj_buf *out, uint64_t ns)
{
    sj_buf_addf(out, "%" PRIu64 ".%09" PRIu64 "\n", ns / SJ_NS_PER_S, ns % SJ_NS_PER_S);
}

static void add_head(struct sj_buf *out, const char *metric, const char *help)
{
    sj_buf_addf(out, "# TYPE scrubjay_%s gauge\n", metric);
    if (sj_has_suffix(metric, "_seconds")) {
        sj_buf_addf(out, "# UNIT scrubjay_%s seconds\n", metric);
    }
    sj_buf_addf(out, "# HELP scrubjay_%s %s\n", metric, help);
}

static uint64_t one_of(const struct sj_export_build *build)
{
    (void)build;
    return 1;
}

static uint64_t failed_of(const struct sj_export_build *build)
{
    return build->exit_status != 0;
}

static uint64_t wall_of(const struct sj_export_build *build)
{
    return build->wall_ns;
}

static uint64_t cpu_of(const struct sj_export_build *build)
{
    return build->cpu_ns;
}

static uint64_t saved_of(const struct sj_export_build *build)
{
    return build->saved_ns;
}

/** Sums over the builds of a group. */
static const struct {
    const char *name;
    const char *help;
    uint64_t (*of)(const struct sj_export_build *build);
    bool is_time;
} sums[] = {
    {"builds", "Builds.", one_of, false},
    {"builds_failed", "Builds whose command failed.", failed_of, false},
    {"build_wall_seconds", "Time that builds took.", wall_of, true},
    {"build_cpu_seconds", "CPU time of all processes of builds, where it is known.", cpu_of, true},
    {"saved_cpu_seconds", "CPU time that hits saved.", saved_of, true},
};

static void add_sums(const struct series *series, size_t which)
{
    add_head(series->out, sums[which].name, sums[which].help);
    for (size_t at = 0; at < series->count;) {
        struct group group = group_at(series, at);
        uint64_t sum = 0;
        for (size_t i = 0; i < group.count; i++) {
            sum += sums[which].of(group.builds[i]);
        }
        add_name(series->out, sums[which].name, &group, NULL);
        if (sums[which].is_time) {
            add_seconds(series->out, sum);
        } else {
            sj_buf_addf(series->out, "%" PRIu64 "\n", sum);
        }
        at += group.count;
    }
}

// Of actions, by outcome.
static void add_actions(const struct series *series, const char *name, const char *help,
                        bool is_time)
{
    add_head(series->out, name, help);
    for (size_t at = 0; at < series->count;) {
        struct group group = group_at(series, at);
        for (size_t o = 0; o < series->outcome_count; o++) {
            uint64_t sum = 0;
            for (size_t i = 0; i < group.count && series->outcomes[o]; i++) {
                sum += is_time ? group.builds[i]->action_ns[o] : group.builds[i]->count[o];
            }
            if (!series->outcomes[o]) {
                continue;
            }
            add_name(series->out, name, &group, series->outcomes[o]);
            if (is_time) {
                add_seconds(series->out, sum);
            } else {
                sj_buf_addf(series->out, "%" PRIu64 "\n", sum);
            }
        }
        at += group.count;
    }
}

static void add_latest(const struct series *series)
{
    static const char name[] = "latest_build_timestamp_seconds";
    add_head(series->out, name, "When the latest build began, since the epoch.");
    for (size_t at = 0; at < series->count;) {
        struct group group = group_at(series, at);
        add_name(series->out, name, &group, NULL);
        add_seconds(series->out, group.builds[group.count - 1]->start_ns);
        at += group.count;
    }
}

void sj_export_metrics(const struct sj_export_build *builds, size_t count,
                       const char *const *outcomes, size_t outcome_count, struct sj_buf *out)
{
    SJ_AUTO(sj_auto_free)
    const struct sj_export_build **sorted = sj_calloc(count > 0 ? count : 1, sizeof(const void *));
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &builds[i];
    }
    if (count > 0) {
        qsort(sorted, count, sizeof(const void *), by_place);
    }
    const struct series series = {sorted, count, outcomes, outcome_count, out};
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        add_sums(&series, i);
    }
    add_actions(&series, "actions", "Actions, by outcome.", false);
    add_actions(&series, "action_cpu_seconds", "CPU time of actions, by outcome.", true);
    add_latest(&series);
    sj_buf_adds(out, "# EOF\n");
}
