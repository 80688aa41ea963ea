// SPDX-License-Identifier: Apache-2.0
#include "analyze/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FORKS_MAX 256 /**< builds that are tried where none is an ancestor's */

/** Builds of one job. */
struct group {
    const struct sj_history *history;
    struct sj_view_build *builds; // of all jobs
    size_t first;
    size_t end;
    const struct sj_commit *commits;
    size_t commit_count;
    uint32_t *first_of; // by commit: first of its builds; UINT32_MAX: none
    uint32_t *nearest;  // by commit: itself or its nearest ancestor that was built
};

static void find_built(struct group *group)
{
    for (size_t i = 0; i < group->commit_count; i++) {
        group->first_of[i] = UINT32_MAX;
    }
    for (size_t i = group->end; i-- > group->first;) {
        uint32_t commit = group->builds[i].commit;
        if (commit != SJ_NO_COMMIT) {
            group->first_of[commit] = (uint32_t)i;
        }
    }
    // Builds are sorted by position: those of one commit need not stand side by side.
    for (size_t i = 0; i < group->commit_count; i++) {
        uint32_t parent = group->commits[i].parent;
        group->nearest[i] = group->first_of[i] != UINT32_MAX ? (uint32_t)i
                            : parent == SJ_NO_COMMIT         ? SJ_NO_COMMIT
                                                             : group->nearest[parent];
    }
}

// The latest build of a commit that began before a time; else, for commits that were built later
// for the sake of history, the first one.
static uint32_t build_of(const struct group *group, uint32_t commit, uint64_t before_ns)
{
    uint32_t first = group->first_of[commit];
    uint32_t found = first;
    uint32_t position = group->commits[commit].position;
    for (size_t i = first; i < group->end; i++) {
        const struct sj_view_build *build = &group->builds[i];
        if (build->commit == SJ_NO_COMMIT || group->commits[build->commit].position != position) {
            break;
        }
        if (build->commit == commit && build->build.start_ns < before_ns) {
            found = (uint32_t)i;
        }
    }
    return found;
}

// An earlier build of the same commit.
static uint32_t twin_of(const struct group *group, size_t build)
{
    uint32_t commit = group->builds[build].commit;
    for (size_t i = build; i-- > group->first_of[commit];) {
        if (group->builds[i].commit == commit) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

// Where no ancestor was built: the earlier build that has most history in common with this one.
static uint32_t relative_of(const struct group *group, size_t build)
{
    uint32_t commit = group->builds[build].commit;
    uint32_t best = UINT32_MAX;
    uint32_t best_position = 0;
    size_t tried = 0;
    for (size_t i = build; i-- > group->first && tried < FORKS_MAX;) {
        uint32_t other = group->builds[i].commit;
        if (other == SJ_NO_COMMIT) {
            continue;
        }
        tried++;
        uint32_t fork = sj_history_fork(group->history, commit, other);
        if (fork != SJ_NO_COMMIT &&
            (best == UINT32_MAX || group->commits[fork].position > best_position)) {
            best = (uint32_t)i;
            best_position = group->commits[fork].position;
        }
    }
    return best;
}

static uint32_t reference_of(const struct group *group, size_t build)
{
    const struct sj_view_build *own = &group->builds[build];
    uint32_t twin = twin_of(group, build);
    if (twin != UINT32_MAX) {
        return twin;
    }
    uint32_t parent = group->commits[own->commit].parent;
    uint32_t built = parent == SJ_NO_COMMIT ? SJ_NO_COMMIT : group->nearest[parent];
    return built != SJ_NO_COMMIT ? build_of(group, built, own->build.start_ns)
                                 : relative_of(group, build);
}

// Builds without a place follow each other in time, on their branch.
static uint32_t before_in_time(const struct group *group, size_t build)
{
    const struct sj_build *own = &group->builds[build].build;
    for (size_t i = build; i-- > group->first;) {
        const struct sj_view_build *other = &group->builds[i];
        if (other->commit == SJ_NO_COMMIT && strcmp(other->build.branch, own->branch) == 0 &&
            strcmp(other->build.root, own->root) == 0) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

static void find_in_group(struct group *group)
{
    if (group->commit_count > 0) {
        find_built(group);
    }
    for (size_t i = group->first; i < group->end; i++) {
        struct sj_view_build *build = &group->builds[i];
        build->reference =
            build->commit != SJ_NO_COMMIT ? reference_of(group, i) : before_in_time(group, i);
    }
}

void sj_references_find(const struct sj_history *history, struct sj_view_build *builds,
                        size_t count)
{
    struct group group = {.history = history, .builds = builds};
    group.commits = history ? sj_history_commits(history, &group.commit_count) : NULL;
    SJ_AUTO(sj_auto_free) uint32_t *first_of = sj_calloc(group.commit_count + 1, sizeof *first_of);
    SJ_AUTO(sj_auto_free) uint32_t *nearest = sj_calloc(group.commit_count + 1, sizeof *nearest);
    group.first_of = first_of;
    group.nearest = nearest;
    while (group.first < count) {
        group.end = group.first + 1;
        while (group.end < count &&
               strcmp(builds[group.end].build.job, builds[group.first].build.job) == 0) {
            group.end++;
        }
        find_in_group(&group);
        group.first = group.end;
    }
}
