// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Numbers, sizes, times and truth values from text: the whole text or nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/**
 * A decimal number.
 *
 * @param text NUL-terminated digits, nothing else
 * @param max  largest value allowed
 * @param out  takes the number; untouched on failure
 * @return 0, -EINVAL (not a number) or -ERANGE (over max)
 */
int sj_parse_u64(const char *text, uint64_t max, uint64_t *out);

/**
 * A size in bytes: digits with an optional decimal part and k, M, G or T (powers of 1,000) or
 * Ki, Mi, Gi or Ti (powers of 1,024), and an optional B, as in "5G", "1.5GiB", "500 MB".
 *
 * @param text NUL-terminated
 * @param out  takes the bytes; untouched on failure
 * @return 0, -EINVAL or -ERANGE
 */
int sj_parse_size(const char *text, uint64_t *out);

/**
 * A truth value: true, yes, on, 1; false, no, off, 0.
 *
 * @param text NUL-terminated
 * @param out  takes the value; untouched on failure
 * @return 0 or -EINVAL
 */
int sj_parse_bool(const char *text, bool *out);

/**
 * A share: "0.01", "1%", "0", "1".
 *
 * @param text NUL-terminated
 * @param out  takes the share, 0 to 1; untouched on failure
 * @return 0, -EINVAL or -ERANGE
 */
int sj_parse_share(const char *text, double *out);

/**
 * A time span: digits and ms, s, m, h or d, as in "90s"; digits alone are seconds.
 *
 * @param text NUL-terminated
 * @param out  takes milliseconds; untouched on failure
 * @return 0, -EINVAL or -ERANGE
 */
int sj_parse_span_ms(const char *text, uint64_t *out);
