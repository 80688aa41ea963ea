// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * For implementers of a tier: a place to find results beyond this machine. A tier is a shared
 * module `tier-NAME.so` that exports `sj_tier_plugin`.
 *
 * A tier is a map from a kind and a key to bytes. Under SJ_TIER_PATHSET a key has several values: a
 * put adds one, a get gives all. Under every other kind it has one. Nothing that a tier gives is
 * trusted: the host checks it.
 *
 * Calls return at once. Their outcome comes through callbacks, from a thread of the tier's own or
 * from within the call, once for each call and before its deadline plus a second. The host may call
 * from several threads. docs/tiers.md tells more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Raised when this file changes: another number is refused. */
#define SJ_TIER_ABI 1

/** Bytes of a key. */
#define SJ_TIER_KEY_SIZE 16

/** What is asked for. */
enum sj_tier_kind {
    SJ_TIER_OBJECT = 1, /**< bytes under the XXH3-128 of their content */
    SJ_TIER_RESULT,     /**< result of an action under its strong key */
    SJ_TIER_PATHSET,    /**< path sets under a weak key: several values */
    SJ_TIER_TRAIL,      /**< what a build asked for after a weak key: a hint for prefetching */
    SJ_TIER_RECORD,     /**< records of actions: put only, the key means nothing */
};

/** How bytes are encoded. */
enum sj_tier_codec {
    SJ_TIER_RAW = 0, /**< as they are */
    SJ_TIER_ZSTD,    /**< one zstd frame of raw_len bytes */
};

/** A name in a tier. */
struct sj_tier_name {
    enum sj_tier_kind kind;              /**< what */
    unsigned char key[SJ_TIER_KEY_SIZE]; /**< under which key */
};

/** A value. */
struct sj_tier_value {
    struct sj_tier_name name; /**< its name */
    enum sj_tier_codec codec; /**< of data */
    uint32_t raw_len;         /**< bytes, decoded */
    const void *data; /**< bytes as encoded; valid during the callback, or until put is done */
    size_t len;       /**< how many */
};

/** A value has arrived. May be called for names that were not asked for: the tier may know what
 * comes next, such as the objects of a result. @param value the value @param user the caller's */
typedef void sj_tier_found(const struct sj_tier_value *value, void *user);

/** A call has ended. @param status 0, or a negative errno: -ETIMEDOUT, -ECONNREFUSED, -EACCES (the
 * token is refused), -EDQUOT, -ENOSPC, -EPROTO (what came back makes no sense) … Values that
 * arrived before count. @param user the caller's */
typedef void sj_tier_done(int status, void *user);

/** An open tier; the implementer defines it. */
struct sj_tier;

/** What the host gives a tier when it opens it. */
struct sj_tier_options {
    const char *url;                           /**< as in the settings, with the scheme */
    const char *token;                         /**< secret, or NULL */
    const char *agent;                         /**< name and version of this program, for logs */
    uint64_t connect_timeout_ms;               /**< for one connection */
    size_t max_bytes;                          /**< largest value; what is larger is left out */
    void (*log)(const char *text, void *user); /**< debug messages; may be NULL */
    void *user;                                /**< handed to log */
};

/** The plugin: `const struct sj_tier_plugin sj_tier_plugin`. */
struct sj_tier_plugin {
    unsigned abi;               /**< SJ_TIER_ABI */
    const char *name;           /**< such as "http" */
    const char *const *schemes; /**< of URLs, without "://"; NULL ends the list */

    /**
     * Open a tier. Does not connect.
     *
     * @param options how; strings are copied
     * @param out     takes the tier; ended with close
     * @param problem takes a sentence for people when it fails
     * @param len     room in problem
     * @return 0 or a negative errno: -EINVAL (the URL makes no sense) …
     */
    int (*open)(const struct sj_tier_options *options, struct sj_tier **out, char *problem,
                size_t len);

    /** End a tier: what is under way is broken off, each call's done comes with -ECANCELED. @param
     * tier tier, or NULL */
    void (*close)(struct sj_tier *tier);

    /**
     * Get values, in any order; those that are not there are left out.
     *
     * @param tier       tier
     * @param names      what; copied
     * @param count      how many, at least 1
     * @param timeout_ms for all of them together
     * @param found      called for each value
     * @param done       called once, last
     * @param user       handed to both
     */
    void (*get)(struct sj_tier *tier, const struct sj_tier_name *names, size_t count,
                uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user);

    /**
     * Put values. A reader must never see a value before those that stand in front of it here:
     * objects come before the result that names them.
     *
     * @param tier       tier
     * @param values     what; the array and all bytes stay valid until done
     * @param count      how many, at least 1
     * @param timeout_ms for all of them together
     * @param done       called once
     * @param user       handed to done
     */
    void (*put)(struct sj_tier *tier, const struct sj_tier_value *values, size_t count,
                uint64_t timeout_ms, sj_tier_done *done, void *user);

    /**
     * Ask which names are there. An answer may be out of date at once: never rest a promise on it.
     *
     * @param tier       tier
     * @param names      which; copied
     * @param count      how many, at least 1
     * @param timeout_ms for all of them together
     * @param found      called for each that is there, with data NULL and len 0
     * @param done       called once, last
     * @param user       handed to both
     */
    void (*exists)(struct sj_tier *tier, const struct sj_tier_name *names, size_t count,
                   uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user);
};
