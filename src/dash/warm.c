// SPDX-License-Identifier: Apache-2.0
#include "dash/warm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cond.h"
#include "base/mem.h"
#include "dash/answer.h"
#include "dash/query.h"

#define NICENESS     10
#define LOOK_NS      (2 * SJ_NS_PER_S) // between two looks whether something is new
#define REST         4                 // times what was worked, before it is worked again
#define ASKED_MAX    16                // requests that are remembered
#define PROJECTS_MAX 8                 // those that were built last
#define SPACES_LIMIT ((size_t)1 << 20)

/** A request, and who made it. */
struct asked {
    char *path;
    char *query;
    struct sj_buf spaces; // that may be read: each a length and bytes
    bool is_admin;
    bool sees_all;
    uint64_t used_ns; // when it was last made; CLOCK_MONOTONIC
};

struct sj_warmer {
    struct sj_dash_ground ground; // the thread's
    uint64_t made;                // state of the ground that all was made of; the thread's
    struct stat damaged;          // of a database that could not be read; the thread's
    pthread_t thread;
    atomic_bool is_ending;
    pthread_mutex_t lock; // guards what follows
    pthread_cond_t cond;
    struct asked asked[ASKED_MAX];
    size_t asked_count;
    uint64_t rounds; // that are over
    bool is_at_work;
    bool is_called; // somebody waits: no rest
};

static void release(struct asked *asked)
{
    free(asked->path);
    free(asked->query);
    sj_buf_release(&asked->spaces);
    *asked = (struct asked){0};
}

static bool may_read(struct sj_str space, void *user)
{
    const struct asked *asked = user;
    struct sj_reader reader = sj_reader_of(asked->spaces.data, asked->spaces.len);
    bool may = asked->sees_all;
    while (!may && reader.at < reader.end && !reader.is_bad) {
        struct sj_str known;
        known.data = sj_reader_bytes(&reader, &known.len);
        may = known.data && sj_str_eq(known, space);
    }
    return may;
}

static void make(struct sj_warmer *warmer, struct asked *asked)
{
    bool is_local = warmer->ground.options->is_local;
    const struct sj_page_request request = {
        .path = sj_str_of(asked->path),
        .query = sj_str_of(asked->query),
        .accept = "text/html",
        .if_none_match = "",
        .host = "",
        .is_signed_in = true,
        .is_admin = asked->is_admin,
        .is_local = is_local,
        .may_see = true,
        .problem = "",
        .token_id = "",
        .form_key = "",
        .may_read = may_read,
        .may_read_user = asked,
    };
    struct sj_page_answer answer = {.body = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)};
    (void)sj_dash_answer_page(&warmer->ground, &request, &answer);
    sj_buf_release(&answer.body);
}

static int newest_first(const void *left, const void *right)
{
    const struct sj_roster_row *a = *(const struct sj_roster_row *const *)left;
    const struct sj_roster_row *b = *(const struct sj_roster_row *const *)right;
    return a->newest_ns == b->newest_ns ? 0 : a->newest_ns < b->newest_ns ? 1 : -1;
}

static void make_usual(struct sj_warmer *warmer, const char *project)
{
    static const char *const pages[] = {"overview", "misses", "commits", "headers", "units"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (atomic_load(&warmer->is_ending)) {
            return;
        }
        struct sj_dash_query query = {.page = sj_strdup(pages[i])};
        query.parameter[SJ_DASH_PROJECT] = sj_strdup(project);
        char *link = sj_dash_link(&query, pages[i], NULL, NULL);
        char *mark = strchr(link, '?');
        struct asked asked = {.path = link, .is_admin = true, .sees_all = true};
        asked.query = sj_strdup(mark ? mark + 1 : "");
        if (mark) {
            *mark = '\0';
        }
        make(warmer, &asked);
        release(&asked);
        sj_dash_query_release(&query);
    }
}

// The roster may be made anew by each page: its names are copied.
static void make_all_usual(struct sj_warmer *warmer)
{
    size_t count = warmer->ground.roster_count;
    SJ_AUTO(sj_auto_free) const struct sj_roster_row **rows = sj_calloc(count + 1, sizeof(void *));
    char *names[PROJECTS_MAX];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        rows[i] = &warmer->ground.roster[i];
    }
    if (count > 0) {
        qsort(rows, count, sizeof(void *), newest_first);
    }
    for (size_t i = 0; i < count && found < PROJECTS_MAX; i++) {
        size_t at = 0;
        while (at < found && strcmp(names[at], rows[i]->project) != 0) {
            at++;
        }
        if (at == found) {
            names[found++] = sj_strdup(rows[i]->project);
        }
    }
    for (size_t i = 0; i < found; i++) {
        make_usual(warmer, names[i]);
        free(names[i]);
    }
}

static void copy(const struct asked *from, struct asked *out)
{
    *out = *from;
    out->path = sj_strdup(from->path);
    out->query = sj_strdup(from->query);
    out->spaces = SJ_BUF_INIT(SPACES_LIMIT);
    sj_buf_add(&out->spaces, from->spaces.data, from->spaces.len);
}

static void make_asked(struct sj_warmer *warmer)
{
    for (size_t i = 0; !atomic_load(&warmer->is_ending); i++) {
        struct asked asked;
        (void)pthread_mutex_lock(&warmer->lock);
        bool is_there = i < warmer->asked_count;
        if (is_there) {
            copy(&warmer->asked[i], &asked);
        }
        (void)pthread_mutex_unlock(&warmer->lock);
        if (!is_there) {
            return;
        }
        make(warmer, &asked);
        release(&asked);
    }
}

// One that could not be read is not tried again before it has changed: each time costs memory that
// LMDB does not give back.
static bool is_damaged(const struct sj_warmer *warmer, const struct stat *file)
{
    const struct stat *known = &warmer->damaged;
    return known->st_ino == file->st_ino && known->st_size == file->st_size &&
           known->st_mtim.tv_sec == file->st_mtim.tv_sec &&
           known->st_mtim.tv_nsec == file->st_mtim.tv_nsec;
}

static void work(struct sj_warmer *warmer)
{
    struct stat file;
    struct sj_err err = {0};
    SJ_AUTO(sj_auto_free)
    char *path = sj_asprintf("%s/records/data.mdb", warmer->ground.options->config->cache_dir);
    if (stat(path, &file) < 0 || is_damaged(warmer, &file)) {
        return;
    }
    int status = sj_dash_ground_refresh(&warmer->ground, &err);
    if (status < 0) {
        warmer->damaged = file; // a page tells what is wrong
    }
    if (status < 0 || !warmer->ground.db || warmer->made == warmer->ground.state) {
        return;
    }
    warmer->made = warmer->ground.state;
    make_asked(warmer);
    make_all_usual(warmer);
}

// Waits until a look is due. False: the end.
static bool rest(struct sj_warmer *warmer, uint64_t until_ns)
{
    int status = 0;
    (void)pthread_mutex_lock(&warmer->lock);
    warmer->is_at_work = false;
    warmer->rounds++;
    (void)pthread_cond_broadcast(&warmer->cond);
    while (!atomic_load(&warmer->is_ending) && !warmer->is_called && status == 0) {
        status = sj_cond_wait_until(&warmer->cond, &warmer->lock, until_ns);
    }
    warmer->is_called = false;
    warmer->is_at_work = true;
    (void)pthread_mutex_unlock(&warmer->lock);
    return !atomic_load(&warmer->is_ending);
}

static void *run(void *user)
{
    struct sj_warmer *warmer = user;
    uint64_t begin_ns;
    uint64_t rest_ns;
    // Of this thread alone: Linux keeps it for each.
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    do {
        begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
        work(warmer);
        rest_ns = REST * (sj_clock_ns(CLOCK_MONOTONIC) - begin_ns);
        rest_ns = rest_ns < LOOK_NS ? LOOK_NS : rest_ns;
    } while (rest(warmer, sj_clock_ns(CLOCK_MONOTONIC) + rest_ns));
    return NULL;
}

// Signals are for the threads that wait for them; faults are this one's own.
static bool start(struct sj_warmer *warmer)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGBUS);
    (void)sigdelset(&all, SIGSEGV);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&warmer->thread, NULL, run, warmer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status == 0;
}

static void free_all(struct sj_warmer *warmer)
{
    for (size_t i = 0; i < warmer->asked_count; i++) {
        release(&warmer->asked[i]);
    }
    sj_dash_ground_release(&warmer->ground);
    (void)pthread_cond_destroy(&warmer->cond);
    (void)pthread_mutex_destroy(&warmer->lock);
    free(warmer);
}

struct sj_warmer *sj_warmer_new(const struct sj_dash_options *options, struct sj_dash_cache *cache)
{
    struct sj_warmer *warmer = sj_new(struct sj_warmer);
    sj_cond_init(&warmer->cond);
    (void)pthread_mutex_init(&warmer->lock, NULL);
    warmer->is_at_work = true;
    int status = sj_dash_ground_init(options, &warmer->ground, NULL);
    warmer->ground.cache = cache;
    warmer->ground.is_over = &warmer->is_ending;
    if (status < 0 || !start(warmer)) {
        free_all(warmer);
        return NULL;
    }
    return warmer;
}

void sj_warmer_free(struct sj_warmer *warmer)
{
    if (!warmer) {
        return;
    }
    (void)pthread_mutex_lock(&warmer->lock);
    atomic_store(&warmer->is_ending, true);
    (void)pthread_cond_broadcast(&warmer->cond);
    (void)pthread_mutex_unlock(&warmer->lock);
    (void)pthread_join(warmer->thread, NULL);
    free_all(warmer);
}

static bool is_same(const struct asked *a, const struct asked *b)
{
    return strcmp(a->path, b->path) == 0 && strcmp(a->query, b->query) == 0 &&
           a->is_admin == b->is_admin && a->spaces.len == b->spaces.len &&
           (a->spaces.len == 0 || memcmp(a->spaces.data, b->spaces.data, a->spaces.len) == 0);
}

// Its place: where the same stands already, else a free one, else that of the one that was used
// longest ago.
static struct asked *place_of(struct sj_warmer *warmer, const struct asked *asked)
{
    struct asked *oldest = &warmer->asked[0];
    for (size_t i = 0; i < warmer->asked_count; i++) {
        struct asked *at = &warmer->asked[i];
        if (is_same(at, asked)) {
            return at;
        }
        oldest = at->used_ns < oldest->used_ns ? at : oldest;
    }
    return warmer->asked_count < ASKED_MAX ? &warmer->asked[warmer->asked_count++] : oldest;
}

void sj_warmer_note(struct sj_warmer *warmer, const struct sj_dash_ground *ground,
                    const struct sj_page_request *request)
{
    if (!warmer) {
        return;
    }
    struct asked asked = {
        .path = sj_strndup(request->path.data, request->path.len),
        .query = sj_strndup(request->query.len ? request->query.data : "", request->query.len),
        .spaces = SJ_BUF_INIT(SPACES_LIMIT),
        .is_admin = request->is_admin,
        .used_ns = sj_clock_ns(CLOCK_MONOTONIC),
    };
    for (size_t i = 0; i < ground->roster_count; i++) {
        const char *space = ground->roster[i].space;
        if (space && !may_read(sj_str_of(space), &asked) &&
            request->may_read(sj_str_of(space), request->may_read_user)) {
            sj_buf_add_bytes(&asked.spaces, space, strlen(space));
        }
    }
    (void)pthread_mutex_lock(&warmer->lock);
    struct asked *place = place_of(warmer, &asked);
    release(place);
    *place = asked;
    (void)pthread_mutex_unlock(&warmer->lock);
}

void sj_warmer_settle(struct sj_warmer *warmer)
{
    if (!warmer) {
        return;
    }
    (void)pthread_mutex_lock(&warmer->lock);
    // What is under way may have begun before the last change.
    uint64_t wanted = warmer->rounds + 1 + warmer->is_at_work;
    while (warmer->rounds < wanted && !atomic_load(&warmer->is_ending)) {
        warmer->is_called = true;
        (void)pthread_cond_broadcast(&warmer->cond);
        (void)pthread_cond_wait(&warmer->cond, &warmer->lock);
    }
    (void)pthread_mutex_unlock(&warmer->lock);
}
