// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the modules of this room share about libgit2; for this room only.
 * Source: libgit2 1.5, git2.h.
 */
#pragma once

#include <git2.h>

#include "base/err.h"
#include "base/oid.h"
#include "repo/listing.h"
#include "repo/repo.h"

/** A repository and what is kept at hand of it. */
struct sj_repo {
    git_repository *git;         /**< libgit2's handle */
    git_odb *odb;                /**< its objects */
    struct sj_listings listings; /**< trees read lately */
    char *root;                  /**< work tree without a slash at its end; NULL: bare */
    char *git_dir;               /**< its own directory, without a slash at its end */
    char *common_dir;            /**< what all its work trees share, without a slash at its end */
    bool is_mode_kept;           /**< the file system tells which files are programs */
    struct sj_oid *cuts;         /**< commits whose parents a shallow clone left out, sorted */
    size_t cut_count;            /**< how many */
};

/**
 * The errno that stands for a result of libgit2.
 *
 * @param code negative result
 * @return negative errno
 */
int sj_git_errno(int code);

/**
 * Note a failure of libgit2: the formatted text, then ": " and libgit2's own words.
 *
 * @param err    takes the sentence; may be NULL
 * @param code   negative result of libgit2
 * @param format printf format, such as "cannot read '%s'"
 * @return negative errno
 */
SJ_PRINTF(3, 4) int sj_git_fail(struct sj_err *err, int code, const char *format, ...);

/** Our name of an object. @param id libgit2's @return ours */
static inline struct sj_oid sj_oid_of_git(const git_oid *id)
{
    struct sj_oid oid;
    memcpy(oid.bytes, id->id, SJ_OID_SIZE);
    return oid;
}

/** libgit2's name of an object. @param oid ours @return libgit2's */
static inline git_oid sj_git_oid(const struct sj_oid *oid)
{
    git_oid id = {0};
    memcpy(id.id, oid->bytes, SJ_OID_SIZE);
    return id;
}

/**
 * Look through a configuration without regular expressions: libgit2 1.5 loses 20 KiB for each key
 * that one does not match.
 *
 * @param config configuration
 * @param prefix of the keys wanted, in lower case
 * @param suffix of the keys wanted
 * @param visit  called with what stands between prefix and suffix, and the value
 * @param user   handed to visit
 */
void sj_git_each_setting(git_config *config, const char *prefix, const char *suffix,
                         void (*visit)(const char *name, size_t len, const char *value, void *user),
                         void *user);

/**
 * Read the list of commits at which a shallow clone ends; it changes with each fetch.
 *
 * @param repo repository
 * @return 0 or a negative errno
 */
int sj_repo_read_cuts(struct sj_repo *repo);

/** Whether a shallow clone ends at a commit. @param repo repository @param id commit @return true
 * when its parents were left out */
bool sj_repo_is_cut(const struct sj_repo *repo, const struct sj_oid *id);

/**
 * The tree of a commit.
 *
 * @param repo   repository
 * @param commit commit
 * @param out    takes the tree's name
 * @return 0, -ENOENT or another negative errno
 */
int sj_repo_tree_of(struct sj_repo *repo, const struct sj_oid *commit, struct sj_oid *out);
