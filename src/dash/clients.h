// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Machines that builds came from.
 */
#pragma once

#include "dash/scope.h"

/**
 * Add a table of machines, the latest heard of first.
 *
 * @param call  call
 * @param scope builds; those that are wanted count
 */
void sj_clients_add(const struct sj_dash_call *call, const struct sj_scope *scope);
