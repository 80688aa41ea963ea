// SPDX-License-Identifier: Apache-2.0
#include "analyze/build_pair.h"

#include <errno.h>
#include <string.h>

#define DIGITS_MIN 7 // of a commit's name

static const struct sj_build *by_id(const struct sj_build_choice *choice, const char *word)
{
    for (size_t i = choice->count; i-- > 0;) {
        const struct sj_build *build = &choice->builds[i];
        if (*build->id && strcmp(build->id, word) == 0) {
            return build;
        }
    }
    return NULL;
}

static bool is_of_commit(const struct sj_build *build, const struct sj_oid *commit)
{
    return sj_oid_eq(&build->commit, commit) || sj_oid_eq(&build->head, commit);
}

// The latest build of a commit, of a job when one is given.
static const struct sj_build *by_commit(const struct sj_build_choice *choice,
                                        const struct sj_oid *commit, const char *job)
{
    for (size_t i = choice->count; i-- > 0;) {
        const struct sj_build *build = &choice->builds[i];
        if (is_of_commit(build, commit) && (!job || strcmp(build->job, job) == 0)) {
            return build;
        }
    }
    return NULL;
}

// What builds tell of needs no repository: the commit whose name begins so.
static bool by_digits(const struct sj_build_choice *choice, const char *word, struct sj_oid *out)
{
    size_t len = strlen(word);
    for (size_t i = choice->count; len >= DIGITS_MIN && i-- > 0;) {
        const struct sj_oid *const ids[] = {&choice->builds[i].commit, &choice->builds[i].head};
        for (size_t j = 0; j < 2; j++) {
            char hex[SJ_OID_HEX_SIZE];
            sj_oid_hex(ids[j], hex);
            if (!sj_oid_is_zero(ids[j]) && strncmp(hex, word, len) == 0) {
                *out = *ids[j];
                return true;
            }
        }
    }
    return false;
}

// The latest build of a branch.
static const struct sj_build *by_branch(const struct sj_build_choice *choice, const char *word)
{
    for (size_t i = choice->count; i-- > 0;) {
        const struct sj_build *build = &choice->builds[i];
        if (strcmp(build->branch, word) == 0 &&
            (!choice->job || strcmp(build->job, choice->job) == 0)) {
            return build;
        }
    }
    return NULL;
}

/** What was said. */
struct named {
    const char *word;
    const struct sj_build *build; // NULL: it names a commit
    struct sj_oid commit;
};

static bool by_git(const struct sj_build_choice *choice, const char *word, struct sj_oid *out)
{
    if (!choice->repo) {
        return false;
    }
    return (choice->is_plain ? sj_repo_find_plain(choice->repo, word, out)
                             : sj_repo_find(choice->repo, word, out, NULL)) == 0;
}

static int name(const struct sj_build_choice *choice, struct named *named, struct sj_err *err)
{
    const char *word = named->word;
    bool is_last = strcmp(word, "last") == 0;
    named->build =
        is_last && choice->count > 0 ? &choice->builds[choice->count - 1] : by_id(choice, word);
    if (named->build) {
        return 0;
    }
    bool is_known = by_git(choice, word, &named->commit) || by_digits(choice, word, &named->commit);
    if (is_known && by_commit(choice, &named->commit, NULL)) {
        return 0;
    }
    // The tip of a branch need not have been built.
    named->build = by_branch(choice, word);
    if (named->build) {
        return 0;
    }
    if (!choice->repo) {
        return sj_fail_plain(err, -ENOENT,
                             "there is no build '%.100s', and no repository here to find a commit "
                             "of that name in (--repo DIR)",
                             word);
    }
    if (!is_known) {
        return sj_fail_plain(err, -ENOENT, "'%.100s' is neither a build, a commit nor a branch",
                             word);
    }
    return sj_fail_plain(err, -ENOENT,
                         "there is no build of '%.100s'; 'scrubjay backfill' makes one", word);
}

// Two commits: the latest builds of a job that both have.
static int settle(const struct sj_build_choice *choice, struct named *a, struct named *b,
                  struct sj_err *err)
{
    const char *job = choice->job;
    for (size_t i = choice->count; !b->build && i-- > 0;) {
        const struct sj_build *build = &choice->builds[i];
        bool fits = is_of_commit(build, &b->commit) && (!job || strcmp(build->job, job) == 0);
        const char *wanted = a->build ? a->build->job : build->job;
        if (fits && strcmp(build->job, wanted) == 0 &&
            (a->build || by_commit(choice, &a->commit, build->job))) {
            b->build = build;
        }
    }
    if (b->build && !a->build) {
        a->build = by_commit(choice, &a->commit, b->build->job);
    }
    if (!a->build || !b->build) {
        return sj_fail_plain(err, -ENOENT, "'%.80s' and '%.80s' have no job in common", a->word,
                             b->word);
    }
    return 0;
}

int sj_build_pair_find(const struct sj_build_choice *choice, const char *a, const char *b,
                       struct sj_build_pair *out, struct sj_err *err)
{
    struct named first = {.word = a};
    struct named second = {.word = b};
    int status = name(choice, &first, err);
    if (status == 0) {
        status = name(choice, &second, err);
    }
    if (status == 0) {
        status = settle(choice, &first, &second, err);
    }
    if (status == 0) {
        *out = (struct sj_build_pair){first.build, second.build};
    }
    return status;
}
