// SPDX-License-Identifier: Apache-2.0
// The page "unit".
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyze/unit_find.h"
#include "base/mem.h"
#include "dash/unit_doc.h"

#define BUILDS_MAX   SIZE_MAX         // what they hold is what takes time
#define SAMPLES_MAX  UINT64_C(120000) // of builds that are looked at, …
#define BUILDS_LEAST 200              // … unless these hold more, …
#define SAMPLES_MOST UINT64_C(400000) // … but not more than that

/** Units that the reader's builds have. */
struct seen {
    bool *is_seen; // by number
    size_t size;
};

static bool is_seen(const struct sj_unit *unit, void *user)
{
    const struct seen *seen = user;
    return unit->number < seen->size && seen->is_seen[unit->number];
}

static int find(const struct sj_scope *scope, const struct sj_view *part, uint32_t *out,
                struct sj_err *err)
{
    struct seen seen = {0};
    for (size_t i = 0; i < part->sample_count; i++) {
        size_t end = (size_t)part->samples[i].unit + 1;
        seen.size = end > seen.size ? end : seen.size;
    }
    SJ_AUTO(sj_auto_free) bool *marks = sj_calloc(seen.size + 1, sizeof *marks);
    seen.is_seen = marks;
    for (size_t i = 0; i < part->sample_count; i++) {
        marks[part->samples[i].unit] = true;
    }
    int status = sj_unit_find_among(scope->view.db, scope->view.project,
                                    scope->call->query->subject[0], is_seen, &seen, out, err);
    return status == -EINVAL ? -ENOENT : status;
}

static void note_builds(const struct sj_unit_told *told)
{
    if (told->part->build_count < told->scope->wanted) {
        char text[120];
        (void)snprintf(
            text, sizeof text,
            "the latest %zu of %zu builds are looked at: for earlier ones, say until when",
            told->part->build_count, told->scope->wanted);
        sj_doc_note(told->scope->call->doc, text);
    }
}

static void add_figures(const struct sj_unit_told *told)
{
    struct sj_doc *doc = told->scope->call->doc;
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t spent_ns = 0;
    uint64_t saved_ns = 0;
    const struct sj_sample *last = NULL;
    for (size_t i = 0; i < told->part->sample_count; i++) {
        const struct sj_sample *sample = &told->part->samples[i];
        if (sample->unit == told->unit) {
            bool is_hit = sample->outcome == SJ_OUTCOME_HIT;
            hits += is_hit;
            misses += !is_hit;
            spent_ns += is_hit ? 0 : sample->cpu_ns;
            saved_ns += sample->saved_ns;
            last = !last || sample->start_ns > last->start_ns ? sample : last;
        }
    }
    double cpu_ns = last ? (double)(last->cpu_ns ? last->cpu_ns : last->saved_ns) : NAN;
    sj_doc_figure(doc, "cpu_ns", "CPU of a compile", SJ_DOC_SPAN, cpu_ns, NULL);
    sj_doc_figure(doc, "misses", "misses", SJ_DOC_COUNT, (double)misses, "#misses");
    sj_doc_figure(doc, "hits", "hits", SJ_DOC_COUNT, (double)hits, NULL);
    sj_doc_figure(doc, "spent_cpu_ns", "CPU of its misses", SJ_DOC_SPAN, (double)spent_ns, NULL);
    sj_doc_figure(doc, "saved_cpu_ns", "CPU saved", SJ_DOC_SPAN, (double)saved_ns, NULL);
    if (last && last->input_bytes > 0) {
        sj_doc_figure(doc, "input_bytes", "bytes that it reads", SJ_DOC_SIZE,
                      (double)last->input_bytes, "#inputs");
    }
    if (last && last->output_bytes > 0) {
        sj_doc_figure(doc, "output_bytes", "bytes that it writes", SJ_DOC_SIZE,
                      (double)last->output_bytes, NULL);
    }
}

static void add_facts(const struct sj_unit_told *told)
{
    struct sj_db *db = told->scope->view.db;
    struct sj_doc *doc = told->scope->call->doc;
    struct sj_unit unit;
    sj_doc_fact(doc, "unit", "unit", told->name, NULL);
    if (sj_db_unit(db, told->unit, &unit) == 0) {
        if (unit.source) {
            sj_doc_fact(doc, "source", "source", sj_db_text(db, unit.source), NULL);
        }
        if (unit.language) {
            sj_doc_fact(doc, "language", "language", sj_db_text(db, unit.language), NULL);
        }
    }
}

// Steps take a while to show: of a large program's builds a reader rather waits once for more.
static uint64_t room_for(const struct sj_scope *scope)
{
    const struct sj_build *latest = NULL;
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        if (scope->is_wanted[i] && (!latest || build->start_ns > latest->start_ns)) {
            latest = build;
        }
    }
    uint64_t samples = latest ? latest->count[SJ_OUTCOME_HIT] + latest->count[SJ_OUTCOME_MISS] : 0;
    uint64_t least = samples < SAMPLES_MOST ? BUILDS_LEAST * samples : SAMPLES_MOST;
    least = least < SAMPLES_MOST ? least : SAMPLES_MOST;
    return least > SAMPLES_MAX ? least : SAMPLES_MAX;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    if (!call->query->subject[0]) {
        return sj_fail_plain(err, -ENOENT, "say which unit: the page \"units\" lists them");
    }
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    int status = sj_scope_load(call, &scope, err);
    if (status < 0) {
        return status;
    }
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_view_release) struct sj_view part = {0};
    status = sj_scope_latest(&scope, scope.is_wanted, BUILDS_MAX, room_for(&scope), outcomes, &part,
                             err);
    struct sj_unit_told told = {.scope = &scope, .part = &part};
    if (status == 0) {
        status = find(&scope, &part, &told.unit, err);
    }
    if (status < 0) {
        return status;
    }
    told.name = sj_unit_text(scope.view.db, told.unit, false);
    note_builds(&told);
    add_figures(&told);
    add_facts(&told);
    sj_unit_series(&told);
    sj_unit_inputs(&told);
    status = sj_unit_misses(&told, err);
    if (status == 0) {
        sj_unit_trace(&told);
    }
    return status;
}

const struct sj_dash_page sj_page_unit = {
    .name = "unit",
    .title = NULL,
    .subject = "UNIT",
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
