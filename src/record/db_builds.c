// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_handle.h"
#include "record/db_rows.h"

// Numbers of the filter's texts: rows are compared by number.
struct wanted {
    enum sj_build_text text;
    const char *value; // NULL: any
    uint32_t number;   // 0: no build has it, but ""
};
#define WANTED 4

struct listing {
    struct sj_db *db;
    const struct sj_db_filter *filter;
    struct wanted wanted[WANTED];
    struct sj_build *builds;
    size_t count;
    size_t size;
};

static bool is_wanted(const struct listing *listing, const struct sj_build_row *row)
{
    const struct sj_db_filter *filter = listing->filter;
    for (size_t i = 0; i < WANTED; i++) {
        const struct wanted *wanted = &listing->wanted[i];
        if (wanted->value && (row->texts[wanted->text] != wanted->number ||
                              (wanted->number == 0 && *wanted->value))) {
            return false;
        }
    }
    return row->build.start_ns >= filter->since_ns &&
           (filter->until_ns == 0 || row->build.start_ns < filter->until_ns);
}

static const struct {
    enum sj_build_text text;
    size_t offset;
} texts[] = {
    {SJ_BUILD_ID, offsetof(struct sj_build, id)},
    {SJ_BUILD_PROJECT, offsetof(struct sj_build, project)},
    {SJ_BUILD_BRANCH, offsetof(struct sj_build, branch)},
    {SJ_BUILD_TARGET, offsetof(struct sj_build, target)},
    {SJ_BUILD_PULL, offsetof(struct sj_build, pull)},
    {SJ_BUILD_RUN, offsetof(struct sj_build, run)},
    {SJ_BUILD_JOB, offsetof(struct sj_build, job)},
    {SJ_BUILD_SYSTEM, offsetof(struct sj_build, system)},
    {SJ_BUILD_MACHINE, offsetof(struct sj_build, machine)},
    {SJ_BUILD_LABELS, offsetof(struct sj_build, labels)},
    {SJ_BUILD_ROOT, offsetof(struct sj_build, root)},
    {SJ_BUILD_URL, offsetof(struct sj_build, url)},
};

static void hand_out(struct listing *listing, const struct sj_build_row *row)
{
    struct sj_db *db = listing->db;
    if (listing->count == listing->size) {
        listing->size = listing->size ? 2 * listing->size : 64;
        listing->builds = sj_realloc(listing->builds, listing->size, sizeof *listing->builds);
    }
    struct sj_build *build = &listing->builds[listing->count++];
    *build = row->build;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *(const char **)((char *)build + texts[i].offset) =
            sj_db_text(db, row->texts[texts[i].text]);
    }
    if (row->phase_count > 0) {
        struct sj_phase *phases = sj_calloc(row->phase_count, sizeof *phases);
        for (size_t i = 0; i < row->phase_count; i++) {
            phases[i] = row->phases[i].sum;
            phases[i].name = sj_db_text(db, row->phases[i].name);
        }
        db->phases = sj_realloc(db->phases, db->phases_count + 1, sizeof(struct sj_phase *));
        db->phases[db->phases_count++] = phases;
        build->phases = phases;
        build->phase_count = row->phase_count;
    }
}

static int visit_build(struct sj_str key, struct sj_str data, void *user)
{
    struct listing *listing = user;
    struct sj_build_row row;
    int status =
        key.len == SJ_DB_NUMBER ? sj_build_decode(data, sj_db_unkey(key.data), &row) : -EBADMSG;
    if (status < 0) {
        return status;
    }
    if (is_wanted(listing, &row)) {
        hand_out(listing, &row);
    }
    sj_build_row_release(&row);
    return 0;
}

static int compare_starts(const void *left, const void *right)
{
    const struct sj_build *a = left;
    const struct sj_build *b = right;
    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    return a->number < b->number ? -1 : a->number > b->number;
}

static int list_builds(struct sj_db *db, const struct sj_db_filter *filter, struct sj_build **out,
                       size_t *count)
{
    static const struct sj_db_filter all;
    filter = filter ? filter : &all;
    struct listing listing = {
        .db = db,
        .filter = filter,
        .wanted = {{SJ_BUILD_PROJECT, filter->project, 0},
                   {SJ_BUILD_JOB, filter->job, 0},
                   {SJ_BUILD_BRANCH, filter->branch, 0},
                   {SJ_BUILD_ID, filter->id, 0}},
    };
    for (size_t i = 0; i < WANTED; i++) {
        struct wanted *wanted = &listing.wanted[i];
        wanted->number = wanted->value ? sj_db_text_find(db, wanted->value) : 0;
    }
    int status = sj_db_scan(db, SJ_DB_BUILD, NULL, 0, visit_build, &listing);
    if (status < 0) {
        free(listing.builds);
        return status;
    }
    if (listing.count > 0) {
        qsort(listing.builds, listing.count, sizeof *listing.builds, compare_starts);
    }
    *out = listing.builds;
    *count = listing.count;
    return 0;
}

int sj_db_builds(struct sj_db *db, const struct sj_db_filter *filter, struct sj_build **out,
                 size_t *count)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return list_builds(db, filter, out, count);
}

static int read_unit(struct sj_db *db, uint32_t number, struct sj_unit *out)
{
    struct sj_str row;
    int status = sj_db_row(db, SJ_DB_UNIT, number, &row);
    if (status != 0) {
        return status < 0 ? status : -ENOENT;
    }
    return sj_unit_decode(row, number, out);
}

int sj_db_unit(struct sj_db *db, uint32_t number, struct sj_unit *out)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return read_unit(db, number, out);
}

struct unit_listing {
    const char *project;
    uint32_t number;
    struct sj_unit *units;
    size_t count;
    size_t size;
};

static int visit_unit(struct sj_str key, struct sj_str data, void *user)
{
    struct unit_listing *listing = user;
    struct sj_unit unit;
    int status =
        key.len == SJ_DB_NUMBER ? sj_unit_decode(data, sj_db_unkey(key.data), &unit) : -EBADMSG;
    if (status < 0 || (listing->project && unit.project != listing->number)) {
        return status;
    }
    if (listing->count == listing->size) {
        listing->size = listing->size ? 2 * listing->size : 256;
        listing->units = sj_realloc(listing->units, listing->size, sizeof *listing->units);
    }
    listing->units[listing->count++] = unit;
    return 0;
}

static int list_units(struct sj_db *db, const char *project, struct sj_unit **out, size_t *count)
{
    struct unit_listing listing = {.project = project};
    listing.number = project ? sj_db_text_find(db, project) : 0;
    int status = 0;
    if (!project || listing.number > 0 || !*project) {
        status = sj_db_scan(db, SJ_DB_UNIT, NULL, 0, visit_unit, &listing);
    }
    if (status < 0) {
        free(listing.units);
        return status;
    }
    *out = listing.units;
    *count = listing.count;
    return 0;
}

int sj_db_units(struct sj_db *db, const char *project, struct sj_unit **out, size_t *count)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return list_units(db, project, out, count);
}
