// SPDX-License-Identifier: Apache-2.0
// Threads read and write one small store at its cap, while another process writes to it, is killed,
// and now and then has the index made again. Every byte read must be one that was written.
// usage: stress-store_shared [SECONDS]
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/shared.h"
#include "store/write.h"

#define SECONDS_DEFAULT 6
#define CAP             (UINT64_C(16) << 20)
#define INDEX_MAX       (UINT64_C(16) << 20)
#define SEEDS           200
#define BLOB_MAX        60000
#define READERS         3
#define WRITERS         2

static const char *const spaces[] = {"", "main", "pr-1"};

// What the threads have in common.
struct arena {
    struct sj_shared *shared;
    atomic_bool is_over;
    atomic_ulong reads;
    atomic_ulong hits;
    atomic_ulong writes;
    atomic_ulong wrong;
};

struct worker {
    pthread_t thread;
    struct arena *arena;
    unsigned state;
};

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// What lies under a seed in a namespace: its bytes tell both, and half of it compresses.
static void make_blob(unsigned seed, unsigned space, struct sj_buf *out)
{
    unsigned state = seed * 2654435761u + space;
    size_t len = next_random(&state) % BLOB_MAX;
    sj_buf_clear(out);
    sj_buf_addf(out, "%u in '%s' ", seed, spaces[space]);
    char *data = sj_buf_reserve(out, len);
    for (size_t i = 0; i < len; i++) {
        data[i] = (char)(i % 2 ? next_random(&state) : 'x');
    }
    out->len += len;
}

static struct sj_key key_of(unsigned seed)
{
    return sj_key_of(&seed, sizeof seed);
}

static void note_done(int status, void *user)
{
    struct arena *arena = user;
    if (status == 0) {
        (void)atomic_fetch_add(&arena->writes, 1);
    } else {
        (void)fprintf(stderr, "write: %s\n", strerror(-status));
        (void)atomic_fetch_add(&arena->wrong, 1);
    }
}

static void *run_writer(void *user)
{
    struct worker *worker = user;
    struct arena *arena = worker->arena;
    while (!atomic_load(&arena->is_over)) {
        unsigned space = next_random(&worker->state) % 3;
        struct sj_write *write = sj_write_new(arena->shared, sj_str_of(spaces[space]));
        for (unsigned n = next_random(&worker->state) % 4; n > 0; n--) {
            unsigned seed = next_random(&worker->state) % SEEDS;
            struct sj_buf blob = SJ_BUF_INIT(2 * BLOB_MAX);
            make_blob(seed, space, &blob);
            struct sj_key key = key_of(seed);
            struct sj_key content = sj_key_of(blob.data, blob.len);
            struct sj_buf copy = SJ_BUF_INIT(2 * BLOB_MAX);
            sj_buf_add(&copy, blob.data, blob.len);
            sj_write_blob(write, seed % 2 ? SJ_BLOB_ENTRY : SJ_BLOB_RESULT, &key, &blob);
            sj_write_blob(write, SJ_BLOB_PATHSET, &content, &copy);
            sj_write_link(write, &key, &content);
        }
        if (sj_write_submit(write, note_done, arena) < 0) {
            sj_write_free(write);
            sj_shared_flush(arena->shared);
        }
    }
    return NULL;
}

static int read_view(struct arena *arena, const struct sj_view *view, struct sj_buf *out,
                     unsigned how)
{
    if (how == 0) {
        return sj_view_read(arena->shared, view, out);
    }
    char start[16];
    const char *shown = NULL;
    if (how == 1 && sj_view_show(arena->shared, view, start, sizeof start, &shown) == 0) {
        sj_buf_add(out, shown, view->raw_len);
        return 0;
    }
    int status = sj_view_check(arena->shared, view);
    if (status != 0 || sj_view_is_compressed(view)) {
        return status != 0 ? status : sj_view_read(arena->shared, view, out);
    }
    char *data = sj_buf_reserve(out, view->stored_len);
    ssize_t got = pread(view->fd, data, view->stored_len, (off_t)sj_view_data_offset(view));
    out->len = got < 0 ? 0 : (size_t)got;
    return 0;
}

static bool is_read_right(struct arena *arena, unsigned seed, unsigned space, unsigned how,
                          struct sj_buf *got, struct sj_buf *want)
{
    struct sj_key key = key_of(seed);
    struct sj_view view;
    int status = sj_shared_find(arena->shared, sj_str_of(spaces[space]),
                                seed % 2 ? SJ_BLOB_ENTRY : SJ_BLOB_RESULT, &key, &view);
    sj_buf_clear(got);
    if (status == 0) {
        status = read_view(arena, &view, got, how);
        sj_view_close(arena->shared, &view);
    }
    (void)atomic_fetch_add(&arena->reads, 1);
    if (status != 0) {
        return status == SJ_STORE_MISS;
    }
    (void)atomic_fetch_add(&arena->hits, 1);
    make_blob(seed, space, want);
    return got->len == want->len && memcmp(sj_buf_text(got), want->data, want->len) == 0;
}

static void count_space(struct sj_str name, const struct sj_space_usage *usage, void *user)
{
    (void)name;
    *(uint64_t *)user += usage->bytes;
}

static bool is_sound(struct arena *arena, unsigned seed)
{
    struct sj_key key = key_of(seed);
    struct sj_key sets[4];
    struct sj_shared_stat stat;
    uint64_t bytes = 0;
    return sj_shared_pathsets(arena->shared, sj_str_of("main"), &key, sets, 4) >= 0 &&
           sj_shared_spaces(arena->shared, count_space, &bytes) >= 0 &&
           sj_shared_stat(arena->shared, &stat) >= 0;
}

static void *run_reader(void *user)
{
    struct worker *worker = user;
    struct arena *arena = worker->arena;
    struct sj_buf got = SJ_BUF_INIT(2 * BLOB_MAX);
    struct sj_buf want = SJ_BUF_INIT(2 * BLOB_MAX);
    while (!atomic_load(&arena->is_over)) {
        unsigned seed = next_random(&worker->state) % SEEDS;
        unsigned space = next_random(&worker->state) % 3;
        unsigned how = next_random(&worker->state) % 3;
        if (!is_read_right(arena, seed, space, how, &got, &want) ||
            (how == 0 && seed % 64 == 0 && !is_sound(arena, seed))) {
            (void)fprintf(stderr, "wrong: %u in '%s'\n", seed, spaces[space]);
            (void)atomic_fetch_add(&arena->wrong, 1);
        }
    }
    sj_buf_release(&got);
    sj_buf_release(&want);
    return NULL;
}

// As compiles do, until killed.
static int run_neighbour(const char *dir, unsigned state)
{
    struct sj_buf blob = SJ_BUF_INIT(2 * BLOB_MAX);
    for (;;) {
        struct sj_store *store = NULL;
        struct sj_store_options options = {
            .dir = dir, .namespace_name = "main", .max_size_bytes = CAP, .compression_level = 1};
        if (next_random(&state) % 512 == 0) {
            sj_store_condemn(dir);
        }
        if (sj_store_open(&options, &store, NULL) < 0) {
            return 1;
        }
        for (unsigned n = next_random(&state) % 8; n > 0; n--) {
            unsigned seed = next_random(&state) % SEEDS;
            struct sj_key key = key_of(seed);
            make_blob(seed, 1, &blob);
            struct sj_batch *batch = sj_batch_new(store);
            sj_batch_blob(batch, seed % 2 ? SJ_BLOB_ENTRY : SJ_BLOB_RESULT, &key, blob.data,
                          blob.len);
            (void)sj_batch_commit(batch, NULL);
            sj_batch_free(batch);
        }
        sj_store_close(store);
    }
}

static pid_t start_neighbour(const char *dir, unsigned state)
{
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(run_neighbour(dir, state));
    }
    return child;
}

// A process that has no threads starts and kills the neighbours: forking from among threads is not
// for sanitizers.
static int run_keeper(const char *dir)
{
    unsigned state = 7;
    for (;;) {
        pid_t child = start_neighbour(dir, next_random(&state));
        struct timespec pause = {.tv_nsec = next_random(&state) % 300 * (long)SJ_NS_PER_MS};
        (void)nanosleep(&pause, NULL);
        (void)kill(child, SIGKILL);
        int status = 0;
        (void)waitpid(child, &status, 0);
        if (!WIFSIGNALED(status)) {
            return 1;
        }
    }
}

static void run_threads(struct arena *arena, uint64_t seconds)
{
    struct worker workers[READERS + WRITERS];
    for (unsigned i = 0; i < READERS + WRITERS; i++) {
        workers[i] = (struct worker){.arena = arena, .state = i + 1};
        (void)pthread_create(&workers[i].thread, NULL, i < READERS ? run_reader : run_writer,
                             &workers[i]);
    }
    struct timespec pause = {.tv_sec = (time_t)seconds};
    (void)nanosleep(&pause, NULL);
    atomic_store(&arena->is_over, true);
    for (unsigned i = 0; i < READERS + WRITERS; i++) {
        (void)pthread_join(workers[i].thread, NULL);
    }
}

static bool storm(const char *dir, uint64_t seconds)
{
    pid_t keeper = fork();
    if (keeper == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(run_keeper(dir));
    }
    struct arena arena = {0};
    struct sj_shared_options options = {
        .dir = dir, .max_size_bytes = CAP, .compression_level = 1, .max_queue_bytes = 4 << 20};
    struct sj_err err = {0};
    if (sj_shared_open(&options, &arena.shared, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return false;
    }
    run_threads(&arena, seconds);
    (void)kill(keeper, SIGKILL);
    (void)waitpid(keeper, NULL, 0);
    sj_shared_flush(arena.shared);
    struct sj_shared_stat stat = {0};
    (void)sj_shared_stat(arena.shared, &stat);
    (void)printf("%lu reads, %lu hits, %lu writes in %ju commits, %ju generations dropped, %ju "
                 "copied forward, %ju damaged, %ju bytes, %lu wrong\n",
                 atomic_load(&arena.reads), atomic_load(&arena.hits), atomic_load(&arena.writes),
                 (uintmax_t)stat.commits, (uintmax_t)stat.dropped_generations,
                 (uintmax_t)stat.promoted, (uintmax_t)stat.damaged,
                 (uintmax_t)stat.store.size_bytes, atomic_load(&arena.wrong));
    sj_shared_close(arena.shared);
    return atomic_load(&arena.wrong) == 0 && atomic_load(&arena.hits) > 0 &&
           stat.dropped_generations > 0 && stat.store.size_bytes <= CAP + INDEX_MAX;
}

int main(int argc, char **argv)
{
    uint64_t seconds = SECONDS_DEFAULT;
    if (argc > 2 || (argc == 2 && sj_parse_u64(argv[1], UINT32_MAX, &seconds) < 0)) {
        (void)fprintf(stderr, "usage: stress-store_shared [SECONDS]\n");
        return 2;
    }
    char dir[] = "/tmp/scrubjay-stress-XXXXXX";
    if (!mkdtemp(dir)) {
        perror("mkdtemp");
        return 1;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/store", dir);
    bool is_good = storm(path, seconds);
    (void)sj_tree_remove(dir);
    return is_good ? 0 : 1;
}
