// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_recorded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static bool ends_path(const char *path, const char *end)
{
    if (!sj_has_suffix(path, end)) {
        return false;
    }
    size_t before = strlen(path) - strlen(end);
    return before == 0 || end[0] == '/' || path[before - 1] == '/';
}

// The unit of that name or source which was compiled last. An absolute path may lie in any work
// tree, so its end may be the unit's whole name.
static int find_unit(const struct sj_ground *ground, const char *text, struct sj_unit *out)
{
    SJ_AUTO(sj_auto_free) struct sj_unit *units = NULL;
    size_t count = 0;
    struct sj_db *db = ground->report.db;
    int status = sj_db_units(db, ground->all.project, &units, &count);
    bool is_found = false;
    for (size_t i = 0; i < count && status == 0; i++) {
        const char *name = sj_db_text(db, units[i].name);
        const char *source = sj_db_text(db, units[i].source);
        bool is_it = ends_path(name, text) || (*source && ends_path(source, text)) ||
                     (text[0] == '/' && (ends_path(text, name) || ends_path(text, source)));
        if (is_it && units[i].count[SJ_OUTCOME_MISS] > 0 &&
            (!is_found || units[i].last_ns > out->last_ns)) {
            *out = units[i];
            is_found = true;
        }
    }
    return status < 0 ? status : is_found ? 0 : SJ_DB_NONE;
}

static int latest_first(const void *left, const void *right)
{
    const struct sj_build *a = &(*(const struct sj_view_build *const *)left)->build;
    const struct sj_build *b = &(*(const struct sj_view_build *const *)right)->build;
    return a->start_ns > b->start_ns ? -1 : a->start_ns < b->start_ns;
}

static int has_miss(const struct sj_ground *ground, const struct sj_view_build *build,
                    uint32_t unit, bool *has)
{
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t count = 0;
    size_t size = 0;
    int status = sj_db_samples(ground->report.db, build->build.number,
                               SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), &samples, &count, &size);
    *has = false;
    for (size_t i = 0; i < count; i++) {
        *has = *has || samples[i].unit == unit;
    }
    return status;
}

static int find_build(const struct sj_ground *ground, const struct sj_unit *unit, uint32_t *out)
{
    const struct sj_view *view = &ground->all;
    SJ_AUTO(sj_auto_free)
    const struct sj_view_build **builds =
        sj_calloc(view->build_count + 1, sizeof(const struct sj_view_build *));
    for (size_t i = 0; i < view->build_count; i++) {
        builds[i] = &view->builds[i];
    }
    if (view->build_count > 0) {
        qsort(builds, view->build_count, sizeof(const struct sj_view_build *), latest_first);
    }
    for (size_t i = 0; i < view->build_count; i++) {
        bool has;
        int status = has_miss(ground, builds[i], unit->number, &has);
        if (status < 0) {
            return status;
        }
        if (has) {
            *out = (uint32_t)(builds[i] - view->builds);
            return 0;
        }
    }
    return SJ_DB_NONE;
}

static const char *known(const char *text)
{
    return *text ? text : NULL;
}

static void keep(const struct sj_ground *ground, const struct sj_unit *unit,
                 const struct sj_sample *sample, const char *build, struct sj_kept *out)
{
    struct sj_db *db = ground->report.db;
    struct sj_db_config config = {0};
    if (sample->config) {
        (void)sj_db_config(db, sample->config, &config);
    }
    struct sj_record record = {
        .start_ns = sample->start_ns,
        .wall_ns = sample->wall_ns,
        .user_ns = sample->cpu_ns,
        .saved_ns = sample->saved_ns,
        .peak_rss_bytes = sample->peak_rss_bytes,
        .input_bytes = sample->input_bytes,
        .output_bytes = sample->output_bytes,
        .input_count = sample->input_count,
        .exit_status = sample->exit_status,
        .flags = sample->flags,
        .outcome = (enum sj_outcome)sample->outcome,
        .reason = known(sj_db_text(db, sample->reason)),
        .detail = known(sj_db_text(db, sample->detail)),
        .toolchain = known(sj_db_text(db, config.toolchain)),
        .tool = known(sj_db_text(db, config.tool)),
        .language = known(sj_db_text(db, unit->language)),
        .source = known(sj_db_text(db, unit->source)),
        .output = known(sj_db_text(db, unit->name)),
        .build = known(build),
        .args = known(sj_db_text(db, sample->args)),
    };
    memcpy(record.component, config.component, sizeof record.component);
    sj_kept_set(out, &record);
}

static struct sj_key key_of(struct sj_db *db, uint32_t content)
{
    struct sj_content known_content = {0};
    if (content) {
        (void)sj_db_content(db, content, &known_content);
    }
    return known_content.key;
}

static int compare_inputs(const struct sj_ground *ground, const struct sj_finding *found,
                          struct sj_explanation *out)
{
    struct sj_db *db = ground->report.db;
    SJ_AUTO(sj_auto_free) struct sj_input_difference *inputs = NULL;
    size_t count = 0;
    int status =
        sj_inputs_compare(db, found->reference->state, found->sample->state, &inputs, &count);
    if (status < 0) {
        out->is_inputs_gone = true;
        return status == -ENOENT ? 0 : status;
    }
    out->inputs = sj_calloc(count + 1, sizeof *out->inputs);
    for (size_t i = 0; i < count; i++) {
        bool was = inputs[i].need_before != 0;
        bool is = inputs[i].need_after != 0;
        out->inputs[out->input_count++] = (struct sj_input_change){
            .kind = was && is ? SJ_INPUT_CHANGED
                    : is      ? SJ_INPUT_ADDED
                              : SJ_INPUT_REMOVED,
            .need = is ? inputs[i].need_after : inputs[i].need_before,
            .path = sj_strdup(sj_db_text(db, inputs[i].path)),
            .before = key_of(db, inputs[i].before),
            .after = key_of(db, inputs[i].after),
        };
    }
    return 0;
}

static enum sj_cause cause_of(const struct sj_finding *found)
{
    static const struct {
        enum sj_blame_kind kind;
        enum sj_cause cause;
    } causes[] = {
        {SJ_BLAME_ASKED, SJ_CAUSE_ASKED},  {SJ_BLAME_NOT_STORED, SJ_CAUSE_UNSTORED},
        {SJ_BLAME_EVICTED, SJ_CAUSE_GONE}, {SJ_BLAME_NOT_SHARED, SJ_CAUSE_GONE},
        {SJ_BLAME_RACE, SJ_CAUSE_GONE},
    };
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (found->count > 0 && found->causes[0].kind == causes[i].kind) {
            return found->reference ? causes[i].cause : SJ_CAUSE_NEW;
        }
    }
    return !found->reference ? SJ_CAUSE_NEW : found->components ? SJ_CAUSE_KEY : SJ_CAUSE_INPUTS;
}

static int explain(struct sj_ground *ground, const struct sj_unit *unit, uint32_t build,
                   struct sj_explanation *out, struct sj_finding *found, struct sj_err *err)
{
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(ground->causes, build, &count);
    const struct sj_sample *sample = NULL;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].unit == unit->number && samples[i].outcome == SJ_OUTCOME_MISS) {
            sample = &samples[i];
        }
    }
    if (!sample) {
        return SJ_DB_NONE;
    }
    int status = sj_causes_find(ground->causes, build, sample, found, err);
    if (status < 0) {
        return status;
    }
    keep(ground, unit, sample, ground->all.builds[build].build.id, &out->record);
    out->cause = cause_of(found);
    if (!found->reference) {
        return 0;
    }
    const char *earlier = ground->all.builds[found->reference_build].build.id;
    keep(ground, unit, found->reference, earlier, &out->earlier);
    out->components = found->components;
    const char *args = out->record.record.args;
    const char *earlier_args = out->earlier.record.args;
    // A hit's command line is not kept.
    if (out->components && args && earlier_args) {
        sj_explain_words(earlier_args, args, &out->words, &out->word_count);
    }
    return compare_inputs(ground, found, out);
}

int sj_explain_recorded(struct sj_ground *ground, const char *unit, struct sj_explanation *out,
                        struct sj_finding *found, struct sj_err *err)
{
    struct sj_unit known_unit = {0};
    uint32_t build = UINT32_MAX;
    int status = find_unit(ground, unit, &known_unit);
    if (status == 0) {
        status = find_build(ground, &known_unit, &build);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot read the records of '%.100s'", unit);
    }
    if (status == 0) {
        status = sj_ground_load(ground, build, err);
    }
    return status == 0 ? explain(ground, &known_unit, build, out, found, err) : status;
}
