// SPDX-License-Identifier: Apache-2.0
#include "trace/intake.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/oid.h"
#include "trace/taking.h"

#define ID_MAX    120 // bytes of a build id
#define PAIRS_MAX 20

// Stands for a root that nobody knows, so that relative paths stay relative to it.
#define NO_ROOT "/repository"

/** Pairs of a note, and the numbers among them as text. */
struct pairs {
    struct sj_note_pair items[PAIRS_MAX];
    char numbers[PAIRS_MAX][24];
    uint32_t count;
};

void sj_trace_done_release(struct sj_trace_done *done)
{
    if (done) {
        for (size_t i = 0; i < done->count; i++) {
            free(done->builds[i].id);
        }
        free(done->builds);
        *done = (struct sj_trace_done){0};
    }
}

static void add(struct pairs *pairs, const char *name, const char *value)
{
    if (value && *value) {
        pairs->items[pairs->count++] = (struct sj_note_pair){name, value};
    }
}

static void add_number(struct pairs *pairs, const char *name, int64_t number)
{
    char *text = pairs->numbers[pairs->count];
    (void)snprintf(text, sizeof pairs->numbers[0], "%" PRId64, number);
    add(pairs, name, text);
}

static const char *either(const char *first, const char *second)
{
    return first && *first ? first : second;
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, SJ_KEY_SIZE);
}

// Names the files, in whatever order they were read.
static struct sj_key content_key(const struct sj_trace_model *model)
{
    size_t count = model->content.len / SJ_KEY_SIZE;
    if (count == 0) {
        return (struct sj_key){0};
    }
    struct sj_key *keys = sj_calloc(count, sizeof *keys);
    memcpy(keys, model->content.data, count * sizeof *keys);
    qsort(keys, count, sizeof *keys, compare_keys);
    struct sj_key key = sj_key_of(keys, count * sizeof *keys);
    free(keys);
    return key;
}

// What a build id must not hold becomes '-'; a long one ends in what tells it from its like.
static char *make_id(const char *front, const char *name)
{
    char *id = sj_asprintf("%s-%s", front, name);
    for (char *at = id; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr("._:+@-", *at)) {
            *at = '-';
        }
    }
    size_t len = strlen(id);
    if (len > ID_MAX) {
        char hex[SJ_KEY_HEX_SIZE];
        struct sj_key key = sj_key_of(id, len);
        sj_key_hex(&key, hex);
        (void)snprintf(id + ID_MAX - 33, 34, "-%s", hex);
    }
    return id;
}

// The name that the log gives the build, whatever it is called here.
static char *own_id(const struct sj_taking *taking)
{
    const struct sj_import_build *told = &taking->build->told;
    return make_id(told->system ? told->system : "import", told->id ? told->id : taking->import);
}

static bool is_empty(const struct sj_trace_model *model, const struct sj_trace_build *build)
{
    for (size_t at = build->units.first; at != SJ_TRACE_NONE; at = model->units[at].next) {
        if (!model->units[at].is_dropped) {
            return false;
        }
    }
    return build->spans.count + build->edges.count == 0 && !build->is_told;
}

static int64_t end_of(int64_t start_ns, int64_t wall_ns)
{
    int64_t end_ns;
    return __builtin_add_overflow(start_ns, wall_ns, &end_ns) ? INT64_MAX : end_ns;
}

// When the first unit began and the last one ended.
static void span_of_units(const struct sj_taking *taking, int64_t *first_ns, int64_t *last_ns)
{
    const struct sj_trace_model *model = taking->model;
    *first_ns = INT64_MAX;
    *last_ns = 0;
    for (size_t at = taking->build->units.first; at != SJ_TRACE_NONE; at = model->units[at].next) {
        const struct sj_trace_unit *unit = &model->units[at];
        const struct sj_import_unit *told = &unit->told;
        if (unit->is_dropped || told->outcome == SJ_IMPORT_KNOWN ||
            (told->start_ns == 0 && !told->is_relative)) {
            continue;
        }
        int64_t start_ns = sj_taking_start(taking, unit);
        *first_ns = start_ns < *first_ns ? start_ns : *first_ns;
        int64_t end_ns = end_of(start_ns, told->wall_ns);
        *last_ns = end_ns > *last_ns ? end_ns : *last_ns;
    }
}

// A log without a time of day was written when the build ended, as far as anyone can tell.
static void set_times(struct sj_taking *taking)
{
    const struct sj_import_build *told = &taking->build->told;
    struct sj_trace_taken *taken = taking->taken;
    int64_t first_ns;
    int64_t last_ns;
    taking->start_ns = told->start_ns;
    span_of_units(taking, &first_ns, &last_ns);
    bool has_units = first_ns != INT64_MAX;
    taken->wall_ns = told->wall_ns ? told->wall_ns : 0;
    if (!told->wall_ns && has_units) {
        int64_t from_ns =
            taking->start_ns && taking->start_ns < first_ns ? taking->start_ns : first_ns;
        taken->wall_ns = last_ns - from_ns;
    }
    if (told->start_ns == 0) {
        int64_t end_ns =
            taking->model->mtime_ns ? taking->model->mtime_ns : taking->options->now_ns;
        // Units that are told relative to a build whose start is not known begin near 0.
        bool is_absolute = has_units && first_ns > INT64_C(86400000000000);
        taking->start_ns = is_absolute ? first_ns : end_ns - taken->wall_ns;
        taking->start_ns = taking->start_ns > 0 ? taking->start_ns : 0;
        taken->has_no_time = !is_absolute;
    }
    taken->start_ns = taking->start_ns;
}

static const char *three(const char *first, const char *second, const char *third)
{
    return either(either(first, second), third);
}

// What a CI system tells of its own job says nothing of a build of which the log knows better.
static const struct sj_import_build *fallback_of(const struct sj_taking *taking)
{
    static const struct sj_import_build none;
    const struct sj_import_build *told = &taking->build->told;
    bool is_told = told->commit || told->run || told->branch || told->project;
    return is_told ? &none : &taking->options->defaults;
}

static void add_commit(struct sj_taking *taking, struct pairs *pairs)
{
    const struct sj_trace_options *options = taking->options;
    const char *commit =
        three(options->commit, taking->build->told.commit, fallback_of(taking)->commit);
    struct sj_oid oid;
    if (!commit || sj_oid_parse(commit, &oid) < 0) {
        if (commit) {
            sj_trace_model_problem(taking->model, 0, "a commit that is no commit was left out");
        }
        return;
    }
    add(pairs, "commit", commit);
}

static int write_begin(struct sj_taking *taking)
{
    const struct sj_import_build *told = &taking->build->told;
    const struct sj_trace_options *options = taking->options;
    const struct sj_import_build *fallback = fallback_of(taking);
    struct pairs pairs = {0};
    add(&pairs, "imported", "1");
    add(&pairs, "format", options->format);
    add(&pairs, "import", taking->import);
    add(&pairs, "origin", taking->origin);
    add(&pairs, "project", three(options->project, told->project, fallback->project));
    add_commit(taking, &pairs);
    add(&pairs, "branch", three(options->branch, told->branch, fallback->branch));
    add(&pairs, "target", either(told->target, fallback->target));
    add(&pairs, "pull", either(told->pull, fallback->pull));
    add(&pairs, "run", either(told->run, fallback->run));
    add(&pairs, "attempt", either(told->attempt, fallback->attempt));
    add(&pairs, "job", three(options->job, told->job, fallback->job));
    add(&pairs, "system", either(fallback->system, told->system));
    add(&pairs, "machine", either(told->machine, fallback->machine));
    add(&pairs, "url", either(told->url, fallback->url));
    add(&pairs, "root", taking->root);
    uint32_t cpus = told->cpus ? told->cpus : fallback->cpus;
    if (cpus > 0) {
        add_number(&pairs, "cpus", cpus);
    }
    const struct sj_note note = {
        .kind = SJ_NOTE_BEGIN,
        .time_ns = (uint64_t)taking->start_ns,
        .build = taking->taken->id,
        .label = options->labels,
        .pairs = pairs.items,
        .pair_count = pairs.count,
    };
    return taking->writer->note(taking->writer->user, &note);
}

static int write_end(struct sj_taking *taking)
{
    const struct sj_import_build *told = &taking->build->told;
    struct pairs pairs = {0};
    if (told->exit_status != -1) {
        add_number(&pairs, "exit_status", told->exit_status);
    }
    if (taking->taken->wall_ns > 0) {
        add_number(&pairs, "wall_ns", taking->taken->wall_ns);
    }
    if (told->cpu_ns > 0) {
        add_number(&pairs, "user_ns", told->cpu_ns);
    }
    add(&pairs, "is_wall_cpu", taking->taken->is_wall_cpu ? "1" : NULL);
    const struct sj_note note = {
        .kind = SJ_NOTE_END,
        .time_ns = (uint64_t)end_of(taking->start_ns, taking->taken->wall_ns),
        .build = taking->taken->id,
        .label = taking->options->labels,
        .pairs = pairs.items,
        .pair_count = pairs.count,
    };
    return taking->writer->note(taking->writer->user, &note);
}

// Marks an existing build, so that the same files are not added to it twice.
static int write_mark(struct sj_taking *taking)
{
    const struct sj_note_pair pair = {"import", taking->import};
    const struct sj_note note = {
        .kind = SJ_NOTE_TRACE,
        .time_ns = (uint64_t)taking->start_ns,
        .build = taking->taken->id,
        .label = taking->options->labels,
        .pairs = &pair,
        .pair_count = 1,
    };
    return taking->writer->note(taking->writer->user, &note);
}

static int write_units(struct sj_taking *taking)
{
    const struct sj_trace_model *model = taking->model;
    int status = 0;
    for (size_t at = taking->build->units.first; status == 0 && at != SJ_TRACE_NONE;
         at = model->units[at].next) {
        const struct sj_trace_unit *unit = &model->units[at];
        if (unit->is_dropped) {
            continue;
        }
        if (unit->told.outcome != SJ_IMPORT_KNOWN && !taking->options->is_attaching) {
            status = sj_taking_record(taking, unit);
        }
        if (status == 0) {
            status = sj_taking_unit_notes(taking, unit);
        }
    }
    return status;
}

// Whether a build is more than a list of units that were not built.
static bool is_real(const struct sj_taking *taking)
{
    const struct sj_trace_build *build = taking->build;
    return build->runs > 0 || build->is_told || build->spans.count > 0;
}

static int write_build(struct sj_taking *taking)
{
    bool is_new = !taking->options->is_attaching && is_real(taking);
    int status = taking->options->is_attaching ? write_mark(taking) : 0;
    if (status == 0 && is_new) {
        status = write_begin(taking);
    }
    if (status == 0) {
        status = write_units(taking);
    }
    if (status == 0) {
        status = sj_taking_build_notes(taking);
    }
    return status == 0 && is_new ? write_end(taking) : status;
}

// By its name here, or by another one that it was given before.
static bool was_taken(const struct sj_taking *taking)
{
    const struct sj_trace_writer *writer = taking->writer;
    if (taking->options->is_attaching) {
        SJ_AUTO(sj_auto_free)
        char *mark = sj_asprintf("%s %s", taking->taken->id, taking->import);
        return writer->is_known(writer->user, mark);
    }
    bool is_id = writer->is_known(writer->user, taking->taken->id);
    bool is_origin = strcmp(taking->taken->id, taking->origin) != 0 &&
                     writer->is_known(writer->user, taking->origin);
    return is_id || is_origin;
}

static int take_build(struct sj_taking *taking, const struct sj_trace_build *build,
                      struct sj_trace_done *done)
{
    done->builds = sj_realloc(done->builds, done->count + 1, sizeof *done->builds);
    struct sj_trace_taken *taken = &done->builds[done->count++];
    *taken = (struct sj_trace_taken){0};
    taking->build = build;
    taking->taken = taken;
    SJ_AUTO(sj_auto_free) char *origin = own_id(taking);
    taking->origin = origin;
    taken->id = sj_strdup(taking->options->build_id ? taking->options->build_id : origin);
    set_times(taking);
    taken->was_known = was_taken(taking);
    int status = taken->was_known ? 0 : write_build(taking);
    taking->origin = NULL;
    return status;
}

// With a name for the build only one can be meant.
static size_t only_build(const struct sj_trace_model *model, struct sj_trace_done *done)
{
    size_t latest = SJ_TRACE_NONE;
    size_t count = 0;
    for (size_t i = 0; i < model->build_count; i++) {
        if (is_empty(model, &model->builds[i])) {
            continue;
        }
        count++;
        if (latest == SJ_TRACE_NONE ||
            model->builds[i].told.start_ns >= model->builds[latest].told.start_ns) {
            latest = i;
        }
    }
    done->older = count > 0 ? count - 1 : 0;
    return latest;
}

int sj_trace_intake(struct sj_trace_model *model, const struct sj_trace_options *options,
                    const struct sj_trace_writer *writer, struct sj_trace_done *done,
                    struct sj_err *err)
{
    char import[SJ_KEY_HEX_SIZE];
    const struct sj_key key = content_key(model);
    sj_key_hex(&key, import);
    struct sj_taking taking = {
        .model = model,
        .options = options,
        .writer = writer,
        .hasher = sj_hasher_new(),
        .text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .root = options->root ? options->root : NO_ROOT,
        .import = import,
    };
    *done = (struct sj_trace_done){0};
    size_t only = options->build_id ? only_build(model, done) : SJ_TRACE_NONE;
    int status = 0;
    for (size_t i = 0; status == 0 && i < model->build_count; i++) {
        bool is_wanted = options->build_id ? i == only : !is_empty(model, &model->builds[i]);
        status = is_wanted ? take_build(&taking, &model->builds[i], done) : 0;
    }
    sj_trace_contents_release(&taking.contents);
    sj_keymap_release(&taking.sets);
    sj_keymap_release(&taking.blobs);
    sj_hasher_free(taking.hasher);
    sj_buf_release(&taking.text);
    return status < 0 ? sj_fail(err, status, "cannot write what was imported") : 0;
}
