// SPDX-License-Identifier: Apache-2.0
// Writers of one small store are killed at random moments; then everything in it must be whole.
// usage: stress-store-kill [KILLS]
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/maintain.h"
#include "store/store.h"

#define KILLS_DEFAULT 100
#define WRITERS       6
#define CAP           (UINT64_C(24) << 20)
#define INDEX_MAX     (UINT64_C(16) << 20)
#define BLOB_MAX      200000
#define SEEDS         4000

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

// The length of an object follows from its seed, and so do its bytes.
static size_t make_object(unsigned seed, char *data)
{
    unsigned state = seed * 2654435761u + 1;
    size_t len = next_random(&state) % BLOB_MAX;
    for (size_t i = 0; i < len; i++) {
        // Half of them compress.
        data[i] = (char)(seed % 2 ? next_random(&state) : i / 100);
    }
    return len;
}

static int write_one(struct sj_store *store, unsigned seed, char *data)
{
    size_t len = make_object(seed, data);
    struct sj_key object = sj_key_of(data, len);
    struct sj_key strong = sj_key_of(&seed, sizeof seed);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &object, data, len);
    sj_batch_blob(batch, SJ_BLOB_RESULT, &strong, object.bytes, sizeof object.bytes);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &object, data, len);
    sj_batch_pathset(batch, &strong, &object);
    sj_batch_stamp(batch, &object, &strong, data, len / 10);
    struct sj_err err = {0};
    int status = sj_batch_commit(batch, &err);
    sj_batch_free(batch);
    if (status < 0) {
        (void)fprintf(stderr, "commit: %s\n", err.text);
    }
    return status;
}

// Whether a result, where it is there, leads to the object that it was written with.
static bool is_right(struct sj_store *store, unsigned seed, char *data)
{
    SJ_AUTO(sj_buf_release) struct sj_buf result = SJ_BUF_INIT(BLOB_MAX);
    SJ_AUTO(sj_buf_release) struct sj_buf object = SJ_BUF_INIT(BLOB_MAX);
    struct sj_key key = sj_key_of(&seed, sizeof seed);
    int status = sj_store_blob_read(store, SJ_BLOB_RESULT, &key, &result);
    if (status != 0) {
        return status == SJ_STORE_MISS;
    }
    size_t len = make_object(seed, data);
    key = sj_key_of(data, len);
    if (result.len != sizeof key.bytes || memcmp(result.data, key.bytes, sizeof key.bytes) != 0) {
        return false;
    }
    status = sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &object);
    return status == SJ_STORE_MISS ||
           (status == 0 && object.len == len && memcmp(sj_buf_text(&object), data, len) == 0);
}

static struct sj_store *open_store(const char *dir)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.dir = dir, .max_size_bytes = CAP, .compression_level = 1};
    if (sj_store_open(&options, &store, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    return store;
}

// Write until killed. Like a wrapper, open the store anew now and then.
static int run_writer(const char *dir, unsigned state)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(BLOB_MAX, 1);
    for (;;) {
        struct sj_store *store = open_store(dir);
        if (!store) {
            return 1;
        }
        for (unsigned i = next_random(&state) % 8; i > 0; i--) {
            if (write_one(store, next_random(&state) % SEEDS, data) < 0 ||
                !is_right(store, next_random(&state) % SEEDS, data)) {
                return 1;
            }
            sj_store_release(store);
            sj_store_promote(store);
        }
        if (next_random(&state) % 32 == 0 && sj_store_gc(store, UINT64_MAX, 0, NULL, NULL) < 0) {
            return 1;
        }
        sj_store_close(store);
    }
}

static pid_t start_writer(const char *dir, unsigned state)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(run_writer(dir, state));
    }
    return child;
}

// Kill a writer. False: it had ended by itself, which it does only when something is wrong.
static bool end_writer(pid_t child)
{
    int status = 0;
    (void)kill(child, SIGKILL);
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static bool storm(const char *dir, uint64_t kills)
{
    pid_t writers[WRITERS];
    bool is_good = true;
    unsigned state = 1;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = start_writer(dir, next_random(&state));
    }
    for (uint64_t i = 0; i < kills && is_good; i++) {
        struct timespec pause = {.tv_nsec = next_random(&state) % (20 * (long)SJ_NS_PER_MS)};
        (void)nanosleep(&pause, NULL);
        unsigned which = next_random(&state) % WRITERS;
        is_good = end_writer(writers[which]);
        writers[which] = start_writer(dir, next_random(&state));
    }
    for (int i = 0; i < WRITERS; i++) {
        is_good = end_writer(writers[i]) && is_good;
    }
    return is_good;
}

static bool check(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(BLOB_MAX, 1);
    SJ_AUTO(sj_auto_free) char *mark = sj_asprintf("%s/unsynced", dir);
    char target[64] = {0};
    if (readlink(mark, target, sizeof target - 1) < 0 || strcmp(target, "condemned") == 0) {
        (void)fprintf(stderr, "the index was found damaged\n");
        return false;
    }
    struct sj_store *store = open_store(dir);
    struct sj_verify_report report = {0};
    struct sj_store_stat stat = {0};
    // What lies in generations that are gone is dangling until it is swept.
    if (!store || sj_store_gc(store, UINT64_MAX, 0, NULL, NULL) < 0 ||
        sj_store_verify(store, NULL, NULL, &report, NULL) < 0 ||
        sj_store_stat(store, &stat, NULL) < 0) {
        return false;
    }
    bool is_good = report.damaged == 0 && report.dangling == 0 && report.checked > 0 &&
                   stat.size_bytes <= CAP + INDEX_MAX;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        is_good = is_right(store, seed, data) && is_good;
    }
    (void)printf("%ju blobs checked, %ju damaged, %ju dangling, %ju bytes\n",
                 (uintmax_t)report.checked, (uintmax_t)report.damaged, (uintmax_t)report.dangling,
                 (uintmax_t)stat.size_bytes);
    sj_store_close(store);
    return is_good;
}

int main(int argc, char **argv)
{
    uint64_t kills = KILLS_DEFAULT;
    if (argc > 2 || (argc == 2 && sj_parse_u64(argv[1], UINT32_MAX, &kills) < 0)) {
        (void)fprintf(stderr, "usage: stress-store-kill [KILLS]\n");
        return 2;
    }
    char dir[] = "/tmp/scrubjay-stress-XXXXXX";
    if (!mkdtemp(dir)) {
        perror("mkdtemp");
        return 1;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/store", dir);
    bool is_good = storm(path, kills) && check(path);
    (void)sj_tree_remove(dir);
    return is_good ? 0 : 1;
}
