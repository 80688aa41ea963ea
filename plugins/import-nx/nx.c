// SPDX-License-Identifier: Apache-2.0
// What Nx leaves of a run: run.json in its cache folder, and the profile that NX_PROFILE asks for.
// Source: Nx 24, store-run-information-life-cycle and task-profiling-life-cycle.
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <scrubjay/import.h>

#include "import-common/fields.h"
#include "import-common/text.h"
#include "import-common/walk.h"

/** What is gathered over a file. */
struct run {
    const struct sj_import_sink *sink;
    struct import_fields about; /**< "run" of run.json; its object is held */
    json_t *held;
    int64_t start_ns;
    int64_t end_ns;
    bool is_failed;
};

static bool is_text(const char *text, const char *wanted)
{
    return text && strcmp(text, wanted) == 0;
}

static void note_times(struct run *run, const struct sj_import_unit *unit)
{
    int64_t end_ns = import_plus(unit->start_ns, unit->wall_ns);
    if (run->start_ns == 0 || unit->start_ns < run->start_ns) {
        run->start_ns = unit->start_ns;
    }
    run->end_ns = end_ns > run->end_ns ? end_ns : run->end_ns;
    run->is_failed = run->is_failed || unit->outcome == SJ_IMPORT_FAILED;
}

static int take_task(struct run *run, struct import_fields task)
{
    const char *cache = import_fields_text(task, "cacheStatus");
    int64_t start_ns = import_fields_time(task, "startTime");
    int64_t end_ns = import_fields_time(task, "endTime");
    int64_t code = import_fields_number(task, "status", 0);
    struct sj_import_unit unit = {
        .name = import_fields_text(task, "taskId"),
        .tool = import_fields_text(task, "target"),
        .key = import_fields_text(task, "hash"),
        .start_ns = start_ns,
        .exit_status = code >= 0 && code <= INT32_MAX ? (int32_t)code : -1,
        .outcome = SJ_IMPORT_MISS,
    };
    if (!unit.name) {
        import_fields_problem(task, "a task without an id was left out");
        return 0;
    }
    if (code != 0) {
        unit.outcome = SJ_IMPORT_FAILED;
    } else if (is_text(cache, "local-cache-hit") || is_text(cache, "remote-cache-hit")) {
        unit.outcome = SJ_IMPORT_HIT;
    }
    if (end_ns >= start_ns) {
        unit.wall_ns = end_ns - start_ns;
    } else {
        import_fields_problem(task, "a task ends before it starts");
    }
    note_times(run, &unit);
    return run->sink->unit(run->sink->user, &unit);
}

static int take_run(void *user, const char *member, json_t *value, uint64_t where)
{
    struct run *run = user;
    struct import_fields fields = {value, run->sink, where};
    if (!member) {
        return take_task(run, fields);
    }
    if (strcmp(member, "run") == 0 && !run->held) {
        run->held = json_incref(value);
        run->about = import_fields_of(fields, value);
    }
    return 0;
}

static int tell_build(const struct run *run)
{
    int64_t start_ns = import_fields_time(run->about, "startTime");
    int64_t end_ns = import_fields_time(run->about, "endTime");
    struct sj_import_build build = {
        .system = "nx",
        .job = import_fields_text(run->about, "command"),
        .start_ns = start_ns != 0 ? start_ns : run->start_ns,
        .exit_status = run->is_failed ? 1 : 0,
    };
    end_ns = end_ns != 0 ? end_ns : run->end_ns;
    build.wall_ns = end_ns > build.start_ns ? end_ns - build.start_ns : 0;
    return run->sink->build(run->sink->user, &build);
}

static int read_with(const struct sj_import_source *source, struct run *run, const char *array,
                     int (*visit)(void *, const char *, json_t *, uint64_t), char *problem,
                     size_t len)
{
    struct import_walk walk = {
        .source = source, .sink = run->sink, .array = array, .visit = visit, .user = run};
    int status = import_walk_run(&walk, problem, len);
    if (status == 0 || status == -EBADMSG) {
        int told = tell_build(run);
        status = told < 0 ? told : status;
    }
    json_decref(run->held);
    return status;
}

static int read_run(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *problem, size_t len)
{
    struct run run = {.sink = sink, .about = {NULL, sink, 0}};
    return read_with(source, &run, "tasks", take_run, problem, len);
}

static int detect_run(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"taskId\"", "\"cacheStatus\"", "\"projectName\"", NULL};
    return import_walk_looks(source, '{', texts) ? 95 : 0;
}

/** How a task of a profile ended. Others, such as "skipped", did not run. */
static const struct {
    const char *status;
    enum sj_import_outcome outcome;
} statuses[] = {
    {"success", SJ_IMPORT_MISS},     {"failure", SJ_IMPORT_FAILED},
    {"local-cache", SJ_IMPORT_HIT},  {"local-cache-kept-existing", SJ_IMPORT_HIT},
    {"remote-cache", SJ_IMPORT_HIT},
};

static bool outcome_of(const char *status, enum sj_import_outcome *outcome)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (is_text(status, statuses[i].status)) {
            *outcome = statuses[i].outcome;
            return true;
        }
    }
    return false;
}

static int take_event(void *user, const char *member, json_t *value, uint64_t where)
{
    (void)member;
    struct run *run = user;
    struct import_fields event = {value, run->sink, where};
    if (!is_text(import_fields_text(event, "ph"), "X")) {
        return 0; // names of threads
    }
    struct import_fields args = import_fields_object(event, "args");
    struct sj_import_unit unit = {
        .name = import_fields_text(event, "name"),
        .tool = import_fields_text(import_fields_object(args, "target"), "target"),
        .start_ns = import_fields_units(event, "ts", IMPORT_NS_PER_US),
        .wall_ns = import_fields_units(event, "dur", IMPORT_NS_PER_US),
    };
    if (!unit.name) {
        import_fields_problem(event, "a task without an id was left out");
        return 0;
    }
    if (!outcome_of(import_fields_text(args, "status"), &unit.outcome)) {
        import_fields_problem(event, "a task that never ran was left out");
        return 0;
    }
    unit.exit_status = unit.outcome == SJ_IMPORT_FAILED ? 1 : 0;
    note_times(run, &unit);
    return run->sink->unit(run->sink->user, &unit);
}

static int read_profile(const struct sj_import_source *source, const struct sj_import_sink *sink,
                        char *problem, size_t len)
{
    struct run run = {.sink = sink, .about = {NULL, sink, 0}};
    return read_with(source, &run, NULL, take_event, problem, len);
}

static int detect_profile(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"ph\"", "\"Group #", "\"target\"", "\"project\"", NULL};
    return import_walk_looks(source, '[', texts) ? 90 : 0;
}

static const struct sj_import_format run_format = {
    .name = "nx-run",
    .summary = "what Nx leaves of its latest run: run.json in its cache folder",
    .detect = detect_run,
    .read = read_run,
};

static const struct sj_import_format profile_format = {
    .name = "nx-profile",
    .summary = "profile of Nx: NX_PROFILE=FILE nx …",
    .detect = detect_profile,
    .read = read_profile,
};

static const struct sj_import_format *const formats[] = {&run_format, &profile_format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "nx",
    .formats = formats,
};
