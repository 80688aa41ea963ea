// SPDX-License-Identifier: Apache-2.0
#include "analyze/units.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define UNITS_MAX (1u << 28) // a number beyond is no unit's: the database is damaged

void sj_units_release(struct sj_units *units)
{
    if (units) {
        free(units->items);
        free(units->place);
        *units = (struct sj_units){0};
    }
}

struct sj_unit_now *sj_units_find(const struct sj_units *units, uint32_t unit)
{
    uint32_t place = unit < units->place_size ? units->place[unit] : 0;
    return place > 0 ? &units->items[place - 1] : NULL;
}

static void make_room(struct sj_units *units, uint32_t unit)
{
    if (unit >= units->place_size) {
        size_t size = units->place_size ? units->place_size : 256;
        while (size <= unit) {
            size *= 2;
        }
        units->place = sj_realloc(units->place, size, sizeof *units->place);
        memset(units->place + units->place_size, 0,
               (size - units->place_size) * sizeof *units->place);
        units->place_size = size;
    }
    if (units->count == units->size) {
        units->size = units->size ? units->size * 2 : 256;
        units->items = sj_realloc(units->items, units->size, sizeof *units->items);
    }
}

// Folders and files in which configure scripts, CMake and Meson try the compiler out.
static const char *const scratch[] = {"CMakeFiles/CMakeScratch/", "CMakeFiles/CMakeTmp/",
                                      "CompilerIdC", "conftest.", "meson-private/"};

bool sj_unit_is_scratch(const char *name)
{
    for (size_t i = 0; i < sizeof scratch / sizeof scratch[0]; i++) {
        if (strstr(name, scratch[i])) {
            return true;
        }
    }
    return false;
}

static struct sj_unit_now *add(struct sj_units *units, struct sj_db *db, uint32_t unit)
{
    make_room(units, unit);
    struct sj_unit known;
    bool is_known = sj_db_unit(db, unit, &known) == 0;
    units->items[units->count] =
        (struct sj_unit_now){.unit = unit, .source = is_known ? known.source : 0};
    units->items[units->count].is_scratch =
        is_known && sj_unit_is_scratch(sj_db_text(db, known.name));
    units->place[unit] = (uint32_t)++units->count;
    return &units->items[units->count - 1];
}

static void note_cost(struct sj_unit_now *unit, uint64_t cost_ns)
{
    unit->recent_ns[unit->recent_at] = cost_ns;
    unit->recent_at = (unit->recent_at + 1) % SJ_UNIT_COSTS;
    unit->recent_count += unit->recent_count < SJ_UNIT_COSTS;
}

// What a sample says of its unit; the samples of a build come by unit, then start.
static void take_sample(struct sj_unit_now *unit, const struct sj_sample *sample, size_t build,
                        bool is_again)
{
    if (sample->outcome == SJ_OUTCOME_HIT) {
        // What a hit saved was measured once: it counts only until the unit is compiled.
        if (unit->recent_count == 0 && sample->saved_ns > 0) {
            note_cost(unit, sample->saved_ns);
        }
    } else if (sample->cpu_ns > 0) {
        note_cost(unit, sample->cpu_ns);
    }
    if (sample->state) {
        unit->is_mixed =
            unit->is_mixed || (is_again && unit->state && unit->state != sample->state);
        unit->state = sample->state;
    }
    if (sample->config) {
        unit->config = sample->config;
    }
    unit->build = (uint32_t)build;
}

void sj_units_apply(struct sj_units *units, const struct sj_view *view, size_t build)
{
    const struct sj_sample *sample = view->samples + view->builds[build].first;
    const struct sj_sample *end = sample + view->builds[build].count;
    uint32_t before = 0;
    for (; sample < end; sample++) {
        bool is_link = sample->outcome == SJ_OUTCOME_BYPASS && sample->flags & SJ_RECORD_LINK;
        bool is_compile = sample->outcome == SJ_OUTCOME_HIT || sample->outcome == SJ_OUTCOME_MISS;
        if (sample->unit == 0 || sample->unit >= UNITS_MAX || (!is_link && !is_compile)) {
            continue;
        }
        struct sj_unit_now *unit = sj_units_find(units, sample->unit);
        if (!unit) {
            unit = add(units, view->db, sample->unit);
        }
        take_sample(unit, sample, build, before == sample->unit);
        unit->is_link = is_link;
        before = sample->unit;
    }
}

static int compare_u64(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static uint64_t median(uint64_t *values, size_t count)
{
    if (count == 0) {
        return 0;
    }
    qsort(values, count, sizeof *values, compare_u64);
    uint64_t low = values[(count - 1) / 2];
    return low + (values[count / 2] - low) / 2;
}

uint64_t sj_unit_cost(const struct sj_unit_now *unit)
{
    uint64_t values[SJ_UNIT_COSTS];
    memcpy(values, unit->recent_ns, sizeof values);
    return median(values, unit->recent_count);
}

uint64_t sj_units_usual_cost(const struct sj_units *units)
{
    SJ_AUTO(sj_auto_free) uint64_t *values = sj_calloc(units->count + 1, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < units->count; i++) {
        uint64_t cost_ns = sj_unit_cost(&units->items[i]);
        if (cost_ns > 0 && sj_unit_counts(&units->items[i])) {
            values[count++] = cost_ns;
        }
    }
    return median(values, count);
}

size_t sj_chain_of(const struct sj_view *view, size_t build, uint32_t **out)
{
    size_t count = 0;
    for (size_t at = build; at != UINT32_MAX && count <= view->build_count;
         at = view->builds[at].reference) {
        count++;
    }
    *out = sj_calloc(count + 1, sizeof **out);
    size_t at = build;
    for (size_t i = count; i-- > 0; at = view->builds[at].reference) {
        (*out)[i] = (uint32_t)at;
    }
    return count;
}

static bool is_nearer(const struct sj_view *view, const struct sj_view_build *a,
                      const struct sj_view_build *b, bool by_commit)
{
    if (by_commit) {
        size_t count;
        const struct sj_commit *commits = sj_history_commits(view->history, &count);
        uint32_t a_position = commits[a->commit].position;
        uint32_t b_position = commits[b->commit].position;
        if (a_position != b_position) {
            return a_position > b_position;
        }
    }
    return a->build.start_ns > b->build.start_ns;
}

// Job of the latest build that has samples; NULL: none has.
static const char *latest_job(const struct sj_view *view)
{
    const struct sj_view_build *latest = NULL;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        if (build->count > 0 && (!latest || build->build.start_ns > latest->build.start_ns)) {
            latest = build;
        }
    }
    return latest ? latest->build.job : NULL;
}

uint32_t sj_units_tip(const struct sj_view *view, uint32_t commit)
{
    const char *job = latest_job(view);
    bool by_commit = view->history && commit != SJ_NO_COMMIT;
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; job && i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        if (build->count == 0 || strcmp(build->build.job, job) != 0) {
            continue;
        }
        if (by_commit && (build->commit == SJ_NO_COMMIT ||
                          !sj_history_is_ancestor(view->history, build->commit, commit))) {
            continue;
        }
        if (best == UINT32_MAX || is_nearer(view, build, &view->builds[best], by_commit)) {
            best = (uint32_t)i;
        }
    }
    return best;
}

// Whether the newest change of a path that leads to a commit removed it.
static bool is_removed(const struct sj_view *view, const char *path, uint32_t commit)
{
    uint32_t number = sj_history_path_find(view->history, path);
    if (number == UINT32_MAX) {
        return false;
    }
    size_t count;
    const struct sj_change *changes = sj_history_changes(view->history, &count);
    const uint32_t *places = sj_history_of_path(view->history, number, &count);
    while (count-- > 0) {
        const struct sj_change *change = &changes[places[count]];
        if (sj_history_is_ancestor(view->history, change->commit, commit)) {
            return sj_oid_is_zero(&change->after);
        }
    }
    return false;
}

size_t sj_units_drop_gone(struct sj_units *units, const struct sj_view *view, uint32_t commit)
{
    if (!view->history || commit == SJ_NO_COMMIT) {
        return 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < units->count; i++) {
        struct sj_unit_now *unit = &units->items[i];
        if (unit->source && is_removed(view, sj_db_text(view->db, unit->source), commit)) {
            units->place[unit->unit] = 0;
            continue;
        }
        units->place[unit->unit] = (uint32_t)kept + 1;
        units->items[kept++] = *unit;
    }
    size_t gone = units->count - kept;
    units->count = kept;
    return gone;
}
