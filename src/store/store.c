// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "store/handle.h"
#include "store/mark.h"
#include "store/recover.h"

#define MAX_SIZE_DEFAULT    (UINT64_C(5) << 30)
#define GENERATIONS         16
#define GENERATION_SIZE_MIN (UINT64_C(1) << 20)
#define GENERATION_SIZE_MAX (UINT64_C(1) << 32)

// A write that comes out short with less left than this failed for want of space.
#define DISK_FULL_BYTES (UINT64_C(1) << 22)

uint64_t sj_store_generation_size(const struct sj_store *store)
{
    uint64_t size = store->max_size_bytes / GENERATIONS;
    if (size > GENERATION_SIZE_MAX) {
        return GENERATION_SIZE_MAX;
    }
    return size < GENERATION_SIZE_MIN ? GENERATION_SIZE_MIN : size;
}

// What to do about a failure, for those that a user can do something about.
static const struct {
    int status;
    const char *text;
} remedies[] = {
    {-ENOTDIR, "a file stands in its way: remove it, or set cache_dir to another directory"},
    {-EACCES, "permission denied: set cache_dir to a directory of your own"},
    {-EROFS, "the file system is read-only: set cache_dir to one that is not, or set read_only"},
    {-ENOSPC, "no space left on the disk: free some, or set cache_dir to another disk"},
    {-EREMOTE, "it is on a network file system, where locks and maps are not safe: set cache_dir "
               "to a local directory, and share results through a server"},
    {-EPROTO, "it was made by a newer version: use that version, or set cache_dir to another "
              "directory"},
    {-EBADMSG, "its index is damaged or was not written back before the machine stopped: open it "
               "once for writing, as 'scrubjay gc' does"},
    {-ENOENT, "it does not exist"},
    {-EAGAIN, "too many processes read it at once"},
};

static int explain(struct sj_err *err, int status, const char *dir)
{
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        if (remedies[i].status == status) {
            return sj_fail_plain(err, status, "cannot open store '%s': %s", dir, remedies[i].text);
        }
    }
    return sj_fail(err, status, "cannot open store '%s'", dir);
}

static int open_index(struct sj_store *store)
{
    // What was marked in this boot is on a file system that was found good then.
    enum sj_mark mark = sj_mark_get(store->dir, &store->boot);
    int status = mark == SJ_MARK_NONE ? sj_store_check_file_system(store->dir) : 0;
    if (status == 0) {
        status = mark == SJ_MARK_STALE ? -EBADMSG : sj_index_read(&store->index);
    }
    if (sj_store_needs_recovery(status) && !store->is_read_only) {
        status = sj_store_recover(store);
    }
    return status;
}

int sj_store_open(const struct sj_store_options *options, struct sj_store **out, struct sj_err *err)
{
    struct sj_store *store = sj_new(struct sj_store);
    store->dir = sj_strdup(options->dir);
    store->index.path = sj_asprintf("%s/index", options->dir);
    store->index.dir = store->dir;
    store->max_size_bytes = options->max_size_bytes ? options->max_size_bytes : MAX_SIZE_DEFAULT;
    store->compression_level = options->compression_level;
    store->is_read_only = options->is_read_only;
    store->scratch = SJ_BUF_INIT((size_t)1 << 32);
    int status = sj_store_use(store, options->namespace_name);
    if (status < 0) {
        sj_store_close(store);
        return sj_fail_plain(err, status, "namespace '%s' is longer than %d bytes",
                             options->namespace_name, SJ_ITEM_NAME_MAX);
    }
    status = open_index(store);
    if (status < 0) {
        sj_store_close(store);
        return explain(err, status, options->dir);
    }
    sj_store_release(store);
    *out = store;
    return 0;
}

int sj_store_use(struct sj_store *store, const char *namespace_name)
{
    const char *name = namespace_name ? namespace_name : "";
    size_t len = strlen(name);
    if (len > SJ_ITEM_NAME_MAX) {
        return -EINVAL;
    }
    if (len != store->name_len || memcmp(name, store->name, len) != 0) {
        memcpy(store->name, name, len + 1);
        store->name_len = len;
        store->has_namespace = false;
    }
    return 0;
}

const char *sj_store_namespace(const struct sj_store *store)
{
    return store->name;
}

void sj_store_close(struct sj_store *store)
{
    if (!store) {
        return;
    }
    if (store->damaged.count > 0 && !store->is_read_only) {
        struct sj_batch *batch = sj_batch_new(store);
        (void)sj_batch_commit(batch, NULL);
        sj_batch_free(batch);
    }
    sj_index_close(&store->index);
    sj_generation_close(&store->newest);
    for (int i = 0; i < SJ_STORE_FILES; i++) {
        if (store->files[i].generation) {
            (void)close(store->files[i].fd);
        }
    }
    sj_codec_release(&store->codec);
    sj_buf_release(&store->scratch);
    sj_seen_clear(&store->aging);
    sj_seen_clear(&store->damaged);
    free(store->index.path);
    free(store->dir);
    free(store);
}

void sj_store_close_old_files(struct sj_store *store)
{
    uint32_t oldest = store->index.state.oldest;
    for (int i = 0; i < SJ_STORE_FILES; i++) {
        struct sj_store_file *file = &store->files[i];
        if (file->generation > 0 && file->generation < oldest) {
            (void)close(file->fd);
            *file = (struct sj_store_file){0};
        }
    }
    if (store->newest.env && store->newest.number < oldest) {
        sj_generation_close(&store->newest);
    }
}

int sj_store_begin(struct sj_store *store, MDB_txn **out)
{
    int status = sj_index_begin(&store->index, out);
    if (sj_store_needs_recovery(status)) {
        if (status == -EBADMSG) {
            sj_store_condemn(store->dir);
        }
        status = sj_store_recover(store);
        status = status < 0 ? status : sj_index_begin(&store->index, out);
    }
    if (status < 0) {
        return status;
    }
    static const struct sj_key not_asked;
    if (sj_key_eq(&store->boot, &not_asked)) {
        store->boot = sj_boot_id();
    }
    sj_store_close_old_files(store);
    struct sj_state *state = &store->index.state;
    if (sj_key_eq(&state->boot, &store->boot)) {
        return 0;
    }
    status = sj_mark_set(store->dir, &store->boot);
    if (status == 0) {
        state->boot = store->boot;
        status = sj_index_put_state(&store->index, *out);
    }
    return status < 0 ? sj_index_end(&store->index, *out, status) : 0;
}

static bool is_disk_full(const char *dir)
{
    struct statvfs fs;
    return statvfs(dir, &fs) == 0 && fs.f_bavail < DISK_FULL_BYTES / fs.f_frsize;
}

int sj_store_end(struct sj_store *store, MDB_txn *txn, int status)
{
    status = sj_index_end(&store->index, txn, status);
    if (status == -EBADMSG) {
        sj_store_condemn(store->dir);
    }
    return status == -EIO && is_disk_full(store->dir) ? -ENOSPC : status;
}

int sj_store_judge(struct sj_store *store, int status)
{
    if (status == -EBADMSG) {
        sj_store_condemn(store->dir);
        return SJ_STORE_MISS;
    }
    // No reader slot is free: another time.
    return status == -EAGAIN ? SJ_STORE_MISS : status;
}

int sj_store_enter(struct sj_store *store)
{
    struct sj_index *index = &store->index;
    bool is_new = !index->read;
    int status = sj_index_read(index);
    if (status == 0 && is_new) {
        sj_store_close_old_files(store);
    }
    if (status == 0 && !store->has_namespace) {
        status = sj_index_get_namespace(index, index->read, store->name, store->name_len,
                                        &store->namespace_number);
        store->has_namespace = status == 0;
    }
    return sj_store_judge(store, status);
}

void sj_store_release(struct sj_store *store)
{
    sj_index_release(&store->index);
}

int sj_store_file(struct sj_store *store, uint32_t generation)
{
    struct sj_store_file *files = store->files;
    // Of a store that was never written to; 0 marks a place as unused, too.
    if (generation == 0) {
        return -ENOENT;
    }
    for (int i = 0; i < SJ_STORE_FILES; i++) {
        if (files[i].generation == generation) {
            return files[i].fd;
        }
    }
    SJ_AUTO(sj_auto_free) char *path = sj_generation_path(store->dir, generation);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    struct sj_store_file *last = &files[SJ_STORE_FILES - 1];
    if (last->generation) {
        (void)close(last->fd);
    }
    memmove(files + 1, files, (SJ_STORE_FILES - 1) * sizeof *files);
    files[0] = (struct sj_store_file){.generation = generation, .fd = fd};
    return fd;
}

void sj_seen_add(struct sj_seen_list *list, const struct sj_seen *seen)
{
    if (list->count >= SJ_SEEN_MAX) {
        return;
    }
    // Grown at powers of two.
    if ((list->count & (list->count - 1)) == 0) {
        size_t room = list->count ? list->count * 2 : 1;
        list->items = sj_realloc(list->items, room, sizeof *list->items);
    }
    list->items[list->count++] = *seen;
}

void sj_seen_clear(struct sj_seen_list *list)
{
    free(list->items);
    *list = (struct sj_seen_list){0};
}
