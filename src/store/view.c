// SPDX-License-Identifier: Apache-2.0
#include "store/view.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store/read.h"

// What is only hashed is read so many bytes at a time.
#define PART_SIZE ((size_t)256 << 10)

// A desk keeps no more memory than this.
#define DESK_KEEPS ((size_t)4 << 20)

struct sj_desk *sj_desk_take(struct sj_shared *shared)
{
    unsigned first = (unsigned)sched_getcpu() % SJ_DESKS_MAX;
    for (unsigned i = 0; i < SJ_DESKS_MAX; i++) {
        struct sj_desk *desk = &shared->desks[(first + i) % SJ_DESKS_MAX];
        if (pthread_mutex_trylock(&desk->lock) == 0) {
            return desk;
        }
    }
    (void)pthread_mutex_lock(&shared->desks[first].lock);
    return &shared->desks[first];
}

static void tidy(struct sj_buf *buf)
{
    sj_buf_clear(buf);
    if (buf->size > DESK_KEEPS) {
        sj_buf_release(buf);
    }
}

void sj_desk_leave(struct sj_desk *desk)
{
    tidy(&desk->stored);
    tidy(&desk->raw);
    (void)pthread_mutex_unlock(&desk->lock);
}

int sj_shared_judge(struct sj_shared *shared, int status)
{
    if (status != -EBADMSG && status != -EAGAIN && status != -EINVAL) {
        return status;
    }
    // No seat is free for it, or it makes no sense: the writer opens it anew, or makes it again.
    struct sj_queue *queue = &shared->queue;
    (void)pthread_mutex_lock(&queue->lock);
    queue->is_index_bad = queue->is_index_bad || status == -EBADMSG;
    (void)pthread_cond_signal(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
    return SJ_STORE_MISS;
}

static int find_in(struct sj_shared *shared, struct sj_seat *seat, struct sj_str space,
                   struct sj_place *place, struct sj_view *out)
{
    int status = sj_seat_space(seat, space, out->space_check, &out->space);
    if (status != 0) {
        return status;
    }
    struct sj_index *index = &seat->index;
    struct sj_index_key name = sj_index_key_of(out->space, &out->key);
    status = sj_index_get_place(index, index->read, sj_table_of(out->kind), &name, place);
    if (status != 0) {
        return status;
    }
    out->is_aging = sj_state_is_aging(&index->state, place->generation);
    status = sj_files_get(&shared->seats->files, shared->dir, place->generation, index->state.salt,
                          &out->file);
    return status == -ENOENT ? SJ_STORE_MISS : status;
}

int sj_shared_find(struct sj_shared *shared, struct sj_str space, enum sj_blob kind,
                   const struct sj_key *key, struct sj_view *out)
{
    struct sj_view view = {.kind = kind, .key = *key, .space_check = sj_space_check(space)};
    struct sj_place place;
    struct sj_seat *seat = NULL;
    int status = sj_seat_take(shared->seats, &seat);
    if (status == 0) {
        status = find_in(shared, seat, space, &place, &view);
        sj_seat_leave(seat);
    }
    if (status != 0) {
        return sj_shared_judge(shared, status);
    }
    view.fd = view.file->fd;
    view.offset = place.offset;
    view.generation = place.generation;
    view.prefix_len = (uint32_t)(SJ_ITEM_HEAD_SIZE + space.len);
    view.raw_len = place.raw_len;
    view.stored_len = place.len - view.prefix_len;
    if (place.len < view.prefix_len || !sj_item_is_length_sane(view.raw_len, view.stored_len)) {
        sj_file_unref(view.file);
        return sj_shared_judge(shared, -EBADMSG);
    }
    *out = view;
    return 0;
}

void sj_view_close(struct sj_shared *shared, struct sj_view *view)
{
    (void)shared;
    if (view) {
        sj_file_unref(view->file);
        *view = (struct sj_view){0};
    }
}

// See that an item is what was looked for.
static int judge_prefix(const struct sj_view *view, const unsigned char *prefix,
                        struct sj_item *item)
{
    int status = sj_item_decode(prefix, view->prefix_len, view->file->salt, item);
    if (status < 0) {
        return status;
    }
    bool is_same = (int)item->kind == (int)view->kind && sj_key_eq(&item->key, &view->key) &&
                   item->stored_len == view->stored_len && item->raw_len == view->raw_len &&
                   sj_item_prefix_len(item) == view->prefix_len &&
                   sj_space_check((struct sj_str){item->name, item->name_len}) == view->space_check;
    return is_same ? 0 : -EBADMSG;
}

// Read the item's prefix and the first bytes of its data, and judge it.
static int read_start(const struct sj_view *view, void *data, size_t len, struct sj_item *item)
{
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    struct iovec parts[2] = {{prefix, view->prefix_len}, {data, len}};
    int status = sj_read_parts(view->fd, parts, view->offset);
    return status < 0 ? status : judge_prefix(view, prefix, item);
}

int sj_view_fetch(const struct sj_view *view, struct sj_buf *out, struct sj_item *item)
{
    char *data = sj_buf_reserve(out, view->stored_len);
    if (!data) {
        return -EFBIG;
    }
    int status = read_start(view, data, view->stored_len, item);
    if (status == 0) {
        out->len += view->stored_len;
        out->data[out->len] = '\0';
    }
    return status;
}

static bool is_hash(const void *data, size_t len, const struct sj_key *hash)
{
    struct sj_key key = sj_key_of(data, len);
    return sj_key_eq(&key, hash);
}

// Read what is compressed; out takes it decompressed, frame as it is stored. Either may be NULL.
static int read_frame(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out,
                      struct sj_buf *frame)
{
    struct sj_desk *desk = sj_desk_take(shared);
    struct sj_buf *raw = out ? out : &desk->raw;
    struct sj_item item;
    int status = sj_view_fetch(view, &desk->stored, &item);
    bool is_known =
        !out && sj_known_has(shared->good, view->file->salt, view->generation, view->offset);
    if (status == 0 && !is_known) {
        char *data = sj_buf_reserve(raw, view->raw_len);
        status = data ? sj_codec_decompress(&desk->codec, desk->stored.data, view->stored_len, data,
                                            view->raw_len)
                      : -EFBIG;
        if (status == 0 && !is_hash(data, view->raw_len, &item.hash)) {
            status = -EBADMSG;
        }
    }
    if (status == 0 && out) {
        out->len += view->raw_len;
        out->data[out->len] = '\0';
    }
    if (status == 0 && frame) {
        size_t had = frame->len;
        sj_buf_add(frame, desk->stored.data, view->stored_len);
        status = frame->len - had == view->stored_len ? 0 : -EFBIG;
    }
    sj_desk_leave(desk);
    return status;
}

static int read_plain(const struct sj_view *view, struct sj_buf *out)
{
    size_t had = out->len;
    struct sj_item item;
    int status = sj_view_fetch(view, out, &item);
    if (status == 0 && !is_hash(out->data + had, view->raw_len, &item.hash)) {
        out->len = had;
        status = -EBADMSG;
    }
    return status;
}

// Hash what is stored as it is, a part at a time.
static int check_plain(struct sj_shared *shared, const struct sj_view *view)
{
    struct sj_desk *desk = sj_desk_take(shared);
    struct sj_hasher *hasher = sj_hasher_new();
    struct sj_item item;
    size_t now = view->stored_len < PART_SIZE ? view->stored_len : PART_SIZE;
    char *part = sj_buf_reserve(&desk->stored, PART_SIZE);
    int status = read_start(view, part, now, &item);
    for (size_t done = 0; status == 0;) {
        sj_hasher_add(hasher, part, now);
        done += now;
        if (done == view->stored_len) {
            break;
        }
        now = view->stored_len - done < PART_SIZE ? view->stored_len - done : PART_SIZE;
        ssize_t got = pread(view->fd, part, now, (off_t)(sj_view_data_offset(view) + done));
        status = got == (ssize_t)now ? 0 : got < 0 ? -errno : -EBADMSG;
    }
    struct sj_key hash = sj_hasher_key(hasher);
    if (status == 0 && !sj_key_eq(&hash, &item.hash)) {
        status = -EBADMSG;
    }
    sj_hasher_free(hasher);
    sj_desk_leave(desk);
    return status;
}

// What is damaged, or cannot be read, is to be forgotten, so that it is stored anew.
static int note_damage(struct sj_shared *shared, const struct sj_view *view)
{
    struct sj_seen seen = {.kind = view->kind,
                           .space = view->space,
                           .key = view->key,
                           .place = {.generation = view->generation, .offset = view->offset}};
    sj_known_remove(shared->good, view->file->salt, view->generation, view->offset);
    struct sj_queue *queue = &shared->queue;
    (void)pthread_mutex_lock(&queue->lock);
    sj_seen_add(&queue->damaged, &seen);
    queue->counts.damaged++;
    (void)pthread_cond_signal(&queue->wake);
    (void)pthread_mutex_unlock(&queue->lock);
    return SJ_STORE_MISS;
}

static void note_age(struct sj_shared *shared, const struct sj_view *view)
{
    if (!view->is_aging ||
        sj_known_has(shared->noted, view->file->salt, view->generation, view->offset)) {
        return;
    }
    struct sj_queue *queue = &shared->queue;
    (void)pthread_mutex_lock(&queue->lock);
    if (queue->aging_count < SJ_AGING_MAX) {
        sj_known_add(shared->noted, view->file->salt, view->generation, view->offset);
        (void)atomic_fetch_add(&view->file->refs, 1);
        queue->aging[queue->aging_count++] = *view;
    }
    (void)pthread_mutex_unlock(&queue->lock);
}

static int finish(struct sj_shared *shared, const struct sj_view *view, int status)
{
    if (status == -EBADMSG || status == -EIO) {
        return note_damage(shared, view);
    }
    if (status == 0) {
        note_age(shared, view);
    }
    return status;
}

int sj_view_read(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out)
{
    int status =
        sj_view_is_compressed(view) ? read_frame(shared, view, out, NULL) : read_plain(view, out);
    return finish(shared, view, status);
}

int sj_view_read_stored(struct sj_shared *shared, const struct sj_view *view, struct sj_buf *out)
{
    int status =
        sj_view_is_compressed(view) ? read_frame(shared, view, NULL, out) : read_plain(view, out);
    if (status == 0) {
        sj_known_add(shared->good, view->file->salt, view->generation, view->offset);
    }
    return finish(shared, view, status);
}

int sj_view_check(struct sj_shared *shared, const struct sj_view *view)
{
    if (sj_known_has(shared->good, view->file->salt, view->generation, view->offset)) {
        note_age(shared, view);
        return 0;
    }
    int status = sj_view_is_compressed(view) ? read_frame(shared, view, NULL, NULL)
                                             : check_plain(shared, view);
    if (status == 0) {
        sj_known_add(shared->good, view->file->salt, view->generation, view->offset);
    }
    return finish(shared, view, status);
}

int sj_view_show(struct sj_shared *shared, const struct sj_view *view, void *head, size_t len,
                 const char **data)
{
    const char *item_data = NULL;
    if (!sj_view_is_compressed(view)) {
        item_data = sj_mapped_at(&view->file->mapped, view->fd, view->offset,
                                 (uint64_t)view->prefix_len + view->stored_len);
    }
    if (!item_data) {
        return -EOPNOTSUPP;
    }
    int status = sj_view_check(shared, view);
    if (status != 0) {
        return status;
    }
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    struct sj_item item;
    status = sj_mapped_copy(prefix, item_data, view->prefix_len);
    status = status < 0 ? status : judge_prefix(view, prefix, &item);
    status = status < 0 ? status : sj_mapped_copy(head, item_data + view->prefix_len, len);
    if (status < 0) {
        return finish(shared, view, status);
    }
    *data = item_data + view->prefix_len;
    return 0;
}

void *sj_view_take(struct sj_view *view)
{
    struct sj_shared_file *file = view->file;
    *view = (struct sj_view){0};
    return file;
}

void sj_view_drop(void *held)
{
    sj_file_unref(held);
}
