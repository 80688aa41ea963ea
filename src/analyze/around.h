// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What happened around a place of a series, unit by unit: which keys each unit had in the builds
 * before and after. That says which units a step consists of, and how sure it is: a unit that a
 * cache served was measured once, however many builds it stands in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/series.h"

#define SJ_AROUND_BUILDS 5u /**< builds on each side: no segment has fewer */

/** One unit's part in a step. */
struct sj_around_unit {
    uint32_t unit;       /**< sj_unit.number */
    uint32_t key_before; /**< in the last build before the place; SJ_NO_KEY: it was not there */
    uint32_t key_after;  /**< in the first build behind it; SJ_NO_KEY: it is gone */
    double before;       /**< its part before: median; 0: none */
    double after;        /**< its part after: median; 0: none */
    double variance;     /**< of after - before, from the noise of compiles alone */
};

/** Units that differ around a place. */
struct sj_around {
    struct sj_around_unit *units; /**< largest difference first */
    size_t count;                 /**< length of units */
    double change;                /**< sum of their differences */
    double error;                 /**< its standard error, with what is not known of machines; 0 for
                                       what is counted, not measured */
};

/** Keys around some places of a series. */
struct sj_arounds {
    struct sj_series *series; /**< series; the caller's */
    size_t *places;           /**< points, each the first behind a place; in order */
    size_t count;             /**< length of places */
    uint32_t *keys;           /**< of each place, build around it and unit */
};

/**
 * Look at the builds around some places.
 *
 * @param series series; must outlive the result
 * @param places points, in order, no two equal
 * @param count  how many; where there are very many units, only the last ones are kept
 * @param out    takes the keys; release with sj_arounds_release()
 */
void sj_arounds_find(struct sj_series *series, const size_t *places, size_t count,
                     struct sj_arounds *out);

/** Free keys. @param arounds keys, zeroed or NULL */
void sj_arounds_release(struct sj_arounds *arounds);

/**
 * The units that differ around a place.
 *
 * @param arounds keys
 * @param line    series whose group and measure count
 * @param place   point
 * @param out     takes them; release with sj_around_release()
 * @return true; false where the place was not looked at, or no unit differs
 */
bool sj_around_units(const struct sj_arounds *arounds, const struct sj_series_line *line,
                     size_t place, struct sj_around *out);

/** Free units. @param around units, zeroed or NULL */
void sj_around_release(struct sj_around *around);
