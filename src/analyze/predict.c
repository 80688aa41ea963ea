// SPDX-License-Identifier: Apache-2.0
#include "analyze/predict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/description.h"
#include "analyze/makespan.h"
#include "analyze/recipe.h"
#include "base/mem.h"
#include "base/str.h"

#define RECIPE_MAX ((size_t)1 << 20) // a longer build description is not compared

/** What is needed on the way only. */
struct work {
    const struct sj_outlook *outlook;
    struct sj_prediction *out;
    struct sj_match match; // the outlook's, with generated files
    struct sj_numbers always;
    struct sj_numbers follows;
    struct sj_numbers both;
    struct sj_numbers removed; // paths
    uint64_t usual_ns;
    size_t size;
};

void sj_prediction_release(struct sj_prediction *prediction)
{
    if (prediction) {
        free(prediction->items);
        *prediction = (struct sj_prediction){0};
    }
}

static void add(struct work *work, struct sj_expected expected)
{
    struct sj_prediction *out = work->out;
    if (out->count == work->size) {
        work->size = work->size ? work->size * 2 : 64;
        out->items = sj_realloc(out->items, work->size, sizeof *out->items);
    }
    out->items[out->count++] = expected;
    out->cpu_ns += expected.cpu_ns;
    out->why[expected.why]++;
}

static enum sj_expected_why why_of(const struct work *work, enum sj_match_why why, uint32_t path)
{
    if (why != SJ_MATCH_CONTENT) {
        return SJ_EXPECTED_SHADOW;
    }
    if (sj_numbers_has(&work->always, path)) {
        return SJ_EXPECTED_ALWAYS;
    }
    return sj_numbers_has(&work->follows, path) ? SJ_EXPECTED_GENERATED : SJ_EXPECTED_INPUT;
}

// What the change does to one unit's inputs.
static int match_unit(struct work *work, const struct sj_unit_now *unit, enum sj_match_why *why,
                      uint32_t *path)
{
    struct sj_sieve *sieve = work->outlook->sieve;
    *why = SJ_MATCH_NONE;
    if (sieve) {
        struct sj_sifted sifted;
        int status = sj_sieve_get(sieve, unit->state, &sifted);
        if (status == 0) {
            *why = sj_match_inputs(&work->match, sieve->pool + sifted.first, sifted.count, path);
        }
        return status;
    }
    const struct sj_input *inputs;
    size_t count;
    int status =
        unit->state ? sj_db_inputs(work->outlook->db, unit->state, &inputs, &count) : -ENOENT;
    if (status == 0) {
        *why = sj_match_inputs(&work->match, inputs, count, path);
    }
    return status;
}

static bool has_other_flags(const struct work *work, const struct sj_unit_now *unit)
{
    const char *scope = work->outlook->flags_scope;
    return scope && sj_skip_prefix(sj_db_text(work->outlook->db, unit->source), scope);
}

static int predict_unit(struct work *work, const struct sj_unit_now *unit)
{
    if (!sj_unit_counts(unit) || (unit->source && sj_numbers_has(&work->removed, unit->source))) {
        return 0;
    }
    enum sj_match_why why;
    uint32_t path = 0;
    int status = match_unit(work, unit, &why, &path);
    if (status == -ENOENT) {
        // A change of its source is known all the same.
        work->out->unknown++;
        path = unit->source;
        why = path && sj_numbers_has(&work->match.content, path) ? SJ_MATCH_CONTENT : SJ_MATCH_NONE;
        status = 0;
    }
    bool is_by_flags = why == SJ_MATCH_NONE;
    if (status < 0 || (is_by_flags && !has_other_flags(work, unit))) {
        return status;
    }
    uint64_t cost_ns = sj_unit_cost(unit);
    add(work, (struct sj_expected){
                  .unit = unit->unit,
                  .path = is_by_flags ? 0 : path,
                  .why = (uint8_t)(is_by_flags ? SJ_EXPECTED_FLAGS : why_of(work, why, path)),
                  .cpu_ns = cost_ns > 0 ? cost_ns : work->usual_ns,
              });
    return 0;
}

static bool same_dir_and_kind(const char *a, const char *b)
{
    const char *a_slash = strrchr(a, '/');
    const char *b_slash = strrchr(b, '/');
    size_t a_len = a_slash ? (size_t)(a_slash - a) : 0;
    size_t b_len = b_slash ? (size_t)(b_slash - b) : 0;
    const char *a_dot = strrchr(a, '.');
    const char *b_dot = strrchr(b, '.');
    return a_len == b_len && memcmp(a, b, a_len) == 0 && a_dot && b_dot &&
           strcmp(a_dot, b_dot) == 0;
}

// Whether files of the same kind beside a new one are units; `source` takes what it was before.
static bool has_siblings(const struct work *work, const char *path)
{
    const struct sj_units *units = work->outlook->units;
    for (size_t i = 0; i < units->count; i++) {
        uint32_t source = units->items[i].source;
        if (source && same_dir_and_kind(path, sj_db_text(work->outlook->db, source))) {
            return true;
        }
    }
    return false;
}

static const struct sj_unit_now *unit_of_source(const struct work *work, const char *path)
{
    uint32_t text = path ? sj_db_text_find(work->outlook->db, path) : 0;
    const struct sj_units *units = work->outlook->units;
    for (size_t i = 0; text && i < units->count; i++) {
        if (units->items[i].source == text) {
            return &units->items[i];
        }
    }
    return NULL;
}

static void predict_new(struct work *work, size_t change)
{
    const struct sj_changes *changes = work->outlook->changes;
    const char *path = sj_changed_path(changes, change);
    if (changes->items[change].kind != SJ_CHANGED_ADDED || !sj_source_is(path) ||
        unit_of_source(work, path)) {
        return;
    }
    const struct sj_unit_now *before = unit_of_source(work, sj_changed_from(changes, change));
    if (!before && !has_siblings(work, path)) {
        work->out->doubtful++;
        return;
    }
    uint64_t cost_ns = before ? sj_unit_cost(before) : 0;
    add(work, (struct sj_expected){
                  .change = (uint32_t)change,
                  .why = SJ_EXPECTED_NEW,
                  .cpu_ns = cost_ns > 0 ? cost_ns : work->usual_ns,
              });
}

static int compare_expected(const void *left, const void *right)
{
    const struct sj_expected *a = left;
    const struct sj_expected *b = right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    return a->change < b->change ? -1 : a->change > b->change;
}

static void prepare(struct work *work)
{
    const struct sj_outlook *outlook = work->outlook;
    work->match = *outlook->match;
    work->usual_ns = sj_units_usual_cost(outlook->units);
    if (outlook->learned) {
        sj_learned_apply(outlook->learned, outlook->db, outlook->changes, &work->always,
                         &work->follows);
        sj_numbers_join(&work->both, &work->always);
        sj_numbers_join(&work->both, &work->follows);
        work->match.too = &work->both;
    }
    for (size_t i = 0; i < outlook->changes->count; i++) {
        if (outlook->changes->items[i].kind == SJ_CHANGED_REMOVED) {
            uint32_t text = sj_db_text_find(outlook->db, sj_changed_path(outlook->changes, i));
            if (text) {
                sj_numbers_add(&work->removed, text);
            }
        }
    }
}

int sj_predict(const struct sj_outlook *outlook, struct sj_prediction *out)
{
    *out = (struct sj_prediction){0};
    struct work work = {.outlook = outlook, .out = out};
    prepare(&work);
    int status = 0;
    for (size_t i = 0; i < outlook->units->count && status == 0; i++) {
        status = predict_unit(&work, &outlook->units->items[i]);
    }
    for (size_t i = 0; i < outlook->changes->count && status == 0; i++) {
        predict_new(&work, i);
    }
    sj_numbers_release(&work.always);
    sj_numbers_release(&work.follows);
    sj_numbers_release(&work.both);
    sj_numbers_release(&work.removed);
    if (status < 0) {
        sj_prediction_release(out);
        return status;
    }
    if (out->count > 0) {
        qsort(out->items, out->count, sizeof *out->items, compare_expected);
    }
    return 0;
}

// The text of a path in a commit; "" where it is not there. Gives false when it is not at hand.
static bool read_at(struct sj_repo *repo, const struct sj_oid *commit, const char *path,
                    struct sj_buf *out)
{
    struct sj_oid blob;
    if (sj_oid_is_zero(commit)) {
        return false;
    }
    int status = sj_repo_path_at(repo, commit, path, &blob, NULL);
    if (status == -ENOENT) {
        return true;
    }
    return status == 0 && sj_repo_blob_read(repo, &blob, RECIPE_MAX, out) == 0;
}

static enum sj_flags_change compare_recipe(struct sj_repo *repo, const struct sj_oid *from,
                                           const struct sj_oid *to, const char *path)
{
    SJ_AUTO(sj_buf_release) struct sj_buf before = SJ_BUF_INIT(RECIPE_MAX + 1);
    SJ_AUTO(sj_buf_release) struct sj_buf after = SJ_BUF_INIT(RECIPE_MAX + 1);
    if (!repo || !read_at(repo, from, path, &before) || !read_at(repo, to, path, &after)) {
        return SJ_FLAGS_UNKNOWN;
    }
    return sj_recipe_changes_flags(sj_buf_text(&before), before.len, sj_buf_text(&after), after.len)
               ? SJ_FLAGS_CHANGED
               : SJ_FLAGS_SAME;
}

// Leaves what two scopes have in common: whole directories only.
static void narrow(struct sj_buf *scope, const char *dir, size_t len)
{
    size_t common = 0;
    while (common < scope->len && common < len && scope->data[common] == dir[common]) {
        common++;
    }
    while (common > 0 && scope->data[common - 1] != '/') {
        common--;
    }
    scope->len = common;
    if (scope->data) {
        scope->data[common] = '\0';
    }
}

enum sj_flags_change sj_flags_change(struct sj_repo *repo, const struct sj_oid *from,
                                     const struct sj_oid *to, const struct sj_changes *changes,
                                     const char *system, struct sj_buf *scope)
{
    enum sj_flags_change result = SJ_FLAGS_SAME;
    for (size_t i = 0; i < changes->count; i++) {
        const char *path = sj_changed_path(changes, i);
        if (changes->items[i].kind != SJ_CHANGED_EDIT || !sj_description_of(path, system)) {
            continue;
        }
        enum sj_flags_change here = compare_recipe(repo, from, to, path);
        if (here == SJ_FLAGS_SAME || (here == SJ_FLAGS_UNKNOWN && result == SJ_FLAGS_CHANGED)) {
            continue;
        }
        size_t len = sj_recipe_scope(path);
        if (here != result) {
            sj_buf_clear(scope);
            sj_buf_add(scope, path, len);
        } else {
            narrow(scope, path, len);
        }
        result = here;
    }
    return result;
}

uint64_t sj_prediction_wall(const struct sj_prediction *prediction, unsigned jobs)
{
    SJ_AUTO(sj_auto_free) struct sj_task *tasks = sj_calloc(prediction->count + 1, sizeof *tasks);
    for (size_t i = 0; i < prediction->count; i++) {
        tasks[i].cost_ns = prediction->items[i].cpu_ns;
    }
    struct sj_makespan span = {0};
    (void)sj_makespan(tasks, prediction->count, NULL, jobs, SJ_ORDER_GIVEN, &span);
    return span.wall_ns;
}
