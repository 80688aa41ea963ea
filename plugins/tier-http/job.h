// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A call of the interface as a chain of requests, made one after the other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <scrubjay/tier.h>

/** What a request is. */
enum step_kind {
    STEP_BATCH,  /**< ask for values */
    STEP_UPLOAD, /**< store values */
    STEP_RECORD, /**< leave records */
    STEP_HEAD,   /**< ask whether a value is there */
};

/** A request. */
struct step {
    enum step_kind kind;      /**< what it is */
    struct sj_tier_name name; /**< of STEP_HEAD */
    unsigned char *body;      /**< what is sent */
    size_t len;               /**< bytes of body */
};

/** A call. */
struct job {
    struct job *next;     /**< of those that wait for the thread */
    struct step *steps;   /**< its requests, in order */
    size_t count;         /**< length of steps */
    size_t at;            /**< the one under way */
    uint64_t deadline_ms; /**< monotonic clock */
    sj_tier_found *found; /**< called for each value */
    sj_tier_done *done;   /**< called once, last */
    void *user;           /**< handed to both */
};

/** Milliseconds of the monotonic clock. @return milliseconds */
uint64_t now_ms(void);

/** A new call. @param timeout_ms time it has @param found called for each value, or NULL @param
 * done called once @param user handed to both @return NULL: no memory */
struct job *job_new(uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user);

/** Add a request. @param job call @param kind its kind @param len bytes of its body @return the
 * body, to be filled; NULL: no memory */
unsigned char *job_add(struct job *job, enum step_kind kind, size_t len);

/** Add a request that asks whether a value is there. @param job call @param name the value's
 * @return 0 or -ENOMEM */
int job_add_head(struct job *job, const struct sj_tier_name *name);

/** Tell how a call ended, and free it. @param job call; taken over @param status 0 or a negative
 * errno */
void job_end(struct job *job, int status);
