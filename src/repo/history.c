// SPDX-License-Identifier: Apache-2.0
#include "repo/history.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"
#include "repo/history_data.h"
#include "repo/history_file.h"

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    // Without one the tables still work.
    (void)getrandom(&seed, sizeof seed, GRND_NONBLOCK);
    return seed;
}

struct sj_history *sj_history_new(struct sj_repo *repo)
{
    struct sj_history *history = sj_new(struct sj_history);
    history->repo = repo;
    history->file.fd = -1;
    history->renames_commit = SJ_NO_COMMIT;
    history->by_id.seed = history->by_path.seed = history->by_person.seed = random_seed();
    // A mailmap is a nicety: one that is broken, or not there in a partial clone, is done without.
    if (repo && git_mailmap_from_repository(&history->mailmap, repo->git) < 0) {
        history->mailmap = NULL;
    }
    return history;
}

int sj_history_open(struct sj_repo *repo, const char *cache, struct sj_history **out,
                    struct sj_err *err)
{
    struct sj_history *history = sj_history_new(repo);
    history->file.path = cache ? sj_strdup(cache) : NULL;
    int status = cache ? sj_history_file_open(history, err) : 0;
    if (status < 0) {
        sj_history_close(history);
        return status;
    }
    *out = history;
    return 0;
}

void sj_history_close(struct sj_history *history)
{
    if (!history) {
        return;
    }
    sj_history_forget(history);
    sj_auto_close(&history->file.fd);
    free(history->file.path);
    free(history->commits);
    free(history->jumps);
    free(history->persons);
    free(history->changes);
    free(history->paths);
    free(history->people);
    sj_slots_release(&history->by_id);
    sj_slots_release(&history->by_path);
    sj_slots_release(&history->by_person);
    git_mailmap_free(history->mailmap);
    while (history->texts) {
        struct sj_texts *block = history->texts;
        history->texts = block->next;
        free(block);
    }
    free(history);
}

uint32_t sj_history_find(const struct sj_history *history, const struct sj_oid *id)
{
    uint32_t hash = sj_slots_hash_oid(&history->by_id, id);
    uint32_t place;
    for (size_t at = SIZE_MAX;
         (place = sj_slots_next(&history->by_id, hash, &at)) != SJ_NO_PLACE;) {
        if (sj_oid_eq(&history->commits[place].id, id)) {
            return place;
        }
    }
    return SJ_NO_COMMIT;
}

const struct sj_commit *sj_history_commits(const struct sj_history *history, size_t *count)
{
    *count = history->commit_count;
    return history->commits;
}

const struct sj_change *sj_history_changes(const struct sj_history *history, size_t *count)
{
    *count = history->change_count;
    return history->changes;
}

const char *sj_history_path(const struct sj_history *history, uint32_t path)
{
    return path < history->path_count ? history->paths[path] : "";
}

static void index_paths(struct sj_history *history)
{
    uint32_t *first = sj_calloc(history->path_count + 2, sizeof *first);
    uint32_t *places = sj_calloc(history->change_count + 1, sizeof *places);
    for (size_t i = 0; i < history->change_count; i++) {
        first[history->changes[i].path + 2]++;
    }
    for (size_t i = 2; i < history->path_count + 2; i++) {
        first[i] += first[i - 1];
    }
    // first[path + 1] moves from where its changes begin to where they end.
    for (size_t i = 0; i < history->change_count; i++) {
        places[first[history->changes[i].path + 1]++] = (uint32_t)i;
    }
    history->of_path = places;
    history->of_path_first = first;
}

const uint32_t *sj_history_of_path(struct sj_history *history, uint32_t path, size_t *count)
{
    if (path >= history->path_count) {
        *count = 0;
        return NULL;
    }
    if (!history->of_path) {
        index_paths(history);
    }
    const uint32_t *first = history->of_path_first;
    *count = first[path + 1] - first[path];
    return history->of_path + first[path];
}

// The ancestor at a position not above the commit's own; SJ_NO_COMMIT never comes.
static uint32_t ancestor_at(const struct sj_history *history, uint32_t commit, uint32_t position)
{
    const struct sj_commit *commits = history->commits;
    while (commits[commit].position > position) {
        uint32_t jump = history->jumps[commit];
        commit = commits[jump].position >= position ? jump : commits[commit].parent;
    }
    return commit;
}

bool sj_history_is_ancestor(const struct sj_history *history, uint32_t ancestor, uint32_t commit)
{
    if (ancestor >= history->commit_count || commit >= history->commit_count) {
        return false;
    }
    uint32_t position = history->commits[ancestor].position;
    return position <= history->commits[commit].position &&
           ancestor_at(history, commit, position) == ancestor;
}

uint32_t sj_history_fork(const struct sj_history *history, uint32_t a, uint32_t b)
{
    if (a >= history->commit_count || b >= history->commit_count) {
        return SJ_NO_COMMIT;
    }
    const struct sj_commit *commits = history->commits;
    uint32_t position = commits[a].position;
    position = commits[b].position < position ? commits[b].position : position;
    a = ancestor_at(history, a, position);
    b = ancestor_at(history, b, position);
    // At equal positions the jumps of both are equally long.
    while (a != b) {
        if (commits[a].parent == SJ_NO_COMMIT) {
            return SJ_NO_COMMIT;
        }
        if (history->jumps[a] != history->jumps[b]) {
            a = history->jumps[a];
            b = history->jumps[b];
        } else {
            a = commits[a].parent;
            b = commits[b].parent;
        }
    }
    return a;
}
