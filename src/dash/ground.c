// SPDX-License-Identifier: Apache-2.0
#include "dash/ground.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#define SETTLED_NS (2 * SJ_NS_PER_S) // a file unchanged for so long has not changed unseen

int sj_dash_ground_init(const struct sj_dash_options *options, struct sj_dash_ground *out,
                        struct sj_err *err)
{
    out->options = options;
    if (options->repo) {
        // Its builds have this name, too, where somebody has set one.
        sj_mirrors_add(&out->mirrors, options->repo, options->config->project);
        return 0;
    }
    return sj_mirrors_read(options->config->server.repositories, &out->mirrors, err);
}

static void free_roster(struct sj_dash_ground *ground)
{
    for (size_t i = 0; i < ground->roster_count; i++) {
        free(ground->roster[i].project);
        free(ground->roster[i].space);
    }
    free(ground->roster);
    free(ground->starts);
    ground->roster = NULL;
    ground->roster_count = 0;
    ground->starts = NULL;
    ground->build_count = 0;
}

static void close_records(struct sj_dash_ground *ground)
{
    free_roster(ground);
    sj_db_close(ground->db);
    ground->db = NULL;
}

void sj_dash_ground_release(struct sj_dash_ground *ground)
{
    if (ground) {
        close_records(ground);
        sj_mirrors_release(&ground->mirrors);
        *ground = (struct sj_dash_ground){0};
    }
}

struct sj_str sj_dash_space_of(const char *labels)
{
    const char *space = sj_skip_prefix(labels, "namespace=");
    return space ? (struct sj_str){space, strcspn(space, ",")} : (struct sj_str){NULL, 0};
}

static bool row_is(const struct sj_roster_row *row, const char *project, struct sj_str space)
{
    if (strcmp(row->project, project) != 0 || !row->space != !space.data) {
        return false;
    }
    return !space.data || sj_str_eq(sj_str_of(row->space), space);
}

static void note_build(struct sj_dash_ground *ground, const struct sj_build *build)
{
    struct sj_str space = sj_dash_space_of(build->labels);
    size_t at = 0;
    while (at < ground->roster_count && !row_is(&ground->roster[at], build->project, space)) {
        at++;
    }
    if (at == ground->roster_count) {
        ground->roster = sj_realloc(ground->roster, at + 1, sizeof *ground->roster);
        ground->roster[ground->roster_count++] = (struct sj_roster_row){
            .project = sj_strdup(build->project),
            .space = space.data ? sj_strndup(space.data, space.len) : NULL,
        };
    }
    struct sj_roster_row *row = &ground->roster[at];
    row->count++;
    row->newest_ns = build->start_ns > row->newest_ns ? build->start_ns : row->newest_ns;
}

// A revision may come twice, with other records: a power cut takes the latest ones away, and they
// are taken in again. Hence the sums.
static void add_build(struct sj_hasher *hasher, const struct sj_build *build)
{
    const uint64_t told[] = {build->number,   build->revision, build->flags,
                             build->start_ns, build->wall_ns,  build->units};
    sj_hasher_add(hasher, told, sizeof told);
    sj_hasher_add(hasher, build->count, sizeof build->count);
    sj_hasher_add(hasher, build->cpu_ns, sizeof build->cpu_ns);
}

// Builds come by their start.
static void take_starts(struct sj_dash_ground *ground, const struct sj_build *builds, size_t count)
{
    struct sj_hasher *hasher = sj_hasher_new();
    ground->starts = sj_calloc(count + 1, sizeof *ground->starts);
    ground->build_count = count;
    for (size_t i = 0; i < count; i++) {
        add_build(hasher, &builds[i]);
        ground->starts[i] = builds[i].start_ns;
    }
    ground->print = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
}

size_t sj_dash_ground_before(const struct sj_dash_ground *ground, uint64_t time_ns)
{
    size_t low = 0;
    size_t high = ground->build_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ground->starts[middle] < time_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool sj_roster_may_see(const struct sj_roster_row *row, const struct sj_page_request *request)
{
    return row->space ? request->may_read(sj_str_of(row->space), request->may_read_user)
                      : request->is_admin || request->is_local;
}

static int make_roster(struct sj_dash_ground *ground, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter all = {0};
    int status = sj_db_builds(ground->db, &all, &builds, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    free_roster(ground);
    for (size_t i = 0; i < count; i++) {
        note_build(ground, &builds[i]);
    }
    take_starts(ground, builds, count);
    ground->state++;
    return 0;
}

// Its times are of the file system's clock, which is the same or another machine's: one that lies
// in the future is of none to be relied on.
static bool is_settled(const struct stat *file)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    uint64_t then_ns =
        (uint64_t)file->st_mtim.tv_sec * SJ_NS_PER_S + (uint64_t)file->st_mtim.tv_nsec;
    return then_ns < now_ns && now_ns - then_ns > SETTLED_NS;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

// This process writes, too: the server's thread that takes records in, or we. All its handles are
// of one environment, which can only do what it was opened for.
static int open_records(struct sj_dash_ground *ground, struct sj_err *err)
{
    const struct sj_dash_options *options = ground->options;
    const char *dir = options->config->cache_dir;
    bool is_reader = options->is_local && options->config->read_only;
    int status = is_reader ? -EACCES : sj_db_open(dir, SJ_DB_WRITE, &ground->db, err);
    if (status == -EACCES || status == -EROFS) {
        status = sj_db_open(dir, SJ_DB_READ, &ground->db, err);
    }
    return status;
}

int sj_dash_ground_refresh(struct sj_dash_ground *ground, struct sj_err *err)
{
    const char *dir = ground->options->config->cache_dir;
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/records/data.mdb", dir);
    struct stat file;
    if (stat(path, &file) < 0) {
        close_records(ground);
        return 0;
    }
    if (ground->db && (ground->file.st_dev != file.st_dev || ground->file.st_ino != file.st_ino)) {
        close_records(ground); // somebody has removed it, and it was made anew
        sj_dash_cache_forget(ground->cache);
    }
    int status = 0;
    if (!ground->db) {
        status = open_records(ground, err);
    } else if (is_same(&file, &ground->file) && is_settled(&file)) {
        return 0;
    } else {
        status = sj_db_refresh(ground->db);
        status = status < 0 ? sj_fail(err, status, "cannot read the records") : status;
    }
    if (status == 0) {
        ground->file = file;
        status = make_roster(ground, err);
    }
    if (status != 0) {
        close_records(ground);
    }
    return status == SJ_DB_NONE ? 0 : status;
}

int sj_dash_take_in(const struct sj_config *config, struct sj_err *err)
{
    struct stat file;
    SJ_AUTO(sj_auto_free) char *index = sj_asprintf("%s/index", config->cache_dir);
    if (config->read_only || stat(index, &file) < 0) {
        return 0;
    }
    struct sj_store *store = NULL;
    struct sj_db *db = NULL;
    struct sj_db_ingested done;
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .compression_level = (int)config->compression,
        .is_read_only = true,
    };
    int status = sj_store_open(&options, &store, err);
    if (status == 0) {
        status = sj_db_open(config->cache_dir, SJ_DB_WRITE, &db, err);
    }
    if (status == 0) {
        const struct sj_db_intake intake = {.dir = config->cache_dir, .store = store};
        status = sj_db_ingest(db, &intake, &done, err);
    }
    sj_db_close(db);
    sj_store_close(store);
    return status;
}
