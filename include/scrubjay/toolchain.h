// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * For implementers of toolchains: what knows one compiler family's command line.
 *
 * A toolchain turns an argument list into an action: what goes into its weak key, which files it
 * is expected to write, or why it cannot be cached. It opens no files but response files that the
 * host reads for it, runs nothing, and keeps no state. What a compile really reads and writes is
 * the observer's business; the action is checked against that before anything is stored.
 *
 * Toolchains are linked into the wrapper; each exports one `struct sj_toolchain` and is listed in
 * src/wrap/toolchains.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Version of this interface; a toolchain made for another one is refused. */
#define SJ_TOOLCHAIN_ABI 1

/** What an output is for; stored with it, so that a hit puts each back where this run wants it. */
enum sj_role {
    SJ_ROLE_OBJECT = 1,   /**< the main output: -o, or what it defaults to */
    SJ_ROLE_DEPFILE,      /**< make rule of what was read (-MD, -MMD) */
    SJ_ROLE_SPLIT_DWARF,  /**< .dwo */
    SJ_ROLE_COVERAGE,     /**< .gcno */
    SJ_ROLE_STACK_USAGE,  /**< .su */
    SJ_ROLE_CALL_GRAPH,   /**< .ci */
    SJ_ROLE_DIAGNOSTICS,  /**< .dia, JSON or SARIF diagnostics */
    SJ_ROLE_OPTIMISATION, /**< optimisation record or report */
    SJ_ROLE_DUMP,         /**< -fdump-*, -aux-info and their kin */
    SJ_ROLE_LISTING,      /**< assembler listing, -Wa,-a=FILE */
    SJ_ROLE_MODULE,       /**< compiled module interface */
    SJ_ROLE_COUNT,        /**< number of roles and one */
};

/** How an expected output's path is meant. */
enum sj_output_flags {
    SJ_OUTPUT_OPTIONAL = 1u << 0, /**< the compiler may well not write it */
    SJ_OUTPUT_PREFIX = 1u << 1,   /**< every file whose path begins with `path` is meant */
};

/** Properties of an action. */
enum sj_action_flags {
    SJ_ACTION_NEEDS_CWD = 1u << 0,    /**< an output names the working directory */
    SJ_ACTION_NEEDS_CPU = 1u << 1,    /**< -march=native and kin: this machine's CPU is an input */
    SJ_ACTION_RELOCATABLE = 1u << 2,  /**< every path below base_dir that an output could hold is
                                           mapped by the command line itself */
    SJ_ACTION_PREPROCESSED = 1u << 3, /**< the source is preprocessed already */
    SJ_ACTION_ASSEMBLER = 1u << 4,    /**< the source is assembly */
    SJ_ACTION_RECORDS_ARGS = 1u << 5, /**< the whole command line is written into the output */
};

/** One part of the weak key: text, then an optional path that the host may make portable. */
struct sj_item {
    const char *text; /**< never NULL; "-I", "-O2" */
    const char *path; /**< NULL: text alone; else the path that belongs to it, as written */
};

/** One file, or family of files, that the action is expected to write. */
struct sj_output {
    enum sj_role role; /**< what it is for */
    unsigned flags;    /**< of enum sj_output_flags */
    const char *path;  /**< absolute, or relative to the working directory */
};

/** A tool invocation, understood. All memory belongs to the request's arena. */
struct sj_action {
    const char *bypass;        /**< NULL: may be cached; else the reason's id, see sj_toolchain */
    const char *bypass_detail; /**< the argument that is to blame, or NULL */
    const char *source;        /**< main input as written; NULL when there is none (links) */
    const char *language;      /**< what the source is taken for, such as "c" or "c++"; or NULL */
    unsigned flags;            /**< of enum sj_action_flags */
    struct sj_item *items;     /**< what goes into the weak key, in order */
    size_t item_count;         /**< length of items */
    struct sj_output *outputs; /**< what it is expected to write; the first one's path names the
                                    action in reports */
    size_t output_count;       /**< length of outputs */
    const char **inputs;       /**< files whose content is an input though nothing may open them */
    size_t input_count;        /**< length of inputs */
    const char *color_arg;     /**< argument that forces coloured diagnostics when put in front of
                                    the others; NULL: do not */
};

/** What the host gives a toolchain. */
struct sj_request {
    int argc;                /**< length of argv */
    const char *const *argv; /**< argv[0] is the compiler as called; no response files are left
                                  in it that could be read, NULL-terminated */
    const char *cwd;         /**< working directory, absolute */
    const char *base_dir;    /**< directory that may differ between checkouts, absolute, without a
                                  trailing slash; NULL: none */
    const char *tool_path;   /**< the compiler's file, absolute */

    /**
     * Memory that lives as long as the request.
     *
     * @param request   this request
     * @param len_bytes bytes
     * @return zeroed, never NULL, aligned for any type
     */
    void *(*alloc)(const struct sj_request *request, size_t len_bytes);

    /**
     * Read an environment variable of the invocation.
     *
     * @param request this request
     * @param name    variable
     * @return its value, or NULL
     */
    const char *(*env)(const struct sj_request *request, const char *name);

    /**
     * Tell what a path is.
     *
     * @param request this request
     * @param path    absolute or relative to cwd
     * @return 'f' regular file, 'd' directory, 'o' anything else, 0 nothing
     */
    char (*file_type)(const struct sj_request *request, const char *path);

    void *host; /**< the host's own */
};

/** A reason not to cache, as a person may read it. */
struct sj_bypass {
    const char *id;   /**< stable, such as "link" or "unknown-option" */
    const char *text; /**< one line in words */
};

/** A toolchain. */
struct sj_toolchain {
    uint32_t abi;     /**< SJ_TOOLCHAIN_ABI */
    const char *name; /**< "gcc", "clang" */

    /**
     * Whether a program of this name is one of the family: gcc, x86_64-linux-gnu-g++-12, cc …
     *
     * @param name the file name without directories
     * @return true when it is
     */
    bool (*claims)(const char *name);

    /**
     * Understand an invocation.
     *
     * @param request what was called, and how to ask for more
     * @param out     takes the action; zeroed before
     * @return 0 or a negative errno; a refusal is not a failure but a bypass
     *
     * Reentrant.
     */
    int (*parse)(const struct sj_request *request, struct sj_action *out);

    const char *const *env;         /**< variables that always go into the weak key; NULL ends */
    const char *const *env_neutral; /**< variables that a tool of the family reads but that never
                                         matter to what it writes (TERM, TMPDIR); NULL ends */
    const char *const *env_output;  /**< variables that make the tool write further files; set:
                                         bypass; NULL ends */
    const struct sj_bypass *bypass; /**< its reasons, sorted by id; id NULL ends */
};
