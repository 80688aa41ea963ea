// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Series: what each build of a branch and job cost, in several measures, a point for each build.
 * Where they stepped is trend.h's.
 * Source: docs/trends.md, "Series".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/cost.h"
#include "analyze/groups.h"
#include "analyze/roster.h"

/** What a series measures. */
enum sj_measure {
    SJ_MEASURE_CPU,          /**< CPU if everything missed, machines taken off */
    SJ_MEASURE_SPENT,        /**< CPU of misses, as it was */
    SJ_MEASURE_SAVED,        /**< CPU that hits saved, as it was */
    SJ_MEASURE_HITS,         /**< share of hits among hits and misses */
    SJ_MEASURE_HITS_CPU,     /**< share of saved among saved and spent CPU */
    SJ_MEASURE_WALL,         /**< wall time of the build */
    SJ_MEASURE_INSTRUCTIONS, /**< instructions if everything missed */
    SJ_MEASURE_UNITS,        /**< units */
    SJ_MEASURE_INPUT_BYTES,  /**< what all compiles read, if everything missed */
    SJ_MEASURE_OUTPUT_BYTES, /**< what all compiles write */
    SJ_MEASURE_BYPASSED,     /**< CPU of what is not cached */
    SJ_MEASURE_COUNT,
};

/** What a measure's values are. */
enum sj_measure_unit {
    SJ_UNIT_NS,    /**< times */
    SJ_UNIT_BYTES, /**< sizes */
    SJ_UNIT_COUNT, /**< numbers of things */
    SJ_UNIT_SHARE, /**< 0 to 1 */
};

/** A measure. */
struct sj_measure_info {
    const char *name;          /**< as typed and in JSON, such as "cpu" */
    const char *title;         /**< for people */
    enum sj_measure_unit unit; /**< of its values */
    bool has_steps;            /**< steps mean something: not of what caches and machines decide */
    bool is_noisy;             /**< measured, not counted */
};

/** The measures, by number. */
extern const struct sj_measure_info sj_measures[SJ_MEASURE_COUNT];

/** Find a measure. @param name as typed @return number; SJ_MEASURE_COUNT: there is none */
enum sj_measure sj_measure_find(const char *name);

/** What to make series of. Zeroed: the whole project, the branch and job with most builds. */
struct sj_series_options {
    const char *branch;  /**< NULL: the one with most builds that are no pull requests; "*": any */
    const char *prefer;  /**< branch to take when it has at least half as many; NULL: none */
    const char *job;     /**< NULL: the one with most builds */
    enum sj_group_by by; /**< how CPU is split */
    uint32_t only;       /**< sj_unit.number of the only unit that counts; 0: all */
    size_t max_groups;   /**< at most so many groups, those that cost most; 0: 1,000 */
};

/** A build of a series. */
struct sj_series_point {
    size_t build;                 /**< index in the view */
    uint64_t time_ns;             /**< when it began; of one built later, its commit's time */
    struct sj_roster_build named; /**< units */
};

/** A series. */
struct sj_series_line {
    enum sj_measure measure; /**< what */
    const char *group;       /**< of which group; "": of all */
    uint32_t group_number;   /**< sj_groups_of(); of phases: SJ_NO_GROUP */
    double *values;          /**< one for each point; NAN: not known */
};

/** Series of one branch and job. */
struct sj_series {
    const struct sj_view *view;     /**< view; the caller's */
    const struct sj_costs *costs;   /**< its costs; the caller's */
    struct sj_groups groups;        /**< how CPU is split */
    struct sj_series_point *points; /**< in order of the commits; where most builds have none, of
                                         time */
    size_t point_count;             /**< length of points */
    struct sj_series_line *lines;   /**< series: of all measures, or of the groups */
    size_t line_count;              /**< length of lines */
    size_t groups_left_out;         /**< groups beyond max_groups */
    bool is_complete;               /**< its first builds name all units that are there */
    const char *branch;             /**< which branch; the view's or the options' */
    const char *job;                /**< which job; the view's or the options' */
    size_t other_branches;          /**< builds left out: of other branches */
    size_t other_jobs;              /**< builds left out: of other jobs of the branch */
    size_t pulls;                   /**< builds left out: of pull requests */
    size_t unplaced;                /**< builds left out: of commits that are not in the history */
};

/** Free what series hold. @param series series, zeroed or NULL */
void sj_series_release(struct sj_series *series);

/**
 * Make series.
 *
 * @param view    view with hits and misses of all branches: they, too, tell of machines
 * @param costs   its costs
 * @param options of what
 * @param out     takes them; release with sj_series_release(). No points: no build is of that
 *                branch and job
 */
void sj_series_find(const struct sj_view *view, const struct sj_costs *costs,
                    const struct sj_series_options *options, struct sj_series *out);

/**
 * What one unit adds to a series of a measure while it has a key.
 *
 * @param series  series
 * @param key     place in the costs' keys, or SJ_NO_KEY
 * @param measure measure that is a sum over units; any other gives 0
 * @return its part; 0: not known
 */
double sj_series_part(const struct sj_series *series, uint32_t key, enum sj_measure measure);

/** Put into a roster what the series' first builds do not name. @param series series @param roster
 * just made; its changes are those units then */
void sj_series_start(struct sj_series *series, struct sj_roster *roster);

/** Let a roster take the build of a point; one whose records are gone changes nothing.
 * @param series series @param roster roster that took the points before @param point which */
void sj_series_take(struct sj_series *series, struct sj_roster *roster, size_t point);
