// SPDX-License-Identifier: Apache-2.0
#include "trace/export_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

enum kind {
    TEXT,
    COUNT,  /**< uint64_t */
    STATUS, /**< int64_t */
    FLAG,
};

/** A column. */
struct column {
    const char *name;
    enum kind kind;
    bool is_build; /**< a member of the build, else of the action */
    size_t offset;
};

#define BUILD(name, kind, member)                                  \
    {                                                              \
        name, kind, true, offsetof(struct sj_export_build, member) \
    }
#define ACTION(name, kind, member)                                   \
    {                                                                \
        name, kind, false, offsetof(struct sj_export_action, member) \
    }

static const struct column columns[] = {
    BUILD("build", TEXT, id),
    BUILD("project", TEXT, project),
    BUILD("branch", TEXT, branch),
    BUILD("job", TEXT, job),
    BUILD("commit", TEXT, commit),
    BUILD("system", TEXT, system),
    BUILD("run", TEXT, run),
    BUILD("machine", TEXT, machine),
    BUILD("labels", TEXT, labels),
    BUILD("build_start_ns", COUNT, start_ns),
    ACTION("unit", TEXT, unit),
    ACTION("source", TEXT, source),
    ACTION("language", TEXT, language),
    ACTION("toolchain", TEXT, toolchain),
    ACTION("tool", TEXT, tool),
    ACTION("outcome", TEXT, outcome),
    ACTION("reason", TEXT, reason),
    ACTION("detail", TEXT, detail),
    ACTION("start_ns", COUNT, start_ns),
    ACTION("wall_ns", COUNT, wall_ns),
    ACTION("cpu_ns", COUNT, cpu_ns),
    ACTION("saved_ns", COUNT, saved_ns),
    ACTION("instructions", COUNT, instructions),
    ACTION("peak_rss_bytes", COUNT, peak_rss_bytes),
    ACTION("input_bytes", COUNT, input_bytes),
    ACTION("output_bytes", COUNT, output_bytes),
    ACTION("input_count", COUNT, input_count),
    ACTION("exit_status", STATUS, exit_status),
    ACTION("stored", FLAG, is_stored),
    ACTION("remote", FLAG, is_remote),
    ACTION("audit", FLAG, is_audit),
    ACTION("args", TEXT, args),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/** A value of any kind. */
struct value {
    const char *text;
    uint64_t count;
    int64_t status;
    bool flag;
};

static struct value value_of(const struct column *column, const struct sj_export_build *build,
                             const struct sj_export_action *action)
{
    const char *at = column->is_build ? (const char *)build : (const char *)action;
    struct value value = {.text = ""};
    at += column->offset;
    switch (column->kind) {
    case TEXT:
        memcpy(&value.text, at, sizeof(value.text));
        break;
    case COUNT:
        memcpy(&value.count, at, sizeof(value.count));
        break;
    case STATUS:
        memcpy(&value.status, at, sizeof(value.status));
        break;
    case FLAG:
        memcpy(&value.flag, at, sizeof(value.flag));
        break;
    }
    return value;
}

static void add_csv_text(struct sj_buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        sj_buf_adds(out, text);
        return;
    }
    sj_buf_addc(out, '"');
    for (const char *at = text; *at; at++) {
        if (*at == '"') {
            sj_buf_addc(out, '"');
        }
        sj_buf_addc(out, *at);
    }
    sj_buf_addc(out, '"');
}

void sj_export_csv_head(struct sj_buf *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        sj_buf_addf(out, "%s%s", i > 0 ? "," : "", columns[i].name);
    }
    sj_buf_adds(out, "\r\n");
}

void sj_export_csv_row(const struct sj_export_build *build, const struct sj_export_action *action,
                       struct sj_buf *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct value value = value_of(&columns[i], build, action);
        if (i > 0) {
            sj_buf_addc(out, ',');
        }
        switch (columns[i].kind) {
        case TEXT:
            add_csv_text(out, value.text);
            break;
        case COUNT:
            sj_buf_addf(out, "%" PRIu64, value.count);
            break;
        case STATUS:
            sj_buf_addf(out, "%" PRId64, value.status);
            break;
        case FLAG:
            sj_buf_addc(out, value.flag ? '1' : '0');
            break;
        }
    }
    sj_buf_adds(out, "\r\n");
}

void sj_export_json_row(const struct sj_export_build *build, const struct sj_export_action *action,
                        struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    for (size_t i = 0; i < COLUMNS; i++) {
        struct value value = value_of(&columns[i], build, action);
        const char *name = columns[i].name;
        switch (columns[i].kind) {
        case TEXT:
            sj_json_str(&json, name, value.text);
            break;
        case COUNT:
            sj_json_u64(&json, name, value.count);
            break;
        case STATUS:
            sj_json_i64(&json, name, value.status);
            break;
        case FLAG:
            sj_json_bool(&json, name, value.flag);
            break;
        }
    }
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
