// SPDX-License-Identifier: Apache-2.0
// Jobs of GitHub Actions, as the REST API gives them.
// Source: GitHub REST API, "List jobs for a workflow run", schema "Job".
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/import.h>

#include "import-common/fields.h"
#include "import-common/page.h"
#include "import-common/walk.h"

/** What a step is, by how its name begins. */
static const struct {
    const char *begin;
    const char *phase;
} step_phases[] = {
    {"Set up job", "setup"},
    {"Initialize containers", "setup"},
    {"Run actions/checkout@", "checkout"},
    {"Checkout", "checkout"},
    {"Run actions/cache", "cache"},
    {"Run actions/setup-", "setup"},
    {"Run actions/upload-artifact@", "upload"},
    {"Run actions/download-artifact@", "download"},
    {"Post ", "cleanup"},
    {"Stop containers", "cleanup"},
    {"Complete job", "cleanup"},
};

static const char *phase_of(const char *step)
{
    for (size_t i = 0; i < sizeof(step_phases) / sizeof(step_phases[0]); i++) {
        if (strncmp(step, step_phases[i].begin, strlen(step_phases[i].begin)) == 0) {
            return step_phases[i].phase;
        }
    }
    return step;
}

static bool is_text(const char *text, const char *wanted)
{
    return text && strcmp(text, wanted) == 0;
}

static int32_t exit_of(const char *conclusion)
{
    if (!conclusion) {
        return -1;
    }
    return is_text(conclusion, "success") || is_text(conclusion, "neutral") ? 0 : 1;
}

static int64_t between(struct import_fields fields, int64_t from_ns, int64_t to_ns,
                       const char *problem)
{
    if (from_ns == 0 || to_ns == 0) {
        return 0;
    }
    if (to_ns < from_ns) {
        import_fields_problem(fields, problem);
        return 0;
    }
    return to_ns - from_ns;
}

static int tell_step(const char *build, struct import_fields step)
{
    const char *name = import_fields_text(step, "name");
    int64_t start_ns = import_fields_time(step, "started_at");
    int64_t end_ns = import_fields_time(step, "completed_at");
    if (is_text(import_fields_text(step, "conclusion"), "skipped") || start_ns == 0) {
        return 0; // it never ran: no time is lost
    }
    if (!name || end_ns == 0) {
        import_fields_problem(step, "a step without a name or an end was left out");
        return 0;
    }
    const char *phase = phase_of(name);
    struct sj_import_span span = {
        .build = build,
        .name = phase,
        .detail = phase == name ? NULL : name,
        .start_ns = start_ns,
        .wall_ns = between(step, start_ns, end_ns, "a step ends before it starts"),
    };
    return step.sink->span(step.sink->user, &span);
}

static int tell_queue(const char *build, struct import_fields job, int64_t created_ns,
                      int64_t queued_ns)
{
    struct sj_import_span span = {
        .build = build,
        .name = "queue",
        .start_ns = created_ns,
        .wall_ns = queued_ns,
    };
    return queued_ns > 0 ? job.sink->span(job.sink->user, &span) : 0;
}

static int tell_steps(const char *build, struct import_fields job)
{
    const json_t *steps = import_fields_array(job, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        struct import_fields step = import_fields_of(job, json_array_get(steps, i));
        if (!step.object) {
            import_fields_problem(job, "a step that is no object was left out");
            continue;
        }
        int status = tell_step(build, step);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int tell_job(struct import_fields job, const char *id)
{
    char run[32];
    char attempt[32];
    int64_t created_ns = import_fields_time(job, "created_at");
    int64_t start_ns = import_fields_time(job, "started_at");
    int64_t end_ns = import_fields_time(job, "completed_at");
    const char *url = import_fields_text(job, "html_url");
    char *project = import_page_project(url, "/actions/");
    struct sj_import_build build = {
        .id = id,
        .system = "github",
        .job = import_fields_text(job, "name"),
        .run = import_fields_id(job, "run_id", run, sizeof(run)),
        .commit = import_fields_text(job, "head_sha"),
        .branch = import_fields_text(job, "head_branch"),
        .attempt = import_fields_id(job, "run_attempt", attempt, sizeof(attempt)),
        .machine = import_fields_text(job, "runner_name"),
        .url = url,
        .project = project,
        .start_ns = start_ns,
        .wall_ns = between(job, start_ns, end_ns, "a job ends before it starts"),
        .queued_ns = between(job, created_ns, start_ns, "a job starts before it was created"),
        .exit_status = exit_of(import_fields_text(job, "conclusion")),
    };
    int status = job.sink->build(job.sink->user, &build);
    if (status == 0) {
        status = tell_queue(id, job, created_ns, build.queued_ns);
    }
    if (status == 0) {
        status = tell_steps(id, job);
    }
    free(project);
    return status;
}

static int take_job(void *user, const char *member, json_t *value, uint64_t where)
{
    if (member) {
        return 0; // total_count
    }
    struct import_fields job = {value, user, where};
    char buffer[32];
    const char *id = import_fields_id(job, "id", buffer, sizeof(buffer));
    if (!id || !json_object_get(value, "run_id")) {
        import_fields_problem(job, "something that is no job was left out");
        return 0;
    }
    if (is_text(import_fields_text(job, "conclusion"), "skipped")) {
        import_fields_problem(job, "a job that was skipped was left out");
        return 0;
    }
    if (!is_text(import_fields_text(job, "status"), "completed")) {
        import_fields_problem(job, "a job that has not ended was left out");
        return 0;
    }
    return tell_job(job, id);
}

static int read_jobs(const struct sj_import_source *source, const struct sj_import_sink *sink,
                     char *problem, size_t len)
{
    // The visit takes nothing but the sink, which is only called.
    struct import_walk walk = {.source = source, .sink = sink, .array = "jobs", .visit = take_job};
    struct sj_import_sink copy = *sink;
    walk.user = &copy;
    return import_walk_run(&walk, problem, len);
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"run_id\"", "\"jobs\"", "\"head_sha\"", NULL};
    static const char *const list[] = {"\"run_id\"", "\"runner_name\"", "\"steps\"", NULL};
    if (import_walk_looks(source, '{', texts)) {
        return 95;
    }
    return import_walk_looks(source, '[', texts) || import_walk_looks(source, '[', list) ? 80 : 0;
}

static const struct sj_import_format format = {
    .name = "github-jobs",
    .summary = "jobs of GitHub Actions: gh api --paginate repos/O/R/actions/runs/ID/jobs",
    .detect = detect,
    .read = read_jobs,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "github",
    .formats = formats,
};
