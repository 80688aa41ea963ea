// SPDX-License-Identifier: Apache-2.0
// Reader of .ninja_deps. All numbers are those of the machine that wrote it; the version, which
// comes first, tells its byte order.
//
//     "# ninjadeps\n"  u32 version (3 or 4)
//     records: u32 head: bit 31: dependencies, else a path; the rest: bytes that follow
//       path:         the path, up to 3 NULs, u32 ~number (from 0 on, in order)
//       dependencies: u32 output, u32 mtime (version 3) or u64 mtime (version 4), u32 input each
//
// The last dependencies of an output are those that hold. What a build that was killed has left
// half written stands at the end.
// Source: ninja, src/deps_log.cc.
#include <errno.h>
#include <stdlib.h>

#include "import-common/text.h"
#include "import-ninja/ninja.h"

#define SIGNATURE  "# ninjadeps\n"
#define RECORD_MAX ((1U << 19) - 1)
#define IS_DEPS    (1U << 31)

/** A path, and where the last dependencies of it as an output stand. */
struct path {
    struct import_text text;
    const char *deps; /**< NULL: it has none */
    size_t deps_len;
};

struct deps {
    const struct sj_import_source *source;
    const struct sj_import_sink *sink;
    struct path *paths;
    size_t count;
    size_t size;
    uint32_t version;
    bool is_swapped;
};

static uint32_t get_u32(const struct deps *deps, const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return deps->is_swapped ? __builtin_bswap32(value) : value;
}

// Bytes of a dependencies record before its inputs.
static size_t front_size(const struct deps *deps)
{
    return deps->version == 3 ? 8 : 12;
}

static int add_path(struct deps *deps, const char *at, size_t len)
{
    struct import_text text = {at, len - 4};
    if (get_u32(deps, at + text.len) != ~(uint32_t)deps->count) {
        return -EBADMSG;
    }
    for (int i = 0; i < 3 && text.len > 0 && text.data[text.len - 1] == '\0'; i++) {
        text.len--;
    }
    if (text.len == 0 || import_has_nul(text)) {
        return -EBADMSG;
    }
    if (deps->count == deps->size) {
        size_t size = deps->size ? 2 * deps->size : 1024;
        struct path *paths = realloc(deps->paths, size * sizeof *paths);
        if (!paths) {
            return -ENOMEM;
        }
        deps->paths = paths;
        deps->size = size;
    }
    deps->paths[deps->count++] = (struct path){.text = text};
    return 0;
}

static int add_deps(struct deps *deps, const char *at, size_t len)
{
    uint32_t output = get_u32(deps, at);
    if (output >= deps->count) {
        return -EBADMSG;
    }
    deps->paths[output].deps = at;
    deps->paths[output].deps_len = len;
    return 0;
}

static int add_record(struct deps *deps, uint32_t head, const char *at)
{
    size_t len = head & ~IS_DEPS;
    if (head & IS_DEPS) {
        return len >= front_size(deps) && len % 4 == 0 ? add_deps(deps, at, len) : -EBADMSG;
    }
    return len > 4 && len % 4 == 0 ? add_path(deps, at, len) : -EBADMSG;
}

static int tell_unit(const struct deps *deps, const struct path *path)
{
    char *name = import_copy(path->text);
    char *folder = import_folder(deps->source->path);
    const struct sj_import_unit unit = {
        .name = name, .directory = folder, .outcome = SJ_IMPORT_KNOWN};
    int status = name && folder ? deps->sink->unit(deps->sink->user, &unit) : -ENOMEM;
    for (size_t at = front_size(deps); status == 0 && at < path->deps_len; at += 4) {
        uint32_t number = get_u32(deps, path->deps + at);
        if (number >= deps->count) {
            deps->sink->problem(deps->sink->user, (uint64_t)(path->deps - deps->source->data),
                                "an input has a number that no path has");
            continue;
        }
        char *text = import_copy(deps->paths[number].text);
        const struct sj_import_input input = {.unit = name, .path = text};
        status = text ? deps->sink->input(deps->sink->user, &input) : -ENOMEM;
        free(text);
    }
    free(name);
    free(folder);
    return status;
}

static int read_records(struct deps *deps, size_t at, char *problem, size_t len)
{
    const struct sj_import_source *source = deps->source;
    int status = 0;
    while (status == 0 && at < source->len) {
        uint32_t head = source->len - at < 4 ? RECORD_MAX : get_u32(deps, source->data + at);
        size_t size = head & ~IS_DEPS;
        if (source->len - at < 4 || size > source->len - at - 4) {
            deps->sink->problem(deps->sink->user, at, "the file ends in the middle of a record");
            break;
        }
        status = size > RECORD_MAX ? -EBADMSG : add_record(deps, head, source->data + at + 4);
        if (status == -EBADMSG) {
            (void)snprintf(problem, len, "byte %zu: no record of ninja's", at);
        }
        at += 4 + size;
    }
    for (size_t i = 0; (status == 0 || status == -EBADMSG) && i < deps->count; i++) {
        int told = deps->paths[i].deps ? tell_unit(deps, &deps->paths[i]) : 0;
        status = told < 0 ? told : status;
    }
    return status;
}

static int detect(const struct sj_import_source *source)
{
    const size_t len = sizeof SIGNATURE - 1;
    return source->len >= len && memcmp(source->data, SIGNATURE, len) == 0 ? 100 : 0;
}

static int read_deps(const struct sj_import_source *source, const struct sj_import_sink *sink,
                     char *problem, size_t len)
{
    struct deps deps = {.source = source, .sink = sink};
    size_t at = sizeof SIGNATURE - 1;
    if (!detect(source) || source->len < at + 4) {
        (void)snprintf(problem, len, "it does not begin as a file of ninja's dependencies does");
        return -EBADMSG;
    }
    deps.version = get_u32(&deps, source->data + at);
    if (deps.version > UINT16_MAX) {
        deps.version = __builtin_bswap32(deps.version);
        deps.is_swapped = true;
    }
    if (deps.version != 3 && deps.version != 4) {
        (void)snprintf(problem, len, "version %u of ninja's dependencies is not known: 3 and 4 are",
                       deps.version);
        return -EBADMSG;
    }
    int status = read_records(&deps, at + 4, problem, len);
    free(deps.paths);
    return status;
}

const struct sj_import_format ninja_deps_format = {
    .name = "ninja-deps",
    .summary = "headers of each output, from ninja's .ninja_deps",
    .detect = detect,
    .read = read_deps,
};
