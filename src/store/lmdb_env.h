// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Opening LMDB environments, and what LMDB's errors mean here.
 * Source: lmdb.h 0.9.24.
 */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Errno of an LMDB result.
 *
 * @param rc what an LMDB function returned, other than MDB_NOTFOUND
 * @return 0 or a negative errno: -EBADMSG (damaged), -ENOSPC (map or disk full), -EAGAIN (no reader
 *         slot free), or what the system said
 */
int sj_lmdb_errno(int rc);

/**
 * Open an environment, with less address space when the process may not have that much.
 *
 * @param path       file, or directory when flags lack MDB_NOSUBDIR
 * @param flags      LMDB's
 * @param map_bytes  address space to reserve
 * @param need_bytes least that will do
 * @param dir        the store's directory: condemned when LMDB finds its pages to make no sense,
 *                   whereupon SIGBUS is raised; outlives the environment
 * @param out        takes the environment; the caller closes it with mdb_env_close()
 * @return 0 or a negative errno
 */
int sj_lmdb_open(const char *path, unsigned flags, uint64_t map_bytes, uint64_t need_bytes,
                 const char *dir, MDB_env **out);

/**
 * Begin a transaction; grows the map when another process made the file larger, and clears slots of
 * dead readers when none is free.
 *
 * @param env      environment without an open transaction of this thread
 * @param flags    0 or MDB_RDONLY
 * @param may_grow no other thread uses the environment; else -EAGAIN where the map is too small
 * @param out      takes the transaction
 * @return 0 or a negative errno
 */
int sj_lmdb_begin(MDB_env *env, unsigned flags, bool may_grow, MDB_txn **out);
