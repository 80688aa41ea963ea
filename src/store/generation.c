// SPDX-License-Identifier: Apache-2.0
#include "store/generation.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/lmdb_env.h"

// Address space, not disk: a generation and one bundle, 4 GiB each at most, fit well.
#define MAP_BYTES      (UINT64_C(1) << 34)
#define MAP_NEED_BYTES (UINT64_C(1) << 28)

// LMDB's pages are as large as the system's; these are the smallest, and divide all others.
#define PAGE_SIZE_MIN  4096
#define PAGE_HEAD_SIZE 16
#define PAGE_FLAGS_AT  10 // 16 bits, in the byte order of the machine
#define PAGE_OVERFLOW  4
#define SUFFIX         ".mdb"
#define NAME_DIGITS    8

char *sj_generation_path(const char *dir, uint32_t number)
{
    return sj_asprintf("%s/generations/%0*u" SUFFIX, dir, NAME_DIGITS, number);
}

bool sj_generation_parse(const char *name, uint32_t *out)
{
    char digits[16] = {0};
    size_t len = strlen(name);
    size_t suffix_len = sizeof SUFFIX - 1;
    if (len < NAME_DIGITS + suffix_len || len >= sizeof digits + suffix_len ||
        strcmp(name + len - suffix_len, SUFFIX) != 0) {
        return false;
    }
    memcpy(digits, name, len - suffix_len);
    uint64_t number = 0;
    if (sj_parse_u64(digits, UINT32_MAX, &number) < 0 || number == 0) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

int sj_generation_open(struct sj_generation *generation, const char *dir, uint32_t number)
{
    if (generation->env && generation->number == number) {
        return 0;
    }
    sj_generation_close(generation);
    SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, number);
    // LMDB would make it.
    if (access(path, F_OK) < 0) {
        return -errno;
    }
    int status =
        sj_lmdb_open(path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC | MDB_NORDAHEAD | MDB_NOTLS,
                     MAP_BYTES, MAP_NEED_BYTES, dir, &generation->env);
    if (status < 0) {
        return status;
    }
    generation->number = number;
    return 0;
}

void sj_generation_close(struct sj_generation *generation)
{
    if (generation->env) {
        mdb_env_close(generation->env);
    }
    *generation = (struct sj_generation){0};
}

uint64_t sj_generation_used(const struct sj_generation *generation)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(generation->env, &info) != 0 || mdb_env_stat(generation->env, &stat) != 0) {
        return UINT64_MAX;
    }
    return ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
}

// Offset that the value of a new overflow page will have in the file. Every page begins with its
// number; LMDB has no call that tells it (mdb.c, struct MDB_page and OVPAGES).
static uint64_t offset_of(const void *value, size_t page_size)
{
    size_t number;
    memcpy(&number, (const char *)value - PAGE_HEAD_SIZE, sizeof number);
    return (uint64_t)number * page_size + PAGE_HEAD_SIZE;
}

static int put_bundle(MDB_txn *txn, size_t len, sj_generation_fill *fill, void *user,
                      uint64_t *offset)
{
    MDB_dbi dbi = 0;
    MDB_stat stat;
    int rc = mdb_dbi_open(txn, NULL, 0, &dbi);
    rc = rc ? rc : mdb_stat(txn, dbi, &stat);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    uint64_t number = htobe64((uint64_t)stat.ms_entries);
    MDB_val name = {sizeof number, &number};
    // What takes less than half a page would share a leaf page, and leaf pages do move.
    size_t least = stat.ms_psize / 2;
    MDB_val value = {len < least ? least : len, NULL};
    rc = mdb_put(txn, dbi, &name, &value, MDB_APPEND | MDB_RESERVE);
    if (rc) {
        return sj_lmdb_errno(rc);
    }
    fill(value.mv_data, (uint32_t)stat.ms_entries, user);
    memset((char *)value.mv_data + len, 0, value.mv_size - len);
    *offset = offset_of(value.mv_data, stat.ms_psize);
    return 0;
}

int sj_generation_append(struct sj_generation *generation, size_t len, sj_generation_fill *fill,
                         void *user, uint64_t *offset)
{
    MDB_txn *txn = NULL;
    int status = sj_lmdb_begin(generation->env, 0, true, &txn);
    if (status < 0) {
        return status;
    }
    status = put_bundle(txn, len, fill, user, offset);
    if (status < 0) {
        mdb_txn_abort(txn);
        return status;
    }
    return sj_lmdb_errno(mdb_txn_commit(txn));
}

struct sj_scan {
    int fd;
    uint64_t size; // of the file
    const unsigned char *salt;
    sj_generation_visit *visit;
    void *user;
};

// Read and decode the item at an offset. 0: there is one.
static int item_at(int fd, uint64_t offset, const unsigned char salt[SJ_SALT_SIZE],
                   struct sj_item *out)
{
    unsigned char prefix[SJ_ITEM_PREFIX_MAX];
    ssize_t got = pread(fd, prefix, sizeof prefix, (off_t)offset);
    if (got < 0) {
        return -errno;
    }
    return sj_item_decode(prefix, (size_t)got, salt, out);
}

// Whether a value begins at a page: LMDB's header of it says so. What is left over from the heap in
// the free part of its other pages is not looked at.
static bool is_value_page(int fd, uint64_t page)
{
    uint16_t flags = 0;
    return pread(fd, &flags, sizeof flags, (off_t)page + PAGE_FLAGS_AT) == (ssize_t)sizeof flags &&
           flags == PAGE_OVERFLOW;
}

// Visit the items of the bundle at an offset; end takes where it ends, or stays where there is
// none.
static int scan_bundle(const struct sj_scan *scan, uint64_t offset, uint64_t *end)
{
    for (uint64_t rest_len = 1; rest_len > 0;) {
        struct sj_item item;
        int status = item_at(scan->fd, offset, scan->salt, &item);
        if (status < 0) {
            return status == -EBADMSG ? 0 : status;
        }
        uint64_t len = sj_item_len(&item);
        if (len > scan->size - offset || item.rest_len > scan->size - offset - len) {
            return 0;
        }
        *end = offset + len + sj_item_padding(len) + item.rest_len;
        status = scan->visit(&item, offset, scan->user);
        if (status != 0) {
            return status;
        }
        offset += len + sj_item_padding(len);
        rest_len = offset < scan->size ? item.rest_len : 0;
    }
    return 0;
}

int sj_generation_scan(int fd, const unsigned char salt[SJ_SALT_SIZE], sj_generation_visit *visit,
                       void *user)
{
    struct stat st;
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    struct sj_scan scan = {
        .fd = fd, .salt = salt, .visit = visit, .user = user, .size = (uint64_t)st.st_size};
    for (uint64_t page = 0; page + PAGE_HEAD_SIZE < scan.size;) {
        uint64_t end = page + 1;
        int status = is_value_page(fd, page) ? scan_bundle(&scan, page + PAGE_HEAD_SIZE, &end) : 0;
        if (status != 0) {
            return status;
        }
        page = (end + PAGE_SIZE_MIN - 1) / PAGE_SIZE_MIN * PAGE_SIZE_MIN;
    }
    return 0;
}
