// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The build that an address names.
 */
#pragma once

#include "dash/page.h"

/**
 * Find the build of a call's subject; of several with one id the latest.
 *
 * @param call call
 * @param out  takes the build; its texts are the database's
 * @param err  says which there are
 * @return 0, -ENOENT (there is none that may be seen) or another negative errno
 */
int sj_dash_build_find(const struct sj_dash_call *call, struct sj_build *out, struct sj_err *err);
