// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Unpacking what came compressed, within bounds that are checked before memory is asked for.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

/**
 * Unpack one zstd frame of a known length.
 *
 * @param data    the frame, untrusted
 * @param len     its bytes; at most 4 GiB
 * @param raw_len bytes that it must give
 * @param out     they are appended; untouched on failure
 * @return 0, -EBADMSG (it is no such frame, or claims to expand more than any can) or -EFBIG
 *
 * The caller counts raw_len against what uploads may take before.
 */
int sj_inflate(const void *data, size_t len, uint64_t raw_len, struct sj_buf *out);
