// SPDX-License-Identifier: Apache-2.0
#include "analyze/line.h"

#include <stdlib.h>

#include "analyze/description.h"
#include "base/mem.h"

static const struct sj_stretch no_stretch = {SJ_NO_COMMIT, SJ_NO_COMMIT};

void sj_line_release(struct sj_line *line)
{
    if (line) {
        free(line->descriptions);
        *line = (struct sj_line){0};
    }
}

static bool is_synthetic(const struct sj_build *build)
{
    return (build->flags & SJ_BUILD_SYNTHETIC) && !sj_oid_is_zero(&build->base);
}

// Where a build stands on its branch: for a synthetic merge, what it merges into.
static uint32_t tip_of(const struct sj_view *view, size_t index)
{
    const struct sj_view_build *build = &view->builds[index];
    if (is_synthetic(&build->build)) {
        uint32_t base = sj_history_find(view->history, &build->build.base);
        return base != SJ_NO_COMMIT ? base : build->commit;
    }
    return build->commit;
}

static void break_line(struct sj_line *line, enum sj_blame_kind kind, const char *why)
{
    line->broken = kind;
    line->broken_why = why;
}

// Why the earlier end cannot be found: in a shallow clone it most likely was cut off.
static void break_early(struct sj_line *line, const char *why)
{
    bool is_shallow = line->view->repo && sj_repo_is_shallow(line->view->repo);
    break_line(line, is_shallow ? SJ_BLAME_BEYOND_HISTORY : SJ_BLAME_UNPLACED, why);
}

static void find_main(struct sj_line *line)
{
    const struct sj_view *view = line->view;
    if (!view->history) {
        break_line(line, SJ_BLAME_UNPLACED, "no repository at hand");
        return;
    }
    uint32_t to = tip_of(view, line->build);
    uint32_t from = tip_of(view, line->reference);
    if (to == SJ_NO_COMMIT) {
        bool is_none = sj_oid_is_zero(&view->builds[line->build].build.commit);
        break_line(line, SJ_BLAME_UNPLACED,
                   is_none ? "the build names no commit"
                           : "the build's commit is not in this repository");
        return;
    }
    if (from == SJ_NO_COMMIT) {
        if (sj_oid_is_zero(&view->builds[line->reference].build.commit)) {
            break_line(line, SJ_BLAME_UNPLACED, "the earlier build names no commit");
        } else {
            break_early(line, "the earlier build's commit is not in this repository");
        }
        return;
    }
    line->is_straight = sj_history_is_ancestor(view->history, from, to);
    uint32_t base = line->is_straight ? from : sj_history_fork(view->history, from, to);
    if (base == SJ_NO_COMMIT) {
        break_early(line, "the two builds' commits have no common one");
        return;
    }
    line->main = (struct sj_stretch){base, to};
}

static void find_side(struct sj_line *line)
{
    const struct sj_view *view = line->view;
    const struct sj_build *build = &view->builds[line->build].build;
    if (line->broken != SJ_BLAME_COMMIT || !is_synthetic(build) || sj_oid_is_zero(&build->head)) {
        return;
    }
    uint32_t head = sj_history_find(view->history, &build->head);
    uint32_t fork =
        head == SJ_NO_COMMIT ? head : sj_history_fork(view->history, line->main.to, head);
    if (fork == SJ_NO_COMMIT) {
        line->head = build->head;
    } else {
        line->side = (struct sj_stretch){fork, head};
    }
}

void sj_line_between(const struct sj_view *view, size_t reference, size_t build,
                     struct sj_line *out)
{
    const struct sj_build *earlier = &view->builds[reference].build;
    *out = (struct sj_line){
        .view = view,
        .reference = reference,
        .build = build,
        .main = no_stretch,
        .side = no_stretch,
        .broken_why = "",
        .is_dirty = (view->builds[build].build.flags & SJ_BUILD_DIRTY) != 0,
        .was_dirty = (earlier->flags & SJ_BUILD_DIRTY) != 0,
        .was_synthetic = is_synthetic(earlier),
    };
    find_main(out);
    find_side(out);
}

static void add_change(struct sj_line_changes *changes, uint32_t change)
{
    if (changes->count == changes->size) {
        changes->size = changes->size ? 2 * changes->size : 8;
        changes->changes = sj_realloc(changes->changes, changes->size, sizeof *changes->changes);
    }
    changes->changes[changes->count++] = change;
}

static bool is_on(const struct sj_history *history, const struct sj_stretch *stretch,
                  uint32_t commit)
{
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    return commits[commit].position > commits[stretch->from].position &&
           commits[commit].position <= commits[stretch->to].position &&
           sj_history_is_ancestor(history, commit, stretch->to);
}

void sj_line_of_path(const struct sj_line *line, const struct sj_stretch *stretch, uint32_t path,
                     const struct sj_line_blob *before, struct sj_line_changes *out)
{
    struct sj_history *history = line->view->history;
    if (stretch->from == SJ_NO_COMMIT || path == UINT32_MAX) {
        return;
    }
    size_t place_count;
    const uint32_t *places = sj_history_of_path(history, path, &place_count);
    size_t change_count;
    const struct sj_change *changes = sj_history_changes(history, &change_count);
    size_t first = out->count;
    // Off the line the earlier build read another branch's content: what counts is the fork's.
    bool is_base_wanted = !before->is_known || !line->is_straight;
    struct sj_line_blob base = {0};
    for (size_t i = 0; i < place_count; i++) {
        const struct sj_change *change = &changes[places[i]];
        if (!is_on(history, stretch, change->commit)) {
            continue;
        }
        if (is_base_wanted && !base.is_known) {
            base = (struct sj_line_blob){true, change->before};
        }
        if ((before->is_known && sj_oid_eq(&change->after, &before->blob)) ||
            (base.is_known && sj_oid_eq(&change->after, &base.blob))) {
            out->count = first;
        } else {
            add_change(out, places[i]);
        }
    }
}

static void each_on(const struct sj_line *line, const struct sj_stretch *stretch,
                    void (*visit)(uint32_t change, void *user), void *user)
{
    if (stretch->from == SJ_NO_COMMIT) {
        return;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(line->view->history, &count);
    uint32_t at = stretch->to;
    while (at != SJ_NO_COMMIT && commits[at].position > commits[stretch->from].position) {
        for (uint32_t i = 0; i < commits[at].change_count; i++) {
            visit(commits[at].change + i, user);
        }
        at = commits[at].parent;
    }
}

void sj_line_each(const struct sj_line *line, void (*visit)(uint32_t change, void *user),
                  void *user)
{
    if (line->broken == SJ_BLAME_COMMIT && line->view) {
        each_on(line, &line->main, visit, user);
        each_on(line, &line->side, visit, user);
    }
}

/** Build descriptions being gathered. */
struct gathering {
    struct sj_line *line;
    const struct sj_change *changes;
    size_t size;
};

static void gather(uint32_t change, void *user)
{
    struct gathering *gathering = user;
    struct sj_line *line = gathering->line;
    const char *path = sj_history_path(line->view->history, gathering->changes[change].path);
    unsigned decides = sj_description_of(path, line->view->builds[line->build].build.system);
    if (decides == 0) {
        return;
    }
    if (line->description_count == gathering->size) {
        gathering->size = gathering->size ? 2 * gathering->size : 16;
        line->descriptions =
            sj_realloc(line->descriptions, gathering->size, sizeof *line->descriptions);
    }
    line->descriptions[line->description_count++] = (struct sj_line_description){change, decides};
}

const struct sj_line_description *sj_line_descriptions(struct sj_line *line, size_t *count)
{
    if (!line->is_described && line->broken == SJ_BLAME_COMMIT && line->view) {
        size_t change_count;
        struct gathering gathering = {
            .line = line,
            .changes = sj_history_changes(line->view->history, &change_count),
        };
        sj_line_each(line, gather, &gathering);
    }
    line->is_described = true;
    *count = line->description_count;
    return line->descriptions;
}
