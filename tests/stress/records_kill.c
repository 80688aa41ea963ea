// SPDX-License-Identifier: Apache-2.0
// Records are appended and read while those who take them into the database are killed at random
// moments; then every record must be in it exactly once.
// usage: stress-records-kill [KILLS]
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
#include "record/db.h"
#include "record/journal.h"
#include "record/pathset.h"
#include "store/store.h"

#define KILLS_DEFAULT 60
#define APPENDERS     2
#define INGESTERS     4
#define PER_KILL      400 /**< records that each appender writes for each kill */
#define UNITS         50
#define PART_BYTES    5000

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static struct sj_store *open_store(const char *dir)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.dir = dir};
    if (sj_store_open(&options, &store, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
    }
    return store;
}

static bool store_pathset(const char *dir, struct sj_key *key)
{
    struct sj_pathset set = {0};
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    struct sj_store *store = open_store(dir);
    if (!store) {
        return false;
    }
    sj_pathset_add(&set, (struct sj_path_entry){.need = SJ_NEED_CONTENT, .path = "a.c"});
    sj_pathset_add(&set, (struct sj_path_entry){.need = SJ_NEED_CONTENT, .path = "a.h"});
    sj_pathset_encode(&set, &bytes);
    *key = sj_key_of(bytes.data, bytes.len);
    struct sj_batch *batch = sj_batch_new(store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, key, bytes.data, bytes.len);
    int status = sj_batch_commit(batch, NULL);
    sj_batch_free(batch);
    sj_store_close(store);
    sj_pathset_release(&set);
    sj_buf_release(&bytes);
    return status == 0;
}

static int run_appender(const char *dir, const struct sj_key *pathset, unsigned who, uint64_t count)
{
    unsigned state = who;
    char build[32];
    char output[32];
    for (uint64_t i = 0; i < count; i++) {
        unsigned change = next_random(&state) % 100;
        struct sj_key inputs[2] = {sj_key_of(&change, sizeof change), *pathset};
        (void)snprintf(build, sizeof build, "build-%u-%u", who, (unsigned)(i / 1000));
        (void)snprintf(output, sizeof output, "u%u.o", next_random(&state) % UNITS);
        struct sj_record record = {
            .start_ns = sj_clock_ns(CLOCK_REALTIME),
            .wall_ns = 1000,
            .outcome = change < 30 ? SJ_OUTCOME_MISS : SJ_OUTCOME_HIT,
            .build = build,
            .cwd = "/src",
            .output = output,
            .pathset = *pathset,
            .strong = sj_key_of(&change, sizeof change),
            .inputs = change < 30 ? inputs : NULL,
            .inputs_count = 2,
        };
        if (sj_journal_append(dir, PART_BYTES, &record) < 0) {
            return 1;
        }
    }
    return 0;
}

static int take_in(const char *dir, struct sj_store *store)
{
    struct sj_err err = {0};
    struct sj_db *db = NULL;
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {.dir = dir, .store = store};
    int status = sj_db_open(dir, SJ_DB_WRITE, &db, &err);
    status = status < 0 ? status : sj_db_ingest(db, &intake, &done, &err);
    if (status < 0 || done.refused > 0 || done.damaged_bytes > 0 || done.without_paths > 0) {
        (void)fprintf(stderr, "ingest: %s\n", err.text);
        status = -1;
    }
    sj_db_close(db);
    return status;
}

static int run_ingester(const char *dir)
{
    struct sj_store *store = open_store(dir);
    while (store && take_in(dir, store) == 0) {
    }
    return 1;
}

// Whether sums and samples agree. The records that there are; UINT64_MAX: they do not.
static uint64_t count_records(struct sj_db *db)
{
    uint64_t total = 0;
    size_t count = 0;
    struct sj_build *builds = NULL;
    int status = sj_db_builds(db, NULL, &builds, &count);
    for (size_t i = 0; i < count && status == 0; i++) {
        struct sj_sample *samples = NULL;
        size_t many = 0;
        size_t size = 0;
        uint64_t expected = builds[i].count[SJ_OUTCOME_HIT] + builds[i].count[SJ_OUTCOME_MISS];
        status = sj_db_samples(db, builds[i].number, SJ_OUTCOME_ANY, &samples, &many, &size);
        for (size_t j = 0; j < many && status == 0; j++) {
            const struct sj_input *inputs = NULL;
            size_t length = 2;
            if (samples[j].outcome == SJ_OUTCOME_MISS) {
                status = sj_db_inputs(db, samples[j].state, &inputs, &length);
            }
            status = length == 2 ? status : -1;
        }
        status = many == expected ? status : -1;
        total += many;
        free(samples);
    }
    free(builds);
    return status == 0 ? total : UINT64_MAX;
}

static int run_reader(const char *dir)
{
    uint64_t before = 0;
    for (;;) {
        struct sj_db *db = NULL;
        struct sj_err err = {0};
        int status = sj_db_open(dir, SJ_DB_READ, &db, &err);
        uint64_t now = status == 0 ? count_records(db) : before;
        sj_db_close(db);
        if (status < 0 || now < before || now == UINT64_MAX) {
            (void)fprintf(stderr, "reader: %s\n", err.text);
            return 1;
        }
        before = now;
    }
}

static pid_t start_ingester(const char *dir)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(run_ingester(dir));
    }
    return child;
}

// False: it had ended by itself, which it does only when something is wrong.
static bool end_child(pid_t child)
{
    int status = 0;
    (void)kill(child, SIGKILL);
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

static bool storm(const char *dir, const struct sj_key *pathset, uint64_t kills)
{
    pid_t appenders[APPENDERS];
    pid_t ingesters[INGESTERS];
    unsigned state = 7;
    bool is_good = true;
    for (unsigned i = 0; i < APPENDERS; i++) {
        appenders[i] = fork();
        if (appenders[i] == 0) {
            _exit(run_appender(dir, pathset, i, kills * PER_KILL));
        }
    }
    for (int i = 0; i < INGESTERS; i++) {
        ingesters[i] = start_ingester(dir);
    }
    pid_t reader = fork();
    if (reader == 0) {
        _exit(run_reader(dir));
    }
    for (uint64_t i = 0; i < kills && is_good; i++) {
        struct timespec pause = {.tv_nsec = next_random(&state) % (40 * (long)SJ_NS_PER_MS)};
        (void)nanosleep(&pause, NULL);
        unsigned which = next_random(&state) % INGESTERS;
        is_good = end_child(ingesters[which]);
        ingesters[which] = start_ingester(dir);
    }
    for (int i = 0; i < APPENDERS; i++) {
        int status = 1;
        is_good = waitpid(appenders[i], &status, 0) == appenders[i] && status == 0 && is_good;
    }
    for (int i = 0; i < INGESTERS; i++) {
        is_good = end_child(ingesters[i]) && is_good;
    }
    return end_child(reader) && is_good;
}

static bool check(const char *dir, uint64_t expected)
{
    struct sj_db *db = NULL;
    struct sj_store *store = open_store(dir);
    bool is_good = store && take_in(dir, store) == 0 && sj_db_open(dir, SJ_DB_READ, &db, NULL) == 0;
    uint64_t found = is_good ? count_records(db) : 0;
    sj_db_close(db);
    sj_store_close(store);
    (void)printf("%ju of %ju records\n", (uintmax_t)found, (uintmax_t)expected);
    return is_good && found == expected;
}

int main(int argc, char **argv)
{
    uint64_t kills = KILLS_DEFAULT;
    if (argc > 2 || (argc == 2 && sj_parse_u64(argv[1], UINT32_MAX, &kills) < 0)) {
        (void)fprintf(stderr, "usage: stress-records-kill [KILLS]\n");
        return 2;
    }
    char dir[] = "/tmp/scrubjay-stress-XXXXXX";
    struct sj_key pathset;
    if (!mkdtemp(dir)) {
        perror("mkdtemp");
        return 1;
    }
    bool is_good = store_pathset(dir, &pathset) && storm(dir, &pathset, kills) &&
                   check(dir, APPENDERS * kills * PER_KILL);
    (void)sj_tree_remove(dir);
    return is_good ? 0 : 1;
}
