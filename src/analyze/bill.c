// SPDX-License-Identifier: Apache-2.0
#include "analyze/bill.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/charge.h"
#include "base/mem.h"

#define VOLATILE_BUILDS 3 /**< fewer say nothing */

void sj_bill_release(struct sj_bill *bill)
{
    if (bill) {
        free(bill->rows);
        free(bill->files);
        free(bill->generated);
        free(bill->jobs);
        sj_keymap_release(&bill->row_map);
        sj_keymap_release(&bill->file_map);
        sj_keymap_release(&bill->generated_map);
        *bill = (struct sj_bill){.pool = bill->pool};
    }
}

/** What a line is known by; texts are a pool's. */
struct row_name {
    uint32_t kind;
    struct sj_oid commit;
    struct sj_oid merge;
    uint64_t why;
};

static uint32_t find_row(struct sj_bill *bill, const struct sj_bill_row *like)
{
    struct row_name name;
    memset(&name, 0, sizeof name);
    name.kind = like->kind;
    name.commit = like->commit;
    name.merge = like->merge;
    name.why = (uint64_t)(uintptr_t)like->why;
    struct sj_key key = sj_key_of(&name, sizeof name);
    bool is_new;
    uint32_t *place = sj_keymap_put(&bill->row_map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)bill->row_count;
        if (bill->row_count == bill->row_size) {
            bill->row_size = bill->row_size ? 2 * bill->row_size : 16;
            bill->rows = sj_realloc(bill->rows, bill->row_size, sizeof *bill->rows);
        }
        bill->rows[bill->row_count++] = (struct sj_bill_row){
            .kind = like->kind,
            .is_inferred = like->is_inferred,
            .commit = like->commit,
            .merge = like->merge,
            .why = like->why,
        };
    }
    return *place;
}

static uint32_t find_file(struct sj_bill *bill, uint32_t row, const char *path)
{
    uint64_t name[2] = {row, (uint64_t)(uintptr_t)path};
    struct sj_key key = sj_key_of(name, sizeof name);
    bool is_new;
    uint32_t *place = sj_keymap_put(&bill->file_map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)bill->file_count;
        if (bill->file_count == bill->file_size) {
            bill->file_size = bill->file_size ? 2 * bill->file_size : 32;
            bill->files = sj_realloc(bill->files, bill->file_size, sizeof *bill->files);
        }
        bill->files[bill->file_count++] = (struct sj_bill_file){.row = row, .path = path};
    }
    return *place;
}

static void add_row(struct sj_bill_row *row, const struct sj_bill_row *more)
{
    row->ways |= more->ways;
    row->is_inferred = row->is_inferred && more->is_inferred;
    row->charge_ns += more->charge_ns;
    row->whole_ns += more->whole_ns;
    row->alone_ns += more->alone_ns;
    row->compiles += more->compiles;
}

static void add_file(struct sj_bill_file *file, const struct sj_bill_file *more)
{
    file->charge_ns += more->charge_ns;
    file->whole_ns += more->whole_ns;
    file->alone_ns += more->alone_ns;
    file->compiles += more->compiles;
}

/** One compile being charged. */
struct charging {
    struct sj_bill *bill;
    uint64_t cpu_ns;     // of the compile
    struct sj_oid merge; // whose parts are charged; zero: lines of their own
    bool is_alone;       // one player only
    struct sj_drill *drill;
    struct sj_err *err;
};

// One player with its files: all of them are one commit's, or of one kind.
static void charge_player(const struct charging *at, const struct sj_blame *files, size_t count,
                          uint64_t amount)
{
    struct sj_bill_row more = {
        .kind = files[0].kind,
        .is_inferred = true,
        .commit = files[0].commit,
        .merge = at->merge,
        .why = sj_pool_text(at->bill->pool, files[0].why),
        .charge_ns = amount,
        .whole_ns = at->cpu_ns,
        .alone_ns = at->is_alone ? at->cpu_ns : 0,
        .compiles = 1,
    };
    for (size_t i = 0; i < count; i++) {
        more.ways |= 1u << files[i].via;
        more.is_inferred = more.is_inferred && files[i].is_inferred;
    }
    uint32_t row = find_row(at->bill, &more);
    add_row(&at->bill->rows[row], &more);
    for (size_t i = 0; i < count; i++) {
        uint32_t file = find_file(at->bill, row, sj_pool_text(at->bill->pool, files[i].path));
        add_file(&at->bill->files[file],
                 &(struct sj_bill_file){
                     .charge_ns = sj_charge_share(amount, count, i),
                     .whole_ns = at->cpu_ns,
                     .alone_ns = at->is_alone && count == 1 ? at->cpu_ns : 0,
                     .compiles = 1,
                 });
    }
}

static size_t count_files(const struct sj_blame *causes, size_t count)
{
    size_t files = 1;
    while (files < count && sj_blame_same(&causes[0], &causes[files])) {
        files++;
    }
    return files;
}

static size_t count_players(const struct sj_blame *causes, size_t count)
{
    size_t players = 0;
    for (size_t i = 0; i < count; i += count_files(causes + i, count - i)) {
        players++;
    }
    return players;
}

static int charge_players(const struct charging *at, const struct sj_blame *causes, size_t count,
                          uint64_t amount);

static int charge_parts(const struct charging *at, const struct sj_blame *files, size_t count,
                        uint64_t amount)
{
    SJ_AUTO(sj_auto_free) struct sj_blame *parts = NULL;
    size_t part_count;
    int status = sj_drill_split(at->drill, files, count, &parts, &part_count, at->err);
    if (status < 0) {
        return status;
    }
    struct charging inner = *at;
    inner.merge = files[0].commit;
    inner.drill = NULL;
    return charge_players(&inner, parts, part_count, amount);
}

static int charge_players(const struct charging *at, const struct sj_blame *causes, size_t count,
                          uint64_t amount)
{
    size_t players = count_players(causes, count);
    size_t player = 0;
    struct charging one = *at;
    one.is_alone = at->is_alone && players == 1;
    for (size_t i = 0; i < count; player++) {
        size_t files = count_files(causes + i, count - i);
        uint64_t share = sj_charge_share(amount, players, player);
        charge_player(&one, causes + i, files, share);
        if (at->drill && causes[i].kind == SJ_BLAME_COMMIT &&
            sj_drill_is_merge(at->drill, &causes[i].commit)) {
            int status = charge_parts(&one, causes + i, files, share);
            if (status < 0) {
                return status;
            }
        }
        i += files;
    }
    return 0;
}

int sj_bill_add(struct sj_bill *bill, const struct sj_finding *finding, struct sj_drill *drill,
                struct sj_err *err)
{
    if (finding->count == 0) {
        return 0;
    }
    // All causes of a compile are of one group: redundant ones stand alone.
    enum sj_blame_group group = sj_blame_group(finding->causes[0].kind);
    bill->cpu_ns[group] += finding->sample->cpu_ns;
    bill->compiles[group]++;
    const struct charging at = {
        .bill = bill,
        .cpu_ns = finding->sample->cpu_ns,
        .is_alone = true,
        .drill = drill,
        .err = err,
    };
    return charge_players(&at, finding->causes, finding->count, at.cpu_ns);
}

void sj_bill_add_sum(struct sj_bill *bill, enum sj_blame_kind kind, uint64_t cpu_ns,
                     uint64_t compiles)
{
    const struct sj_bill_row more = {
        .kind = kind,
        .why = sj_pool_text(bill->pool, ""),
        .charge_ns = cpu_ns,
        .whole_ns = cpu_ns,
        .alone_ns = cpu_ns,
        .compiles = compiles,
    };
    uint32_t row = find_row(bill, &more);
    add_row(&bill->rows[row], &more);
    bill->cpu_ns[sj_blame_group(kind)] += cpu_ns;
    bill->compiles[sj_blame_group(kind)] += compiles;
}

static struct sj_bill_generated *find_generated(struct sj_bill *bill, const char *path,
                                                const char *job)
{
    uint64_t name[2] = {(uint64_t)(uintptr_t)path, (uint64_t)(uintptr_t)job};
    struct sj_key key = sj_key_of(name, sizeof name);
    bool is_new;
    uint32_t *place = sj_keymap_put(&bill->generated_map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)bill->generated_count;
        if (bill->generated_count % 16 == 0) {
            bill->generated =
                sj_realloc(bill->generated, bill->generated_count + 16, sizeof *bill->generated);
        }
        bill->generated[bill->generated_count++] =
            (struct sj_bill_generated){.path = path, .job = job};
    }
    return &bill->generated[*place];
}

static void count_job(struct sj_bill *bill, const char *job)
{
    size_t i = 0;
    while (i < bill->job_count && bill->jobs[i].name != job) {
        i++;
    }
    if (i == bill->job_count) {
        bill->jobs = sj_realloc(bill->jobs, bill->job_count + 1, sizeof *bill->jobs);
        bill->jobs[bill->job_count++] = (struct sj_bill_job){.name = job};
    }
    bill->jobs[i].builds++;
}

void sj_bill_merge(struct sj_bill *bill, const struct sj_bill *build, const char *job,
                   bool is_comparable)
{
    job = sj_pool_text(bill->pool, job);
    if (is_comparable) {
        count_job(bill, job);
    }
    bill->builds++;
    for (int i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        bill->cpu_ns[i] += build->cpu_ns[i];
        bill->compiles[i] += build->compiles[i];
    }
    SJ_AUTO(sj_auto_free) uint32_t *rows = sj_calloc(build->row_count + 1, sizeof *rows);
    for (size_t i = 0; i < build->row_count; i++) {
        struct sj_bill_row more = build->rows[i];
        more.why = sj_pool_text(bill->pool, more.why);
        rows[i] = find_row(bill, &more);
        add_row(&bill->rows[rows[i]], &more);
    }
    for (size_t i = 0; i < build->file_count; i++) {
        const struct sj_bill_file *more = &build->files[i];
        const char *path = sj_pool_text(bill->pool, more->path);
        uint32_t file = find_file(bill, rows[more->row], path);
        add_file(&bill->files[file], more);
        if (build->rows[more->row].kind == SJ_BLAME_GENERATED) {
            struct sj_bill_generated *generated = find_generated(bill, path, job);
            generated->builds += generated->latest != bill->builds;
            generated->latest = bill->builds;
            generated->charge_ns += more->charge_ns;
            generated->alone_ns += more->alone_ns;
            generated->compiles += more->compiles;
        }
    }
}

bool sj_bill_is_volatile(const struct sj_bill *bill, const struct sj_bill_generated *generated)
{
    uint64_t builds = 0;
    for (size_t i = 0; i < bill->job_count; i++) {
        builds += bill->jobs[i].name == generated->job ? bill->jobs[i].builds : 0;
    }
    return generated->builds >= VOLATILE_BUILDS && 3 * generated->builds >= 2 * builds;
}
