// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the modules that work causes out share. Private to them.
 */
#pragma once

#include "analyze/cause.h"
#include "analyze/line.h"

#define SJ_CAUSE_DEPTH 3 /**< generators of generated files that are followed */

/** A growing list of causes. Zeroed: empty. */
struct sj_blame_list {
    struct sj_blame *items; /**< the causes */
    size_t count;           /**< length of items */
    size_t size;            /**< allocated */
};

/** A stretch of the list of resolved causes. */
struct sj_resolved {
    uint32_t first; /**< first cause */
    uint32_t count; /**< how many */
};

/** See cause.h. */
struct sj_causes {
    struct sj_view view;              /**< the given one, with builds and samples of its own */
    struct sj_pool *pool;             /**< the caller's */
    struct sj_earlier_set earlier;    /**< misses of all builds that may count */
    bool *is_loaded;                  /**< for each build */
    bool *reaches_a_remote;           /**< for each build: a hit of it asked a remote */
    struct sj_blame_list found;       /**< causes of the latest compile */
    struct sj_line line;              /**< the latest pair of builds */
    bool has_line;                    /**< line is set */
    struct sj_keymap resolved;        /**< changes of paths that were resolved on that line */
    struct sj_resolved *ranges;       /**< by number in `resolved` */
    size_t range_size;                /**< allocated of ranges */
    struct sj_blame_list kept;        /**< causes that ranges name */
    struct sj_keymap units_by_name;   /**< names, then sources, of units; made when needed */
    struct sj_keymap units_by_source; /**< the latest unit of a source */
    bool has_units;                   /**< the two maps are there */
    int depth;                        /**< of generators being followed */
};

/** Add a cause. @param causes handle @param list takes it @param cause its texts are copied to the
 * pool */
void sj_blame_add(struct sj_causes *causes, struct sj_blame_list *list, struct sj_blame cause);

/** Add a commit. @param causes handle @param list takes it @param change place in
 * sj_history_changes(): its commit, and its path unless one is given @param via how it came @param
 * path file; NULL: the change's @param is_inferred as in struct sj_blame */
void sj_blame_add_change(struct sj_causes *causes, struct sj_blame_list *list, uint32_t change,
                         enum sj_blame_via via, const char *path, bool is_inferred);

/** Sort and drop what stands twice. @param list list */
void sj_blame_settle(struct sj_blame_list *list);

/**
 * Charge the commits of a line that touched what decides something about the build.
 *
 * @param causes  handle
 * @param line    line
 * @param decides bits of enum sj_description: any of them
 * @param via     how it came
 * @param list    takes the causes
 * @return whether there were any
 */
bool sj_cause_descriptions(struct sj_causes *causes, struct sj_line *line, unsigned decides,
                           enum sj_blame_via via, struct sj_blame_list *list);

/**
 * Resolve one input that differs to commits or other causes.
 *
 * @param causes handle
 * @param line   between the builds
 * @param input  what differs
 * @param list   takes at least one cause
 * @return 0 or a negative errno
 */
int sj_cause_resolve(struct sj_causes *causes, struct sj_line *line,
                     const struct sj_input_difference *input, struct sj_blame_list *list);

/**
 * Find the causes among the inputs of two samples.
 *
 * @param causes handle
 * @param line   between the builds
 * @param before state of the earlier one
 * @param after  state of the later one
 * @param except texts of two paths that are passed over: a renamed source; 0: none
 * @param list   takes the causes; may be none
 * @return 0, -ENOENT (one of the states is not known) or another negative errno
 */
int sj_cause_inputs(struct sj_causes *causes, struct sj_line *line, uint32_t before, uint32_t after,
                    const uint32_t except[2], struct sj_blame_list *list);

/**
 * Find the causes in how two samples of a unit were compiled.
 *
 * @param causes    handle
 * @param line      between the builds
 * @param reference earlier sample
 * @param sample    later sample
 * @param list      takes the causes
 * @return bits by enum sj_component of what differs, or a negative errno
 */
int sj_cause_config(struct sj_causes *causes, struct sj_line *line,
                    const struct sj_sample *reference, const struct sj_sample *sample,
                    struct sj_blame_list *list);

/**
 * Find why a unit without an earlier compile was compiled.
 *
 * @param causes handle
 * @param build  index of its build
 * @param sample the compile
 * @param out    takes what it was compared with, where it is a renamed unit
 * @param list   takes at least one cause
 * @return 0 or a negative errno
 */
int sj_cause_new(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                 struct sj_finding *out, struct sj_blame_list *list);

/** The unit of a name, or the latest one of a source. @param causes handle @param text text of the
 * database @param is_source whether text is a source @return its number; 0: none */
uint32_t sj_causes_unit(struct sj_causes *causes, uint32_t text, bool is_source);

/** Whether a unit has any sample in a build or those that it is compared with.
 * @param causes handle @param build index @param unit number @param at takes the build it was found
 * in; may be NULL @return the sample, or NULL */
const struct sj_sample *sj_causes_find_unit(const struct sj_causes *causes, size_t build,
                                            uint32_t unit, size_t *at);
