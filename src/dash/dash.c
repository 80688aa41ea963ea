// SPDX-License-Identifier: Apache-2.0
#include "dash/dash.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dash/answer.h"
#include "dash/cache.h"
#include "dash/warm.h"

#define GROUNDS    2 // pages that are made at a time
#define SLOW_NS    (20 * SJ_NS_PER_MS)
#define TAKE_IN_NS (3 * SJ_NS_PER_S) // between two looks into a local store's journal

struct sj_dash {
    struct sj_dash_options options;
    char *repo;
    pthread_mutex_t lock; // guards is_taken
    pthread_cond_t free;
    struct sj_dash_cache *cache; // of all grounds
    struct sj_dash_ground grounds[GROUNDS];
    bool is_taken[GROUNDS];
    struct sj_warmer *warmer; // NULL: pages are made when they are asked for
    pthread_mutex_t intake;   // guards taken_in_ns, and is held while records are taken in
    uint64_t taken_in_ns;     // CLOCK_MONOTONIC; 0: never
};

int sj_dash_open(const struct sj_dash_options *options, struct sj_dash **out, struct sj_err *err)
{
    struct sj_dash *dash = sj_new(struct sj_dash);
    dash->repo = options->repo ? sj_strdup(options->repo) : NULL;
    dash->options = *options;
    dash->options.repo = dash->repo;
    dash->options.slow_ns = options->slow_ns ? options->slow_ns : SLOW_NS;
    (void)pthread_mutex_init(&dash->lock, NULL); // never fails for plain ones
    (void)pthread_mutex_init(&dash->intake, NULL);
    (void)pthread_cond_init(&dash->free, NULL);
    SJ_AUTO(sj_auto_free)
    char *path = sj_asprintf("%s/records/pages", options->config->cache_dir);
    dash->cache = sj_dash_cache_new(path, options->config->read_only, SJ_DASH_CACHE_MAX);
    for (size_t i = 0; i < GROUNDS; i++) {
        int status = sj_dash_ground_init(&dash->options, &dash->grounds[i], err);
        dash->grounds[i].cache = dash->cache;
        if (status < 0) {
            sj_dash_close(dash);
            return status;
        }
    }
    dash->warmer = options->is_eager ? sj_warmer_new(&dash->options, dash->cache) : NULL;
    *out = dash;
    return 0;
}

void sj_dash_close(struct sj_dash *dash)
{
    if (!dash) {
        return;
    }
    sj_warmer_free(dash->warmer);
    for (size_t i = 0; i < GROUNDS; i++) {
        sj_dash_ground_release(&dash->grounds[i]);
    }
    sj_dash_cache_free(dash->cache);
    (void)pthread_cond_destroy(&dash->free);
    (void)pthread_mutex_destroy(&dash->intake);
    (void)pthread_mutex_destroy(&dash->lock);
    free(dash->repo);
    free(dash);
}

// The one that was used last, if it is free: what it has read is nearest.
static size_t take_ground(struct sj_dash *dash)
{
    size_t at = GROUNDS;
    (void)pthread_mutex_lock(&dash->lock);
    while (at == GROUNDS) {
        for (at = 0; at < GROUNDS && dash->is_taken[at]; at++) {
        }
        if (at == GROUNDS) {
            (void)pthread_cond_wait(&dash->free, &dash->lock);
        }
    }
    dash->is_taken[at] = true;
    (void)pthread_mutex_unlock(&dash->lock);
    return at;
}

static void give_ground(struct sj_dash *dash, size_t at)
{
    (void)pthread_mutex_lock(&dash->lock);
    dash->is_taken[at] = false;
    (void)pthread_cond_signal(&dash->free);
    (void)pthread_mutex_unlock(&dash->lock);
}

// Nobody else takes in what compiles on this machine leave. What fails is told where it is looked
// for: on the pages, which show what is there.
static void take_in(struct sj_dash *dash)
{
    (void)pthread_mutex_lock(&dash->intake);
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    if (dash->taken_in_ns == 0 || now_ns - dash->taken_in_ns >= TAKE_IN_NS) {
        struct sj_err err = {0};
        if (sj_dash_take_in(dash->options.config, &err) < 0) {
            sj_log("cannot take records in: %s", err.text);
        }
        dash->taken_in_ns = sj_clock_ns(CLOCK_MONOTONIC);
    }
    (void)pthread_mutex_unlock(&dash->intake);
}

void sj_dash_answer(const struct sj_page_request *request, struct sj_page_answer *out, void *user)
{
    struct sj_dash *dash = user;
    if (sj_dash_answer_alone(request, out)) {
        return;
    }
    if (dash->options.is_local) {
        take_in(dash);
    }
    size_t at = take_ground(dash);
    bool is_slow = sj_dash_answer_page(&dash->grounds[at], request, out);
    if (is_slow && out->status == 200 && sj_skip_prefix(out->type, "text/html")) {
        sj_warmer_note(dash->warmer, &dash->grounds[at], request);
    }
    give_ground(dash, at);
}

void sj_dash_settle(struct sj_dash *dash)
{
    sj_warmer_settle(dash->warmer);
}
