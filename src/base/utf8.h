// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * UTF-8. Source: The Unicode Standard, table 3-7 (well-formed UTF-8).
 */
#pragma once

#include <stddef.h>

/**
 * How long the first character of some text is.
 *
 * @param data bytes, not necessarily UTF-8
 * @param len  how many, at least 1
 * @return bytes of the well-formed sequence that they begin with; 0: they begin with none
 */
size_t sj_utf8_len(const void *data, size_t len);
