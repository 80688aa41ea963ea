// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why each compile of a build was needed: the commits and other causes behind a miss, told apart
 * from misses that a better cache would have made hits. docs/causes.md gives the rules.
 */
#pragma once

#include "analyze/blame.h"
#include "analyze/earlier.h"
#include "analyze/view.h"
#include "key/keymap.h"

/** Works causes out; knows a view, and holds the samples of some of its builds. */
struct sj_causes;

/**
 * Begin.
 *
 * @param view of the whole project, all jobs and branches; its samples are not used, so it is best
 *             loaded without any. Must outlive what comes out
 * @param pool takes the texts of causes; must outlive them
 * @return never NULL; the caller closes it
 *
 * One handle serves one thread at a time.
 */
struct sj_causes *sj_causes_open(const struct sj_view *view, struct sj_pool *pool);

/** End. @param causes handle, or NULL */
void sj_causes_close(struct sj_causes *causes);

/**
 * Load the samples of some builds and of those that they are compared with. What was loaded before
 * is gone.
 *
 * @param causes handle
 * @param builds indices of the view, ascending
 * @param count  how many
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_causes_load(struct sj_causes *causes, const uint32_t *builds, size_t count,
                   struct sj_err *err);

/**
 * The samples of a loaded build.
 *
 * @param causes handle
 * @param build  index
 * @param count  takes how many
 * @return the first, by unit, then start; valid until the next sj_causes_load()
 */
const struct sj_sample *sj_causes_samples(const struct sj_causes *causes, size_t build,
                                          size_t *count);

/** What is known about one compile. */
struct sj_finding {
    const struct sj_sample *sample;    /**< the compile */
    const struct sj_sample *reference; /**< what it was compared with; NULL: with nothing */
    size_t reference_build;            /**< index of its build; where there is none, of the build
                                            that was looked in; SIZE_MAX: none */
    unsigned components;           /**< bits by enum sj_component: parts of the key that differ */
    const struct sj_blame *causes; /**< sorted by sj_blame_compare(), none twice, at least one */
    size_t count;                  /**< length of causes */
};

/**
 * Find the causes of one compile.
 *
 * @param causes handle
 * @param build  index of a loaded build
 * @param sample of that build; a hit that was not compiled again has no causes
 * @param out    takes what was found; valid until the next call
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_causes_find(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                   struct sj_finding *out, struct sj_err *err);

/** What is different about one input of a compile. */
struct sj_input_difference {
    uint32_t path;    /**< text of the database */
    char need_before; /**< enum sj_need; 0: was not asked for */
    char need_after;  /**< enum sj_need; 0: is not asked for any more */
    uint32_t before;  /**< sj_db_content(); 0: none */
    uint32_t after;   /**< sj_db_content(); 0: none */
};

/**
 * Compare the inputs of two states.
 *
 * @param db     database
 * @param before state
 * @param after  state
 * @param out    takes an array by path; the caller frees it
 * @param count  takes its length
 * @return 0, -ENOENT (one of them is not known) or another negative errno
 */
int sj_inputs_compare(struct sj_db *db, uint32_t before, uint32_t after,
                      struct sj_input_difference **out, size_t *count);
