// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/explain_recorded.h"
#include "cli/ground.h"
#include "cli/reason.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "cli/why_build.h"
#include "record/pathset.h"

#define DEFAULT_MAX  10
#define ALL_MAX      10000 /**< misses that are explained one by one */
#define INPUTS_SHOWN 20    /**< of a miss, unless JSON is asked for */

enum {
    OPT_MAX,
};

static const struct sj_option options[] = {
    {"max", "COUNT", "At most so many misses, and lines of a table; 10 by default."},
    {NULL, NULL, NULL},
};

static const char *const kinds[] = {
    [SJ_INPUT_CHANGED] = "changed",
    [SJ_INPUT_ADDED] = "added",
    [SJ_INPUT_REMOVED] = "removed",
};

static const char *need_text(char need)
{
    switch (need) {
    case SJ_NEED_CONTENT:
        return "file";
    case SJ_NEED_DIR:
        return "directory";
    case SJ_NEED_ABSENT:
        return "absent";
    case SJ_NEED_NAMES:
        return "names in directory";
    case SJ_NEED_ENV:
        return "environment variable";
    default:
        return "other";
    }
}

static void json_key(struct sj_json *json, const char *name, const struct sj_key *key)
{
    static const struct sj_key none;
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(key, hex);
    sj_json_str(json, name, sj_key_eq(key, &none) ? NULL : hex);
}

static void json_record(struct sj_json *json, const struct sj_record *record)
{
    sj_json_str(json, "outcome", sj_outcome_name(record->outcome));
    sj_json_str(json, "reason", record->reason);
    sj_json_str(json, "detail", record->detail);
    sj_json_bool(json, "stored", record->flags & SJ_RECORD_STORED);
    sj_json_bool(json, "shared", record->flags & SJ_RECORD_SHARED);
    sj_json_bool(json, "remote", record->flags & SJ_RECORD_REMOTE);
    sj_json_u64(json, "start_ns", record->start_ns);
    sj_json_u64(json, "cpu_ns", record->user_ns + record->system_ns);
    sj_json_i64(json, "exit_status", record->exit_status);
    sj_json_str(json, "build", record->build);
    sj_json_str(json, "cwd", record->cwd);
    sj_json_str(json, "source", record->source);
    sj_json_str(json, "output", record->output);
    sj_json_str(json, "tool", record->tool);
    sj_json_str(json, "args", record->args);
    json_key(json, "weak", &record->weak);
    json_key(json, "strong", &record->strong);
}

static void json_words(struct sj_json *json, const struct sj_explanation *item)
{
    sj_json_open(json, "words", '[');
    for (size_t i = 0; i < item->word_count; i++) {
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "change", item->words[i].is_added ? "added" : "removed");
        sj_json_strn(json, "word", item->words[i].text, item->words[i].len);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void json_inputs(struct sj_json *json, const struct sj_explanation *item)
{
    sj_json_open(json, "inputs", '[');
    for (size_t i = 0; i < item->input_count; i++) {
        const struct sj_input_change *input = &item->inputs[i];
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "change", kinds[input->kind]);
        sj_json_str(json, "need", need_text(input->need));
        sj_json_str(json, "path", input->path);
        json_key(json, "before", &input->before);
        json_key(json, "after", &input->after);
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
    sj_json_bool(json, "inputs_unknown", item->is_inputs_gone);
}

/** What is told of, and what it stands on. */
struct telling {
    struct sj_invocation *call;
    struct sj_ground ground;
    bool has_ground;         // records and history are at hand
    struct sj_finding found; // causes of what was found in the records alone
    bool has_found;          // found is set
};

// What the journal tells, with the causes that the records know of it.
static bool find_causes(struct telling *telling, const struct sj_explanation *item,
                        struct sj_finding *out)
{
    if (telling->has_found) {
        *out = telling->found;
        return true;
    }
    struct sj_err err;
    return telling->has_ground &&
           sj_ground_find(&telling->ground, &item->record.record, out, &err) == 0;
}

static void json_item(struct telling *telling, struct sj_json *json,
                      const struct sj_explanation *item)
{
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "cause", sj_cause_name(item->cause));
    json_record(json, &item->record.record);
    if (item->earlier.record.outcome != 0) {
        sj_json_open(json, "earlier", '{');
        json_record(json, &item->earlier.record);
        sj_json_close(json, '}');
    } else {
        sj_json_str(json, "earlier", NULL);
    }
    sj_json_open(json, "components", '[');
    for (unsigned i = 0; i < SJ_COMPONENT_COUNT; i++) {
        if (item->components & 1U << i) {
            sj_json_str(json, NULL, sj_component_name((enum sj_component)i));
        }
    }
    sj_json_close(json, ']');
    json_words(json, item);
    json_inputs(json, item);
    struct sj_finding found;
    if (find_causes(telling, item, &found)) {
        sj_ground_json(&telling->ground, &found, json);
    }
    sj_json_close(json, '}');
}

static void print_head(const struct sj_record *record, struct sj_buf *out)
{
    sj_ui_text(out, record->output ? record->output : record->args);
    if (record->output && record->source) {
        sj_buf_adds(out, " (");
        sj_ui_text(out, record->source);
        sj_buf_addc(out, ')');
    }
    sj_buf_addf(out, ": %s, ", sj_outcome_name(record->outcome));
    sj_ui_date(out, record->start_ns);
    sj_buf_adds(out, " UTC, ");
    sj_ui_time(out, record->user_ns + record->system_ns);
    sj_buf_adds(out, " of CPU\n  in ");
    sj_ui_text(out, record->cwd);
    if (record->build) {
        sj_buf_adds(out, ", build ");
        sj_ui_text(out, record->build);
    }
    sj_buf_addc(out, '\n');
}

static void print_change(struct sj_buf *out, const char *what, const char *before,
                         const char *after)
{
    sj_buf_addf(out, "    %s: ", what);
    sj_ui_text(out, before);
    sj_buf_adds(out, " became ");
    sj_ui_text(out, after);
    sj_buf_addc(out, '\n');
}

static void print_args(const struct sj_explanation *item, struct sj_buf *out)
{
    sj_buf_adds(out, item->word_count
                         ? "    arguments:\n"
                         : "    arguments: the same words; a response file, or paths below "
                           "base_dir, differ\n");
    for (size_t i = 0; i < item->word_count; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf word = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_add(&word, item->words[i].text, item->words[i].len);
        sj_buf_addf(out, "      %c ", item->words[i].is_added ? '+' : '-');
        sj_ui_text(out, sj_buf_text(&word));
        sj_buf_addc(out, '\n');
    }
}

static void print_components(const struct sj_explanation *item, struct sj_buf *out)
{
    const struct sj_record *record = &item->record.record;
    const struct sj_record *earlier = &item->earlier.record;
    if (item->components & 1U << SJ_COMPONENT_TOOL) {
        bool is_other = !record->tool || !earlier->tool || strcmp(record->tool, earlier->tool) != 0;
        print_change(out, "compiler", earlier->tool,
                     is_other ? record->tool : "another version of itself");
    }
    if (item->components & 1U << SJ_COMPONENT_ARGS) {
        print_args(item, out);
    }
    if (item->components & 1U << SJ_COMPONENT_ENV) {
        sj_buf_adds(out, "    environment: a variable that the compiler always reads differs\n");
    }
    if (item->components & 1U << SJ_COMPONENT_SOURCE) {
        print_change(out, "source", earlier->source, record->source);
    }
    if (item->components & 1U << SJ_COMPONENT_PLACE) {
        bool is_moved = !record->cwd || !earlier->cwd || strcmp(record->cwd, earlier->cwd) != 0;
        print_change(out, "place", earlier->cwd, is_moved ? record->cwd : "another CPU or user");
    }
}

static void add_short_key(struct sj_buf *out, const struct sj_key *key)
{
    static const struct sj_key none;
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(key, hex);
    sj_buf_addf(out, "%.12s", sj_key_eq(key, &none) ? "nothing" : hex);
}

static void print_inputs(const struct sj_explanation *item, struct sj_buf *out)
{
    if (item->is_inputs_gone) {
        sj_buf_adds(out, "    which ones cannot be told: their list has left the store\n");
    }
    for (size_t i = 0; i < item->input_count && i < INPUTS_SHOWN; i++) {
        const struct sj_input_change *input = &item->inputs[i];
        sj_buf_addf(out, "    %-8s", kinds[input->kind]);
        sj_ui_text(out, input->path);
        if (input->need != SJ_NEED_CONTENT) {
            sj_buf_addf(out, " (%s)", need_text(input->need));
        }
        if (input->kind == SJ_INPUT_CHANGED) {
            sj_buf_adds(out, ": ");
            add_short_key(out, &input->before);
            sj_buf_adds(out, " became ");
            add_short_key(out, &input->after);
        }
        sj_buf_addc(out, '\n');
    }
    if (item->input_count > INPUTS_SHOWN) {
        sj_buf_addf(out, "    and %zu more: --json lists them all\n",
                    item->input_count - INPUTS_SHOWN);
    }
}

static void print_reason(const struct sj_record *record, const char *prefix, struct sj_buf *out)
{
    sj_buf_addf(out, "  %s%s", prefix, sj_reason_text(record->reason));
    if (record->detail) {
        sj_buf_adds(out, ": ");
        sj_ui_text(out, record->detail);
    }
    sj_buf_addc(out, '\n');
}

static void print_cause(const struct sj_explanation *item, struct sj_buf *out)
{
    static const char *const texts[] = {
        [SJ_CAUSE_HIT] = "taken from the store; no miss of it is on record",
        [SJ_CAUSE_FAILED] = "the compiler failed: failures are not stored",
        [SJ_CAUSE_ASKED] = "recache was set: no hits were taken",
        [SJ_CAUSE_NEW] = "never seen before: no earlier record of this unit",
        [SJ_CAUSE_KEY] = "what the compiler is, or is told, has changed since ",
        [SJ_CAUSE_INPUTS] = "what the compiler reads has changed since ",
        [SJ_CAUSE_UNSTORED] = "compiled before, but not stored, on ",
        [SJ_CAUSE_GONE] = "it was stored, and has left the store since ",
    };
    const struct sj_record *record = &item->record.record;
    const struct sj_record *earlier = &item->earlier.record;
    if (item->cause == SJ_CAUSE_BYPASS || item->cause == SJ_CAUSE_ERROR) {
        print_reason(record, "", out);
        return;
    }
    bool is_fetched = item->cause == SJ_CAUSE_HIT && (record->flags & SJ_RECORD_REMOTE);
    sj_buf_addf(out, "  %s",
                is_fetched ? "fetched from a remote; no miss of it is on record here"
                           : texts[item->cause]);
    if (item->cause >= SJ_CAUSE_KEY) {
        sj_ui_date(out, earlier->start_ns);
        sj_buf_adds(out, " UTC");
    }
    sj_buf_addc(out, '\n');
    if (item->cause == SJ_CAUSE_UNSTORED) {
        print_reason(earlier, "then: ", out);
    }
}

// What became of a miss's result: not stored, or stored for whom.
static void print_fate(const struct sj_record *record, struct sj_buf *out)
{
    if (!(record->flags & SJ_RECORD_STORED)) {
        print_reason(record, "not stored: ", out);
    } else if (record->flags & SJ_RECORD_SHARED) {
        sj_buf_adds(out, "  stored for every checkout\n");
    } else {
        sj_buf_adds(out, "  stored for this directory only, because of ");
        sj_ui_text(out, record->detail ? record->detail : "its command line");
        sj_buf_addc(out, '\n');
    }
}

static void print_item(struct telling *telling, const struct sj_explanation *item,
                       struct sj_buf *out)
{
    const struct sj_record *record = &item->record.record;
    print_head(record, out);
    print_cause(item, out);
    print_components(item, out);
    print_inputs(item, out);
    if (record->outcome == SJ_OUTCOME_MISS) {
        print_fate(record, out);
    }
    struct sj_finding found;
    if (record->outcome == SJ_OUTCOME_MISS && find_causes(telling, item, &found)) {
        sj_ground_print(&telling->ground, &found, out);
    }
}

static void print_all(struct telling *telling, const struct sj_explanation *items, size_t count)
{
    struct sj_buf *out = &telling->call->out;
    bool is_json = telling->call->is_json;
    struct sj_json json = sj_json_of(out);
    if (is_json) {
        sj_json_open(&json, NULL, '[');
    }
    for (size_t i = 0; i < count; i++) {
        if (is_json) {
            json_item(telling, &json, &items[i]);
        } else {
            sj_buf_adds(out, i ? "\n" : "");
            print_item(telling, &items[i], out);
        }
    }
    if (is_json) {
        sj_json_close(&json, ']');
        sj_buf_addc(out, '\n');
    } else if (count == 0) {
        sj_buf_adds(out, "no misses in the last build\n");
    }
}

// Explained from the journal; what that does not have any more, from the records.
static int explain(struct telling *telling, const struct sj_question *question, struct sj_err *err)
{
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    const struct sj_config *config = &telling->call->config;
    int status = sj_storage_open(config, SJ_STORAGE_READ, &store, err);
    struct sj_explanation *items = NULL;
    size_t count = 0;
    if (status == 0) {
        status = sj_explain(config->cache_dir, store, question, &items, &count, err);
    }
    if (status < 0) {
        return status;
    }
    if (count == 0 && question->unit && telling->has_ground) {
        items = sj_realloc(items, 1, sizeof *items);
        items[0] = (struct sj_explanation){0};
        status = sj_explain_recorded(&telling->ground, question->unit, items, &telling->found, err);
        telling->has_found = status == 0;
        count = status == 0 ? 1 : 0;
    }
    if (status == 0 && question->unit && count == 0) {
        status = SJ_DB_NONE;
    }
    if (status == 0) {
        print_all(telling, items, count);
    }
    for (size_t i = 0; i < count; i++) {
        sj_explanation_release(&items[i]);
    }
    free(items);
    return status;
}

// Records that cannot be read take away the causes, not the answer.
static void open_ground(struct telling *telling, const char *word)
{
    struct sj_err err;
    int status = sj_ground_open(telling->call, word, &telling->ground, &err);
    telling->has_ground = status == 0;
    if (status < 0) {
        (void)fprintf(stderr, "scrubjay: note: no causes can be given: %s\n", err.text);
    }
}

static int answer(struct telling *telling, uint64_t max)
{
    struct sj_err err;
    struct sj_invocation *call = telling->call;
    const char *word = call->word_count ? call->words[0] : NULL;
    open_ground(telling, word);
    uint32_t build =
        word && telling->has_ground ? sj_ground_build(&telling->ground, word) : UINT32_MAX;
    if (build != UINT32_MAX) {
        int status = sj_why_build(call, &telling->ground, build, (size_t)max, &err);
        sj_report_caveats(&telling->ground.report, &telling->ground.all);
        return status < 0 ? sj_command_fail(&err) : SJ_EXIT_OK;
    }
    const struct sj_question question = {.unit = word,
                                         .max = word  ? 1
                                                : max ? (size_t)max
                                                      : ALL_MAX};
    int status = explain(telling, &question, &err);
    if (status < 0) {
        return sj_command_fail(&err);
    }
    if (status > 0) {
        (void)fprintf(stderr, "scrubjay: no record of an output, source or build '%.200s'\n", word);
    }
    return status > 0 ? SJ_EXIT_FAILED : SJ_EXIT_OK;
}

static int run(struct sj_invocation *call)
{
    uint64_t max = DEFAULT_MAX;
    const char *text = call->value[OPT_MAX];
    if (text && sj_parse_u64(text, 100000, &max) < 0) {
        (void)fprintf(stderr, "scrubjay: --max: '%.60s' is no number from 0 to 100000\n", text);
        return SJ_EXIT_USAGE;
    }
    struct telling telling = {.call = call};
    int status = answer(&telling, max);
    sj_ground_close(&telling.ground);
    return status;
}

const struct sj_command sj_command_why = {
    .name = "why",
    .words = "[UNIT|BUILD]",
    .words_max = 1,
    .summary = "Explain why something was not taken from the store.",
    .text =
        "For a UNIT, compare its last compile with the nearest earlier one: which part of its key "
        "differs (compiler, arguments word by word, environment, source, place), or which of its "
        "inputs, with the content keys before and now, and which commits are behind it. UNIT is an "
        "output or source, or the end of its path.\n"
        "For a BUILD, an id or 'last', list the causes of its misses, commits and others, with "
        "their share of the CPU, told apart from misses that a better cache would have made hits; "
        "then its dearest misses.\n"
        "Without a word, the dearest misses of the last build are explained one by one.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_VIEW | SJ_COMMAND_MARKDOWN,
    .run = run,
};
