// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/explain.h"
#include "cli/reason.h"
#include "record/journal.h"
#include "record/pathset.h"

static char dir[64];
static struct sj_store *store;

static void setup(void)
{
    struct sj_err err;
    (void)snprintf(dir, sizeof dir, "/tmp/test-explain-XXXXXX");
    cr_assert(mkdtemp(dir));
    const struct sj_store_options options = {.dir = dir};
    cr_assert_eq(sj_store_open(&options, &store, &err), 0, "%s", err.text);
}

static void teardown(void)
{
    sj_store_close(store);
    (void)sj_tree_remove(dir);
}

TestSuite(explain, .init = setup, .fini = teardown);

static struct sj_key key(const char *text)
{
    return sj_key_of(text, strlen(text));
}

// A miss of a.o that was stored. Words of the strong key tell results apart.
static struct sj_record miss(uint64_t start_ns, const char *args, const char *strong)
{
    struct sj_record record = {
        .start_ns = start_ns,
        .user_ns = 1000 + start_ns,
        .outcome = SJ_OUTCOME_MISS,
        .flags = SJ_RECORD_STORED,
        .reason = "new",
        .cwd = "/there",
        .source = "a.c",
        .output = "a.o",
        .args = args,
        .strong = key(strong),
    };
    for (size_t i = 0; i < SJ_COMPONENT_COUNT; i++) {
        record.component[i] = key("same");
    }
    record.component[SJ_COMPONENT_ARGS] = key(args);
    return record;
}

static void leave(const struct sj_record *record)
{
    cr_assert_eq(sj_journal_append(dir, 0, record), 0);
}

static struct sj_explanation *ask(const char *unit, size_t max, size_t want)
{
    const struct sj_question question = {.unit = unit, .max = max};
    struct sj_explanation *items = NULL;
    struct sj_err err;
    size_t count = 0;
    cr_assert_eq(sj_explain(dir, store, &question, &items, &count, &err), 0, "%s", err.text);
    cr_assert_eq(count, want, "%zu instead of %zu", count, want);
    return items;
}

static void done(struct sj_explanation *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sj_explanation_release(&items[i]);
    }
    free(items);
}

static void expect_cause(const char *unit, enum sj_cause cause)
{
    struct sj_explanation *items = ask(unit, 0, 1);
    cr_expect_eq(items[0].cause, cause, "%s", sj_cause_name(items[0].cause));
    done(items, 1);
}

// Stores the path set of these paths; inputs[i] is the content of the i-th.
static void list_inputs(struct sj_record *record, const char *const *paths,
                        const struct sj_key *inputs, size_t count)
{
    struct sj_pathset set = {0};
    for (size_t i = 0; i < count; i++) {
        sj_pathset_add(&set, (struct sj_path_entry){.need = SJ_NEED_CONTENT, .path = paths[i]});
    }
    sj_pathset_sort(&set);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    sj_pathset_encode(&set, &bytes);
    record->pathset = sj_key_of(bytes.data, bytes.len);
    record->inputs = inputs;
    record->inputs_count = (uint32_t)count;

    struct sj_err err;
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &record->pathset, bytes.data, bytes.len);
    cr_assert_eq(sj_batch_commit(batch, &err), 0, "%s", err.text);
    sj_batch_free(batch);
    sj_buf_release(&bytes);
    sj_pathset_release(&set);
}

Test(explain, what_was_never_seen)
{
    struct sj_record record = miss(1, "-c a.c", "x");
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_NEW);
    done(ask("b.o", 0, 0), 0);
    done(ask("/other/a.o", 0, 0), 0);
    expect_cause("there/a.o", SJ_CAUSE_NEW);
    expect_cause("/there/a.c", SJ_CAUSE_NEW);
}

Test(explain, arguments_that_differ)
{
    struct sj_record old = miss(1, "-c a.c -O2 -o a.o", "x");
    struct sj_record new = miss(2, "-c a.c -O3 -g -o a.o", "y");
    leave(&old);
    leave(&new);
    struct sj_explanation *items = ask("a.o", 0, 1);
    cr_expect_eq(items[0].cause, SJ_CAUSE_KEY);
    cr_expect_eq(items[0].components, 1U << SJ_COMPONENT_ARGS);
    cr_assert_eq(items[0].word_count, 3);
    cr_expect_not(items[0].words[0].is_added);
    cr_expect_eq(strncmp(items[0].words[0].text, "-O2", 3), 0);
    cr_expect(items[0].words[1].is_added && items[0].words[2].is_added);
    done(items, 1);
}

Test(explain, inputs_that_differ)
{
    const struct sj_key before[] = {key("a1"), key("gone"), key("same")};
    const struct sj_key after[] = {key("a2"), key("new"), key("same")};
    struct sj_record old = miss(1, "-c a.c", "x");
    struct sj_record new = miss(2, "-c a.c", "y");
    list_inputs(&old, (const char *[]){"a.c", "b.h", "z.h"}, before, 3);
    leave(&old);
    list_inputs(&new, (const char *[]){"a.c", "c.h", "z.h"}, after, 3);
    leave(&new);

    struct sj_explanation *items = ask("a.o", 0, 1);
    cr_expect_eq(items[0].cause, SJ_CAUSE_INPUTS);
    static const struct {
        const char *path;
        enum sj_input_change_kind kind;
    } want[] = {
        {"a.c", SJ_INPUT_CHANGED},
        {"b.h", SJ_INPUT_REMOVED},
        {"c.h", SJ_INPUT_ADDED},
    };
    cr_assert_eq(items[0].input_count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_str_eq(items[0].inputs[i].path, want[i].path);
        cr_expect_eq(items[0].inputs[i].kind, want[i].kind);
    }
    cr_expect(sj_key_eq(&items[0].inputs[0].before, &before[0]));
    cr_expect(sj_key_eq(&items[0].inputs[0].after, &after[0]));
    done(items, 1);
}

Test(explain, inputs_of_a_hit_are_those_of_the_miss_that_stored_it)
{
    const struct sj_key before[] = {key("a1")};
    const struct sj_key after[] = {key("a2")};
    struct sj_record old = miss(1, "-c a.c", "x");
    struct sj_record new = miss(3, "-c a.c", "y");
    list_inputs(&old, (const char *[]){"a.c"}, before, 1);
    leave(&old);
    struct sj_record hit = miss(2, "-c a.c", "x");
    hit.outcome = SJ_OUTCOME_HIT;
    leave(&hit);
    list_inputs(&new, (const char *[]){"a.c"}, after, 1);
    leave(&new);
    struct sj_explanation *items = ask("a.o", 0, 1);
    cr_expect_eq(items[0].cause, SJ_CAUSE_INPUTS);
    cr_expect_eq(items[0].earlier.record.start_ns, 2);
    cr_assert_eq(items[0].input_count, 1);
    cr_expect_str_eq(items[0].inputs[0].path, "a.c");
    done(items, 1);
}

Test(explain, lists_that_have_left_the_store)
{
    const struct sj_key inputs[] = {key("a1")};
    struct sj_record old = miss(1, "-c a.c", "x");
    struct sj_record new = miss(2, "-c a.c", "y");
    new.pathset = old.pathset = key("nowhere");
    new.inputs = old.inputs = inputs;
    new.inputs_count = old.inputs_count = 1;
    leave(&old);
    leave(&new);
    struct sj_explanation *items = ask("a.o", 0, 1);
    cr_expect_eq(items[0].cause, SJ_CAUSE_INPUTS);
    cr_expect(items[0].is_inputs_gone);
    done(items, 1);
}

Test(explain, other_causes)
{
    struct sj_record record = miss(1, "-c a.c", "x");
    leave(&record);
    record.start_ns = 2;
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_GONE);

    record = miss(3, "-c a.c", "y");
    record.reason = "recache";
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_ASKED);

    record = miss(4, "-c a.c", "z");
    record.flags = 0;
    record.reason = "racy";
    leave(&record);
    record = miss(5, "-c a.c", "z");
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_UNSTORED);

    record = miss(6, "-c a.c", "z");
    record.outcome = SJ_OUTCOME_FAILED;
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_FAILED);

    // A hit does not hide the miss before it.
    record = miss(7, "-c a.c", "z");
    record.outcome = SJ_OUTCOME_HIT;
    leave(&record);
    expect_cause("a.o", SJ_CAUSE_FAILED);
}

Test(explain, same_key_is_nearer_than_later)
{
    struct sj_record debug = miss(1, "-c a.c -g", "x");
    struct sj_record release = miss(2, "-c a.c -O2", "y");
    struct sj_record again = miss(3, "-c a.c -g", "z");
    leave(&debug);
    leave(&release);
    leave(&again);
    expect_cause("a.o", SJ_CAUSE_INPUTS);
}

Test(explain, bypasses_are_found_by_their_command_line)
{
    struct sj_record link = {
        .start_ns = 1,
        .outcome = SJ_OUTCOME_BYPASS,
        .reason = "link",
        .cwd = "/there",
        .args = "a.o b.o -o prog",
    };
    struct sj_record record = miss(2, "-c a.c", "x");
    leave(&record);
    link.start_ns = 3;
    leave(&link);
    expect_cause("prog", SJ_CAUSE_BYPASS);
    expect_cause("b.o", SJ_CAUSE_BYPASS);
    expect_cause("a.o", SJ_CAUSE_NEW);
}

Test(explain, dearest_misses_of_the_last_build)
{
    for (uint64_t i = 1; i < 30; i++) {
        struct sj_record record = miss(i, "-c a.c", "x");
        record.build = i < 10 ? "first" : "second";
        record.user_ns = i * 7 % 30;
        leave(&record);
    }
    struct sj_explanation *items = ask(NULL, 4, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_str_eq(items[i].record.record.build, "second");
        cr_expect(i == 0 || items[i - 1].record.record.user_ns >= items[i].record.record.user_ns);
    }
    cr_expect_eq(items[0].record.record.user_ns, 29);
    done(items, 4);
}

Test(explain, words_are_compared_in_order)
{
    static const struct {
        const char *before;
        const char *after;
        const char *want;
    } cases[] = {
        {"", "", ""},
        {"a b c", "a b c", ""},
        {"a b c", "a  x c ", "-b+x"},
        {"a", "", "-a"},
        {"", "a", "+a"},
        {"a b c d", "b c d e", "-a+e"},
        {"x a y", "a x y", "-x+x"},
        {"a a a", "a a", "-a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_word_change *words;
        size_t count;
        struct sj_buf got = SJ_BUF_INIT(1000);
        sj_explain_words(cases[i].before, cases[i].after, &words, &count);
        for (size_t j = 0; j < count; j++) {
            sj_buf_addf(&got, "%c%.*s", words[j].is_added ? '+' : '-', (int)words[j].len,
                        words[j].text);
        }
        cr_expect_str_eq(sj_buf_text(&got), cases[i].want, "%s", cases[i].before);
        sj_buf_release(&got);
        free(words);
    }
}

Test(explain, long_command_lines_are_compared_in_bounded_memory)
{
    struct sj_buf before = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf after = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (int i = 0; i < 5000; i++) {
        sj_buf_addf(&before, "a%d ", i);
        sj_buf_addf(&after, "b%d ", i);
    }
    struct sj_word_change *words;
    size_t count;
    sj_explain_words(before.data, after.data, &words, &count);
    cr_expect_eq(count, 10000);
    free(words);
    sj_buf_release(&before);
    sj_buf_release(&after);
}

Test(explain, reasons_are_put_into_words)
{
    cr_expect_str_eq(sj_reason_text("link"), "links a program or library");
    cr_expect_str_eq(sj_reason_text("no-such-reason"), "no-such-reason");
    cr_expect_str_eq(sj_reason_text(NULL), "no reason was recorded");
}
