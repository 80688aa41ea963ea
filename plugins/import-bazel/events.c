// SPDX-License-Identifier: Apache-2.0
// The Build Event Protocol as JSON, an event a line.
// Source: Bazel's build_event_stream.proto, of 4.2 and 7; names of metadata: BuildBuddy's
// documentation, "Build metadata".
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import-bazel/bazel.h"
#include "import-common/fields.h"
#include "import-common/page.h"
#include "import-common/text.h"
#include "import-common/walk.h"

/** What people tell Bazel of a build. */
enum fact {
    COMMIT,
    BRANCH,
    PULL,
    PROJECT,
    MACHINE,
    FACT_COUNT,
};

/** What they call it. */
static const struct {
    const char *name;
    enum fact fact;
} fact_names[] = {
    {"BRANCH_NAME", BRANCH},        {"BUILD_HOST", MACHINE},       {"BUILD_SCM_BRANCH", BRANCH},
    {"BUILD_SCM_REVISION", COMMIT}, {"COMMIT_SHA", COMMIT},        {"GIT_BRANCH", BRANCH},
    {"GIT_COMMIT", COMMIT},         {"PULL_REQUEST_NUMBER", PULL}, {"REPO_URL", PROJECT},
    {"STABLE_GIT_BRANCH", BRANCH},  {"STABLE_GIT_COMMIT", COMMIT}, {"STABLE_SCM_REVISION", COMMIT},
};

/** What is gathered over a file: one invocation. */
struct stream {
    const struct sj_import_sink *sink;
    char *id;
    char *job;
    char *facts[FACT_COUNT];
    int64_t start_ns;
    int64_t end_ns;
    int64_t cpu_ns;
    int32_t exit_status;
    uint64_t actions;
};

static void keep(char **at, const char *text)
{
    if (text && !*at) {
        *at = strdup(text); // NULL reads as not known
    }
}

static void take_fact(struct stream *stream, const char *name, const char *value)
{
    for (size_t i = 0; name && i < sizeof(fact_names) / sizeof(fact_names[0]); i++) {
        if (value && strcmp(name, fact_names[i].name) == 0) {
            keep(&stream->facts[fact_names[i].fact], value);
        }
    }
}

// Newer ones write a time, older ones milliseconds.
static int64_t time_of(struct import_fields fields, const char *time, const char *ms)
{
    int64_t ns = import_fields_time(fields, time);
    return ns != 0 ? ns : import_fields_units(fields, ms, IMPORT_NS_PER_MS);
}

static int take_started(struct stream *stream, struct import_fields event)
{
    struct import_fields started = import_fields_object(event, "started");
    if (stream->id) {
        import_fields_problem(event, "a second build in the file: its events count for the first");
    }
    keep(&stream->id, import_fields_text(started, "uuid"));
    keep(&stream->job, import_fields_text(started, "command"));
    if (stream->start_ns == 0) {
        stream->start_ns = time_of(started, "startTime", "startTimeMillis");
    }
    return 0;
}

static int take_finished(struct stream *stream, struct import_fields event)
{
    struct import_fields finished = import_fields_object(event, "finished");
    struct import_fields code = import_fields_object(finished, "exitCode");
    stream->end_ns = time_of(finished, "finishTime", "finishTimeMillis");
    // protobuf leaves zeros out
    int64_t status = code.object ? import_fields_number(code, "code", 0) : -1;
    stream->exit_status = status >= 0 && status <= 255 ? (int32_t)status : -1;
    return 0;
}

static int take_metadata(struct stream *stream, struct import_fields event)
{
    struct import_fields data =
        import_fields_object(import_fields_object(event, "buildMetadata"), "metadata");
    for (size_t i = 0; data.object && i < sizeof(fact_names) / sizeof(fact_names[0]); i++) {
        take_fact(stream, fact_names[i].name, import_fields_text(data, fact_names[i].name));
    }
    return 0;
}

static int take_status(struct stream *stream, struct import_fields event)
{
    const json_t *items =
        import_fields_array(import_fields_object(event, "workspaceStatus"), "item");
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct import_fields item = import_fields_of(event, json_array_get(items, i));
        take_fact(stream, import_fields_text(item, "key"), import_fields_text(item, "value"));
    }
    return 0;
}

static int take_metrics(struct stream *stream, struct import_fields event)
{
    struct import_fields timing =
        import_fields_object(import_fields_object(event, "buildMetrics"), "timingMetrics");
    stream->cpu_ns = import_fields_units(timing, "cpuTimeInMs", IMPORT_NS_PER_MS);
    return 0;
}

static int32_t exit_of(struct import_fields action, bool is_good)
{
    struct import_fields spawn =
        import_fields_object(import_fields_object(action, "failureDetail"), "spawn");
    int64_t code = import_fields_number(spawn, "spawnExitCode", 0);
    if (code == 0) {
        code = import_fields_number(action, "exitCode", 0);
    }
    if (code == 0 && !is_good) {
        code = 1;
    }
    return code >= 0 && code <= INT32_MAX ? (int32_t)code : -1;
}

// When an action ran and whether a cache had it is told by newer ones only, if at all.
static int take_action(struct stream *stream, struct import_fields event)
{
    struct import_fields id =
        import_fields_object(import_fields_object(event, "id"), "actionCompleted");
    struct import_fields action = import_fields_object(event, "action");
    const char *name = import_fields_text(id, "primaryOutput");
    if (!name) {
        name = import_fields_text(id, "label");
    }
    if (!name) {
        import_fields_problem(event, "an action without an output was left out");
        return 0;
    }
    bool is_good = import_fields_bool(action, "success");
    int64_t start_ns = import_fields_time(action, "startTime");
    int64_t end_ns = import_fields_time(action, "endTime");
    char *args = import_fields_join(action, "commandLine", " ");
    struct sj_import_unit unit = {
        .build = stream->id,
        .name = name,
        .tool = import_fields_text(action, "type"),
        .args = args,
        .start_ns = start_ns,
        .wall_ns = start_ns > 0 && end_ns > start_ns ? end_ns - start_ns : 0,
        .exit_status = exit_of(action, is_good),
        .outcome = is_good ? SJ_IMPORT_UNKNOWN : SJ_IMPORT_FAILED,
    };
    stream->actions++;
    int status = stream->sink->unit(stream->sink->user, &unit);
    free(args);
    return status;
}

static enum sj_import_outcome outcome_of_test(struct import_fields result)
{
    const char *status = import_fields_text(result, "status");
    if (status && strcmp(status, "PASSED") != 0 && strcmp(status, "FLAKY") != 0) {
        return SJ_IMPORT_FAILED;
    }
    bool is_hit =
        import_fields_bool(result, "cachedLocally") ||
        import_fields_bool(import_fields_object(result, "executionInfo"), "cachedRemotely");
    return is_hit ? SJ_IMPORT_HIT : SJ_IMPORT_MISS;
}

static int take_test(struct stream *stream, struct import_fields event)
{
    struct import_fields id = import_fields_object(import_fields_object(event, "id"), "testResult");
    struct import_fields result = import_fields_object(event, "testResult");
    const char *label = import_fields_text(id, "label");
    if (!label) {
        import_fields_problem(event, "a test without a label was left out");
        return 0;
    }
    char *name = NULL;
    if (asprintf(&name, "test %s run %" PRId64 " shard %" PRId64, label,
                 import_fields_number(id, "run", 1), import_fields_number(id, "shard", 1)) < 0) {
        return -ENOMEM;
    }
    struct sj_import_unit unit = {
        .build = stream->id,
        .name = name,
        .tool = "test",
        .start_ns = time_of(result, "testAttemptStart", "testAttemptStartMillisEpoch"),
        .wall_ns = import_fields_seconds(result, "testAttemptDuration"),
        .outcome = outcome_of_test(result),
    };
    if (unit.wall_ns == 0) {
        unit.wall_ns = import_fields_units(result, "testAttemptDurationMillis", IMPORT_NS_PER_MS);
    }
    if (unit.outcome == SJ_IMPORT_HIT) {
        // The time is that of the run that the cache has kept.
        unit.saved_ns = unit.wall_ns;
        unit.start_ns = 0;
        unit.wall_ns = 0;
    }
    unit.exit_status = unit.outcome == SJ_IMPORT_FAILED ? 1 : 0;
    int status = stream->sink->unit(stream->sink->user, &unit);
    free(name);
    return status;
}

/** Events that tell something, by the member of `id`. */
static const struct {
    const char *id;
    int (*take)(struct stream *stream, struct import_fields event);
} events[] = {
    {"started", take_started},        {"buildMetadata", take_metadata},
    {"workspaceStatus", take_status}, {"actionCompleted", take_action},
    {"testResult", take_test},        {"buildFinished", take_finished},
    {"buildMetrics", take_metrics},
};

static int take_event(void *user, const char *member, json_t *value, uint64_t where)
{
    (void)member;
    struct stream *stream = user;
    struct import_fields event = {value, stream->sink, where};
    struct import_fields id = import_fields_object(event, "id");
    if (!id.object) {
        import_fields_problem(event, "something that is no event was left out");
        return 0;
    }
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (json_object_get(id.object, events[i].id)) {
            return events[i].take(stream, event);
        }
    }
    return 0;
}

static int tell_build(struct stream *stream)
{
    char *project = import_page_project(stream->facts[PROJECT], ".git");
    struct sj_import_build build = {
        .id = stream->id,
        .system = "bazel",
        .job = stream->job,
        .commit = stream->facts[COMMIT],
        .branch = stream->facts[BRANCH],
        .pull = stream->facts[PULL],
        .machine = stream->facts[MACHINE],
        .project = project,
        .start_ns = stream->start_ns,
        .cpu_ns = stream->cpu_ns,
        .exit_status = stream->exit_status,
    };
    if (stream->start_ns > 0 && stream->end_ns > stream->start_ns) {
        build.wall_ns = stream->end_ns - stream->start_ns;
    }
    int status = stream->sink->build(stream->sink->user, &build);
    free(project);
    return status;
}

static int read_events(const struct sj_import_source *source, const struct sj_import_sink *sink,
                       char *problem, size_t len)
{
    struct stream stream = {.sink = sink, .exit_status = -1};
    struct import_walk walk = {
        .source = source, .sink = sink, .visit = take_event, .user = &stream};
    int status = import_walk_run(&walk, problem, len);
    if (status == 0 || status == -EBADMSG) {
        int told = tell_build(&stream);
        status = told < 0 ? told : status;
    }
    if (stream.actions == 0) {
        sink->problem(sink->user, 0,
                      "it tells of no action: --build_event_publish_all_actions makes it");
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        free(stream.facts[i]);
    }
    free(stream.job);
    free(stream.id);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"{\"id\":{\"started\":", "\"children\"", NULL};
    return import_walk_looks(source, '{', texts) ? 95 : 0;
}

const struct sj_import_format sj_bazel_events = {
    .name = "bazel-events",
    .summary = "build events of Bazel: --build_event_json_file=FILE",
    .detect = detect,
    .read = read_events,
};
