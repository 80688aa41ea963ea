// SPDX-License-Identifier: Apache-2.0
#include "store/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cond.h"
#include "base/mem.h"
#include "store/lmdb_env.h"
#include "store/shared_handle.h"
#include "store/usage.h"
#include "store/writer.h"

#define MAX_QUEUE_DEFAULT (UINT64_C(64) << 20)

// Places that are known to be good, and that wait to be copied forward: 1 MiB and 32 KiB.
#define GOOD_ROOM  ((size_t)1 << 17)
#define NOTED_ROOM ((size_t)1 << 12)

static void init_queue(struct sj_queue *queue)
{
    (void)pthread_mutex_init(&queue->lock, NULL);
    sj_cond_init(&queue->wake);
    (void)pthread_cond_init(&queue->done, NULL);
    queue->last = &queue->first;
    queue->aging = sj_calloc(SJ_AGING_MAX, sizeof *queue->aging);
}

static struct sj_shared *new_shared(const struct sj_shared_options *options)
{
    struct sj_shared *shared = NULL;
    if (posix_memalign((void **)&shared, _Alignof(struct sj_shared), sizeof *shared) != 0) {
        sj_oom();
    }
    memset(shared, 0, sizeof *shared);
    shared->dir = sj_strdup(options->dir);
    shared->max_queue_bytes =
        options->max_queue_bytes ? options->max_queue_bytes : MAX_QUEUE_DEFAULT;
    shared->is_durable = options->is_durable;
    shared->seats = sj_seats_new();
    shared->good = sj_known_new(GOOD_ROOM);
    shared->noted = sj_known_new(NOTED_ROOM);
    init_queue(&shared->queue);
    for (int i = 0; i < SJ_DESKS_MAX; i++) {
        struct sj_desk *desk = &shared->desks[i];
        (void)pthread_mutex_init(&desk->lock, NULL);
        desk->stored = SJ_BUF_INIT((size_t)SJ_ITEM_DATA_MAX + 1);
        desk->raw = SJ_BUF_INIT((size_t)SJ_ITEM_DATA_MAX + 1);
    }
    return shared;
}

static void free_shared(struct sj_shared *shared)
{
    struct sj_queue *queue = &shared->queue;
    for (size_t i = 0; i < queue->aging_count; i++) {
        sj_view_close(shared, &queue->aging[i]);
    }
    free(queue->aging);
    sj_seen_clear(&queue->damaged);
    sj_store_close(shared->store);
    sj_seats_free(shared->seats);
    sj_known_free(shared->good);
    sj_known_free(shared->noted);
    for (int i = 0; i < SJ_DESKS_MAX; i++) {
        struct sj_desk *desk = &shared->desks[i];
        (void)pthread_mutex_destroy(&desk->lock);
        sj_codec_release(&desk->codec);
        sj_buf_release(&desk->stored);
        sj_buf_release(&desk->raw);
    }
    (void)pthread_mutex_destroy(&queue->lock);
    (void)pthread_cond_destroy(&queue->wake);
    (void)pthread_cond_destroy(&queue->done);
    free(shared->dir);
    free(shared);
}

int sj_shared_open(const struct sj_shared_options *options, struct sj_shared **out,
                   struct sj_err *err)
{
    struct sj_store_options store_options = {
        .dir = options->dir,
        .max_size_bytes = options->max_size_bytes,
        .compression_level = options->compression_level,
    };
    struct sj_shared *shared = new_shared(options);
    int status = sj_store_open(&store_options, &shared->store, err);
    if (status < 0) {
        free_shared(shared);
        return status;
    }
    shared->store->index.seats = shared->seats;
    sj_index_close(&shared->store->index);
    status = sj_writer_open_index(shared->store);
    shared->last_oldest = shared->store->index.state.oldest;
    status = status < 0 ? status : sj_writer_start(shared);
    if (status < 0) {
        free_shared(shared);
        return sj_fail(err, status, "cannot open store '%s'", options->dir);
    }
    *out = shared;
    return 0;
}

void sj_shared_close(struct sj_shared *shared)
{
    if (!shared) {
        return;
    }
    sj_writer_stop(shared);
    free_shared(shared);
}

int sj_shared_pathsets(struct sj_shared *shared, struct sj_str space, const struct sj_key *weak,
                       struct sj_key *out, int max)
{
    uint64_t check = sj_space_check(space);
    struct sj_seat *seat = NULL;
    int status = sj_seat_take(shared->seats, &seat);
    int count = 0;
    if (status == 0) {
        uint32_t ns = 0;
        status = sj_seat_space(seat, space, check, &ns);
        if (status == 0) {
            count = sj_index_get_links(&seat->index, seat->index.read, ns, weak, out, max);
            status = count < 0 ? count : 0;
        }
        sj_seat_leave(seat);
    }
    status = sj_shared_judge(shared, status);
    return status == 0 ? count : status < 0 ? status : 0;
}

int sj_shared_usage(struct sj_shared *shared, struct sj_str space, struct sj_space_usage *out)
{
    uint64_t check = sj_space_check(space);
    struct sj_space_usage usage = {0};
    struct sj_seat *seat = NULL;
    int status = sj_seat_take(shared->seats, &seat);
    if (status == 0) {
        uint32_t ns = 0;
        status = sj_seat_space(seat, space, check, &ns);
        if (status == 0) {
            status = sj_usage_get(&seat->index, seat->index.read, ns, &usage);
        }
        sj_seat_leave(seat);
    }
    status = sj_shared_judge(shared, status);
    if (status < 0) {
        return status;
    }
    *out = usage;
    return 0;
}

// A namespace, as listed.
struct sj_space_row {
    char *name;
    size_t len;
    struct sj_space_usage usage;
};

struct sj_space_list {
    struct sj_space_row *rows;
    size_t count;
};

static int add_row(struct sj_space_list *list, struct sj_seat *seat, const MDB_val *name,
                   uint32_t ns)
{
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? list->count * 2 : 1;
        list->rows = sj_realloc(list->rows, room, sizeof *list->rows);
    }
    struct sj_space_row row = {.len = name->mv_size};
    int status = sj_usage_get(&seat->index, seat->index.read, ns, &row.usage);
    if (status == 0) {
        row.name = sj_strndup(name->mv_data, name->mv_size);
        list->rows[list->count++] = row;
    }
    return status;
}

static int list_spaces(struct sj_seat *seat, struct sj_space_list *list)
{
    struct sj_index *index = &seat->index;
    MDB_cursor *cursor = NULL;
    MDB_val name = {0, (void *)(uintptr_t) ""};
    MDB_val value;
    int status = add_row(list, seat, &name, 0);
    int rc = mdb_cursor_open(index->read, index->table[SJ_TABLE_NAMESPACE], &cursor);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    while (status == 0 && (rc = mdb_cursor_get(cursor, &name, &value, MDB_NEXT)) == 0) {
        status =
            value.mv_size == 4 ? add_row(list, seat, &name, sj_get_u32(value.mv_data)) : -EBADMSG;
    }
    mdb_cursor_close(cursor);
    return status == 0 && rc && rc != MDB_NOTFOUND ? sj_lmdb_errno(rc) : status;
}

int sj_shared_spaces(struct sj_shared *shared, sj_space_visit *visit, void *user)
{
    struct sj_space_list list = {0};
    struct sj_seat *seat = NULL;
    int status = sj_seat_take(shared->seats, &seat);
    if (status == 0) {
        status = list_spaces(seat, &list);
        sj_seat_leave(seat);
    }
    status = sj_shared_judge(shared, status);
    for (size_t i = 0; i < list.count; i++) {
        const struct sj_space_row *row = &list.rows[i];
        // The default one is there from the start.
        if (status == 0 && (row->len > 0 || row->usage.items > 0)) {
            visit((struct sj_str){row->name, row->len}, &row->usage, user);
        }
        free(row->name);
    }
    free(list.rows);
    return status < 0 ? status : 0;
}

int sj_shared_stat(struct sj_shared *shared, struct sj_shared_stat *out)
{
    struct sj_store_stat stat = {0};
    struct sj_seat *seat = NULL;
    int status = sj_seat_take(shared->seats, &seat);
    if (status == 0) {
        status = sj_store_count(&seat->index, shared->dir, shared->store->max_size_bytes, &stat);
        sj_seat_leave(seat);
    }
    status = sj_shared_judge(shared, status);
    if (status < 0) {
        return status;
    }
    (void)pthread_mutex_lock(&shared->queue.lock);
    *out = shared->queue.counts;
    out->queued_bytes = shared->queue.bytes;
    (void)pthread_mutex_unlock(&shared->queue.lock);
    out->store = stat;
    return 0;
}
