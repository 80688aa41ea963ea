// SPDX-License-Identifier: Apache-2.0
// A tier in this process's memory: memory://HOST. Each call is answered from a thread of its own.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "memory.h"

#define THREADS_MAX 8192
#define FEW         200

static struct memory memory = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

#define EXPORT __attribute__((visibility("default")))

EXPORT struct memory *tier_memory(void);

struct memory *tier_memory(void)
{
    return &memory;
}

struct sj_tier {
    char host[32];
    bool is_closing; // guarded by memory.lock
    pthread_t threads[THREADS_MAX];
    size_t count;
};

struct call {
    struct sj_tier *tier;
    struct sj_tier_name *names; // of a get
    const struct sj_tier_value *values;
    size_t count;
    struct timespec until;
    sj_tier_found *found;
    sj_tier_done *done;
    void *user;
    bool is_exists;
};

static int tier_open(const struct sj_tier_options *options, struct sj_tier **out, char *problem,
                     size_t len)
{
    const char *host = options->url + strlen("memory://");
    if (*host == '\0' || strlen(host) >= sizeof((struct sj_tier *)0)->host) {
        (void)snprintf(problem, len, "%s", "no host");
        return -EINVAL;
    }
    *out = calloc(1, sizeof **out);
    (void)snprintf((*out)->host, sizeof(*out)->host, "%s", host);
    return 0;
}

static void tier_close(struct sj_tier *tier)
{
    if (!tier) {
        return;
    }
    (void)pthread_mutex_lock(&memory.lock);
    tier->is_closing = true;
    (void)pthread_cond_broadcast(&memory.cond);
    (void)pthread_mutex_unlock(&memory.lock);
    for (size_t i = 0; i < tier->count; i++) {
        (void)pthread_join(tier->threads[i], NULL);
    }
    free(tier);
}

// With the lock held: how the call is to end, should it not simply work.
static int hinder(struct call *call)
{
    while ((memory.is_silent || memory.is_held) && !call->tier->is_closing) {
        if (pthread_cond_timedwait(&memory.cond, &memory.lock, &call->until) == ETIMEDOUT) {
            return -ETIMEDOUT;
        }
    }
    if (call->tier->is_closing) {
        return -ECANCELED;
    }
    if (memory.refuse_next > 0) {
        memory.refuse_next--;
        return -ECONNREFUSED;
    }
    return 0;
}

static bool is_named(const struct call *call, const struct memory_value *value)
{
    for (size_t i = 0; i < call->count; i++) {
        if (call->names[i].kind == value->value.name.kind &&
            memcmp(call->names[i].key, value->value.name.key, SJ_TIER_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_given(const struct call *call, const struct memory_value *value, size_t count)
{
    enum sj_tier_kind kind = value->value.name.kind;
    bool is_dropped = kind == SJ_TIER_TRAIL && memory.drops_trails;
    if (is_dropped || strcmp(value->host, call->tier->host) != 0) {
        return false;
    }
    // As a server does, objects come with their results: here simply all, while they are few.
    if (kind == SJ_TIER_OBJECT) {
        return !memory.drops_objects && (count < FEW || is_named(call, value));
    }
    return memory.answers_everything || is_named(call, value);
}

static void *answer(void *user)
{
    struct call *call = user;
    (void)pthread_mutex_lock(&memory.lock);
    int status = hinder(call);
    size_t count = memory.count;
    (void)pthread_mutex_unlock(&memory.lock);
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (is_given(call, &memory.values[i], count)) {
            call->found(&memory.values[i].value, call->user);
        }
    }
    call->done(status, call->user);
    free(call->names);
    free(call);
    return NULL;
}

// With the lock held: what is there already stays as it is, for it may be on its way to somebody.
static bool is_there(const struct call *call, const struct sj_tier_value *value)
{
    for (size_t i = 0; i < memory.count; i++) {
        const struct sj_tier_value *old = &memory.values[i].value;
        bool is_same = old->name.kind == value->name.kind &&
                       memcmp(old->name.key, value->name.key, SJ_TIER_KEY_SIZE) == 0;
        if (is_same && value->name.kind == SJ_TIER_PATHSET) {
            is_same = old->len == value->len && memcmp(old->data, value->data, old->len) == 0;
        }
        if (is_same && strcmp(memory.values[i].host, call->tier->host) == 0) {
            return true;
        }
    }
    return false;
}

static void *keep(void *user)
{
    struct call *call = user;
    (void)pthread_mutex_lock(&memory.lock);
    int status = hinder(call);
    for (size_t i = 0; status == 0 && i < call->count && memory.count < MEMORY_VALUES_MAX; i++) {
        if (is_there(call, &call->values[i])) {
            continue;
        }
        struct memory_value *copy = &memory.values[memory.count];
        copy->value = call->values[i];
        void *data = malloc(copy->value.len + 1);
        memcpy(data, call->values[i].data, copy->value.len);
        copy->value.data = data;
        (void)snprintf(copy->host, sizeof copy->host, "%s", call->tier->host);
        memory.count++;
    }
    (void)pthread_mutex_unlock(&memory.lock);
    call->done(status, call->user);
    free(call);
    return NULL;
}

static struct call *new_call(struct sj_tier *tier, size_t count, uint64_t timeout_ms,
                             sj_tier_done *done, void *user)
{
    struct call *call = calloc(1, sizeof *call);
    *call = (struct call){.tier = tier, .count = count, .done = done, .user = user};
    (void)clock_gettime(CLOCK_REALTIME, &call->until);
    uint64_t ns = (uint64_t)call->until.tv_nsec + timeout_ms % 1000 * 1000000;
    call->until.tv_sec += (time_t)(timeout_ms / 1000 + ns / 1000000000);
    call->until.tv_nsec = (long)(ns % 1000000000);
    return call;
}

static void start(struct call *call, void *(*run)(void *user))
{
    struct sj_tier *tier = call->tier;
    (void)pthread_mutex_lock(&memory.lock);
    if (tier->count == THREADS_MAX ||
        pthread_create(&tier->threads[tier->count], NULL, run, call) != 0) {
        abort();
    }
    tier->count++;
    (void)pthread_mutex_unlock(&memory.lock);
}

static void tier_get(struct sj_tier *tier, const struct sj_tier_name *names, size_t count,
                     uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user)
{
    struct call *call = new_call(tier, count, timeout_ms, done, user);
    call->found = found;
    call->names = calloc(count, sizeof *names);
    memcpy(call->names, names, count * sizeof *names);
    (void)pthread_mutex_lock(&memory.lock);
    memory.gets++;
    memory.asked_names += (unsigned)count;
    (void)pthread_cond_broadcast(&memory.cond);
    (void)pthread_mutex_unlock(&memory.lock);
    start(call, answer);
}

static void tier_put(struct sj_tier *tier, const struct sj_tier_value *values, size_t count,
                     uint64_t timeout_ms, sj_tier_done *done, void *user)
{
    struct call *call = new_call(tier, count, timeout_ms, done, user);
    call->values = values;
    (void)pthread_mutex_lock(&memory.lock);
    memory.puts++;
    (void)pthread_mutex_unlock(&memory.lock);
    start(call, keep);
}

static const char *const schemes[] = {"memory", NULL};

EXPORT extern const struct sj_tier_plugin sj_tier_plugin;

const struct sj_tier_plugin sj_tier_plugin = {
    .abi = SJ_TIER_ABI,
    .name = "memory",
    .schemes = schemes,
    .open = tier_open,
    .close = tier_close,
    .get = tier_get,
    .put = tier_put,
    .exists = tier_get,
};
