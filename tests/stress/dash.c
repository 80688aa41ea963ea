// SPDX-License-Identifier: Apache-2.0
// Pages are asked for by several threads while records come in and a thread makes pages ahead of
// them; the dashboard is closed and opened again meanwhile. Each answer is a page.
#include "dash/dash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "record/db.h"
#include "record/journal.h"
#include "store/store.h"

#define THREADS 3
#define BUILDS  8 // between two openings

/** What the threads share. */
struct race {
    char *dir;
    struct sj_store *store;
    struct sj_dash *dash;
    atomic_bool is_over;
    atomic_ulong asked;
    atomic_ulong wrong;
};

static bool may_read(struct sj_str space, void *user)
{
    const char *only = user;
    return !only || sj_str_eq(space, sj_str_of(only));
}

// Readers see all, or one of two namespaces.
static void ask(struct race *race, unsigned number)
{
    static const char *const pages[] = {"/dash",         "/dash/misses",  "/dash/units",
                                        "/dash/commits", "/dash/headers", "/dash/cache"};
    static char spaces[][4] = {"", "one", "two"};
    unsigned who = number % 3;
    const struct sj_page_request request = {
        .path = sj_str_of(pages[number % 6]),
        .query = sj_str_of("project=p"),
        .accept = "",
        .if_none_match = "",
        .host = "",
        .is_signed_in = true,
        .is_admin = who == 0,
        .may_see = true,
        .problem = "",
        .token_id = "",
        .form_key = "",
        .may_read = may_read,
        .may_read_user = who ? spaces[who] : NULL,
    };
    struct sj_page_answer answer = {.status = 500, .body = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)};
    sj_dash_answer(&request, &answer, race->dash);
    atomic_fetch_add(&race->asked, 1);
    atomic_fetch_add(&race->wrong, answer.status != 200);
    sj_buf_release(&answer.body);
}

static void *run_thread(void *user)
{
    struct race *race = user;
    for (unsigned number = 0; !atomic_load(&race->is_over); number++) {
        ask(race, number);
    }
    return NULL;
}

static int add_build(struct race *race, unsigned number)
{
    char id[16];
    char output[16];
    (void)snprintf(id, sizeof id, "b%u", number);
    (void)snprintf(output, sizeof output, "o%u.o", number % 7);
    const char *label = number % 2 ? "namespace=one" : "namespace=two";
    struct sj_note_pair pairs[] = {{"project", "p"}, {"branch", "main"}, {"job", "gcc"}};
    const struct sj_note note = {.kind = SJ_NOTE_BEGIN,
                                 .build = id,
                                 .pairs = pairs,
                                 .pair_count = 3,
                                 .label = label,
                                 .time_ns = (1764100000 + 60ull * number) * SJ_NS_PER_S};
    const struct sj_record record = {.start_ns = note.time_ns + SJ_NS_PER_S,
                                     .outcome = SJ_OUTCOME_MISS,
                                     .build = id,
                                     .user_ns = SJ_NS_PER_S,
                                     .output = output,
                                     .toolchain = "gcc",
                                     .label = label};
    struct sj_db *db = NULL;
    struct sj_db_ingested done;
    int status = sj_journal_append_note(race->dir, 0, &note);
    status = status < 0 ? status : sj_journal_append(race->dir, 0, &record);
    status = status < 0 ? status : sj_db_open(race->dir, SJ_DB_WRITE, &db, NULL);
    if (status == 0) {
        const struct sj_db_intake intake = {.dir = race->dir, .store = race->store};
        status = sj_db_ingest(db, &intake, &done, NULL);
    }
    sj_db_close(db);
    return status;
}

static int run_round(struct race *race, const struct sj_config *config, unsigned round)
{
    const struct sj_dash_options options = {.config = config, .slow_ns = 1, .is_eager = true};
    pthread_t threads[THREADS];
    int status = sj_dash_open(&options, &race->dash, NULL);
    if (status < 0) {
        return status;
    }
    atomic_store(&race->is_over, false);
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run_thread, race) != 0) {
            abort();
        }
    }
    for (unsigned i = 0; i < BUILDS && status >= 0; i++) {
        status = add_build(race, BUILDS * round + i);
        if (i % 4 == 3) {
            sj_dash_settle(race->dash);
        }
    }
    atomic_store(&race->is_over, true);
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    sj_dash_close(race->dash);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t rounds = 4;
    char dir[] = "/tmp/stress-dash-XXXXXX";
    struct sj_config config;
    struct race race = {.dir = dir};
    struct sj_err err = {0};
    if ((argc > 1 && sj_parse_u64(argv[1], 1000, &rounds) < 0) || !mkdtemp(dir) ||
        sj_config_load(&config, &err) < 0 ||
        sj_config_set(&config, "cache_dir", dir, SJ_ORIGIN_ARG, &err) < 0) {
        return 2;
    }
    const struct sj_store_options store = {.dir = dir};
    int status = sj_store_open(&store, &race.store, &err);
    status = status < 0 ? status : add_build(&race, 1000000);
    for (unsigned i = 0; i < rounds && status >= 0; i++) {
        status = run_round(&race, &config, i);
    }
    sj_store_close(race.store);
    sj_config_release(&config);
    (void)sj_tree_remove(dir);
    printf("%lu pages, %lu wrong, %s\n", atomic_load(&race.asked), atomic_load(&race.wrong),
           status < 0 ? "failed" : "done");
    return status < 0 || atomic_load(&race.wrong) > 0 || atomic_load(&race.asked) == 0;
}
