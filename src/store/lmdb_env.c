// SPDX-License-Identifier: Apache-2.0
#include "store/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/mem.h"
#include "store/store.h"

// Databases of the index, and readers at one time on a large build machine.
#define DATABASES_MAX 16
#define READERS_MAX   2046
#define FILE_MODE     0666

int sj_lmdb_errno(int rc)
{
    switch (rc) {
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_TXN:
    case MDB_CURSOR_FULL:
        return -EBADMSG;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return -ENOSPC;
    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
    case MDB_BAD_RSLOT:
        return -EAGAIN;
    default:
        return rc <= 0 ? (rc == 0 ? 0 : -EINVAL) : -rc;
    }
}

// LMDB found its pages to make no sense, and is about to print that and abort. This is the same as
// a crash on damaged pages, and programs that are prepared for one are prepared for its signal.
static void fail_assertion(MDB_env *env, const char *message)
{
    (void)message;
    sj_store_condemn(mdb_env_get_userctx(env));
    (void)raise(SIGBUS);
}

static int open_once(const char *path, unsigned flags, uint64_t map_bytes, const char *dir,
                     MDB_env **out)
{
    MDB_env *env = NULL;
    if (mdb_env_create(&env) != 0) {
        sj_oom();
    }
    (void)mdb_env_set_maxdbs(env, DATABASES_MAX);
    (void)mdb_env_set_maxreaders(env, READERS_MAX);
    (void)mdb_env_set_userctx(env, (void *)(uintptr_t)dir);
    (void)mdb_env_set_assert(env, fail_assertion);
    int rc = mdb_env_set_mapsize(env, map_bytes);
    rc = rc ? rc : mdb_env_open(env, path, flags, FILE_MODE);
    if (rc) {
        mdb_env_close(env);
        // An empty file, opened read-only: LMDB would write its first page through that descriptor.
        return rc == EBADF ? -ENODATA : sj_lmdb_errno(rc);
    }
    // LMDB 0.9.24 leaves the data file open across exec: compilers must not inherit it.
    int fd = -1;
    if (mdb_env_get_fd(env, &fd) == 0) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    *out = env;
    return 0;
}

int sj_lmdb_open(const char *path, unsigned flags, uint64_t map_bytes, uint64_t need_bytes,
                 const char *dir, MDB_env **out)
{
    int status = open_once(path, flags, map_bytes, dir, out);
    // Address space may be limited (ulimit -v).
    while (status == -ENOMEM && map_bytes / 4 >= need_bytes) {
        map_bytes /= 4;
        status = open_once(path, flags, map_bytes, dir, out);
    }
    return status;
}

int sj_lmdb_begin(MDB_env *env, unsigned flags, bool may_grow, MDB_txn **out)
{
    int rc = mdb_txn_begin(env, NULL, flags, out);
    if (rc == MDB_MAP_RESIZED && may_grow) {
        rc = mdb_env_set_mapsize(env, 0);
        rc = rc ? rc : mdb_txn_begin(env, NULL, flags, out);
    } else if (rc == MDB_READERS_FULL) {
        int dead = 0;
        (void)mdb_reader_check(env, &dead);
        rc = dead > 0 ? mdb_txn_begin(env, NULL, flags, out) : rc;
    }
    return sj_lmdb_errno(rc);
}
