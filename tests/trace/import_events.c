// SPDX-License-Identifier: Apache-2.0
// Reads all samples of an import plugin and compares the events with what was expected, line by
// line. It is linked with the plugin.
// usage: import-events-NAME [--write] PLUGIN-FOLDER
//        samples/FORMAT/FILE in it is read by FORMAT; expected/FORMAT/FILE.txt holds its events.
//        With --write the latter are made anew, to be read through with `git diff`.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "trace/file.h"

extern const struct sj_import_plugin sj_import_plugin;

#define MTIME_NS INT64_C(1700000000000000000)

enum kind {
    TEXT,
    NUMBER,
    SMALL,
    FLAG,
};

struct field {
    const char *name;
    size_t offset;
    enum kind kind;
};

#define FIELD(type, member, kind)                                \
    {                                                            \
#member, offsetof(struct sj_import_##type, member), kind \
    }

static const struct field build_fields[] = {
    FIELD(build, id, TEXT),           FIELD(build, system, TEXT),
    FIELD(build, job, TEXT),          FIELD(build, run, TEXT),
    FIELD(build, commit, TEXT),       FIELD(build, branch, TEXT),
    FIELD(build, pull, TEXT),         FIELD(build, target, TEXT),
    FIELD(build, attempt, TEXT),      FIELD(build, machine, TEXT),
    FIELD(build, url, TEXT),          FIELD(build, project, TEXT),
    FIELD(build, start_ns, NUMBER),   FIELD(build, wall_ns, NUMBER),
    FIELD(build, queued_ns, NUMBER),  FIELD(build, cpu_ns, NUMBER),
    FIELD(build, exit_status, SMALL), FIELD(build, cpus, SMALL),
};

static const struct field unit_fields[] = {
    FIELD(unit, build, TEXT),        FIELD(unit, name, TEXT),
    FIELD(unit, source, TEXT),       FIELD(unit, directory, TEXT),
    FIELD(unit, tool, TEXT),         FIELD(unit, args, TEXT),
    FIELD(unit, reason, TEXT),       FIELD(unit, command, TEXT),
    FIELD(unit, key, TEXT),          FIELD(unit, start_ns, NUMBER),
    FIELD(unit, wall_ns, NUMBER),    FIELD(unit, user_ns, NUMBER),
    FIELD(unit, system_ns, NUMBER),  FIELD(unit, saved_ns, NUMBER),
    FIELD(unit, peak_bytes, NUMBER), FIELD(unit, output_bytes, NUMBER),
    FIELD(unit, exit_status, SMALL), FIELD(unit, is_relative, FLAG),
    FIELD(unit, outcome, SMALL),
};

static const struct field input_fields[] = {
    FIELD(input, build, TEXT),
    FIELD(input, unit, TEXT),
    FIELD(input, path, TEXT),
    FIELD(input, hash, TEXT),
};

static const struct field span_fields[] = {
    FIELD(span, build, TEXT),    FIELD(span, unit, TEXT),       FIELD(span, name, TEXT),
    FIELD(span, detail, TEXT),   FIELD(span, start_ns, NUMBER), FIELD(span, wall_ns, NUMBER),
    FIELD(span, cpu_ns, NUMBER), FIELD(span, depth, SMALL),     FIELD(span, is_relative, FLAG),
};

static const struct field edge_fields[] = {
    FIELD(edge, build, TEXT),
    FIELD(edge, unit, TEXT),
    FIELD(edge, from, TEXT),
    FIELD(edge, to, TEXT),
};

static void print_text(struct sj_buf *out, const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == '\\') {
            sj_buf_addf(out, "\\x%02x", (unsigned char)*text);
        } else {
            sj_buf_addc(out, *text);
        }
    }
}

static void print_field(struct sj_buf *out, const struct field *field, const char *at)
{
    const char *text = NULL;
    int64_t number = 0;
    int32_t small = 0;
    if (field->kind == TEXT) {
        memcpy(&text, at, sizeof text);
    } else if (field->kind == NUMBER) {
        memcpy(&number, at, sizeof number);
    } else {
        memcpy(&small, at, sizeof small);
        number = small;
    }
    if (text) {
        sj_buf_addf(out, " %s='", field->name);
        print_text(out, text);
        sj_buf_addc(out, '\'');
    } else if (number != 0) {
        sj_buf_addf(out, " %s=%lld", field->name, (long long)number);
    }
}

// What is not known is not printed.
static int print(void *user, const char *what, const struct field *fields, size_t count,
                 const void *event)
{
    struct sj_buf *out = user;
    sj_buf_adds(out, what);
    for (size_t i = 0; i < count; i++) {
        print_field(out, &fields[i], (const char *)event + fields[i].offset);
    }
    sj_buf_addc(out, '\n');
    return 0;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static int take_build(void *user, const struct sj_import_build *build)
{
    return print(user, "build", build_fields, COUNT(build_fields), build);
}

static int take_unit(void *user, const struct sj_import_unit *unit)
{
    return print(user, "unit", unit_fields, COUNT(unit_fields), unit);
}

static int take_input(void *user, const struct sj_import_input *input)
{
    return print(user, "input", input_fields, COUNT(input_fields), input);
}

static int take_span(void *user, const struct sj_import_span *span)
{
    return print(user, "span", span_fields, COUNT(span_fields), span);
}

static int take_edge(void *user, const struct sj_import_edge *edge)
{
    return print(user, "edge", edge_fields, COUNT(edge_fields), edge);
}

static void take_problem(void *user, uint64_t where, const char *what)
{
    sj_buf_addf(user, "problem %llu: %s\n", (unsigned long long)where, what);
}

// Of all formats of the plugin the one that is surest must be the sample's own.
static void print_detected(const struct sj_import_source *source, struct sj_buf *out)
{
    const char *best = "none";
    int sureness = 0;
    for (const struct sj_import_format *const *at = sj_import_plugin.formats; *at; at++) {
        int found = (*at)->detect(source);
        if (found > sureness) {
            sureness = found;
            best = (*at)->name;
        }
    }
    sj_buf_addf(out, "detected %s\n", best);
}

static void print_events(const struct sj_import_format *format,
                         const struct sj_import_source *source, struct sj_buf *out)
{
    const struct sj_import_sink sink = {
        .build = take_build,
        .unit = take_unit,
        .input = take_input,
        .span = take_span,
        .edge = take_edge,
        .problem = take_problem,
        .user = out,
    };
    char problem[256] = "";
    int status = format->read(source, &sink, problem, sizeof problem);
    sj_buf_addf(out, "read: %s%s%s\n", status < 0 ? strerror(-status) : "well",
                *problem ? ": " : "", problem);
}

static bool say_difference(const char *name, const char *want, const char *got)
{
    size_t line = 1;
    size_t from = 0;
    size_t at = 0;
    for (; want[at] && want[at] == got[at]; at++) {
        if (want[at] == '\n') {
            line++;
            from = at + 1;
        }
    }
    if (want[at] == got[at]) {
        return true;
    }
    (void)printf("%s, line %zu\n  want: %.*s\n  got:  %.*s\n", name, line,
                 (int)strcspn(want + from, "\n"), want + from, (int)strcspn(got + from, "\n"),
                 got + from);
    return false;
}

static bool check(const char *folder, const struct sj_import_format *format, const char *name,
                  bool is_writing)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/samples/%s/%s", folder, format->name, name);
    SJ_AUTO(sj_auto_free)
    char *expected = sj_asprintf("%s/expected/%s/%s.txt", folder, format->name, name);
    SJ_AUTO(sj_trace_file_release) struct sj_trace_file file = {0};
    struct sj_err err;
    if (sj_trace_file_read(path, SJ_TRACE_FILE_MAX, &file, &err) < 0) {
        (void)printf("%s\n", err.text);
        return false;
    }
    // Neither where the sources lie nor when they were checked out may matter.
    const char *slash = strrchr(file.path, '/');
    SJ_AUTO(sj_auto_free) char *there = sj_asprintf("/build%s", slash);
    struct sj_import_source source = sj_trace_file_source(&file);
    source.path = there;
    source.mtime_ns = MTIME_NS;

    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    print_detected(&source, &got);
    print_events(format, &source, &got);
    if (is_writing) {
        SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/expected/%s", folder, format->name);
        return sj_dir_make(dir, 0777) == 0 && sj_file_write(expected, 0666, got.data, got.len) == 0;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf want = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = sj_file_read(AT_FDCWD, expected, &want);
    if (status < 0) {
        (void)printf("cannot read '%s': %s\n", expected, strerror(-status));
        return false;
    }
    return say_difference(expected, sj_buf_text(&want), sj_buf_text(&got));
}

static bool check_format(const char *folder, const struct sj_import_format *format, bool is_writing)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/samples/%s", folder, format->name);
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir(path);
    bool is_right = true;
    size_t count = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] != '.') {
            is_right = check(folder, format, entry->d_name, is_writing) && is_right;
            count++;
        }
    }
    if (count == 0) {
        (void)printf("there is no sample in '%s'\n", path);
    }
    return is_right && count > 0;
}

int main(int argc, char **argv)
{
    bool is_writing = argc == 3 && strcmp(argv[1], "--write") == 0;
    if (argc != 2 && !is_writing) {
        (void)fprintf(stderr, "usage: %s [--write] PLUGIN-FOLDER\n", argv[0]);
        return 2;
    }
    bool is_right = sj_import_plugin.abi == SJ_IMPORT_ABI;
    for (const struct sj_import_format *const *at = sj_import_plugin.formats; *at; at++) {
        is_right = check_format(argv[argc - 1], *at, is_writing) && is_right;
    }
    return is_right ? 0 : 1;
}
