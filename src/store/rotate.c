// SPDX-License-Identifier: Apache-2.0
#include "store/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/sweep.h"

#define FILE_MODE 0666

// What LMDB adds to a bundle: pages of its own, and the end of the last page.
#define BUNDLE_COST 16384

static int by_number(const void *a, const void *b)
{
    const struct sj_generation_file *one = a;
    const struct sj_generation_file *other = b;
    return (one->number > other->number) - (one->number < other->number);
}

int sj_generation_list(const char *dir, struct sj_generation_list *out)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/generations", dir);
    SJ_AUTO(sj_auto_closedir) DIR *entries = opendir(path);
    if (!entries) {
        return -errno;
    }
    struct sj_generation_list list = {0};
    size_t room = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(entries);
        if (!entry) {
            break;
        }
        struct sj_generation_file file;
        struct stat st;
        if (!sj_generation_parse(entry->d_name, &file.number) ||
            fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        }
        file.size_bytes = (uint64_t)st.st_blocks * 512;
        file.mtime_s = st.st_mtim.tv_sec;
        if (list.count == room) {
            room = room ? room * 2 : 32;
            list.files = sj_realloc(list.files, room, sizeof *list.files);
        }
        list.files[list.count++] = file;
    }
    if (errno != 0) {
        int status = -errno;
        sj_generation_list_release(&list);
        return status;
    }
    if (list.count > 0) {
        qsort(list.files, list.count, sizeof *list.files, by_number);
    }
    *out = list;
    return 0;
}

void sj_generation_list_release(struct sj_generation_list *list)
{
    free(list->files);
    *list = (struct sj_generation_list){0};
}

// Make the file of a new generation. It must be new: an index that was thrown away while somebody
// still had it open may have given out the same number.
static int create_file(const char *dir, uint32_t *number)
{
    for (;; (*number)++) {
        SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, *number);
        SJ_AUTO(sj_auto_close)
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
        if (fd >= 0) {
            return 0;
        }
        if (errno != EEXIST || *number == UINT32_MAX) {
            return -errno;
        }
    }
}

// The lowest generation that may stay when so many bytes are about to be written.
static uint32_t lowest_kept(const struct sj_store *store, const struct sj_generation_list *list,
                            uint64_t need)
{
    uint64_t sum = need;
    size_t keep = list->count;
    while (keep > 0 && list->files[keep - 1].number >= store->index.state.oldest &&
           sum + list->files[keep - 1].size_bytes <= store->max_size_bytes) {
        keep--;
        sum += list->files[keep].size_bytes;
    }
    return keep < list->count ? list->files[keep].number : 0;
}

int sj_generation_start(struct sj_store *store, MDB_txn *txn, size_t len)
{
    struct sj_generation_list list;
    int status = sj_generation_list(store->dir, &list);
    if (status < 0) {
        return status;
    }
    struct sj_state *state = &store->index.state;
    uint32_t last = list.count ? list.files[list.count - 1].number : 0;
    uint32_t number = (last > state->newest ? last : state->newest) + 1;
    uint64_t size = sj_store_generation_size(store);
    uint64_t need = len + BUNDLE_COST > size ? len + BUNDLE_COST : size;
    uint32_t lowest = lowest_kept(store, &list, need);
    sj_generation_list_release(&list);
    sj_generation_close(&store->newest);
    status = create_file(store->dir, &number);
    if (status < 0) {
        return status;
    }
    uint32_t oldest = lowest ? lowest : number;
    if (oldest > state->oldest) {
        sj_sweep_start(state);
    }
    state->oldest = oldest;
    state->newest = number;
    status = sj_index_put_state(&store->index, txn);
    return status < 0 ? status : sj_generation_open(&store->newest, store->dir, number);
}

int sj_rotate(struct sj_store *store, MDB_txn *txn, size_t len, uint32_t *sealed)
{
    *sealed = 0;
    uint32_t newest = store->index.state.newest;
    int status = -ENOENT;
    if (newest >= store->index.state.oldest && !store->must_start) {
        status = sj_generation_open(&store->newest, store->dir, newest);
        if (status == 0 && sj_generation_used(&store->newest) + len + BUNDLE_COST <=
                               sj_store_generation_size(store)) {
            return 0;
        }
    }
    // Also where the newest is missing or damaged: what is in it cannot be trusted to grow.
    if (status < 0 && status != -ENOENT && status != -EBADMSG) {
        return status;
    }
    status = sj_generation_start(store, txn, len);
    if (status == 0) {
        store->must_start = false;
        *sealed = newest;
    }
    return status;
}

uint32_t sj_generations_unlink(const char *dir, uint32_t oldest, uint64_t *freed)
{
    struct sj_generation_list list;
    if (sj_generation_list(dir, &list) < 0) {
        return 0;
    }
    uint32_t count = 0;
    for (size_t i = 0; i < list.count && list.files[i].number < oldest; i++) {
        SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, list.files[i].number);
        if (unlink(path) == 0) {
            count++;
            if (freed) {
                *freed += list.files[i].size_bytes;
            }
        }
    }
    sj_generation_list_release(&list);
    return count;
}

// Write a generation's pages back: all of them and wait, or only ask for it.
static void write_back(const char *dir, uint32_t number, bool wait)
{
    SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, number);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0) {
        (void)(wait ? fdatasync(fd) : sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
    }
}

void sj_rotate_finish(struct sj_store *store, uint32_t sealed)
{
    (void)sj_generations_unlink(store->dir, store->index.state.oldest, NULL);
    // The one sealed now may have much to write, and a compile waits for this: the disk gets until
    // the next is full to do it. The one sealed before has had that time.
    write_back(store->dir, sealed, false);
    if (sealed > store->index.state.oldest) {
        write_back(store->dir, sealed - 1, true);
    }
}
