// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The net under the record database. LMDB trusts its pages: where the disk has damaged them, it may
 * read what is not there. For readers that ends in an error here, not in the end of the process.
 * What writes may still do harm to its own memory: LMDB changes copies of pages by what they say of
 * themselves. Private to the room.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>

struct sj_db;

/** Where a function goes on when the pages make no sense. */
struct sj_guard {
    sigjmp_buf here; /**< the function */
};

/** Whether no function of this thread is guarded yet. @return true: one may be */
bool sj_guard_is_free(void);

/** Guard the function that has just called sigsetjmp(), unless one is. @param guard its own */
void sj_guard_enter(struct sj_guard *guard);

/** End what sj_guard_enter() began. @param guard its own, guarded or not */
void sj_guard_leave(struct sj_guard *guard);

/** Let faults be whose they are, while a caller's function runs. @return to be resumed */
sigjmp_buf *sj_guard_pause(void);

/** Go on guarding. @param guarded from sj_guard_pause() */
void sj_guard_resume(sigjmp_buf *guarded);

/** Catch SIGBUS and SIGSEGV from now on; what is not the database's is handed on. Safe from several
 * threads at once. */
void sj_guard_install(void);

/** Give a database up: all that is asked of it is -EBADMSG now. Its map and its memory stay until
 * the process ends. @param db database */
void sj_db_condemn(struct sj_db *db);

/**
 * First statement of a function that reads or writes the database: it returns `result` when the
 * pages make no sense. The function must have no locals of its own.
 */
#define SJ_DB_GUARD(db, result)                                \
    SJ_AUTO(sj_guard_leave) struct sj_guard guard;             \
    if ((db)->is_condemned) {                                  \
        return (result);                                       \
    }                                                          \
    if (sj_guard_is_free() && sigsetjmp(guard.here, 0) != 0) { \
        sj_db_condemn(db);                                     \
        return (result);                                       \
    }                                                          \
    sj_guard_enter(&guard)
