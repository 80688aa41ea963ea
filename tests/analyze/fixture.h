// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A project for the tests of analyses: a real git repository, a store with a real journal, and
 * builds whose compiles hit or miss by what is in the work tree. Whatever cannot be done fails the
 * test.
 */
#pragma once

#include <stdbool.h>

#include "analyze/view.h"
#include "record/journal.h"
#include "store/store.h"

#define FIXTURE_START UINT64_C(1764100000000000000)        /**< of the first commit and build */
#define FIXTURE_MS    UINT64_C(1000000)                    /**< in nanoseconds */
#define FIXTURE_HOUR  (UINT64_C(3600) * 1000 * FIXTURE_MS) /**< between builds */
#define FIXTURE_SETS  512 /**< path sets and results that are remembered */

/** A project. */
struct fixture {
    char dir[64];                     /**< holds all of it */
    char tree[96];                    /**< the work tree */
    char cache[96];                   /**< the store */
    uint64_t now_ns;                  /**< of the next build or commit */
    struct sj_store *store;           /**< for path sets */
    struct sj_db *db;                 /**< open for writing */
    struct sj_repo *repo;             /**< of the work tree; opened when needed */
    struct sj_history *history;       /**< what the latest fixture_load() took in */
    struct sj_view view;              /**< of the latest fixture_load() */
    struct sj_key *stored;            /**< strong keys that compiles find */
    size_t stored_count;              /**< length of stored */
    struct sj_key sets[FIXTURE_SETS]; /**< path sets that are in the store */
    size_t set_count;                 /**< used of sets */
};

/** A build. Zeroed members are left out. */
struct fixture_build {
    const char *id;      /**< needed */
    const char *job;     /**< configuration */
    const char *branch;  /**< "main" when NULL */
    const char *machine; /**< "host-1" when NULL */
    const char *system;  /**< CI system; none when NULL */
    const char *root;    /**< work tree as recorded; the real one when NULL */
    const char *commit;  /**< name; HEAD when NULL, "" for none */
    const char *base;    /**< other parent of a synthetic merge */
    const char *head;    /**< tip of a pull request */
    bool is_dirty;       /**< tracked files differ */
    bool is_bare;        /**< leaves no note of its beginning */
};

/** How a compile goes. */
enum fixture_way {
    FIXTURE_BY_KEY, /**< a hit when its key was stored before */
    FIXTURE_MISS,   /**< a miss whatever was stored */
    FIXTURE_HIT,    /**< a hit whatever was stored */
    FIXTURE_FAST,   /**< a hit by stamp, whose record does not tell how it was compiled */
};

/** A compile. Zeroed members: as said. */
struct fixture_compile {
    const char *source;        /**< first input, relative to the work tree; needed */
    const char *output;        /**< needed */
    const char *const *inputs; /**< further paths that it looks for, NULL-terminated: relative to
                                  the work tree or absolute; "=NAME" for a variable */
    const char *tool;          /**< content of the compiler; "gcc 12" when NULL */
    const char *args;          /**< "-O2 -c SOURCE -o OUTPUT" when NULL */
    const char *environment;   /**< what counts of it */
    const char *reason;        /**< of the record; "new" for a miss when NULL */
    enum fixture_way way;      /**< how it goes */
    enum sj_outcome outcome;   /**< when it is no hit and no miss */
    bool is_unstored;          /**< its result is not stored */
    bool is_shared;            /**< … or for any checkout */
    bool is_untraced;          /**< its inputs are not recorded */
    unsigned flags;            /**< more of enum sj_record_flags */
    uint64_t cpu_ns;           /**< CPU of the compile; 1 s when 0 */
    uint64_t wall_ns;          /**< the CPU when 0 */
};

/** Make a project with an empty repository. @param at takes it */
void fixture_make(struct fixture *at);

/** Remove it. @param at project */
void fixture_remove(struct fixture *at);

/** Run git in the work tree. @param at project @param format printf format of its arguments */
SJ_PRINTF(2, 3) void fixture_git(struct fixture *at, const char *format, ...);

/** Write a file of the work tree, with its directories. @param at project @param path relative
 * @param text content */
void fixture_write(struct fixture *at, const char *path, const char *text);

/** Remove a file of the work tree. @param at project @param path relative */
void fixture_delete(struct fixture *at, const char *path);

/** Commit all of the work tree but what .gitignore names. @param at project @param subject of the
 * message @return the commit's name, in memory of the fixture for the next eight calls */
const char *fixture_commit(struct fixture *at, const char *subject);

/** Name of a commit. @param at project @param text such as "HEAD~2" @return as fixture_commit() */
const char *fixture_name(struct fixture *at, const char *text);

/** Begin a build. @param at project @param build of it; must outlive it */
void fixture_begin(struct fixture *at, const struct fixture_build *build);

/** Compile, as far as records tell. @param at project @param build began @param compile what
 * @return whether it was a hit */
bool fixture_compile(struct fixture *at, const struct fixture_build *build,
                     const struct fixture_compile *compile);

/** End a build: an hour goes by. @param at project @param build began */
void fixture_end(struct fixture *at, const struct fixture_build *build);

/** What is stored is gone. @param at project */
void fixture_forget(struct fixture *at);

/**
 * Take in the records, take all commits of builds and HEAD into the history, load a view.
 *
 * @param at       project
 * @param repo     repository to look at; NULL: the work tree's; "": none
 * @param filter   of the view; NULL: all
 * @param outcomes of samples: mask of SJ_OUTCOME_BIT()
 */
void fixture_load(struct fixture *at, const char *repo, const struct sj_view_filter *filter,
                  unsigned outcomes);

/** Index of a build in the view. @param at project, loaded @param id build id @return index */
size_t fixture_build(const struct fixture *at, const char *id);
