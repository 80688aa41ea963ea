// SPDX-License-Identifier: Apache-2.0
#include "dash/unit_doc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cause.h"
#include "base/mem.h"
#include "dash/scope.h"
#include "record/pathset.h"

#define INPUTS_PEOPLE   25
#define INPUTS_PROGRAMS 10000
#define COMPARES_MAX    200 // states that are compared, the latest
#define MISSES_MAX      40
#define SPANS_MAX       2000
#define TRACES_MAX      400 // builds whose notes are looked at

/** An input. */
struct input {
    uint32_t path;
    char need;
    uint64_t changes;
    uint64_t last_ns; // when a build first saw the latest change
    double bytes;     // of its content; NAN: not known
};

/** Samples of the unit that know its inputs. */
struct samples {
    const struct sj_sample **items;
    size_t count;
};

static int by_start(const void *left, const void *right)
{
    const struct sj_sample *a = *(const struct sj_sample *const *)left;
    const struct sj_sample *b = *(const struct sj_sample *const *)right;
    return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static struct samples samples_of(const struct sj_unit_told *told)
{
    struct samples samples = {0};
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    samples.items = sj_calloc(told->part->sample_count + 1, sizeof *samples.items);
    for (size_t i = 0; i < told->part->sample_count; i++) {
        const struct sj_sample *sample = &told->part->samples[i];
        if (sample->unit == told->unit && sample->state) {
            samples.items[samples.count++] = sample;
        }
    }
    if (samples.count > 0) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        qsort(samples.items, samples.count, sizeof *samples.items, by_start);
    }
    return samples;
}

static int by_path(const void *left, const void *right)
{
    const struct input *a = left;
    const struct input *b = right;
    return a->path < b->path ? -1 : a->path > b->path;
}

static void count_changes(const struct sj_unit_told *told, const struct samples *samples,
                          struct input *inputs, size_t count)
{
    size_t compared = 0;
    for (size_t i = samples->count; i-- > 1 && compared < COMPARES_MAX;) {
        const struct sj_sample *after = samples->items[i];
        SJ_AUTO(sj_auto_free) struct sj_input_difference *differences = NULL;
        size_t found = 0;
        if (samples->items[i - 1]->state == after->state ||
            sj_inputs_compare(told->part->db, samples->items[i - 1]->state, after->state,
                              &differences, &found) < 0) {
            continue;
        }
        compared++;
        for (size_t j = 0; j < found; j++) {
            const struct input wanted = {.path = differences[j].path};
            struct input *at = bsearch(&wanted, inputs, count, sizeof *inputs, by_path);
            if (at) {
                at->changes++;
                at->last_ns = after->start_ns > at->last_ns ? after->start_ns : at->last_ns;
            }
        }
    }
}

static double by_bytes(const struct input *input)
{
    return input->bytes;
}

static double by_changes(const struct input *input)
{
    return (double)input->changes;
}

static double by_last(const struct input *input)
{
    return input->last_ns ? (double)input->last_ns : NAN;
}

/** A column by which inputs are sorted before any are left out. */
struct order {
    const char *name;
    double (*key)(const struct input *input);
    bool is_up; // the smallest first
};

static const struct order orders[] = {
    {.name = "size_bytes", .key = by_bytes},
    {.name = "changes", .key = by_changes},
    {.name = "changed", .key = by_last},
};

static struct order order_of(const struct sj_dash_call *call)
{
    struct order found = orders[0];
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (sj_dash_sorts_by(call, orders[i].name, &found.is_up)) {
            found.key = orders[i].key;
        }
    }
    return found;
}

// What is not known stands last either way.
static int by_order(const void *left, const void *right, void *user)
{
    const struct order *order = user;
    double a = order->key(left);
    double b = order->key(right);
    if (isnan(a) != isnan(b)) {
        return isnan(a) ? 1 : -1;
    }
    int down = (a < b) - (a > b);
    if (down != 0) {
        return order->is_up ? -down : down;
    }
    return by_path(left, right);
}

// The size of a file is git's to tell; what git does not have, nobody has noted.
static double size_of(const struct sj_unit_told *told, const struct sj_input *input)
{
    struct sj_repo *repo = told->scope->call->site->repo;
    struct sj_content content;
    size_t size;
    bool is_known =
        repo && input->content && sj_db_content(told->part->db, input->content, &content) == 0 &&
        !sj_oid_is_zero(&content.blob) && sj_repo_blob_size(repo, &content.blob, &size) == 0;
    return is_known ? (double)size : NAN;
}

// Inputs of the latest state that are read; each path once.
static struct input *list_inputs(const struct sj_unit_told *told, const struct samples *samples,
                                 size_t *count)
{
    const struct sj_input *known = NULL;
    size_t known_count = 0;
    *count = 0;
    if (samples->count > 0) {
        uint32_t state = samples->items[samples->count - 1]->state;
        known_count =
            sj_db_inputs(told->part->db, state, &known, &known_count) == 0 ? known_count : 0;
    }
    struct input *inputs = sj_calloc(known_count + 1, sizeof *inputs);
    for (size_t i = 0; i < known_count; i++) {
        bool is_same = *count > 0 && inputs[*count - 1].path == known[i].path;
        if (!is_same && known[i].need != SJ_NEED_ABSENT) {
            inputs[(*count)++] = (struct input){
                .path = known[i].path, .need = known[i].need, .bytes = size_of(told, &known[i])};
        }
    }
    if (*count > 0) {
        qsort(inputs, *count, sizeof *inputs, by_path);
    }
    return inputs;
}

static const char *need_text(char need)
{
    switch (need) {
    case SJ_NEED_DIR:
        return "directory";
    case SJ_NEED_NAMES:
        return "names in a directory";
    case SJ_NEED_PROGRAM:
        return "program";
    case SJ_NEED_ENV:
        return "variable";
    default:
        return "file";
    }
}

static void add_input(const struct sj_unit_told *told, struct sj_doc_table *table,
                      const struct input *input)
{
    const struct sj_dash_call *call = told->scope->call;
    const char *path = sj_db_text(told->part->db, input->path);
    // The pages of headers are of the project's own files.
    bool has_page = input->need == SJ_NEED_CONTENT && path[0] != '/';
    SJ_AUTO(sj_auto_free)
    char *href = has_page ? sj_dash_link(call->query, "header", path, NULL) : NULL;
    sj_doc_cell(table, path, href);
    sj_doc_cell(table, need_text(input->need), NULL);
    sj_doc_value(table, input->bytes, NULL);
    sj_doc_value(table, (double)input->changes, NULL);
    sj_doc_value(table, input->last_ns ? (double)input->last_ns : NAN, NULL);
}

static void say_unsized(const struct sj_dash_call *call, const struct input *inputs, size_t count)
{
    size_t unsized = 0;
    for (size_t i = 0; i < count; i++) {
        unsized += isnan(inputs[i].bytes) && inputs[i].need == SJ_NEED_CONTENT;
    }
    if (unsized > 0) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "%zu of the files %s not in the repository at hand: no size is known.",
                    unsized, unsized == 1 ? "is" : "are");
        sj_doc_text(call->doc, sj_buf_text(&text));
    }
}

void sj_unit_inputs(const struct sj_unit_told *told)
{
    const struct sj_dash_call *call = told->scope->call;
    struct samples samples = samples_of(told);
    struct order order = order_of(call);
    size_t count;
    SJ_AUTO(sj_auto_free) struct input *inputs = list_inputs(told, &samples, &count);
    if (count > 0) {
        count_changes(told, &samples, inputs, count);
        qsort_r(inputs, count, sizeof *inputs, by_order, &order);
    }
    free(samples.items);
    struct sj_doc_table *table =
        sj_doc_table(call->doc, "inputs",
                     call->query->parameter[SJ_DASH_SORT] ? "What it reads"
                                                          : "What it reads, the largest first");
    sj_doc_column(table, "path", "input", SJ_DOC_TEXT);
    sj_doc_column(table, "kind", "kind", SJ_DOC_TEXT);
    sj_doc_column(table, "size_bytes", "size", SJ_DOC_SIZE);
    sj_doc_column(table, "changes", "changes", SJ_DOC_COUNT);
    sj_doc_column(table, "changed", "last changed in a build of", SJ_DOC_TIME);
    sj_doc_empty(table, "Not known: no compile of it was observed in these builds.");
    size_t max = sj_dash_rows(call, INPUTS_PEOPLE, INPUTS_PROGRAMS);
    for (size_t i = 0; i < count && i < max; i++) {
        add_input(told, table, &inputs[i]);
    }
    sj_dash_say_left(call, max < count ? max : count, count, "inputs");
    say_unsized(call, inputs, count);
}

static uint32_t index_of(const struct sj_view *view, uint32_t number)
{
    uint32_t at = 0;
    while (at < view->build_count && view->builds[at].build.number != number) {
        at++;
    }
    return at;
}

static int by_index(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

// The latest builds in which it missed, as places in the whole view, ascending.
static size_t missed_in(const struct sj_unit_told *told, uint32_t *out)
{
    SJ_AUTO(sj_auto_free)
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    const struct sj_sample **misses = sj_calloc(told->part->sample_count + 1, sizeof *misses);
    size_t count = 0;
    for (size_t i = 0; i < told->part->sample_count; i++) {
        const struct sj_sample *sample = &told->part->samples[i];
        if (sample->unit == told->unit && sample->outcome == SJ_OUTCOME_MISS) {
            misses[count++] = sample;
        }
    }
    if (count > 0) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        qsort(misses, count, sizeof *misses, by_start);
    }
    size_t taken = 0;
    for (size_t i = count; i-- > 0 && taken < MISSES_MAX;) {
        uint32_t index = index_of(&told->scope->view, misses[i]->build);
        bool is_known = index < told->scope->view.build_count;
        for (size_t j = 0; j < taken; j++) {
            is_known = is_known && out[j] != index;
        }
        if (is_known) {
            out[taken++] = index;
        }
    }
    if (taken > 0) {
        qsort(out, taken, sizeof *out, by_index);
    }
    return taken;
}

static void add_miss(const struct sj_unit_told *told, struct sj_doc_table *table, uint32_t build,
                     const struct sj_finding *finding)
{
    const struct sj_dash_call *call = told->scope->call;
    const struct sj_build *of = &told->scope->view.builds[build].build;
    const struct sj_blame *cause = &finding->causes[0];
    bool is_commit = cause->kind == SJ_BLAME_COMMIT;
    SJ_AUTO(sj_auto_free) char *href = sj_link_build(call, of);
    SJ_AUTO(sj_auto_free) char *commit = is_commit ? sj_link_oid(call, &cause->commit) : NULL;
    char hex[SJ_OID_HEX_SIZE] = "";
    if (is_commit) {
        sj_oid_hex(&cause->commit, hex);
    }
    sj_doc_value(table, (double)finding->sample->start_ns, NULL);
    sj_doc_cell(table, of->id, href);
    sj_doc_value(table, (double)finding->sample->cpu_ns, NULL);
    sj_doc_cell(table, sj_blame_name(cause->kind), NULL);
    sj_doc_cell(table, sj_blame_text(cause->kind), NULL);
    // People see ten digits, programs all of them.
    hex[call->query->format == SJ_DASH_HTML ? 10 : SJ_OID_HEX_SIZE - 1] = '\0';
    sj_doc_cell(table, is_commit ? hex : NULL, commit);
    sj_doc_cell(table, cause->path, NULL);
    sj_doc_value(table, (double)(finding->count - 1), NULL);
    if (sj_blame_group(cause->kind) == SJ_BLAME_REDUNDANT) {
        sj_doc_row_mark(table, "redundant");
    }
}

static int add_misses(const struct sj_unit_told *told, struct sj_causes *causes,
                      struct sj_doc_table *table, struct sj_err *err)
{
    uint32_t builds[MISSES_MAX];
    size_t count = missed_in(told, builds);
    int status = count ? sj_causes_load(causes, builds, count, err) : 0;
    for (size_t i = count; i-- > 0 && status == 0;) {
        size_t samples;
        const struct sj_sample *at = sj_causes_samples(causes, builds[i], &samples);
        for (size_t j = 0; j < samples && status == 0; j++) {
            struct sj_finding finding;
            if (at[j].unit != told->unit || at[j].outcome != SJ_OUTCOME_MISS) {
                continue;
            }
            status = sj_causes_find(causes, builds[i], &at[j], &finding, err);
            if (status == 0 && finding.count > 0) {
                add_miss(told, table, builds[i], &finding);
            }
        }
    }
    return status;
}

int sj_unit_misses(const struct sj_unit_told *told, struct sj_err *err)
{
    struct sj_doc_table *table =
        sj_doc_table(told->scope->call->doc, "misses", "Its latest misses, and why");
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    sj_doc_column(table, "build", "build", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_data_column(table, "cause", "name of the cause", SJ_DOC_TEXT);
    sj_doc_column(table, "words", "cause", SJ_DOC_TEXT);
    sj_doc_column(table, "commit", "commit", SJ_DOC_TEXT);
    sj_doc_column(table, "path", "by", SJ_DOC_TEXT);
    sj_doc_column(table, "more", "more causes", SJ_DOC_COUNT);
    sj_doc_empty(table, "It did not miss in these builds.");
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_causes *causes = sj_causes_open(&told->scope->view, &pool);
    int status = add_misses(told, causes, table, err);
    sj_causes_close(causes);
    return status;
}

static bool is_end(const char *path, const char *text)
{
    size_t path_len = strlen(path);
    size_t len = strlen(text);
    return strcmp(path, text) == 0 || (path_len > len && path[path_len - len - 1] == '/' &&
                                       strcmp(path + path_len - len, text) == 0);
}

#define TRACE_FOUND 1

static int add_trace(const struct sj_note *note, void *user)
{
    const struct sj_unit_told *told = user;
    const char *unit = sj_note_value(note, "unit");
    if (!unit || note->span_count == 0 || !(is_end(told->name, unit) || is_end(unit, told->name))) {
        return 0;
    }
    uint64_t first_ns = UINT64_MAX;
    uint64_t longest_ns = 0;
    for (uint32_t i = 0; i < note->span_count; i++) {
        first_ns = note->spans[i].start_ns < first_ns ? note->spans[i].start_ns : first_ns;
        longest_ns = note->spans[i].wall_ns > longest_ns ? note->spans[i].wall_ns : longest_ns;
    }
    struct sj_doc_table *table =
        sj_doc_table(told->scope->call->doc, "trace", "Inside a compile of it, as imported");
    sj_doc_column(table, "name", "what", SJ_DOC_TEXT);
    sj_doc_column(table, "depth", "depth", SJ_DOC_COUNT);
    sj_doc_column(table, "start_ns", "began after", SJ_DOC_SPAN);
    sj_doc_column(table, "wall_ns", "took", SJ_DOC_SPAN);
    sj_doc_chart(table, SJ_CHART_ICICLE, "What the compiler did, the outermost on top.");
    size_t shown = 0;
    for (uint32_t i = 0; i < note->span_count && shown < SPANS_MAX; i++) {
        const struct sj_note_span *span = &note->spans[i];
        // Narrower than a pixel.
        if (span->wall_ns < longest_ns / 1000) {
            continue;
        }
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "%.200s%s%.1000s", span->name, span->detail ? " " : "",
                    span->detail ? span->detail : "");
        sj_doc_cell(table, sj_buf_text(&text), NULL);
        sj_doc_value(table, span->depth, NULL);
        sj_doc_value(table, (double)(span->start_ns - first_ns), NULL);
        sj_doc_value(table, (double)span->wall_ns, NULL);
        shown++;
    }
    if (shown < note->span_count) {
        sj_doc_text(told->scope->call->doc, "Parts too short to be seen are left out.");
    }
    return TRACE_FOUND;
}

void sj_unit_trace(const struct sj_unit_told *told)
{
    size_t count = told->part->build_count;
    SJ_AUTO(sj_auto_free) size_t *order = sj_calloc(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    if (count > 0) {
        qsort_r(order, count, sizeof *order, sj_latest_first, told->part->builds);
    }
    struct sj_unit_told user = *told;
    int status = 0;
    for (size_t i = 0; i < count && i < TRACES_MAX && status == 0; i++) {
        status = sj_db_notes(told->part->db, told->part->builds[order[i]].build.number,
                             SJ_NOTE_TRACE, add_trace, &user);
    }
}
