// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Environments of record databases, each of which a process opens once, however many handles it
 * has: LMDB's locks are of the process, so that to close a second environment would take them away
 * from the first. Private to the room.
 * Source: lmdb.h 0.9.24, "Caveats"; fcntl(2), "Advisory record locking".
 */
#pragma once

#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

/** An open environment. All but is_condemned is guarded by sj_db_envs_lock(). */
struct sj_db_env {
    struct sj_db_env *next;   /**< another one of this process */
    MDB_env *env;             /**< LMDB's */
    char *dir;                /**< the store's directory */
    dev_t dev;                /**< of its folder */
    ino_t ino;                /**< of its folder */
    pid_t pid;                /**< of the process that has opened it */
    unsigned refs;            /**< handles */
    bool can_write;           /**< opened for it */
    bool has_tables;          /**< tables are open, for every handle */
    MDB_dbi tables[16];       /**< enum sj_db_table */
    atomic_bool is_condemned; /**< its pages make no sense: no new handle gets it */
};

/** Keep other threads from opening and closing. */
void sj_db_envs_lock(void);

/** Let them again. */
void sj_db_envs_unlock(void);

/**
 * Open the environment of a database, or have the one that is open already. With the lock held.
 *
 * @param path      its folder, which exists
 * @param dir       the store's directory
 * @param can_write open it for writing
 * @param out       takes it; the caller gives it back with sj_db_env_close()
 * @return 0, -EBUSY (wanted for writing, but this process has it open for reading), or as
 *         sj_lmdb_open()
 */
int sj_db_env_open(const char *path, const char *dir, bool can_write, struct sj_db_env **out);

/** Give an environment back. With the lock held. @param env environment, or NULL */
void sj_db_env_close(struct sj_db_env *env);

/** Whether other handles of this process use it, too, so that its map must not move. @param env
 * environment @return true when they do */
bool sj_db_env_is_shared(struct sj_db_env *env);
