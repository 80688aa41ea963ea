// SPDX-License-Identifier: Apache-2.0
// From an input that differs to the commits that changed it, or to another cause.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cause_handle.h"
#include "analyze/description.h"
#include "base/mem.h"
#include "base/str.h"
#include "record/pathset.h"

#define MODE_SUBMODULE 0160000

/** An input being resolved. */
struct resolving {
    struct sj_causes *causes;
    struct sj_line *line;
    const struct sj_input_difference *input;
    struct sj_blame_list *list;
    const char *path;
    struct sj_line_blob before;
    struct sj_line_blob after;
    bool is_untracked; // somebody looked: git does not track what is read now
};

static void add(struct resolving *at, enum sj_blame_kind kind, enum sj_blame_via via,
                const char *why)
{
    sj_blame_add(at->causes, at->list,
                 (struct sj_blame){.kind = kind, .via = via, .path = at->path, .why = why});
}

static void add_changes(struct resolving *at, const struct sj_line_changes *changes,
                        enum sj_blame_via via, const char *path)
{
    for (size_t i = 0; i < changes->count; i++) {
        sj_blame_add_change(at->causes, at->list, changes->changes[i], via, path, false);
    }
}

static void auto_changes(struct sj_line_changes *changes)
{
    free(changes->changes);
}

static bool is_outside(const struct resolving *at)
{
    static const char *const system[] = {"/usr/", "/lib", "/opt/", "/nix/", "/etc/"};
    if (at->path[0] != '/') {
        return false;
    }
    bool is_outside = at->causes->view.builds[at->line->build].build.root[0] != '\0';
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++) {
        is_outside = is_outside || sj_skip_prefix(at->path, system[i]) != NULL;
    }
    return is_outside;
}

// Blob of the path in a commit's tree.
static struct sj_line_blob blob_at(const struct resolving *at, uint32_t commit, const char *path,
                                   uint32_t *mode)
{
    struct sj_line_blob blob = {0};
    const struct sj_view *view = &at->causes->view;
    if (!view->repo || commit == SJ_NO_COMMIT) {
        return blob;
    }
    size_t count;
    const struct sj_commit *commits = sj_history_commits(view->history, &count);
    int status = sj_repo_path_at(view->repo, &commits[commit].id, path, &blob.blob, mode);
    blob.is_known = status == 0 || status == -ENOENT;
    if (status != 0) {
        blob.blob = (struct sj_oid){0};
    }
    return blob;
}

static bool is_blob(const struct sj_line_blob *a, const struct sj_line_blob *b)
{
    return a->is_known && b->is_known && sj_oid_eq(&a->blob, &b->blob);
}

// A pull request, merged by the CI system: which side brought what is read now? Where neither has
// it, both did. Returns whether there were causes.
static bool resolve_sides(struct resolving *at, uint32_t path)
{
    const struct sj_line *line = at->line;
    bool has_side = line->side.from != SJ_NO_COMMIT;
    struct sj_line_blob base = blob_at(at, line->main.to, at->path, NULL);
    struct sj_line_blob head = {0};
    if (has_side) {
        head = blob_at(at, line->side.to, at->path, NULL);
    }
    bool is_base = is_blob(&base, &at->after);
    bool is_head = is_blob(&head, &at->after);
    SJ_AUTO(auto_changes) struct sj_line_changes changes = {0};
    if (!is_head || is_base) {
        sj_line_of_path(line, &line->main, path, &at->before, &changes);
    }
    if (has_side && (!is_base || changes.count == 0)) {
        sj_line_of_path(line, &line->side, path, &at->before, &changes);
    }
    add_changes(at, &changes, SJ_VIA_INPUT, NULL);
    if (!has_side && !is_base && at->after.is_known) {
        // The pull request's commits are not here: it counts as one.
        sj_blame_add(at->causes, at->list,
                     (struct sj_blame){.kind = SJ_BLAME_COMMIT,
                                       .via = SJ_VIA_INPUT,
                                       .commit = line->head,
                                       .path = at->path});
        return true;
    }
    return changes.count > 0;
}

static bool is_of_pull(const struct sj_line *line)
{
    return line->side.from != SJ_NO_COMMIT || !sj_oid_is_zero(&line->head);
}

static bool resolve_commits(struct resolving *at)
{
    uint32_t path = sj_history_path_find(at->causes->view.history, at->path);
    if (is_of_pull(at->line)) {
        return resolve_sides(at, path);
    }
    SJ_AUTO(auto_changes) struct sj_line_changes changes = {0};
    sj_line_of_path(at->line, &at->line->main, path, &at->before, &changes);
    if (changes.count == 0) {
        return false;
    }
    add_changes(at, &changes, SJ_VIA_INPUT, NULL);
    size_t count;
    const struct sj_change *last =
        &sj_history_changes(at->causes->view.history, &count)[changes.changes[changes.count - 1]];
    if (at->line->is_dirty && at->after.is_known && !sj_oid_eq(&last->after, &at->after.blob)) {
        add(at, SJ_BLAME_UNCOMMITTED, SJ_VIA_INPUT, "");
    }
    return true;
}

// No commit on the line changed it, but the commit has the file: whose is the difference?
static bool resolve_tree(struct resolving *at)
{
    const struct sj_line *line = at->line;
    struct sj_line_blob now = blob_at(at, line->main.to, at->path, NULL);
    if (!now.is_known || sj_oid_is_zero(&now.blob)) {
        return false;
    }
    bool is_committed = !at->after.is_known ? !line->is_dirty : is_blob(&now, &at->after);
    if (!is_committed) {
        add(at, SJ_BLAME_UNCOMMITTED, SJ_VIA_INPUT, "");
    } else if (!line->is_straight || line->was_synthetic) {
        add(at, SJ_BLAME_OTHER_BRANCH, SJ_VIA_INPUT, "");
    } else if (line->was_dirty || at->before.is_known) {
        add(at, SJ_BLAME_UNCOMMITTED, SJ_VIA_INPUT, "the earlier build had uncommitted changes");
    } else {
        add(at, SJ_BLAME_UNCOMMITTED, SJ_VIA_INPUT, "its content is not the commit's");
    }
    return true;
}

// A file of a submodule: the commits that moved the submodule.
static bool resolve_submodule(struct resolving *at)
{
    for (const char *slash = strchr(at->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        SJ_AUTO(sj_auto_free) char *prefix = sj_strndup(at->path, (size_t)(slash - at->path));
        uint32_t mode = 0;
        struct sj_line_blob now = blob_at(at, at->line->main.to, prefix, &mode);
        if (!now.is_known || sj_oid_is_zero(&now.blob)) {
            return false;
        }
        if (mode != MODE_SUBMODULE) {
            continue;
        }
        const struct sj_line_blob unknown = {0};
        uint32_t path = sj_history_path_find(at->causes->view.history, prefix);
        SJ_AUTO(auto_changes) struct sj_line_changes changes = {0};
        sj_line_of_path(at->line, &at->line->main, path, &unknown, &changes);
        sj_line_of_path(at->line, &at->line->side, path, &unknown, &changes);
        add_changes(at, &changes, SJ_VIA_SUBMODULE, prefix);
        if (changes.count == 0) {
            bool is_off = !at->line->is_straight || at->line->was_synthetic;
            add(at, is_off ? SJ_BLAME_OTHER_BRANCH : SJ_BLAME_UNCOMMITTED, SJ_VIA_SUBMODULE,
                "a submodule's work tree is not at the commit that is recorded");
        }
        return true;
    }
    return false;
}

/** Sources of a generated file, by name. */
struct makers {
    struct resolving *at;
    const struct sj_change *changes;
    bool has_any;
};

static void try_maker(uint32_t change, void *user)
{
    struct makers *makers = user;
    struct resolving *at = makers->at;
    const char *path = sj_history_path(at->causes->view.history, makers->changes[change].path);
    if (sj_description_makes(path, at->path)) {
        sj_blame_add_change(at->causes, at->list, change, SJ_VIA_GENERATED, NULL, true);
        makers->has_any = true;
    }
}

// What a generator that went through the wrapper read; its unit has the generated file's name.
static int resolve_generator(struct resolving *at, bool *has_any)
{
    static const uint32_t none[2];
    struct sj_causes *causes = at->causes;
    uint32_t unit = sj_causes_unit(causes, at->input->path, false);
    const struct sj_sample *made = unit ? sj_view_find(&causes->view, at->line->build, unit) : NULL;
    if (!made || made->state == 0 || causes->depth >= SJ_CAUSE_DEPTH) {
        return 0;
    }
    size_t build = at->line->build;
    size_t from = build;
    const struct sj_sample *reference = sj_view_reference(&causes->view, build, made, &from);
    if (!reference) {
        return 0;
    }
    struct sj_blame_list list = {0};
    struct sj_line line;
    sj_line_between(&causes->view, from, build, &line);
    causes->depth++;
    int status = sj_cause_inputs(causes, &line, reference->state, made->state, none, &list);
    causes->depth--;
    for (size_t i = 0; i < list.count; i++) {
        list.items[i].via = SJ_VIA_GENERATED;
        sj_blame_add(causes, at->list, list.items[i]);
        *has_any = true;
    }
    free(list.items);
    sj_line_release(&line);
    return status == -ENOENT ? 0 : status;
}

// Configure steps write what the build description says into files of such names.
static bool is_configuration(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strstr(slash ? slash : path, "conf") != NULL;
}

static int resolve_generated(struct resolving *at)
{
    struct sj_causes *causes = at->causes;
    bool has_any = false;
    int status = resolve_generator(at, &has_any);
    if (status < 0 || has_any) {
        return status;
    }
    if (causes->view.history) {
        size_t count;
        struct makers makers = {at, sj_history_changes(causes->view.history, &count), false};
        sj_line_each(at->line, try_maker, &makers);
        has_any = makers.has_any;
    }
    if (!has_any && is_configuration(at->path)) {
        has_any =
            sj_cause_descriptions(causes, at->line, SJ_DESCRIBES_ARGS, SJ_VIA_GENERATED, at->list);
    }
    if (!has_any) {
        add(at, SJ_BLAME_GENERATED, SJ_VIA_GENERATED, "");
    }
    return 0;
}

/** Names in a directory that commits added or removed. */
struct names {
    struct resolving *at;
    const struct sj_change *changes;
    size_t dir_len;
    bool has_any;
};

static void try_name(uint32_t change, void *user)
{
    struct names *names = user;
    const struct sj_change *at = &names->changes[change];
    const char *path = sj_history_path(names->at->causes->view.history, at->path);
    bool is_name = sj_oid_is_zero(&at->before) || sj_oid_is_zero(&at->after);
    size_t len = names->dir_len;
    bool is_below = len == 0 || (strncmp(path, names->at->path, len) == 0 && path[len] == '/');
    if (is_name && is_below && !strchr(path + len + (len > 0), '/')) {
        sj_blame_add_change(names->at->causes, names->at->list, change, SJ_VIA_INPUT, NULL, false);
        names->has_any = true;
    }
}

static void resolve_names(struct resolving *at)
{
    bool has_any = false;
    if (at->causes->view.history) {
        size_t count;
        bool is_root = strcmp(at->path, ".") == 0 || strcmp(at->path, "") == 0;
        struct names names = {at, sj_history_changes(at->causes->view.history, &count),
                              is_root ? 0 : strlen(at->path), false};
        sj_line_each(at->line, try_name, &names);
        has_any = names.has_any;
    }
    if (!has_any) {
        add(at, SJ_BLAME_GENERATED, SJ_VIA_INPUT, "names in a directory differ");
    }
}

static int know(struct sj_causes *causes, char need, uint32_t content, struct sj_line_blob *out,
                bool *is_untracked)
{
    struct sj_content known;
    *is_untracked = false;
    if (need == SJ_NEED_ABSENT) {
        out->is_known = true;
        return 0;
    }
    int status = content ? sj_db_content(causes->view.db, content, &known) : -ENOENT;
    if (status == 0) {
        out->is_known = !sj_oid_is_zero(&known.blob);
        out->blob = known.blob;
        *is_untracked = known.is_untracked && !out->is_known;
    }
    return status == -ENOENT ? 0 : status;
}

// Variables, programs and files outside the repository; returns whether it was one of them.
static bool resolve_surroundings(struct resolving *at)
{
    char need = at->input->need_after ? at->input->need_after : at->input->need_before;
    if (need == SJ_NEED_ENV) {
        add(at, SJ_BLAME_ENVIRONMENT, SJ_VIA_ENV, "");
        return true;
    }
    if (need != SJ_NEED_PROGRAM && !is_outside(at)) {
        return false;
    }
    if (!sj_cause_descriptions(at->causes, at->line, SJ_DESCRIBES_TOOL, SJ_VIA_TOOL, at->list)) {
        bool is_program = need == SJ_NEED_PROGRAM;
        add(at, is_program ? SJ_BLAME_TOOLCHAIN : SJ_BLAME_SYSTEM,
            is_program ? SJ_VIA_TOOL : SJ_VIA_INPUT, "");
    }
    return true;
}

static int resolve(struct resolving *at)
{
    if (resolve_surroundings(at)) {
        return 0;
    }
    if (at->input->need_before == SJ_NEED_NAMES || at->input->need_after == SJ_NEED_NAMES) {
        resolve_names(at);
        return 0;
    }
    if (sj_skip_prefix(at->path, "${cwd}/")) {
        return resolve_generated(at);
    }
    if (at->line->broken != SJ_BLAME_COMMIT) {
        if (at->is_untracked) {
            return resolve_generated(at);
        }
        add(at, at->line->broken, SJ_VIA_INPUT, at->line->broken_why);
        return 0;
    }
    if (resolve_commits(at) || resolve_tree(at) || resolve_submodule(at)) {
        return 0;
    }
    // A later commit brought it: so it was written by hand.
    uint32_t path = sj_history_path_find(at->causes->view.history, at->path);
    if (path != UINT32_MAX && at->line->is_dirty) {
        add(at, SJ_BLAME_UNCOMMITTED, SJ_VIA_INPUT, "");
        return 0;
    }
    return resolve_generated(at);
}

// The same change of the same path comes up in unit after unit of a build.
static struct sj_resolved *remember(struct sj_causes *causes, const struct sj_line *line,
                                    const struct sj_input_difference *input, bool *is_new)
{
    struct {
        uint64_t reference;
        uint64_t build;
        uint32_t path;
        uint32_t before;
        uint32_t after;
        uint32_t needs;
    } from = {line->reference,
              line->build,
              input->path,
              input->before,
              input->after,
              (uint32_t)(unsigned char)input->need_before << 8 | (unsigned char)input->need_after};
    struct sj_key key = sj_key_of(&from, sizeof from);
    uint32_t *place = sj_keymap_put(&causes->resolved, &key, is_new);
    if (*is_new) {
        *place = (uint32_t)causes->resolved.count - 1;
        if (*place >= causes->range_size) {
            causes->range_size = causes->range_size ? 2 * causes->range_size : 256;
            causes->ranges = sj_realloc(causes->ranges, causes->range_size, sizeof *causes->ranges);
        }
        causes->ranges[*place] = (struct sj_resolved){0};
    }
    return &causes->ranges[*place];
}

int sj_cause_resolve(struct sj_causes *causes, struct sj_line *line,
                     const struct sj_input_difference *input, struct sj_blame_list *list)
{
    bool is_new;
    struct sj_resolved *known = remember(causes, line, input, &is_new);
    if (is_new) {
        struct sj_blame_list found = {0};
        struct resolving at = {
            .causes = causes,
            .line = line,
            .input = input,
            .list = &found,
            .path = sj_db_text(causes->view.db, input->path),
        };
        bool was_untracked;
        int status = know(causes, input->need_before, input->before, &at.before, &was_untracked);
        if (status == 0) {
            status = know(causes, input->need_after, input->after, &at.after, &at.is_untracked);
        }
        status = status == 0 ? resolve(&at) : status;
        if (status < 0) {
            free(found.items);
            return status;
        }
        // Resolving may have remembered more: the place has to be found again.
        known = remember(causes, line, input, &is_new);
        known->first = (uint32_t)causes->kept.count;
        known->count = (uint32_t)found.count;
        for (size_t i = 0; i < found.count; i++) {
            sj_blame_add(causes, &causes->kept, found.items[i]);
        }
        free(found.items);
    }
    for (uint32_t i = 0; i < known->count; i++) {
        sj_blame_add(causes, list, causes->kept.items[known->first + i]);
    }
    return 0;
}
