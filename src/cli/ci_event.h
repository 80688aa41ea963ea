// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What GitHub Actions tells of a pull request beyond the environment.
 * Source: GitHub, "Webhook events and payloads", pull_request; GITHUB_EVENT_PATH.
 */
#pragma once

#include "cli/ci_env.h"

#define SJ_CI_EVENT_MAX (8u << 20) /**< a longer document is not read */

/**
 * Take what is not known yet from the document that GITHUB_EVENT_PATH names: number, tip and base
 * of the pull request. A depth-1 clone, which is what jobs usually have, does not know the latter.
 *
 * @param ci job; unchanged when there is no such document, or it is not right
 */
void sj_ci_event_read(struct sj_ci *ci);
