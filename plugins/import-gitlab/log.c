// SPDX-License-Identifier: Apache-2.0
// The log of a job. What the runner and scripts mark as sections become phases. A mark is
//     ESC [0K section_start:UNIX_TIME:NAME[OPTIONS] CR ESC [0K HEADER
//     ESC [0K section_end:UNIX_TIME:NAME CR ESC [0K
// With the runner's FF_TIMESTAMPS each line begins with a time and a stream's name.
// Source: GitLab documentation, "CI/CD job logs", custom collapsible sections.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import-common/text.h"
#include "import-gitlab/gitlab.h"

enum {
    OPEN_MAX_SECTIONS = 64, /**< nested in one another */
    NAME_SIZE = 128,
};

/** A section that has begun. */
struct section {
    char name[NAME_SIZE];
    int64_t start_ns;
};

/** What is known so far. */
struct log {
    const struct sj_import_sink *sink;
    char *id; /**< of the job; NULL: not known */
    struct section open[OPEN_MAX_SECTIONS];
    size_t depth;
    int64_t first_ns;
    int64_t last_ns;
    int32_t exit_status;
    struct import_text machine;
};

/** What a mark says. */
struct mark {
    int64_t time_ns;
    char name[NAME_SIZE];
};

/** What the runner calls its own steps, and what they are among a build's phases. */
static const struct {
    const char *section;
    const char *phase;
} phases[] = {
    {"prepare_executor", "setup"},
    {"prepare_script", "setup"},
    {"get_sources", "checkout"},
    {"restore_cache", "cache"},
    {"archive_cache", "cache"},
    {"archive_cache_on_failure", "cache"},
    {"download_artifacts", "download"},
    {"upload_artifacts_on_success", "upload"},
    {"upload_artifacts_on_failure", "upload"},
    {"cleanup_file_variables", "cleanup"},
};

static const char *phase_of(const char *section)
{
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (strcmp(section, phases[i].section) == 0) {
            return phases[i].phase;
        }
    }
    return section;
}

// What stands behind "section_start:" or "section_end:".
static bool take_mark(struct import_text rest, struct mark *mark)
{
    struct import_text time = import_take_field(&rest, ':');
    uint64_t seconds;
    if (!import_u64(time, 10, &seconds) || seconds >= (uint64_t)(INT64_MAX / IMPORT_NS_PER_S)) {
        return false;
    }
    size_t len = 0;
    while (len < rest.len && rest.data[len] != '\r' && rest.data[len] != '[' &&
           rest.data[len] != '\x1b' && rest.data[len] != '\0') {
        len++;
    }
    if (len == 0 || len >= NAME_SIZE) {
        return false;
    }
    memcpy(mark->name, rest.data, len);
    mark->name[len] = '\0';
    mark->time_ns = (int64_t)seconds * IMPORT_NS_PER_S;
    return true;
}

static void note_time(struct log *log, int64_t time_ns)
{
    if (log->first_ns == 0 || time_ns < log->first_ns) {
        log->first_ns = time_ns;
    }
    if (time_ns > log->last_ns) {
        log->last_ns = time_ns;
    }
}

static void begin_section(struct log *log, uint64_t line, const struct mark *mark)
{
    note_time(log, mark->time_ns);
    if (log->depth == OPEN_MAX_SECTIONS) {
        log->sink->problem(log->sink->user, line, "a section nested too deeply was left out");
        return;
    }
    struct section *section = &log->open[log->depth++];
    section->start_ns = mark->time_ns;
    memcpy(section->name, mark->name, sizeof(section->name));
}

static int tell_section(struct log *log, uint64_t line, const struct section *section,
                        int64_t end_ns)
{
    const char *phase = phase_of(section->name);
    struct sj_import_span span = {
        .build = log->id,
        .name = phase,
        .detail = phase == section->name ? NULL : section->name,
        .start_ns = section->start_ns,
        .depth = (uint32_t)log->depth,
    };
    if (end_ns >= section->start_ns) {
        span.wall_ns = end_ns - section->start_ns;
    } else {
        log->sink->problem(log->sink->user, line, "a section ends before it starts");
    }
    return log->sink->span(log->sink->user, &span);
}

static int end_section(struct log *log, uint64_t line, const struct mark *mark)
{
    note_time(log, mark->time_ns);
    size_t at = log->depth;
    while (at > 0 && strcmp(log->open[at - 1].name, mark->name) != 0) {
        at--;
    }
    if (at == 0) {
        log->sink->problem(log->sink->user, line, "a section ends that has not begun");
        return 0;
    }
    // Those begun inside it end with it.
    int status = 0;
    while (log->depth >= at && status == 0) {
        if (log->depth > at) {
            log->sink->problem(log->sink->user, line,
                               "a section is not ended before the outer one");
        }
        log->depth--;
        status = tell_section(log, line, &log->open[log->depth], mark->time_ns);
    }
    return status;
}

// "2026-11-25T20:36:13.500000Z 00O " or "… 00O+"
static struct import_text without_time(struct import_text line)
{
    const size_t len = 32;
    if (line.len > len && line.data[10] == 'T' && line.data[26] == 'Z' && line.data[27] == ' ') {
        line.data += len;
        line.len -= len;
    }
    return line;
}

// How long the escape sequence is that a text begins with, of those that erase and colour.
static size_t escape_len(struct import_text text)
{
    static const char digits[] = "0123456789;";
    if (!import_begins(text, "\x1b[")) {
        return 0;
    }
    size_t end = 2;
    while (end < text.len && memchr(digits, text.data[end], sizeof(digits) - 1)) {
        end++;
    }
    return end < text.len && (text.data[end] == 'K' || text.data[end] == 'm') ? end + 1 : 0;
}

// Marks count at the start of a line, behind colours and a time: what a program prints in the
// middle of one is no mark.
static struct import_text without_prefix(struct import_text line)
{
    line = without_time(line);
    for (size_t len; (len = escape_len(line)) > 0;) {
        line.data += len;
        line.len -= len;
    }
    return line;
}

static int take_words(struct log *log, uint64_t number, struct import_text text)
{
    static const char start[] = "section_start:";
    static const char end[] = "section_end:";
    bool is_start = import_begins(text, start);
    if (!is_start && !import_begins(text, end)) {
        return 0;
    }
    size_t skip = is_start ? sizeof(start) - 1 : sizeof(end) - 1;
    struct mark mark;
    if (!take_mark((struct import_text){text.data + skip, text.len - skip}, &mark)) {
        log->sink->problem(log->sink->user, number, "a section's mark makes no sense");
        return 0;
    }
    if (is_start) {
        begin_section(log, number, &mark);
        return 0;
    }
    return end_section(log, number, &mark);
}

static void take_runner(struct log *log, struct import_text text)
{
    // "  on NAME TOKEN, system ID: s_…", right behind the line with the runner's version
    if (log->machine.len == 0 && import_begins(text, "  on ")) {
        struct import_text rest = {text.data + 5, text.len - 5};
        struct import_text name = import_take_field(&rest, ' ');
        if (!import_has_nul(name)) {
            log->machine = name;
        }
    } else if (import_begins(text, "Job succeeded")) {
        log->exit_status = 0;
    } else if (import_begins(text, "ERROR: Job failed")) {
        log->exit_status = 1;
    }
}

// A line may hold several marks: one section ends and the next begins, parted by CR and ESC [0K.
static int take_line(struct log *log, uint64_t number, struct import_text line)
{
    while (line.len > 0) {
        struct import_text part = without_prefix(import_take_field(&line, '\r'));
        int status = take_words(log, number, part);
        if (status < 0) {
            return status;
        }
        take_runner(log, part);
    }
    return 0;
}

// The number in a file's name: "1234.log", "job-1234.log". It names the job.
static char *id_of(const char *path)
{
    const char *name = import_base_name(path);
    const char *digits = name + strcspn(name, "0123456789");
    size_t len = strspn(digits, "0123456789");
    return len > 0 && len < 20 ? strndup(digits, len) : NULL;
}

static int tell_build(struct log *log)
{
    char *machine = log->machine.len > 0 ? import_copy(log->machine) : NULL;
    struct sj_import_build build = {
        .id = log->id,
        .system = "gitlab",
        .machine = machine,
        .start_ns = log->first_ns,
        .wall_ns = log->last_ns - log->first_ns,
        .exit_status = log->exit_status,
    };
    int status = log->sink->build(log->sink->user, &build);
    free(machine);
    return status;
}

static int read_lines(struct log *log, const struct sj_import_source *source)
{
    struct import_lines lines = import_lines_of(source);
    struct import_text line;
    int status = 0;
    while (status == 0 && import_next_line(&lines, &line)) {
        status = take_line(log, lines.number, line);
    }
    while (status == 0 && log->depth > 0) {
        log->sink->problem(log->sink->user, lines.number, "a section has no end: the log was cut");
        log->depth--;
        status = tell_section(log, lines.number, &log->open[log->depth], log->last_ns);
    }
    return status;
}

static int read_log(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *problem, size_t len)
{
    struct log log = {.sink = sink, .exit_status = -1, .id = id_of(source->path)};
    int status = read_lines(&log, source);
    if (status == 0 && log.first_ns == 0) {
        status = -EBADMSG;
        (void)snprintf(problem, len, "it has no section");
    }
    if (status == 0) {
        status = tell_build(&log);
    }
    free(log.id);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    static const char mark[] = "section_start:";
    static const char runner[] = "Running with gitlab-runner";
    size_t len = source->len < 65536 ? source->len : 65536;
    if (memmem(source->data, len, runner, sizeof(runner) - 1)) {
        return 90;
    }
    return memmem(source->data, len, mark, sizeof(mark) - 1) ? 60 : 0;
}

const struct sj_import_format sj_gitlab_trace = {
    .name = "gitlab-trace",
    .summary = "log of a job of GitLab CI: the REST API's projects/ID/jobs/ID/trace",
    .detect = detect,
    .read = read_log,
};
