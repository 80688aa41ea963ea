// SPDX-License-Identifier: Apache-2.0
#include "cli/run_remote.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ui.h"
#include "wrap/agent.h"

#define READY_MS   2000 // longest that a build waits for an agent that has just begun
#define ANSWER_MAX ((size_t)64 << 10)
#define ASK_MS     1000 // an agent answers at once
#define TICK_MS    50
#define BUSY       503

static uint64_t number_of(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

int sj_agent_stat_read(const char *text, size_t len, struct sj_agent_stat *out)
{
    json_t *root = json_loadb(text, len, 0, NULL);
    const json_t *agent = json_object_get(root, "agent");
    if (!json_is_object(agent)) {
        json_decref(root);
        return -EBADMSG;
    }
    *out = (struct sj_agent_stat){
        .is_known = true,
        .is_down = json_is_true(json_object_get(agent, "is_down")),
        .queued = number_of(agent, "queued"),
        .uploaded = number_of(agent, "uploaded"),
        .uploaded_bytes = number_of(agent, "uploaded_bytes"),
        .fetched = number_of(agent, "fetched"),
        .fetched_bytes = number_of(agent, "fetched_bytes"),
        .dropped = number_of(agent, "dropped"),
    };
    const char *problem = json_string_value(json_object_get(agent, "problem"));
    (void)snprintf(out->problem, sizeof out->problem, "%s", problem ? problem : "");
    json_decref(root);
    return 0;
}

// An agent that was started anew in between counts from zero.
static void take_off(uint64_t *figure, uint64_t before)
{
    *figure -= *figure >= before ? before : 0;
}

void sj_agent_stat_since(struct sj_agent_stat *stat, const struct sj_agent_stat *before)
{
    take_off(&stat->uploaded, before->uploaded);
    take_off(&stat->uploaded_bytes, before->uploaded_bytes);
    take_off(&stat->fetched, before->fetched);
    take_off(&stat->fetched_bytes, before->fetched_bytes);
    take_off(&stat->dropped, before->dropped);
}

static void add_moved(struct sj_buf *out, uint64_t count, const char *one, const char *many,
                      uint64_t bytes)
{
    sj_ui_count(out, count);
    sj_buf_addf(out, " %s", count == 1 ? one : many);
    if (count > 0) {
        sj_buf_adds(out, " (");
        sj_ui_size(out, bytes);
        sj_buf_addc(out, ')');
    }
}

void sj_agent_stat_text(const struct sj_agent_stat *stat, struct sj_buf *out)
{
    sj_buf_adds(out, "remote    ");
    if (!stat->is_known) {
        sj_buf_adds(out, "left alone: there was no agent; 'scrubjay serve --agent' says why\n");
        return;
    }
    add_moved(out, stat->fetched, "value fetched", "values fetched", stat->fetched_bytes);
    sj_buf_adds(out, ", ");
    add_moved(out, stat->uploaded, "result uploaded", "results uploaded", stat->uploaded_bytes);
    if (stat->dropped > 0) {
        sj_buf_adds(out, ", ");
        sj_ui_count(out, stat->dropped);
        sj_buf_adds(out, " dropped");
    }
    if (stat->queued > 0) {
        sj_buf_adds(out, ", ");
        sj_ui_count(out, stat->queued);
        sj_buf_adds(out, " still to be uploaded");
    }
    if (stat->problem[0] && (stat->is_down || stat->dropped > 0)) {
        sj_buf_adds(out, stat->is_down ? "\n          left alone: " : "\n          ");
        sj_ui_text(out, stat->problem);
    }
    sj_buf_addc(out, '\n');
}

void sj_agent_stat_json(const struct sj_agent_stat *stat, struct sj_json *json)
{
    sj_json_open(json, "remote", '{');
    sj_json_bool(json, "has_agent", stat->is_known);
    sj_json_bool(json, "is_down", stat->is_down);
    sj_json_u64(json, "fetched", stat->fetched);
    sj_json_u64(json, "fetched_bytes", stat->fetched_bytes);
    sj_json_u64(json, "uploaded", stat->uploaded);
    sj_json_u64(json, "uploaded_bytes", stat->uploaded_bytes);
    sj_json_u64(json, "queued", stat->queued);
    sj_json_u64(json, "dropped", stat->dropped);
    sj_json_str(json, "problem", stat->problem[0] ? stat->problem : NULL);
    sj_json_close(json, '}');
}

bool sj_run_remote_is_on(const struct sj_config *config)
{
    return config->remote && !config->read_only && !config->disable;
}

static int ask(const struct sj_config *config, struct sj_agent_stat *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf answer = SJ_BUF_INIT(ANSWER_MAX);
    int status = sj_agent_ask(config, "GET", "/status", NULL, 0, ASK_MS, &answer);
    if (status < 0) {
        return status;
    }
    if (status != 200) {
        return status == BUSY ? -EAGAIN : -EPROTO;
    }
    return sj_agent_stat_read(sj_buf_text(&answer), answer.len, out);
}

int sj_run_remote_start(const struct sj_config *config, struct sj_agent_stat *before,
                        struct sj_err *err)
{
    int status = sj_agent_start(config, environ, err);
    if (status < 0) {
        return status;
    }
    // It listens before its store is open. What is written to the journal until then, such as the
    // note of this build's beginning, would not go up.
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + READY_MS * SJ_NS_PER_MS;
    while (ask(config, before) == -EAGAIN && sj_clock_ns(CLOCK_MONOTONIC) < until_ns) {
        const struct timespec moment = {.tv_nsec = 5 * (long)SJ_NS_PER_MS};
        (void)nanosleep(&moment, NULL);
    }
    return 0;
}

void sj_run_remote_wait(const struct sj_config *config, sj_run_remote_tick *tick, void *user,
                        struct sj_agent_stat *out)
{
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + config->upload_wait_ms * SJ_NS_PER_MS;
    for (;;) {
        int status = ask(config, out);
        bool is_waiting = status == -EAGAIN || (status == 0 && out->queued > 0 && !out->is_down);
        if (!is_waiting || sj_clock_ns(CLOCK_MONOTONIC) >= until_ns) {
            return;
        }
        if (tick) {
            tick(out->queued, user);
        }
        (void)poll(NULL, 0, TICK_MS);
    }
}
