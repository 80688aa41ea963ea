// SPDX-License-Identifier: Apache-2.0
// Run summaries of Turborepo: `turbo run --summarize` leaves .turbo/runs/ID.json.
// Source: Turborepo's crates/turborepo-run-summary, version 1 of the format, of Turborepo 2.11.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/import.h>

#include "import-common/fields.h"
#include "import-common/text.h"
#include "import-common/walk.h"

/** What is gathered over a file. Values are held. */
struct run {
    const struct sj_import_sink *sink;
    json_t *id;
    json_t *execution;
    json_t *scm;
    json_t *global; /**< globalCacheInputs: their files are inputs of every task */
};

static const char *id_of(const struct run *run)
{
    const char *id = json_string_value(run->id);
    return id && *id ? id : NULL;
}

// A hash of 40 digits is git's name of the file's content.
static int tell_input(const struct run *run, const char *unit, const char *folder, const char *path,
                      const json_t *value)
{
    const char *hash = json_string_value(value);
    char git[48];
    if (hash && strlen(hash) == 40 && strspn(hash, "0123456789abcdef") == 40) {
        (void)snprintf(git, sizeof(git), "git:%s", hash);
        hash = git;
    }
    char *whole = NULL;
    if (asprintf(&whole, "%s%s%s", folder ? folder : "", folder ? "/" : "", path) < 0) {
        return -ENOMEM;
    }
    struct sj_import_input input = {.build = id_of(run), .unit = unit, .path = whole, .hash = hash};
    int status = run->sink->input(run->sink->user, &input);
    free(whole);
    return status;
}

// Inputs are an object here: path and hash.
static int tell_inputs(const struct run *run, struct import_fields inputs, const char *unit,
                       const char *folder)
{
    if (!inputs.object) {
        return 0;
    }
    // jansson walks an object by a pointer that is not to const, and changes nothing.
    json_t *object = json_incref((json_t *)(uintptr_t)inputs.object);
    const char *path;
    json_t *value;
    int status = 0;
    json_object_foreach(object, path, value)
    {
        status = *path ? tell_input(run, unit, folder, path, value) : 0;
        if (status < 0) {
            break;
        }
    }
    json_decref(object);
    return status;
}

static enum sj_import_outcome outcome_of(struct import_fields task, struct import_fields cache,
                                         int64_t exit_code)
{
    const char *status = import_fields_text(cache, "status");
    struct import_fields definition = import_fields_object(task, "resolvedTaskDefinition");
    if (exit_code != 0) {
        return SJ_IMPORT_FAILED;
    }
    if (status && strcmp(status, "HIT") == 0) {
        return SJ_IMPORT_HIT;
    }
    return json_is_false(json_object_get(definition.object, "cache")) ? SJ_IMPORT_UNCACHED
                                                                      : SJ_IMPORT_MISS;
}

static int tell_task(struct run *run, struct import_fields task, const char *name)
{
    struct import_fields execution = import_fields_object(task, "execution");
    struct import_fields cache = import_fields_object(task, "cache");
    const char *folder = import_fields_text(task, "directory");
    int64_t exit_code = import_fields_number(execution, "exitCode", 0);
    int64_t start_ns = import_fields_units(execution, "startTime", IMPORT_NS_PER_MS);
    int64_t end_ns = import_fields_units(execution, "endTime", IMPORT_NS_PER_MS);
    struct sj_import_unit unit = {
        .build = id_of(run),
        .name = name,
        .directory = folder,
        .tool = import_fields_text(task, "task"),
        .args = import_fields_text(task, "command"),
        .key = import_fields_text(task, "hash"),
        .start_ns = start_ns,
        .saved_ns = import_fields_units(cache, "timeSaved", IMPORT_NS_PER_MS),
        .exit_status = exit_code >= 0 && exit_code <= INT32_MAX ? (int32_t)exit_code : -1,
        .outcome = outcome_of(task, cache, exit_code),
    };
    if (end_ns >= start_ns) {
        unit.wall_ns = end_ns - start_ns;
    } else {
        import_fields_problem(task, "a task ends before it starts");
    }
    int status = run->sink->unit(run->sink->user, &unit);
    if (status == 0) {
        status = tell_inputs(run, import_fields_object(task, "inputs"), name, folder);
    }
    if (status == 0) {
        struct import_fields global = import_fields_of(task, run->global);
        status = tell_inputs(run, import_fields_object(global, "files"), name, NULL);
    }
    return status;
}

static int take_task(struct run *run, struct import_fields task)
{
    const char *name = import_fields_text(task, "taskId");
    if (!name) {
        // The summary of a run in a single package has no ids.
        name = import_fields_text(task, "task");
    }
    if (!name) {
        import_fields_problem(task, "a task without an id was left out");
        return 0;
    }
    if (!import_fields_object(task, "execution").object) {
        import_fields_problem(task, "a task that never ran was left out");
        return 0;
    }
    return tell_task(run, task, name);
}

static void hold(json_t **at, json_t *value)
{
    if (!*at) {
        *at = json_incref(value);
    }
}

static int take(void *user, const char *member, json_t *value, uint64_t where)
{
    struct run *run = user;
    if (!member) {
        return take_task(run, (struct import_fields){value, run->sink, where});
    }
    if (strcmp(member, "id") == 0) {
        hold(&run->id, value);
    } else if (strcmp(member, "execution") == 0) {
        hold(&run->execution, value);
    } else if (strcmp(member, "scm") == 0) {
        hold(&run->scm, value);
    } else if (strcmp(member, "globalCacheInputs") == 0) {
        hold(&run->global, value);
    }
    return 0;
}

static int tell_build(struct run *run)
{
    struct import_fields top = {NULL, run->sink, 0};
    struct import_fields execution = import_fields_of(top, run->execution);
    struct import_fields scm = import_fields_of(top, run->scm);
    int64_t start_ns = import_fields_units(execution, "startTime", IMPORT_NS_PER_MS);
    int64_t end_ns = import_fields_units(execution, "endTime", IMPORT_NS_PER_MS);
    int64_t exit_code = import_fields_number(execution, "exitCode", -1);
    struct sj_import_build build = {
        .id = id_of(run),
        .system = "turbo",
        .job = import_fields_text(execution, "command"),
        .commit = import_fields_text(scm, "sha"),
        .branch = import_fields_text(scm, "branch"),
        .start_ns = start_ns,
        .wall_ns = end_ns > start_ns ? end_ns - start_ns : 0,
        .exit_status = exit_code >= 0 && exit_code <= INT32_MAX ? (int32_t)exit_code : -1,
    };
    return run->sink->build(run->sink->user, &build);
}

static int read_run(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *problem, size_t len)
{
    struct run run = {.sink = sink};
    struct import_walk walk = {
        .source = source, .sink = sink, .array = "tasks", .visit = take, .user = &run};
    int status = import_walk_run(&walk, problem, len);
    if (status == 0 || status == -EBADMSG) {
        int told = tell_build(&run);
        status = told < 0 ? told : status;
    }
    json_decref(run.global);
    json_decref(run.scm);
    json_decref(run.execution);
    json_decref(run.id);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"turboVersion\"", "\"globalCacheInputs\"", NULL};
    return import_walk_looks(source, '{', texts) ? 95 : 0;
}

static const struct sj_import_format format = {
    .name = "turbo-run",
    .summary = "run summary of Turborepo: turbo run --summarize, .turbo/runs/ID.json",
    .detect = detect,
    .read = read_run,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "turbo",
    .formats = formats,
};
