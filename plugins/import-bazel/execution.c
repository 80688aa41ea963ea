// SPDX-License-Identifier: Apache-2.0
// Execution logs: one object for each command that ran or came from a cache, with its inputs and
// their digests, one behind another.
// Source: Bazel's src/main/protobuf/spawn.proto, messages SpawnExec and SpawnMetrics, of 4.2 and 7.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import-bazel/bazel.h"
#include "import-common/fields.h"
#include "import-common/text.h"
#include "import-common/walk.h"

/** What is gathered over a file. */
struct log {
    const struct sj_import_sink *sink;
    int64_t start_ns;
    int64_t end_ns;
    bool is_failed;
};

static const char *first_text(struct import_fields fields, const char *name)
{
    return json_string_value(json_array_get(import_fields_array(fields, name), 0));
}

// The first output names it: it is the same from run to run. A command without one has its target.
static const char *name_of(struct import_fields spawn)
{
    const char *name = first_text(spawn, "listedOutputs");
    if (!name) {
        const json_t *first = json_array_get(import_fields_array(spawn, "actualOutputs"), 0);
        name = json_string_value(json_object_get(first, "path"));
    }
    if (!name) {
        name = import_fields_text(spawn, "targetLabel");
    }
    return name ? name : import_fields_text(spawn, "progressMessage");
}

static enum sj_import_outcome outcome_of(struct import_fields spawn)
{
    if (import_fields_number(spawn, "exitCode", 0) != 0 || import_fields_text(spawn, "status")) {
        return SJ_IMPORT_FAILED;
    }
    // Before Bazel 7 it was called remoteCacheHit, though a disk cache counts, too.
    if (import_fields_bool(spawn, "remoteCacheHit") || import_fields_bool(spawn, "cacheHit")) {
        return SJ_IMPORT_HIT;
    }
    return import_fields_bool(spawn, "cacheable") ? SJ_IMPORT_MISS : SJ_IMPORT_UNCACHED;
}

static int64_t output_bytes(struct import_fields spawn)
{
    const json_t *outputs = import_fields_array(spawn, "actualOutputs");
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        struct import_fields output = import_fields_of(spawn, json_array_get(outputs, i));
        int64_t size = import_fields_number(import_fields_object(output, "digest"), "sizeBytes", 0);
        sum = import_plus(sum, size > 0 ? size : 0);
    }
    return sum;
}

static int tell_inputs(struct log *log, struct import_fields spawn, const char *unit)
{
    const json_t *inputs = import_fields_array(spawn, "inputs");
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        struct import_fields one = import_fields_of(spawn, json_array_get(inputs, i));
        struct sj_import_input input = {
            .unit = unit,
            .path = import_fields_text(one, "path"),
            .hash = import_fields_text(import_fields_object(one, "digest"), "hash"),
        };
        if (!input.path) {
            import_fields_problem(spawn, "an input without a path was left out");
            continue;
        }
        int status = log->sink->input(log->sink->user, &input);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

// Bazel before 7 tells neither when a command began nor how long it took.
static void take_times(struct log *log, struct import_fields spawn, struct sj_import_unit *unit)
{
    struct import_fields metrics = import_fields_object(spawn, "metrics");
    unit->start_ns = import_fields_time(metrics, "startTime");
    unit->wall_ns = import_fields_seconds(metrics, "totalTime");
    int64_t memory = import_fields_number(metrics, "memoryEstimate", 0);
    unit->peak_bytes = memory > 0 ? memory : 0;
    if (unit->wall_ns == 0) {
        unit->wall_ns = import_fields_seconds(spawn, "walltime");
    }
    if (unit->start_ns == 0) {
        return;
    }
    int64_t end_ns = import_plus(unit->start_ns, unit->wall_ns);
    if (log->start_ns == 0 || unit->start_ns < log->start_ns) {
        log->start_ns = unit->start_ns;
    }
    log->end_ns = end_ns > log->end_ns ? end_ns : log->end_ns;
}

static int take_spawn(void *user, const char *member, json_t *value, uint64_t where)
{
    (void)member;
    struct log *log = user;
    struct import_fields spawn = {value, log->sink, where};
    const char *name = name_of(spawn);
    if (!name || !json_object_get(value, "commandArgs")) {
        import_fields_problem(spawn, "something that is no command with an output was left out");
        return 0;
    }
    char *args = import_fields_join(spawn, "commandArgs", " ");
    struct sj_import_unit unit = {
        .name = name,
        .tool = import_fields_text(spawn, "mnemonic"),
        .args = args,
        .key = import_fields_text(import_fields_object(spawn, "digest"), "hash"),
        .output_bytes = output_bytes(spawn),
        .outcome = outcome_of(spawn),
    };
    int64_t exit_code = import_fields_number(spawn, "exitCode", 0);
    unit.exit_status = exit_code >= -1 && exit_code <= INT32_MAX ? (int32_t)exit_code : -1;
    take_times(log, spawn, &unit);
    log->is_failed = log->is_failed || unit.outcome == SJ_IMPORT_FAILED;
    int status = log->sink->unit(log->sink->user, &unit);
    free(args);
    return status < 0 ? status : tell_inputs(log, spawn, name);
}

static int read_execution(const struct sj_import_source *source, const struct sj_import_sink *sink,
                          char *problem, size_t len)
{
    struct log log = {.sink = sink};
    struct import_walk walk = {.source = source, .sink = sink, .visit = take_spawn, .user = &log};
    int status = import_walk_run(&walk, problem, len);
    if (status < 0 && status != -EBADMSG) {
        return status;
    }
    struct sj_import_build build = {
        .system = "bazel",
        .start_ns = log.start_ns,
        .wall_ns = log.end_ns - log.start_ns,
        .exit_status = log.is_failed ? 1 : -1,
    };
    int told = sink->build(sink->user, &build);
    return told < 0 ? told : status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"commandArgs\"", "\"mnemonic\"", NULL};
    static const char *const start[] = {"\"commandArgs\"", "\"environmentVariables\"", NULL};
    return import_walk_looks(source, '{', texts) || import_walk_looks(source, '{', start) ? 90 : 0;
}

const struct sj_import_format sj_bazel_execution = {
    .name = "bazel-execution",
    .summary = "execution log of Bazel: --execution_log_json_file=FILE",
    .detect = detect,
    .read = read_execution,
};
