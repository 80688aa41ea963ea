// SPDX-License-Identifier: Apache-2.0
#include "store/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/check.h"
#include "store/mark.h"
#include "store/rotate.h"
#include "store/usage.h"

#define DIR_MODE 0700

// A generation is written back to disk at the latest when the one after it is sealed, so a power
// cut can have torn the newest and the one before it.
#define TORN_GENERATIONS 2

// An index under construction.
struct sj_rebuild {
    struct sj_index index;
    MDB_txn *txn;
    struct sj_checker checker;
    uint32_t number; // of the generation being scanned
    int fd;          // of its file
    bool is_torn;    // its data must be checked
    // What each namespace has in this generation; namespaces are numbered from 0 on.
    struct sj_space_usage *usage;
    size_t usage_count;
};

static void count_item(struct sj_rebuild *rebuild, uint32_t ns, const struct sj_item *item)
{
    if (ns >= rebuild->usage_count) {
        size_t count = (size_t)ns + 16;
        rebuild->usage = sj_realloc(rebuild->usage, count, sizeof *rebuild->usage);
        memset(rebuild->usage + rebuild->usage_count, 0,
               (count - rebuild->usage_count) * sizeof *rebuild->usage);
        rebuild->usage_count = count;
    }
    rebuild->usage[ns].bytes += sj_item_len(item);
    rebuild->usage[ns].items++;
}

static int put_usage(struct sj_rebuild *rebuild)
{
    for (uint32_t ns = 0; ns < rebuild->usage_count; ns++) {
        struct sj_space_usage *usage = &rebuild->usage[ns];
        int status = usage->items == 0
                         ? 0
                         : sj_usage_add(&rebuild->index, rebuild->txn, ns, rebuild->number, usage);
        if (status < 0) {
            return status;
        }
        *usage = (struct sj_space_usage){0};
    }
    return 0;
}

// Whether the index has an item of a later bundle already. LMDB may put a small bundle into a gap
// before an older one, so within a generation the order of the file says nothing.
static bool is_outdated(struct sj_rebuild *rebuild, enum sj_table table,
                        const struct sj_index_key *name, const struct sj_item *item)
{
    MDB_val value;
    struct sj_place place;
    if (sj_index_get(&rebuild->index, rebuild->txn, table, name, &value) != 0 ||
        sj_place_decode(value.mv_data, value.mv_size, &place) < 0 ||
        place.generation != rebuild->number) {
        return false;
    }
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    struct sj_item other;
    ssize_t got = pread(rebuild->fd, prefix, sizeof prefix, (off_t)place.offset);
    return got > 0 && sj_item_decode(prefix, (size_t)got, rebuild->index.state.salt, &other) == 0 &&
           other.order > item->order;
}

// An item of a later generation or bundle takes the place over.
static int add_item(const struct sj_item *item, uint64_t offset, void *user)
{
    struct sj_rebuild *rebuild = user;
    struct sj_index *index = &rebuild->index;
    if (rebuild->is_torn) {
        int status = sj_checker_run(&rebuild->checker, rebuild->fd, item, offset);
        if (status != 0) {
            return status == -EBADMSG || status == -EFBIG ? 0 : status;
        }
    }
    uint32_t ns = 0;
    int status = sj_index_make_namespace(index, rebuild->txn, item->name, item->name_len, &ns);
    if (status < 0) {
        return status;
    }
    count_item(rebuild, ns, item);
    struct sj_index_key name = sj_index_key_of(ns, &item->key);
    if (item->kind == SJ_ITEM_LINK) {
        unsigned char pathset[SJ_KEY_SIZE];
        if (item->stored_len != sizeof pathset || item->codec != SJ_ITEM_RAW ||
            pread(rebuild->fd, pathset, sizeof pathset,
                  (off_t)(offset + sj_item_prefix_len(item))) != (ssize_t)sizeof pathset) {
            return 0;
        }
        return sj_index_link(index, rebuild->txn, &name, pathset);
    }
    struct sj_place place = {
        .generation = rebuild->number,
        .len = (uint32_t)sj_item_len(item),
        .raw_len = item->raw_len,
        .offset = offset,
    };
    enum sj_table table = sj_table_of((enum sj_blob)item->kind);
    return is_outdated(rebuild, table, &name, item)
               ? 0
               : sj_index_put_place(index, rebuild->txn, table, &name, &place);
}

static int add_generations(struct sj_rebuild *rebuild, const char *dir)
{
    struct sj_generation_list list;
    int status = sj_generation_list(dir, &list);
    if (status < 0) {
        return status;
    }
    struct sj_state *state = &rebuild->index.state;
    for (size_t i = 0; status == 0 && i < list.count; i++) {
        SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, list.files[i].number);
        SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        rebuild->number = list.files[i].number;
        rebuild->fd = fd;
        rebuild->is_torn = i + TORN_GENERATIONS >= list.count;
        status = sj_generation_scan(fd, state->salt, add_item, rebuild);
        status = status < 0 ? status : put_usage(rebuild);
    }
    if (status == 0 && list.count > 0) {
        state->oldest = list.files[0].number;
        // One that does not exist: LMDB's own pages in the last may be torn, so it is sealed.
        state->newest = list.files[list.count - 1].number + 1;
        status = sj_index_put_state(&rebuild->index, rebuild->txn);
    }
    sj_generation_list_release(&list);
    return status;
}

static int build(struct sj_rebuild *rebuild, const char *dir,
                 const unsigned char salt[SJ_SALT_SIZE])
{
    struct sj_index *index = &rebuild->index;
    int status = sj_index_open(index, true);
    status = status < 0 ? status : sj_index_create(index, salt);
    status = status < 0 ? status : sj_index_begin(index, &rebuild->txn);
    if (status < 0) {
        return status;
    }
    status = sj_index_end(index, rebuild->txn, add_generations(rebuild, dir));
    return status < 0 ? status : sj_lmdb_errno(mdb_env_sync(index->env, 1));
}

int sj_index_rebuild(struct sj_store *store, const unsigned char salt[SJ_SALT_SIZE])
{
    SJ_AUTO(sj_auto_free) char *aside = sj_asprintf("%s/index.old", store->dir);
    struct sj_rebuild rebuild = {.checker = sj_checker_of()};
    rebuild.index.path = sj_asprintf("%s/index.new", store->dir);
    rebuild.index.dir = store->dir;
    int status = sj_tree_remove(rebuild.index.path);
    status = status < 0 ? status : sj_tree_remove(aside);
    if (status == 0 && mkdir(rebuild.index.path, DIR_MODE) < 0) {
        status = -errno;
    }
    status = status < 0 ? status : build(&rebuild, store->dir, salt);
    sj_index_close(&rebuild.index);
    sj_checker_release(&rebuild.checker);
    free(rebuild.usage);
    if (status == 0 && rename(store->index.path, aside) < 0 && errno != ENOENT) {
        status = -errno;
    }
    if (status == 0 && rename(rebuild.index.path, store->index.path) < 0) {
        status = -errno;
    }
    free(rebuild.index.path);
    // Only now is there nothing to fear from the mark's absence.
    status = status < 0 ? status : sj_mark_clear(store->dir);
    (void)sj_tree_remove(aside);
    return status;
}
