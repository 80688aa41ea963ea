// SPDX-License-Identifier: Apache-2.0
#include "dash/causes.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dash/cache.h"

#define BATCH 256 // builds that are charged before it is asked whether it is late

const struct sj_cause_class_info sj_cause_classes[SJ_CLASS_COUNT] = {
    [SJ_CLASS_COMMITS] = {"commits", "commits"},
    [SJ_CLASS_FIRST] = {"first_builds", "first builds"},
    [SJ_CLASS_COMPILER] = {"compiler", "another compiler"},
    [SJ_CLASS_MACHINE] = {"surroundings", "flags, environment, system files"},
    [SJ_CLASS_GENERATED] = {"generated", "generated and uncommitted files"},
    [SJ_CLASS_UNKNOWN] = {"unknown", "not known"},
    [SJ_CLASS_EVICTED] = {"evicted", "redundant: evicted"},
    [SJ_CLASS_NOT_SHARED] = {"not_shared", "redundant: not shared"},
    [SJ_CLASS_REDUNDANT] = {"redundant", "redundant: other reasons"},
};

// Class of each kind and one; 0: no miss.
static const unsigned char class_of[SJ_BLAME_KIND_COUNT] = {
    [SJ_BLAME_COMMIT] = SJ_CLASS_COMMITS + 1,
    [SJ_BLAME_COLD] = SJ_CLASS_FIRST + 1,
    [SJ_BLAME_TOOLCHAIN] = SJ_CLASS_COMPILER + 1,
    [SJ_BLAME_SYSTEM] = SJ_CLASS_MACHINE + 1,
    [SJ_BLAME_ENVIRONMENT] = SJ_CLASS_MACHINE + 1,
    [SJ_BLAME_ARGUMENTS] = SJ_CLASS_MACHINE + 1,
    [SJ_BLAME_PLACE] = SJ_CLASS_MACHINE + 1,
    [SJ_BLAME_GENERATED] = SJ_CLASS_GENERATED + 1,
    [SJ_BLAME_UNCOMMITTED] = SJ_CLASS_GENERATED + 1,
    [SJ_BLAME_OTHER_BRANCH] = SJ_CLASS_UNKNOWN + 1,
    [SJ_BLAME_BEYOND_HISTORY] = SJ_CLASS_UNKNOWN + 1,
    [SJ_BLAME_UNPLACED] = SJ_CLASS_UNKNOWN + 1,
    [SJ_BLAME_NONDETERMINISTIC] = SJ_CLASS_UNKNOWN + 1,
    [SJ_BLAME_UNTRACED] = SJ_CLASS_UNKNOWN + 1,
    [SJ_BLAME_EVICTED] = SJ_CLASS_EVICTED + 1,
    [SJ_BLAME_NOT_SHARED] = SJ_CLASS_NOT_SHARED + 1,
    [SJ_BLAME_RACE] = SJ_CLASS_REDUNDANT + 1,
    [SJ_BLAME_NOT_STORED] = SJ_CLASS_REDUNDANT + 1,
    [SJ_BLAME_ASKED] = SJ_CLASS_REDUNDANT + 1,
};

const char *sj_cause_label(const char *cause)
{
    for (size_t kind = 0; kind < SJ_BLAME_KIND_COUNT; kind++) {
        if (class_of[kind] && strcmp(sj_blame_name((enum sj_blame_kind)kind), cause) == 0) {
            return sj_cause_classes[class_of[kind] - 1].label;
        }
    }
    return NULL;
}

#define KNOWN_SIZE (8 * SJ_CLASS_COUNT) // of a build, as it is remembered: u64 of each class

/** Work under way. */
struct work {
    const struct sj_scope *scope;
    struct sj_key *keys; // of each build: what its causes are remembered by
    struct sj_build_causes *out;
};

// They follow from what the bill follows from.
static struct sj_key *find_keys(const struct sj_scope *scope)
{
    struct {
        char name[16];
        struct sj_key reader;
        struct sj_key print;
    } told = {.name = "causes 2", .reader = sj_dash_reader(&scope->view)};
    struct sj_key *keys = sj_calloc(scope->view.build_count + 1, sizeof *keys);
    sj_bill_prints(&scope->view, false, keys);
    for (size_t i = 0; i < scope->view.build_count; i++) {
        told.print = keys[i];
        keys[i] = sj_key_of(&told, sizeof told);
    }
    return keys;
}

static bool recall(const struct work *work, size_t build)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_DASH_CACHE_MAX);
    struct sj_build_causes *out = &work->out[build];
    if (!sj_dash_cache_get(work->scope->call->site->cache, &work->keys[build], &bytes) ||
        bytes.len != KNOWN_SIZE) {
        return false;
    }
    out->is_known = true;
    for (size_t i = 0; i < SJ_CLASS_COUNT; i++) {
        out->cpu_ns[i] = sj_get_u64(bytes.data + 8 * i);
    }
    return true;
}

static void remember(const struct work *work, size_t build)
{
    unsigned char bytes[KNOWN_SIZE];
    for (size_t i = 0; i < SJ_CLASS_COUNT; i++) {
        sj_put_u64(bytes + 8 * i, work->out[build].cpu_ns[i]);
    }
    sj_dash_cache_put(work->scope->call->site->cache, &work->keys[build], bytes, sizeof bytes);
}

static void take_bill(size_t build, const struct sj_bill *bill, void *user)
{
    struct work *work = user;
    struct sj_build_causes *out = &work->out[build];
    *out = (struct sj_build_causes){.is_known = true};
    for (size_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        unsigned char class = class_of[row->kind];
        if (class && sj_oid_is_zero(&row->merge)) {
            out->cpu_ns[class - 1] += row->charge_ns;
        } else if (row->kind == SJ_BLAME_EXPIRED) {
            const struct sj_build *told = &work->scope->view.builds[build].build;
            out->cpu_ns[SJ_CLASS_UNKNOWN] += told->cpu_ns[SJ_OUTCOME_MISS];
        }
    }
    remember(work, build);
}

// Charges builds, the latest first, until the time is over.
static int charge(struct work *work, const size_t *builds, size_t count, size_t *done,
                  struct sj_err *err)
{
    uint64_t begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
    SJ_AUTO(sj_auto_free)
    bool *is_wanted = sj_calloc(work->scope->view.build_count + 1, sizeof *is_wanted);
    for (*done = 0; *done < count;) {
        size_t first = *done;
        for (; *done < count && *done < first + BATCH; ++*done) {
            is_wanted[builds[*done]] = true;
        }
        SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
        struct sj_bill bill = {.pool = &pool};
        int status = sj_scope_charge(work->scope, is_wanted, false, take_bill, work, &bill, err);
        sj_bill_release(&bill);
        if (status < 0) {
            return status;
        }
        for (size_t i = first; i < *done; i++) {
            is_wanted[builds[i]] = false;
        }
        if (sj_dash_is_late(work->scope->call->site, begin_ns)) {
            return 0;
        }
    }
    return 0;
}

int sj_build_causes_find(const struct sj_scope *scope, struct sj_build_causes **out, size_t *late,
                         struct sj_err *err)
{
    size_t count = scope->view.build_count;
    struct work work = {.scope = scope, .keys = find_keys(scope)};
    work.out = sj_calloc(count + 1, sizeof *work.out);
    SJ_AUTO(sj_auto_free) size_t *missing = sj_calloc(count + 1, sizeof *missing);
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (scope->is_wanted[i] && !recall(&work, i)) {
            missing[missing_count++] = i;
        }
    }
    size_t done = 0;
    int status = 0;
    if (missing_count > 0) {
        qsort_r(missing, missing_count, sizeof *missing, sj_latest_first, scope->view.builds);
        status = charge(&work, missing, missing_count, &done, err);
    }
    free(work.keys);
    if (status < 0) {
        free(work.out);
        return status;
    }
    *late = missing_count - done;
    *out = work.out;
    return 0;
}
