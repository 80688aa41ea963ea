// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"
#include "record/journal.h"

#define TIMEOUT_MS 5000

static struct memory *memory;
static struct machine here;
static struct machine there;

static void start(const char *remote)
{
    memory = fixture_memory();
    machine_open(&there, "memory://far", TIMEOUT_MS, false);
    machine_open(&here, remote, TIMEOUT_MS, false);
}

static void end(void)
{
    machine_close(&here);
    machine_close(&there);
}

static void expect_fetch(enum sj_frame_kind kind, const struct sj_key *key, size_t stored)
{
    struct outcome outcome = machine_fetch(&here, kind, key);
    cr_assert_eq(outcome.status, 0, "%d", outcome.status);
    cr_assert_eq(outcome.stored, stored, "%zu", outcome.stored);
}

Test(tiers, what_one_machine_pushes_another_can_fetch)
{
    start("memory://far");
    struct made made = machine_make(&there, 1);
    machine_push(&there, &made);
    expect_fetch(SJ_FRAME_PATHSET, &made.weak, 1);
    expect_fetch(SJ_FRAME_RESULT, &made.strong, 1);
    cr_assert(machine_has_made(&here, &made));
    end();
}

Test(tiers, values_go_up_as_they_are_stored_and_in_order)
{
    start("memory://far");
    struct made made = machine_make(&there, 1);
    machine_push(&there, &made);
    static const enum sj_tier_kind order[] = {SJ_TIER_OBJECT, SJ_TIER_RESULT, SJ_TIER_PATHSET};
    cr_assert_eq(memory->count, 3);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(memory->values[i].value.name.kind, order[i]);
    }
    cr_assert_eq(memory->values[0].value.codec, SJ_TIER_ZSTD);
    cr_assert_lt(memory->values[0].value.len, memory->values[0].value.raw_len);
    cr_assert_eq(memcmp(memory->values[2].value.name.key, made.weak.bytes, SJ_KEY_SIZE), 0);
    end();
}

Test(tiers, what_no_tier_has_is_no_failure)
{
    start("memory://far");
    struct sj_key key = sj_key_of("x", 1);
    expect_fetch(SJ_FRAME_RESULT, &key, 0);
    struct sj_tiers_stat stat;
    sj_tiers_stat(here.tiers, &stat);
    cr_assert_eq(stat.failures, 0);
    cr_assert_not(stat.is_down);
    end();
}

Test(tiers, the_next_tier_is_asked_for_the_rest)
{
    start("memory://near memory://far");
    struct made made = machine_make(&there, 1);
    machine_push(&there, &made);
    expect_fetch(SJ_FRAME_RESULT, &made.strong, 1);
    cr_assert(machine_has(&here, SJ_BLOB_OBJECT, &made.object));
    end();
}

static void forget(void)
{
    while (memory->count > 0) {
        free((void *)(uintptr_t)memory->values[--memory->count].value.data);
    }
}

// Change what the tier has in some way; the value that is given is of the kind asked for.
static void spoil(enum sj_tier_kind kind, size_t at, unsigned char bits)
{
    for (size_t i = 0; i < memory->count; i++) {
        struct sj_tier_value *value = &memory->values[i].value;
        if (value->name.kind == kind) {
            char *data = malloc(value->len);
            memcpy(data, value->data, value->len);
            data[at < value->len ? at : value->len - 1] ^= (char)bits;
            free((void *)(uintptr_t)value->data);
            value->data = data;
        }
    }
}

static void lie_about(enum sj_tier_kind kind, uint32_t raw_len, enum sj_tier_codec codec)
{
    for (size_t i = 0; i < memory->count; i++) {
        struct sj_tier_value *value = &memory->values[i].value;
        if (value->name.kind == kind) {
            value->raw_len = raw_len;
            value->codec = codec;
        }
    }
}

static void spoil_object_end(void)
{
    spoil(SJ_TIER_OBJECT, SIZE_MAX, 1);
}

static void spoil_frame_head(void)
{
    spoil(SJ_TIER_OBJECT, 0, 0xff);
}

static void claim_smaller_object(void)
{
    lie_about(SJ_TIER_OBJECT, 100, SJ_TIER_ZSTD);
}

static void claim_huge_object(void)
{
    lie_about(SJ_TIER_OBJECT, UINT32_MAX, SJ_TIER_ZSTD);
}

static void claim_raw_object(void)
{
    lie_about(SJ_TIER_OBJECT, (uint32_t)memory->values[0].value.len, SJ_TIER_RAW);
}

static void rename_object(void)
{
    for (size_t i = 0; i < memory->count; i++) {
        memory->values[i].value.name.key[3] ^=
            (unsigned char)(memory->values[i].value.name.kind == SJ_TIER_OBJECT);
    }
}

static void hold_objects_back(void)
{
    memory->drops_objects = true;
}

static void spoil_result_format(void)
{
    spoil(SJ_TIER_RESULT, 0, 0x40);
}

static void spoil_inline_output(void)
{
    spoil(SJ_TIER_RESULT, SIZE_MAX, 1);
}

static void claim_huge_result(void)
{
    lie_about(SJ_TIER_RESULT, UINT32_MAX, SJ_TIER_ZSTD);
}

Test(tiers, nothing_wrong_gets_in)
{
    static void (*const faults[])(void) = {
        spoil_object_end,    spoil_frame_head,  claim_smaller_object, claim_huge_object,
        claim_raw_object,    rename_object,     hold_objects_back,    spoil_result_format,
        spoil_inline_output, claim_huge_result,
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        start("memory://far");
        struct made made = machine_make(&there, (unsigned)i);
        machine_push(&there, &made);
        faults[i]();
        struct outcome outcome = machine_fetch(&here, SJ_FRAME_RESULT, &made.strong);
        cr_assert_eq(outcome.stored, 0, "fault %zu", i);
        cr_assert_not(machine_has(&here, SJ_BLOB_RESULT, &made.strong), "fault %zu", i);
        cr_assert_not(machine_has(&here, SJ_BLOB_OBJECT, &made.object), "fault %zu", i);
        end();
        forget();
        memory->drops_objects = false;
    }
}

Test(tiers, nothing_gets_in_that_was_not_asked_for)
{
    start("memory://far");
    struct made asked = machine_make(&there, 1);
    struct made other = machine_make(&there, 2);
    machine_push(&there, &asked);
    machine_push(&there, &other);
    memory->answers_everything = true;
    memory->drops_trails = true;
    expect_fetch(SJ_FRAME_PATHSET, &asked.weak, 1);
    struct sj_key pathset;
    cr_assert_eq(sj_shared_pathsets(here.shared, sj_str_of(""), &other.weak, &pathset, 1), 0);
    cr_assert_not(machine_has(&here, SJ_BLOB_RESULT, &asked.strong));
    cr_assert_not(machine_has(&here, SJ_BLOB_OBJECT, &asked.object));
    cr_assert_not(machine_has(&here, SJ_BLOB_PATHSET, &other.pathset));
    end();
}

Test(tiers, a_silent_tier_costs_one_timeout)
{
    memory = fixture_memory();
    machine_open(&here, "memory://far", 200, false);
    memory->is_silent = true;
    struct sj_key key = sj_key_of("x", 1);
    struct outcome outcome = machine_fetch(&here, SJ_FRAME_RESULT, &key);
    cr_assert_eq(outcome.status, -ETIMEDOUT);
    cr_assert_geq(outcome.took_ms, 150);
    unsigned gets = memory->gets;
    struct sj_tiers_stat stat;
    for (unsigned i = 0; i < 20; i++) {
        key = sj_key_of(&i, sizeof i);
        outcome = machine_fetch(&here, SJ_FRAME_PATHSET, &key);
        cr_assert_lt(outcome.status, 0, "it is left alone");
    }
    cr_assert_leq(memory->gets, gets + 1, "one may have been on its way");
    sj_tiers_stat(here.tiers, &stat);
    cr_assert(stat.is_down);
    cr_assert_neq(stat.problem[0], '\0');
    machine_close(&here);
}

// A fetch from a thread of its own.
static void *fetch_one(void *user)
{
    const struct made *made = user;
    struct outcome *outcome = sj_new(struct outcome);
    *outcome = machine_fetch(&here, SJ_FRAME_RESULT, &made->strong);
    return outcome;
}

static bool has_asked(void *user)
{
    (void)user;
    (void)pthread_mutex_lock(&memory->lock);
    bool has = memory->gets > 0;
    (void)pthread_mutex_unlock(&memory->lock);
    return has;
}

static void set_held(bool is_held)
{
    (void)pthread_mutex_lock(&memory->lock);
    memory->is_held = is_held;
    (void)pthread_cond_broadcast(&memory->cond);
    (void)pthread_mutex_unlock(&memory->lock);
}

Test(tiers, a_name_on_its_way_is_not_asked_for_again)
{
    start("memory://far");
    struct made made = machine_make(&there, 1);
    machine_push(&there, &made);
    set_held(true);
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, fetch_one, &made), 0);
    }
    cr_assert(wait_until(has_asked, NULL));
    set_held(false);
    for (size_t i = 0; i < 8; i++) {
        void *outcome;
        cr_assert_eq(pthread_join(threads[i], &outcome), 0);
        cr_assert_eq(((struct outcome *)outcome)->stored, 1);
        free(outcome);
    }
    cr_assert_eq(memory->gets, 1);
    end();
}

static bool has_it_all(void *user)
{
    const struct made *made = user;
    for (unsigned i = 1; i < 40; i++) {
        if (!machine_has_made(&here, &made[i])) {
            return false;
        }
    }
    return true;
}

static void add_trail(const struct made *made, unsigned count)
{
    struct memory_value *copy = &memory->values[memory->count++];
    unsigned char *data = malloc((size_t)count * SJ_TRAIL_PAIR_SIZE);
    for (unsigned i = 0; i < count; i++) {
        memcpy(data + (size_t)i * 32, made[i + 1].weak.bytes, 16);
        memcpy(data + (size_t)i * 32 + 16, made[i + 1].strong.bytes, 16);
    }
    *copy = (struct memory_value){
        .host = "far",
        .value = {.name.kind = SJ_TIER_TRAIL,
                  .raw_len = count * SJ_TRAIL_PAIR_SIZE,
                  .data = data,
                  .len = (size_t)count * SJ_TRAIL_PAIR_SIZE},
    };
    memcpy(copy->value.name.key, made[0].weak.bytes, SJ_KEY_SIZE);
}

Test(tiers, a_trail_is_followed)
{
    start("memory://far");
    struct made made[40];
    for (unsigned i = 0; i < 40; i++) {
        made[i] = machine_make(&there, i);
        machine_push(&there, &made[i]);
    }
    add_trail(made, 39);
    memory->gets = 0;
    expect_fetch(SJ_FRAME_PATHSET, &made[0].weak, 1);
    cr_assert(wait_until(has_it_all, made));
    cr_assert_leq(memory->gets, 6, "in batches: %u", memory->gets);
    struct sj_tiers_stat stat;
    sj_tiers_stat(here.tiers, &stat);
    cr_assert_geq(stat.prefetched, 78);
    end();
}

Test(tiers, an_upload_that_was_refused_is_tried_again)
{
    start("memory://far");
    struct made made = machine_make(&there, 1);
    memory->refuse_next = 1;
    machine_push(&there, &made);
    cr_assert_eq(memory->puts, 2);
    struct sj_tiers_stat stat;
    sj_tiers_stat(there.tiers, &stat);
    cr_assert_eq(stat.uploaded, 1);
    cr_assert_eq(stat.dropped, 0);
    end();
}

Test(tiers, what_is_gone_is_dropped)
{
    start("memory://far");
    struct made made = {.strong = sj_key_of("gone", 4)};
    machine_push(&there, &made);
    struct sj_tiers_stat stat;
    sj_tiers_stat(there.tiers, &stat);
    cr_assert_eq(stat.dropped, 1);
    cr_assert_eq(memory->puts, 0);
    end();
}

// All records that have arrived, in one or several puts.
static void gather_records(struct sj_buf *out)
{
    sj_buf_clear(out);
    (void)pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < memory->count; i++) {
        const struct sj_tier_value *value = &memory->values[i].value;
        if (value->name.kind == SJ_TIER_RECORD) {
            sj_buf_add(out, value->data, value->len);
        }
    }
    (void)pthread_mutex_unlock(&memory->lock);
}

static bool has_records(void *user)
{
    const size_t *want = user;
    SJ_AUTO(sj_buf_release) struct sj_buf frames = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    gather_records(&frames);
    return frames.len >= *want;
}

Test(tiers, records_and_notes_go_up_as_frames)
{
    memory = fixture_memory();
    machine_open(&here, "memory://far", TIMEOUT_MS, true);
    const struct sj_record record = {.outcome = SJ_OUTCOME_MISS, .pid = 4711, .source = "a.c"};
    const struct sj_note_pair pair = {"commit", "0123"};
    const struct sj_note note = {
        .kind = SJ_NOTE_BEGIN, .build = "b", .pairs = &pair, .pair_count = 1};
    SJ_AUTO(sj_buf_release) struct sj_buf want = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_record_encode(&record, &want);
    sj_note_encode(&note, &want);
    cr_assert_geq(sj_journal_append(here.dir, 0, &record), 0);
    cr_assert_geq(sj_journal_append_note(here.dir, 0, &note), 0);
    sj_tiers_records(here.tiers);
    cr_assert(wait_until(has_records, &want.len));
    gather_records(&got);
    cr_assert_eq(got.len, want.len);
    cr_assert_arr_eq(got.data, want.data, want.len);
    machine_close(&here);
}

Test(tiers, closing_breaks_off_what_is_under_way)
{
    memory = fixture_memory();
    machine_open(&here, "memory://far", 60000, false);
    set_held(true);
    struct made made = {.strong = sj_key_of("x", 1)};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, fetch_one, &made), 0);
    cr_assert(wait_until(has_asked, NULL));
    sj_tiers_close(here.tiers);
    here.tiers = NULL;
    void *outcome;
    cr_assert_eq(pthread_join(thread, &outcome), 0);
    cr_assert_eq(((struct outcome *)outcome)->status, -ECANCELED);
    free(outcome);
    machine_close(&here);
}

Test(tiers, urls_that_make_no_sense_are_refused_by_name)
{
    static const struct {
        const char *remote;
        int status;
    } rows[] = {
        {"", -EINVAL},           {"far", -EINVAL},       {"memory:/far", -EINVAL},
        {"nosuch://x", -ENOENT}, {"memory://", -EINVAL}, {"Memory://far", -EINVAL},
    };
    SJ_AUTO(sj_auto_free) char *plugins = fixture_plugin_dir();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sj_config config = {.cache_dir = plugins, .remote = sj_strdup(rows[i].remote)};
        const struct sj_tiers_options how = {
            .config = &config, .plugin_dir = plugins, .agent = "test/1"};
        struct sj_tiers *tiers = NULL;
        struct sj_err err = {0};
        cr_assert_eq(sj_tiers_open(&how, &tiers, &err), rows[i].status, "'%s'", rows[i].remote);
        cr_assert_neq(err.text[0], '\0');
        free(config.remote);
    }
}
