// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the CPU of a compile can be charged to: a commit, or a cause that is no commit's. Every
 * nanosecond that a tool ran ends in exactly one of these. docs/causes.md explains each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/oid.h"

/** A kind of cause. */
enum sj_blame_kind {
    SJ_BLAME_COMMIT,           /**< a commit changed something that the unit depends on */
    SJ_BLAME_COLD,             /**< first build of a unit, a job or a configuration */
    SJ_BLAME_TOOLCHAIN,        /**< the compiler is another one */
    SJ_BLAME_SYSTEM,           /**< files outside the repository differ */
    SJ_BLAME_ENVIRONMENT,      /**< environment variables differ */
    SJ_BLAME_ARGUMENTS,        /**< the command line differs, and no commit explains it */
    SJ_BLAME_PLACE,            /**< another directory, or another CPU where that counts */
    SJ_BLAME_GENERATED,        /**< generated files differ, and no commit explains it */
    SJ_BLAME_UNCOMMITTED,      /**< changes that are in no commit */
    SJ_BLAME_OTHER_BRANCH,     /**< nothing of this line was built before: the nearest build is
                                    another branch's */
    SJ_BLAME_BEYOND_HISTORY,   /**< the commits are beyond the edge of a shallow clone */
    SJ_BLAME_UNPLACED,         /**< the build's commit, or the earlier one's, is not known */
    SJ_BLAME_NONDETERMINISTIC, /**< nothing differs that was recorded */
    SJ_BLAME_UNTRACED,         /**< what it read is not known */
    SJ_BLAME_EVICTED,          /**< redundant: was stored where this build could take it */
    SJ_BLAME_NOT_SHARED,       /**< redundant: was stored where this build could not take it */
    SJ_BLAME_RACE,             /**< redundant: was being compiled elsewhere at the same time */
    SJ_BLAME_NOT_STORED,       /**< redundant: was compiled before, but could not be stored */
    SJ_BLAME_ASKED,            /**< redundant: recache was set */
    SJ_BLAME_BYPASSED,         /**< no miss: not a thing to cache */
    SJ_BLAME_FAILED,           /**< no miss: the compiler failed */
    SJ_BLAME_ERROR,            /**< no miss: our own machinery failed */
    SJ_BLAME_AUDIT,            /**< no miss: a hit that was compiled again to check it */
    SJ_BLAME_EXPIRED,          /**< the records are gone; only the build's sums are left */
    SJ_BLAME_KIND_COUNT,
};

/** What a kind of cause says about a compile. */
enum sj_blame_group {
    SJ_BLAME_NECESSARY, /**< a miss that no cache could have helped */
    SJ_BLAME_REDUNDANT, /**< a miss that a better cache would have made a hit */
    SJ_BLAME_OTHER,     /**< not a miss */
    SJ_BLAME_GROUP_COUNT,
};

/** What led from a cause to the unit. */
enum sj_blame_via {
    SJ_VIA_NOTHING,   /**< needs no more words */
    SJ_VIA_INPUT,     /**< a file that the unit reads */
    SJ_VIA_NEW,       /**< the unit came into being */
    SJ_VIA_RENAME,    /**< the unit was renamed */
    SJ_VIA_TOOL,      /**< the compiler */
    SJ_VIA_ARGS,      /**< the command line */
    SJ_VIA_ENV,       /**< the environment */
    SJ_VIA_PLACE,     /**< the place */
    SJ_VIA_GENERATED, /**< a generated file */
    SJ_VIA_SUBMODULE, /**< a file of a submodule */
    SJ_VIA_COUNT,
};

/** One cause of one compile, and one file by which it came. Texts are a pool's. */
struct sj_blame {
    enum sj_blame_kind kind; /**< of what kind */
    enum sj_blame_via via;   /**< how it came to the unit */
    bool is_inferred;        /**< no record says so; it follows from what the commit touched */
    struct sj_oid commit;    /**< for SJ_BLAME_COMMIT: which */
    const char *path;        /**< file, directory or variable; "": none */
    const char *why;         /**< more words, such as a reason's id; "": none */
};

/** Name of a kind, as in JSON. @param kind kind @return "commit", "not-shared", … */
const char *sj_blame_name(enum sj_blame_kind kind);

/** A kind in words. @param kind kind @return half a sentence for people */
const char *sj_blame_text(enum sj_blame_kind kind);

/** What a kind says about a compile. @param kind kind @return group */
enum sj_blame_group sj_blame_group(enum sj_blame_kind kind);

/** Name of a group, as in JSON. @param group group @return "necessary", "redundant", "other" */
const char *sj_blame_group_name(enum sj_blame_group group);

/** Name of a way, as in JSON. @param via way @return "input", "args", …; NULL for nothing */
const char *sj_blame_via_name(enum sj_blame_via via);

/** Order of causes: by kind, commit, path. @param left struct sj_blame @param right struct sj_blame
 * @return as for qsort() */
int sj_blame_compare(const void *left, const void *right);

/** Whether two causes are one player: the same commit, or the same kind. @param a one @param b
 * other
 * @return true when they are */
bool sj_blame_same(const struct sj_blame *a, const struct sj_blame *b);
