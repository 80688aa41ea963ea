// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdatomic.h>

#include "server/worker.h"

static _Atomic unsigned done;

static void work(void *user)
{
    (void)atomic_fetch_add(&done, *(unsigned *)user);
}

Test(worker, does_all_before_it_ends)
{
    for (unsigned threads = 0; threads < 4; threads++) {
        unsigned one = 1;
        atomic_store(&done, 0);
        struct sj_worker *worker = sj_worker_new(threads);
        for (unsigned i = 0; i < 1000; i++) {
            sj_worker_do(worker, work, &one);
        }
        sj_worker_free(worker);
        cr_expect_eq(done, 1000, "%u threads", threads);
    }
}
