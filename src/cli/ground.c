// SPDX-License-Identifier: Apache-2.0
#include "cli/ground.h"

#include <stdlib.h>
#include <string.h>

#include "cli/reason.h"
#include "cli/ui.h"

#define FILES_SHOWN   5  // of a cause
#define CAUSES_SHOWN  20 // of a compile
#define SUBJECT_WIDTH 60

void sj_ground_close(struct sj_ground *ground)
{
    if (ground) {
        sj_causes_close(ground->causes);
        sj_view_release(&ground->all);
        sj_pool_release(&ground->pool);
        sj_report_close(&ground->report);
        *ground = (struct sj_ground){0};
    }
}

static bool is_build(const struct sj_build *build, const char *id)
{
    return strcmp(id, "last") == 0 || strcmp(build->id, id) == 0;
}

// The project of a build, where the repository at hand, or there being several, hides it.
static int find_project(struct sj_report *report, const char *id, struct sj_err *err)
{
    bool is_last = strcmp(id, "last") == 0;
    if (is_last && report->filter.project) {
        return 0;
    }
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter filter = {.id = is_last ? NULL : id};
    int status = sj_db_builds(report->db, &filter, &builds, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    for (size_t i = count; i-- > 0;) {
        if (is_build(&builds[i], id)) {
            report->filter.project = builds[i].project;
            return 0;
        }
    }
    return 0;
}

int sj_ground_open(const struct sj_invocation *call, const char *build, struct sj_ground *out,
                   struct sj_err *err)
{
    int status = sj_report_open(call, &out->report, err);
    if (status == 0 && build) {
        status = find_project(&out->report, build, err);
    }
    if (status != 0) {
        return status;
    }
    const struct sj_view_filter filter = {.project = out->report.filter.project};
    status = sj_view_load(out->report.db, out->report.repo, out->report.history, &filter, 0,
                          &out->all, err);
    if (status == 0) {
        out->causes = sj_causes_open(&out->all, &out->pool);
    }
    return status;
}

uint32_t sj_ground_build(const struct sj_ground *ground, const char *id)
{
    uint32_t found = UINT32_MAX;
    for (size_t i = 0; i < ground->all.build_count; i++) {
        const struct sj_build *build = &ground->all.builds[i].build;
        if (is_build(build, id) && build->id[0] &&
            (found == UINT32_MAX || build->start_ns > ground->all.builds[found].build.start_ns)) {
            found = (uint32_t)i;
        }
    }
    return found;
}

int sj_ground_load(struct sj_ground *ground, uint32_t build, struct sj_err *err)
{
    if (ground->has_loaded && ground->loaded == build) {
        return 0;
    }
    ground->has_loaded = false;
    int status = sj_causes_load(ground->causes, &build, 1, err);
    if (status == 0) {
        ground->loaded = build;
        ground->has_loaded = true;
    }
    return status;
}

int sj_ground_find(struct sj_ground *ground, const struct sj_record *record, struct sj_finding *out,
                   struct sj_err *err)
{
    uint32_t build = record->build ? sj_ground_build(ground, record->build) : UINT32_MAX;
    if (build == UINT32_MAX) {
        return SJ_DB_NONE;
    }
    int status = sj_ground_load(ground, build, err);
    if (status < 0) {
        return status;
    }
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(ground->causes, build, &count);
    for (size_t i = 0; i < count; i++) {
        // The database keeps microseconds; no two records of one process begin in one.
        if (samples[i].start_ns / 1000 == record->start_ns / 1000 &&
            samples[i].outcome == record->outcome &&
            samples[i].cpu_ns == record->user_ns + record->system_ns) {
            return sj_causes_find(ground->causes, build, &samples[i], out, err);
        }
    }
    return SJ_DB_NONE;
}

static size_t count_files(const struct sj_finding *finding, size_t first)
{
    size_t files = 1;
    while (first + files < finding->count &&
           sj_blame_same(&finding->causes[first], &finding->causes[first + files])) {
        files++;
    }
    return files;
}

static const struct sj_commit *commit_of(const struct sj_ground *ground, const struct sj_oid *id,
                                         uint32_t *place)
{
    const struct sj_history *history = ground->report.history;
    size_t count;
    *place = history ? sj_history_find(history, id) : SJ_NO_COMMIT;
    return *place == SJ_NO_COMMIT ? NULL : &sj_history_commits(history, &count)[*place];
}

static void add_cause(const struct sj_ground *ground, const struct sj_blame *cause,
                      struct sj_buf *out)
{
    if (cause->kind != SJ_BLAME_COMMIT) {
        sj_buf_addf(out, "%s: %s", sj_blame_name(cause->kind),
                    *cause->why ? sj_reason_text(cause->why) : sj_blame_text(cause->kind));
        return;
    }
    uint32_t place;
    const struct sj_commit *commit = commit_of(ground, &cause->commit, &place);
    if (commit) {
        sj_report_commit(&ground->report, place, SUBJECT_WIDTH, out);
        sj_buf_addf(out, " (%s)", commit->author);
    } else {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&cause->commit, hex);
        sj_buf_addf(out, "%.10s (not in this repository)", hex);
    }
    sj_buf_adds(out, cause->is_inferred ? " ?" : "");
}

static void add_files(const struct sj_blame *files, size_t count, struct sj_buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < count && i < FILES_SHOWN; i++) {
        if (files[i].path[0]) {
            sj_buf_addf(out, "%s%s", is_first ? ": " : ", ", files[i].path);
            is_first = false;
        }
    }
    if (count > FILES_SHOWN) {
        sj_buf_addf(out, " and %zu more", count - FILES_SHOWN);
    }
}

void sj_ground_print(const struct sj_ground *ground, const struct sj_finding *finding,
                     struct sj_buf *out)
{
    size_t shown = 0;
    size_t at = 0;
    sj_buf_adds(out, finding->count ? "  put down to\n" : "");
    while (at < finding->count && shown < CAUSES_SHOWN) {
        size_t files = count_files(finding, at);
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        add_cause(ground, &finding->causes[at], &text);
        add_files(&finding->causes[at], files, &text);
        sj_buf_adds(out, "    ");
        sj_ui_text(out, sj_buf_text(&text));
        sj_buf_addc(out, '\n');
        at += files;
        shown++;
    }
    if (at < finding->count) {
        sj_buf_adds(out, "    and more: --json lists them all\n");
    }
}

void sj_ground_short(const struct sj_ground *ground, const struct sj_finding *finding,
                     struct sj_buf *out)
{
    if (finding->count == 0) {
        sj_buf_addc(out, '-');
        return;
    }
    size_t files = count_files(finding, 0);
    add_cause(ground, &finding->causes[0], out);
    if (finding->causes[0].path[0]) {
        sj_buf_addf(out, ": %s", finding->causes[0].path);
        if (files > 1) {
            sj_buf_addf(out, " and %zu more", files - 1);
        }
    }
    size_t others = 0;
    for (size_t at = files; at < finding->count; at += count_files(finding, at)) {
        others++;
    }
    if (others > 0) {
        sj_buf_addf(out, "; %zu more", others);
    }
}

void sj_ground_json(const struct sj_ground *ground, const struct sj_finding *finding,
                    struct sj_json *json)
{
    sj_json_open(json, "causes", '[');
    for (size_t i = 0; i < finding->count; i++) {
        const struct sj_blame *cause = &finding->causes[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "cause", sj_blame_name(cause->kind));
        sj_json_str(json, "group", sj_blame_group_name(sj_blame_group(cause->kind)));
        if (cause->kind == SJ_BLAME_COMMIT) {
            char hex[SJ_OID_HEX_SIZE];
            uint32_t place;
            const struct sj_commit *commit = commit_of(ground, &cause->commit, &place);
            sj_oid_hex(&cause->commit, hex);
            sj_json_str(json, "commit", hex);
            sj_json_str(json, "subject", commit ? commit->subject : NULL);
            sj_json_str(json, "author", commit ? commit->author : NULL);
            sj_json_str(json, "email", commit ? commit->email : NULL);
        }
        sj_json_str(json, "path", cause->path[0] ? cause->path : NULL);
        sj_json_str(json, "way", sj_blame_via_name(cause->via));
        sj_json_bool(json, "is_inferred", cause->is_inferred);
        sj_json_str(json, "why", cause->why[0] ? cause->why : NULL);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}
