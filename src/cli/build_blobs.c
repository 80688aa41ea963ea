// SPDX-License-Identifier: Apache-2.0
#include "cli/build_blobs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "record/db.h"
#include "store/store.h"

#define BUDGET_MIN_NS (300 * SJ_NS_PER_MS)
#define BUDGET_MAX_NS (5 * SJ_NS_PER_S)
#define BUDGET_SHARE  20      /**< at most one part of so many of the build's time */
#define NAMES_MAX     1000000 /**< contents of a build */
#define PATHS_LIMIT   ((size_t)256 << 20)
#define BLOBS_OF_NOTE 4096

/** Contents of one build, being named. */
struct naming {
    const struct sj_build_log *log;
    uint64_t until_ns;   // CLOCK_MONOTONIC
    struct sj_buf paths; // NUL-terminated, one for each content
    struct sj_key *contents;
    size_t count;
    size_t size;
    size_t left_out; // for want of time or room
    struct sj_note_blob blobs[BLOBS_OF_NOTE];
    uint32_t blob_count;
};

static int collect(const char *path, const struct sj_key *content, void *user)
{
    struct naming *naming = user;
    if (naming->count >= NAMES_MAX || naming->paths.is_full) {
        naming->left_out++;
        return 0;
    }
    sj_buf_add(&naming->paths, path, strlen(path) + 1);
    if (naming->paths.is_full) {
        naming->left_out++;
        return 0;
    }
    if (naming->count == naming->size) {
        naming->size = naming->size ? 2 * naming->size : 1024;
        naming->contents = sj_realloc(naming->contents, naming->size, sizeof *naming->contents);
    }
    naming->contents[naming->count++] = *content;
    return 0;
}

static void flush(struct naming *naming)
{
    if (naming->blob_count > 0) {
        struct sj_note note = {
            .kind = SJ_NOTE_BLOBS,
            .time_ns = sj_clock_ns(CLOCK_REALTIME),
            .blobs = naming->blobs,
            .blob_count = naming->blob_count,
        };
        (void)sj_build_log_append(naming->log, &note);
        naming->blob_count = 0;
    }
}

static void name_one(struct naming *naming, const char *path, const struct sj_key *content)
{
    struct sj_note_blob *blob = &naming->blobs[naming->blob_count];
    *blob = (struct sj_note_blob){.content = *content};
    int status =
        sj_repo_blob_of(naming->log->repo, path, content, naming->log->start_ns, &blob->blob);
    if (status == SJ_REPO_UNTRACKED) {
        blob->blob = (struct sj_oid){0};
    } else if (status != 0) {
        naming->left_out += status < 0;
        return;
    }
    naming->blob_count++;
    if (naming->blob_count == BLOBS_OF_NOTE) {
        flush(naming);
    }
}

static void name_all(struct naming *naming)
{
    const char *path = naming->paths.data;
    for (size_t i = 0; i < naming->count; i++) {
        if (sj_clock_ns(CLOCK_MONOTONIC) >= naming->until_ns) {
            naming->left_out += naming->count - i;
            break;
        }
        name_one(naming, path, &naming->contents[i]);
        path += strlen(path) + 1;
    }
    flush(naming);
}

// The number of the build in the database; 0: it has no records.
static uint32_t find_build(struct sj_db *db, const char *id)
{
    const struct sj_db_filter filter = {.id = id};
    struct sj_build *builds = NULL;
    size_t count = 0;
    int status = sj_db_builds(db, &filter, &builds, &count);
    uint32_t number = status == 0 && count > 0 ? builds[count - 1].number : 0;
    free(builds);
    return number;
}

static void name_build(struct sj_db *db, struct naming *naming)
{
    uint32_t number = find_build(db, naming->log->id);
    int status = number ? sj_db_unnamed(db, number, collect, naming) : 0;
    if (status < 0) {
        sj_log("cannot list the build's inputs: %s", strerrordesc_np(-status));
        return;
    }
    name_all(naming);
    sj_log("%zu inputs of the build were looked up in git, %zu left out", naming->count,
           naming->left_out);
}

static bool is_over(void *user)
{
    const uint64_t *until_ns = user;
    return sj_clock_ns(CLOCK_MONOTONIC) >= *until_ns;
}

static int ingest(struct sj_db *db, const struct sj_build_log *log, struct sj_store *store,
                  uint64_t until_ns)
{
    struct sj_err err = {0};
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {
        .dir = log->config->cache_dir,
        .store = store,
        .is_over = is_over,
        .user = &until_ns,
    };
    int status = sj_db_ingest(db, &intake, &done, &err);
    if (status < 0) {
        sj_log("cannot take the records in: %s", err.text);
    }
    return status;
}

static struct sj_store *open_store(const struct sj_config *config)
{
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .compression_level = (int)config->compression,
        .is_read_only = true,
    };
    struct sj_store *store = NULL;
    return sj_store_open(&options, &store, NULL) == 0 ? store : NULL;
}

static void release_naming(struct naming *naming)
{
    sj_buf_release(&naming->paths);
    free(naming->contents);
    free(naming);
}

static void name_with(struct sj_db *db, const struct sj_build_log *log, struct sj_store *store,
                      uint64_t budget_ns)
{
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + budget_ns;
    if (ingest(db, log, store, until_ns) < 0 || !log->repo || !sj_repo_root(log->repo)) {
        return;
    }
    struct naming *naming = sj_new(struct naming);
    naming->log = log;
    naming->until_ns = until_ns;
    naming->paths = SJ_BUF_INIT(PATHS_LIMIT);
    name_build(db, naming);
    bool has_named = naming->count > 0;
    release_naming(naming);
    if (has_named) {
        (void)ingest(db, log, store, until_ns);
    }
}

static void name_inputs(const struct sj_build_log *log, uint64_t budget_ns)
{
    const struct sj_config *config = log->config;
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    struct sj_err err = {0};
    struct sj_db *db = NULL;
    if (sj_db_open(config->cache_dir, SJ_DB_WRITE, &db, &err) != 0) {
        sj_log("cannot open the record database: %s", err.text);
        return;
    }
    struct sj_store *store = open_store(config);
    name_with(db, log, store, budget_ns);
    sj_store_close(store);
    sj_db_close(db);
    sj_log("the build's records and inputs took %" PRIu64 " us",
           (sj_clock_ns(CLOCK_MONOTONIC) - start_ns) / 1000);
}

static uint64_t budget_of(const struct sj_child_end *end)
{
    uint64_t budget_ns = end->wall_ns / BUDGET_SHARE;
    budget_ns = budget_ns > BUDGET_MAX_NS ? BUDGET_MAX_NS : budget_ns;
    bool has_failed = end->exit_status != 0;
    return budget_ns < BUDGET_MIN_NS || has_failed ? BUDGET_MIN_NS : budget_ns;
}

void sj_build_blobs(const struct sj_build_log *log, const struct sj_child_end *end)
{
    const struct sj_config *config = log->config;
    if (!config || !config->stats || config->read_only || !log->is_own || end->told_signal ||
        end->signal) {
        return;
    }
    // A writer of LMDB that meets damaged pages may be ended by it, and a build's status is not to
    // hang on the health of its records.
    pid_t child = fork();
    if (child == 0) {
        name_inputs(log, budget_of(end));
        _exit(0);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        sj_log("the build's records were not taken in: wait status %#x", (unsigned)status);
    }
}
