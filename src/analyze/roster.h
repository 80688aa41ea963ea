// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which units a project has from build to build, and with which key. A build in a used work tree
 * calls the compiler only for what changed, so units that it does not name are still there; a build
 * in a fresh one names all, so what it does not name is gone. Told apart by the units whose key is
 * the one from before: only a build that names everything names those.
 * Source: docs/trends.md, "What is counted".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyze/cost.h"

/** What a build did to one unit. */
struct sj_roster_change {
    uint32_t unit;   /**< sj_unit.number */
    uint32_t before; /**< its key before; SJ_NO_KEY: it was not there */
    uint32_t after;  /**< its key now; SJ_NO_KEY: it is gone */
    uint32_t sample; /**< index of the sample that says so; of no meaning when it is gone, or was
                          put in by sj_roster_seed() */
};

/** Units of a project. */
struct sj_roster {
    const struct sj_view *view;       /**< view; the caller's */
    const struct sj_costs *costs;     /**< its costs; the caller's */
    uint32_t *key;                    /**< of each unit by number: SJ_NO_KEY: not there */
    uint32_t *seen;                   /**< of each unit by number: last build that named it */
    uint32_t *units;                  /**< those that are there, in no order */
    size_t unit_count;                /**< length of units */
    struct sj_roster_change *changes; /**< what the last build changed */
    size_t change_count;              /**< length of changes */
    size_t change_size;               /**< allocated of changes */
    uint32_t takes;                   /**< builds taken */
};

/** What a build named. */
struct sj_roster_build {
    uint32_t named;   /**< units that it hit or compiled */
    uint32_t carried; /**< units that it did not name and that are still there */
    bool is_whole;    /**< it named all that there are */
};

/** An empty roster. @param roster takes it; release with sj_roster_release() @param view view
 * @param costs its costs */
void sj_roster_init(struct sj_roster *roster, const struct sj_view *view,
                    const struct sj_costs *costs);

/** Free a roster. @param roster roster, zeroed or NULL */
void sj_roster_release(struct sj_roster *roster);

/**
 * Put units into a roster that has taken no build yet, which the first builds do not name though
 * they are there: those that a build in a used work tree names for the first time and that the
 * database knows from before. Without that, a series that begins with such builds would rise.
 *
 * @param roster roster, just made
 * @param builds indexes of the builds that will be taken, in order
 * @param count  how many
 * @return how many units were put in
 */
size_t sj_roster_seed(struct sj_roster *roster, const size_t *builds, size_t count);

/** Take the next build. @param roster roster; its changes are those of this build then
 * @param build index @return what it named */
struct sj_roster_build sj_roster_take(struct sj_roster *roster, size_t build);
