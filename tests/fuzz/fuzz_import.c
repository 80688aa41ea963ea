// SPDX-License-Identifier: Apache-2.0
// All formats of one import plugin, which it is linked with.
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/import.h>

#include "base/cleanup.h"
#include "base/mem.h"

extern const struct sj_import_plugin sj_import_plugin;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    EVENTS_MAX = 100000
};

// Reads a text to its end, so that ASan sees one that has none.
static void touch(const char *text, bool may_miss)
{
    if (text ? strlen(text) == SIZE_MAX : !may_miss) {
        abort();
    }
}

static int count(void *user)
{
    size_t *events = user;
    return ++*events > EVENTS_MAX ? -E2BIG : 0;
}

static int take_build(void *user, const struct sj_import_build *build)
{
    const char *const texts[] = {build->id,     build->system,  build->job,     build->run,
                                 build->commit, build->branch,  build->pull,    build->target,
                                 build->url,    build->attempt, build->machine, build->project};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        touch(texts[i], true);
    }
    return count(user);
}

static int take_unit(void *user, const struct sj_import_unit *unit)
{
    const char *const texts[] = {unit->build, unit->source, unit->directory, unit->tool,
                                 unit->args,  unit->reason, unit->key,       unit->command};
    touch(unit->name, false);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        touch(texts[i], true);
    }
    if (unit->outcome > SJ_IMPORT_KNOWN) {
        abort();
    }
    return count(user);
}

static int take_input(void *user, const struct sj_import_input *input)
{
    touch(input->build, true);
    touch(input->unit, false);
    touch(input->path, false);
    touch(input->hash, true);
    return count(user);
}

static int take_span(void *user, const struct sj_import_span *span)
{
    touch(span->build, true);
    touch(span->unit, true);
    touch(span->name, false);
    touch(span->detail, true);
    return count(user);
}

static int take_edge(void *user, const struct sj_import_edge *edge)
{
    touch(edge->build, true);
    touch(edge->unit, true);
    touch(edge->from, edge->unit != NULL);
    touch(edge->to, false);
    return count(user);
}

static void take_problem(void *user, uint64_t where, const char *what)
{
    (void)user;
    (void)where;
    touch(what, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t events = 0;
    const struct sj_import_sink sink = {
        .build = take_build,
        .unit = take_unit,
        .input = take_input,
        .span = take_span,
        .edge = take_edge,
        .problem = take_problem,
        .user = &events,
    };
    SJ_AUTO(sj_auto_free) char *text = sj_strndup((const char *)data, size);
    const struct sj_import_source source = {
        .path = size % 2 ? "/build/a.c.json" : "",
        .data = text,
        .len = size,
        .mtime_ns = INT64_C(1700000000000000000),
    };
    for (const struct sj_import_format *const *at = sj_import_plugin.formats; *at; at++) {
        char problem[256] = "";
        int sureness = (*at)->detect(&source);
        int status = (*at)->read(&source, &sink, problem, sizeof problem);
        if (sureness < 0 || sureness > 100 || status > 0 ||
            !memchr(problem, '\0', sizeof problem)) {
            abort();
        }
    }
    return 0;
}
