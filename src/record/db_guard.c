// SPDX-License-Identifier: Apache-2.0
#include "record/db_guard.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "record/db_handle.h"

// A signal handler has nothing but such variables to find out whom it interrupts.
static _Thread_local sigjmp_buf
    *volatile landing; // where a guarded function goes on; NULL: none is
static struct sigaction bus_before;
static struct sigaction segv_before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fault(int number)
{
    sigjmp_buf *there = landing;
    if (there) {
        landing = NULL;
        siglongjmp(*there, 1);
    }
    // Somebody else's: it happens again as soon as this returns.
    (void)sigaction(number, number == SIGBUS ? &bus_before : &segv_before, NULL);
}

static void catch_faults(void)
{
    // It may happen again before the handler has returned: it never does where it jumps.
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, &bus_before);
    (void)sigaction(SIGSEGV, &action, &segv_before);
}

void sj_guard_install(void)
{
    (void)pthread_once(&once, catch_faults);
}

bool sj_guard_is_free(void)
{
    return !landing;
}

void sj_guard_enter(struct sj_guard *guard)
{
    if (!landing) {
        landing = &guard->here;
    }
}

void sj_guard_leave(struct sj_guard *guard)
{
    if (landing == &guard->here) {
        landing = NULL;
    }
}

sigjmp_buf *sj_guard_pause(void)
{
    sigjmp_buf *guarded = landing;
    landing = NULL;
    return guarded;
}

void sj_guard_resume(sigjmp_buf *guarded)
{
    landing = guarded;
}

// Others wait for the writer's lock until this process ends, unless it can still be given back.
static void give_up_writing(struct sj_db *db)
{
    SJ_AUTO(sj_guard_leave) struct sj_guard guard;
    if (sigsetjmp(guard.here, 0) == 0) {
        sj_guard_enter(&guard);
        mdb_txn_abort(db->writer);
    }
}

void sj_db_condemn(struct sj_db *db)
{
    db->is_condemned = true;
    if (db->shared) {
        atomic_store(&db->shared->is_condemned, true);
    }
    if (db->writer) {
        give_up_writing(db);
    }
    db->writer = NULL;
    db->reader = NULL;
    db->env = NULL;
    sj_db_unlock(db);
}
