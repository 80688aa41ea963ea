// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A build on its way into records and notes, for the modules that make them.
 */
#pragma once

#include "trace/content.h"
#include "trace/intake.h"

/** A build that is taken in. */
struct sj_taking {
    struct sj_trace_model *model;           /**< what was told */
    const struct sj_trace_options *options; /**< how */
    const struct sj_trace_writer *writer;   /**< takes records and notes */
    struct sj_trace_contents contents;      /**< files that were looked at */
    struct sj_keymap sets;                  /**< path sets that were written */
    struct sj_keymap blobs;                 /**< contents whose names in git were noted */
    struct sj_keymap edges;                 /**< include edges that were written */
    struct sj_hasher *hasher;               /**< of keys */
    struct sj_buf text;                     /**< for a path */
    const struct sj_trace_build *build;     /**< the build */
    struct sj_trace_taken *taken;           /**< what was done of it */
    const char *root;                       /**< of the work tree; never NULL */
    const char *import;                     /**< names what was imported */
    const char *origin;                     /**< what the build is called when nobody names it */
    int64_t start_ns;                       /**< of the build */
};

/** When a unit began. @param taking build @param unit its unit @return since the epoch */
int64_t sj_taking_start(const struct sj_taking *taking, const struct sj_trace_unit *unit);

/** Folder that a unit's paths are relative to. @param taking build @param unit its unit
 * @return absolute path, or what the log says */
const char *sj_taking_folder(const struct sj_taking *taking, const struct sj_trace_unit *unit);

/** Write a unit's record. @param taking build @param unit its unit, which ran @return 0 or a
 * negative errno */
int sj_taking_record(struct sj_taking *taking, const struct sj_trace_unit *unit);

/** Write the notes of a unit: its spans, or, of one that did not run, what is known of it.
 * @param taking build @param unit its unit @return 0 or a negative errno */
int sj_taking_unit_notes(struct sj_taking *taking, const struct sj_trace_unit *unit);

/** Write the notes of a build's own spans and include edges. @param taking build @return 0 or a
 * negative errno */
int sj_taking_build_notes(struct sj_taking *taking);
