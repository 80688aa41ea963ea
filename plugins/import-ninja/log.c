// SPDX-License-Identifier: Apache-2.0
// Reader of .ninja_log: a line for each output of each command that ended well.
//
//     # ninja log v5
//     START \t END \t MTIME \t OUTPUT \t HASH     (milliseconds since ninja began; nanoseconds)
//
// Version 4 has the whole command for HASH; 7 makes HASH in another way than 5 and 6. Up to 5 MTIME
// is when the newest output was written, or its newest input where a command left its output as it
// was; since 6 it is when the command began, or later where the command may do so.
// Source: ninja, src/build_log.cc; samurai, log.c.
#include <errno.h>
#include <stdlib.h>

#include "import-common/text.h"
#include "import-ninja/ninja.h"
#include "import-ninja/runs.h"

#define SIGNATURE "# ninja log v"

static bool read_version(const struct sj_import_source *source, uint64_t *out)
{
    struct import_lines lines = import_lines_of(source);
    struct import_text line;
    if (!import_next_line(&lines, &line) || !import_begins(line, SIGNATURE)) {
        return false;
    }
    line.data += sizeof SIGNATURE - 1;
    line.len -= sizeof SIGNATURE - 1;
    return import_u64(line, 10, out);
}

static bool read_line(struct import_text line, uint64_t version, struct ninja_line *out)
{
    uint64_t hash = 0;
    struct import_text rest = line;
    bool is_right = import_i64(import_take_field(&rest, '\t'), &out->start_ms) &&
                    import_i64(import_take_field(&rest, '\t'), &out->end_ms) &&
                    import_i64(import_take_field(&rest, '\t'), &out->mtime_ns);
    out->output = import_take_field(&rest, '\t');
    out->command = rest;
    return is_right && out->start_ms >= 0 && out->end_ms >= out->start_ms &&
           out->end_ms <= NINJA_TIME_MAX_MS && out->mtime_ns >= 0 && out->output.len > 0 &&
           out->command.len > 0 && !import_has_nul(line) &&
           (version == 4 || import_u64(out->command, 16, &hash));
}

static int read_lines(const struct sj_import_source *source, const struct sj_import_sink *sink,
                      uint64_t version, struct ninja_log *log)
{
    struct import_lines lines = import_lines_of(source);
    struct import_text text;
    (void)import_next_line(&lines, &text);
    while (import_next_line(&lines, &text)) {
        struct ninja_line line = {0};
        if (lines.is_cut) {
            sink->problem(sink->user, lines.number, "the last line is cut");
        } else if (import_begins(text, "# ninja log")) {
            continue; // two logs, one behind the other
        } else if (!read_line(text, version, &line)) {
            sink->problem(sink->user, lines.number,
                          "a line that is not five fields: start, end, mtime, output, hash");
        } else if (!ninja_log_add(log, &line)) {
            return -ENOMEM;
        }
    }
    return 0;
}

static int detect(const struct sj_import_source *source)
{
    uint64_t version;
    return read_version(source, &version) ? 100 : 0;
}

static int read_log(const struct sj_import_source *source, const struct sj_import_sink *sink,
                    char *problem, size_t len)
{
    uint64_t version = 0;
    if (!read_version(source, &version)) {
        (void)snprintf(problem, len, "it does not begin with '" SIGNATURE "' and a number");
        return -EBADMSG;
    }
    if (version < 4 || version > 7) {
        (void)snprintf(problem, len, "version %llu of ninja's log is not known: 4 to 7 are",
                       (unsigned long long)version);
        return -EBADMSG;
    }
    struct ninja_log log = {.version = version};
    int status = read_lines(source, sink, version, &log);
    if (status == 0) {
        status = ninja_log_tell(&log, source, sink);
    }
    free(log.lines);
    return status;
}

const struct sj_import_format ninja_log_format = {
    .name = "ninja-log",
    .summary = "commands and their times, from the .ninja_log of ninja and samurai",
    .detect = detect,
    .read = read_log,
};
