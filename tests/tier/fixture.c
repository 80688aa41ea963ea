// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/result.h"
#include "store/write.h"

#define OBJECT_LEN 100000

char *fixture_plugin_dir(void)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    cr_assert_gt(len, 0);
    const char *slash = memrchr(self, '/', (size_t)len);
    return sj_strndup(self, (size_t)(slash - self));
}

struct memory *fixture_memory(void)
{
    SJ_AUTO(sj_auto_free) char *dir = fixture_plugin_dir();
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/tier-memory.so", dir);
    void *handle = dlopen(path, RTLD_NOW);
    cr_assert_not_null(handle, "%s", dlerror());
    memory_get *get;
    *(void **)&get = dlsym(handle, "tier_memory");
    cr_assert_not_null(get);
    return get();
}

void machine_open(struct machine *machine, const char *remote, uint64_t timeout_ms, bool stats)
{
    *machine = (struct machine){.dir = "/tmp/scrubjay-tier-XXXXXX"};
    cr_assert_not_null(mkdtemp(machine->dir));
    machine->config = (struct sj_config){
        .cache_dir = machine->dir,
        .remote = sj_strdup(remote),
        .remote_timeout_ms = timeout_ms,
        .stats = stats,
    };
    struct sj_err err = {0};
    const struct sj_shared_options options = {.dir = machine->dir, .compression_level = 1};
    cr_assert_eq(sj_shared_open(&options, &machine->shared, &err), 0, "%s", err.text);
    SJ_AUTO(sj_auto_free) char *plugins = fixture_plugin_dir();
    const struct sj_tiers_options how = {
        .config = &machine->config,
        .shared = machine->shared,
        .plugin_dir = plugins,
        .agent = "test/1",
    };
    cr_assert_eq(sj_tiers_open(&how, &machine->tiers, &err), 0, "%s", err.text);
}

void machine_close(struct machine *machine)
{
    sj_tiers_close(machine->tiers);
    sj_shared_close(machine->shared);
    free(machine->config.remote);
    (void)sj_tree_remove(machine->dir);
}

static struct sj_key number_key(const char *what, unsigned number)
{
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("%s %u", what, number);
    return sj_key_of(text, strlen(text));
}

struct made machine_make(struct machine *machine, unsigned number)
{
    struct made made = {.weak = number_key("weak", number), .strong = number_key("strong", number)};
    struct sj_buf object = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    while (object.len < OBJECT_LEN) {
        sj_buf_addf(&object, "line %zu of object %u\n", object.len, number);
    }
    made.object = sj_key_of(object.data, object.len);
    struct sj_buf pathset = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&pathset, "path set %u", number);
    made.pathset = sj_key_of(pathset.data, pathset.len);
    struct sj_result_output outputs[] = {
        {.size = object.len, .key = made.object},
        {.slot = 1, .size = 4, .key = sj_key_of("tiny", 4), .data = "tiny"},
    };
    const struct sj_result result = {
        .pathset = made.pathset, .outputs = outputs, .output_count = 2, .cpu_ns = number};
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_result_encode(&result, &bytes);
    struct sj_write *write = sj_write_new(machine->shared, sj_str_of(""));
    sj_write_blob(write, SJ_BLOB_OBJECT, &made.object, &object);
    sj_write_blob(write, SJ_BLOB_RESULT, &made.strong, &bytes);
    sj_write_blob(write, SJ_BLOB_PATHSET, &made.pathset, &pathset);
    sj_write_link(write, &made.weak, &made.pathset);
    cr_assert_eq(sj_write_submit(write, NULL, NULL), 0);
    sj_shared_flush(machine->shared);
    return made;
}

bool machine_has(const struct machine *machine, enum sj_blob kind, const struct sj_key *key)
{
    struct sj_view view = {0};
    if (sj_shared_find(machine->shared, sj_str_of(""), kind, key, &view) != 0) {
        return false;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = sj_view_read(machine->shared, &view, &bytes);
    sj_view_close(machine->shared, &view);
    cr_assert_eq(status, 0, "what is stored can be read");
    return true;
}

bool machine_has_made(const struct machine *machine, const struct made *made)
{
    struct sj_key pathset;
    return machine_has(machine, SJ_BLOB_RESULT, &made->strong) &&
           machine_has(machine, SJ_BLOB_OBJECT, &made->object) &&
           sj_shared_pathsets(machine->shared, sj_str_of(""), &made->weak, &pathset, 1) == 1 &&
           sj_key_eq(&pathset, &made->pathset) &&
           machine_has(machine, SJ_BLOB_PATHSET, &made->pathset);
}

bool wait_until(bool (*holds)(void *user), void *user)
{
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + 10 * SJ_NS_PER_S;
    while (!holds(user)) {
        if (sj_clock_ns(CLOCK_MONOTONIC) > until_ns) {
            return false;
        }
        (void)usleep(1000);
    }
    return true;
}

static bool has_gone_up(void *user)
{
    const struct machine *machine = user;
    struct sj_tiers_stat stat;
    sj_tiers_stat(machine->tiers, &stat);
    return stat.queued == 0;
}

void machine_push(struct machine *machine, const struct made *made)
{
    sj_tiers_push(machine->tiers, &made->strong, &made->weak);
    cr_assert(wait_until(has_gone_up, machine), "it goes up");
}

// A fetch and who waits for it.
struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool is_done;
    struct outcome outcome;
};

static void note_fetched(size_t stored, int status, void *user)
{
    struct waiting *waiting = user;
    (void)pthread_mutex_lock(&waiting->lock);
    waiting->outcome.stored = stored;
    waiting->outcome.status = status;
    waiting->is_done = true;
    (void)pthread_cond_signal(&waiting->cond);
    (void)pthread_mutex_unlock(&waiting->lock);
}

struct outcome machine_fetch(struct machine *machine, enum sj_frame_kind kind,
                             const struct sj_key *key)
{
    struct waiting waiting = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    const struct sj_tiers_name name = {.kind = kind, .key = *key};
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    sj_tiers_fetch(machine->tiers, &name, 1, note_fetched, &waiting);
    (void)pthread_mutex_lock(&waiting.lock);
    while (!waiting.is_done) {
        (void)pthread_cond_wait(&waiting.cond, &waiting.lock);
    }
    (void)pthread_mutex_unlock(&waiting.lock);
    waiting.outcome.took_ms = (sj_clock_ns(CLOCK_MONOTONIC) - start_ns) / SJ_NS_PER_MS;
    return waiting.outcome;
}
