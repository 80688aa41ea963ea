// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Fixed-width little-endian integers on disk and wire. No struct is ever cast onto bytes.
 */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

/** Write 16 bits. @param at 2 bytes @param value the number */
static inline void sj_put_u16(void *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof value);
}

/** Write 32 bits. @param at 4 bytes @param value the number */
static inline void sj_put_u32(void *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

/** Write 64 bits. @param at 8 bytes @param value the number */
static inline void sj_put_u64(void *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
}

/** Read 16 bits. @param at 2 bytes @return the number */
static inline uint16_t sj_get_u16(const void *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return le16toh(value);
}

/** Read 32 bits. @param at 4 bytes @return the number */
static inline uint32_t sj_get_u32(const void *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

/** Read 64 bits. @param at 8 bytes @return the number */
static inline uint64_t sj_get_u64(const void *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}
