// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * From an argument list to an action, for compilers with gcc's command line.
 *
 * Source: "Invoking GCC" of the GCC 12 manual; "Clang command line argument reference" of clang 14.
 */
#pragma once

#include <scrubjay/toolchain.h>

#include "toolchain-common/bypass.h"
#include "toolchain-common/language.h"
#include "toolchain-common/option.h"

struct sj_cc_parser;

/** What tells one family of compilers from another. */
struct sj_cc_family {
    const struct sj_cc_table *options;  /**< its own options */
    const struct sj_cc_table *frontend; /**< what may follow -Xclang; NULL: nothing */
    const char *color_arg;              /**< forces coloured diagnostics */
    bool knows_double_dash;             /**< "--" ends its options */

    /**
     * Add the outputs that only this family knows.
     *
     * @param parser after the last argument
     *
     * Reentrant.
     */
    void (*add_outputs)(struct sj_cc_parser *parser);
};

/** A prefix map of the command line. */
struct sj_cc_map {
    unsigned kinds;       /**< of ON_MAP_*: what it maps */
    const char *old_text; /**< prefix that is replaced */
    const char *new_text; /**< what replaces it */
};

/** Where parsing stands. */
struct sj_cc_parser {
    const struct sj_request *request;      /**< what is parsed */
    const struct sj_cc_family *family;     /**< whose command line it is */
    struct sj_action *action;              /**< what is made */
    int next;                              /**< index of the next argument */
    unsigned state;                        /**< of enum sj_cc_state */
    bool is_cxx;                           /**< called as a C++ driver */
    const char *output;                    /**< of -o; or NULL */
    const char *depfile;                   /**< of -MF or -Wp,-MD; or NULL */
    const char *dump_name;                 /**< an option that moves auxiliary outputs; or NULL */
    const struct sj_cc_language *forced;   /**< of -x; or NULL */
    const struct sj_cc_language *language; /**< of the source */
    const struct sj_cc_option *frontend_option; /**< -Xclang option that waits for its argument */
    size_t source_count;                        /**< inputs on the command line */
    size_t item_space;                          /**< places in action->items */
    size_t output_space;                        /**< places in action->outputs */
    struct sj_cc_map *maps;                     /**< prefix maps in order */
    size_t map_count;                           /**< length of maps */
};

/**
 * Parse a command line.
 *
 * @param request what was called
 * @param family  whose command line it is
 * @param out     takes the action; zeroed before
 * @return 0
 *
 * Reentrant.
 */
int sj_cc_parse(const struct sj_request *request, const struct sj_cc_family *family,
                struct sj_action *out);

/**
 * Apply one option.
 *
 * @param parser state
 * @param option what it is
 * @param arg    the argument as written
 * @param value  the option's argument; NULL when it takes none
 *
 * Reentrant.
 */
void sj_cc_apply(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                 const char *value);

/**
 * Refuse to cache; the first reason stays.
 *
 * @param parser state
 * @param reason why
 * @param detail the argument to blame, or NULL
 *
 * Reentrant.
 */
void sj_cc_refuse(struct sj_cc_parser *parser, enum sj_cc_reason reason, const char *detail);

/**
 * Add to the weak key.
 *
 * @param parser state
 * @param text   text
 * @param path   path that belongs to it, or NULL
 *
 * Reentrant.
 */
void sj_cc_add_item(struct sj_cc_parser *parser, const char *text, const char *path);

/**
 * Add an expected output.
 *
 * @param parser state
 * @param role   what it is for
 * @param flags  of enum sj_output_flags
 * @param path   where it is written
 *
 * Reentrant.
 */
void sj_cc_add_output(struct sj_cc_parser *parser, enum sj_role role, unsigned flags,
                      const char *path);

/**
 * Where the compiler puts a file beside its main output.
 *
 * @param parser after the last argument
 * @param suffix with its dot
 * @return path, new
 *
 * Reentrant.
 */
const char *sj_cc_aux_path(const struct sj_cc_parser *parser, const char *suffix);

/**
 * Add a file of split debug information.
 *
 * @param parser     after the last argument
 * @param path       the file
 * @param is_written whether this compile writes it
 *
 * Reentrant.
 */
void sj_cc_add_split_dwarf(struct sj_cc_parser *parser, const char *path, bool is_written);

/**
 * Find out what is written, once all arguments are known.
 *
 * @param parser after the last argument
 *
 * Reentrant.
 */
void sj_cc_find_outputs(struct sj_cc_parser *parser);

/**
 * Find out whether the working directory matters and whether checkouts in different directories
 * may share, once the outputs are known.
 *
 * @param parser after sj_cc_find_outputs()
 *
 * Reentrant.
 */
void sj_cc_find_places(struct sj_cc_parser *parser);
