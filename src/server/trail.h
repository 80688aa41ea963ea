// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How a trail is kept: as an entry of its own.
 */
#pragma once

#include <string.h>

#include "key/key.h"

/** Room for the text of a trail's entry. */
#define SJ_TRAIL_TEXT_SIZE (sizeof "trail/" + SJ_KEY_HEX_SIZE)

/** Text of a trail's entry. @param weak weak key @param out takes it, NUL-terminated */
static inline void sj_trail_text(const struct sj_key *weak, char out[SJ_TRAIL_TEXT_SIZE])
{
    memcpy(out, "trail/", sizeof "trail/");
    sj_key_hex(weak, out + sizeof "trail/" - 1);
}
