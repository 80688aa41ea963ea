// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Turns what imports told into records and notes, as a build that went through the wrapper leaves
 * them: everything behind the journal treats both alike. docs/import.md says how.
 */
#pragma once

#include "base/err.h"
#include "record/note.h"
#include "record/record.h"
#include "trace/model.h"

/** How to take in. Texts NULL: what the log says counts. */
struct sj_trace_options {
    const char *format;   /**< name of the format, or of several: never NULL */
    const char *build_id; /**< names the build; where there are several, only the latest is taken */
    const char *commit;   /**< 40 hexadecimal digits */
    const char *branch;   /**< branch or tag */
    const char *project;  /**< what is built */
    const char *job;      /**< configuration */
    const char *labels;   /**< K=V,… */
    const char *root;     /**< work tree, absolute, as the log names it */
    struct sj_import_build defaults; /**< for what neither the log nor the members above tell:
                                          texts and cpus */
    bool is_attaching; /**< build_id is a build that is known: add traces and include edges to it,
                            and nothing that would count a unit again */
    bool is_blind;     /**< do not look at files for their content */
    int64_t now_ns;    /**< CLOCK_REALTIME: for what has no time at all */
};

/** Where records and notes go. Functions return 0 or a negative errno, which ends the intake. */
struct sj_trace_writer {
    int (*record)(void *user, const struct sj_record *record); /**< takes a record */
    int (*note)(void *user, const struct sj_note *note);       /**< takes a note */
    /** Takes a path set, before the records that name it. */
    int (*pathset)(void *user, const struct sj_key *key, const void *data, size_t len);
    bool (*is_known)(void *user, const char *id); /**< whether that was taken in before */
    void *user;                                   /**< handed to each */
};

/** A build that was taken in, or would be. */
struct sj_trace_taken {
    char *id;          /**< build id */
    uint64_t units;    /**< records */
    uint64_t known;    /**< units that are just known */
    uint64_t inputs;   /**< of its units */
    uint64_t contents; /**< … whose content is known */
    uint64_t traces;   /**< notes of spans */
    uint64_t edges;    /**< include edges */
    uint64_t cpu_ns;   /**< of its units */
    int64_t start_ns;  /**< since the epoch */
    int64_t wall_ns;   /**< how long */
    bool has_no_time;  /**< its time is a guess */
    bool is_wall_cpu;  /**< CPU is not known of some units: their wall time stands for it */
    bool was_known;    /**< it had been taken in before: nothing was done */
};

/** What was done. Zeroed: nothing. */
struct sj_trace_done {
    struct sj_trace_taken *builds; /**< in the order of the log */
    size_t count;                  /**< length of builds */
    size_t older;                  /**< builds left out, as build_id names the latest */
};

/** Free what was done. @param done done, zeroed or NULL */
void sj_trace_done_release(struct sj_trace_done *done);

/**
 * Take in.
 *
 * @param model   what was told, joined; problems are added
 * @param options how
 * @param writer  takes records and notes
 * @param done    takes what was done; end with sj_trace_done_release(), also on failure
 * @param err     what failed
 * @return 0 or a negative errno
 */
int sj_trace_intake(struct sj_trace_model *model, const struct sj_trace_options *options,
                    const struct sj_trace_writer *writer, struct sj_trace_done *done,
                    struct sj_err *err);
