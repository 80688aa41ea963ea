// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

TestSuite(share, .init = fixture_set_up, .fini = fixture_tear_down);

#define PROCESSES 16
#define PUTS      20
#define BYTES     20000

// Put objects: the even ones everybody's, the odd ones this process's own.
static int put_some(unsigned process)
{
    struct sj_store *store = fixture_open(0);
    for (unsigned i = 0; i < PUTS; i++) {
        unsigned seed = i % 2 ? process * 1000 + i : 1000000 + i;
        (void)fixture_put(store, BYTES, seed);
        if (!fixture_has(store, BYTES, seed)) {
            return 1;
        }
        sj_store_release(store);
    }
    sj_store_close(store);
    return 0;
}

static void wait_for(unsigned processes)
{
    for (unsigned i = 0; i < processes; i++) {
        int status = 0;
        cr_assert_gt(wait(&status), 0);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    }
}

Test(share, many_processes_write_at_once)
{
    // The first of them makes the store.
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            _exit(put_some(i));
        }
    }
    wait_for(PROCESSES);
    struct sj_store *store = fixture_open(0);
    for (unsigned process = 0; process < PROCESSES; process++) {
        for (unsigned i = 0; i < PUTS; i++) {
            cr_assert(fixture_has(store, BYTES, i % 2 ? process * 1000 + i : 1000000 + i));
        }
    }
    struct sj_verify_report report;
    cr_assert_eq(sj_store_verify(store, NULL, NULL, &report, NULL), 0);
    cr_assert_eq(report.checked, PROCESSES * PUTS / 2 + PUTS / 2);
    cr_assert_eq(report.damaged + report.dangling, 0);
    sj_store_close(store);
}

static int churn(unsigned process)
{
    struct sj_store *store = fixture_open(UINT64_C(16) << 20);
    for (unsigned i = 0; i < 150; i++) {
        (void)fixture_put(store, BYTES, process * 1000 + i);
        (void)fixture_has(store, BYTES, process * 1000 + i / 2);
        sj_store_release(store);
        sj_store_promote(store);
    }
    sj_store_close(store);
    return 0;
}

static int maintain(void)
{
    struct sj_store *store = fixture_open(UINT64_C(16) << 20);
    for (int i = 0; i < 5; i++) {
        struct sj_verify_report report;
        if (sj_store_gc(store, UINT64_MAX, 0, NULL, NULL) != 0 ||
            sj_store_verify(store, NULL, NULL, &report, NULL) != 0 || report.damaged != 0 ||
            sj_store_clear(store, NULL) != 0) {
            return 1;
        }
    }
    sj_store_close(store);
    return 0;
}

Test(share, maintenance_goes_on_beside_writers)
{
    for (unsigned i = 0; i < 4; i++) {
        if (fork() == 0) {
            _exit(churn(i));
        }
    }
    if (fork() == 0) {
        _exit(maintain());
    }
    wait_for(5);
    struct sj_store *store = fixture_open(UINT64_C(16) << 20);
    struct sj_verify_report report;
    cr_assert_eq(sj_store_verify(store, NULL, NULL, &report, NULL), 0);
    cr_assert_eq(report.damaged, 0);
    sj_store_close(store);
}
