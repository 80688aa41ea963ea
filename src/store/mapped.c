// SPDX-License-Identifier: Apache-2.0
#include "store/mapped.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

// Address space, not memory: as much as LMDB takes for a generation, so that it need not grow.
#define MAP_BYTES ((size_t)1 << 34)

// A signal handler has nothing but such variables to find out whom it interrupts.
static _Thread_local sigjmp_buf *volatile landing; // where a failed copy goes on; NULL: none is on
static struct sigaction handler_before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_bus_error(int number)
{
    sigjmp_buf *there = landing;
    if (there) {
        landing = NULL;
        siglongjmp(*there, 1);
    }
    // Somebody else's: it happens again as soon as this returns.
    (void)sigaction(number, &handler_before, NULL);
}

static void catch_bus_errors(void)
{
    // It may happen again before the handler has returned: it never does where it jumps.
    struct sigaction action = {.sa_handler = on_bus_error, .sa_flags = SA_NODEFER};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, &handler_before);
}

void sj_mapped_open(struct sj_mapped *mapped, int fd)
{
    (void)pthread_once(&once, catch_bus_errors);
    void *base = mmap(NULL, MAP_BYTES, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED) {
        return;
    }
    // What lies next to a value is another value, which nobody has asked for.
    (void)madvise(base, MAP_BYTES, MADV_RANDOM);
    (void)madvise(base, MAP_BYTES, MADV_DONTDUMP);
    mapped->base = base;
}

void sj_mapped_close(struct sj_mapped *mapped)
{
    if (mapped->base) {
        (void)munmap((void *)(uintptr_t)mapped->base, MAP_BYTES);
        mapped->base = NULL;
    }
}

const char *sj_mapped_at(struct sj_mapped *mapped, int fd, uint64_t offset, uint64_t len)
{
    if (!mapped->base || offset > MAP_BYTES || len > MAP_BYTES - offset) {
        return NULL;
    }
    if (offset + len > atomic_load_explicit(&mapped->file_len, memory_order_relaxed)) {
        struct stat stat;
        if (fstat(fd, &stat) < 0) {
            return NULL;
        }
        atomic_store_explicit(&mapped->file_len, (uint64_t)stat.st_size, memory_order_relaxed);
        if (offset + len > (uint64_t)stat.st_size) {
            return NULL;
        }
    }
    return mapped->base + offset;
}

int sj_mapped_copy(void *out, const char *from, size_t len)
{
    sigjmp_buf here;
    if (sigsetjmp(here, 0) != 0) {
        return -EIO;
    }
    landing = &here;
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(out, from, len);
    atomic_signal_fence(memory_order_seq_cst);
    landing = NULL;
    return 0;
}
