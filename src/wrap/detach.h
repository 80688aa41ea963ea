// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Starting the agent, apart from the build that needed it: it must not hold the build's pipes open,
 * keep its directory busy, or end with it.
 * Source: daemon(7), "SysV Daemons".
 */
#pragma once

#include "config/config.h"

/**
 * Start `scrubjay serve --agent` in a session of its own.
 *
 * @param config  settings, handed over in its environment
 * @param env     environment that goes with them
 * @param life_fd takes a descriptor that reads as ended when the agent has; the caller closes it
 * @return 0 or a negative errno
 */
int sj_spawn_agent(const struct sj_config *config, char *const *env, int *life_fd);
