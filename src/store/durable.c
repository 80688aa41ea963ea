// SPDX-License-Identifier: Apache-2.0
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/mem.h"

static int sync_directory(const char *dir, const char *name)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", dir, name);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
}

static int sync_file(struct sj_store *store, uint32_t generation)
{
    int fd = sj_store_file(store, generation);
    if (fd < 0) {
        // Another process dropped it: evicted, as anything may be.
        return fd == -ENOENT ? 0 : fd;
    }
    return fdatasync(fd) == 0 ? 0 : -errno;
}

static int sync_all(struct sj_shared *shared, uint32_t lowest)
{
    struct sj_store *store = shared->store;
    uint32_t newest = store->index.state.newest;
    int status = 0;
    // Older ones were written back when the one after them was sealed.
    if (lowest != UINT32_MAX && lowest < newest) {
        status = sync_file(store, newest - 1);
    }
    status = status < 0 ? status : sync_file(store, newest);
    if (status == 0 && newest != shared->safe_directory) {
        // The store's directory itself may be new; that the one above it cannot be read is no harm.
        if (shared->safe_directory == 0) {
            (void)sync_directory(shared->dir, "..");
        }
        status = sync_directory(shared->dir, "generations");
        shared->safe_directory = status == 0 ? newest : 0;
    }
    if (status < 0) {
        // What the kernel could not write it may have let go of, and it says so only once.
        store->must_start = true;
    }
    return status;
}

int sj_durable_sync(struct sj_shared *shared, uint32_t lowest)
{
    uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
    int status = sync_all(shared, lowest);
    (void)pthread_mutex_lock(&shared->queue.lock);
    shared->queue.counts.sync_ns += sj_clock_ns(CLOCK_MONOTONIC) - began;
    (void)pthread_mutex_unlock(&shared->queue.lock);
    return status;
}
