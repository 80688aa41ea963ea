// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The bytes of a stamp, between the one who makes it (stamp_make.c) and the one who checks it
 * (stamp.c):
 *
 *     u8 format  u8 flags  key strong  key of the variables' values  u32 variables, names
 *     texts toolchain, source, language, output  u32 outputs, paths  key of the states: of all
 *     files, and for each directory that counts which one before is the same one (u32)
 *     u32 groups, each:
 *         text directory ("" is the working directory, "/" the root)  u8 flags
 *         u64 state of the directory (0: not trusted)  u16 files  u16 absent paths  names
 *
 * A text is NUL-terminated.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/filestat.h"
#include "key/key.h"

#define SJ_STAMP_FORMAT      2u                /**< first byte */
#define SJ_STAMP_LIMIT       ((size_t)1 << 20) /**< most bytes */
#define SJ_STAMP_AUTO_COLOR  1u                /**< flag: colours follow the terminal */
#define SJ_STAMP_HAS_OUTPUTS 2u                /**< flag: the action writes files */
#define SJ_GROUP_STATE       1u                /**< flag: the directory itself counts */
#define SJ_GROUP_LISTED                                                    \
    2u /**< flag: all names in it count: when it has moved, nothing can be \
            said */

/**
 * The state of a directory in 64 bits.
 *
 * @param stat state
 * @return never 0
 */
static inline uint64_t sj_stamp_state(const struct sj_filestat *stat)
{
    unsigned char bytes[SJ_FILESTAT_SIZE];
    sj_filestat_encode(stat, bytes);
    struct sj_key key = sj_key_of(bytes, sizeof bytes);
    uint64_t state = sj_get_u64(key.bytes);
    return state ? state : 1;
}

/** Bytes that tell one directory from another: device and inode. */
#define SJ_STAMP_DIR_SIZE 16u

/**
 * Note a directory that counts.
 *
 * @param dirs takes SJ_STAMP_DIR_SIZE bytes
 * @param stat its state
 */
static inline void sj_stamp_add_dir(struct sj_buf *dirs, const struct sj_filestat *stat)
{
    sj_buf_add_u64(dirs, stat->dev);
    sj_buf_add_u64(dirs, stat->ino);
}

/**
 * Write down which directories are one by several names: compilers search such a one but once.
 *
 * @param dirs   of sj_stamp_add_dir()
 * @param states takes the number of the first equal one for each
 */
static inline void sj_stamp_add_equals(const struct sj_buf *dirs, struct sj_buf *states)
{
    for (size_t i = 0; i < dirs->len; i += SJ_STAMP_DIR_SIZE) {
        size_t first = 0;
        while (memcmp(dirs->data + first, dirs->data + i, SJ_STAMP_DIR_SIZE) != 0) {
            first += SJ_STAMP_DIR_SIZE;
        }
        sj_buf_add_u32(states, (uint32_t)(first / SJ_STAMP_DIR_SIZE));
    }
}
