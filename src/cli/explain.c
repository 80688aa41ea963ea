// SPDX-License-Identifier: Apache-2.0
#include "cli/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "record/journal.h"
#include "record/pathset.h"

static const struct sj_key no_key;

const char *sj_cause_name(enum sj_cause cause)
{
    static const char *const names[] = {
        [SJ_CAUSE_HIT] = "hit",       [SJ_CAUSE_BYPASS] = "bypass",
        [SJ_CAUSE_FAILED] = "failed", [SJ_CAUSE_ERROR] = "error",
        [SJ_CAUSE_ASKED] = "recache", [SJ_CAUSE_NEW] = "new",
        [SJ_CAUSE_KEY] = "key",       [SJ_CAUSE_INPUTS] = "inputs",
        [SJ_CAUSE_GONE] = "evicted",  [SJ_CAUSE_UNSTORED] = "not-stored-before",
    };
    return names[cause];
}

static void drop(struct sj_kept *kept)
{
    sj_buf_release(&kept->frame);
    kept->record = (struct sj_record){0};
}

void sj_kept_set(struct sj_kept *kept, const struct sj_record *record)
{
    drop(kept);
    kept->frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    sj_record_encode(record, &kept->frame);
    size_t used;
    (void)sj_record_decode(kept->frame.data, kept->frame.len, &kept->record, &used);
}

void sj_explanation_release(struct sj_explanation *explanation)
{
    if (!explanation) {
        return;
    }
    drop(&explanation->record);
    drop(&explanation->earlier);
    drop(&explanation->listed);
    free(explanation->words);
    for (size_t i = 0; i < explanation->input_count; i++) {
        free(explanation->inputs[i].path);
    }
    free(explanation->inputs);
    *explanation = (struct sj_explanation){0};
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool same_build(const struct sj_record *a, const struct sj_record *b)
{
    return strcmp(a->build ? a->build : "", b->build ? b->build : "") == 0;
}

// "b/c.o" is the end of "/a/b/c.o", but not of "/ab/c.o".
static bool ends_path(const char *path, const char *end)
{
    if (!path || !sj_has_suffix(path, end)) {
        return false;
    }
    size_t before = strlen(path) - strlen(end);
    return before == 0 || end[0] == '/' || path[before - 1] == '/';
}

// The same for a path of a record, which is relative to the record's working directory.
static bool ends_file(const struct sj_record *record, const char *path, const char *end)
{
    if (!path || path[0] == '/' || !record->cwd) {
        return ends_path(path, end);
    }
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", record->cwd, path);
    return ends_path(full, end);
}

/** How surely a record is of a unit. */
enum match {
    MATCH_NONE,
    MATCH_WORD,
    MATCH_SOURCE,
    MATCH_OUTPUT,
};

// What was bypassed may never have been understood: then its command line must tell.
static enum match match_words(const struct sj_record *record, const char *unit)
{
    enum match match = MATCH_NONE;
    bool is_output = false;
    const char *args = record->args ? record->args : "";
    for (const char *at = args + strspn(args, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        SJ_AUTO(sj_auto_free) char *word = sj_strndup(at, len);
        if (word[0] != '-' && ends_file(record, word, unit)) {
            match = is_output ? MATCH_OUTPUT : match ? match : MATCH_WORD;
        }
        is_output = strcmp(word, "-o") == 0;
        at += len;
    }
    return match;
}

static enum match match_unit(const struct sj_record *record, const char *unit)
{
    enum match match = MATCH_NONE;
    if (!record->output) {
        match = match_words(record, unit);
    }
    if (match < MATCH_SOURCE && ends_file(record, record->source, unit)) {
        match = MATCH_SOURCE;
    }
    return ends_file(record, record->output, unit) ? MATCH_OUTPUT : match;
}

/** The records that are asked for. */
struct wanted {
    const struct sj_question *question;
    struct sj_explanation *items;
    size_t count;
    uint64_t last_ns; // start of the latest record of the build
    enum match match; // of the first item
};

static uint64_t cpu_of(const struct sj_record *record)
{
    return record->user_ns + record->system_ns;
}

static void clear(struct wanted *wanted)
{
    for (size_t i = 0; i < wanted->count; i++) {
        sj_explanation_release(&wanted->items[i]);
    }
    wanted->count = 0;
}

// The latest record of the unit, but a miss rather than a hit that came after it.
static void want_unit(struct wanted *wanted, const struct sj_record *record)
{
    enum match match = match_unit(record, wanted->question->unit);
    if (match == MATCH_NONE || match < wanted->match) {
        return;
    }
    bool is_hit = record->outcome == SJ_OUTCOME_HIT;
    if (match > wanted->match || !is_hit ||
        wanted->items[0].record.record.outcome == SJ_OUTCOME_HIT) {
        wanted->match = match;
        wanted->count = 1;
        sj_kept_set(&wanted->items[0].record, record);
    }
}

// The dearest misses of the build that began a record last.
static void want_miss(struct wanted *wanted, const struct sj_record *record)
{
    if (record->outcome != SJ_OUTCOME_MISS && record->outcome != SJ_OUTCOME_ERROR) {
        return;
    }
    if (wanted->count > 0 && !same_build(record, &wanted->items[0].record.record)) {
        if (record->start_ns < wanted->last_ns) {
            return;
        }
        clear(wanted);
    }
    wanted->last_ns = record->start_ns > wanted->last_ns ? record->start_ns : wanted->last_ns;
    size_t max = wanted->question->max ? wanted->question->max : 1;
    size_t place = wanted->count;
    while (place > 0 && cpu_of(&wanted->items[place - 1].record.record) < cpu_of(record)) {
        place--;
    }
    if (place == max) {
        return;
    }
    if (wanted->count == max) {
        sj_explanation_release(&wanted->items[--wanted->count]);
    }
    struct sj_explanation *item = &wanted->items[place];
    memmove(item + 1, item, (wanted->count - place) * sizeof *item);
    *item = (struct sj_explanation){0};
    wanted->count++;
    sj_kept_set(&item->record, record);
}

// Bits by enum sj_component.
static unsigned different_components(const struct sj_record *a, const struct sj_record *b)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < SJ_COMPONENT_COUNT; i++) {
        if (!sj_key_eq(&a->component[i], &b->component[i])) {
            bits |= 1U << i;
        }
    }
    return bits;
}

#define SAME_KEY 10 /**< what an equal key adds to the nearness: more than any place can */

// How near an earlier record is to a unit; 0: it is none of it. What holds no key explains nothing,
// so stamps' hits do not count. Where a unit is compiled by turns in two ways, the last time in the
// same way is nearer than the last time.
static int nearness(const struct sj_record *record, const struct sj_record *earlier)
{
    if (earlier->start_ns >= record->start_ns ||
        (earlier->outcome != SJ_OUTCOME_MISS && earlier->outcome != SJ_OUTCOME_HIT) ||
        sj_key_eq(&earlier->component[SJ_COMPONENT_TOOL], &no_key)) {
        return 0;
    }
    int same_key = different_components(record, earlier) ? 0 : SAME_KEY;
    bool is_here = same_text(record->cwd, earlier->cwd);
    if (is_here && same_text(record->output, earlier->output)) {
        return same_key + (same_text(record->source, earlier->source) ? 4 : 3);
    }
    if (!same_text(record->source, earlier->source)) {
        return 0;
    }
    return same_key + (is_here ? 2 : 1);
}

static void offer(struct sj_explanation *item, const struct sj_record *earlier)
{
    int near = nearness(&item->record.record, earlier);
    const struct sj_record *best = &item->earlier.record;
    if (near == 0) {
        return;
    }
    if (best->outcome != 0) {
        int best_near = nearness(&item->record.record, best);
        if (near < best_near || (near == best_near && earlier->start_ns < best->start_ns)) {
            return;
        }
    }
    sj_kept_set(&item->earlier, earlier);
}

static void auto_journal_close(struct sj_journal **journal)
{
    sj_journal_close(*journal);
}

typedef void visit_record(struct wanted *wanted, const struct sj_record *record);

static int each_record(const char *dir, visit_record *visit, struct wanted *wanted,
                       struct sj_err *err)
{
    SJ_AUTO(auto_journal_close) struct sj_journal *journal = NULL;
    int status = sj_journal_open(dir, &journal, err);
    if (status < 0) {
        return status;
    }
    struct sj_record record;
    while ((status = sj_journal_next(journal, &record)) == 0) {
        visit(wanted, &record);
    }
    return status < 0 ? sj_fail(err, status, "cannot read the records in '%s'", dir) : 0;
}

static void offer_all(struct wanted *wanted, const struct sj_record *record)
{
    for (size_t i = 0; i < wanted->count; i++) {
        offer(&wanted->items[i], record);
    }
}

static bool lacks_inputs(const struct sj_explanation *item)
{
    return item->earlier.record.outcome == SJ_OUTCOME_HIT && !item->earlier.record.inputs;
}

static void offer_inputs(struct wanted *wanted, const struct sj_record *record)
{
    for (size_t i = 0; i < wanted->count; i++) {
        struct sj_explanation *item = &wanted->items[i];
        if (lacks_inputs(item) && record->inputs &&
            sj_key_eq(&record->strong, &item->earlier.record.strong)) {
            sj_kept_set(&item->listed, record);
        }
    }
}

/** A path set of the store. */
struct listing {
    struct sj_buf arena;
    struct sj_pathset set;
};

static void release_listing(struct listing *listing)
{
    sj_pathset_release(&listing->set);
    sj_buf_release(&listing->arena);
}

static bool load_listing(struct sj_store *store, const struct sj_record *record,
                         struct listing *out)
{
    if (!store || !record->inputs) {
        return false;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    out->arena = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    return sj_store_blob_read(store, SJ_BLOB_PATHSET, &record->pathset, &bytes) == 0 &&
           sj_pathset_decode(bytes.data, bytes.len, &out->set, &out->arena) == 0 &&
           out->set.count == record->inputs_count;
}

static void add_input(struct sj_explanation *item, enum sj_input_change_kind kind,
                      const struct sj_path_entry *entry, const struct sj_key *before,
                      const struct sj_key *after)
{
    if (item->input_count % 64 == 0) {
        item->inputs = sj_realloc(item->inputs, item->input_count + 64, sizeof *item->inputs);
    }
    bool is_based = entry->path[0] == SJ_BASE_MARK;
    item->inputs[item->input_count++] = (struct sj_input_change){
        .kind = kind,
        .need = (char)entry->need,
        .path = sj_asprintf("%s%s", is_based ? "${base}" : "", entry->path + is_based),
        .before = before ? *before : no_key,
        .after = after ? *after : no_key,
    };
}

static int by_path_and_need(const struct sj_path_entry *a, const struct sj_path_entry *b)
{
    int order = strcmp(a->path, b->path);
    return order ? order : (int)a->need - (int)b->need;
}

static const struct sj_record *old_record(const struct sj_explanation *item)
{
    return item->listed.record.inputs ? &item->listed.record : &item->earlier.record;
}

// Both path sets are sorted: walk them side by side.
static void compare_inputs(struct sj_explanation *item, const struct listing *old,
                           const struct listing *new)
{
    const struct sj_key *before = old_record(item)->inputs;
    const struct sj_key *after = item->record.record.inputs;
    size_t i = 0;
    size_t j = 0;
    while (i < old->set.count || j < new->set.count) {
        const struct sj_path_entry *left = i < old->set.count ? &old->set.entries[i] : NULL;
        const struct sj_path_entry *right = j < new->set.count ? &new->set.entries[j] : NULL;
        int order = !left ? 1 : !right ? -1 : by_path_and_need(left, right);
        if (order < 0) {
            add_input(item, SJ_INPUT_REMOVED, left, &before[i++], NULL);
        } else if (order > 0) {
            add_input(item, SJ_INPUT_ADDED, right, NULL, &after[j++]);
        } else {
            if (!sj_key_eq(&before[i], &after[j])) {
                add_input(item, SJ_INPUT_CHANGED, right, &before[i], &after[j]);
            }
            i++;
            j++;
        }
    }
}

static void explain_inputs(struct sj_explanation *item, struct sj_store *store)
{
    struct listing old = {0};
    struct listing new = {0};
    if (load_listing(store, old_record(item), &old) &&
        load_listing(store, &item->record.record, &new)) {
        compare_inputs(item, &old, &new);
    } else {
        item->is_inputs_gone = true;
    }
    release_listing(&old);
    release_listing(&new);
}

static enum sj_cause explain_miss(struct sj_explanation *item, struct sj_store *store)
{
    const struct sj_record *record = &item->record.record;
    const struct sj_record *earlier = &item->earlier.record;
    if (same_text(record->reason, "recache")) {
        return SJ_CAUSE_ASKED;
    }
    if (earlier->outcome == 0) {
        return SJ_CAUSE_NEW;
    }
    item->components = different_components(record, earlier);
    if (item->components) {
        sj_explain_words(earlier->args ? earlier->args : "", record->args ? record->args : "",
                         &item->words, &item->word_count);
        return SJ_CAUSE_KEY;
    }
    bool is_same =
        !sj_key_eq(&record->strong, &no_key) && sj_key_eq(&record->strong, &earlier->strong);
    bool was_stored = earlier->outcome == SJ_OUTCOME_HIT || earlier->flags & SJ_RECORD_STORED;
    if (is_same && was_stored) {
        return SJ_CAUSE_GONE;
    }
    if (!was_stored) {
        return SJ_CAUSE_UNSTORED;
    }
    explain_inputs(item, store);
    return SJ_CAUSE_INPUTS;
}

static void explain(struct sj_explanation *item, struct sj_store *store)
{
    static const enum sj_cause causes[] = {
        [SJ_OUTCOME_HIT] = SJ_CAUSE_HIT,
        [SJ_OUTCOME_BYPASS] = SJ_CAUSE_BYPASS,
        [SJ_OUTCOME_FAILED] = SJ_CAUSE_FAILED,
        [SJ_OUTCOME_ERROR] = SJ_CAUSE_ERROR,
    };
    enum sj_outcome outcome = item->record.record.outcome;
    item->cause = outcome == SJ_OUTCOME_MISS ? explain_miss(item, store) : causes[outcome];
}

int sj_explain(const char *dir, struct sj_store *store, const struct sj_question *question,
               struct sj_explanation **out, size_t *count, struct sj_err *err)
{
    size_t max = question->max ? question->max : 1;
    struct wanted wanted = {.question = question, .items = sj_calloc(max + 1, sizeof **out)};
    int status = each_record(dir, question->unit ? want_unit : want_miss, &wanted, err);
    if (status == 0 && wanted.count > 0) {
        status = each_record(dir, offer_all, &wanted, err);
    }
    bool is_listing = false;
    for (size_t i = 0; i < wanted.count; i++) {
        is_listing = is_listing || lacks_inputs(&wanted.items[i]);
    }
    if (status == 0 && is_listing) {
        status = each_record(dir, offer_inputs, &wanted, err);
    }
    if (status < 0) {
        clear(&wanted);
        free(wanted.items);
        return status;
    }
    for (size_t i = 0; i < wanted.count; i++) {
        explain(&wanted.items[i], store);
    }
    *out = wanted.items;
    *count = wanted.count;
    return 0;
}
