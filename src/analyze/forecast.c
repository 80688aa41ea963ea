// SPDX-License-Identifier: Apache-2.0
#include "analyze/forecast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/pathset.h"

#define NONE UINT32_MAX

void sj_forecast_release(struct sj_forecast *forecast)
{
    if (forecast) {
        sj_track_release(&forecast->track);
        sj_prediction_release(&forecast->prediction);
        sj_match_release(&forecast->match);
        free(forecast->paths);
        sj_buf_release(&forecast->scope);
        *forecast = (struct sj_forecast){0};
    }
}

static uint32_t place_of(const struct sj_view *view, const struct sj_oid *commit)
{
    return view->history && !sj_oid_is_zero(commit) ? sj_history_find(view->history, commit)
                                                    : SJ_NO_COMMIT;
}

static int find_changes(const struct sj_view *view, struct sj_forecast_request *request,
                        struct sj_err *err)
{
    if (sj_oid_is_zero(&request->to)) {
        return 0;
    }
    uint32_t to = place_of(view, &request->to);
    uint32_t from = place_of(view, &request->from);
    if (to == SJ_NO_COMMIT) {
        return sj_fail_plain(err, -ENOENT, "the history at hand does not have that commit");
    }
    if (from != SJ_NO_COMMIT && !sj_history_is_ancestor(view->history, from, to)) {
        // As git's A...B: what came since the two lines parted.
        from = sj_history_fork(view->history, from, to);
    }
    if (!sj_changes_between(view->history, from, to, &request->changes)) {
        return sj_fail_plain(err, -ENOENT,
                             "the clone is shallow: what that commit changes is not known here");
    }
    return 0;
}

static int find_tip(const struct sj_view *view, const struct sj_forecast_request *request,
                    struct sj_forecast *out, struct sj_err *err)
{
    uint32_t from = place_of(view, &request->from);
    out->tip = sj_units_tip(view, from);
    if (out->tip == NONE) {
        out->tip = sj_units_tip(view, SJ_NO_COMMIT);
        out->is_later = true;
    }
    if (out->tip == NONE) {
        return sj_fail_plain(err, -ENOENT, "there is no build whose records are still there");
    }
    uint32_t built = view->builds[out->tip].commit;
    if (from != SJ_NO_COMMIT && built != SJ_NO_COMMIT && !out->is_later) {
        size_t count;
        const struct sj_commit *commits = sj_history_commits(view->history, &count);
        out->distance = commits[from].position - commits[built].position;
    }
    return 0;
}

/** Changed paths by number of text. */
struct lookup {
    uint32_t text;
    uint32_t row;
};

static int compare_lookups(const void *left, const void *right)
{
    uint32_t a = ((const struct lookup *)left)->text;
    uint32_t b = ((const struct lookup *)right)->text;
    return (a > b) - (a < b);
}

static int compare_paths(const void *left, const void *right)
{
    const struct sj_forecast_path *a = left;
    const struct sj_forecast_path *b = right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return a->change < b->change ? -1 : a->change > b->change;
}

static void count_inputs(struct sj_forecast *out, const struct lookup *lookups, size_t count,
                         const struct sj_input *inputs, size_t input_count, uint64_t cost_ns)
{
    for (size_t i = 0; i < input_count; i++) {
        if (inputs[i].need != SJ_NEED_CONTENT ||
            !sj_numbers_has(&out->match.content, inputs[i].path)) {
            continue;
        }
        const struct lookup key = {.text = inputs[i].path};
        const struct lookup *found =
            bsearch(&key, lookups, count, sizeof *lookups, compare_lookups);
        if (found) {
            out->paths[found->row].units++;
            out->paths[found->row].cpu_ns += cost_ns;
        }
    }
}

// What each changed path sets off alone.
static int count_paths(const struct sj_view *view, const struct sj_changes *changes,
                       struct sj_forecast *out)
{
    SJ_AUTO(sj_auto_free) struct lookup *lookups = sj_calloc(changes->count + 1, sizeof *lookups);
    size_t count = 0;
    out->paths = sj_calloc(changes->count + 1, sizeof *out->paths);
    for (size_t i = 0; i < changes->count; i++) {
        uint32_t text = sj_db_text_find(view->db, sj_changed_path(changes, i));
        if (text) {
            out->paths[count].change = (uint32_t)i;
            lookups[count] = (struct lookup){text, (uint32_t)count};
            count++;
        }
    }
    qsort(lookups, count, sizeof *lookups, compare_lookups);
    for (size_t i = 0; count > 0 && i < out->track.units.count; i++) {
        const struct sj_unit_now *unit = &out->track.units.items[i];
        const struct sj_input *inputs;
        size_t input_count;
        int status =
            unit->state ? sj_db_inputs(view->db, unit->state, &inputs, &input_count) : -ENOENT;
        if (status < 0 && status != -ENOENT) {
            return status;
        }
        if (status == 0) {
            count_inputs(out, lookups, count, inputs, input_count, sj_unit_cost(unit));
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (out->paths[i].units > 0) {
            out->paths[out->path_count++] = out->paths[i];
        }
    }
    qsort(out->paths, out->path_count, sizeof *out->paths, compare_paths);
    return 0;
}

static void sum_units(const struct sj_view *view, const struct sj_changes *changes,
                      struct sj_forecast *out)
{
    SJ_AUTO(sj_numbers_release) struct sj_numbers removed = {0};
    for (size_t i = 0; i < changes->count; i++) {
        uint32_t text = sj_db_text_find(view->db, sj_changed_path(changes, i));
        if (text && changes->items[i].kind == SJ_CHANGED_REMOVED) {
            sj_numbers_add(&removed, text);
        }
    }
    uint64_t usual_ns = sj_units_usual_cost(&out->track.units);
    for (size_t i = 0; i < out->track.units.count; i++) {
        const struct sj_unit_now *unit = &out->track.units.items[i];
        uint64_t cost_ns = sj_unit_cost(unit);
        if (unit->is_link) {
            out->links++;
            out->link_ns += cost_ns;
            continue;
        }
        if (unit->is_scratch) {
            continue;
        }
        cost_ns = cost_ns > 0 ? cost_ns : usual_ns;
        out->units++;
        out->all_ns += cost_ns;
        out->removed_ns += unit->source && sj_numbers_has(&removed, unit->source) ? cost_ns : 0;
    }
    for (size_t i = 0; i < out->prediction.count; i++) {
        const struct sj_expected *expected = &out->prediction.items[i];
        out->new_ns += expected->why == SJ_EXPECTED_NEW ? expected->cpu_ns : 0;
    }
}

static void spread(const struct sj_view *view, const struct sj_forecast_request *request,
                   struct sj_forecast *out)
{
    unsigned cpus = view->builds[out->tip].build.cpus;
    out->jobs = request->jobs ? request->jobs : cpus ? cpus : 1;
    uint64_t wall_ns = sj_prediction_wall(&out->prediction, out->jobs);
    for (int i = 0; i < 3; i++) {
        out->cpu_ns[i] = sj_spread_of(&out->track.cpu, out->prediction.cpu_ns, i);
        out->wall_ns[i] = sj_spread_of(&out->track.wall, wall_ns, i);
    }
}

static int predict(const struct sj_view *view, const struct sj_forecast_request *request,
                   struct sj_forecast *out)
{
    out->scope = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    out->flags = sj_flags_change(view->repo, &request->from, &request->to, &request->changes,
                                 view->builds[out->tip].build.system, &out->scope);
    sj_match_make(view->db, &request->changes, &out->match);
    const struct sj_outlook outlook = {
        .db = view->db,
        .units = &out->track.units,
        .changes = &request->changes,
        .match = &out->match,
        .learned = &out->track.learned,
        .flags_scope = out->flags == SJ_FLAGS_SAME ? NULL : sj_buf_text(&out->scope),
    };
    int status = sj_predict(&outlook, &out->prediction);
    return status < 0 ? status : count_paths(view, &request->changes, out);
}

int sj_forecast_make(const struct sj_view *view, struct sj_forecast_request *request,
                     struct sj_forecast *out, struct sj_err *err)
{
    *out = (struct sj_forecast){0};
    int status = find_changes(view, request, err);
    if (status == 0) {
        status = find_tip(view, request, out, err);
    }
    if (status < 0) {
        return status;
    }
    status = sj_track_make(view, out->tip, request->record, &out->track);
    if (status == 0) {
        status = predict(view, request, out);
    }
    if (status < 0) {
        sj_forecast_release(out);
        return sj_fail(err, status, "cannot read the inputs of the units");
    }
    sum_units(view, &request->changes, out);
    spread(view, request, out);
    return 0;
}
