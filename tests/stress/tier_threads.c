// SPDX-License-Identifier: Apache-2.0
// Threads that push and fetch the same results through two stacks of tiers at one time, while the
// tier now and then refuses. Afterwards every result that the tier has can be fetched whole, and
// closing ends whatever is under way.
// usage: stress-tier_threads [ROUNDS]
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tier/memory.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/result.h"
#include "store/write.h"
#include "tier/tiers.h"

#define RESULTS 200
#define THREADS 4
#define STEPS   300

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            (void)fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

struct machine {
    char dir[64];
    struct sj_shared *shared;
    struct sj_tiers *tiers;
    bool makes; // results are made here, else fetched
};

static char plugin_dir[PATH_MAX];

static void find_plugins(void)
{
    ssize_t len = readlink("/proc/self/exe", plugin_dir, sizeof plugin_dir - 1);
    CHECK(len > 0);
    plugin_dir[len] = '\0';
    *strrchr(plugin_dir, '/') = '\0';
}

static void open_machine(struct machine *machine, bool makes)
{
    *machine = (struct machine){.dir = "/tmp/scrubjay-threads-XXXXXX", .makes = makes};
    CHECK(mkdtemp(machine->dir));
    struct sj_err err = {0};
    const struct sj_shared_options options = {.dir = machine->dir, .compression_level = 1};
    CHECK(sj_shared_open(&options, &machine->shared, &err) == 0);
    char remote[] = "memory://far";
    const struct sj_config config = {
        .cache_dir = machine->dir, .remote = remote, .remote_timeout_ms = 20000};
    const struct sj_tiers_options how = {
        .config = &config, .shared = machine->shared, .plugin_dir = plugin_dir, .agent = "stress"};
    CHECK(sj_tiers_open(&how, &machine->tiers, &err) == 0);
}

static void close_machine(struct machine *machine)
{
    sj_tiers_close(machine->tiers);
    sj_shared_close(machine->shared);
    (void)sj_tree_remove(machine->dir);
}

static struct sj_key key_of(const char *what, unsigned number)
{
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("%s %u", what, number);
    return sj_key_of(text, strlen(text));
}

// A result with an object that every fourth one shares.
static void make(struct machine *machine, unsigned number)
{
    struct sj_buf object = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    while (object.len < 20000) {
        sj_buf_addf(&object, "%u: %zu\n", number / 4, object.len);
    }
    struct sj_buf pathset = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&pathset, "path set %u", number);
    struct sj_result_output output = {.size = object.len,
                                      .key = sj_key_of(object.data, object.len)};
    struct sj_result result = {.outputs = &output, .output_count = 1};
    result.pathset = sj_key_of(pathset.data, pathset.len);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_result_encode(&result, &bytes);
    struct sj_key weak = key_of("weak", number);
    struct sj_key strong = key_of("strong", number);
    struct sj_write *write = sj_write_new(machine->shared, sj_str_of(""));
    sj_write_blob(write, SJ_BLOB_OBJECT, &output.key, &object);
    sj_write_blob(write, SJ_BLOB_RESULT, &strong, &bytes);
    sj_write_blob(write, SJ_BLOB_PATHSET, &result.pathset, &pathset);
    sj_write_link(write, &weak, &result.pathset);
    CHECK(sj_write_submit(write, NULL, NULL) == 0);
    sj_shared_flush(machine->shared);
    sj_tiers_push(machine->tiers, &strong, &weak);
}

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    unsigned left;
};

static void note(size_t stored, int status, void *user)
{
    (void)stored;
    (void)status;
    struct answer *answer = user;
    (void)pthread_mutex_lock(&answer->lock);
    answer->left--;
    (void)pthread_cond_signal(&answer->cond);
    (void)pthread_mutex_unlock(&answer->lock);
}

static void fetch(struct machine *machine, unsigned number)
{
    struct answer answer = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER, .left = 2};
    const struct sj_tiers_name names[] = {
        {SJ_FRAME_PATHSET, key_of("weak", number)},
        {SJ_FRAME_RESULT, key_of("strong", number)},
    };
    sj_tiers_fetch(machine->tiers, names, 1, note, &answer);
    sj_tiers_fetch(machine->tiers, names, 2, note, &answer);
    (void)pthread_mutex_lock(&answer.lock);
    while (answer.left > 0) {
        (void)pthread_cond_wait(&answer.cond, &answer.lock);
    }
    (void)pthread_mutex_unlock(&answer.lock);
}

struct job {
    struct machine *machine;
    unsigned seed;
};

static void *work(void *user)
{
    struct job *job = user;
    for (unsigned i = 0; i < STEPS; i++) {
        job->seed = job->seed * 1103515245U + 12345U;
        unsigned number = (job->seed >> 16) % RESULTS;
        if (job->machine->makes) {
            make(job->machine, number);
        } else {
            fetch(job->machine, number);
        }
        struct sj_tiers_stat stat;
        sj_tiers_stat(job->machine->tiers, &stat);
    }
    return NULL;
}

static struct memory *get_memory(void)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/tier-memory.so", plugin_dir);
    void *handle = dlopen(path, RTLD_NOW);
    CHECK(handle);
    memory_get *get;
    *(void **)&get = dlsym(handle, "tier_memory");
    CHECK(get);
    return get();
}

// Whatever the tier has, a machine can have.
static void check_all(struct machine *machine, struct memory *memory)
{
    (void)pthread_mutex_lock(&memory->lock);
    memory->refuse_next = 0;
    size_t count = memory->count;
    (void)pthread_mutex_unlock(&memory->lock);
    for (unsigned number = 0; number < RESULTS; number++) {
        struct sj_key strong = key_of("strong", number);
        bool is_there = false;
        for (size_t i = 0; i < count; i++) {
            const struct sj_tier_name *name = &memory->values[i].value.name;
            is_there |=
                name->kind == SJ_TIER_RESULT && memcmp(name->key, strong.bytes, SJ_KEY_SIZE) == 0;
        }
        fetch(machine, number);
        struct sj_view view = {0};
        bool is_here =
            sj_shared_find(machine->shared, sj_str_of(""), SJ_BLOB_RESULT, &strong, &view) == 0;
        sj_view_close(machine->shared, &view);
        CHECK(is_here == is_there);
    }
}

static void run_round(unsigned round)
{
    struct memory *memory = get_memory();
    struct machine machines[2];
    pthread_t threads[2 * THREADS];
    struct job jobs[2 * THREADS];
    open_machine(&machines[0], true);
    open_machine(&machines[1], false);
    // Two in a row: a third would have the tier left alone.
    memory->refuse_next = 2;
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        jobs[i] = (struct job){.machine = &machines[i % 2], .seed = round * 100 + i};
        CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
    }
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    close_machine(&machines[0]);
    close_machine(&machines[1]);
    open_machine(&machines[1], false);
    check_all(&machines[1], memory);
    close_machine(&machines[1]);
    while (memory->count > 0) {
        free((void *)(uintptr_t)memory->values[--memory->count].value.data);
    }
}

int main(int argc, char **argv)
{
    uint64_t rounds = 1;
    if (argc > 1 && sj_parse_u64(argv[1], 1000000, &rounds) < 0) {
        return 2;
    }
    find_plugins();
    for (unsigned round = 0; round < rounds; round++) {
        run_round(round);
    }
    return 0;
}
