// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * One invocation on its way through the wrapper: what was called, where, what is known of it so
 * far, and the record that it will leave.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <scrubjay/toolchain.h>

#include "base/buf.h"
#include "config/config.h"
#include "key/key.h"
#include "record/pathset.h"
#include "record/record.h"
#include "store/store.h"
#include "wrap/args.h"
#include "wrap/place.h"
#include "wrap/tool.h"

/** The two forms of a weak key. */
enum sj_form {
    SJ_FORM_SHARED, /**< holds no place */
    SJ_FORM_LOCAL,  /**< holds the place */
    SJ_FORM_COUNT,  /**< how many */
};

/** A block of an arena. */
struct sj_block;

/** One invocation. */
struct sj_call {
    const char *const *argv; /**< compiler and arguments as given, NULL-terminated */
    const char *name;        /**< compiler to look for: argv[0], or what that link stands for */
    char *const *env;        /**< environment as given */
    const char *prefix;      /**< launcher such as distcc to run the compiler under, or NULL */
    struct sj_config config; /**< settings */
    struct sj_place place;   /**< where */
    char cwd[4096];          /**< holds place.cwd */
    struct sj_tool tool;     /**< the real compiler */
    struct sj_store *store;  /**< open store, or NULL: do without */
    struct sj_args args;     /**< arguments with response files read and our own added; empty
                                  until sj_action_parse() */
    struct sj_action action; /**< zero until sj_action_parse() */
    bool is_parsed;          /**< action is valid */
    struct sj_key literal;   /**< key of the literal action: finds its stamp */
    struct sj_key tool_key;  /**< content of the compiler's file */
    bool is_tool_known;      /**< tool_key was in the store already */
    struct sj_key weak[SJ_FORM_COUNT]; /**< weak keys */
    bool has_weak[SJ_FORM_COUNT];      /**< which of them may be used */
    uint64_t start_coarse_ns;          /**< clock of file times when the wrapper began */
    uint64_t start_mono_ns;            /**< monotonic clock when the wrapper began */
    struct sj_record record;           /**< what it will leave behind */
    int tool_signal;                   /**< signal that ended the compiler, or 0 */
    struct sj_block *arena;            /**< memory of the action */
};

/**
 * Read an environment variable of the invocation.
 *
 * @param call invocation
 * @param name variable
 * @return value, or NULL
 */
const char *sj_call_env(const struct sj_call *call, const char *name);

/**
 * Memory that lives as long as the invocation.
 *
 * @param call      invocation
 * @param len_bytes bytes
 * @return zeroed, never NULL
 */
void *sj_call_alloc(struct sj_call *call, size_t len_bytes);

/** Free what an invocation holds; its store is closed. @param call invocation */
void sj_call_release(struct sj_call *call);
