// SPDX-License-Identifier: Apache-2.0
#include "dash/clients.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/cells.h"

#define ROWS     50
#define ROWS_MAX 5000

/** A machine. */
struct client {
    const char *machine;
    uint64_t builds;
    uint64_t hits;
    uint64_t misses;
    uint64_t spent_ns;
    uint64_t saved_ns;
    uint64_t last_ns; // start of its latest build
};

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct client *)left)->machine, ((const struct client *)right)->machine);
}

static int latest_first(const void *left, const void *right)
{
    const struct client *a = left;
    const struct client *b = right;
    if (a->last_ns != b->last_ns) {
        return a->last_ns > b->last_ns ? -1 : 1;
    }
    return strcmp(a->machine, b->machine);
}

static void add_up(struct client *sum, const struct client *one)
{
    sum->builds += one->builds;
    sum->hits += one->hits;
    sum->misses += one->misses;
    sum->spent_ns += one->spent_ns;
    sum->saved_ns += one->saved_ns;
    sum->last_ns = one->last_ns > sum->last_ns ? one->last_ns : sum->last_ns;
}

// One for each build, then one for each machine. Returns how many.
static size_t gather(const struct sj_scope *scope, struct client *out)
{
    size_t count = 0;
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        if (scope->is_wanted[i]) {
            out[count++] = (struct client){
                .machine = build->machine,
                .builds = 1,
                .hits = build->count[SJ_OUTCOME_HIT],
                .misses = build->count[SJ_OUTCOME_MISS],
                .spent_ns = sj_build_spent(build),
                .saved_ns = build->saved_ns,
                .last_ns = build->start_ns,
            };
        }
    }
    qsort(out, count, sizeof *out, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(out[kept - 1].machine, out[i].machine) == 0) {
            add_up(&out[kept - 1], &out[i]);
        } else {
            out[kept++] = out[i];
        }
    }
    qsort(out, kept, sizeof *out, latest_first);
    return kept;
}

void sj_clients_add(const struct sj_dash_call *call, const struct sj_scope *scope)
{
    SJ_AUTO(sj_auto_free) struct client *clients = sj_calloc(scope->wanted + 1, sizeof *clients);
    size_t count = gather(scope, clients);
    struct sj_doc_table *table = sj_doc_table(call->doc, "machines", "Machines that built");
    sj_doc_column(table, "machine", "Machine", SJ_DOC_TEXT);
    sj_doc_column(table, "latest", "Latest build", SJ_DOC_TIME);
    sj_doc_column(table, "builds", "Builds", SJ_DOC_COUNT);
    sj_doc_column(table, "hits", "Hits", SJ_DOC_COUNT);
    sj_doc_column(table, "misses", "Misses", SJ_DOC_COUNT);
    sj_doc_column(table, "hit_rate", "Hit rate", SJ_DOC_SHARE);
    sj_doc_column(table, "spent", "CPU spent", SJ_DOC_SPAN);
    sj_doc_column(table, "saved", "CPU saved", SJ_DOC_SPAN);
    sj_doc_empty(table, "No build passes the filters.");
    size_t rows = sj_dash_rows(call, ROWS, ROWS_MAX);
    rows = rows < count ? rows : count;
    for (size_t i = 0; i < rows; i++) {
        const struct client *client = &clients[i];
        double lookups = (double)(client->hits + client->misses);
        SJ_AUTO(sj_auto_free)
        char *link = sj_dash_link_with(call->query, SJ_DASH_MACHINE, client->machine);
        sj_doc_cell(table, client->machine[0] ? client->machine : "(no name)",
                    client->machine[0] ? link : NULL);
        sj_doc_value(table, (double)client->last_ns, NULL);
        sj_doc_value(table, (double)client->builds, NULL);
        sj_doc_value(table, (double)client->hits, NULL);
        sj_doc_value(table, (double)client->misses, NULL);
        sj_doc_value(table, lookups > 0 ? (double)client->hits / lookups : NAN, NULL);
        sj_doc_value(table, (double)client->spent_ns, NULL);
        sj_doc_value(table, (double)client->saved_ns, NULL);
    }
    sj_dash_say_left(call, rows, count, "machines");
}
