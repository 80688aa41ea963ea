// SPDX-License-Identifier: Apache-2.0
#include "server/ingest.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/log.h"
#include "base/mem.h"
#include "record/db.h"

#define QUIET_NS  (2 * SJ_NS_PER_S)    // without new records: the build that left them is over
#define WAIT_NS   (10 * SJ_NS_PER_S)   // at most, while records keep coming: somebody may look on
#define EXPIRE_NS (3600 * SJ_NS_PER_S) // between two looks for what is too old
#define NICENESS  10

struct sj_ingester {
    const struct sj_config *config;
    struct sj_shared *shared;
    uint64_t expired_ns; // when it was last looked for what is too old; the thread's
    pthread_t thread;
    bool has_thread;
    atomic_bool is_ending;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t cond;
    uint64_t first_ns; // of the records that wait, CLOCK_MONOTONIC; 0: none do
    uint64_t last_ns;
};

static bool is_over(void *user)
{
    struct sj_ingester *ingester = user;
    return atomic_load(&ingester->is_ending);
}

// Path sets lie in the namespace that the record came from.
static int read_pathset(const char *space, const struct sj_key *key, struct sj_buf *out, void *user)
{
    const struct sj_ingester *ingester = user;
    struct sj_view view;
    int status = sj_shared_find(ingester->shared, sj_str_of(space), SJ_BLOB_PATHSET, key, &view);
    if (status == 0) {
        status = sj_view_read(ingester->shared, &view, out);
        sj_view_close(ingester->shared, &view);
    }
    return status;
}

static void expire(struct sj_ingester *ingester, struct sj_db *db)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    uint64_t keep_ms = ingester->config->record_keep_ms;
    if (now_ns - ingester->expired_ns < EXPIRE_NS || now_ns / SJ_NS_PER_MS <= keep_ms) {
        return;
    }
    ingester->expired_ns = now_ns;
    (void)sj_db_expire(db, now_ns - keep_ms * SJ_NS_PER_MS, NULL);
}

static void ingest(struct sj_ingester *ingester)
{
    struct sj_err err = {0};
    struct sj_db *db = NULL;
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {
        .dir = ingester->config->cache_dir,
        .pathsets = read_pathset,
        .is_over = is_over,
        .user = ingester,
    };
    int status = sj_db_open(intake.dir, SJ_DB_WRITE, &db, &err);
    if (status == 0) {
        status = sj_db_ingest(db, &intake, &done, &err);
        expire(ingester, db);
        sj_db_close(db);
    }
    if (status < 0) {
        sj_log("cannot take records in: %s", err.text);
    }
}

// Waits until records are due. False: the end.
static bool wait_for_records(struct sj_ingester *ingester)
{
    (void)pthread_mutex_lock(&ingester->lock);
    while (!atomic_load(&ingester->is_ending)) {
        uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
        uint64_t due_ns = UINT64_MAX;
        if (ingester->first_ns > 0) {
            due_ns = ingester->last_ns + QUIET_NS;
            due_ns = due_ns > ingester->first_ns + WAIT_NS ? ingester->first_ns + WAIT_NS : due_ns;
        }
        if (now_ns >= due_ns) {
            ingester->first_ns = 0;
            break;
        }
        if (due_ns == UINT64_MAX) {
            (void)pthread_cond_wait(&ingester->cond, &ingester->lock);
        } else {
            (void)sj_cond_wait_until(&ingester->cond, &ingester->lock, due_ns);
        }
    }
    (void)pthread_mutex_unlock(&ingester->lock);
    return !atomic_load(&ingester->is_ending);
}

static void *run(void *user)
{
    struct sj_ingester *ingester = user;
    // Of this thread alone: Linux keeps it for each.
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    while (wait_for_records(ingester)) {
        ingest(ingester);
    }
    return NULL;
}

struct sj_ingester *sj_ingester_new(const struct sj_config *config, struct sj_shared *shared)
{
    struct sj_ingester *ingester = sj_new(struct sj_ingester);
    ingester->config = config;
    ingester->shared = shared;
    // What an earlier server did not come to.
    ingester->first_ns = sj_clock_ns(CLOCK_MONOTONIC);
    ingester->last_ns = ingester->first_ns;
    sj_cond_init(&ingester->cond);
    (void)pthread_mutex_init(&ingester->lock, NULL);
    ingester->has_thread = pthread_create(&ingester->thread, NULL, run, ingester) == 0;
    return ingester;
}

void sj_ingester_free(struct sj_ingester *ingester)
{
    if (!ingester) {
        return;
    }
    (void)pthread_mutex_lock(&ingester->lock);
    atomic_store(&ingester->is_ending, true);
    (void)pthread_cond_signal(&ingester->cond);
    (void)pthread_mutex_unlock(&ingester->lock);
    if (ingester->has_thread) {
        (void)pthread_join(ingester->thread, NULL);
    }
    (void)pthread_cond_destroy(&ingester->cond);
    (void)pthread_mutex_destroy(&ingester->lock);
    free(ingester);
}

void sj_ingester_wake(struct sj_ingester *ingester)
{
    if (!ingester) {
        return;
    }
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    (void)pthread_mutex_lock(&ingester->lock);
    ingester->first_ns = ingester->first_ns > 0 ? ingester->first_ns : now_ns;
    ingester->last_ns = now_ns;
    (void)pthread_cond_signal(&ingester->cond);
    (void)pthread_mutex_unlock(&ingester->lock);
}
