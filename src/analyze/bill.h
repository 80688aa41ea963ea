// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The bill of one or many builds: every nanosecond that their tools ran, charged to commits, files
 * and other causes. Charges of a bill add up to the CPU of its compiles exactly.
 */
#pragma once

#include "analyze/cause.h"
#include "analyze/drill.h"

/** A line of a bill: a commit, or another cause. */
struct sj_bill_row {
    enum sj_blame_kind kind; /**< of what kind */
    unsigned ways;           /**< bits by enum sj_blame_via: how it came */
    bool is_inferred;        /**< nothing of it is on record, all follows from what was touched */
    struct sj_oid commit;    /**< for SJ_BLAME_COMMIT */
    struct sj_oid merge; /**< the commit is a part of this merge, whose line has the charge, too;
                              zero: a line of its own */
    const char *why;     /**< more words; "": none */
    uint64_t charge_ns;  /**< its share */
    uint64_t whole_ns;   /**< CPU of all compiles that it alone would have made necessary: what it
                              costs when built by itself */
    uint64_t alone_ns;   /**< CPU of compiles that nothing else made necessary */
    uint64_t compiles;   /**< that it had a part in */
};

/** A file of a line. */
struct sj_bill_file {
    uint32_t row;       /**< line */
    const char *path;   /**< file, directory or variable; "": none is known */
    uint64_t charge_ns; /**< its share */
    uint64_t whole_ns;  /**< CPU of all compiles that it had a part in */
    uint64_t alone_ns;  /**< CPU of compiles that nothing else made necessary */
    uint64_t compiles;  /**< that it had a part in */
};

/** A generated file that changed without a commit that explains it, in builds of one job. */
struct sj_bill_generated {
    const char *path;   /**< file */
    const char *job;    /**< job */
    uint64_t builds;    /**< in which it did */
    uint64_t latest;    /**< sj_bill.builds when it last did */
    uint64_t charge_ns; /**< its share */
    uint64_t alone_ns;  /**< CPU of compiles that nothing else made necessary */
    uint64_t compiles;  /**< that it had a part in */
};

/** Builds of one job. */
struct sj_bill_job {
    const char *name; /**< job */
    uint64_t builds;  /**< that had something to be compared with */
};

/** A bill. Zeroed but for the pool: empty. */
struct sj_bill {
    struct sj_pool *pool;                    /**< has its texts */
    struct sj_bill_row *rows;                /**< lines, in the order in which they came */
    struct sj_bill_file *files;              /**< files of lines */
    size_t row_count;                        /**< length of rows */
    size_t file_count;                       /**< length of files */
    size_t row_size;                         /**< allocated */
    size_t file_size;                        /**< allocated */
    struct sj_keymap row_map;                /**< lines by what they are */
    struct sj_keymap file_map;               /**< files by line and path */
    uint64_t cpu_ns[SJ_BLAME_GROUP_COUNT];   /**< by enum sj_blame_group: what was charged */
    uint64_t compiles[SJ_BLAME_GROUP_COUNT]; /**< by enum sj_blame_group: how many */
    uint64_t builds;                         /**< that were added up */
    struct sj_bill_generated *generated;     /**< by path and job */
    size_t generated_count;                  /**< length of generated */
    struct sj_keymap generated_map;          /**< of them */
    struct sj_bill_job *jobs;                /**< jobs */
    size_t job_count;                        /**< length of jobs */
};

/** Free what a bill holds, but for its pool. @param bill bill, or NULL */
void sj_bill_release(struct sj_bill *bill);

/**
 * Charge one compile.
 *
 * @param bill    bill
 * @param finding its causes; without any nothing is charged
 * @param drill   looks into merges; NULL: they stay whole
 * @param err     what failed
 * @return 0 or a negative errno
 */
int sj_bill_add(struct sj_bill *bill, const struct sj_finding *finding, struct sj_drill *drill,
                struct sj_err *err);

/** Charge CPU to a cause that has no file. @param bill bill @param kind cause @param cpu_ns CPU
 * @param compiles how many compiles it was */
void sj_bill_add_sum(struct sj_bill *bill, enum sj_blame_kind kind, uint64_t cpu_ns,
                     uint64_t compiles);

/**
 * Add a build's bill to that of many.
 *
 * @param bill          takes it
 * @param build         of one build
 * @param job           the build's job
 * @param is_comparable it had something to be compared with
 */
void sj_bill_merge(struct sj_bill *bill, const struct sj_bill *build, const char *job,
                   bool is_comparable);

/** Encode a build's bill; the format is drawn in bill_code.c. @param bill bill @param out bytes are
 * appended */
void sj_bill_encode(const struct sj_bill *bill, struct sj_buf *out);

/**
 * Decode a build's bill.
 *
 * @param data bytes, untrusted
 * @param len  how many
 * @param out  empty bill; takes it; release it in any case
 * @return 0 or -EBADMSG
 */
int sj_bill_decode(const void *data, size_t len, struct sj_bill *out);

/** Whether a generated file changes in nearly every build that can tell: at least three, and two of
 * three. @param bill bill @param generated of it @return true when it does */
bool sj_bill_is_volatile(const struct sj_bill *bill, const struct sj_bill_generated *generated);

/**
 * Prints of bills: of all that each build's bill follows from, its records and those of builds that
 * it is compared with. Where a print is the same, so is the bill.
 *
 * @param view     of the whole project
 * @param is_drill merges are split, too
 * @param out      takes a print for each build of the view
 */
void sj_bill_prints(const struct sj_view *view, bool is_drill, struct sj_key *out);

/** Which builds to charge. */
struct sj_bill_order {
    const struct sj_view *view; /**< of the whole project, without samples */
    const bool *is_wanted;      /**< for each build of it */
    bool is_drill;              /**< split merges, too */
    bool is_read_only;          /**< keep nothing in the database */
    void (*progress)(uint64_t done, uint64_t total, void *user); /**< called now and then; NULL:
                                                                      nobody waits */
    /** Asked now and then; true: the rest is not wanted any more. @param user `user` NULL: it is */
    bool (*is_over)(void *user);
    /** Called with each build's own bill, in no order; NULL: nobody asks. @param build its index
     * in the view @param bill its bill, valid during the call @param user `user` */
    void (*each)(size_t build, const struct sj_bill *bill, void *user);
    /** Looks a build's bill up where somebody else keeps them, in place of the database; NULL:
     * nobody does. @param key of it
     * @param out bytes are appended @param user `user` @return whether it was there */
    bool (*get)(const struct sj_key *key, struct sj_buf *out, void *user);
    /** Keeps a build's bill; NULL: nobody does. @param key of it @param data bytes @param len how
     * many @param user `user` */
    void (*put)(const struct sj_key *key, const void *data, size_t len, void *user);
    void *user; /**< handed to all of them */
};

/**
 * Charge builds. What was worked out is kept in the database: the next time only new builds cost
 * something.
 *
 * @param order which ones
 * @param out   empty bill with a pool; takes the sum; release it in any case
 * @param err   what failed
 * @return 0 or a negative errno: -ECANCELED when is_over says so
 */
int sj_bill_make(const struct sj_bill_order *order, struct sj_bill *out, struct sj_err *err);
