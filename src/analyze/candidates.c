// SPDX-License-Identifier: Apache-2.0
#include "analyze/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/description.h"
#include "base/mem.h"

#define COMMITS_MAX 1000 // between two builds; of more only the latest ones are ranked
#define UNITS_MAX   200  // with the largest parts in a step; the rest hardly counts

/** A commit under consideration. */
struct ranked {
    uint32_t commit;
    bool describes;   // it touches a build description
    double weight;    // of the units that it touches
    uint32_t units;   // how many
    uint32_t touched; // number of the last unit counted, + 1
};

/** A path that a commit changed. */
struct touch {
    uint32_t path; // text
    uint32_t rank; // which commit
};

/** What ranks. */
struct ranking {
    const struct sj_series *series;
    struct ranked *commits; // newest first
    size_t commit_count;
    struct touch *touches; // by path
    size_t touch_count;
    size_t touch_size;
    size_t all_commits;
};

// Commits behind the earlier build's up to the later one's, along first parents.
static void list_commits(struct ranking *ranking, uint32_t from, uint32_t to)
{
    const struct sj_history *history = ranking->series->view->history;
    if (!history || from == SJ_NO_COMMIT || to == SJ_NO_COMMIT) {
        return;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    uint32_t fork = sj_history_fork(history, from, to);
    for (uint32_t at = to; at != SJ_NO_COMMIT && at != fork; at = commits[at].parent) {
        ranking->all_commits++;
        if (ranking->commit_count < COMMITS_MAX) {
            ranking->commits[ranking->commit_count++] = (struct ranked){.commit = at};
        }
    }
}

static void add_touch(struct ranking *ranking, uint32_t path, size_t rank)
{
    if (ranking->touch_count == ranking->touch_size) {
        ranking->touch_size = ranking->touch_size ? ranking->touch_size * 2 : 256;
        ranking->touches =
            sj_realloc(ranking->touches, ranking->touch_size, sizeof *ranking->touches);
    }
    ranking->touches[ranking->touch_count++] = (struct touch){path, (uint32_t)rank};
}

static int by_path(const void *a, const void *b)
{
    const struct touch *left = a;
    const struct touch *right = b;
    if (left->path != right->path) {
        return left->path < right->path ? -1 : 1;
    }
    return (left->rank > right->rank) - (left->rank < right->rank);
}

static void list_touches(struct ranking *ranking)
{
    const struct sj_view *view = ranking->series->view;
    if (ranking->commit_count == 0) {
        return;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(view->history, &count);
    const struct sj_change *changes = sj_history_changes(view->history, &count);
    for (size_t i = 0; i < ranking->commit_count; i++) {
        const struct sj_commit *commit = &commits[ranking->commits[i].commit];
        for (uint32_t j = 0; j < commit->change_count; j++) {
            const char *path = sj_history_path(view->history, changes[commit->change + j].path);
            uint32_t text = sj_db_text_find(view->db, path);
            if (text) {
                add_touch(ranking, text, i);
            }
            if (sj_description_of(path, NULL)) {
                ranking->commits[i].describes = true;
            }
        }
    }
    if (ranking->touch_count > 0) {
        qsort(ranking->touches, ranking->touch_count, sizeof *ranking->touches, by_path);
    }
}

static void credit(struct ranked *ranked, size_t unit, double weight)
{
    if (ranked->touched != unit + 1) {
        ranked->touched = (uint32_t)unit + 1;
        ranked->weight += weight;
        ranked->units++;
    }
}

static void credit_path(struct ranking *ranking, uint32_t path, size_t unit, double weight)
{
    size_t low = 0;
    size_t high = ranking->touch_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranking->touches[middle].path < path) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < ranking->touch_count && ranking->touches[low].path == path; low++) {
        credit(&ranking->commits[ranking->touches[low].rank], unit, weight);
    }
}

static void credit_state(struct ranking *ranking, uint32_t key, size_t unit, double weight)
{
    const struct sj_series *series = ranking->series;
    if (key == SJ_NO_KEY || series->costs->keys[key].state == 0) {
        return;
    }
    const struct sj_input *inputs;
    size_t count;
    if (sj_db_inputs(series->view->db, series->costs->keys[key].state, &inputs, &count) < 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        credit_path(ranking, inputs[i].path, unit, weight);
    }
}

static void credit_config(struct ranking *ranking, const struct sj_around_unit *unit, size_t index,
                          double weight)
{
    const struct sj_cost_key *keys = ranking->series->costs->keys;
    bool both = unit->key_before != SJ_NO_KEY && unit->key_after != SJ_NO_KEY;
    if (both && keys[unit->key_before].config == keys[unit->key_after].config) {
        return;
    }
    // A unit that came or went, or is compiled in another way: a build description says so.
    for (size_t i = 0; i < ranking->commit_count; i++) {
        if (ranking->commits[i].describes) {
            credit(&ranking->commits[i], index, weight);
        }
    }
}

static int likeliest_first(const void *a, const void *b)
{
    const struct ranked *left = a;
    const struct ranked *right = b;
    if (left->weight != right->weight) {
        return left->weight < right->weight ? 1 : -1;
    }
    return (left->commit > right->commit) - (left->commit < right->commit);
}

void sj_candidates_find(const struct sj_series *series, const struct sj_around *around,
                        struct sj_trend_step *step)
{
    struct ranking ranking = {.series = series};
    SJ_AUTO(sj_auto_free) struct ranked *commits = sj_calloc(COMMITS_MAX, sizeof *commits);
    ranking.commits = commits;
    const struct sj_view_build *builds = series->view->builds;
    list_commits(&ranking, builds[series->points[step->from].build].commit,
                 builds[series->points[step->to].build].commit);
    step->commits = ranking.all_commits;
    list_touches(&ranking);
    double all = 0;
    for (size_t i = 0; around && ranking.commit_count > 0 && i < around->count && i < UNITS_MAX;
         i++) {
        const struct sj_around_unit *unit = &around->units[i];
        double weight = fabs(unit->after - unit->before);
        all += weight;
        credit_state(&ranking, unit->key_after, i, weight);
        credit_state(&ranking, unit->key_before, i, weight);
        credit_config(&ranking, unit, i, weight);
    }
    qsort(commits, ranking.commit_count, sizeof *commits, likeliest_first);
    for (size_t i = 0; i < ranking.commit_count && i < SJ_TREND_CANDIDATES; i++) {
        step->candidates[step->candidate_count++] = (struct sj_trend_candidate){
            .commit = commits[i].commit,
            .share = all > 0 ? commits[i].weight / all : 0,
            .units = commits[i].units,
        };
    }
    free(ranking.touches);
}
