// SPDX-License-Identifier: Apache-2.0
#include "store/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cond.h"
#include "store/forward.h"
#include "store/group.h"
#include "store/mark.h"
#include "store/recover.h"

// What is taken together; always one write at least.
#define GROUP_BYTES  (UINT64_C(8) << 20)
#define GROUP_WRITES 256

// The store is looked after so often; with nothing left to do, not so often.
#define TICK_NS      SJ_NS_PER_S
#define REST_TICK_NS (5 * SJ_NS_PER_S)

// Nothing was written for so long: time to see that all is on disk.
#define IDLE_NS (3 * SJ_NS_PER_S)

// Under load, what is read from the oldest generations is copied forward so often.
#define FORWARD_NS (200 * SJ_NS_PER_MS)

// What the writer is to do next.
struct sj_job {
    struct sj_write *first;
    size_t count;
    struct sj_seen_list damaged;
    bool has_aging;
    bool is_index_bad;
    bool is_last;
};

static uint64_t group_bytes(const struct sj_shared *shared)
{
    uint64_t most = sj_store_generation_size(shared->store) / 2;
    return most < GROUP_BYTES ? most : GROUP_BYTES;
}

static void take_writes(struct sj_shared *shared, struct sj_job *job)
{
    struct sj_queue *queue = &shared->queue;
    uint64_t most = group_bytes(shared);
    uint64_t bytes = 0;
    struct sj_write **end = &queue->first;
    while (*end && job->count < GROUP_WRITES &&
           (job->count == 0 || bytes + (*end)->bytes <= most)) {
        bytes += (*end)->bytes;
        end = &(*end)->next;
        job->count++;
    }
    job->first = job->count ? queue->first : NULL;
    queue->first = *end;
    *end = NULL;
    if (!queue->first) {
        queue->last = &queue->first;
    }
}

static bool has_work(const struct sj_queue *queue)
{
    return queue->first || queue->damaged.count > 0 || queue->is_index_bad || queue->is_stopping;
}

// Wait until there is something to do, or the time has come to look after the store.
static struct sj_job take_job(struct sj_shared *shared, uint64_t deadline_ns)
{
    struct sj_queue *queue = &shared->queue;
    struct sj_job job = {0};
    (void)pthread_mutex_lock(&queue->lock);
    while (!has_work(queue) && sj_clock_ns(CLOCK_MONOTONIC) < deadline_ns) {
        (void)sj_cond_wait_until(&queue->wake, &queue->lock, deadline_ns);
    }
    take_writes(shared, &job);
    job.damaged = queue->damaged;
    queue->damaged = (struct sj_seen_list){0};
    job.is_index_bad = queue->is_index_bad;
    queue->is_index_bad = false;
    job.has_aging = queue->aging_count > 0;
    job.is_last = queue->is_stopping && !queue->first;
    (void)pthread_mutex_unlock(&queue->lock);
    return job;
}

// Tell everybody what came of their writes.
static void finish_writes(struct sj_shared *shared, struct sj_job *job)
{
    struct sj_queue *queue = &shared->queue;
    uint64_t bytes = 0;
    for (struct sj_write *write = job->first; write; write = write->next) {
        bytes += write->bytes;
        if (write->done) {
            write->done(write->status, write->user);
        }
    }
    (void)pthread_mutex_lock(&queue->lock);
    queue->bytes -= bytes;
    queue->finished += job->count;
    (void)pthread_cond_broadcast(&queue->done);
    (void)pthread_mutex_unlock(&queue->lock);
    while (job->first) {
        struct sj_write *next = job->first->next;
        sj_write_free(job->first);
        job->first = next;
    }
}

static void run_writes(struct sj_shared *shared, struct sj_job *job)
{
    if (job->first || job->damaged.count > 0) {
        sj_group_commit(shared, job->first, &job->damaged);
        finish_writes(shared, job);
        sj_group_settle(shared, shared->sealed);
        shared->sealed = 0;
    }
    sj_seen_clear(&job->damaged);
}

int sj_writer_open_index(struct sj_store *store)
{
    struct sj_index *index = &store->index;
    MDB_txn *txn = NULL;
    int status = index->env ? 0 : sj_index_begin(index, &txn);
    if (txn) {
        status = sj_index_end(index, txn, 0);
    }
    if (status < 0 && !sj_store_needs_recovery(status)) {
        status = sj_index_read(index);
    }
    sj_store_release(store);
    return status;
}

// Have the index open and sound, whatever other processes or a failed commit did to it.
static void mend_index(struct sj_shared *shared, bool is_bad)
{
    struct sj_store *store = shared->store;
    struct sj_key boot;
    if (is_bad) {
        sj_store_condemn(shared->dir);
    }
    if (is_bad || sj_mark_get(shared->dir, &boot) == SJ_MARK_STALE) {
        (void)sj_store_recover(store);
        sj_index_close(&store->index);
    } else if (store->index.env && sj_index_is_replaced(&store->index)) {
        sj_index_close(&store->index);
    }
    if (sj_store_needs_recovery(sj_writer_open_index(store))) {
        (void)sj_store_recover(store);
        sj_index_close(&store->index);
        (void)sj_writer_open_index(store);
    }
    int status = sj_index_read(&store->index);
    if (status == 0) {
        size_t id = mdb_txn_id(store->index.read);
        if (id != shared->last_txn) {
            shared->last_txn = id;
            shared->quiet_since_ns = sj_clock_ns(CLOCK_MONOTONIC);
        }
    }
    sj_store_release(store);
    if (status == 0) {
        sj_group_settle(shared, 0);
    }
}

// Whether something is not on the disk.
static bool is_unsynced(const struct sj_shared *shared)
{
    static const struct sj_key none;
    return !sj_key_eq(&shared->store->index.state.boot, &none);
}

static void look_after(struct sj_shared *shared, bool is_bad)
{
    mend_index(shared, is_bad);
    uint64_t now = sj_clock_ns(CLOCK_MONOTONIC);
    if (is_unsynced(shared) && now - shared->quiet_since_ns > IDLE_NS) {
        (void)sj_store_sync(shared->store);
        shared->quiet_since_ns = now;
    }
}

static void *run(void *user)
{
    struct sj_shared *shared = user;
    uint64_t last_tick_ns = 0;
    for (bool is_last = false; !is_last;) {
        uint64_t pause = is_unsynced(shared) ? TICK_NS : REST_TICK_NS;
        struct sj_job job = take_job(shared, last_tick_ns + pause);
        run_writes(shared, &job);
        uint64_t now = sj_clock_ns(CLOCK_MONOTONIC);
        if (job.has_aging && now - shared->last_forward_ns > FORWARD_NS) {
            sj_forward_run(shared);
            shared->last_forward_ns = now;
        }
        if (job.is_index_bad || !shared->store->index.env || now - last_tick_ns >= pause) {
            look_after(shared, job.is_index_bad);
            last_tick_ns = now;
        }
        is_last = job.is_last;
    }
    if (shared->is_durable && is_unsynced(shared)) {
        (void)sj_store_sync(shared->store);
    }
    return NULL;
}

int sj_writer_start(struct sj_shared *shared)
{
    // Signals are for the program's other threads.
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = pthread_create(&shared->thread, NULL, run, shared);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}

void sj_writer_stop(struct sj_shared *shared)
{
    (void)pthread_mutex_lock(&shared->queue.lock);
    shared->queue.is_stopping = true;
    (void)pthread_cond_signal(&shared->queue.wake);
    (void)pthread_mutex_unlock(&shared->queue.lock);
    (void)pthread_join(shared->thread, NULL);
}
