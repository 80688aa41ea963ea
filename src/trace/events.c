// SPDX-License-Identifier: Apache-2.0
#include "trace/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trace/path.h"

enum {
    NAME_MAX_BYTES = 32 << 10,
    ARGS_MAX_BYTES = 256 << 10,
    BUILDS_MAX = 100000,
    UNITS_MAX = 4000000,
    INPUTS_MAX = 32000000,
    SPANS_MAX = 8000000,
    EDGES_MAX = 8000000,
};

// Ten years: what is longer is no time that something took.
#define WALL_MAX_NS (INT64_C(10) * 366 * 86400 * 1000000000)

static const char *keep_max(struct sj_trace_model *model, const char *text, size_t max)
{
    bool is_cut = false;
    const char *kept = sj_trace_text(&model->texts, text, max, &is_cut);
    if (is_cut) {
        sj_trace_model_problem(model, 0, "a text that is too long was cut");
    }
    return kept;
}

static const char *keep(struct sj_trace_model *model, const char *text)
{
    return keep_max(model, text && *text ? text : NULL, NAME_MAX_BYTES);
}

// A time that makes no sense counts as none.
static int64_t check_time(struct sj_trace_model *model, int64_t ns, int64_t max)
{
    if (ns < 0 || ns > max) {
        sj_trace_model_problem(model, 0, "a time that makes no sense: taken as not known");
        return 0;
    }
    return ns;
}

static struct sj_key key_of(struct sj_trace_model *model, const char *kind, size_t number,
                            const char *text)
{
    sj_hasher_reset(model->hasher);
    sj_hasher_text(model->hasher, kind);
    sj_hasher_field(model->hasher, &number, sizeof number);
    sj_hasher_text(model->hasher, text);
    return sj_hasher_key(model->hasher);
}

// Make room for one more. Gives the array; NULL: there are too many.
static void *grow(struct sj_trace_model *model, void *array, size_t item, size_t count,
                  size_t *size, size_t max, const char *problem)
{
    if (count < *size) {
        return array;
    }
    if (count >= max) {
        sj_trace_model_problem(model, 0, problem);
        return NULL;
    }
    *size = *size ? 2 * *size : 256;
    return sj_realloc(array, *size, item);
}

#define GROW(model, member, max, problem)                                                  \
    grow((model), (model)->member##s, sizeof *(model)->member##s, (model)->member##_count, \
         &(model)->member##_size, (max), (problem))

static void chain_add(struct sj_trace_chain *chain, size_t number, size_t *next)
{
    if (chain->count++ == 0) {
        chain->first = number;
    } else {
        *next = number;
    }
    chain->last = number;
}

static const struct sj_trace_chain empty = {SJ_TRACE_NONE, SJ_TRACE_NONE, 0};

size_t sj_trace_build_at(struct sj_trace_model *model, const char *id)
{
    bool is_new;
    const struct sj_key key = key_of(model, "build", 0, id);
    const uint32_t *found = sj_keymap_find(&model->names, &key);
    if (found || model->build_count == BUILDS_MAX) {
        if (!found) {
            sj_trace_model_problem(model, 0, "builds beyond the first 100,000: taken as one");
        }
        return found ? *found : 0;
    }
    *sj_keymap_put(&model->names, &key, &is_new) = (uint32_t)model->build_count;
    model->builds = sj_realloc(model->builds, model->build_count + 1, sizeof *model->builds);
    model->builds[model->build_count] = (struct sj_trace_build){
        .told = {.id = keep(model, id), .exit_status = -1},
        .units = empty,
        .spans = empty,
        .edges = empty,
    };
    return model->build_count++;
}

// An empty name would be none.
static size_t build_of(struct sj_trace_model *model, const char *id)
{
    return id && *id ? sj_trace_build_at(model, id) : 0;
}

static void fill_text(const char **to, const char *from)
{
    *to = *to ? *to : from;
}

static void fill_number(int64_t *to, int64_t from)
{
    *to = *to ? *to : from;
}

static int take_build(void *user, const struct sj_import_build *told)
{
    struct sj_trace_model *model = user;
    size_t number = build_of(model, told->id);
    struct sj_trace_build *build = &model->builds[number];
    struct sj_import_build *known = &build->told;
    const char **to[] = {&known->system, &known->job,     &known->run,    &known->commit,
                         &known->branch, &known->pull,    &known->target, &known->attempt,
                         &known->url,    &known->machine, &known->project};
    const char *from[] = {told->system, told->job,     told->run,    told->commit,
                          told->branch, told->pull,    told->target, told->attempt,
                          told->url,    told->machine, told->project};
    for (size_t i = 0; i < sizeof to / sizeof to[0]; i++) {
        fill_text(to[i], keep(model, from[i]));
    }
    fill_number(&known->start_ns, check_time(model, told->start_ns, INT64_MAX));
    fill_number(&known->wall_ns, check_time(model, told->wall_ns, WALL_MAX_NS));
    fill_number(&known->queued_ns, check_time(model, told->queued_ns, WALL_MAX_NS));
    fill_number(&known->cpu_ns, check_time(model, told->cpu_ns, INT64_MAX));
    known->exit_status = known->exit_status == -1 ? told->exit_status : known->exit_status;
    known->cpus = known->cpus ? known->cpus : told->cpus;
    build->is_told = true;
    return 0;
}

void sj_trace_unit_fill(struct sj_trace_unit *unit, const struct sj_import_unit *told)
{
    struct sj_import_unit *known = &unit->told;
    fill_text(&known->source, told->source);
    fill_text(&known->directory, told->directory);
    fill_text(&known->tool, told->tool);
    fill_text(&known->args, told->args);
    fill_text(&known->reason, told->reason);
    fill_text(&known->command, told->command);
    fill_text(&known->key, told->key);
    if (told->outcome == SJ_IMPORT_KNOWN) {
        return;
    }
    if (known->outcome == SJ_IMPORT_KNOWN) { // only now it is told how it ran
        known->start_ns = told->start_ns;
        known->is_relative = told->is_relative;
        known->outcome = told->outcome;
    } else if (known->outcome == SJ_IMPORT_UNKNOWN || told->outcome == SJ_IMPORT_FAILED) {
        known->outcome = told->outcome; // what only saw it run does not know that it failed
    }
    if (known->start_ns == 0 && !known->is_relative) {
        known->start_ns = told->start_ns;
        known->is_relative = told->is_relative;
    }
    fill_number(&known->wall_ns, told->wall_ns);
    fill_number(&known->user_ns, told->user_ns);
    fill_number(&known->system_ns, told->system_ns);
    fill_number(&known->saved_ns, told->saved_ns);
    fill_number(&known->peak_bytes, told->peak_bytes);
    fill_number(&known->output_bytes, told->output_bytes);
    known->exit_status = known->exit_status ? known->exit_status : told->exit_status;
}

static struct sj_import_unit copy_unit(struct sj_trace_model *model,
                                       const struct sj_import_unit *told)
{
    bool is_known =
        told->outcome == SJ_IMPORT_KNOWN || told->outcome < 0 || told->outcome > SJ_IMPORT_KNOWN;
    struct sj_import_unit copy = {
        .name = keep(model, told->name),
        .source = keep(model, told->source),
        .directory = keep(model, told->directory),
        .tool = keep(model, told->tool),
        .args = keep_max(model, told->args, ARGS_MAX_BYTES),
        .reason = keep(model, told->reason),
        .command = keep_max(model, told->command, ARGS_MAX_BYTES),
        .key = keep_max(model, told->key, ARGS_MAX_BYTES),
        .outcome = is_known ? SJ_IMPORT_KNOWN : told->outcome,
    };
    if (!is_known) {
        copy.start_ns = check_time(model, told->start_ns, INT64_MAX);
        copy.wall_ns = check_time(model, told->wall_ns, WALL_MAX_NS);
        copy.user_ns = check_time(model, told->user_ns, INT64_MAX / 4);
        copy.system_ns = check_time(model, told->system_ns, INT64_MAX / 4);
        copy.saved_ns = check_time(model, told->saved_ns, INT64_MAX / 4);
        copy.peak_bytes = told->peak_bytes > 0 ? told->peak_bytes : 0;
        copy.output_bytes = told->output_bytes > 0 ? told->output_bytes : 0;
        copy.exit_status = told->exit_status;
        copy.is_relative = told->is_relative != 0;
    }
    return copy;
}

static const char *full_path(struct sj_trace_model *model, const char *folder, const char *path)
{
    SJ_AUTO(sj_buf_release) struct sj_buf full = SJ_BUF_INIT(4 * NAME_MAX_BYTES);
    sj_trace_path_full(folder, path, &full);
    return keep(model, sj_buf_text(&full));
}

// A new unit. Gives its number; SJ_TRACE_NONE: there are too many.
static size_t add_unit(struct sj_trace_model *model, size_t build,
                       const struct sj_import_unit *told, const char *path)
{
    void *grown = GROW(model, unit, UNITS_MAX, "units beyond the first 4,000,000 were left out");
    if (!grown) {
        return SJ_TRACE_NONE;
    }
    size_t number = model->unit_count;
    struct sj_trace_chain *chain = &model->builds[build].units;
    model->units = grown;
    model->units[number] = (struct sj_trace_unit){
        .told = *told,
        .build = build,
        .file = model->file,
        .times_file = SJ_TRACE_NONE,
        .next = SJ_TRACE_NONE,
        .inputs = empty,
        .spans = empty,
        .path = path,
    };
    chain_add(chain, number, chain->count ? &model->units[chain->last].next : NULL);
    model->unit_count++;
    return number;
}

static void set_number(struct sj_trace_model *model, const struct sj_key *key, size_t number)
{
    bool is_new;
    *sj_keymap_put(&model->names, key, &is_new) = (uint32_t)number;
}

static int take_unit(void *user, const struct sj_import_unit *event)
{
    struct sj_trace_model *model = user;
    if (!event->name || !*event->name) {
        sj_trace_model_problem(model, 0, "a unit without a name was left out");
        return 0;
    }
    size_t build = build_of(model, event->build);
    const struct sj_import_unit told = copy_unit(model, event);
    const char *path = full_path(model, told.directory, told.name);
    bool has_run = told.outcome != SJ_IMPORT_KNOWN;
    const struct sj_key key = key_of(model, "unit", build, path);
    const uint32_t *found = sj_keymap_find(&model->names, &key);
    size_t number = found ? *found : SJ_TRACE_NONE;
    if (found && !(has_run && model->units[number].times_file == model->file)) {
        sj_trace_unit_fill(&model->units[number], &told);
    } else {
        number = add_unit(model, build, &told, path);
    }
    if (number == SJ_TRACE_NONE) {
        return 0;
    }
    struct sj_trace_unit *unit = &model->units[number];
    if (has_run && unit->times_file == SJ_TRACE_NONE) {
        unit->times_file = model->file;
        model->builds[build].runs++;
    }
    set_number(model, &key, number);
    const struct sj_key name = key_of(model, "name", build, told.name);
    set_number(model, &name, number);
    return 0;
}

// The unit of a name, of which nothing may have been told yet.
static size_t unit_of(struct sj_trace_model *model, size_t build, const char *name)
{
    const struct sj_key key = key_of(model, "name", build, name);
    const uint32_t *found = sj_keymap_find(&model->names, &key);
    if (found) {
        return *found;
    }
    const struct sj_import_unit told = {.name = keep(model, name), .outcome = SJ_IMPORT_KNOWN};
    size_t number = told.name ? add_unit(model, build, &told, told.name) : SJ_TRACE_NONE;
    if (number != SJ_TRACE_NONE) {
        const struct sj_key path = key_of(model, "unit", build, told.name);
        set_number(model, &path, number);
        set_number(model, &key, number);
    }
    return number;
}

static int take_input(void *user, const struct sj_import_input *input)
{
    struct sj_trace_model *model = user;
    if (!input->unit || !*input->unit || !input->path || !*input->path) {
        sj_trace_model_problem(model, 0, "an input without a name was left out");
        return 0;
    }
    size_t unit = unit_of(model, build_of(model, input->build), input->unit);
    void *grown =
        GROW(model, input, INPUTS_MAX, "inputs beyond the first 32,000,000 were left out");
    if (!grown || unit == SJ_TRACE_NONE) {
        return 0;
    }
    struct sj_trace_chain *chain = &model->units[unit].inputs;
    model->inputs = grown;
    model->inputs[model->input_count] = (struct sj_trace_input){
        .path = keep(model, input->path),
        .hash = keep(model, input->hash),
        .next = SJ_TRACE_NONE,
    };
    chain_add(chain, model->input_count, chain->count ? &model->inputs[chain->last].next : NULL);
    model->input_count++;
    return 0;
}

static int take_span(void *user, const struct sj_import_span *span)
{
    struct sj_trace_model *model = user;
    if (!span->name || !*span->name) {
        sj_trace_model_problem(model, 0, "a span without a name was left out");
        return 0;
    }
    size_t build = build_of(model, span->build);
    bool has_unit = span->unit && *span->unit;
    size_t unit = has_unit ? unit_of(model, build, span->unit) : SJ_TRACE_NONE;
    void *grown = GROW(model, span, SPANS_MAX, "spans beyond the first 8,000,000 were left out");
    if (!grown || (has_unit && unit == SJ_TRACE_NONE)) {
        return 0;
    }
    struct sj_trace_chain *chain =
        has_unit ? &model->units[unit].spans : &model->builds[build].spans;
    model->spans = grown;
    model->spans[model->span_count] = (struct sj_trace_span){
        .told =
            {
                .name = keep(model, span->name),
                .detail = keep(model, span->detail),
                .start_ns = check_time(model, span->start_ns, INT64_MAX),
                .wall_ns = check_time(model, span->wall_ns, WALL_MAX_NS),
                .cpu_ns = check_time(model, span->cpu_ns, INT64_MAX / 4),
                .depth = span->depth,
                .is_relative = span->is_relative != 0,
            },
        .next = SJ_TRACE_NONE,
    };
    chain_add(chain, model->span_count, chain->count ? &model->spans[chain->last].next : NULL);
    model->span_count++;
    return 0;
}

static int take_edge(void *user, const struct sj_import_edge *edge)
{
    struct sj_trace_model *model = user;
    bool has_unit = edge->unit && *edge->unit;
    bool has_from = edge->from && *edge->from;
    if (!edge->to || !*edge->to || (!has_from && !has_unit)) {
        sj_trace_model_problem(model, 0, "an include edge without a path was left out");
        return 0;
    }
    size_t build = build_of(model, edge->build);
    size_t unit = has_unit ? unit_of(model, build, edge->unit) : SJ_TRACE_NONE;
    void *grown =
        GROW(model, edge, EDGES_MAX, "include edges beyond the first 8,000,000 were left out");
    if (!grown) {
        return 0;
    }
    struct sj_trace_chain *chain = &model->builds[build].edges;
    model->edges = grown;
    model->edges[model->edge_count] = (struct sj_trace_edge){
        .from = keep(model, edge->from),
        .to = keep(model, edge->to),
        .unit = unit,
        .next = SJ_TRACE_NONE,
    };
    chain_add(chain, model->edge_count, chain->count ? &model->edges[chain->last].next : NULL);
    model->edge_count++;
    return 0;
}

static void take_problem(void *user, uint64_t where, const char *what)
{
    sj_trace_model_problem(user, where, what);
}

struct sj_import_sink sj_trace_sink(struct sj_trace_model *model)
{
    return (struct sj_import_sink){
        .build = take_build,
        .unit = take_unit,
        .input = take_input,
        .span = take_span,
        .edge = take_edge,
        .problem = take_problem,
        .user = model,
    };
}
