// SPDX-License-Identifier: Apache-2.0
// Source: GitLab, REST API, "Jobs API": list pipeline jobs.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import-common/fields.h"
#include "import-common/page.h"
#include "import-common/text.h"
#include "import-common/walk.h"
#include "import-gitlab/gitlab.h"

/** How a job's status ends it. Others have not ended. */
static const struct {
    const char *status;
    int32_t exit_status;
} endings[] = {
    {"success", 0},
    {"failed", 1},
    {"canceled", 1},
};

static bool is_ended(const char *status, int32_t *exit_status)
{
    for (size_t i = 0; status && i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (strcmp(status, endings[i].status) == 0) {
            *exit_status = endings[i].exit_status;
            return true;
        }
    }
    return false;
}

// "refs/merge-requests/12/head" gives "12".
static char *pull_of(const char *ref)
{
    static const char begin[] = "refs/merge-requests/";
    if (!ref || strncmp(ref, begin, sizeof(begin) - 1) != 0) {
        return NULL;
    }
    const char *number = ref + sizeof(begin) - 1;
    size_t len = strspn(number, "0123456789");
    return len > 0 ? strndup(number, len) : NULL;
}

static int tell_span(struct import_fields job, const char *build, const char *name,
                     const char *detail, int64_t start_ns, int64_t wall_ns)
{
    struct sj_import_span span = {
        .build = build,
        .name = name,
        .detail = detail,
        .start_ns = start_ns,
        .wall_ns = wall_ns,
    };
    return start_ns > 0 && wall_ns > 0 ? job.sink->span(job.sink->user, &span) : 0;
}

static int64_t wall_of(struct import_fields job, int64_t start_ns, int64_t end_ns)
{
    if (start_ns > 0 && end_ns >= start_ns) {
        return end_ns - start_ns;
    }
    if (end_ns > 0 && start_ns > 0) {
        import_fields_problem(job, "a job ends before it starts");
    }
    return import_fields_seconds(job, "duration");
}

static int tell_job(struct import_fields job, const char *id, int32_t exit_status)
{
    char run[32];
    const char *ref = import_fields_text(job, "ref");
    const char *url = import_fields_text(job, "web_url");
    struct import_fields pipeline = import_fields_object(job, "pipeline");
    int64_t start_ns = import_fields_time(job, "started_at");
    char *project = import_page_project(url, "/-/");
    char *pull = pull_of(ref);
    struct sj_import_build build = {
        .id = id,
        .system = "gitlab",
        .job = import_fields_text(job, "name"),
        .run = import_fields_id(pipeline, "id", run, sizeof(run)),
        .commit = import_fields_text(import_fields_object(job, "commit"), "id"),
        .branch = pull ? NULL : ref,
        .pull = pull,
        .machine = import_fields_text(import_fields_object(job, "runner"), "description"),
        .url = url,
        .project = project,
        .start_ns = start_ns,
        .wall_ns = wall_of(job, start_ns, import_fields_time(job, "finished_at")),
        .queued_ns = import_fields_seconds(job, "queued_duration"),
        .exit_status = exit_status,
    };
    int status = job.sink->build(job.sink->user, &build);
    if (status == 0 && start_ns > build.queued_ns) {
        status = tell_span(job, id, "queue", NULL, start_ns - build.queued_ns, build.queued_ns);
    }
    free(pull);
    free(project);
    return status;
}

static int take_job(void *user, const char *member, json_t *value, uint64_t where)
{
    (void)member;
    struct import_fields job = {value, user, where};
    char buffer[32];
    const char *id = import_fields_id(job, "id", buffer, sizeof(buffer));
    if (!id || !json_object_get(value, "stage")) {
        import_fields_problem(job, "something that is no job was left out");
        return 0;
    }
    int32_t exit_status;
    if (!is_ended(import_fields_text(job, "status"), &exit_status)) {
        import_fields_problem(job, "a job that has not ended, or never ran, was left out");
        return 0;
    }
    if (!import_fields_text(job, "started_at")) {
        import_fields_problem(job, "a job that never started was left out");
        return 0;
    }
    return tell_job(job, id, exit_status);
}

static int read_jobs(const struct sj_import_source *source, const struct sj_import_sink *sink,
                     char *problem, size_t len)
{
    struct sj_import_sink copy = *sink; // the visit's pointer is not to const
    struct import_walk walk = {.source = source, .sink = sink, .visit = take_job, .user = &copy};
    return import_walk_run(&walk, problem, len);
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"pipeline\"", "\"stage\"", "\"web_url\"", NULL};
    return import_walk_looks(source, '[', texts)   ? 90
           : import_walk_looks(source, '{', texts) ? 70
                                                   : 0;
}

const struct sj_import_format sj_gitlab_jobs = {
    .name = "gitlab-jobs",
    .summary = "jobs of GitLab CI: the REST API's projects/ID/pipelines/ID/jobs",
    .detect = detect,
    .read = read_jobs,
};
