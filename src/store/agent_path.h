// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Where a user's agent listens. One agent serves one set of remotes, token and namespace, so that
 * builds with other settings never get each other's.
 */
#pragma once

#include "config/config.h"

/**
 * Path of a file of the agent that these settings call for.
 *
 * @param config settings
 * @param suffix "sock": the socket; "lock": held while the agent is being started; "down": there
 *               while the remotes are left alone
 * @return CACHE_DIR/agent-XXXXXXXX.SUFFIX, which the caller frees; never NULL
 */
char *sj_agent_path(const struct sj_config *config, const char *suffix);

/** Path of the agent's socket. @param config settings @return as sj_agent_path() with "sock" */
char *sj_agent_socket_path(const struct sj_config *config);
