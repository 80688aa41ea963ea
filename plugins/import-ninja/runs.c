// SPDX-License-Identifier: Apache-2.0
#include "import-ninja/runs.h"

#include <errno.h>
#include <stdlib.h>

#include "import-ninja/split.h"

// Runs are named by when they began, so that the same run has the same name when the log is read
// again, though lines of it may have gone by then.
#define NAME_NS (2 * IMPORT_NS_PER_S)
bool ninja_log_add(struct ninja_log *log, const struct ninja_line *line)
{
    if (log->count == log->size) {
        size_t size = log->size ? 2 * log->size : 1024;
        struct ninja_line *lines = realloc(log->lines, size * sizeof *lines);
        if (!lines) {
            return false;
        }
        log->lines = lines;
        log->size = size;
    }
    log->lines[log->count] = *line;
    log->lines[log->count].place = (uint32_t)log->count;
    log->count++;
    return true;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_text(struct import_text a, struct import_text b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order ? order : compare((int64_t)a.len, (int64_t)b.len);
}

// Lines of one command come one behind the other.
static int by_command(const void *a, const void *b)
{
    const struct ninja_line *left = a;
    const struct ninja_line *right = b;
    const int orders[] = {
        compare(left->run, right->run),       compare(left->start_ms, right->start_ms),
        compare(left->end_ms, right->end_ms), compare_text(left->command, right->command),
        compare(left->place, right->place),
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (orders[i]) {
            return orders[i];
        }
    }
    return 0;
}

/** A run: lines from `from` up to `to`. */
struct run {
    size_t from;
    size_t to;
    int64_t start_ns; /**< 0: not known */
    int64_t wall_ns;
};

static struct run run_at(const struct ninja_log *log, size_t from)
{
    struct run run = {.from = from, .to = from};
    int64_t end_ms = 0;
    for (; run.to < log->count && log->lines[run.to].run == log->lines[from].run; run.to++) {
        int64_t line_ms = log->lines[run.to].end_ms;
        end_ms = line_ms > end_ms ? line_ms : end_ms;
    }
    run.wall_ns = end_ms * IMPORT_NS_PER_MS;
    return run;
}

static int by_number(const void *a, const void *b)
{
    return compare(*(const int64_t *)a, *(const int64_t *)b);
}

// When a run began. Since version 6 each line tells it, and the middle one is taken, so that a
// wrong line changes nothing. Before, a line tells of a time at which its output was already
// written, so none is too late, and the latest is the nearest.
static int64_t run_origin(const struct ninja_log *log, const struct run *run)
{
    size_t count = run->to - run->from;
    int64_t *origins = malloc(count * sizeof *origins);
    if (!origins) {
        return log->lines[run->from].origin_ns;
    }
    for (size_t i = 0; i < count; i++) {
        origins[i] = log->lines[run->from + i].origin_ns;
    }
    qsort(origins, count, sizeof *origins, by_number);
    int64_t origin = origins[log->version >= NINJA_STARTS_VERSION ? count / 2 : count - 1];
    free(origins);
    return origin;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)

// FNV-1a: a name needs no more.
static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

// Without times only what a run did can name it.
static uint64_t digest(const struct ninja_log *log, const struct run *run, const char *folder)
{
    uint64_t hash = mix(FNV_START, folder, strlen(folder));
    for (size_t i = run->from; i < run->to; i++) {
        const struct ninja_line *line = &log->lines[i];
        hash = mix(hash, &line->start_ms, sizeof line->start_ms);
        hash = mix(hash, &line->end_ms, sizeof line->end_ms);
        hash = mix(hash, line->output.data, line->output.len);
    }
    return hash;
}

// In seconds.
static int64_t rounded_start(const struct run *run)
{
    return (run->start_ns + NAME_NS / 2) / NAME_NS * NAME_NS / IMPORT_NS_PER_S;
}

static int tell_command(const struct ninja_log *log, size_t at, const char *build,
                        const char *folder, const struct sj_import_sink *sink)
{
    const struct ninja_line *line = &log->lines[at];
    char *name = import_copy(line->output);
    char *command = import_copy(line->command);
    const struct sj_import_unit unit = {
        .build = build,
        .name = name,
        .directory = folder,
        .args = log->version == 4 ? command : NULL,
        .command = log->version == 4 ? NULL : command,
        .start_ns = line->start_ms * IMPORT_NS_PER_MS,
        .wall_ns = (line->end_ms - line->start_ms) * IMPORT_NS_PER_MS,
        .is_relative = 1,
    };
    int status = name && command ? sink->unit(sink->user, &unit) : -ENOMEM;
    free(name);
    free(command);
    return status;
}

static bool is_same_command(const struct ninja_line *a, const struct ninja_line *b)
{
    return a->start_ms == b->start_ms && a->end_ms == b->end_ms &&
           a->command.len == b->command.len &&
           memcmp(a->command.data, b->command.data, a->command.len) == 0;
}

static int tell_run(const struct ninja_log *log, const struct run *run, const char *name,
                    const char *folder, const struct sj_import_sink *sink)
{
    const struct sj_import_build build = {
        .id = name,
        .system = "ninja",
        .start_ns = run->start_ns,
        .wall_ns = run->wall_ns,
        .exit_status = -1, // a run that failed leaves the commands that did not
    };
    int status = sink->build(sink->user, &build);
    for (size_t i = run->from; status == 0 && i < run->to; i++) {
        if (i == run->from || !is_same_command(&log->lines[i - 1], &log->lines[i])) {
            status = tell_command(log, i, name, folder, sink);
        }
    }
    return status;
}

// The runs, newest last. Where the log has no times, the last run ended when the file was written,
// and no other began later than the next one.
static void set_times(const struct ninja_log *log, struct run *runs, uint32_t count, bool is_timed,
                      int64_t mtime_ns)
{
    int64_t end_ns = mtime_ns;
    for (uint32_t i = count; i-- > 0;) {
        if (is_timed) {
            runs[i].start_ns = run_origin(log, &runs[i]);
        } else if (end_ns > runs[i].wall_ns) {
            runs[i].start_ns = end_ns - runs[i].wall_ns;
            end_ns = runs[i].start_ns;
        }
    }
}

// The same name whenever the log is read. `twins` counts runs before it that would have the same.
static void name_run(const struct ninja_log *log, const struct run *run, bool is_timed,
                     const char *folder, unsigned twins, char *out, size_t size)
{
    if (!is_timed) {
        (void)snprintf(out, size, "%016llx", (unsigned long long)digest(log, run, folder));
        return;
    }
    char tail[16] = "";
    if (twins > 0) {
        (void)snprintf(tail, sizeof tail, ".%u", twins + 1);
    }
    uint64_t place = mix(FNV_START, folder, strlen(folder));
    (void)snprintf(out, size, "%lld-%08x%s", (long long)rounded_start(run),
                   (unsigned)(place & UINT32_MAX), tail);
}

static int tell_runs(const struct ninja_log *log, const struct run *runs, uint32_t count,
                     bool is_timed, const char *folder, const struct sj_import_sink *sink)
{
    int status = 0;
    unsigned twins = 0;
    for (uint32_t i = 0; status == 0 && i < count; i++) {
        char name[64];
        twins = i > 0 && rounded_start(&runs[i]) == rounded_start(&runs[i - 1]) ? twins + 1 : 0;
        name_run(log, &runs[i], is_timed, folder, twins, name, sizeof name);
        if (!is_timed) {
            sink->problem(sink->user, log->lines[runs[i].from].place + 2,
                          i + 1 < count
                              ? "a run whose time is not known: taken to have ended when the next "
                                "one began"
                              : "a run whose time is not known: taken to have ended when the file "
                                "was written");
        }
        status = tell_run(log, &runs[i], name, folder, sink);
    }
    return status;
}

static int by_start(const void *a, const void *b)
{
    return compare(((const struct run *)a)->start_ns, ((const struct run *)b)->start_ns);
}

int ninja_log_tell(struct ninja_log *log, const struct sj_import_source *source,
                   const struct sj_import_sink *sink)
{
    bool is_timed;
    uint32_t count = ninja_log_split(log, &is_timed);
    struct run *runs = calloc(count ? count : 1, sizeof *runs);
    char *folder = import_folder(source->path);
    int status = runs && folder ? 0 : -ENOMEM;
    if (status == 0 && log->count > 0) {
        qsort(log->lines, log->count, sizeof *log->lines, by_command);
        uint32_t told = 0; // a run whose lines were all given to others is none
        for (size_t at = 0; at < log->count; at = runs[told++].to) {
            runs[told] = run_at(log, at);
        }
        count = told;
        set_times(log, runs, count, is_timed, source->mtime_ns);
        if (is_timed) {
            qsort(runs, count, sizeof *runs, by_start);
        }
        status = tell_runs(log, runs, count, is_timed, folder, sink);
    }
    free(runs);
    free(folder);
    return status;
}
