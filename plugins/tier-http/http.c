// SPDX-License-Identifier: Apache-2.0
// The tier plugin for other scrubjay servers: the calls of the interface, each as a chain of
// requests for the transfer thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/tier.h>

#include "tier-http/frames.h"
#include "tier-http/job.h"
#include "tier-http/wire.h"

#define NAMES_MAX  1024               /**< names in one request */
#define UPLOAD_MAX ((size_t)16 << 20) /**< bytes of one upload, unless one value is larger */

struct sj_tier {
    struct wire *wire; /**< the transfer thread */
};

static int tier_open(const struct sj_tier_options *options, struct sj_tier **out, char *problem,
                     size_t len)
{
    struct sj_tier *tier = calloc(1, sizeof *tier);
    if (!tier) {
        return -ENOMEM;
    }
    int status = wire_open(options, &tier->wire, problem, len);
    if (status < 0) {
        free(tier);
        return status;
    }
    *out = tier;
    return 0;
}

static void tier_close(struct sj_tier *tier)
{
    if (tier) {
        wire_close(tier->wire);
        free(tier);
    }
}

// Hand a job to the thread; one that could not be made whole ends at once.
static void submit(struct sj_tier *tier, struct job *job, int status)
{
    if (status < 0) {
        job_end(job, status);
    } else {
        wire_submit(tier->wire, job);
    }
}

static void tier_get(struct sj_tier *tier, const struct sj_tier_name *names, size_t count,
                     uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user)
{
    struct job *job = job_new(timeout_ms, found, done, user);
    if (!job) {
        done(-ENOMEM, user);
        return;
    }
    int status = 0;
    for (size_t at = 0; status == 0 && at < count; at += NAMES_MAX) {
        size_t part = count - at < NAMES_MAX ? count - at : NAMES_MAX;
        unsigned char *body = job_add(job, STEP_BATCH, part * FRAME_NAME_SIZE);
        status = body ? 0 : -ENOMEM;
        for (size_t i = 0; body && i < part; i++) {
            frame_write_name(&names[at + i], body + i * FRAME_NAME_SIZE);
        }
    }
    submit(tier, job, status);
}

// As many of the values from `at` on as go into one request: records by themselves.
static size_t part_of(const struct sj_tier_value *values, size_t at, size_t count, size_t *bytes)
{
    bool is_record = values[at].name.kind == SJ_TIER_RECORD;
    size_t end = at;
    *bytes = 0;
    while (end < count && (values[end].name.kind == SJ_TIER_RECORD) == is_record) {
        size_t more = is_record ? values[end].len : frame_size(&values[end]);
        if (end > at && more > UPLOAD_MAX - (*bytes < UPLOAD_MAX ? *bytes : UPLOAD_MAX)) {
            break;
        }
        *bytes += more;
        end++;
    }
    return end;
}

static void tier_put(struct sj_tier *tier, const struct sj_tier_value *values, size_t count,
                     uint64_t timeout_ms, sj_tier_done *done, void *user)
{
    struct job *job = job_new(timeout_ms, NULL, done, user);
    if (!job) {
        done(-ENOMEM, user);
        return;
    }
    int status = 0;
    for (size_t at = 0; status == 0 && at < count;) {
        size_t bytes;
        size_t end = part_of(values, at, count, &bytes);
        bool is_record = values[at].name.kind == SJ_TIER_RECORD;
        unsigned char *body = job_add(job, is_record ? STEP_RECORD : STEP_UPLOAD, bytes);
        status = body ? 0 : -ENOMEM;
        for (; body && at < end; at++) {
            if (is_record) {
                memcpy(body, values[at].data, values[at].len);
                body += values[at].len;
            } else {
                frame_write(&values[at], body);
                body += frame_size(&values[at]);
            }
        }
    }
    submit(tier, job, status);
}

static void tier_exists(struct sj_tier *tier, const struct sj_tier_name *names, size_t count,
                        uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user)
{
    struct job *job = job_new(timeout_ms, found, done, user);
    if (!job) {
        done(-ENOMEM, user);
        return;
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (names[i].kind != SJ_TIER_RECORD) {
            status = job_add_head(job, &names[i]);
        }
    }
    submit(tier, job, status);
}

static const char *const schemes[] = {"http", "https", NULL};

__attribute__((visibility("default"))) extern const struct sj_tier_plugin sj_tier_plugin;

const struct sj_tier_plugin sj_tier_plugin = {
    .abi = SJ_TIER_ABI,
    .name = "http",
    .schemes = schemes,
    .open = tier_open,
    .close = tier_close,
    .get = tier_get,
    .put = tier_put,
    .exists = tier_exists,
};
