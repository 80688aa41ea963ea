// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Options that a driver hands to one of its tools: -Wp, -Wa, -Xpreprocessor, -Xassembler, -Xclang,
 * -mllvm. Only those that are listed are known; each tool has a table of its own.
 */
#pragma once

#include "toolchain-common/parser.h"

extern const struct sj_cc_table sj_cc_preprocessor_options; /**< of -Wp, */
extern const struct sj_cc_table sj_cc_assembler_options;    /**< of -Wa, */
extern const struct sj_cc_table sj_cc_backend_options;      /**< of -mllvm */

/**
 * Apply the comma-separated options of one argument.
 *
 * @param parser state
 * @param table  the tool's options
 * @param tool   how the driver names the tool, such as "-Wp,"; put into the key
 * @param arg    whole argument, to blame
 * @param value  its options
 *
 * Reentrant.
 */
void sj_cc_take_list(struct sj_cc_parser *parser, const struct sj_cc_table *table, const char *tool,
                     const char *arg, const char *value);

/**
 * Apply the argument of one -Xclang; an option's own argument comes with the next one.
 *
 * @param parser state
 * @param value  argument of -Xclang
 *
 * Reentrant.
 */
void sj_cc_take_frontend(struct sj_cc_parser *parser, const char *value);
