// SPDX-License-Identifier: Apache-2.0
// What the store costs by itself: a hit as the wrapper makes it, puts by many processes, churn at
// the cap, and reads and durable writes as a server makes them.
// usage: bench-store [hit|puts|churn|shared]… (all without arguments)
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/maintain.h"
#include "store/shared.h"
#include "store/store.h"
#include "store/write.h"

#define ACTIONS      2000
#define RESULT_BYTES 4000
#define STAMP_BYTES  6000
#define HITS         2000
#define PUTS_TOTAL   8000
#define PUT_BYTES    16384
#define CHURN_CAP    (UINT64_C(300) << 20)
#define BLOBS        20000
#define FINDS        300000
#define IN_FLIGHT    64

static struct sj_store *open_store(const char *dir, uint64_t max_size_bytes)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.dir = dir, .max_size_bytes = max_size_bytes};
    if (sj_store_open(&options, &store, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return store;
}

static void fill(char *data, size_t len, unsigned seed)
{
    seed = seed * 2654435761u + 1;
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        data[i] = (char)(seed >> 24);
    }
}

static void put(struct sj_store *store, size_t len, unsigned seed)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(len, 1);
    fill(data, len, seed);
    struct sj_key key = sj_key_of(data, len);
    struct sj_batch *batch = sj_batch_new(store);
    struct sj_err err = {0};
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, data, len);
    if (sj_batch_commit(batch, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    sj_batch_free(batch);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *one = a;
    const uint64_t *other = b;
    return (*one > *other) - (*one < *other);
}

static void print_spread(const char *what, uint64_t *spans, size_t count)
{
    qsort(spans, count, sizeof *spans, by_value);
    (void)printf("%-34s p50 %8.1f  p99 %8.1f  worst %9.1f us\n", what,
                 (double)spans[count / 2] / 1e3, (double)spans[count * 99 / 100] / 1e3,
                 (double)spans[count - 1] / 1e3);
}

static void hit_once(const char *dir, unsigned seed, uint64_t *span)
{
    uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
    struct sj_key key = sj_key_of(&seed, sizeof seed);
    struct sj_store *store = open_store(dir, 0);
    struct sj_str stamp;
    struct sj_buf result = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sj_store_stamp_find(store, &key, &stamp) != 0 ||
        sj_store_blob_read(store, SJ_BLOB_RESULT, &key, &result) != 0) {
        (void)fprintf(stderr, "no hit\n");
        exit(1);
    }
    sj_store_release(store);
    *span = sj_clock_ns(CLOCK_MONOTONIC) - began;
    sj_buf_release(&result);
    sj_store_close(store);
}

static void bench_hit(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(STAMP_BYTES, 1);
    struct sj_store *store = open_store(dir, 0);
    for (unsigned i = 0; i < ACTIONS; i++) {
        struct sj_key key = sj_key_of(&i, sizeof i);
        struct sj_batch *batch = sj_batch_new(store);
        fill(data, STAMP_BYTES, i);
        sj_batch_blob(batch, SJ_BLOB_RESULT, &key, data, RESULT_BYTES);
        sj_batch_stamp(batch, &key, &key, data, STAMP_BYTES);
        (void)sj_batch_commit(batch, NULL);
        sj_batch_free(batch);
    }
    sj_store_close(store);
    static uint64_t spans[HITS];
    for (unsigned i = 0; i < HITS; i++) {
        hit_once(dir, i * 7 % ACTIONS, &spans[i]);
    }
    print_spread("hit: open, stamp, result", spans, HITS);
    // In a fresh process each, as the wrapper is one.
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    long faults = usage.ru_minflt;
    hit_once(dir, 1, &spans[0]);
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("%-34s %ld page faults\n", "", usage.ru_minflt - faults);
}

static void bench_puts(const char *dir, unsigned processes, bool anew)
{
    (void)sj_tree_remove(dir);
    sj_store_close(open_store(dir, 0));
    unsigned each = PUTS_TOTAL / processes;
    uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
    for (unsigned p = 0; p < processes; p++) {
        if (fork() == 0) {
            struct sj_store *store = open_store(dir, 0);
            for (unsigned i = 0; i < each; i++) {
                if (anew) {
                    sj_store_close(store);
                    store = open_store(dir, 0);
                }
                put(store, PUT_BYTES, p * 100000 + i);
            }
            sj_store_close(store);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    uint64_t span = sj_clock_ns(CLOCK_MONOTONIC) - began;
    (void)printf("puts of %d KiB, %2u processes%-7s %8.0f /s\n", PUT_BYTES / 1024, processes,
                 anew ? ", anew" : "", (double)(each * processes) * 1e9 / (double)span);
}

static void bench_churn(const char *dir)
{
    (void)sj_tree_remove(dir);
    struct sj_store *store = open_store(dir, CHURN_CAP);
    static uint64_t spans[200000];
    size_t count = 0;
    unsigned state = 1;
    for (uint64_t written = 0; written < 5 * CHURN_CAP; count++) {
        state = state * 1664525u + 1013904223u;
        // 2 KiB to 2 MiB, evenly in the logarithm.
        size_t len = ((size_t)2048 << (state >> 8) % 10) + (state >> 4) % 2048;
        uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
        put(store, len, (unsigned)count);
        spans[count] = sj_clock_ns(CLOCK_MONOTONIC) - began;
        written += len;
    }
    struct sj_store_stat stat;
    (void)sj_store_stat(store, &stat, NULL);
    print_spread("churn: put (making the data too)", spans, count);
    (void)printf("%-34s %.3f of the cap on disk\n", "",
                 (double)stat.size_bytes / (double)CHURN_CAP);
    sj_store_close(store);
}

static struct sj_shared *open_shared(const char *dir, bool is_durable)
{
    struct sj_shared *shared = NULL;
    struct sj_err err = {0};
    struct sj_shared_options options = {.dir = dir, .is_durable = is_durable};
    if (sj_shared_open(&options, &shared, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return shared;
}

static uint64_t thread_cpu_ns(void)
{
    return sj_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

// A thread that finds and reads.
struct finder {
    pthread_t thread;
    struct sj_shared *shared;
    unsigned seed;
    bool is_check; // find and check, as before sendfile
    uint64_t cpu_ns;
};

static void *find_many(void *user)
{
    struct finder *finder = user;
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    uint64_t began = thread_cpu_ns();
    unsigned state = finder->seed;
    for (unsigned i = 0; i < FINDS; i++) {
        state = state * 1664525u + 1013904223u;
        unsigned which = (state >> 8) % BLOBS;
        struct sj_key key = sj_key_of(&which, sizeof which);
        struct sj_view view;
        sj_buf_clear(&out);
        int status = sj_shared_find(finder->shared, sj_str_of("main"), SJ_BLOB_ENTRY, &key, &view);
        if (status == 0) {
            status = finder->is_check ? sj_view_check(finder->shared, &view)
                                      : sj_view_read(finder->shared, &view, &out);
            sj_view_close(finder->shared, &view);
        }
        if (status != 0) {
            (void)fprintf(stderr, "not found\n");
            exit(1);
        }
    }
    finder->cpu_ns = thread_cpu_ns() - began;
    sj_buf_release(&out);
    return NULL;
}

static void bench_finds(struct sj_shared *shared, const char *what, unsigned threads, bool is_check)
{
    struct finder finders[8];
    uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
    uint64_t cpu = 0;
    for (unsigned i = 0; i < threads; i++) {
        finders[i] = (struct finder){.shared = shared, .seed = i + 1, .is_check = is_check};
        (void)pthread_create(&finders[i].thread, NULL, find_many, &finders[i]);
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(finders[i].thread, NULL);
        cpu += finders[i].cpu_ns;
    }
    double span = (double)(sj_clock_ns(CLOCK_MONOTONIC) - began);
    (void)printf("%-26s %u threads %7.0f ns of CPU each %9.0f /s\n", what, threads,
                 (double)cpu / (double)(threads * FINDS), threads * FINDS * 1e9 / span);
}

// Writes in flight.
struct window {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned flying;
};

static void land(int status, void *user)
{
    struct window *window = user;
    if (status < 0) {
        (void)fprintf(stderr, "write: %s\n", strerror(-status));
        exit(1);
    }
    (void)pthread_mutex_lock(&window->lock);
    window->flying--;
    (void)pthread_cond_signal(&window->moved);
    (void)pthread_mutex_unlock(&window->lock);
}

static void bench_writes(struct sj_shared *shared, size_t len, unsigned count, const char *what)
{
    struct window window = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(len, 1);
    fill(data, len, 1);
    struct sj_shared_stat before;
    struct sj_shared_stat after;
    (void)sj_shared_stat(shared, &before);
    uint64_t began = sj_clock_ns(CLOCK_MONOTONIC);
    uint64_t cpu = sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned i = 0; i < count; i++) {
        struct sj_key key = sj_key_of(&i, sizeof i);
        struct sj_buf buf = SJ_BUF_INIT(len + 1);
        sj_buf_add(&buf, data, len);
        struct sj_write *write = sj_write_new(shared, sj_str_of("main"));
        sj_write_blob(write, SJ_BLOB_ENTRY, &key, &buf);
        (void)pthread_mutex_lock(&window.lock);
        while (window.flying >= IN_FLIGHT) {
            (void)pthread_cond_wait(&window.moved, &window.lock);
        }
        window.flying++;
        (void)pthread_mutex_unlock(&window.lock);
        if (sj_write_submit(write, land, &window) < 0) {
            (void)fprintf(stderr, "the queue is full\n");
            exit(1);
        }
    }
    sj_shared_flush(shared);
    double span = (double)(sj_clock_ns(CLOCK_MONOTONIC) - began);
    double cpu_span = (double)(sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    (void)sj_shared_stat(shared, &after);
    double groups = (double)(after.commits - before.commits);
    (void)printf("%-26s %8.0f /s %8.0f /CPU s  %5.1f a group, %6.0f us of sync each\n", what,
                 count * 1e9 / span, count * 1e9 / cpu_span, count / groups,
                 (double)(after.sync_ns - before.sync_ns) / groups / 1e3);
}

static void bench_shared(const char *dir)
{
    for (int is_durable = 1; is_durable >= 0; is_durable--) {
        (void)sj_tree_remove(dir);
        struct sj_shared *shared = open_shared(dir, is_durable);
        bench_writes(shared, 102400, 2000,
                     is_durable ? "durable puts of 100 KiB" : "puts of 100 KiB");
        bench_writes(shared, 4096, BLOBS, is_durable ? "durable puts of 4 KiB" : "puts of 4 KiB");
        if (!is_durable) {
            bench_finds(shared, "find and read of 4 KiB", 1, false);
            bench_finds(shared, "find and read of 4 KiB", 2, false);
            bench_finds(shared, "find and check", 1, true);
            bench_finds(shared, "find and check", 2, true);
        }
        sj_shared_close(shared);
    }
}

static bool is_wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return argc == 1;
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/scrubjay-bench-XXXXXX";
    if (!mkdtemp(dir)) {
        perror("mkdtemp");
        return 1;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/store", dir);
    if (is_wanted(argc, argv, "hit")) {
        bench_hit(path);
    }
    if (is_wanted(argc, argv, "puts")) {
        bench_puts(path, 1, false);
        bench_puts(path, 8, false);
        bench_puts(path, 64, false);
        bench_puts(path, 8, true);
    }
    if (is_wanted(argc, argv, "churn")) {
        bench_churn(path);
    }
    if (is_wanted(argc, argv, "shared")) {
        bench_shared(path);
    }
    return sj_tree_remove(dir) == 0 ? 0 : 1;
}
