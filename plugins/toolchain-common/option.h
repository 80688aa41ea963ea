// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The table of options: how an option is spelled, how its argument comes, and what it does.
 *
 * A family of compilers is described by two sorted tables, the one that all families share and its
 * own, which wins where both know an option. An argument matches the longest spelling that it
 * begins with and whose entry accepts what follows it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How an option's argument comes. */
enum sj_cc_arg {
    ARG_NONE = 0, /**< none: the spelling is the whole argument */
    ARG_JOINED,   /**< the rest of the same argument, which may be empty */
    ARG_SEPARATE, /**< the next argument */
    ARG_EITHER,   /**< the rest of the same argument or, when that is empty, the next one */
};

/** What an option does; its entry's `value` says more. */
enum sj_cc_effect {
    DO_KEY = 0,     /**< into the key as written; value: states that it switches on */
    DO_CLEAR,       /**< into the key as written; value: states that it switches off */
    DO_PATH,        /**< its argument is a path that is read; value: states that it switches on */
    DO_NEUTRAL,     /**< without effect on what is written; value: states that it switches on */
    DO_BYPASS,      /**< not cached; value: enum sj_cc_reason */
    DO_LANGUAGE,    /**< -x */
    DO_OUTPUT,      /**< -o */
    DO_DEPFILE,     /**< -MF */
    DO_CPP_DEPFILE, /**< -MD, -MMD within -Wp */
    DO_TARGET,      /**< -MT, -MQ */
    DO_MAP,         /**< a prefix map; value: enum sj_cc_state bits of what it maps */
    DO_CPU,         /**< -march= and kin, of which "native" means this machine */
    DO_CPP_LIST,    /**< -Wp,a,b or -Xpreprocessor */
    DO_AS_LIST,     /**< -Wa,a,b or -Xassembler */
    DO_FRONTEND,    /**< -Xclang */
    DO_BACKEND,     /**< -mllvm */
    DO_FILE,        /**< its argument names an output; value: enum sj_role */
    DO_OPT_RECORD,  /**< the file of clang's optimisation record; value: states that it switches on
                     */
    DO_OPT_INFO,    /**< -fopt-info */
    DO_PROFILE,     /**< the place of profile data; value: states that it switches on */
    DO_DUMP,        /**< -fdump-tree- and kin */
    DO_LISTING,     /**< -a of the assembler */
    DO_DUMP_NAME,   /**< -dumpdir and kin */
    DO_COUNT,       /**< number of effects */
};

/** States that options switch on and off; the last one wins. */
enum sj_cc_state {
    ON_COMPILE = 1u << 0,          /**< -c */
    ON_ASSEMBLY = 1u << 1,         /**< -S */
    ON_SYNTAX = 1u << 2,           /**< -fsyntax-only */
    ON_PRECOMPILE = 1u << 3,       /**< --precompile */
    ON_DEPENDENCIES = 1u << 4,     /**< -MD, -MMD */
    ON_DEPENDENCIES_CPP = 1u << 5, /**< -Wp,-MD,FILE */
    ON_TARGET = 1u << 6,           /**< -MT, -MQ */
    ON_DEBUG = 1u << 7,            /**< debug information */
    ON_SPLIT = 1u << 8,            /**< .dwo */
    ON_NOTES = 1u << 9,            /**< .gcno */
    ON_ARCS = 1u << 10,            /**< instrumented for a profile whose file is named inside */
    ON_STACK_USAGE = 1u << 11,     /**< .su */
    ON_CALL_GRAPH = 1u << 12,      /**< .ci */
    ON_OPT_RECORD = 1u << 13,      /**< optimisation record */
    ON_LLVM = 1u << 14,            /**< -emit-llvm */
    ON_RECORDS_ARGS = 1u << 15,    /**< the command line is written into the object */
    ON_COMP_DIR = 1u << 16,        /**< the compilation directory is given */
    ON_COLOR = 1u << 17,           /**< the user chose about colour */
    ON_ASM_DEBUG = 1u << 18,       /**< the assembler was asked for debug information */
    ON_CWD = 1u << 19,             /**< the working directory is an input for another reason */
    ON_NAMED_OUTPUT = 1u << 20,    /**< the output's name is an input for another reason */
    ON_MODULES = 1u << 21,         /**< gcc's -fmodules-ts */
    ON_MODULE_OUTPUT = 1u << 22,   /**< clang's -fmodule-output */
    ON_CPU = 1u << 23,             /**< this machine's CPU is an input */
    ON_MAP_DEBUG = 1u << 24,       /**< of a map: debug information */
    ON_MAP_MACRO = 1u << 25,       /**< of a map: __FILE__ */
    ON_MAP_COVERAGE = 1u << 26,    /**< of a map: coverage */
    ON_UNMAPPED = 1u << 27,        /**< an output holds paths that no map reaches */
    ON_COVERAGE_MAP = 1u << 28,    /**< clang's -fcoverage-mapping */
    ON_DUMP = 1u << 29,            /**< dumps named after the output and the source */

    /** A file holds options that are not seen here: whatever they could name is in the key. */
    ON_ALTERED = ON_CWD | ON_NAMED_OUTPUT | ON_UNMAPPED,
};

/** One option. */
struct sj_cc_option {
    const char *name;         /**< spelling, up to its argument */
    enum sj_cc_arg arg;       /**< how its argument comes */
    enum sj_cc_effect effect; /**< what it does */
    unsigned value;           /**< see enum sj_cc_effect */
};

/** A sorted list of options. */
struct sj_cc_table {
    const struct sj_cc_option *options; /**< sorted by name, each name once */
    size_t count;                       /**< length of options */
};

/** The options that gcc and clang share. */
extern const struct sj_cc_table sj_cc_shared_options;

/**
 * Find the longest spelling in a table that an argument matches.
 *
 * @param table sorted options
 * @param arg   argument as written
 * @return the option, or NULL
 *
 * Reentrant.
 */
const struct sj_cc_option *sj_cc_option_find(const struct sj_cc_table *table, const char *arg);
