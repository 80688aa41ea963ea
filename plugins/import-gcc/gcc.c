// SPDX-License-Identifier: Apache-2.0
// Reader of what gcc (and clang, for -H) prints with -ftime-report and -H, by itself or in the log
// of a build, where the command stands in front of it.
//
//     Time variable                usr           sys          wall           GGC
//      phase parsing        :   0.10 ( 62%)   0.15 (100%)   0.59 ( 92%)    17M ( 86%)
//      |name lookup         :   …                                    (a part of what stands above)
//      TOTAL                :   0.16          0.15          0.64           20M
//
// gcc 15 has wall and GGC only: the columns are those of the first line.
//
//     . a.h            a dot for each level; "!" and "x" are precompiled headers, used or not
//     .. b.h
//
// Source: gcc 12, gcc/timevar.cc (timer::print), libcpp/line-map.cc; "Developer Options" and
// "Preprocessor Options" of its manual.
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "import-common/command.h"
#include "import-common/text.h"

enum {
    DEPTH_MAX = 256, // gcc itself stops at 200
    COLUMNS_MAX = 4,
    PARTS_MAX = 1024,
};

/** What a column holds. */
enum column {
    COLUMN_USER,
    COLUMN_SYSTEM,
    COLUMN_WALL,
    COLUMN_MEMORY,
};

/** A row of a report. */
struct row {
    struct import_text name;
    struct import_text memory;
    int64_t ns[COLUMN_MEMORY]; // by enum column
    unsigned depth;
};

struct log {
    const struct sj_import_source *source;
    const struct sj_import_sink *sink;
    uint64_t line;
    char *folder;                  // where the build is
    char *name;                    // of the unit, from its command; NULL: none was seen
    struct import_command command; // of the unit
    bool is_told;                  // the unit was told
    unsigned unnamed;              // units without a command so far
    enum column columns[COLUMNS_MAX];
    size_t column_count;
    struct row *rows; // of the report so far
    size_t row_count;
    bool is_report;            // lines are rows
    bool is_guards;            // lines are paths that -H only mentions
    char *includes[DEPTH_MAX]; // the include stack
    size_t include_count;
};

static void forget_includes(struct log *log, size_t keep)
{
    while (log->include_count > keep) {
        free(log->includes[--log->include_count]);
    }
}

static void forget_unit(struct log *log)
{
    forget_includes(log, 0);
    import_command_release(&log->command);
    free(log->name);
    log->name = NULL;
    log->is_told = false;
    log->is_report = false;
    log->is_guards = false;
    log->row_count = 0;
}

// Where no command tells it, the file is named after the unit: "a.o.txt", "a.txt".
static char *name_from_path(const struct log *log)
{
    const char *base = import_base_name(log->source->path);
    const char *dot = strrchr(base, '.');
    size_t len = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    const struct import_text text = {len > 0 ? base : "gcc", len > 0 ? len : 3};
    bool has_dot = memchr(text.data, '.', text.len) != NULL;
    if (log->unnamed == 0) {
        return import_join(text, has_dot ? "" : ".o");
    }
    char tail[32];
    (void)snprintf(tail, sizeof tail, "%s.%u", has_dot ? "" : ".o", log->unnamed + 1);
    return import_join(text, tail);
}

// Tell of the unit that lines are of, unless that was done.
static int tell_unit(struct log *log, const struct row *total)
{
    if (!log->name) {
        log->name = name_from_path(log);
        if (!log->name) {
            return -ENOMEM;
        }
        if (log->unnamed++ > 0) {
            log->sink->problem(log->sink->user, log->line,
                               "a second compile without its command: its name is made up");
        }
    }
    if (log->is_told && !total) {
        return 0;
    }
    log->is_told = true;
    const struct sj_import_unit unit = {
        .name = log->name,
        .source = log->command.source,
        .directory = log->folder,
        .tool = log->command.count > 0 ? log->command.words[0] : NULL,
        .args = log->command.args,
        .wall_ns = total ? total->ns[COLUMN_WALL] : 0,
        .user_ns = total ? total->ns[COLUMN_USER] : 0,
        .system_ns = total ? total->ns[COLUMN_SYSTEM] : 0,
        .outcome = total ? SJ_IMPORT_UNKNOWN : SJ_IMPORT_KNOWN,
    };
    return log->sink->unit(log->sink->user, &unit);
}

static int tell_row(struct log *log, const struct row *row)
{
    char *name = import_copy(row->name);
    char *memory = import_copy(row->memory);
    const struct sj_import_span span = {
        .unit = log->name,
        .name = name,
        .detail = memory && *memory ? memory : NULL,
        .wall_ns = row->ns[COLUMN_WALL],
        .cpu_ns = import_plus(row->ns[COLUMN_USER], row->ns[COLUMN_SYSTEM]),
        .depth = row->depth,
        .is_relative = 1,
    };
    int status = name && memory ? log->sink->span(log->sink->user, &span) : -ENOMEM;
    free(name);
    free(memory);
    return status;
}

// The last row of a report: now the unit's times are known.
static int end_report(struct log *log, const struct row *total)
{
    int status = tell_unit(log, total);
    for (size_t i = 0; status == 0 && i < log->row_count; i++) {
        status = tell_row(log, &log->rows[i]);
    }
    log->row_count = 0;
    log->is_report = false;
    return status;
}

static struct import_text take_word(struct import_text *rest)
{
    *rest = import_trim(*rest);
    size_t len = 0;
    while (len < rest->len && !isspace((unsigned char)rest->data[len])) {
        len++;
    }
    struct import_text word = {rest->data, len};
    rest->data += len;
    rest->len -= len;
    return word;
}

// "Time variable   usr  sys  wall  GGC"
static bool read_head(struct log *log, struct import_text line)
{
    static const char *const names[] = {[COLUMN_USER] = "usr",
                                        [COLUMN_SYSTEM] = "sys",
                                        [COLUMN_WALL] = "wall",
                                        [COLUMN_MEMORY] = "GGC"};
    if (!import_begins(line, "Time variable")) {
        return false;
    }
    line.data += strlen("Time variable");
    line.len -= strlen("Time variable");
    log->column_count = 0;
    for (struct import_text word; (word = take_word(&line)).len > 0;) {
        for (size_t i = 0; i < COLUMNS_MAX; i++) {
            if (import_is(word, names[i]) && log->column_count < COLUMNS_MAX) {
                log->columns[log->column_count++] = (enum column)i;
            }
        }
    }
    log->is_report = log->column_count > 0;
    log->row_count = 0;
    return log->is_report;
}

// One value, and the share of the whole behind it: " 0.39 ( 87%)".
static bool read_value(struct import_text *rest, struct import_text *value)
{
    *value = take_word(rest);
    *rest = import_trim(*rest);
    if (rest->len > 0 && rest->data[0] == '(') {
        (void)import_take_field(rest, ')');
    }
    return value->len > 0;
}

static bool read_row(const struct log *log, struct import_text line, struct row *out)
{
    const char *colon = line.len > 0 ? memrchr(line.data, ':', line.len) : NULL;
    if (!colon || line.data[0] != ' ') {
        return false;
    }
    struct import_text rest = {colon + 1, line.len - (size_t)(colon + 1 - line.data)};
    *out = (struct row){
        .name = import_trim((struct import_text){line.data, (size_t)(colon - line.data)})};
    while (out->name.len > 0 && (out->name.data[0] == '|' || out->name.data[0] == '`')) {
        out->name.data++;
        out->name.len--;
        out->name = import_trim(out->name);
        out->depth = 1;
    }
    for (size_t i = 0; i < log->column_count; i++) {
        struct import_text value;
        if (!read_value(&rest, &value)) {
            return false;
        }
        if (log->columns[i] == COLUMN_MEMORY) {
            out->memory = value;
        } else if (!import_nano(value, &out->ns[log->columns[i]]) || out->ns[log->columns[i]] < 0) {
            return false;
        }
    }
    return out->name.len > 0 && import_trim(rest).len == 0 && !import_has_nul(line);
}

static int take_row(struct log *log, struct import_text line)
{
    struct row row;
    if (!read_row(log, line, &row)) {
        if (import_trim(line).len > 0) {
            log->is_report = false;
            log->sink->problem(log->sink->user, log->line,
                               "a report of times ends without its last row");
        }
        return 0;
    }
    if (import_is(row.name, "TOTAL")) {
        return end_report(log, &row);
    }
    if (log->row_count == PARTS_MAX) {
        log->sink->problem(log->sink->user, log->line, "a report of more than 1,024 rows");
        return 0;
    }
    log->rows[log->row_count++] = row;
    return 0;
}

// The level of an include line; 0: it is none.
static size_t include_depth(struct import_text *line)
{
    size_t dots = 0;
    while (dots < line->len && line->data[dots] == '.') {
        dots++;
    }
    if (dots == 0 || dots + 1 >= line->len || line->data[dots] != ' ') {
        return 0;
    }
    line->data += dots + 1;
    line->len -= dots + 1;
    // A sentence of another tool, "... done", is no path.
    bool is_path =
        !import_has_nul(*line) && memchr(line->data, ' ', line->len) == NULL &&
        (memchr(line->data, '/', line->len) || memchr(line->data, '.', line->len) || dots > 1);
    return is_path ? dots : 0;
}

static int take_include(struct log *log, struct import_text path, size_t depth)
{
    if (depth > DEPTH_MAX || depth > log->include_count + 1) {
        log->sink->problem(log->sink->user, log->line, "an include below one that is not there");
        return 0;
    }
    int status = tell_unit(log, NULL);
    if (status < 0) {
        return status;
    }
    forget_includes(log, depth - 1);
    char *to = import_copy(path);
    if (!to) {
        return -ENOMEM;
    }
    const struct sj_import_edge edge = {
        .unit = log->name,
        .from = depth > 1 ? log->includes[depth - 2] : NULL,
        .to = to,
    };
    log->includes[log->include_count++] = to;
    return log->sink->edge(log->sink->user, &edge);
}

// "make[1]: Entering directory '/x'"
static bool take_folder(struct log *log, struct import_text line)
{
    static const char words[] = "Entering directory ";
    const char *found = memmem(line.data, line.len, words, sizeof words - 1);
    if (!found) {
        return false;
    }
    struct import_text path = {found + sizeof words - 1, 0};
    path.len = line.len - (size_t)(path.data - line.data);
    if (path.len < 3 || path.data[1] != '/') {
        return false;
    }
    char *folder = import_copy((struct import_text){path.data + 1, path.len - 2});
    if (folder) {
        free(log->folder);
        log->folder = folder;
    }
    return folder != NULL;
}

// ninja's "[3/7] " in front of a command.
static struct import_text skip_progress(struct import_text line)
{
    const char *end = line.len > 2 && line.data[0] == '[' ? memchr(line.data, ']', line.len) : NULL;
    if (end) {
        line.len -= (size_t)(end + 1 - line.data);
        line.data = end + 1;
    }
    return import_trim(line);
}

// A compile's command: what follows is its output.
static int take_command(struct log *log, struct import_text line)
{
    struct import_text text = skip_progress(line);
    for (const char *and; (and = memmem(text.data, text.len, "&& ", 3)) != NULL;) {
        text.len -= (size_t)(and+3 - text.data); // "cd x && gcc …"
        text.data = and+3;
    }
    if (text.len < 5 || !memmem(text.data, text.len, " -", 2)) {
        return 0;
    }
    struct import_command command;
    int status = import_command_split(text, &command);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    if (!import_is_compiler(command.words[0]) || !command.source) {
        import_command_release(&command);
        return 0;
    }
    forget_unit(log);
    log->command = command;
    log->name = command.output
                    ? import_copy((struct import_text){command.output, strlen(command.output)})
                    : import_object_name(command.source);
    return log->name ? 0 : -ENOMEM;
}

static int take_line(struct log *log, struct import_text line)
{
    if (log->is_report) {
        return take_row(log, line);
    }
    if (import_begins(line, "Multiple include guards may be useful for:")) {
        log->is_guards = true; // paths follow, to the end of this compile's output
        forget_includes(log, 0);
        return 0;
    }
    struct import_text path = line;
    size_t depth = include_depth(&path);
    if (depth > 0) {
        // A second list without a command is of another compile.
        if (depth == 1 && log->is_guards) {
            forget_unit(log);
        }
        return take_include(log, path, depth);
    }
    if (read_head(log, line)) {
        if (log->is_told && log->command.count == 0 && log->include_count == 0 && !log->is_guards) {
            forget_unit(log);
            (void)read_head(log, line);
        }
        return 0;
    }
    return take_folder(log, line) ? 0 : take_command(log, line);
}

static int detect(const struct sj_import_source *source)
{
    if (import_has(source, "\nTime variable ") ||
        (source->len > 14 && memcmp(source->data, "Time variable ", 14) == 0)) {
        return 70;
    }
    struct import_lines lines = import_lines_of(source);
    size_t found = 0;
    for (struct import_text line; found < 3 && import_next_line(&lines, &line);) {
        found += include_depth(&line) > 0;
    }
    return found == 3 ? 40 : found > 0 ? 20 : 0;
}

static int read_log(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *problem, size_t len)
{
    struct log log = {
        .source = source,
        .sink = sink,
        .folder = import_folder(source->path),
        .rows = calloc(PARTS_MAX, sizeof *log.rows),
    };
    int status = log.folder && log.rows ? 0 : -ENOMEM;
    struct import_lines lines = import_lines_of(source);
    bool has_any = false;
    for (struct import_text line; status == 0 && import_next_line(&lines, &line);) {
        log.line = lines.number;
        status = take_line(&log, line);
        has_any = has_any || log.is_told;
    }
    if (status == 0 && log.is_report) {
        sink->problem(sink->user, log.line, "a report of times ends without its last row");
    }
    if (status == 0 && !has_any) {
        (void)snprintf(problem, len, "it holds neither a report of -ftime-report nor lines of -H");
        status = -EBADMSG;
    }
    forget_unit(&log);
    free(log.rows);
    free(log.folder);
    return status;
}

static const struct sj_import_format format = {
    .name = "gcc-log",
    .summary = "what gcc prints with -ftime-report and -H, alone or in the log of a build",
    .detect = detect,
    .read = read_log,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "gcc",
    .formats = formats,
};
