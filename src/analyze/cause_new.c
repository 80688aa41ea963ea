// SPDX-License-Identifier: Apache-2.0
// A unit that was not compiled before: new, renamed, or built for the first time here.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cause_handle.h"
#include "analyze/description.h"
#include "base/mem.h"

/** A new unit being looked at. */
struct newcomer {
    struct sj_causes *causes;
    struct sj_line line;
    size_t build;
    const struct sj_sample *sample;
    struct sj_finding *out;
    struct sj_blame_list *list;
    uint32_t source; // text; 0: not known
    const char *source_path;
};

static void auto_newcomer(struct newcomer *unit)
{
    sj_line_release(&unit->line);
}

static void auto_changes(struct sj_line_changes *changes)
{
    free(changes->changes);
}

static void add(struct newcomer *unit, enum sj_blame_kind kind, const char *path, const char *why)
{
    sj_blame_add(unit->causes, unit->list,
                 (struct sj_blame){.kind = kind, .via = SJ_VIA_NEW, .path = path, .why = why});
}

// The old unit of a renamed source, with known inputs, in the builds before.
static const struct sj_sample *find_old(struct newcomer *unit, const char *path, uint32_t *text,
                                        size_t *at)
{
    struct sj_causes *causes = unit->causes;
    *text = sj_db_text_find(causes->view.db, path);
    uint32_t old = sj_causes_unit(causes, *text, true);
    for (size_t place = unit->line.reference; old && place != UINT32_MAX;
         place = causes->view.builds[place].reference) {
        const struct sj_sample *found = sj_view_find(&causes->view, place, old);
        if (found && found->state) {
            *at = place;
            return found;
        }
    }
    return NULL;
}

// A renamed unit is still the same unit: the rename made the compile necessary, and so did whatever
// else differs from its last compile under the old name.
static int follow_rename(struct newcomer *unit, const struct sj_line_changes *changes, size_t added,
                         uint32_t old_path)
{
    struct sj_causes *causes = unit->causes;
    struct sj_history *history = causes->view.history;
    sj_blame_add_change(causes, unit->list, changes->changes[added], SJ_VIA_RENAME, NULL, false);
    for (size_t i = added + 1; i < changes->count; i++) {
        sj_blame_add_change(causes, unit->list, changes->changes[i], SJ_VIA_INPUT, NULL, false);
    }
    uint32_t old_text;
    size_t at;
    const struct sj_sample *old =
        find_old(unit, sj_history_path(history, old_path), &old_text, &at);
    if (!old || unit->sample->state == 0) {
        return 0;
    }
    unit->out->reference = old;
    unit->out->reference_build = at;
    struct sj_line line;
    sj_line_between(&causes->view, at, unit->build, &line);
    const uint32_t except[2] = {old_text, unit->source};
    size_t first = unit->list->count;
    int status =
        sj_cause_inputs(causes, &line, old->state, unit->sample->state, except, unit->list);
    if (status < 0) {
        unit->list->count = first;
    }
    sj_line_release(&line);
    return status == -ENOENT ? 0 : status;
}

// The commits that brought the unit's source. Returns whether there were any.
static int blame_source(struct newcomer *unit, bool *has_any)
{
    struct sj_causes *causes = unit->causes;
    struct sj_history *history = causes->view.history;
    uint32_t path = sj_history_path_find(history, unit->source_path);
    const struct sj_line_blob absent = {.is_known = true};
    SJ_AUTO(auto_changes) struct sj_line_changes changes = {0};
    sj_line_of_path(&unit->line, &unit->line.main, path, &absent, &changes);
    sj_line_of_path(&unit->line, &unit->line.side, path, &absent, &changes);
    size_t count;
    const struct sj_change *all = sj_history_changes(history, &count);
    for (size_t i = 0; i < changes.count; i++) {
        const struct sj_change *change = &all[changes.changes[i]];
        if (!sj_oid_is_zero(&change->before)) {
            continue;
        }
        *has_any = true;
        uint32_t old_path;
        if (sj_history_renamed(history, change->commit, path, &old_path) == 0) {
            return follow_rename(unit, &changes, i, old_path);
        }
        // The commit that added it is what made the unit; later changes of it would not have.
        sj_blame_add_change(causes, unit->list, changes.changes[i], SJ_VIA_NEW, NULL, false);
        return 0;
    }
    return 0;
}

static bool is_tracked(const struct newcomer *unit)
{
    const struct sj_view *view = &unit->causes->view;
    struct sj_oid blob;
    size_t count;
    const struct sj_commit *commits = sj_history_commits(view->history, &count);
    return view->repo && sj_repo_path_at(view->repo, &commits[unit->line.main.to].id,
                                         unit->source_path, &blob, NULL) == 0;
}

static int blame_commits(struct newcomer *unit)
{
    bool has_any = false;
    int status = blame_source(unit, &has_any);
    if (status < 0 || has_any) {
        return status;
    }
    if (sj_cause_descriptions(unit->causes, &unit->line, SJ_DESCRIBES_ARGS, SJ_VIA_NEW,
                              unit->list)) {
        return 0;
    }
    bool is_here = *unit->source_path && unit->source_path[0] != '/';
    if (is_here && unit->line.is_dirty && !is_tracked(unit)) {
        add(unit, SJ_BLAME_UNCOMMITTED, unit->source_path, "a new file that is in no commit");
    } else {
        add(unit, SJ_BLAME_COLD, unit->source_path, "first compile of the unit in this job");
    }
    return 0;
}

int sj_cause_new(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                 struct sj_finding *out, struct sj_blame_list *list)
{
    SJ_AUTO(auto_newcomer)
    struct newcomer unit = {
        .causes = causes,
        .build = build,
        .sample = sample,
        .out = out,
        .list = list,
        .source_path = "",
    };
    if (sample->unit == 0) {
        add(&unit, SJ_BLAME_UNTRACED, "", "neither its source nor its output is known");
        return 0;
    }
    uint32_t reference = causes->view.builds[build].reference;
    if (reference == UINT32_MAX) {
        add(&unit, SJ_BLAME_COLD, "", "first build of this job");
        return 0;
    }
    size_t at;
    const struct sj_sample *earlier = sj_causes_find_unit(causes, reference, sample->unit, &at);
    if (earlier) {
        out->reference_build = at;
        // What was not stored has no list of inputs; the reason says more than that.
        const char *reason = sj_db_text(causes->view.db, earlier->reason);
        bool is_told = *reason && !(earlier->flags & SJ_RECORD_STORED);
        add(&unit, SJ_BLAME_UNTRACED, "",
            is_told ? reason : "the inputs of its earlier compiles are not known");
        return 0;
    }
    struct sj_unit known;
    int status = sj_db_unit(causes->view.db, sample->unit, &known);
    if (status < 0 && status != -ENOENT) {
        return status;
    }
    if (status == 0) {
        unit.source = known.source;
        unit.source_path = sj_db_text(causes->view.db, known.source);
    }
    sj_line_between(&causes->view, reference, build, &unit.line);
    if (unit.line.broken != SJ_BLAME_COMMIT) {
        add(&unit, SJ_BLAME_COLD, unit.source_path, "first compile of the unit in this job");
        return 0;
    }
    return blame_commits(&unit);
}
