// SPDX-License-Identifier: Apache-2.0
// Reader of the page that `cargo build --timings` writes. Its data stand in a script:
//
//     const UNIT_DATA = [{"i", "name", "version", "mode", "target", "features": [], "start",
//         "duration", "sections": null | [[name, {"start", "end"}]], …}];           (seconds)
//
// Cargo before 1.90 has "rmeta_time" in place of sections: when others could begin to use it. Units
// that were up to date are not there. What holds for the whole build stands in a table in front.
// Source: cargo, src/cargo/core/compiler/timings/ (1.65 and 1.95).
#include <errno.h>
#include <stdlib.h>

#include "import-cargo/cargo.h"

#define DATA "const UNIT_DATA = "

/** A page. */
struct page {
    const struct sj_import_source *source;
    const struct sj_import_sink *sink;
    char *id;      // of the build; NULL: its start is not known
    char *profile; // NULL: not known
};

// The cell of the table behind the one with a title; empty: there is none.
static struct import_text find_cell(const struct sj_import_source *source, const char *title)
{
    char words[64];
    (void)snprintf(words, sizeof words, "<td>%s:</td><td>", title);
    const char *found = memmem(source->data, source->len, words, strlen(words));
    if (!found) {
        return (struct import_text){"", 0};
    }
    struct import_text cell = {found + strlen(words), 0};
    const char *end = source->data + source->len;
    while (cell.data + cell.len < end && cell.data[cell.len] != '<') {
        cell.len++;
    }
    return import_has_nul(cell) ? (struct import_text){"", 0} : import_trim(cell);
}

// "2 (jobs=2 ncpu=2)"
static uint32_t read_cpus(const struct sj_import_source *source)
{
    struct import_text cell = find_cell(source, "Max concurrency");
    const char *found = memmem(cell.data, cell.len, "ncpu=", 5);
    uint64_t cpus = 0;
    if (found) {
        struct import_text digits = {found + 5, 0};
        while (digits.data + digits.len < cell.data + cell.len && digits.data[digits.len] >= '0' &&
               digits.data[digits.len] <= '9') {
            digits.len++;
        }
        (void)import_u64(digits, 10, &cpus);
    }
    return cpus <= 65536 ? (uint32_t)cpus : 0;
}

// "0.9s", "75.3s (1m 15.3s)"
static int64_t read_wall(const struct sj_import_source *source)
{
    struct import_text cell = find_cell(source, "Total time");
    struct import_text seconds = import_take_field(&cell, 's');
    int64_t ns = 0;
    return import_nano(seconds, &ns) && ns > 0 ? ns : 0;
}

static int tell_build(struct page *page)
{
    struct import_text start = find_cell(page->source, "Build start");
    struct import_text profile = find_cell(page->source, "Profile");
    page->profile = profile.len > 0 ? import_copy(profile) : NULL;
    char *text = import_copy(start);
    const struct sj_import_build build = {
        .id = text && *text ? text : NULL,
        .system = "cargo",
        .start_ns = import_time_ns(text),
        .wall_ns = read_wall(page->source),
        .exit_status = import_has(page->source, "<td>Error:</td>") ? 101 : 0,
        .cpus = read_cpus(page->source),
    };
    int status = text ? page->sink->build(page->sink->user, &build) : -ENOMEM;
    if (build.id) {
        page->id = text;
    } else {
        free(text);
    }
    return status;
}

static int tell_span(const struct page *page, const char *unit, const char *name, int64_t start_ns,
                     int64_t end_ns)
{
    const struct sj_import_span span = {
        .build = page->id,
        .unit = unit,
        .name = name,
        .start_ns = start_ns,
        .wall_ns = end_ns > start_ns ? end_ns - start_ns : 0,
        .is_relative = 1,
    };
    return page->sink->span(page->sink->user, &span);
}

static int tell_sections(const struct page *page, const json_t *entry, const char *unit,
                         int64_t wall_ns)
{
    const json_t *sections = json_object_get(entry, "sections");
    int64_t rmeta_ns = 0;
    int status = 0;
    for (size_t i = 0; status == 0 && i < json_array_size(sections); i++) {
        const json_t *section = json_array_get(sections, i);
        const char *name = json_string_value(json_array_get(section, 0));
        const json_t *times = json_array_get(section, 1);
        int64_t start_ns = 0;
        int64_t end_ns = 0;
        if (name && *name && import_json_number(times, "start", IMPORT_NS_PER_S, &start_ns) &&
            import_json_number(times, "end", IMPORT_NS_PER_S, &end_ns)) {
            status = tell_span(page, unit, name, start_ns, end_ns);
        }
    }
    if (import_json_number(entry, "rmeta_time", IMPORT_NS_PER_S, &rmeta_ns) && rmeta_ns > 0 &&
        rmeta_ns <= wall_ns) {
        status = tell_span(page, unit, "frontend", 0, rmeta_ns);
        if (status == 0) {
            status = tell_span(page, unit, "codegen", rmeta_ns, wall_ns);
        }
    }
    return status;
}

static int tell_unit(const struct page *page, const json_t *entry, const char *name,
                     const char *command)
{
    const char *mode = import_json_text(entry, "mode");
    struct sj_import_unit unit = {
        .build = page->id,
        .name = name,
        .tool = mode && strcmp(mode, "run-custom-build") == 0 ? "build-script" : "rustc",
        .command = command,
        .is_relative = 1,
    };
    if (!import_json_number(entry, "start", IMPORT_NS_PER_S, &unit.start_ns) ||
        !import_json_number(entry, "duration", IMPORT_NS_PER_S, &unit.wall_ns) ||
        unit.start_ns < 0 || unit.wall_ns < 0) {
        page->sink->problem(page->sink->user, 0, "a unit without its times");
        return 0;
    }
    int status = page->sink->unit(page->sink->user, &unit);
    return status == 0 ? tell_sections(page, entry, name, unit.wall_ns) : status;
}

static const char *skip_front(const char *text, const char *front)
{
    size_t len = strlen(front);
    return strncmp(text, front, len) == 0 ? text + len : NULL;
}

static bool is_kind(struct import_text text)
{
    return import_is(text, "bin ") || import_is(text, "bench ") || import_is(text, "example ") ||
           import_is(text, "test ");
}

// What of a package it is, in the words of today's cargo: before 1.70 they stood the other way
// round, "bin \"app\"", "build script".
static char *target_text(const char *target)
{
    char *text = NULL;
    const char *quote = strchr(target, '"');
    const char *end = quote ? strchr(quote + 1, '"') : NULL;
    const char *tail = skip_front(target, "build script");
    int status;
    if (*target == '\0') {
        status = asprintf(&text, "lib");
    } else if (tail) {
        status = asprintf(&text, "build-script%s", tail);
    } else if (end && quote > target && (end[1] == '\0' || strncmp(end + 1, " (", 2) == 0) &&
               is_kind((struct import_text){target, (size_t)(quote - target)})) {
        status = asprintf(&text, "%.*s \"%.*s\"%s", (int)(end - quote - 1), quote + 1,
                          (int)(quote - target - 1), target, end + 1);
    } else {
        status = asprintf(&text, "%s", target);
    }
    return status < 0 ? NULL : text;
}

static int tell_entry(const struct page *page, const json_t *entry)
{
    const char *package = import_json_text(entry, "name");
    const char *version = import_json_text(entry, "version");
    const char *target = import_json_text(entry, "target");
    if (!package || !*package || !target) {
        page->sink->problem(page->sink->user, 0, "a unit without a name");
        return 0;
    }
    char *text = target_text(target + (*target == ' '));
    char *name = text ? cargo_unit_name(package, version, text) : NULL;
    char *command =
        cargo_unit_command(version, json_object_get(entry, "features"), page->profile, NULL);
    int status = name && command ? tell_unit(page, entry, name, command) : -ENOMEM;
    free(text);
    free(name);
    free(command);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    if (import_has(source, DATA)) {
        return 95;
    }
    return import_has(source, "<h1>Cargo Build Timings</h1>") ? 90 : 0;
}

static int read_page(const struct sj_import_source *source, const struct sj_import_sink *sink,
                     char *problem, size_t len)
{
    const char *found = memmem(source->data, source->len, DATA, strlen(DATA));
    json_t *units = NULL;
    if (found) {
        struct import_text rest = {found + strlen(DATA), 0};
        rest.len = source->len - (size_t)(rest.data - source->data);
        (void)import_json_next(&rest, &units);
    }
    if (!json_is_array(units)) {
        json_decref(units);
        (void)snprintf(problem, len, "it has no '" DATA "[…]' of cargo's");
        return -EBADMSG;
    }
    struct page page = {.source = source, .sink = sink};
    int status = tell_build(&page);
    for (size_t i = 0; status == 0 && i < json_array_size(units); i++) {
        status = tell_entry(&page, json_array_get(units, i));
    }
    json_decref(units);
    free(page.id);
    free(page.profile);
    return status;
}

const struct sj_import_format cargo_timing_format = {
    .name = "cargo-timing",
    .summary = "units and their times, from the page of cargo build --timings",
    .detect = detect,
    .read = read_page,
};
