// SPDX-License-Identifier: Apache-2.0
// Reader of what cargo logs with -Zbuild-analysis: $CARGO_HOME/log/RUN.jsonl, an object a line,
// told apart by "reason".
//
//     build-started        {cwd, jobs, num_cpus, profile, rustc_version, …}
//     unit-registered      {index, package_id, target: {name, kind}, mode, platform, features[]}
//     unit-fingerprint     {index, status: new | dirty | fresh, cause: {dirty_reason, …}}
//     unit-started, unit-rmeta-finished, unit-finished, unit-section-started, …-finished
//                          {index, elapsed, section}                                  (seconds)
//
// Each has run_id and timestamp, too; elapsed counts from before the first.
// Source: cargo 1.95, src/cargo/util/log_message.rs, src/cargo/core/compiler/fingerprint/.
#include <errno.h>
#include <stdlib.h>

#include "import-cargo/cargo.h"

#define UNITS_MAX 1000000

/** A unit. */
struct unit {
    char *name;
    char *command;
    char *reason; // why it was built
    char *stale;  // the file that made it out of date
    const char *tool;
    int64_t start_ns;
    int64_t rmeta_ns; // 0: not told
    int64_t end_ns;
    bool has_started;
    bool has_ended;
    bool is_fresh;
    bool is_judged; // its fingerprint was told
};

/** A run of cargo. */
struct run {
    const struct sj_import_sink *sink;
    uint64_t line;
    char *id;
    char *profile;
    char *folder;
    char *version; // of rustc
    struct unit *units;
    size_t count;
    int64_t start_ns; // since the epoch; 0: not known yet
    int64_t last_ns;  // since then
    uint32_t cpus;
};

static void forget(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        free(run->units[i].name);
        free(run->units[i].command);
        free(run->units[i].reason);
        free(run->units[i].stale);
    }
    free(run->units);
    free(run->id);
    free(run->profile);
    free(run->folder);
    free(run->version);
    *run = (struct run){.sink = run->sink, .line = run->line};
}

static void problem(const struct run *run, const char *what)
{
    run->sink->problem(run->sink->user, run->line, what);
}

static char *copy_member(const json_t *object, const char *name)
{
    const char *text = import_json_text(object, name);
    return text && *text ? import_copy((struct import_text){text, strlen(text)}) : NULL;
}

static struct unit *unit_at(struct run *run, const json_t *line)
{
    int64_t index = -1;
    if (!import_json_number(line, "index", 1, &index) || index < 0 || index >= UNITS_MAX) {
        problem(run, "a unit without its number");
        return NULL;
    }
    size_t place = (size_t)index;
    if (place >= run->count) {
        struct unit *units = realloc(run->units, (place + 1) * sizeof *units);
        if (!units) {
            return NULL;
        }
        memset(units + run->count, 0, (place + 1 - run->count) * sizeof *units);
        run->units = units;
        run->count = place + 1;
    }
    return &run->units[place];
}

// "registry+https://…#serde@1.0.1", "path+file:///x/dep#0.3.1"
static bool split_package(const char *id, char **name, const char **version)
{
    const char *hash = strrchr(id, '#');
    if (!hash) {
        return false;
    }
    const char *at = strchr(hash, '@');
    const char *from = hash + 1;
    size_t len = at ? (size_t)(at - from) : 0;
    if (!at) {
        from = hash;
        while (from > id && from[-1] != '/') {
            from--;
        }
        len = (size_t)(hash - from);
    }
    *version = at ? at + 1 : hash + 1;
    *name = len > 0 ? import_copy((struct import_text){from, len}) : NULL;
    return *name != NULL;
}

// As cargo's own page of timings says it.
static char *target_text(const json_t *line)
{
    const json_t *target = json_object_get(line, "target");
    const char *kind = import_json_text(target, "kind");
    const char *name = import_json_text(target, "name");
    const char *mode = import_json_text(line, "mode");
    const char *tail = "";
    char *text = NULL;
    kind = kind ? kind : "target";
    mode = mode ? mode : "build";
    if (strcmp(mode, "run-custom-build") == 0) {
        tail = "run";
    } else if (strcmp(mode, "build") != 0) {
        tail = mode;
    }
    bool is_plain = !name || strcmp(kind, "lib") == 0 || strcmp(kind, "build-script") == 0;
    int status = is_plain
                     ? asprintf(&text, "%s%s%s%s", kind, *tail ? " (" : "", tail, *tail ? ")" : "")
                     : asprintf(&text, "%s \"%s\"%s%s%s", name, kind, *tail ? " (" : "", tail,
                                *tail ? ")" : "");
    return status < 0 ? NULL : text;
}

static int take_registered(struct run *run, const json_t *line)
{
    struct unit *unit = unit_at(run, line);
    const char *id = import_json_text(line, "package_id");
    const char *version = NULL;
    const char *mode = import_json_text(line, "mode");
    char *package = NULL;
    if (!unit || unit->name || !id || !split_package(id, &package, &version)) {
        problem(run, "a unit without a name");
        return 0;
    }
    char *target = target_text(line);
    unit->name = target ? cargo_unit_name(package, version, target) : NULL;
    unit->command = cargo_unit_command(version, json_object_get(line, "features"), run->profile,
                                       import_json_text(line, "platform"));
    unit->tool = mode && strcmp(mode, "run-custom-build") == 0 ? "build-script" : "rustc";
    free(target);
    free(package);
    return unit->name && unit->command ? 0 : -ENOMEM;
}

static int take_fingerprint(struct run *run, const json_t *line)
{
    struct unit *unit = unit_at(run, line);
    const char *status = import_json_text(line, "status");
    const json_t *cause = json_object_get(line, "cause");
    if (!unit || !status || unit->is_judged) {
        return 0;
    }
    unit->is_judged = true;
    unit->is_fresh = strcmp(status, "fresh") == 0;
    if (strcmp(status, "new") == 0) {
        unit->reason = import_copy((struct import_text){"new", 3});
    } else if (!unit->is_fresh) {
        unit->reason = copy_member(cause, "dirty_reason");
        unit->stale = copy_member(cause, "stale");
    }
    return 0;
}

static int take_build(struct run *run, const json_t *line)
{
    int64_t cpus = 0;
    run->id = copy_member(line, "run_id");
    run->profile = copy_member(line, "profile");
    run->folder = copy_member(line, "cwd");
    run->version = copy_member(line, "rustc_version");
    if (import_json_number(line, "num_cpus", 1, &cpus) && cpus > 0 && cpus <= 65536) {
        run->cpus = (uint32_t)cpus;
    }
    return 0;
}

static int take_started(struct run *run, const json_t *line)
{
    struct unit *unit = unit_at(run, line);
    if (unit && import_json_number(line, "elapsed", IMPORT_NS_PER_S, &unit->start_ns)) {
        unit->has_started = true;
    }
    return 0;
}

static int take_rmeta(struct run *run, const json_t *line)
{
    struct unit *unit = unit_at(run, line);
    if (unit) {
        (void)import_json_number(line, "elapsed", IMPORT_NS_PER_S, &unit->rmeta_ns);
    }
    return 0;
}

static int take_finished(struct run *run, const json_t *line)
{
    struct unit *unit = unit_at(run, line);
    if (unit && import_json_number(line, "elapsed", IMPORT_NS_PER_S, &unit->end_ns)) {
        unit->has_ended = unit->has_started && unit->end_ns >= unit->start_ns;
    }
    return 0;
}

static int tell_span(const struct run *run, const struct unit *unit, const char *name,
                     const char *detail, int64_t start_ns, int64_t end_ns)
{
    const struct sj_import_span span = {
        .build = run->id,
        .unit = unit->name,
        .name = name,
        .detail = detail,
        .start_ns = start_ns - unit->start_ns,
        .wall_ns = end_ns - start_ns,
        .is_relative = 1,
    };
    return run->sink->span(run->sink->user, &span);
}

static enum sj_import_outcome outcome_of(const struct unit *unit)
{
    if (unit->has_started) {
        return unit->has_ended ? SJ_IMPORT_MISS : SJ_IMPORT_FAILED;
    }
    return unit->is_fresh ? SJ_IMPORT_HIT : SJ_IMPORT_KNOWN;
}

static int tell_unit(const struct run *run, const struct unit *unit)
{
    int64_t end_ns = unit->has_ended ? unit->end_ns : run->last_ns;
    const struct sj_import_unit told = {
        .build = run->id,
        .name = unit->name,
        .directory = run->folder,
        .tool = unit->tool,
        .command = unit->command,
        .reason = unit->reason,
        .start_ns = unit->has_started ? unit->start_ns : 0,
        .wall_ns = unit->has_started && end_ns > unit->start_ns ? end_ns - unit->start_ns : 0,
        .is_relative = 1,
        .outcome = outcome_of(unit),
    };
    int status = run->sink->unit(run->sink->user, &told);
    bool has_rmeta =
        unit->has_ended && unit->rmeta_ns > unit->start_ns && unit->rmeta_ns <= unit->end_ns;
    if (status == 0 && has_rmeta) {
        status = tell_span(run, unit, "frontend", NULL, unit->start_ns, unit->rmeta_ns);
    }
    if (status == 0 && has_rmeta) {
        status = tell_span(run, unit, "codegen", NULL, unit->rmeta_ns, unit->end_ns);
    }
    if (status == 0 && unit->stale) {
        status = tell_span(run, unit, "stale", unit->stale, unit->start_ns, unit->start_ns);
    }
    return status;
}

static int tell_run(struct run *run)
{
    if (run->count == 0 && !run->id) {
        return 0;
    }
    bool has_failed = false;
    for (size_t i = 0; i < run->count; i++) {
        has_failed = has_failed || (run->units[i].has_started && !run->units[i].has_ended);
    }
    const struct sj_import_build build = {
        .id = run->id,
        .system = "cargo",
        .start_ns = run->start_ns,
        .wall_ns = run->last_ns,
        .exit_status = has_failed ? 101 : -1, // one that ended well is not told
        .cpus = run->cpus,
    };
    int status = run->sink->build(run->sink->user, &build);
    for (size_t i = 0; status == 0 && i < run->count; i++) {
        if (run->units[i].name) {
            status = tell_unit(run, &run->units[i]);
        } else {
            problem(run, "a unit that was built and not registered");
        }
    }
    return status;
}

// When elapsed began to count: the same for every line, so the first one tells.
static void take_time(struct run *run, const json_t *line)
{
    int64_t elapsed_ns = 0;
    int64_t now_ns = import_json_time(line, "timestamp");
    bool has_elapsed =
        import_json_number(line, "elapsed", IMPORT_NS_PER_S, &elapsed_ns) && elapsed_ns >= 0;
    if (has_elapsed && elapsed_ns > run->last_ns) {
        run->last_ns = elapsed_ns;
    }
    if (has_elapsed && run->start_ns == 0 && now_ns > elapsed_ns) {
        run->start_ns = now_ns - elapsed_ns;
    }
}

static int take_line(struct run *run, const json_t *line)
{
    static const struct {
        const char *reason;
        int (*take)(struct run *run, const json_t *line);
    } kinds[] = {
        {"build-started", take_build},       {"unit-fingerprint", take_fingerprint},
        {"unit-finished", take_finished},    {"unit-registered", take_registered},
        {"unit-rmeta-finished", take_rmeta}, {"unit-started", take_started},
    };
    const char *reason = import_json_text(line, "reason");
    if (!reason) {
        problem(run, "a line that is none of cargo's");
        return 0;
    }
    int status = 0;
    if (strcmp(reason, "build-started") == 0) {
        status = tell_run(run); // another run, one behind the other
        forget(run);
    }
    take_time(run, line);
    for (size_t i = 0; status == 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].reason, reason) == 0) {
            status = kinds[i].take(run, line);
        }
    }
    return status;
}

static int detect(const struct sj_import_source *source)
{
    return import_json_begins(source, '{') && import_has(source, "\"run_id\"") &&
                   import_has(source, "\"reason\":\"build-started\"")
               ? 95
               : 0;
}

static int read_log(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *text, size_t len)
{
    struct run run = {.sink = sink};
    struct import_lines lines = import_lines_of(source);
    int status = 0;
    bool has_any = false;
    for (struct import_text words; status == 0 && import_next_line(&lines, &words);) {
        if (import_trim(words).len == 0) {
            continue;
        }
        run.line = lines.number;
        json_t *line = NULL;
        (void)import_json_next(&words, &line);
        if (json_is_object(line)) {
            status = take_line(&run, line);
            has_any = has_any || run.id || run.count > 0;
        } else {
            problem(&run, lines.is_cut ? "the last line is cut" : "a line that is no JSON");
        }
        json_decref(line);
    }
    if (status == 0) {
        status = tell_run(&run);
    }
    if (status == 0 && !has_any) {
        (void)snprintf(text, len, "it has no lines of cargo's -Zbuild-analysis");
        status = -EBADMSG;
    }
    forget(&run);
    return status;
}

const struct sj_import_format cargo_analysis_format = {
    .name = "cargo-analysis",
    .summary = "units, their times and why they were built: cargo -Zbuild-analysis, "
               "$CARGO_HOME/log/RUN.jsonl",
    .detect = detect,
    .read = read_log,
};
