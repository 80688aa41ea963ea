// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "analyze/cause.h"
#include "analyze/charge.h"
#include "base/mem.h"
#include "dash/commit_doc.h"
#include "dash/scope.h"

#define BUILDS_MAX    20 // that units are looked up in
#define ROWS_PEOPLE   50
#define ROWS_PROGRAMS 10000

/** A unit that the commit had compiled. */
struct compiled {
    uint32_t unit;
    size_t build;       // index of the build
    uint64_t cpu_ns;    // of the compile
    uint64_t charge_ns; // the commit's part
    const char *path;   // by which it came; the pool's
};

/** A directory. */
struct directory {
    const char *name; // of `len` bytes
    size_t len;
    uint64_t units;
    uint64_t cpu_ns;
    uint64_t charge_ns;
};

/** Units under way. */
struct units {
    struct compiled *items;
    size_t count;
    size_t size;
};

/** A commit among the causes of a compile. */
struct part {
    const struct sj_blame *cause; // its first file; NULL: it is none of them
    size_t players;               // among which the compile is split
    size_t index;                 // which of them it is
};

// Causes are sorted by kind and commit: a player is a run of equal ones.
static struct part part_of(const struct sj_finding *finding, const struct sj_commit_told *told)
{
    struct part part = {0};
    for (size_t i = 0; i < finding->count; i++) {
        const struct sj_blame *cause = &finding->causes[i];
        bool is_new = i == 0 || !sj_blame_same(&finding->causes[i - 1], cause);
        if (is_new && cause->kind == SJ_BLAME_COMMIT && sj_oid_eq(&cause->commit, &told->id)) {
            part.cause = cause;
            part.index = part.players;
        }
        part.players += is_new;
    }
    return part;
}

static void add_compiled(struct units *units, const struct sj_finding *finding, size_t build,
                         const struct part *part)
{
    if (units->count == units->size) {
        units->size = units->size ? 2 * units->size : 64;
        units->items = sj_realloc(units->items, units->size, sizeof *units->items);
    }
    units->items[units->count++] = (struct compiled){
        .unit = finding->sample->unit,
        .build = build,
        .cpu_ns = finding->sample->cpu_ns,
        .charge_ns = sj_charge_share(finding->sample->cpu_ns, part->players, part->index),
        .path = part->cause->path,
    };
}

static int find_units(struct sj_commit_told *told, struct sj_causes *causes, struct units *units,
                      struct sj_err *err)
{
    uint32_t builds[BUILDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < told->build_count && count < BUILDS_MAX; i++) {
        builds[count++] = (uint32_t)told->builds[i].build;
    }
    int status = count ? sj_causes_load(causes, builds, count, err) : 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        size_t samples;
        const struct sj_sample *at = sj_causes_samples(causes, builds[i], &samples);
        for (size_t j = 0; j < samples && status == 0; j++) {
            struct sj_finding finding;
            status = sj_causes_find(causes, builds[i], &at[j], &finding, err);
            struct part part = status == 0 ? part_of(&finding, told) : (struct part){0};
            if (part.cause) {
                add_compiled(units, &finding, builds[i], &part);
            }
        }
    }
    return status;
}

static int dearest_first(const void *left, const void *right)
{
    const struct compiled *a = left;
    const struct compiled *b = right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns < b->cpu_ns ? 1 : -1;
    }
    return a->unit < b->unit ? -1 : a->unit > b->unit;
}

static void add_table(const struct sj_commit_told *told, const struct units *units)
{
    const struct sj_dash_call *call = told->scope->call;
    struct sj_doc_table *table =
        sj_doc_table(call->doc, "units", "Units that it had compiled, dearest first");
    sj_doc_column(table, "unit", "unit", SJ_DOC_TEXT);
    sj_doc_data_column(table, "source", "source", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "via", "because of", SJ_DOC_TEXT);
    sj_doc_column(table, "build", "in build", SJ_DOC_TEXT);
    sj_doc_empty(table, "None: nothing that was built reads what it changed, or all of it was in "
                        "the cache.");
    struct sj_db *db = told->scope->view.db;
    size_t max = sj_dash_rows(call, ROWS_PEOPLE, ROWS_PROGRAMS);
    for (size_t i = 0; i < units->count && i < max; i++) {
        const struct compiled *at = &units->items[i];
        const struct sj_build *build = &told->scope->view.builds[at->build].build;
        SJ_AUTO(sj_auto_free) char *build_href = sj_link_build(call, build);
        sj_unit_cells(call, table, db, at->unit);
        sj_doc_value(table, (double)at->cpu_ns, NULL);
        sj_doc_value(table, (double)at->charge_ns, NULL);
        sj_doc_cell(table, at->path, NULL);
        sj_doc_cell(table, build->id, build_href);
    }
    sj_dash_say_left(call, max < units->count ? max : units->count, units->count, "units");
}

static int by_name(const void *left, const void *right)
{
    const struct directory *a = left;
    const struct directory *b = right;
    int order = strncmp(a->name, b->name, a->len < b->len ? a->len : b->len);
    return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

// Directories of sources, each once; gives how many.
static size_t gather(const struct sj_commit_told *told, const struct units *units,
                     struct directory *out)
{
    for (size_t i = 0; i < units->count; i++) {
        struct sj_db *db = told->scope->view.db;
        const char *source = sj_unit_text(db, units->items[i].unit, true);
        const char *path = *source ? source : sj_unit_text(db, units->items[i].unit, false);
        const char *slash = strrchr(path, '/');
        out[i] = (struct directory){
            .name = slash ? path : ".",
            .len = slash ? (size_t)(slash - path) : 1,
            .units = 1,
            .cpu_ns = units->items[i].cpu_ns,
            .charge_ns = units->items[i].charge_ns,
        };
    }
    if (units->count > 0) {
        qsort(out, units->count, sizeof *out, by_name);
    }
    size_t kept = 0;
    for (size_t i = 0; i < units->count; i++) {
        if (kept > 0 && by_name(&out[kept - 1], &out[i]) == 0) {
            out[kept - 1].units++;
            out[kept - 1].cpu_ns += out[i].cpu_ns;
            out[kept - 1].charge_ns += out[i].charge_ns;
        } else {
            out[kept++] = out[i];
        }
    }
    return kept;
}

static void add_directories(const struct sj_commit_told *told, const struct units *units)
{
    struct sj_doc_table *table = sj_doc_table(told->scope->call->doc, "directories",
                                              "Directories whose units it had compiled");
    sj_doc_column(table, "directory", "directory", SJ_DOC_TEXT);
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_empty(table, "None.");
    SJ_AUTO(sj_auto_free)
    struct directory *directories = sj_calloc(units->count + 1, sizeof *directories);
    size_t count = gather(told, units, directories);
    for (size_t i = 0; i < count; i++) {
        SJ_AUTO(sj_auto_free) char *name = sj_strndup(directories[i].name, directories[i].len);
        sj_doc_cell(table, *name ? name : "/", NULL);
        sj_doc_value(table, (double)directories[i].units, NULL);
        sj_doc_value(table, (double)directories[i].cpu_ns, NULL);
        sj_doc_value(table, (double)directories[i].charge_ns, NULL);
    }
}

int sj_commit_units(struct sj_commit_told *told, struct sj_err *err)
{
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_causes *causes = sj_causes_open(&told->scope->view, &pool);
    struct units units = {0};
    int status = told->is_drill ? 0 : find_units(told, causes, &units, err);
    if (status == 0 && !told->is_drill) {
        for (size_t i = 0; i < units.count; i++) {
            bool is_first = units.items[i].build == told->first;
            told->compiled += is_first;
            told->compiled_ns += is_first ? units.items[i].cpu_ns : 0;
        }
        if (units.count > 0) {
            qsort(units.items, units.count, sizeof *units.items, dearest_first);
        }
        add_directories(told, &units);
    }
    // Above the units, of which there may be many.
    status = status < 0 ? status : sj_commit_effect(told, err);
    if (status == 0 && !told->is_drill) {
        add_table(told, &units);
        if (told->build_count > BUILDS_MAX) {
            sj_doc_note(told->scope->call->doc,
                        "Units are those of the first 20 builds that it was charged in.");
        }
    }
    free(units.items);
    sj_causes_close(causes);
    return status;
}
