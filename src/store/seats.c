// SPDX-License-Identifier: Apache-2.0
#include "store/seats.h"

#include <sched.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/lmdb_env.h"
#include "store/store.h"

struct sj_seats *sj_seats_new(void)
{
    struct sj_seats *seats = NULL;
    if (posix_memalign((void **)&seats, _Alignof(struct sj_seats), sizeof *seats) != 0) {
        sj_oom();
    }
    memset(seats, 0, sizeof *seats);
    for (int i = 0; i < SJ_SEATS_MAX; i++) {
        (void)pthread_mutex_init(&seats->seats[i].lock, NULL);
    }
    return seats;
}

void sj_seats_free(struct sj_seats *seats)
{
    if (!seats) {
        return;
    }
    for (int i = 0; i < SJ_SEATS_MAX; i++) {
        (void)pthread_mutex_destroy(&seats->seats[i].lock);
    }
    free(seats);
}

static void lock_all(struct sj_seats *seats)
{
    for (int i = 0; i < SJ_SEATS_MAX; i++) {
        (void)pthread_mutex_lock(&seats->seats[i].lock);
    }
}

static void unlock_all(struct sj_seats *seats)
{
    for (int i = SJ_SEATS_MAX; i > 0; i--) {
        (void)pthread_mutex_unlock(&seats->seats[i - 1].lock);
    }
}

void sj_seats_publish(struct sj_seats *seats, const struct sj_index *index)
{
    if (seats->is_open) {
        return;
    }
    lock_all(seats);
    for (int i = 0; i < SJ_SEATS_MAX; i++) {
        struct sj_seat *seat = &seats->seats[i];
        seat->index = (struct sj_index){
            .dir = index->dir, .env = index->env, .main = index->main, .has_tables = true};
        memcpy(seat->index.table, index->table, sizeof seat->index.table);
    }
    unlock_all(seats);
    seats->is_open = true;
}

void sj_seats_retract(struct sj_seats *seats)
{
    if (!seats->is_open) {
        return;
    }
    lock_all(seats);
    for (int i = 0; i < SJ_SEATS_MAX; i++) {
        struct sj_seat *seat = &seats->seats[i];
        if (seat->idle) {
            mdb_txn_abort(seat->idle);
        }
        seat->idle = NULL;
        seat->state_id = 0;
        seat->index.env = NULL;
        memset(seat->spaces, 0, sizeof seat->spaces);
    }
    unlock_all(seats);
    seats->is_open = false;
    // The next index may give the numbers out anew.
    sj_seats_drop_files(seats, UINT32_MAX);
}

void sj_seats_drop_files(struct sj_seats *seats, uint32_t oldest)
{
    struct sj_shared_file *files[SJ_FILES_MAX];
    lock_all(seats);
    size_t count = sj_files_take(&seats->files, oldest, files);
    unlock_all(seats);
    // Closing the last descriptor of an unlinked file takes its time.
    for (size_t i = 0; i < count; i++) {
        sj_file_unref(files[i]);
    }
}

// A seat that is free, rather the one that this processor sat in last.
static struct sj_seat *lock_one(struct sj_seats *seats)
{
    unsigned first = (unsigned)sched_getcpu() % SJ_SEATS_MAX;
    for (unsigned i = 0; i < SJ_SEATS_MAX; i++) {
        struct sj_seat *seat = &seats->seats[(first + i) % SJ_SEATS_MAX];
        if (pthread_mutex_trylock(&seat->lock) == 0) {
            return seat;
        }
    }
    (void)pthread_mutex_lock(&seats->seats[first].lock);
    return &seats->seats[first];
}

static int begin(struct sj_seat *seat)
{
    if (!seat->index.env) {
        return SJ_STORE_MISS;
    }
    int status = seat->idle ? sj_lmdb_errno(mdb_txn_renew(seat->idle))
                            : sj_lmdb_begin(seat->index.env, MDB_RDONLY, false, &seat->idle);
    if (status < 0) {
        return status;
    }
    seat->index.read = seat->idle;
    size_t id = mdb_txn_id(seat->idle);
    if (id == seat->state_id) {
        return 0;
    }
    status = sj_index_get_state(&seat->index, seat->idle);
    seat->state_id = status == 0 ? id : 0;
    return status;
}

int sj_seat_take(struct sj_seats *seats, struct sj_seat **out)
{
    struct sj_seat *seat = lock_one(seats);
    int status = begin(seat);
    if (status != 0) {
        sj_seat_leave(seat);
        return status;
    }
    *out = seat;
    return 0;
}

void sj_seat_leave(struct sj_seat *seat)
{
    if (seat->index.read) {
        mdb_txn_reset(seat->index.read);
        seat->index.read = NULL;
    }
    (void)pthread_mutex_unlock(&seat->lock);
}

uint64_t sj_space_check(struct sj_str name)
{
    struct sj_key key = sj_key_of(name.data, name.len);
    return sj_get_u64(key.bytes) | 1;
}

int sj_seat_space(struct sj_seat *seat, struct sj_str name, uint64_t check, uint32_t *out)
{
    if (name.len == 0) {
        *out = 0;
        return 0;
    }
    if (name.len > SJ_ITEM_NAME_MAX) {
        return SJ_STORE_MISS;
    }
    struct sj_seat_space *known = &seat->spaces[(check >> 1) % SJ_SEAT_SPACES];
    if (known->check == check && sj_str_eq(name, (struct sj_str){known->name, known->len})) {
        *out = known->number;
        return 0;
    }
    int status = sj_index_get_namespace(&seat->index, seat->index.read, name.data, name.len, out);
    if (status == 0) {
        known->check = check;
        known->number = *out;
        known->len = (uint32_t)name.len;
        memcpy(known->name, name.data, name.len);
    }
    return status;
}
