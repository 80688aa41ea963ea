// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What all exports write: builds, their actions, and spans in them, with all texts at hand. Whoever
 * reads the records fills these in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/** A build. Texts are never NULL. */
struct sj_export_build {
    const char *id;            /**< build id */
    const char *project;       /**< what is built */
    const char *branch;        /**< branch or tag */
    const char *job;           /**< configuration */
    const char *commit;        /**< 40 digits; "": not known */
    const char *system;        /**< CI system */
    const char *run;           /**< run of the CI system */
    const char *machine;       /**< where it was built */
    const char *labels;        /**< K=V,… */
    const char *url;           /**< page of the run */
    uint64_t start_ns;         /**< since the epoch */
    uint64_t wall_ns;          /**< how long */
    uint64_t cpu_ns;           /**< CPU of all its processes; 0: not known */
    uint64_t cpus;             /**< of the machine; 0: not known */
    int64_t exit_status;       /**< of its command */
    uint64_t saved_ns;         /**< CPU that hits saved */
    const uint64_t *count;     /**< actions, by outcome */
    const uint64_t *action_ns; /**< CPU of actions, by outcome */
};

/** An action. Texts are never NULL. */
struct sj_export_action {
    const char *unit;        /**< its name */
    const char *source;      /**< main input */
    const char *language;    /**< of the source */
    const char *toolchain;   /**< "gcc", … */
    const char *tool;        /**< compiler's file */
    const char *outcome;     /**< "hit", "miss", … */
    const char *reason;      /**< of the outcome */
    const char *detail;      /**< which argument or path the reason is about */
    const char *args;        /**< command line; "": not kept */
    uint64_t start_ns;       /**< since the epoch */
    uint64_t wall_ns;        /**< how long */
    uint64_t cpu_ns;         /**< CPU of its tool */
    uint64_t saved_ns;       /**< CPU that a hit saved */
    uint64_t instructions;   /**< user-mode; 0: not counted */
    uint64_t peak_rss_bytes; /**< of the largest process */
    uint64_t input_bytes;    /**< of all inputs */
    uint64_t output_bytes;   /**< of all outputs */
    uint64_t input_count;    /**< inputs */
    int64_t exit_status;     /**< of the tool */
    bool is_stored;          /**< its result is in the store */
    bool is_remote;          /**< a remote had it */
    bool is_audit;           /**< a hit that was compiled to check it */
};

#define SJ_EXPORT_CHUNK ((size_t)1 << 20) /**< bytes after which output is handed on */

/** Where output goes: into a buffer that is emptied now and then. */
struct sj_export_out {
    struct sj_buf *buf; /**< takes the output */
    /** Empties buf. @param user as given @param buf the output so far @return 0 or a negative
     * errno; NULL: all of it stays in buf */
    int (*flush)(void *user, struct sj_buf *buf);
    void *user; /**< handed to flush */
};

/** Hand output on when there is enough of it. @param out output @return 0 or a negative errno */
static inline int sj_export_flush(const struct sj_export_out *out)
{
    return out->flush && out->buf->len >= SJ_EXPORT_CHUNK ? out->flush(out->user, out->buf) : 0;
}
