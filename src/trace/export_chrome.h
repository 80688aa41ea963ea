// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Builds as a trace that ui.perfetto.dev, speedscope and Chrome's about:tracing open: a process for
 * each build, a thread for each job that ran at once, a slice for each action with the spans inside
 * it, counters of what ran, and arrows along the critical path.
 * Source: "Trace Event Format", the document that Chromium's catapult links to; Perfetto
 * documentation, "Other trace formats".
 */
#pragma once

#include "trace/export.h"

#define SJ_CHROME_NONE UINT32_MAX /**< no action */

/** A stretch of time. */
struct sj_chrome_span {
    uint64_t start_ns;  /**< since the epoch */
    uint64_t wall_ns;   /**< how long */
    uint32_t depth;     /**< 0: outermost; what is deeper stands behind what it is in */
    uint32_t owner;     /**< index of the action it is in; SJ_CHROME_NONE: of the build itself */
    const char *name;   /**< what */
    const char *detail; /**< which; NULL: nothing more to say */
};

/** An action in a trace. Texts are never NULL. */
struct sj_chrome_action {
    struct sj_export_action action; /**< what is known of it */
    const char *cause;              /**< kind of cause: why it was compiled; "": not looked for */
    const char *group;              /**< what that says: "necessary", "redundant", "other" */
    const char *because;            /**< the causes in words, with files and commits */
    uint32_t before;                /**< index of the action whose end it waited for, when that is
                                         known to be on the critical path; SJ_CHROME_NONE: none */
};

/** A build to be written. */
struct sj_chrome_build {
    struct sj_export_build build;           /**< what is known of it */
    const struct sj_chrome_action *actions; /**< actions, in any order */
    size_t action_count;                    /**< length of actions; below SJ_CHROME_NONE */
    struct sj_chrome_span *spans;           /**< spans; sorted here */
    size_t span_count;                      /**< length of spans */
};

/** What was left out. */
struct sj_chrome_left {
    uint64_t spans; /**< spans outside the action they belong to */
};

/**
 * Write builds.
 *
 * @param builds builds
 * @param count  how many
 * @param out    takes the trace
 * @param left   takes what was left out
 * @return 0 or what the output's flush returned
 */
int sj_export_chrome(struct sj_chrome_build *builds, size_t count, const struct sj_export_out *out,
                     struct sj_chrome_left *left);
