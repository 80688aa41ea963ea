// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statfs.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/handle.h"
#include "store/lmdb_env.h"

#define MAX_SIZE_DEFAULT    (UINT64_C(5) << 30)
#define GENERATIONS         16
#define GENERATION_SIZE_MIN (UINT64_C(1) << 20)
#define DIR_MODE            0700

uint64_t sj_store_generation_size(const struct sj_store *store)
{
    uint64_t size = store->max_size_bytes / GENERATIONS;
    return size < GENERATION_SIZE_MIN ? GENERATION_SIZE_MIN : size;
}

static int make_directories(const struct sj_store *store, struct sj_err *err)
{
    static const char *const names[] = {"", "/generations", "/index"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s%s", store->dir, names[i]);
        int status = sj_dir_make(path, DIR_MODE);
        if (status < 0) {
            return sj_fail(err, status, "cannot make directory '%s'", path);
        }
    }
    return 0;
}

static int create(struct sj_store *store, struct sj_err *err)
{
    int status = make_directories(store, err);
    if (status < 0) {
        return status;
    }
    unsigned char salt[SJ_SALT_SIZE];
    if (getrandom(salt, sizeof salt, 0) != sizeof salt) {
        return sj_fail(err, -EIO, "cannot get random bytes");
    }
    sj_index_close(&store->index);
    status = sj_index_open(&store->index, true);
    status = status < 0 ? status : sj_index_create(&store->index, salt);
    if (status < 0) {
        return sj_fail(err, status, "cannot make the index of '%s'", store->dir);
    }
    return 0;
}

static int open_index(struct sj_store *store, struct sj_err *err)
{
    int status = sj_index_read(&store->index);
    if ((status == -ENOENT || status == -ENODATA) && !store->is_read_only) {
        status = create(store, err);
        return status < 0 ? status : sj_index_read(&store->index);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot open the index of '%s'", store->dir);
    }
    return 0;
}

int sj_store_open(const struct sj_store_options *options, struct sj_store **out, struct sj_err *err)
{
    struct sj_store *store = sj_new(struct sj_store);
    store->dir = sj_strdup(options->dir);
    store->index.path = sj_asprintf("%s/index", options->dir);
    store->max_size_bytes = options->max_size_bytes ? options->max_size_bytes : MAX_SIZE_DEFAULT;
    store->compression_level = options->compression_level;
    store->is_read_only = options->is_read_only;
    store->scratch = SJ_BUF_INIT((size_t)1 << 32);
    const char *name = options->namespace_name ? options->namespace_name : "";
    store->name_len = strlen(name);
    if (store->name_len > SJ_ITEM_NAME_MAX) {
        sj_store_close(store);
        return sj_fail_plain(err, -EINVAL, "namespace '%s' is longer than %d bytes", name,
                             SJ_ITEM_NAME_MAX);
    }
    memcpy(store->name, name, store->name_len);
    int status = open_index(store, err);
    if (status < 0) {
        sj_store_close(store);
        return status;
    }
    *out = store;
    return 0;
}

void sj_store_close(struct sj_store *store)
{
    if (!store) {
        return;
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

void sj_store_condemn(const char *dir)
{
    (void)dir;
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
    int status = sj_index_read(index);
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
