// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A git repository, as far as builds have to do with it: what is checked out, what its files are
 * called in git, work trees of its own for building past commits. History is history.h's.
 * Source: libgit2 1.5, git2.h. Bare, shallow and partial (blobless) clones will do; nothing is
 * ever fetched, and nothing of the user's work tree, index or references is changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/oid.h"
#include "key/key.h"

/** An open repository. */
struct sj_repo;

/** Outcome of sj_repo_open(): no repository there, nor above. */
#define SJ_REPO_NONE 1

/**
 * Open the repository that a directory lies in.
 *
 * @param path directory, work tree or bare repository
 * @param out  takes the repository; the caller closes it
 * @param err  names the thing and the remedy, such as for SHA-256 or reftable repositories, or one
 *             that belongs to somebody else
 * @return 0, SJ_REPO_NONE or a negative errno
 *
 * One handle serves one thread at a time.
 */
int sj_repo_open(const char *path, struct sj_repo **out, struct sj_err *err);

/** Close a repository. @param repo repository, or NULL */
void sj_repo_close(struct sj_repo *repo);

/** Root of the work tree. @param repo repository @return absolute path without a slash at its end;
 * NULL: it is bare */
const char *sj_repo_root(const struct sj_repo *repo);

/** The repository's own directory. @param repo repository @return absolute path */
const char *sj_repo_git_dir(const struct sj_repo *repo);

/** Whether history ends early. @param repo repository @return true for a shallow clone */
bool sj_repo_is_shallow(const struct sj_repo *repo);

/**
 * A name for the project: host and path of the remote "origin" (of the only remote, when there is
 * no "origin") without user, port and ".git": "github.com/redis/redis"; else the name of the root.
 *
 * @param repo repository
 * @param out  the name is appended
 */
void sj_repo_project(struct sj_repo *repo, struct sj_buf *out);

/**
 * A name for the project whose repository has an address.
 *
 * @param url NUL-terminated: https://…, ssh://…, git://… or user\@host:path
 * @param out host and path are appended, as sj_repo_project() writes them
 * @return true; false: it names no other machine, and nothing was appended
 */
bool sj_repo_project_of_url(const char *url, struct sj_buf *out);

/** What is checked out. */
struct sj_repo_head {
    struct sj_oid commit;     /**< zero: no commit yet */
    struct sj_oid parents[2]; /**< its first two parents; zero: none, or cut off */
    struct sj_buf branch;     /**< "" when detached */
    int64_t time_s;           /**< committer's time */
    bool is_dirty;            /**< tracked files, or submodules' commits, differ from it */
};

/** Free what a head holds. @param head head, zeroed or NULL */
void sj_repo_head_release(struct sj_repo_head *head);

/**
 * Look at what is checked out.
 *
 * @param repo repository
 * @param out  takes it; release with sj_repo_head_release()
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_repo_head(struct sj_repo *repo, struct sj_repo_head *out, struct sj_err *err);

/** The same without a look at the files, which takes long where there are many: is_dirty is false.
 * @param repo repository @param out as sj_repo_head() @param err what failed @return as
 * sj_repo_head() */
int sj_repo_tip(struct sj_repo *repo, struct sj_repo_head *out, struct sj_err *err);

/**
 * Find a commit as people name it: "HEAD~3", a branch, a tag, an abbreviation, "main@{1 week ago}".
 *
 * @param repo repository
 * @param text what to find
 * @param out  takes the commit's name
 * @param err  names what is wrong: no such commit, or several
 * @return 0 or a negative errno
 */
int sj_repo_find(struct sj_repo *repo, const char *text, struct sj_oid *out, struct sj_err *err);

/**
 * Find a commit that a stranger names: a name, an abbreviation, "HEAD~3". What git understands
 * beyond that, such as ":/text", looks through all of history for a pattern, which may never end.
 *
 * @param repo repository
 * @param text what to find
 * @param out  takes the commit's name
 * @return 0 or a negative errno: -EINVAL where more than a name is asked for
 */
int sj_repo_find_plain(struct sj_repo *repo, const char *text, struct sj_oid *out);

/**
 * Find a range "A..B", "A.." (to HEAD), "..B" or "B" (from the root).
 *
 * @param repo repository
 * @param text range
 * @param from takes A; zero: from the beginning
 * @param to   takes B
 * @param err  what is wrong
 * @return 0 or a negative errno
 */
int sj_repo_range(struct sj_repo *repo, const char *text, struct sj_oid *from, struct sj_oid *to,
                  struct sj_err *err);

/** Outcome of sj_repo_blob_of(): git does not track the file. */
#define SJ_REPO_UNTRACKED 1
/** Outcome of sj_repo_blob_of(): the file is not the one with that content any more. */
#define SJ_REPO_CHANGED 2

/**
 * Git's name of a file of the work tree: from the index when the file's state matches it and the
 * file is older than before_ns, else by hashing, with git's filters, after a look whether its
 * content still is the expected one.
 *
 * @param repo      repository with a work tree
 * @param path      relative to the root
 * @param content   what the file must hold: XXH3-128
 * @param before_ns when content was read, CLOCK_REALTIME
 * @param out       takes the name
 * @return 0, SJ_REPO_UNTRACKED, SJ_REPO_CHANGED or a negative errno
 */
int sj_repo_blob_of(struct sj_repo *repo, const char *path, const struct sj_key *content,
                    uint64_t before_ns, struct sj_oid *out);

/**
 * How large a blob is, without reading it.
 *
 * @param repo repository
 * @param oid  its name
 * @param out  takes bytes
 * @return 0, -ENOENT (not there: a partial clone) or another negative errno
 */
int sj_repo_blob_size(struct sj_repo *repo, const struct sj_oid *oid, size_t *out);

/**
 * Read a blob.
 *
 * @param repo      repository
 * @param oid       its name
 * @param max_bytes larger ones are refused
 * @param out       bytes are appended
 * @return 0, -ENOENT (not there: a partial clone), -EFBIG or another negative errno
 */
int sj_repo_blob_read(struct sj_repo *repo, const struct sj_oid *oid, size_t max_bytes,
                      struct sj_buf *out);

/**
 * What a path is in a commit's tree.
 *
 * @param repo   repository
 * @param commit commit
 * @param path   relative to the root
 * @param out    takes the blob's name, or the submodule's commit
 * @param mode   takes git's mode (0100644, 0160000 for a submodule, …); may be NULL
 * @return 0, -ENOENT or another negative errno
 */
int sj_repo_path_at(struct sj_repo *repo, const struct sj_oid *commit, const char *path,
                    struct sj_oid *out, uint32_t *mode);

/**
 * Visit all files of a commit's tree.
 *
 * @param repo   repository
 * @param commit commit
 * @param visit  called for each file and submodule, by path; stops at a result other than 0
 * @param user   handed to visit
 * @return 0, what visit returned, or a negative errno
 */
int sj_repo_each_file(struct sj_repo *repo, const struct sj_oid *commit,
                      int (*visit)(const char *path, const struct sj_oid *oid, uint32_t mode,
                                   void *user),
                      void *user);
