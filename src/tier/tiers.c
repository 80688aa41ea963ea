// SPDX-License-Identifier: Apache-2.0
#include "tier/tiers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "tier/handle.h"
#include "tier/haul.h"

#define SLOTS_MAX  8
#define FLUSHED_NS SJ_NS_PER_S // nothing has gathered since

void sj_tiers_wait(struct sj_tiers *tiers, pthread_cond_t *cond, uint64_t until_ns)
{
    (void)sj_cond_wait_until(cond, &tiers->lock, until_ns);
}

bool sj_tiers_enter(struct sj_tiers *tiers)
{
    if (tiers->is_closing) {
        return false;
    }
    tiers->calls++;
    return true;
}

void sj_tiers_leave(struct sj_tiers *tiers)
{
    sj_tiers_lock(tiers);
    tiers->calls--;
    (void)pthread_cond_broadcast(&tiers->idle_cond);
    sj_tiers_unlock(tiers);
}

void sj_tiers_ended(struct sj_tiers *tiers)
{
    tiers->under_way--;
    (void)pthread_cond_broadcast(&tiers->idle_cond);
}

// What a person can do something about is said in full.
static const char *words_of(int status)
{
    switch (-status) {
    case EACCES:
        return "it refuses the token: see 'token', and what the token may do";
    case EPROTO:
        return "what answers there is no scrubjay server, or its answer was damaged";
    case ENOENT:
        return "it does not know the address: is the namespace right?";
    case ETIMEDOUT:
        return "it did not answer in time";
    case EDQUOT:
    case ENOSPC:
        return "it has no room for more";
    default:
        return strerrordesc_np(-status);
    }
}

void sj_tiers_judge(struct sj_tiers *tiers, const struct sj_slot *slot, struct sj_breaker *breaker,
                    int status, bool is_costly)
{
    if (status == -ECANCELED) {
        breaker->is_probing = false;
        return;
    }
    if (status == 0) {
        sj_breaker_succeed(breaker);
        return;
    }
    const char *words = words_of(status);
    tiers->stat.failures++;
    (void)snprintf(tiers->stat.problem, sizeof tiers->stat.problem, "%s: %s", slot->url,
                   words ? words : "it failed");
    if (sj_breaker_fail(breaker, sj_clock_ns(CLOCK_MONOTONIC), is_costly)) {
        sj_log("left alone for a while: %s", tiers->stat.problem);
    }
}

static void log_plugin(const char *text, void *user)
{
    const struct sj_slot *slot = user;
    sj_log("%s: %.400s", slot->url, text);
}

// For people: a name and password in the URL are left out.
static char *shown_url(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *at = memrchr(host, '@', strcspn(host, "/"));
    return sj_asprintf("%.*s%s", (int)(host - url), url, at ? at + 1 : host);
}

static int open_slot(struct sj_tiers *tiers, const struct sj_tiers_options *options,
                     const char *url, struct sj_err *err)
{
    struct sj_slot *slot = &tiers->slots[tiers->slot_count];
    int status = sj_plugin_load(options->plugin_dir, url, &slot->plugin, err);
    if (status < 0) {
        return status;
    }
    slot->url = shown_url(url);
    const struct sj_tier_options how = {
        .url = url,
        .token = tiers->token,
        .agent = tiers->agent,
        .connect_timeout_ms = options->config->remote_timeout_ms,
        .max_bytes = SJ_HAUL_VALUE_MAX,
        .log = log_plugin,
        .user = slot,
    };
    char problem[256] = "";
    status = slot->plugin.calls->open(&how, &slot->tier, problem, sizeof problem);
    if (status < 0) {
        (void)sj_fail_plain(err, status, "cannot use the remote '%s': %s", slot->url,
                            problem[0] ? problem : strerrordesc_np(-status));
        sj_plugin_release(&slot->plugin);
        free(slot->url);
        return status;
    }
    tiers->slot_count++;
    return 0;
}

static int open_slots(struct sj_tiers *tiers, const struct sj_tiers_options *options,
                      struct sj_err *err)
{
    static const char blanks[] = " \t\n";
    const char *at = options->config->remote ? options->config->remote : "";
    tiers->slots = sj_calloc(SLOTS_MAX, sizeof *tiers->slots);
    for (at += strspn(at, blanks); *at; at += strspn(at, blanks)) {
        size_t len = strcspn(at, blanks);
        SJ_AUTO(sj_auto_free) char *url = sj_strndup(at, len);
        if (tiers->slot_count == SLOTS_MAX) {
            return sj_fail_plain(err, -E2BIG, "'remote' names more than %d servers", SLOTS_MAX);
        }
        int status = open_slot(tiers, options, url, err);
        if (status < 0) {
            return status;
        }
        at += len;
    }
    return tiers->slot_count > 0 ? 0 : sj_fail_plain(err, -EINVAL, "'remote' names no server");
}

static int start_threads(struct sj_tiers *tiers, struct sj_err *err)
{
    int failed = pthread_create(&tiers->fetch_thread, NULL, sj_fetch_run, tiers);
    if (failed == 0) {
        tiers->thread_count++;
        failed = pthread_create(&tiers->upload_thread, NULL, sj_upload_run, tiers);
        tiers->thread_count += failed == 0;
    }
    return failed ? sj_fail(err, -failed, "cannot start a thread") : 0;
}

// Records are followed from now on; without them only what passes through the agent is known.
static void open_journal(struct sj_tiers *tiers, const struct sj_config *config)
{
    if (!config->stats || sj_journal_open(tiers->cache_dir, &tiers->journal, NULL) < 0) {
        return;
    }
    if (sj_journal_seek_end(tiers->journal) < 0) {
        sj_journal_close(tiers->journal);
        tiers->journal = NULL;
    }
}

int sj_tiers_open(const struct sj_tiers_options *options, struct sj_tiers **out, struct sj_err *err)
{
    const struct sj_config *config = options->config;
    struct sj_tiers *tiers = sj_new(struct sj_tiers);
    tiers->shared = options->shared;
    tiers->space = sj_strdup(config->namespace_name ? config->namespace_name : "");
    tiers->cache_dir = sj_strdup(config->cache_dir);
    tiers->token = config->token ? sj_strdup(config->token) : NULL;
    tiers->agent = sj_strdup(options->agent);
    tiers->timeout_ns = config->remote_timeout_ms * SJ_NS_PER_MS;
    tiers->arrived_at = &tiers->arrived;
    tiers->queue.max = SJ_QUEUE_MAX;
    (void)pthread_mutex_init(&tiers->lock, NULL);
    sj_cond_init(&tiers->fetch_cond);
    sj_cond_init(&tiers->upload_cond);
    sj_cond_init(&tiers->idle_cond);

    open_journal(tiers, config);
    int status = open_slots(tiers, options, err);
    if (status == 0) {
        status = start_threads(tiers, err);
    }
    if (status < 0) {
        sj_tiers_close(tiers);
        return status;
    }
    *out = tiers;
    return 0;
}

static void close_slots(struct sj_tiers *tiers)
{
    sj_tiers_lock(tiers);
    tiers->is_closing = true;
    while (tiers->calls > 0) {
        (void)pthread_cond_wait(&tiers->idle_cond, &tiers->lock);
    }
    sj_tiers_unlock(tiers);
    for (size_t i = 0; i < tiers->slot_count; i++) {
        tiers->slots[i].plugin.calls->close(tiers->slots[i].tier);
    }
}

static void end_threads(struct sj_tiers *tiers)
{
    sj_tiers_lock(tiers);
    // What has come back is taken in by the fetch thread, so that one ends last.
    while (tiers->under_way > 0 && tiers->thread_count == 2) {
        (void)pthread_cond_broadcast(&tiers->fetch_cond);
        (void)pthread_cond_wait(&tiers->idle_cond, &tiers->lock);
    }
    tiers->is_ending = true;
    (void)pthread_cond_broadcast(&tiers->fetch_cond);
    (void)pthread_cond_broadcast(&tiers->upload_cond);
    sj_tiers_unlock(tiers);
    if (tiers->thread_count > 0) {
        (void)pthread_join(tiers->fetch_thread, NULL);
    }
    if (tiers->thread_count > 1) {
        (void)pthread_join(tiers->upload_thread, NULL);
    }
}

void sj_tiers_close(struct sj_tiers *tiers)
{
    if (!tiers) {
        return;
    }
    close_slots(tiers);
    end_threads(tiers);
    sj_fetch_abandon(tiers);
    for (size_t i = 0; i < tiers->slot_count; i++) {
        sj_plugin_release(&tiers->slots[i].plugin);
        free(tiers->slots[i].url);
    }
    sj_journal_close(tiers->journal);
    sj_prefetch_release(&tiers->prefetch);
    sj_queue_release(&tiers->queue);
    sj_trail_release(&tiers->trail);
    (void)pthread_cond_destroy(&tiers->idle_cond);
    (void)pthread_cond_destroy(&tiers->upload_cond);
    (void)pthread_cond_destroy(&tiers->fetch_cond);
    (void)pthread_mutex_destroy(&tiers->lock);
    free(tiers->slots);
    free(tiers->agent);
    free(tiers->token);
    free(tiers->cache_dir);
    free(tiers->space);
    free(tiers);
}

void sj_tiers_push(struct sj_tiers *tiers, const struct sj_key *strong, const struct sj_key *weak)
{
    struct sj_upload upload = {.strong = *strong, .has_weak = weak != NULL};
    if (weak) {
        upload.weak = *weak;
    }
    sj_tiers_lock(tiers);
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    tiers->active_ns = now_ns;
    if (weak && !tiers->journal) {
        sj_trail_note(&tiers->trail, &(struct sj_pair){*weak, *strong}, now_ns);
    }
    if (tiers->is_closing || !sj_queue_add(&tiers->queue, &upload)) {
        tiers->stat.dropped++;
    }
    (void)pthread_cond_signal(&tiers->upload_cond);
    sj_tiers_unlock(tiers);
}

void sj_tiers_note(struct sj_tiers *tiers, const struct sj_key *weak, const struct sj_key *strong)
{
    sj_tiers_lock(tiers);
    sj_trail_note(&tiers->trail, &(struct sj_pair){*weak, *strong}, sj_clock_ns(CLOCK_MONOTONIC));
    sj_prefetch_use(&tiers->prefetch, strong);
    sj_tiers_unlock(tiers);
}

void sj_tiers_records(struct sj_tiers *tiers)
{
    sj_tiers_lock(tiers);
    tiers->wants_records = true;
    (void)pthread_cond_signal(&tiers->upload_cond);
    sj_tiers_unlock(tiers);
}

void sj_tiers_flush(struct sj_tiers *tiers)
{
    sj_tiers_lock(tiers);
    // Whoever waits for the end asks again and again.
    if (!tiers->is_closing && sj_clock_ns(CLOCK_MONOTONIC) - tiers->flushed_ns > FLUSHED_NS) {
        tiers->wants_flush = true;
        (void)pthread_cond_signal(&tiers->upload_cond);
    }
    sj_tiers_unlock(tiers);
}

void sj_tiers_stat(struct sj_tiers *tiers, struct sj_tiers_stat *out)
{
    sj_tiers_lock(tiers);
    *out = tiers->stat;
    out->queued = tiers->queue.count + tiers->uploading;
    out->queued += out->queued == 0 && tiers->wants_flush;
    out->is_down = true;
    for (size_t i = 0; i < tiers->slot_count; i++) {
        const struct sj_slot *slot = &tiers->slots[i];
        out->is_down &= sj_breaker_is_open(&slot->get) || sj_breaker_is_open(&slot->put);
    }
    sj_tiers_unlock(tiers);
}
