// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * For implementers of an import: a reader of what another tool says about builds. An import is a
 * shared module `import-NAME.so` that exports `sj_import_plugin`, a table of one or more formats.
 *
 * A format turns bytes into events, in any order, through the sink that the host gives it. All
 * bytes are hostile: a format never crashes, never reads past them, and tells through `problem`
 * what it left out. The host copies what it is given, checks it and cuts what is too long; it
 * converts paths, keeps counts, and writes records and notes. docs/import.md tells more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** Raised when this file changes: another number is refused. */
#define SJ_IMPORT_ABI 1

/** How a unit ended. */
enum sj_import_outcome {
    SJ_IMPORT_UNKNOWN = 0, /**< the log does not say: it ran, so it counts as compiled */
    SJ_IMPORT_HIT,         /**< taken from a cache */
    SJ_IMPORT_MISS,        /**< ran */
    SJ_IMPORT_FAILED,      /**< ran and failed */
    SJ_IMPORT_UNCACHED,    /**< ran, and is never cached */
    SJ_IMPORT_KNOWN,       /**< not built by what was read, which only tells how it would be: a
                                compilation database. Times do not count */
};

/** What is known of a build. Texts NULL, numbers 0: not known. What is told again for the same id
 * adds what was not known yet. */
struct sj_import_build {
    const char *id;      /**< names the build among those of its system: the same whenever the same
                              build is read; NULL: the only one here, which all files that are read
                              together tell of */
    const char *system;  /**< "github", "gitlab", "bazel", … */
    const char *job;     /**< configuration or job name */
    const char *run;     /**< what several jobs have in common */
    const char *commit;  /**< 40 hexadecimal digits */
    const char *branch;  /**< branch or tag */
    const char *pull;    /**< number of the pull request */
    const char *target;  /**< branch that the pull request wants to go to */
    const char *attempt; /**< number of the attempt, when it was tried again */
    const char *machine; /**< runner */
    const char *url;     /**< its page */
    const char *project; /**< host/path of the repository */
    int64_t start_ns;    /**< since the epoch */
    int64_t wall_ns;     /**< how long */
    int64_t queued_ns;   /**< how long it waited before it began */
    int64_t cpu_ns;      /**< CPU of all its processes */
    int32_t exit_status; /**< 0: well; -1: not known */
    uint32_t cpus;       /**< of the machine */
};

/** Something compiled, linked, generated, tested. Told again by the same file, it was run again;
 * told by another file of the same build, what was not known yet is added. */
struct sj_import_unit {
    const char *build;     /**< sj_import_build.id; NULL: the only one */
    const char *name;      /**< its main output, or whatever names it from run to run; never NULL */
    const char *source;    /**< main input; NULL: not known */
    const char *directory; /**< what relative paths are relative to; NULL: not known */
    const char *tool;      /**< what ran: compiler, mnemonic, task */
    const char *args;      /**< command line; NULL: not known */
    const char *reason;    /**< why it was not a hit; NULL: not known */
    const char *command;   /**< the tool's own key of the command alone, any text; NULL: args count.
                                Where it differs, flags have changed */
    const char *key;       /**< the tool's own key of command and inputs, any text; NULL: none. Two
                                units of one name with equal keys would have the same result */
    int64_t start_ns;      /**< since the epoch, or since the build began when is_relative */
    int64_t wall_ns;       /**< how long */
    int64_t user_ns;       /**< CPU; 0: not known */
    int64_t system_ns;     /**< CPU; 0: not known */
    int64_t saved_ns;      /**< on a hit: what it saved; 0: not known */
    int64_t peak_bytes;    /**< memory; 0: not known */
    int64_t output_bytes;  /**< of its outputs; 0: not known */
    int32_t exit_status;   /**< of its command */
    int is_relative;       /**< start_ns counts from the build's start */
    enum sj_import_outcome outcome; /**< how it ended */
};

/** An input of a unit. */
struct sj_import_input {
    const char *build; /**< as the unit's */
    const char *unit;  /**< sj_import_unit.name */
    const char *path;  /**< as logged */
    const char *hash;  /**< content hash, any text, the same for the same content, and behind "git:"
                            git's name of it; NULL: not known. The host looks at the file itself
                            where it still lies as it was */
};

/** A stretch of time in a build or a unit. */
struct sj_import_span {
    const char *build;  /**< as the unit's */
    const char *unit;   /**< sj_import_unit.name; NULL: a phase of the build itself */
    const char *name;   /**< "Source", "OptModule", "checkout", "queue", … */
    const char *detail; /**< which; NULL: nothing more to say */
    int64_t start_ns;   /**< as the unit's; is_relative */
    int64_t wall_ns;    /**< how long */
    int64_t cpu_ns;     /**< CPU; 0: not known */
    uint32_t depth;     /**< 0: outermost */
    int is_relative;    /**< start_ns counts from the build's start, or the unit's */
};

/** Who includes whom. */
struct sj_import_edge {
    const char *build; /**< as the unit's */
    const char *unit;  /**< where it was seen: sj_import_unit.name; NULL: in many */
    const char *from;  /**< path of the file that includes; NULL: the unit's source, whichever it is
                        */
    const char *to;    /**< path of the one that is included */
};

/** Where events go. Each function copies what it needs; 0, or a negative errno that the format
 * returns at once. */
struct sj_import_sink {
    /** A build. @param user the sink's @param build what is known @return 0 or a negative errno */
    int (*build)(void *user, const struct sj_import_build *build);
    /** A unit. @param user the sink's @param unit what is known @return 0 or a negative errno */
    int (*unit)(void *user, const struct sj_import_unit *unit);
    /** An input. @param user the sink's @param input it @return 0 or a negative errno */
    int (*input)(void *user, const struct sj_import_input *input);
    /** A span. @param user the sink's @param span it @return 0 or a negative errno */
    int (*span)(void *user, const struct sj_import_span *span);
    /** Who includes whom. @param user the sink's @param edge it @return 0 or a negative errno */
    int (*edge)(void *user, const struct sj_import_edge *edge);
    /** Something was left out. The host counts those of one sentence and shows the first place, so
     * the sentence holds nothing of the file. @param user the sink's @param where line or byte, or
     * 0 @param what one sentence */
    void (*problem)(void *user, uint64_t where, const char *what);
    void *user; /**< handed to each */
};

/** What is to be read. */
struct sj_import_source {
    const char *path; /**< of the file, absolute, for what its name or folder tells, without the
                           ".gz" of what was compressed; "" for stdin */
    const char *data; /**< its bytes, decompressed; a NUL stands behind them */
    size_t len;       /**< how many */
    int64_t mtime_ns; /**< of the file, since the epoch; 0: not known */
};

/** A format. */
struct sj_import_format {
    const char *name;    /**< as typed: "ninja-log" */
    const char *summary; /**< what it is and what makes it, for the help */

    /**
     * Whether bytes look like this format.
     *
     * @param source the file; only its first 64 KiB may be there
     * @return 0: no; more: how sure, up to 100
     */
    int (*detect)(const struct sj_import_source *source);

    /**
     * Read a file.
     *
     * @param source  the file
     * @param sink    takes the events
     * @param problem takes a sentence for people when it fails
     * @param len     room in problem
     * @return 0, -EBADMSG (not this format, or broken off: what came before counts) or what a
     *         function of the sink returned
     */
    int (*read)(const struct sj_import_source *source, const struct sj_import_sink *sink,
                char *problem, size_t len);
};

/** The plugin: `const struct sj_import_plugin sj_import_plugin`. */
struct sj_import_plugin {
    unsigned abi;                                  /**< SJ_IMPORT_ABI */
    const char *name;                              /**< such as "ninja" */
    const struct sj_import_format *const *formats; /**< NULL ends the list */
};
