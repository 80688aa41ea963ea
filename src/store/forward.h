// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The second chance in a shared store: what is read from the oldest generations is copied into the
 * newest, in the background.
 */
#pragma once

#include "store/shared_handle.h"

/**
 * Copy forward what was noted, as much as is reasonable at a time; the rest is noted again when it
 * is read again.
 *
 * @param shared store; called by its writer thread
 */
void sj_forward_run(struct sj_shared *shared);
