// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/pathset.h"
#include "trace/path.h"
#include "trace/taking.h"

#define GIT_PREFIX "git:"

/** An input with its content. */
struct input {
    const char *path;
    const char *hash;
    struct sj_key content; // zero: not known
};

/** What is known of a unit's inputs. */
struct inputs {
    struct input *items;
    struct sj_key *keys;
    size_t count;
    struct sj_key set; // of the path set; zero: there is none
    bool is_complete;  // every content is known
};

static void release_inputs(struct inputs *inputs)
{
    free(inputs->items);
    free(inputs->keys);
}

static bool is_zero(const struct sj_key *key)
{
    static const struct sj_key zero;
    return sj_key_eq(key, &zero);
}

int64_t sj_taking_start(const struct sj_taking *taking, const struct sj_trace_unit *unit)
{
    const struct sj_import_unit *told = &unit->told;
    int64_t start_ns;
    if (!told->is_relative) {
        return told->start_ns ? told->start_ns : taking->start_ns;
    }
    return __builtin_add_overflow(taking->start_ns, told->start_ns, &start_ns) ? taking->start_ns
                                                                               : start_ns;
}

const char *sj_taking_folder(const struct sj_taking *taking, const struct sj_trace_unit *unit)
{
    return unit->told.directory ? unit->told.directory : taking->root;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

// The same path once; the one with a hash is kept.
static void sort_inputs(struct inputs *inputs)
{
    size_t kept = 0;
    if (inputs->count > 0) {
        qsort(inputs->items, inputs->count, sizeof *inputs->items, by_path);
    }
    for (size_t i = 0; i < inputs->count; i++) {
        if (kept > 0 && strcmp(inputs->items[kept - 1].path, inputs->items[i].path) == 0) {
            if (!inputs->items[kept - 1].hash) {
                inputs->items[kept - 1] = inputs->items[i];
            }
        } else {
            inputs->items[kept++] = inputs->items[i];
        }
    }
    inputs->count = kept;
}

// A hash of another kind stands for the content: the same text, the same content.
static struct sj_key key_of_hash(struct sj_taking *taking, const char *hash)
{
    sj_hasher_reset(taking->hasher);
    sj_hasher_text(taking->hasher, "import content");
    sj_hasher_text(taking->hasher, hash);
    return sj_hasher_key(taking->hasher);
}

static int note_blob(struct sj_taking *taking, const struct input *input)
{
    bool is_new;
    struct sj_note_blob blob = {.content = input->content};
    if (strncmp(input->hash, GIT_PREFIX, sizeof GIT_PREFIX - 1) != 0 ||
        sj_oid_parse(input->hash + sizeof GIT_PREFIX - 1, &blob.blob) < 0) {
        return 0;
    }
    *sj_keymap_put(&taking->blobs, &input->content, &is_new) = 1;
    const struct sj_note note = {
        .kind = SJ_NOTE_BLOBS,
        .time_ns = (uint64_t)taking->start_ns,
        .build = taking->taken->id,
        .blobs = &blob,
        .blob_count = 1,
    };
    return is_new ? taking->writer->note(taking->writer->user, &note) : 0;
}

static int find_content(struct sj_taking *taking, const struct sj_trace_unit *unit,
                        struct input *input)
{
    if (input->hash) {
        input->content = key_of_hash(taking, input->hash);
        return note_blob(taking, input);
    }
    sj_trace_path_full(sj_taking_folder(taking, unit), input->path, &taking->text);
    const char *path = sj_buf_text(&taking->text);
    if (!taking->options->is_blind && *path == '/') {
        (void)sj_trace_content_find(&taking->contents, path, sj_taking_start(taking, unit),
                                    &input->content);
    }
    return 0;
}

static int write_set(struct sj_taking *taking, struct inputs *inputs)
{
    SJ_AUTO(sj_pathset_release) struct sj_pathset set = {0};
    for (size_t i = 0; i < inputs->count; i++) {
        sj_pathset_add(
            &set, (struct sj_path_entry){.need = SJ_NEED_CONTENT, .path = inputs->items[i].path});
    }
    sj_pathset_sort(&set);
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    sj_pathset_encode(&set, &bytes);
    if (bytes.is_full || set.count != inputs->count) {
        sj_trace_model_problem(taking->model, 0, "inputs whose paths are too long were left out");
        inputs->count = 0;
        return 0;
    }
    bool is_new;
    inputs->set = sj_key_of(bytes.data, bytes.len);
    *sj_keymap_put(&taking->sets, &inputs->set, &is_new) = 1;
    return is_new
               ? taking->writer->pathset(taking->writer->user, &inputs->set, bytes.data, bytes.len)
               : 0;
}

static int gather_inputs(struct sj_taking *taking, const struct sj_trace_unit *unit,
                         struct inputs *out)
{
    if (unit->inputs.count == 0) {
        return 0;
    }
    out->items = sj_calloc(unit->inputs.count, sizeof *out->items);
    for (size_t at = unit->inputs.first; at != SJ_TRACE_NONE; at = taking->model->inputs[at].next) {
        const struct sj_trace_input *input = &taking->model->inputs[at];
        out->items[out->count++] = (struct input){.path = input->path, .hash = input->hash};
    }
    sort_inputs(out);
    if (out->count > SJ_PATHSET_MAX) {
        sj_trace_model_problem(taking->model, 0,
                               "inputs of a unit beyond the first 200,000 were left out");
        out->count = SJ_PATHSET_MAX;
    }
    out->keys = sj_calloc(out->count, sizeof *out->keys);
    out->is_complete = true;
    int status = 0;
    for (size_t i = 0; status == 0 && i < out->count; i++) {
        status = find_content(taking, unit, &out->items[i]);
        out->keys[i] = out->items[i].content;
        taking->taken->contents += !is_zero(&out->keys[i]);
        out->is_complete = out->is_complete && !is_zero(&out->keys[i]);
    }
    taking->taken->inputs += out->count;
    return status == 0 ? write_set(taking, out) : status;
}

static struct sj_key part_key(struct sj_taking *taking, const char *kind, const char *text)
{
    if (!text) {
        return (struct sj_key){0};
    }
    sj_hasher_reset(taking->hasher);
    sj_hasher_text(taking->hasher, kind);
    sj_hasher_text(taking->hasher, text);
    return sj_hasher_key(taking->hasher);
}

static void set_keys(struct sj_taking *taking, const struct sj_trace_unit *unit,
                     const struct inputs *inputs, struct sj_record *record)
{
    const struct sj_import_unit *told = &unit->told;
    const char *command = told->command ? told->command : told->args;
    const char *name = sj_trace_path_below(taking->root, unit->path);
    record->component[SJ_COMPONENT_TOOL] = part_key(taking, "import tool", told->tool);
    record->component[SJ_COMPONENT_ARGS] = part_key(taking, "import command", command);
    record->component[SJ_COMPONENT_SOURCE] = part_key(taking, "import source", told->source);

    sj_hasher_reset(taking->hasher);
    sj_hasher_text(taking->hasher, "import weak");
    sj_hasher_text(taking->hasher, name);
    sj_hasher_text(taking->hasher, told->tool);
    sj_hasher_text(taking->hasher, command);
    sj_hasher_text(taking->hasher, told->source);
    record->weak = sj_hasher_key(taking->hasher);

    sj_hasher_reset(taking->hasher);
    sj_hasher_text(taking->hasher, "import strong");
    sj_hasher_text(taking->hasher, name);
    if (told->key) {
        sj_hasher_text(taking->hasher, told->key);
        record->strong = sj_hasher_key(taking->hasher);
    } else if (inputs->count > 0 && inputs->is_complete) {
        sj_hasher_field(taking->hasher, &record->weak, sizeof record->weak);
        sj_hasher_field(taking->hasher, &inputs->set, sizeof inputs->set);
        sj_hasher_field(taking->hasher, inputs->keys, inputs->count * sizeof *inputs->keys);
        record->strong = sj_hasher_key(taking->hasher);
    }
}

// CPU is what the analyser counts in. Where a log knows none, the wall time of the command stands
// for it: the most that a command of one thread can have taken.
static void set_times(struct sj_taking *taking, const struct sj_import_unit *told,
                      struct sj_record *record)
{
    record->wall_ns = (uint64_t)told->wall_ns;
    if (told->outcome == SJ_IMPORT_HIT) {
        record->saved_ns = (uint64_t)told->saved_ns;
        return;
    }
    record->user_ns = (uint64_t)told->user_ns;
    record->system_ns = (uint64_t)told->system_ns;
    if (record->user_ns + record->system_ns == 0 && record->wall_ns > 0) {
        record->user_ns = record->wall_ns;
        taking->taken->is_wall_cpu = true;
    }
    taking->taken->cpu_ns += record->user_ns + record->system_ns;
}

static enum sj_outcome outcome_of(enum sj_import_outcome outcome)
{
    static const enum sj_outcome outcomes[] = {
        [SJ_IMPORT_UNKNOWN] = SJ_OUTCOME_MISS,    [SJ_IMPORT_HIT] = SJ_OUTCOME_HIT,
        [SJ_IMPORT_MISS] = SJ_OUTCOME_MISS,       [SJ_IMPORT_FAILED] = SJ_OUTCOME_FAILED,
        [SJ_IMPORT_UNCACHED] = SJ_OUTCOME_BYPASS,
    };
    return outcomes[outcome];
}

int sj_taking_record(struct sj_taking *taking, const struct sj_trace_unit *unit)
{
    const struct sj_import_unit *told = &unit->told;
    SJ_AUTO(release_inputs) struct inputs inputs = {0};
    int status = gather_inputs(taking, unit, &inputs);
    if (status < 0) {
        return status;
    }
    const char *slash = told->tool ? strrchr(told->tool, '/') : NULL;
    struct sj_record record = {
        .start_ns = (uint64_t)sj_taking_start(taking, unit),
        .peak_rss_bytes = (uint64_t)told->peak_bytes,
        .output_bytes = (uint64_t)told->output_bytes,
        .input_count = (uint32_t)inputs.count,
        .exit_status = told->exit_status,
        .outcome = outcome_of(told->outcome),
        .reason = told->reason ? told->reason
                               : (told->outcome == SJ_IMPORT_UNCACHED ? "not-cacheable" : NULL),
        .toolchain = slash ? slash + 1 : told->tool,
        .tool = told->tool,
        .cwd = sj_taking_folder(taking, unit),
        .source = told->source,
        .output = told->name,
        .build = taking->taken->id,
        .label = taking->options->labels,
        .args = told->args,
        .pathset = inputs.set,
        .inputs = inputs.count > 0 ? inputs.keys : NULL,
        .inputs_count = (uint32_t)inputs.count,
    };
    set_times(taking, told, &record);
    set_keys(taking, unit, &inputs, &record);
    taking->taken->units++;
    return taking->writer->record(taking->writer->user, &record);
}
