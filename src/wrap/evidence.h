// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * From what the observer saw to what a result depends on: entries of a path set, and the files that
 * were written. Whatever cannot be told for sure is refused.
 */
#pragma once

#include "observe/log.h"
#include "record/pathset.h"
#include "wrap/call.h"

/** A file that the compile wrote. */
struct sj_written {
    uint32_t slot;      /**< which of the action's expected outputs */
    const char *path;   /**< as expected, with the rest of a prefix output's name */
    const char *suffix; /**< the rest of a prefix output's name; else "" */
};

/** What is known of a compile. Zeroed: nothing. */
struct sj_evidence {
    struct sj_pathset set;      /**< unsorted; paths as the tool used them */
    struct sj_written *written; /**< files that it wrote and that still exist */
    size_t written_count;       /**< length of written */
    const char *bound_by;       /**< a path it used that may come from the place itself, or NULL */
    const char *refusal;        /**< id of why it cannot be stored; NULL: it can */
    const char *detail;         /**< the path or name to blame, or NULL */
};

/**
 * Judge what was seen.
 *
 * @param call      parsed invocation
 * @param sightings what was seen; must outlive the evidence
 * @param out       takes the evidence; release with sj_evidence_release()
 */
void sj_evidence_judge(struct sj_call *call, const struct sj_sightings *sightings,
                       struct sj_evidence *out);

/** Free what the evidence holds. @param evidence evidence, zeroed or NULL */
void sj_evidence_release(struct sj_evidence *evidence);
