// SPDX-License-Identifier: Apache-2.0
#include "trace/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trace/events.h"

#define PROBLEMS_MAX 1000

const char *sj_trace_text(struct sj_pool *texts, const char *text, size_t max, bool *is_cut)
{
    size_t len = text ? strnlen(text, max + 1) : 0;
    *is_cut |= len > max;
    return text ? sj_pool_bytes(texts, text, len > max ? max : len) : NULL;
}

void sj_trace_model_init(struct sj_trace_model *model)
{
    *model = (struct sj_trace_model){
        .hasher = sj_hasher_new(),
        .content = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .path = "",
    };
    (void)sj_trace_build_at(model, NULL); // has number 0
}

void sj_trace_model_release(struct sj_trace_model *model)
{
    if (model) {
        sj_pool_release(&model->texts);
        sj_keymap_release(&model->names);
        sj_hasher_free(model->hasher);
        free(model->builds);
        free(model->units);
        free(model->inputs);
        free(model->spans);
        free(model->edges);
        free(model->problems);
        sj_buf_release(&model->content);
        *model = (struct sj_trace_model){0};
    }
}

void sj_trace_model_problem(struct sj_trace_model *model, uint64_t where, const char *what)
{
    bool is_cut = false;
    const char *text = sj_trace_text(&model->texts, what, 256, &is_cut);
    for (size_t i = 0; i < model->problem_count; i++) {
        if (model->problems[i].what == text) {
            model->problems[i].count++;
            return;
        }
    }
    if (model->problem_count == PROBLEMS_MAX) { // a plugin with a new sentence each time
        model->problems[PROBLEMS_MAX - 1].what = "other things";
        model->problems[PROBLEMS_MAX - 1].count++;
        return;
    }
    model->problems =
        sj_realloc(model->problems, model->problem_count + 1, sizeof *model->problems);
    model->problems[model->problem_count++] = (struct sj_trace_problem){
        .what = text,
        .path = sj_trace_text(&model->texts, model->path, 4096, &is_cut),
        .where = where,
        .count = 1,
    };
}

int sj_trace_model_read(struct sj_trace_model *model, const struct sj_import_format *format,
                        const struct sj_import_source *source, char *problem, size_t len)
{
    const struct sj_key key = sj_key_of(source->data, source->len);
    sj_buf_add(&model->content, key.bytes, sizeof key.bytes);
    model->path = source->path;
    model->file++;
    model->mtime_ns = source->mtime_ns > model->mtime_ns ? source->mtime_ns : model->mtime_ns;
    const struct sj_import_sink sink = sj_trace_sink(model);
    int status = format->read(source, &sink, problem, len);
    model->path = "";
    if (len > 0) {
        problem[len - 1] = '\0';
    }
    return status > 0 ? -EBADMSG : status;
}

// Of all builds that have a unit of that name the latest one's.
static void find_latest(struct sj_trace_model *model, struct sj_keymap *latest)
{
    for (size_t i = 0; i < model->unit_count; i++) {
        const struct sj_trace_unit *unit = &model->units[i];
        if (unit->build == 0) {
            continue;
        }
        bool is_new;
        const struct sj_key key = sj_key_of(unit->path, strlen(unit->path));
        uint32_t *place = sj_keymap_put(latest, &key, &is_new);
        const struct sj_trace_unit *other = &model->units[*place];
        if (is_new ||
            model->builds[unit->build].told.start_ns >= model->builds[other->build].told.start_ns) {
            *place = (uint32_t)i;
        }
    }
}

static size_t latest_build(const struct sj_trace_model *model)
{
    size_t latest = 0;
    for (size_t i = 1; i < model->build_count; i++) {
        if (latest == 0 || model->builds[i].told.start_ns >= model->builds[latest].told.start_ns) {
            latest = i;
        }
    }
    return latest;
}

// Hang one chain behind another. `next` is the member of the item with that number.
static void move_chain(struct sj_trace_chain *to, struct sj_trace_chain *from, size_t *next)
{
    if (from->count == 0) {
        return;
    }
    if (to->count == 0) {
        to->first = from->first;
    } else {
        *next = from->first;
    }
    to->last = from->last;
    to->count += from->count;
    *from = (struct sj_trace_chain){SJ_TRACE_NONE, SJ_TRACE_NONE, 0};
}

static void join_unit(struct sj_trace_model *model, size_t number, struct sj_trace_unit *from)
{
    struct sj_trace_unit *to = &model->units[number];
    if (to->times_file == SJ_TRACE_NONE && from->times_file != SJ_TRACE_NONE) {
        model->builds[to->build].runs++;
        to->times_file = from->times_file;
    }
    if (from->times_file != SJ_TRACE_NONE) {
        model->builds[from->build].runs--;
    }
    sj_trace_unit_fill(to, &from->told);
    move_chain(&to->inputs, &from->inputs,
               to->inputs.count ? &model->inputs[to->inputs.last].next : NULL);
    move_chain(&to->spans, &from->spans,
               to->spans.count ? &model->spans[to->spans.last].next : NULL);
    from->is_dropped = true;
    from->joined = number;
}

void sj_trace_model_join(struct sj_trace_model *model)
{
    size_t latest = latest_build(model);
    if (latest == 0) {
        return;
    }
    struct sj_keymap map = {0};
    find_latest(model, &map);
    for (size_t i = 0; i < model->unit_count; i++) {
        struct sj_trace_unit *unit = &model->units[i];
        const struct sj_key key = sj_key_of(unit->path, strlen(unit->path));
        const uint32_t *place = unit->build == 0 ? sj_keymap_find(&map, &key) : NULL;
        if (place) {
            join_unit(model, *place, unit);
        }
    }
    sj_keymap_release(&map);
    struct sj_trace_build *nameless = &model->builds[0];
    struct sj_trace_build *build = &model->builds[latest];
    if (nameless->runs > 0) {
        return; // a build of its own
    }
    for (size_t at = nameless->units.first; at != SJ_TRACE_NONE; at = model->units[at].next) {
        model->units[at].build = latest;
    }
    move_chain(&build->units, &nameless->units,
               build->units.count ? &model->units[build->units.last].next : NULL);
    move_chain(&build->spans, &nameless->spans,
               build->spans.count ? &model->spans[build->spans.last].next : NULL);
    move_chain(&build->edges, &nameless->edges,
               build->edges.count ? &model->edges[build->edges.last].next : NULL);
    nameless->is_told = false; // nothing is left of it
}
