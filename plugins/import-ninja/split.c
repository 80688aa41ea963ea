// SPDX-License-Identifier: Apache-2.0
#include "import-ninja/split.h"

#include <stdlib.h>

// A line tells a time twice, by two clocks: that of the file system, in the third field, and since
// the run began. Their difference, when the run began, is the same for all lines of a run but for
// the coarseness of both clocks, and small steps by which the time of day is corrected.
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

/** Of a line: when its run began. The true one is at most `length` before it, or behind it. */
static int64_t exact_origin(const struct ninja_log *log, const struct ninja_line *line)
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

// Lines of one command are no witnesses for each other.
static bool is_other_command(const struct ninja_line *a, const struct ninja_line *b)
{
    return a->start_ms != b->start_ms || a->end_ms != b->end_ms;
}

static bool has_mate(const struct ninja_line *lines, size_t at, size_t count)
{
    for (size_t i = at + 1; i < count && lines[i].origin_ns - lines[at].origin_ns <= SLACK_NS;
         i++) {
        if (is_other_command(&lines[at], &lines[i])) {
            return true;
        }
    }
    return false;
}

// Runs by time, in any order of lines. Some lines are off by at most what their command took: since
// version 6 later, where the command may leave its output as it was; before, earlier, where it
// wrote its output long before it ended. Origins are negated there, so that all are off to one
// side.
static uint32_t split_by_origin(struct ninja_log *log)
{
    struct ninja_line *lines = log->lines;
    bool is_turned = log->version < NINJA_STARTS_VERSION;
    uint32_t runs = 0;
    for (size_t i = 0; i < log->count; i++) {
        int64_t origin = exact_origin(log, &lines[i]);
        lines[i].origin_ns = is_turned ? -origin : origin;
    }
    qsort(lines, log->count, sizeof *lines, by_origin);
    int64_t last = 0; // of the run so far, by its exact lines
    for (size_t i = 0; i < log->count; i++) {
        int64_t origin = lines[i].origin_ns;
        int64_t length = (lines[i].end_ms - lines[i].start_ms) * IMPORT_NS_PER_MS;
        if (runs > 0 && origin - last <= SLACK_NS) {
            last = origin;
        } else if (runs > 0 && !has_mate(lines, i, log->count) &&
                   origin - length - SLACK_NS <= last) {
            lines[i].origin_ns = last;
        } else {
            runs++;
            last = origin;
        }
        lines[i].run = runs - 1;
    }
    for (size_t i = 0; i < log->count; i++) {
        lines[i].origin_ns = is_turned ? -lines[i].origin_ns : lines[i].origin_ns;
        lines[i].run = is_turned ? runs - 1 - lines[i].run : lines[i].run;
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

// Before version 6, a command that left its output as it was has the time of an input: that tells
// nothing. Such a line belongs to the run of its neighbours, as runs follow each other in the file.
static void mend_stale(struct ninja_log *log)
{
    struct ninja_line *lines = log->lines;
    size_t from = 0; // first of the lines whose run is not known yet
    uint32_t run = 0;
    int64_t origin_ns = 0;
    for (size_t i = 0; i < log->count; i++) {
        bool goes_back = from > 0 && lines[i].end_ms < lines[from - 1].end_ms;
        bool is_stale = !has_time(&lines[i]) ||
                        (from > 0 && (lines[i].run < run || (lines[i].run == run && goes_back)));
        if (is_stale) {
            continue;
        }
        // Those before it: of the run before as long as ends rise, then of this one.
        bool is_next = from == 0;
        for (size_t j = from; j < i; j++) {
            is_next = is_next || lines[j].end_ms < lines[j - 1].end_ms;
            lines[j].run = is_next ? lines[i].run : run;
            lines[j].origin_ns = is_next ? lines[i].origin_ns : origin_ns;
        }
        run = lines[i].run;
        origin_ns = lines[i].origin_ns;
        from = i + 1;
    }
    for (size_t j = from; from > 0 && j < log->count; j++) {
        lines[j].run = run;
        lines[j].origin_ns = origin_ns;
    }
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
    if (log->version < NINJA_STARTS_VERSION && is_in_order(log, runs)) {
        mend_stale(log);
    }
    return runs;
}
