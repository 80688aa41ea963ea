// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The way to the user's agent, which talks to the remotes: requests on its socket, starting it, and
 * leaving it alone for a while when that did not work.
 *
 * An agent is `scrubjay serve --agent`; docs/agent.md tells more. Its settings are those of whoever
 * started it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/config.h"

/**
 * Make one request, and wait for its answer.
 *
 * @param config     settings: they lead to the socket
 * @param method     such as "POST"
 * @param target     path and query
 * @param body       bytes to send; NULL: none
 * @param len        how many
 * @param timeout_ms longest that it may take
 * @param answer     the answer's body is appended; NULL: nobody reads it
 * @return HTTP status (100 to 599), or a negative errno: -ENOENT or -ECONNREFUSED (nobody listens),
 *         -ECONNRESET (who listened has gone), -ETIMEDOUT, -EPROTO (what answered makes no sense) …
 */
int sj_agent_ask(const struct sj_config *config, const char *method, const char *target,
                 const void *body, size_t len, uint64_t timeout_ms, struct sj_buf *answer);

/**
 * See that an agent listens; start one when none does. Of many that call this at one time, one
 * starts it and all wait.
 *
 * @param config settings, which the agent is given
 * @param env    environment, which it is given, too; NULL-terminated
 * @param err    says what is wrong, and what to look at
 * @return 0 or a negative errno
 */
int sj_agent_start(const struct sj_config *config, char *const *env, struct sj_err *err);

/** Whether the remotes are to be left alone for now. @param config settings @return true when they
 * are */
bool sj_agent_is_down(const struct sj_config *config);

/**
 * Leave the remotes alone: for ten seconds, and for longer each time that somebody has waited in
 * vain again.
 *
 * @param config    settings
 * @param is_costly somebody has waited
 */
void sj_agent_set_down(const struct sj_config *config, bool is_costly);

/** They answer: forget that they did not. Costs one system call. @param config settings */
void sj_agent_set_up(const struct sj_config *config);
