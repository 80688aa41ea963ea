// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The stack of tiers behind an agent: gets are tried in order and what is found goes into the local
 * store, puts go to all. Queues are bounded; what does not fit is dropped and counted. A tier that
 * fails three times in a row is left alone for ten seconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "key/key.h"
#include "store/frame.h"
#include "store/shared.h"
#include "store/write.h"

/** A stack of tiers. */
struct sj_tiers;

/** How to open the stack. */
struct sj_tiers_options {
    const struct sj_config *config; /**< remote, token, remote_timeout_ms, namespace_name */
    struct sj_shared *shared;       /**< the local store */
    const char *plugin_dir;         /**< where tier-NAME.so lie; NULL: beside this program */
    const char *agent;              /**< name and version of this program */
};

/** Open: loads the plugins that the URLs need; connects to nothing. @param options not kept but for
 * shared @param out takes the stack; the caller closes it @param err names the URL or plugin
 * @return 0 or a negative errno */
int sj_tiers_open(const struct sj_tiers_options *options, struct sj_tiers **out,
                  struct sj_err *err);

/** Drop what is queued and close. @param tiers stack, or NULL */
void sj_tiers_close(struct sj_tiers *tiers);

/** A name that is wanted. */
struct sj_tiers_name {
    enum sj_frame_kind kind; /**< what */
    struct sj_key key;       /**< key; of path sets and trails the weak key */
};

/** Called when a fetch has ended. @param stored how many values are new in the local store @param
 * status 0; -ETIMEDOUT, or what else ailed the tiers when nothing was found @param user the
 * caller's. From any thread */
typedef void sj_tiers_fetched(size_t stored, int status, void *user);

/**
 * Bring values into the local store: with a result its objects, with path sets the trail, which is
 * then followed in the background. Names that are on their way already are waited for, not asked
 * for again. Never blocks.
 *
 * @param tiers stack
 * @param names what; copied
 * @param count how many
 * @param done  called once
 * @param user  handed to done
 */
void sj_tiers_fetch(struct sj_tiers *tiers, const struct sj_tiers_name *names, size_t count,
                    sj_tiers_fetched *done, void *user);

/**
 * Upload a result with its objects, and the path set that leads to it. Never blocks.
 *
 * @param tiers  stack
 * @param strong the result
 * @param weak   weak key; NULL: none
 */
void sj_tiers_push(struct sj_tiers *tiers, const struct sj_key *strong, const struct sj_key *weak);

/** A hit without us: it belongs to the trail. @param tiers stack @param weak weak key @param strong
 * strong key */
void sj_tiers_note(struct sj_tiers *tiers, const struct sj_key *weak, const struct sj_key *strong);

/** Upload what is new in the journal. Called now and then. @param tiers stack */
void sj_tiers_records(struct sj_tiers *tiers);

/** What goes on. */
struct sj_tiers_stat {
    uint64_t queued;         /**< uploads that wait or are under way; 0: all is done */
    uint64_t uploaded;       /**< results uploaded */
    uint64_t uploaded_bytes; /**< their bytes */
    uint64_t fetched;        /**< values that came */
    uint64_t fetched_bytes;  /**< their bytes */
    uint64_t prefetched;     /**< of them, before anybody asked */
    uint64_t dropped;        /**< uploads thrown away */
    uint64_t failures;       /**< calls that failed */
    bool is_down;            /**< every tier is being left alone */
    char problem[256];       /**< the last failure, for people; "" */
};

/**
 * Somebody waits for the end: what is kept back otherwise, trails that may still grow and records,
 * goes up now, and counts as queued until then. May be called again and again.
 *
 * @param tiers stack
 */
void sj_tiers_flush(struct sj_tiers *tiers);

/** Read the counters. @param tiers stack @param out takes them */
void sj_tiers_stat(struct sj_tiers *tiers, struct sj_tiers_stat *out);
