// SPDX-License-Identifier: Apache-2.0
#include "dash/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "key/key.h"

#define LOOK_NS (30 * SJ_NS_PER_S) // between two looks at what was not there, or may have moved

void sj_mirrors_add(struct sj_mirrors *mirrors, const char *path, const char *project)
{
    mirrors->items = sj_realloc(mirrors->items, mirrors->count + 1, sizeof *mirrors->items);
    mirrors->items[mirrors->count++] = (struct sj_mirror){
        .path = sj_strdup(path),
        .project = project ? sj_strdup(project) : NULL,
    };
}

int sj_mirrors_read(const char *text, struct sj_mirrors *out, struct sj_err *err)
{
    static const char blanks[] = " \t";
    struct sj_mirrors mirrors = {0};
    for (const char *at = text ? text : ""; *(at += strspn(at, blanks));) {
        size_t len = strcspn(at, blanks);
        SJ_AUTO(sj_auto_free) char *word = sj_strndup(at, len);
        char *mark = word[0] == '/' ? NULL : strchr(word, '=');
        if (mark) {
            *mark = '\0';
        }
        const char *path = mark ? mark + 1 : word;
        if (mark == word || !*path) {
            sj_mirrors_release(&mirrors);
            return sj_fail_plain(err, -EINVAL,
                                 "repositories: '%.*s' is neither PATH nor PROJECT=PATH", (int)len,
                                 at);
        }
        sj_mirrors_add(&mirrors, path, mark ? word : NULL);
        at += len;
    }
    *out = mirrors;
    return 0;
}

static void close_mirror(struct sj_mirror *mirror)
{
    sj_history_close(mirror->history);
    sj_repo_close(mirror->repo);
    mirror->history = NULL;
    mirror->repo = NULL;
}

void sj_mirrors_release(struct sj_mirrors *mirrors)
{
    if (!mirrors) {
        return;
    }
    for (size_t i = 0; i < mirrors->count; i++) {
        close_mirror(&mirrors->items[i]);
        free(mirrors->items[i].path);
        free(mirrors->items[i].project);
    }
    free(mirrors->items);
    *mirrors = (struct sj_mirrors){0};
}

// One history for each repository, wherever it is opened from.
static char *history_path(const struct sj_repo *repo, const char *cache_dir)
{
    if (!cache_dir) {
        return NULL;
    }
    const char *dir = sj_repo_git_dir(repo);
    struct sj_key key = sj_key_of(dir, strlen(dir));
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, hex);
    return sj_asprintf("%s/history/%s", cache_dir, hex);
}

static int open_mirror(struct sj_mirror *mirror, const char *cache_dir)
{
    struct sj_err *err = &mirror->problem;
    *err = (struct sj_err){0};
    int status = sj_repo_open(mirror->path, &mirror->repo, err);
    if (status == SJ_REPO_NONE) {
        return sj_fail_plain(err, -ENOENT, "'%.200s' is no git repository", mirror->path);
    }
    if (status < 0) {
        return status;
    }
    if (!mirror->project) {
        struct sj_buf name = SJ_BUF_INIT(1024);
        sj_repo_project(mirror->repo, &name);
        mirror->project = sj_strdup(sj_buf_text(&name));
        sj_buf_release(&name);
    }
    SJ_AUTO(sj_auto_free) char *path = history_path(mirror->repo, cache_dir);
    status = sj_history_open(mirror->repo, path, &mirror->history, err);
    if (status < 0) {
        close_mirror(mirror);
    }
    return status;
}

// Commits that the repository does not have are told later: the view counts them.
static int take_commit(struct sj_mirror *mirror, const struct sj_oid *id)
{
    if (sj_oid_is_zero(id) || sj_history_find(mirror->history, id) != SJ_NO_COMMIT) {
        return 0;
    }
    int status = sj_history_take(mirror->history, id, NULL, &mirror->problem);
    return status == -ENOENT ? 0 : status;
}

static int take_commits(struct sj_mirror *mirror, struct sj_db *db)
{
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    int status = sj_repo_tip(mirror->repo, &head, &mirror->problem);
    if (status == 0) {
        status = take_commit(mirror, &head.commit);
    }
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter filter = {.project = mirror->project};
    status = status < 0 ? status : sj_db_builds(db, &filter, &builds, &count);
    for (size_t i = 0; i < count && status >= 0; i++) {
        const struct sj_oid *const ids[] = {&builds[i].commit, &builds[i].base, &builds[i].head};
        for (size_t j = 0; j < sizeof ids / sizeof ids[0] && status >= 0; j++) {
            status = take_commit(mirror, ids[j]);
        }
    }
    if (status < 0 && !mirror->problem.text[0]) {
        (void)sj_fail(&mirror->problem, status, "cannot read '%.200s'", mirror->path);
    }
    return status < 0 ? status : 0;
}

struct sj_mirror *sj_mirrors_find(struct sj_mirrors *mirrors, const char *project,
                                  const char *cache_dir, struct sj_db *db, uint64_t state)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < mirrors->count; i++) {
        struct sj_mirror *mirror = &mirrors->items[i];
        bool is_due = mirror->looked_ns == 0 || now_ns - mirror->looked_ns >= LOOK_NS;
        if (!mirror->repo && is_due &&
            (!mirror->project || strcmp(mirror->project, project) == 0)) {
            mirror->looked_ns = now_ns;
            (void)open_mirror(mirror, cache_dir);
        }
        if (!mirror->project || strcmp(mirror->project, project) != 0) {
            continue;
        }
        if (mirror->repo && (mirror->taken != state || is_due)) {
            mirror->taken = state;
            mirror->looked_ns = now_ns;
            mirror->problem = (struct sj_err){0};
            (void)take_commits(mirror, db);
        }
        return mirror;
    }
    return NULL;
}
