// SPDX-License-Identifier: Apache-2.0
#include "wrap/remote.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "wrap/agent.h"
#include "wrap/notice.h"

#define SLACK_MS  250 // what an answer may take longer than the remotes themselves
#define SPACE_MAX 64  // bytes of a namespace's name

#define STATUS_NOTHING 404
#define STATUS_BUSY    503
#define STATUS_LATE    504
#define BUSY_MS        5 // until an agent that is busy is asked again

void sj_remote_name(struct sj_remote_names *names, enum sj_frame_kind kind,
                    const struct sj_key *key)
{
    if (names->bytes.limit_bytes == 0) {
        names->bytes = SJ_BUF_INIT((size_t)SJ_FRAME_COUNT_MAX * SJ_NAME_SIZE);
    }
    sj_name_add(&names->bytes, kind, key);
}

void sj_remote_names_clear(struct sj_remote_names *names)
{
    sj_buf_clear(&names->bytes);
}

void sj_remote_names_release(struct sj_remote_names *names)
{
    sj_buf_release(&names->bytes);
}

// The namespace as it stands in a URL, or NULL: [a-z0-9][a-z0-9._-]{0,63}.
static const char *space_of(const struct sj_config *config)
{
    const char *name = config->namespace_name;
    if (!name || !*name) {
        return "default";
    }
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return len <= SPACE_MAX && name[len] == '\0' && !strchr("._-", name[0]) ? name : NULL;
}

// Whether the agent may be asked for anything. Without the setting `remote` it costs nothing.
static bool may_ask(const struct sj_call *call)
{
    const struct sj_config *config = &call->config;
    if (!config->remote || config->read_only) {
        return false;
    }
    if (!space_of(config)) {
        sj_notice(call, "remote",
                  "nothing is shared: the name of the namespace must be made of small letters, "
                  "digits, '.', '_' and '-'");
        return false;
    }
    return !sj_agent_is_down(config);
}

bool sj_remote_is_on(const struct sj_call *call)
{
    return !call->config.recache && may_ask(call);
}

static void give_up(struct sj_call *call, const char *text, bool is_costly)
{
    sj_log("%s", text);
    sj_agent_set_down(&call->config, is_costly);
    sj_notice(call, "remote", text);
}

// One request. An agent that is just coming up is busy for some milliseconds, until its store is
// open.
static int ask_agent(const struct sj_config *config, const char *target, const struct sj_buf *body)
{
    const void *data = body ? body->data : NULL;
    size_t len = body ? body->len : 0;
    uint64_t wait_ms = config->remote_timeout_ms + SLACK_MS;
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + wait_ms * SJ_NS_PER_MS;
    for (;;) {
        int status = sj_agent_ask(config, "POST", target, data, len, wait_ms, NULL);
        if (status != STATUS_BUSY || sj_clock_ns(CLOCK_MONOTONIC) >= until_ns) {
            return status;
        }
        (void)poll(NULL, 0, BUSY_MS);
    }
}

// Whether there is no agent: also where one that was idle has just ended.
static bool is_gone(int status)
{
    return status == -ENOENT || status == -ECONNREFUSED || status == -ECONNRESET ||
           status == -EPIPE;
}

// The same; an agent is started when there is none. Gives the HTTP status or a negative errno.
static int ask(struct sj_call *call, const char *target, const struct sj_buf *body)
{
    const struct sj_config *config = &call->config;
    int status = ask_agent(config, target, body);
    if (!is_gone(status)) {
        return status;
    }
    struct sj_err err = {0};
    status = sj_agent_start(config, call->env, &err);
    if (status < 0) {
        if (status != -EHOSTDOWN) {
            give_up(call, err.text, false); // what it cost is noted already
        }
        return status;
    }
    return ask_agent(config, target, body);
}

// What an answer means, and what the next compiles should know of it. The agent refuses at once
// where it leaves the remotes alone itself: that costs nothing.
static int judge(struct sj_call *call, int status, uint64_t start_ns)
{
    uint64_t took_ms = (sj_clock_ns(CLOCK_MONOTONIC) - start_ns) / SJ_NS_PER_MS;
    bool is_costly = took_ms >= call->config.remote_timeout_ms / 2;
    if ((status >= 200 && status < 300) || status == STATUS_NOTHING) {
        sj_agent_set_up(&call->config);
        return status == STATUS_NOTHING ? SJ_REMOTE_NONE : 0;
    }
    if (status == STATUS_LATE) {
        give_up(call, "the remote does not answer: compiles go on without it for a while",
                is_costly);
    } else if (status == -ETIMEDOUT) {
        give_up(call, "the agent does not answer: compiles go on without it for a while", true);
    } else if (!sj_agent_is_down(&call->config)) {
        sj_log("the agent: %s", status < 0 ? strerrordesc_np(-status) : "an odd status");
        sj_agent_set_down(&call->config, is_costly);
    }
    return status < 0 ? status : -EIO;
}

int sj_remote_fetch(struct sj_call *call, const struct sj_remote_names *names)
{
    // While we wait, writers must not be held up, and what comes must be seen.
    sj_store_release(call->store);
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    char *target = sj_asprintf("/v1/%s/fetch", space_of(&call->config));
    int status = ask(call, target, &names->bytes);
    free(target);
    sj_log("remote: %d for %zu names", status, names->bytes.len / SJ_NAME_SIZE);
    return judge(call, status, start_ns);
}

void sj_remote_push(struct sj_call *call)
{
    if (!may_ask(call)) {
        return;
    }
    char strong[SJ_KEY_HEX_SIZE];
    char weak[SJ_KEY_HEX_SIZE];
    sj_key_hex(&call->record.strong, strong);
    sj_key_hex(&call->record.weak, weak);
    char *target = sj_asprintf("/v1/%s/push/%s?weak=%s", space_of(&call->config), strong, weak);
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    (void)judge(call, ask(call, target, NULL), start_ns);
    free(target);
}
