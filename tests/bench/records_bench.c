// SPDX-License-Identifier: Apache-2.0
// The record database under load: makes a journal of many builds, takes it in, reads it back.
// usage: bench-records make|grow|more DIR BUILDS UNITS | ingest DIR | read DIR
// `grow` takes each build in as it ends, as `scrubjay run` does; `more` adds the build that follows
// so many.
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "record/db.h"
#include "record/journal.h"
#include "record/pathset.h"
#include "store/store.h"

#define HEADERS     2000u /**< of the project */
#define SYSTEM      150u  /**< headers of the system, which every unit reads */
#define OWN         120u  /**< headers of the project that a unit reads */
#define ABSENT      30u   /**< paths that a unit looks for in vain */
#define INPUTS      (1 + SYSTEM + OWN + ABSENT)
#define PART_BYTES  (UINT64_C(16) << 20)
#define FIRST_START UINT64_C(1756000000000000000)
#define BUILD_GAP   (UINT64_C(7776) * SJ_NS_PER_S) /**< a thousand of them take 90 days */
#define READS       7

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit)
{
    return next_random() % limit;
}

/** A unit of the project that is built. */
struct unit {
    uint32_t headers[OWN]; // of the project
    struct sj_key pathset;
    struct sj_key component;
    uint64_t cpu_ns;
    uint64_t stored_ns; // CPU of the compile that is stored
    uint32_t rss_kib;
    uint32_t input_bytes;
    uint32_t output_bytes;
    bool is_dirty;
};

/** The project. */
struct project {
    struct unit *units;
    size_t count;
    uint32_t *versions; // of headers, then of sources
};

static struct sj_key key_of(const char *kind, uint64_t a, uint64_t b)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%s/%" PRIu64 "/%" PRIu64, kind, a, b);
    return sj_key_of(text, (size_t)len);
}

// Few headers are read by nearly all units, most by a few.
static uint32_t pick_header(void)
{
    double x = (double)below(1u << 20) / (1u << 20);
    return (uint32_t)(x * x * HEADERS);
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

// The order of the entries is that of the paths: system headers, source, own headers, absent ones.
static void make_unit(struct project *project, size_t index, struct sj_batch *batch)
{
    struct unit *unit = &project->units[index];
    struct sj_pathset set = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    char(*paths)[64] = sj_calloc(INPUTS, sizeof *paths);
    size_t n = 0;
    for (uint32_t i = 0; i < OWN; i++) {
        unit->headers[i] = pick_header();
        for (uint32_t j = 0; j < i; j++) { // each only once
            if (unit->headers[j] == unit->headers[i]) {
                unit->headers[i] = (unit->headers[i] + 1) % HEADERS;
                j = UINT32_MAX;
            }
        }
    }
    qsort(unit->headers, OWN, sizeof *unit->headers, compare_numbers);
    (void)snprintf(paths[n++], sizeof *paths, "../a_source/unit%05zu.cc", index);
    for (uint32_t i = 0; i < OWN; i++) {
        (void)snprintf(paths[n++], sizeof *paths, "../include/h%04u.h", unit->headers[i]);
    }
    for (uint32_t i = 0; i < SYSTEM; i++) {
        (void)snprintf(paths[n++], sizeof *paths, "/usr/include/c++/12/s%03u", i);
    }
    for (uint32_t i = 0; i < ABSENT; i++) {
        (void)snprintf(paths[n++], sizeof *paths, "/usr/local/include/s%03u", i);
    }
    for (size_t i = 0; i < n; i++) {
        enum sj_need need = i < n - ABSENT ? SJ_NEED_CONTENT : SJ_NEED_ABSENT;
        sj_pathset_add(&set, (struct sj_path_entry){.need = need, .path = paths[i]});
    }
    sj_pathset_sort(&set);
    sj_pathset_encode(&set, &bytes);
    unit->pathset = sj_key_of(bytes.data, bytes.len);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &unit->pathset, bytes.data, bytes.len);
    unit->component = key_of("unit", index, 0);
    unit->cpu_ns = 100 * SJ_NS_PER_MS + below(60 * SJ_NS_PER_S) / (1 + below(30));
    unit->input_bytes = (uint32_t)(1000000 + below(2000000));
    unit->output_bytes = (uint32_t)(2000 + below(500000));
    unit->rss_kib = (uint32_t)(60000 + below(300000));
    unit->is_dirty = true;
    sj_pathset_release(&set);
    free(paths);
}

static int make_project(const char *dir, struct project *project)
{
    struct sj_err err;
    struct sj_store *store = NULL;
    struct sj_store_options options = {.dir = dir, .compression_level = 1};
    if (sj_store_open(&options, &store, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct sj_batch *batch = sj_batch_new(store);
    project->units = sj_calloc(project->count, sizeof *project->units);
    project->versions = sj_calloc(HEADERS + project->count, sizeof *project->versions);
    for (size_t i = 0; i < project->count; i++) {
        make_unit(project, i, batch);
    }
    int status = sj_batch_commit(batch, &err);
    sj_batch_free(batch);
    sj_store_close(store);
    return status < 0;
}

// A commit: a few sources, and headers until about every tenth unit is to be compiled again.
static void change(struct project *project)
{
    size_t dirty = 0;
    for (size_t i = 0; i < project->count; i++) {
        dirty += project->units[i].is_dirty;
    }
    for (int tries = 0; dirty < project->count / 12 && tries < 50; tries++) {
        uint32_t header = (uint32_t)(HEADERS / 3 + below(HEADERS * 2 / 3));
        project->versions[header]++;
        for (size_t i = 0; i < project->count; i++) {
            struct unit *unit = &project->units[i];
            if (!unit->is_dirty &&
                bsearch(&header, unit->headers, OWN, sizeof header, compare_numbers)) {
                unit->is_dirty = true;
                dirty++;
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        size_t source = below(project->count);
        project->versions[HEADERS + source]++;
        project->units[source].is_dirty = true;
    }
}

static void name_inputs(const struct project *project, size_t index, struct sj_key inputs[INPUTS])
{
    const struct unit *unit = &project->units[index];
    size_t n = 0;
    inputs[n++] = key_of("source", index, project->versions[HEADERS + index]);
    for (uint32_t i = 0; i < OWN; i++) {
        inputs[n++] = key_of("header", unit->headers[i], project->versions[unit->headers[i]]);
    }
    for (uint32_t i = 0; i < SYSTEM; i++) {
        inputs[n++] = key_of("system", i, 0);
    }
    memset(inputs + n, 0, ABSENT * sizeof *inputs);
}

static int make_record(struct project *project, const char *dir, const char *build, size_t index,
                       uint64_t start_ns)
{
    struct unit *unit = &project->units[index];
    struct sj_key inputs[INPUTS];
    char source[64];
    char output[96];
    char args[256];
    name_inputs(project, index, inputs);
    (void)snprintf(source, sizeof source, "../a_source/unit%05zu.cc", index);
    (void)snprintf(output, sizeof output, "CMakeFiles/all.dir/a_source/unit%05zu.cc.o", index);
    (void)snprintf(args, sizeof args, "-O2 -g -std=c++20 -Wall -Wextra -I../include -c %s -o %s",
                   source, output);
    struct sj_record record = {
        .start_ns = start_ns,
        .wall_ns = 1 * SJ_NS_PER_MS + below(4 * SJ_NS_PER_MS),
        .own_ns = 900000 + below(1000000),
        .outcome = unit->is_dirty ? SJ_OUTCOME_MISS : SJ_OUTCOME_HIT,
        .saved_ns = unit->is_dirty ? 0 : unit->stored_ns,
        .input_bytes = unit->input_bytes,
        .output_bytes = unit->output_bytes,
        .input_count = INPUTS - ABSENT,
        .pid = (uint32_t)(1000 + index),
        .flags = unit->is_dirty ? SJ_RECORD_STORED : SJ_RECORD_FAST,
        .toolchain = "gcc",
        .tool = "/usr/bin/g++-12",
        .language = "c++",
        .cwd = "/home/ci/work/project/build",
        .source = source,
        .output = output,
        .build = build,
        .label = "phase=build",
        .args = args,
        .weak = key_of("weak", index, 0),
        .strong = sj_key_of(inputs, sizeof inputs),
        .pathset = unit->pathset,
    };
    for (size_t i = 0; i < SJ_COMPONENT_COUNT; i++) {
        record.component[i] = i == SJ_COMPONENT_SOURCE ? unit->component : key_of("part", i, 0);
    }
    if (unit->is_dirty) {
        unit->stored_ns = unit->cpu_ns + below(unit->cpu_ns / 10);
        record.user_ns = unit->stored_ns;
        record.wall_ns = unit->stored_ns + below(SJ_NS_PER_S);
        record.peak_rss_bytes = (uint64_t)(unit->rss_kib + below(500)) << 10;
        record.reason = "inputs-changed";
        record.inputs = inputs;
        record.inputs_count = INPUTS;
        unit->is_dirty = false;
    }
    return dir ? sj_journal_append(dir, PART_BYTES, &record) : 0;
}

// Without a directory it is only gone through.
static int make_build(struct project *project, const char *dir, uint64_t number)
{
    char id[32];
    char commit[SJ_OID_HEX_SIZE];
    uint64_t start_ns = FIRST_START + number * BUILD_GAP;
    struct sj_key key = key_of("commit", number, 0);
    struct sj_oid oid = {{0}};
    memcpy(oid.bytes, key.bytes, SJ_KEY_SIZE);
    sj_oid_hex(&oid, commit);
    (void)snprintf(id, sizeof id, "github-%" PRIu64 "-1", 7000000 + number);
    const struct sj_note_pair pairs[] = {
        {"project", "example.org/team/project"},
        {"commit", commit},
        {"branch", "main"},
        {"system", "github"},
        {"machine", "runner-12345678"},
        {"root", "/home/ci/work/project"},
        {"job", "linux-release"},
        {"cpus", "8"},
    };
    struct sj_note note = {.kind = SJ_NOTE_BEGIN,
                           .time_ns = start_ns,
                           .build = id,
                           .pairs = pairs,
                           .pair_count = sizeof pairs / sizeof pairs[0]};
    int status = dir ? sj_journal_append_note(dir, PART_BYTES, &note) : 0;
    uint64_t at_ns = start_ns;
    for (size_t i = 0; i < project->count && status >= 0; i++) {
        at_ns += project->units[i].is_dirty ? project->units[i].cpu_ns / 8 : below(1000000);
        status = make_record(project, dir, id, i, at_ns);
    }
    note = (struct sj_note){.kind = SJ_NOTE_END, .time_ns = at_ns + SJ_NS_PER_S, .build = id};
    return status < 0 || !dir ? status : sj_journal_append_note(dir, PART_BYTES, &note);
}

static int take_in(const char *dir, bool is_silent);

// As a run does it: each build is taken in when it has ended, if so wished.
static int make(const char *dir, uint64_t first, uint64_t builds, uint64_t units, bool is_taken_in)
{
    struct project project = {.count = (size_t)units};
    int status = make_project(dir, &project);
    for (uint64_t i = 0; i < builds && status >= 0; i++) {
        change(&project);
        status = make_build(&project, i < first ? NULL : dir, i);
        if (status >= 0 && is_taken_in) {
            status = -take_in(dir, true);
        }
    }
    free(project.units);
    free(project.versions);
    return status < 0;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint64_t bytes_below(const char *dir, const char *name)
{
    uint64_t bytes = 0;
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", dir, name);
    SJ_AUTO(sj_auto_closedir) DIR *list = opendir(path);
    for (const struct dirent *entry; list && (entry = readdir(list)) != NULL;) {
        struct stat st;
        if (fstatat(dirfd(list), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode)) {
            bytes += (uint64_t)st.st_blocks * 512;
        }
    }
    return bytes;
}

static void print_done(const char *dir, const struct sj_db_ingested *done, double wall,
                       double spent)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    uint64_t bytes = bytes_below(dir, "records");
    double records = done->records ? (double)done->records : 1;
    (void)printf("records              %" PRIu64 "\n", done->records);
    (void)printf("journal              %.1f MB\n", (double)done->bytes / 1e6);
    (void)printf("wall                 %.2f s\n", wall);
    (void)printf("CPU                  %.2f s\n", spent);
    (void)printf("records/s of CPU     %.0f\n", records / spent);
    (void)printf("database             %.1f MB\n", (double)bytes / 1e6);
    (void)printf("bytes per record     %.1f\n", (double)bytes / records);
    (void)printf("peak memory          %.1f MB (of which mapped files are a part)\n",
                 (double)usage.ru_maxrss / 1e3);
}

static int take_in(const char *dir, bool is_silent)
{
    struct sj_err err;
    struct sj_store *store = NULL;
    struct sj_db *db = NULL;
    struct sj_store_options options = {.dir = dir};
    struct sj_db_ingested done;
    const double cpu = cpu_seconds();
    const uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = sj_store_open(&options, &store, &err);
    status = status < 0 ? status : sj_db_open(dir, SJ_DB_WRITE, &db, &err);
    const struct sj_db_intake intake = {.dir = dir, .store = store};
    status = status < 0 ? status : sj_db_ingest(db, &intake, &done, &err);
    if (status < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const double spent = cpu_seconds() - cpu;
    const double wall = (double)(sj_clock_ns(CLOCK_MONOTONIC) - start_ns) / 1e9;
    if (!is_silent) {
        print_done(dir, &done, wall, spent);
    }
    bool is_good = done.refused == 0 && done.without_paths == 0 && done.damaged_bytes == 0;
    if (!is_good) {
        (void)printf("WRONG: %" PRIu64 " refused, %" PRIu64 " without paths\n", done.refused,
                     done.without_paths);
    }
    sj_db_close(db);
    sj_store_close(store);
    return !is_good;
}

static int compare_times(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static int read_samples(struct sj_db *db, unsigned outcomes, const char *what)
{
    double times[READS];
    size_t total = 0;
    for (int i = 0; i < READS; i++) {
        struct sj_build *builds = NULL;
        struct sj_sample *samples = NULL;
        size_t build_count = 0;
        size_t size = 0;
        total = 0;
        const double start = cpu_seconds();
        int status = sj_db_builds(db, NULL, &builds, &build_count);
        for (size_t b = 0; b < build_count && status == 0; b++) {
            status = sj_db_samples(db, builds[b].number, outcomes, &samples, &total, &size);
        }
        times[i] = cpu_seconds() - start;
        free(builds);
        free(samples);
        if (status < 0) {
            return 1;
        }
    }
    qsort(times, READS, sizeof times[0], compare_times);
    (void)printf("%-20s %zu in %.1f ms of CPU (median of %d)\n", what, total,
                 1e3 * times[READS / 2], READS);
    return total == 0;
}

static int read_inputs(struct sj_db *db)
{
    struct sj_build *builds = NULL;
    struct sj_sample *samples = NULL;
    size_t build_count = 0;
    size_t count = 0;
    size_t size = 0;
    size_t inputs = 0;
    int status = sj_db_builds(db, NULL, &builds, &build_count);
    for (size_t b = 0; b < build_count && status == 0; b++) {
        status = sj_db_samples(db, builds[b].number, SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), &samples,
                               &count, &size);
    }
    const double start = cpu_seconds();
    for (size_t i = 0; i < count && status == 0; i++) {
        const struct sj_input *list = NULL;
        size_t length = 0;
        status = sj_db_inputs(db, samples[i].state, &list, &length);
        inputs += length;
    }
    (void)printf("%-20s %zu of %zu misses in %.1f ms of CPU\n", "inputs", inputs, count,
                 1e3 * (cpu_seconds() - start));
    free(builds);
    free(samples);
    return status != 0;
}

static int read_back(const char *dir)
{
    struct sj_err err;
    struct sj_db *db = NULL;
    if (sj_db_open(dir, SJ_DB_READ, &db, &err) != 0) {
        return 1;
    }
    int status = read_samples(db, SJ_OUTCOME_ANY, "all samples");
    status |= read_samples(db, SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), "misses");
    status |= read_inputs(db);
    sj_db_close(db);
    return status;
}

int main(int argc, char **argv)
{
    uint64_t builds = 0;
    uint64_t units = 0;
    bool is_taken_in = argc == 5 && strcmp(argv[1], "grow") == 0;
    bool is_more = argc == 5 && strcmp(argv[1], "more") == 0;
    if (argc == 5 && (is_taken_in || is_more || strcmp(argv[1], "make") == 0) &&
        sj_parse_u64(argv[3], UINT32_MAX - 1, &builds) == 0 &&
        sj_parse_u64(argv[4], 99999, &units) == 0) {
        return make(argv[2], is_more ? builds : 0, builds + is_more, units, is_taken_in);
    }
    if (argc == 3 && strcmp(argv[1], "ingest") == 0) {
        return take_in(argv[2], false);
    }
    if (argc == 3 && strcmp(argv[1], "read") == 0) {
        return read_back(argv[2]);
    }
    (void)fprintf(stderr,
                  "usage: bench-records make|grow|more DIR BUILDS UNITS | ingest DIR | read DIR\n");
    return 2;
}
