// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Items: how a blob lies in a generation. The items of one batch form a bundle, which is one LMDB
 * value, and so begins behind the header of a page. docs/store.md draws the format.
 *
 * Every item carries all that the index knows about it, so the index can be made again from the
 * generations. Its checksum is salted with bytes that only the store's owner can read: a blob whose
 * bytes look like an item is never taken for one, whatever else is damaged around it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "key/key.h"

#define SJ_ITEM_HEAD_SIZE 64  /**< bytes before the namespace */
#define SJ_ITEM_NAME_MAX  255 /**< bytes of a namespace's name */
#define SJ_ITEM_ALIGN     8   /**< items start at multiples */
/** Most bytes before the data. */
#define SJ_ITEM_PREFIX_MAX (SJ_ITEM_HEAD_SIZE + SJ_ITEM_NAME_MAX)
#define SJ_ITEM_DATA_MAX   (UINT32_C(1) << 31) /**< most bytes of a blob */
#define SJ_SALT_SIZE       16                  /**< bytes of a store's salt */

/** What an item holds; all but links are enum sj_blob. */
enum sj_item_kind {
    SJ_ITEM_OBJECT = 1, /**< SJ_BLOB_OBJECT */
    SJ_ITEM_RESULT,     /**< SJ_BLOB_RESULT */
    SJ_ITEM_PATHSET,    /**< SJ_BLOB_PATHSET */
    SJ_ITEM_LINK,       /**< from a weak key, its key, to a path set, whose key is the data */
    SJ_ITEM_ENTRY,      /**< SJ_BLOB_ENTRY */
};

/** How an item's data is stored. */
enum sj_item_codec {
    SJ_ITEM_RAW = 0, /**< as it is */
    SJ_ITEM_ZSTD,    /**< one zstd frame */
};

/** The fields of an item. */
struct sj_item {
    enum sj_item_kind kind;      /**< what it holds */
    enum sj_item_codec codec;    /**< how */
    uint32_t raw_len;            /**< bytes of the data when decompressed */
    uint32_t stored_len;         /**< bytes of the data as stored */
    uint32_t rest_len;           /**< bytes of the bundle behind this item and its padding */
    uint32_t order;              /**< which bundle of its generation it was written with */
    struct sj_key key;           /**< its key */
    struct sj_key hash;          /**< XXH3-128 of the decompressed data */
    size_t name_len;             /**< bytes of the namespace's name */
    char name[SJ_ITEM_NAME_MAX]; /**< the namespace's name, not terminated */
};

/** Bytes before an item's data. @param item item @return how many */
static inline size_t sj_item_prefix_len(const struct sj_item *item)
{
    return SJ_ITEM_HEAD_SIZE + item->name_len;
}

/** Bytes of an item with its data, without padding. @param item item @return how many */
static inline uint64_t sj_item_len(const struct sj_item *item)
{
    return sj_item_prefix_len(item) + (uint64_t)item->stored_len;
}

/** Bytes of padding behind an item. @param len its length @return 0 to SJ_ITEM_ALIGN - 1 */
static inline size_t sj_item_padding(uint64_t len)
{
    return (size_t)(-len & (SJ_ITEM_ALIGN - 1));
}

/**
 * Whether two lengths can belong to one item.
 *
 * @param raw_len    bytes, decompressed
 * @param stored_len bytes as stored; less than raw_len when compressed
 * @return true when they can: a bound before memory is asked for
 */
bool sj_item_is_length_sane(uint32_t raw_len, uint32_t stored_len);

/**
 * Write what stands before an item's data.
 *
 * @param item fields
 * @param salt the store's
 * @param out  room for sj_item_prefix_len() bytes
 */
void sj_item_encode(const struct sj_item *item, const unsigned char salt[SJ_SALT_SIZE],
                    unsigned char *out);

/**
 * Read what stands before an item's data, strictly: every field is in its range and agrees with the
 * others.
 *
 * @param data bytes from the start of an item
 * @param len  how many there are; SJ_ITEM_PREFIX_MAX always suffice
 * @param salt the store's
 * @param out  takes the fields; undefined on failure
 * @return 0 or -EBADMSG
 */
int sj_item_decode(const void *data, size_t len, const unsigned char salt[SJ_SALT_SIZE],
                   struct sj_item *out);
