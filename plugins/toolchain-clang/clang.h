// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * clang, called as gcc would be.
 */
#pragma once

#include <scrubjay/toolchain.h>

#include "toolchain-common/option.h"

extern const struct sj_toolchain sj_toolchain_clang;       /**< the toolchain */
extern const struct sj_cc_table sj_clang_options;          /**< what only clang knows */
extern const struct sj_cc_table sj_clang_frontend_options; /**< what may follow -Xclang */
