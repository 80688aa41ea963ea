// SPDX-License-Identifier: Apache-2.0
#include "import-ninja/split.h"

#include <stdlib.h>

// A line tells a time twice, by two clocks: that of the file system, in the third field, and since
// the run began. Their difference, when the run began, is the same for all lines of a run but for
// the coarseness of both clocks, and what lies between the third field's time and the one that it
// stands for. On a busy machine that can be seconds.
#define SLACK_NS (100 * IMPORT_NS_PER_MS)
// The year 2001 in nanoseconds: what is smaller is no point in time of a build.
#define EARLIEST_NS (INT64_C(1000000000) * IMPORT_NS_PER_S)

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static bool has_time(const struct ninja_line *line)
{
    return line->mtime_ns >= EARLIEST_NS;
}

// Whether enough lines tell a time: a command without outputs leaves none.
static bool has_times(const struct ninja_log *log)
{
    size_t count = 0;
    for (size_t i = 0; i < log->count; i++) {
        count += has_time(&log->lines[i]);
    }
    return count > 0 && 2 * count >= log->count && log->version >= 5;
}

// When a line's run began. Since version 6 it is at most as much earlier as the command took (one
// that may leave its output as it was has the output's time), before as much later (the output may
// have been written at once).
static int64_t origin_of(const struct ninja_log *log, const struct ninja_line *line)
{
    int64_t at_ms = log->version >= NINJA_STARTS_VERSION ? line->start_ms : line->end_ms;
    return line->mtime_ns - at_ms * IMPORT_NS_PER_MS;
}

static int by_origin(const void *a, const void *b)
{
    const struct ninja_line *left = a;
    const struct ninja_line *right = b;
    int order = compare(left->origin_ns, right->origin_ns);
    return order ? order : compare(left->place, right->place);
}

static int by_place(const void *a, const void *b)
{
    return compare(((const struct ninja_line *)a)->place, ((const struct ninja_line *)b)->place);
}

// Runs by time, in any order of lines: one run ends before the next begins. So what begins before
// another's end belongs to it, however far off its own time is. Lines without a time go to the
// latest run.
static uint32_t split_by_origin(struct ninja_log *log)
{
    struct ninja_line *lines = log->lines;
    uint32_t runs = 0;
    for (size_t i = 0; i < log->count; i++) {
        lines[i].origin_ns = has_time(&lines[i]) ? origin_of(log, &lines[i]) : INT64_MAX;
    }
    qsort(lines, log->count, sizeof *lines, by_origin);
    int64_t last_ns = 0; // origin of the line before
    int64_t end_ns = 0;  // of the run so far
    for (size_t i = 0; i < log->count; i++) {
        if (!has_time(&lines[i])) {
            lines[i].origin_ns = last_ns;
        }
        int64_t origin_ns = lines[i].origin_ns;
        int64_t line_end_ns = origin_ns + lines[i].end_ms * IMPORT_NS_PER_MS;
        if (runs == 0 || (origin_ns - last_ns > SLACK_NS && origin_ns > end_ns + SLACK_NS)) {
            runs++;
            end_ns = line_end_ns;
        }
        end_ns = line_end_ns > end_ns ? line_end_ns : end_ns;
        last_ns = origin_ns;
        lines[i].run = runs - 1;
    }
    return runs;
}

// Whether the file is as it was appended to: within a run, lines come in the order of their end.
static bool is_in_order(const struct ninja_log *log, uint32_t runs)
{
    size_t steps = 0;
    for (size_t i = 1; i < log->count; i++) {
        steps += log->lines[i].end_ms < log->lines[i - 1].end_ms;
    }
    return steps <= runs + log->count / 8;
}

/** Whether a line's time tells nothing: before version 6, a command that left its output as it was
 * has the time of an input. `before` is the line before it that tells something. */
static bool is_stale(const struct ninja_log *log, const struct ninja_line *line,
                     const struct ninja_line *before)
{
    if (!has_time(line)) {
        return true;
    }
    bool goes_back = before && line->end_ms < before->end_ms;
    bool is_older = before && line->run != before->run && line->origin_ns < before->origin_ns;
    return log->version < NINJA_STARTS_VERSION && before &&
           (is_older || (goes_back && line->mtime_ns < before->mtime_ns));
}

// Give stale lines, from one place up to another, to their neighbours: as long as ends rise, to the
// run before, then to the next.
static void give(struct ninja_line *lines, size_t from, size_t to, const struct ninja_line *before,
                 const struct ninja_line *next)
{
    bool is_next = !before;
    for (size_t i = from; i < to; i++) {
        is_next = is_next || (next && lines[i].end_ms < lines[i - 1].end_ms);
        const struct ninja_line *owner = is_next ? next : before;
        lines[i].run = owner ? owner->run : lines[i].run;
        lines[i].origin_ns = owner ? owner->origin_ns : lines[i].origin_ns;
    }
}

// What the order of the lines tells beyond their times: a run that began right behind the one
// before it begins where the end of a line is before that of the line above; lines whose time tells
// nothing belong where they stand.
static uint32_t mend_by_order(struct ninja_log *log, uint32_t runs)
{
    struct ninja_line *lines = log->lines;
    const struct ninja_line *before = NULL;
    size_t from = 0;        // first line that was not given to a run yet
    uint32_t first_run = 0; // number of a run before it was cut
    uint32_t cut_run = 0;   // number of the rest
    for (size_t i = 0; i < log->count; i++) {
        struct ninja_line *line = &lines[i];
        if (before && line->run == first_run) {
            line->run = cut_run;
        }
        if (is_stale(log, line, before)) {
            continue;
        }
        if (before && line->run == before->run && line->end_ms < before->end_ms) {
            first_run = before->run == cut_run ? first_run : before->run;
            cut_run = runs++;
            line->run = cut_run;
        } else if (!before || line->run != before->run) {
            first_run = line->run;
            cut_run = line->run;
        }
        give(lines, from, i, before, line);
        before = line;
        from = i + 1;
    }
    give(lines, from, log->count, before, NULL);
    return runs;
}

// Runs by order alone.
static uint32_t split_by_end(struct ninja_log *log)
{
    uint32_t runs = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (i == 0 || log->lines[i].end_ms < log->lines[i - 1].end_ms) {
            runs++;
        }
        log->lines[i].run = runs - 1;
    }
    return runs;
}

uint32_t ninja_log_split(struct ninja_log *log, bool *is_timed)
{
    *is_timed = has_times(log);
    if (!*is_timed) {
        return split_by_end(log);
    }
    uint32_t runs = split_by_origin(log);
    qsort(log->lines, log->count, sizeof *log->lines, by_place);
    return is_in_order(log, runs) ? mend_by_order(log, runs) : runs;
}
