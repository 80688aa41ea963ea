// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/pathset.h"
#include "trace/path.h"
#include "trace/taking.h"

#define PHASES_MAX     64                  // more of a build's own spans are a trace
#define BYTES_MAX      (SJ_RECORD_MAX / 2) // texts of one note, so that it fits into a frame
#define PATH_MAX_BYTES ((size_t)64 << 10)
#define PAIR_BYTES     16 // what a pair or span takes beside its texts

static int by_start(const void *a, const void *b)
{
    const struct sj_note_span *left = a;
    const struct sj_note_span *right = b;
    if (left->start_ns != right->start_ns) {
        return left->start_ns < right->start_ns ? -1 : 1;
    }
    return (left->depth > right->depth) - (left->depth < right->depth);
}

static uint64_t span_start(const struct sj_import_span *told, int64_t origin_ns)
{
    int64_t start_ns = told->start_ns;
    if (told->is_relative && __builtin_add_overflow(origin_ns, told->start_ns, &start_ns)) {
        return (uint64_t)origin_ns;
    }
    return (uint64_t)start_ns;
}

static size_t text_len(const char *text)
{
    return text ? strlen(text) : 0;
}

// Spans of a chain from some depth on, in as many notes as they need.
static int write_spans(struct sj_taking *taking, const struct sj_trace_chain *chain,
                       int64_t origin_ns, const struct sj_note_pair *pairs, uint32_t pair_count)
{
    struct sj_note_span *spans = sj_calloc(chain->count ? chain->count : 1, sizeof *spans);
    size_t count = 0;
    for (size_t at = chain->first; at != SJ_TRACE_NONE; at = taking->model->spans[at].next) {
        const struct sj_import_span *told = &taking->model->spans[at].told;
        spans[count++] = (struct sj_note_span){
            .start_ns = span_start(told, origin_ns),
            .wall_ns = (uint64_t)told->wall_ns,
            .depth = told->depth,
            .name = told->name,
            .detail = told->detail,
        };
    }
    qsort(spans, count, sizeof *spans, by_start);
    int status = 0;
    for (size_t from = 0, to = 0; status == 0 && from < count; from = to) {
        size_t bytes = 0;
        while (to < count && to - from < SJ_NOTE_SPANS_MAX && bytes < BYTES_MAX) {
            bytes += text_len(spans[to].name) + text_len(spans[to].detail) + 2 * PAIR_BYTES;
            to++;
        }
        const struct sj_note note = {
            .kind = SJ_NOTE_TRACE,
            .time_ns = (uint64_t)origin_ns,
            .build = taking->taken->id,
            .label = taking->options->labels,
            .pairs = pairs,
            .pair_count = pair_count,
            .spans = spans + from,
            .span_count = (uint32_t)(to - from),
        };
        taking->taken->traces++;
        status = taking->writer->note(taking->writer->user, &note);
    }
    free(spans);
    return status;
}

// A unit that nobody built: what the tool would do, so that its absence is not taken for ignorance.
static int write_known(struct sj_taking *taking, const struct sj_trace_unit *unit)
{
    const struct sj_import_unit *told = &unit->told;
    struct sj_note_pair *pairs = sj_calloc(unit->inputs.count + 6, sizeof *pairs);
    uint32_t count = 0;
    pairs[count++] = (struct sj_note_pair){"unit", sj_trace_path_below(taking->root, unit->path)};
    pairs[count++] = (struct sj_note_pair){"import", taking->import};
    pairs[count++] = (struct sj_note_pair){"is_built", "0"};
    pairs[count++] = (struct sj_note_pair){"directory", sj_taking_folder(taking, unit)};
    if (told->source) {
        pairs[count++] = (struct sj_note_pair){"source", told->source};
    }
    if (told->args) {
        pairs[count++] = (struct sj_note_pair){"args", told->args};
    }
    size_t bytes = text_len(told->args);
    size_t at = unit->inputs.first;
    for (; at != SJ_TRACE_NONE && count < SJ_NOTE_PAIRS_MAX && bytes < BYTES_MAX;
         at = taking->model->inputs[at].next) {
        pairs[count++] = (struct sj_note_pair){"input", taking->model->inputs[at].path};
        bytes += text_len(taking->model->inputs[at].path) + PAIR_BYTES;
    }
    if (at != SJ_TRACE_NONE) {
        sj_trace_model_problem(taking->model, 0,
                               "inputs of a unit that was not built did not fit into its note");
    }
    const struct sj_note note = {
        .kind = SJ_NOTE_TRACE,
        .time_ns = (uint64_t)taking->start_ns,
        .build = taking->taken->id,
        .label = taking->options->labels,
        .pairs = pairs,
        .pair_count = count,
    };
    taking->taken->known++;
    int status = taking->writer->note(taking->writer->user, &note);
    free(pairs);
    return status;
}

int sj_taking_unit_notes(struct sj_taking *taking, const struct sj_trace_unit *unit)
{
    const struct sj_note_pair pairs[] = {
        {"unit", sj_trace_path_below(taking->root, unit->path)},
        {"import", taking->import},
    };
    int status = 0;
    if (unit->told.outcome == SJ_IMPORT_KNOWN && !taking->options->is_attaching) {
        status = write_known(taking, unit);
    }
    if (status == 0 && unit->spans.count > 0) {
        status = write_spans(taking, &unit->spans, sj_taking_start(taking, unit), pairs, 2);
    }
    return status;
}

static int write_phase(struct sj_taking *taking, const struct sj_import_span *span)
{
    char wall[24];
    char cpu[24];
    (void)snprintf(wall, sizeof wall, "%lld", (long long)span->wall_ns);
    (void)snprintf(cpu, sizeof cpu, "%lld", (long long)span->cpu_ns);
    const struct sj_note_pair pairs[] = {
        {"name", span->name}, {"wall_ns", wall}, {"exit_status", "0"}, {"cpu_ns", cpu}};
    const struct sj_note note = {
        .kind = SJ_NOTE_PHASE,
        .time_ns = span_start(span, taking->start_ns),
        .build = taking->taken->id,
        .label = taking->options->labels,
        .pairs = pairs,
        .pair_count = span->cpu_ns > 0 ? 4 : 3,
    };
    return taking->writer->note(taking->writer->user, &note);
}

static int write_phases(struct sj_taking *taking)
{
    const struct sj_trace_build *build = taking->build;
    int status = 0;
    if (build->told.queued_ns > 0 && build->told.queued_ns < taking->start_ns) {
        const struct sj_import_span queue = {.name = "queue",
                                             .start_ns = taking->start_ns - build->told.queued_ns,
                                             .wall_ns = build->told.queued_ns};
        status = write_phase(taking, &queue);
    }
    size_t count = 0;
    bool is_deep = false;
    for (size_t at = build->spans.first; status == 0 && at != SJ_TRACE_NONE;
         at = taking->model->spans[at].next) {
        const struct sj_import_span *span = &taking->model->spans[at].told;
        is_deep = is_deep || span->depth > 0 || span->detail || count == PHASES_MAX;
        if (span->depth == 0 && count < PHASES_MAX) {
            count++;
            status = write_phase(taking, span);
        }
    }
    const struct sj_note_pair pair = {"import", taking->import};
    if (status == 0 && is_deep) {
        status = write_spans(taking, &build->spans, taking->start_ns, &pair, 1);
    }
    return status;
}

// The unit where an edge was seen, and its folder.
static const struct sj_trace_unit *unit_of(const struct sj_taking *taking,
                                           const struct sj_trace_edge *edge)
{
    if (edge->unit == SJ_TRACE_NONE) {
        return NULL;
    }
    const struct sj_trace_unit *unit = &taking->model->units[edge->unit];
    return unit->is_dropped ? &taking->model->units[unit->joined] : unit;
}

static const char *full_path(struct sj_taking *taking, const struct sj_trace_unit *unit,
                             const char *path)
{
    bool is_cut = false;
    if (*path != '/' && (!unit || !unit->told.directory)) {
        sj_trace_model_problem(taking->model, 0,
                               "an include edge whose paths are relative to a folder that is not "
                               "known: taken as relative to the root");
    }
    sj_trace_path_full(unit ? sj_taking_folder(taking, unit) : taking->root, path, &taking->text);
    const char *kept =
        sj_trace_text(&taking->model->texts, sj_buf_text(&taking->text), PATH_MAX_BYTES, &is_cut);
    return sj_trace_path_below(taking->root, kept);
}

// The paths of an edge. Gives false where it is known already, or its source is not known.
static bool edge_pair(struct sj_taking *taking, const struct sj_trace_edge *edge,
                      struct sj_note_pair *out)
{
    const struct sj_trace_unit *unit = unit_of(taking, edge);
    const char *from = edge->from ? edge->from : unit ? unit->told.source : NULL;
    if (!from) {
        sj_trace_model_problem(taking->model, 0,
                               "an include edge from a source whose name is not known");
        return false;
    }
    out->name = full_path(taking, unit, from);
    out->value = full_path(taking, unit, edge->to);
    sj_hasher_reset(taking->hasher);
    sj_hasher_text(taking->hasher, out->name);
    sj_hasher_text(taking->hasher, out->value);
    bool is_new;
    const struct sj_key key = sj_hasher_key(taking->hasher);
    *sj_keymap_put(&taking->edges, &key, &is_new) = 1;
    return is_new; // many units include the same header, which includes the same others
}

static int write_edges(struct sj_taking *taking)
{
    const struct sj_trace_chain *chain = &taking->build->edges;
    size_t size = chain->count < SJ_NOTE_PAIRS_MAX ? chain->count : SJ_NOTE_PAIRS_MAX;
    struct sj_note_pair *pairs = sj_calloc(size ? size : 1, sizeof *pairs);
    size_t at = chain->first;
    int status = 0;
    while (status == 0 && at != SJ_TRACE_NONE) {
        size_t bytes = 0;
        uint32_t count = 0;
        for (; at != SJ_TRACE_NONE && count < size && bytes < BYTES_MAX;
             at = taking->model->edges[at].next) {
            if (edge_pair(taking, &taking->model->edges[at], &pairs[count])) {
                bytes += text_len(pairs[count].name) + text_len(pairs[count].value) + PAIR_BYTES;
                count++;
            }
        }
        const struct sj_note note = {
            .kind = SJ_NOTE_EDGES,
            .time_ns = (uint64_t)taking->start_ns,
            .build = taking->taken->id,
            .label = taking->options->labels,
            .pairs = pairs,
            .pair_count = count,
        };
        taking->taken->edges += count;
        status = count > 0 ? taking->writer->note(taking->writer->user, &note) : 0;
    }
    free(pairs);
    sj_keymap_release(&taking->edges);
    return status;
}

int sj_taking_build_notes(struct sj_taking *taking)
{
    int status = taking->options->is_attaching ? 0 : write_phases(taking);
    return status == 0 ? write_edges(taking) : status;
}
