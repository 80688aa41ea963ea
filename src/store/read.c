// SPDX-License-Identifier: Apache-2.0
#include "store/read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/handle.h"

// Bytes that pass at a time when an object is copied uncompressed.
#define COPY_SIZE 65536

// Note a blob that the index has and the generation has not.
static int note_damage(struct sj_store *store, const struct sj_seen *seen)
{
    sj_seen_add(&store->damaged, seen);
    return SJ_STORE_MISS;
}

static void note_age(struct sj_store *store, const struct sj_seen *seen)
{
    if (!store->is_read_only && sj_state_is_aging(&store->index.state, seen->place.generation)) {
        sj_seen_add(&store->aging, seen);
    }
}

int sj_store_find(struct sj_store *store, enum sj_blob kind, const struct sj_key *key,
                  struct sj_seen *out)
{
    int status = sj_store_enter(store);
    if (status != 0) {
        return status;
    }
    struct sj_index *index = &store->index;
    struct sj_index_key name = sj_index_key_of(store->namespace_number, key);
    *out = (struct sj_seen){.kind = kind, .key = *key, .space = store->namespace_number};
    status = sj_index_get_place(index, index->read, sj_table_of(kind), &name, &out->place);
    return sj_store_judge(store, status);
}

int sj_read_parts(int fd, struct iovec parts[2], uint64_t offset)
{
    size_t want = parts[0].iov_len + parts[1].iov_len;
    ssize_t got = preadv(fd, parts, 2, (off_t)offset);
    if (got < 0) {
        return -errno;
    }
    size_t done = (size_t)got;
    while (done < want) {
        // Large reads are cut short (at 2 GiB less a page); the first part never is.
        if (done < parts[0].iov_len) {
            return -EBADMSG;
        }
        size_t at = done - parts[0].iov_len;
        got = pread(fd, (char *)parts[1].iov_base + at, want - done, (off_t)(offset + done));
        if (got <= 0) {
            return got < 0 ? -errno : -EBADMSG;
        }
        done += (size_t)got;
    }
    return 0;
}

// Whether an item is the one that was looked for, where it was looked for.
static bool is_same(const struct sj_store *store, const struct sj_seen *seen,
                    const struct sj_item *item)
{
    return (int)item->kind == (int)seen->kind && sj_key_eq(&item->key, &seen->key) &&
           sj_item_len(item) == seen->place.len && item->raw_len == seen->place.raw_len &&
           item->name_len == store->name_len &&
           memcmp(item->name, store->name, store->name_len) == 0;
}

int sj_item_read(struct sj_store *store, const struct sj_seen *seen, size_t len, void *data,
                 struct sj_item *out)
{
    int fd = sj_store_file(store, seen->place.generation);
    if (fd < 0) {
        return fd == -ENOENT ? -EBADMSG : fd;
    }
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    size_t prefix_len = SJ_ITEM_HEAD_SIZE + store->name_len;
    struct iovec parts[2] = {{prefix, prefix_len}, {data, len}};
    int status = sj_read_parts(fd, parts, seen->place.offset);
    status = status < 0 ? status : sj_item_decode(prefix, prefix_len, store->index.state.salt, out);
    if (status < 0) {
        return status;
    }
    return is_same(store, seen, out) ? 0 : -EBADMSG;
}

// Bytes of a place's data as stored, or -EBADMSG where its lengths cannot be.
static int64_t stored_len(const struct sj_store *store, const struct sj_place *place)
{
    size_t prefix_len = SJ_ITEM_HEAD_SIZE + store->name_len;
    if (place->len < prefix_len) {
        return -EBADMSG;
    }
    uint32_t len = place->len - (uint32_t)prefix_len;
    return sj_item_is_length_sane(place->raw_len, len) ? (int64_t)len : -EBADMSG;
}

// Read a blob's data into a buffer's room, decompressed and checked.
static int load(struct sj_store *store, const struct sj_seen *seen, struct sj_buf *out)
{
    int64_t stored = stored_len(store, &seen->place);
    if (stored < 0) {
        return (int)stored;
    }
    size_t len = (size_t)stored;
    size_t raw_len = seen->place.raw_len;
    char *data = sj_buf_reserve(out, raw_len);
    if (!data) {
        return -EFBIG;
    }
    struct sj_item item;
    int status = 0;
    if (len == raw_len) {
        status = sj_item_read(store, seen, len, data, &item);
    } else {
        sj_buf_clear(&store->scratch);
        char *frame = sj_buf_reserve(&store->scratch, len);
        status = frame ? sj_item_read(store, seen, len, frame, &item) : -EFBIG;
        status =
            status < 0 ? status : sj_codec_decompress(&store->codec, frame, len, data, raw_len);
    }
    if (status < 0) {
        return status;
    }
    struct sj_key hash = sj_key_of(data, raw_len);
    if (!sj_key_eq(&hash, &item.hash)) {
        return -EBADMSG;
    }
    out->len += raw_len;
    data[raw_len] = '\0';
    return 0;
}

int sj_store_blob_read(struct sj_store *store, enum sj_blob kind, const struct sj_key *key,
                       struct sj_buf *out)
{
    struct sj_seen seen;
    int status = sj_store_find(store, kind, key, &seen);
    if (status != 0) {
        return status;
    }
    status = load(store, &seen, out);
    if (status == -EBADMSG) {
        return note_damage(store, &seen);
    }
    if (status == 0) {
        note_age(store, &seen);
    }
    return status;
}

// Copy data that is stored as it is, a part at a time, and check it while it passes.
static int copy_raw(struct sj_store *store, const struct sj_seen *seen, size_t len, int fd)
{
    sj_buf_clear(&store->scratch);
    char *part = sj_buf_reserve(&store->scratch, COPY_SIZE);
    size_t now = len < COPY_SIZE ? len : COPY_SIZE;
    struct sj_item item;
    int status = sj_item_read(store, seen, now, part, &item);
    if (status < 0) {
        return status;
    }
    if (now == len) {
        struct sj_key hash = sj_key_of(part, len);
        return sj_key_eq(&hash, &item.hash) ? sj_fd_write(fd, part, len) : -EBADMSG;
    }
    struct sj_hasher *hasher = sj_hasher_new();
    int from = sj_store_file(store, seen->place.generation);
    uint64_t offset = seen->place.offset + sj_item_prefix_len(&item);
    for (size_t done = 0; status == 0;) {
        sj_hasher_add(hasher, part, now);
        status = sj_fd_write(fd, part, now);
        done += now;
        if (status < 0 || done == len) {
            break;
        }
        now = len - done < COPY_SIZE ? len - done : COPY_SIZE;
        ssize_t got = pread(from, part, now, (off_t)(offset + done));
        status = got == (ssize_t)now ? 0 : got < 0 ? -errno : -EBADMSG;
    }
    struct sj_key hash = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return status < 0 || sj_key_eq(&hash, &item.hash) ? status : -EBADMSG;
}

static int copy(struct sj_store *store, const struct sj_seen *seen, int fd)
{
    int64_t len = stored_len(store, &seen->place);
    if (len < 0) {
        return (int)len;
    }
    if ((size_t)len == seen->place.raw_len) {
        return copy_raw(store, seen, (size_t)len, fd);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf raw = SJ_BUF_INIT((size_t)SJ_ITEM_DATA_MAX + 1);
    int status = load(store, seen, &raw);
    return status < 0 ? status : sj_fd_write(fd, raw.data, raw.len);
}

int sj_store_object_copy(struct sj_store *store, const struct sj_key *key, int fd)
{
    struct sj_seen seen;
    int status = sj_store_find(store, SJ_BLOB_OBJECT, key, &seen);
    if (status != 0) {
        return status;
    }
    status = copy(store, &seen, fd);
    if (status == -EBADMSG) {
        return note_damage(store, &seen);
    }
    if (status == 0) {
        note_age(store, &seen);
    }
    return status;
}

bool sj_store_blob_exists(struct sj_store *store, enum sj_blob kind, const struct sj_key *key)
{
    struct sj_seen seen;
    if (sj_store_find(store, kind, key, &seen) != 0) {
        return false;
    }
    return sj_store_file(store, seen.place.generation) >= 0;
}

int sj_store_stamp_find(struct sj_store *store, const struct sj_key *action, struct sj_str *out)
{
    int status = sj_store_enter(store);
    if (status != 0) {
        return status;
    }
    struct sj_index *index = &store->index;
    struct sj_index_key name = sj_index_key_of(store->namespace_number, action);
    MDB_val value;
    status = sj_index_get(index, index->read, SJ_TABLE_STAMP, &name, &value);
    if (status != 0) {
        return sj_store_judge(store, status);
    }
    const unsigned char *at = value.mv_data;
    size_t len = value.mv_size;
    if (len < SJ_STAMP_HEAD_SIZE ||
        sj_get_u64(at + SJ_STAMP_CHECK_AT) != sj_stamp_checksum(at, len) ||
        memcmp(at + SJ_STAMP_ACTION_AT, action->bytes, SJ_KEY_SIZE) != 0) {
        // Damaged: the next hit by the longer way writes it anew.
        return SJ_STORE_MISS;
    }
    *out = (struct sj_str){(const char *)at + SJ_STAMP_HEAD_SIZE, len - SJ_STAMP_HEAD_SIZE};
    return 0;
}

int sj_store_pathsets_find(struct sj_store *store, const struct sj_key *weak, struct sj_key *out,
                           int max)
{
    int status = sj_store_enter(store);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    struct sj_index *index = &store->index;
    int count = sj_index_get_links(index, index->read, store->namespace_number, weak, out, max);
    if (count >= 0) {
        return count;
    }
    status = sj_store_judge(store, count);
    return status < 0 ? status : 0;
}

int sj_store_file_find(struct sj_store *store, const char *path, const struct sj_filestat *stat,
                       struct sj_key *out)
{
    int status = sj_store_enter(store);
    if (status != 0) {
        return status;
    }
    struct sj_index *index = &store->index;
    struct sj_key key = sj_key_of(path, strlen(path));
    struct sj_index_key name = sj_index_key_of(store->namespace_number, &key);
    MDB_val value;
    status = sj_index_get(index, index->read, SJ_TABLE_FILE, &name, &value);
    if (status == 0 && value.mv_size != SJ_FILE_ENTRY_SIZE) {
        status = -EBADMSG;
    }
    if (status != 0) {
        return sj_store_judge(store, status);
    }
    unsigned char state[SJ_FILESTAT_SIZE];
    sj_filestat_encode(stat, state);
    const unsigned char *at = value.mv_data;
    if (memcmp(at + 4, state, sizeof state) != 0) {
        return SJ_STORE_MISS;
    }
    memcpy(out->bytes, at + 4 + SJ_FILESTAT_SIZE, SJ_KEY_SIZE);
    return 0;
}
