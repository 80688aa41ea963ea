// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * gcc and its cross compilers.
 */
#pragma once

#include <scrubjay/toolchain.h>

#include "toolchain-common/option.h"

extern const struct sj_toolchain sj_toolchain_gcc; /**< the toolchain */
extern const struct sj_cc_table sj_gcc_options;    /**< what only gcc knows */
