// SPDX-License-Identifier: Apache-2.0
#include "record/db.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "record/db_handle.h"
#include "store/lmdb_env.h"

#define PACKED_MAX ((size_t)64 << 20)

static const char *const names[SJ_DB_TABLES] = {
    [SJ_DB_META] = "meta",       [SJ_DB_IDS] = "ids",     [SJ_DB_TEXT] = "text",
    [SJ_DB_BUILD] = "build",     [SJ_DB_UNIT] = "unit",   [SJ_DB_CONFIG] = "config",
    [SJ_DB_CONTENT] = "content", [SJ_DB_STATE] = "state", [SJ_DB_SAMPLE] = "sample",
    [SJ_DB_NOTE] = "note",       [SJ_DB_MEMO] = "memo",
};

// LMDB found its pages to make no sense, and is about to print that and abort.
static void fail_assertion(MDB_env *env, const char *message)
{
    (void)env;
    (void)message;
    (void)raise(SIGBUS);
}

// A file that was cut would raise SIGBUS when its missing pages are read: better to know now.
static int check_length(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat st;
    int fd = -1;
    if (mdb_env_info(env, &info) || mdb_env_stat(env, &stat) || mdb_env_get_fd(env, &fd) ||
        fstat(fd, &st) < 0) {
        return -EBADMSG;
    }
    return (uint64_t)st.st_size < ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize ? -EBADMSG : 0;
}

static int open_tables(struct sj_db *db, MDB_txn *txn, unsigned flags)
{
    for (size_t i = 0; i < SJ_DB_TABLES; i++) {
        int rc = mdb_dbi_open(txn, names[i], flags, &db->tables[i]);
        if (rc == MDB_NOTFOUND) {
            return SJ_DB_NONE;
        }
        if (rc) {
            return sj_lmdb_errno(rc);
        }
    }
    return 0;
}

static int check_format(struct sj_db *db)
{
    struct sj_str row;
    int status = sj_db_get(db, SJ_DB_META, (const char[]){SJ_DB_META_FORMAT}, 1, &row);
    if (status != 0) {
        return status;
    }
    if (row.len != 4) {
        return -EBADMSG;
    }
    uint32_t format = sj_get_u32(row.data);
    return format == SJ_DB_FORMAT ? 0 : format > SJ_DB_FORMAT ? -EPROTO : -EBADMSG;
}

// With the lock of environments held, as whatever calls it.
static bool may_grow(const struct sj_db *db)
{
    return db->shared->refs == 1;
}

// What another process is just making has no tables yet.
static int make_tables(struct sj_db *db)
{
    MDB_txn *txn = NULL;
    int status = sj_lmdb_begin(db->env, 0, may_grow(db), &txn);
    if (status < 0) {
        return status;
    }
    status = open_tables(db, txn, MDB_CREATE);
    db->writer = txn;
    if (status == 0) {
        status = check_format(db);
    }
    if (status == SJ_DB_NONE) {
        unsigned char format[4];
        sj_put_u32(format, SJ_DB_FORMAT);
        status = sj_db_put(db, SJ_DB_META, (const char[]){SJ_DB_META_FORMAT}, 1, format, 4);
    }
    return sj_db_end(db, status);
}

static int read_tables(struct sj_db *db)
{
    int status = sj_lmdb_begin(db->env, MDB_RDONLY, may_grow(db), &db->reader);
    if (status < 0) {
        return status;
    }
    status = open_tables(db, db->reader, 0);
    status = status == 0 ? check_format(db) : status;
    if (status != 0) {
        return status;
    }
    // Tables stay open beyond the transaction that opened them only once that is committed.
    int rc = mdb_txn_commit(sj_steal(db->reader));
    return sj_lmdb_errno(rc);
}

// Tables are of the environment: who comes later has those of who came first.
static int have_tables(struct sj_db *db)
{
    struct sj_db_env *shared = db->shared;
    _Static_assert(sizeof db->tables <= sizeof shared->tables, "all tables have room");
    if (shared->has_tables) {
        memcpy(db->tables, shared->tables, sizeof db->tables);
        return 0;
    }
    int status = db->can_write ? make_tables(db) : read_tables(db);
    if (status == 0) {
        memcpy(shared->tables, db->tables, sizeof db->tables);
        shared->has_tables = true;
    }
    return status;
}

static int open_all(struct sj_db *db)
{
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/data.mdb", db->path);
    if (db->can_write) {
        int status = sj_dir_make(db->path, 0777);
        if (status < 0) {
            return status;
        }
    } else if (access(file, F_OK) < 0) {
        return errno == ENOENT ? SJ_DB_NONE : -errno;
    }
    int status = sj_db_env_open(db->path, db->dir, db->can_write, &db->shared);
    if (status == -ENODATA) {
        return SJ_DB_NONE;
    }
    if (status < 0) {
        return status;
    }
    db->env = db->shared->env;
    (void)mdb_env_set_assert(db->env, fail_assertion);
    status = check_length(db->env);
    status = status == 0 ? have_tables(db) : status;
    return status == 0 ? sj_lmdb_begin(db->env, MDB_RDONLY, may_grow(db), &db->reader) : status;
}

static int open_env(struct sj_db *db)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return open_all(db);
}

int sj_db_fail(struct sj_err *err, int status, const struct sj_db *db)
{
    const char *path = db->path;
    switch (-status) {
    case EBADMSG:
        return sj_fail_plain(
            err, status,
            "the record database '%s' is damaged: remove it; what the journal still "
            "has is taken in again",
            path);
    case EBUSY:
        return sj_fail_plain(err, status, "the record database '%s' is open for reading only",
                             path);
    case EPROTO:
        return sj_fail_plain(
            err, status, "the record database '%s' was made by a newer version of scrubjay", path);
    default:
        return sj_fail(err, status, "cannot use the record database '%s'", path);
    }
}

int sj_db_open(const char *dir, enum sj_db_mode mode, struct sj_db **out, struct sj_err *err)
{
    struct sj_db *db = sj_new(struct sj_db);
    db->dir = sj_strdup(dir);
    db->path = sj_asprintf("%s/records", dir);
    db->can_write = mode == SJ_DB_WRITE;
    db->lock = -1;
    sj_guard_install();
    db->scratch = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    db->packed = SJ_BUF_INIT(PACKED_MAX + 64);
    sj_db_envs_lock();
    int status = open_env(db);
    sj_db_envs_unlock();
    if (status < 0) {
        (void)sj_db_fail(err, status, db);
    }
    if (status != 0) {
        sj_db_close(db);
        return status;
    }
    *out = db;
    return 0;
}

static void free_phases(struct sj_db *db)
{
    for (size_t i = 0; i < db->phases_count; i++) {
        free(db->phases[i]);
    }
    free(db->phases);
    db->phases = NULL;
    db->phases_count = 0;
}

void sj_db_close(struct sj_db *db)
{
    if (!db) {
        return;
    }
    if (db->writer) {
        mdb_txn_abort(db->writer);
    }
    if (db->reader) {
        mdb_txn_abort(db->reader);
    }
    // A condemned one has no environment any more: it stays.
    if (db->env) {
        sj_db_envs_lock();
        sj_db_env_close(db->shared);
        sj_db_envs_unlock();
    }
    sj_db_unlock(db);
    sj_states_release(&db->states);
    sj_codec_release(&db->codec);
    sj_buf_release(&db->scratch);
    sj_buf_release(&db->packed);
    free(db->samples);
    free_phases(db);
    free(db->path);
    free(db->dir);
    free(db);
}

void sj_db_forget(struct sj_db *db)
{
    memset(db->texts, 0, sizeof db->texts);
    sj_states_release(&db->states);
}

static int refresh(struct sj_db *db)
{
    sj_db_forget(db);
    free_phases(db);
    if (db->reader) {
        mdb_txn_abort(db->reader);
        db->reader = NULL;
    }
    return sj_lmdb_begin(db->env, MDB_RDONLY, !sj_db_env_is_shared(db->shared), &db->reader);
}

int sj_db_refresh(struct sj_db *db)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return refresh(db);
}

int sj_db_lock(struct sj_db *db)
{
    if (!db->can_write) {
        return -EROFS;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/lock", db->path);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    while (flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    db->lock = sj_take_fd(&fd);
    return 0;
}

void sj_db_unlock(struct sj_db *db)
{
    if (db->lock >= 0) {
        (void)close(sj_take_fd(&db->lock));
    }
}

int sj_db_begin(struct sj_db *db)
{
    if (!db->can_write) {
        return -EROFS;
    }
    memset(db->texts, 0, sizeof db->texts);
    bool grows = !db->reader && !sj_db_env_is_shared(db->shared);
    return sj_lmdb_begin(db->env, 0, grows, &db->writer);
}

int sj_db_end(struct sj_db *db, int status)
{
    MDB_txn *txn = sj_steal(db->writer);
    if (status != 0) {
        mdb_txn_abort(txn);
        return status;
    }
    int rc = mdb_txn_commit(txn);
    // LMDB knows of a short write only that it was one: the disk is full.
    return rc == EIO ? -ENOSPC : sj_lmdb_errno(rc);
}
