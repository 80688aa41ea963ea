// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What ninja leaves in its build folder.
 */
#pragma once

#include <scrubjay/import.h>

extern const struct sj_import_format ninja_log_format;  /**< .ninja_log */
extern const struct sj_import_format ninja_deps_format; /**< .ninja_deps */
