// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * An ingestion while it runs: what it remembers from one frame to the next. Private to the room.
 */
#pragma once

#include "record/db_ids.h"
#include "record/db_paths.h"
#include "record/db_rows.h"
#include "record/journal.h"

/** A build that gets records or notes. */
struct sj_open_build {
    struct sj_build_row row;    /**< as it will be written */
    char *space;                /**< namespace; "": none */
    char *root;                 /**< work tree, or "" */
    char *base_dir;             /**< base directory, or "" */
    struct sj_key place;        /**< of project, root and base directory */
    unsigned char *seen;        /**< a bit for each unit among hits and misses */
    size_t seen_size;           /**< bytes of seen */
    bool is_touched;            /**< to be written */
    struct sj_open_build *next; /**< touched, too */
};

/** A unit that gets samples. */
struct sj_open_unit {
    struct sj_unit unit;       /**< as it will be written */
    struct sj_key origin;      /**< of the latest working directory, source and language */
    bool is_touched;           /**< to be written */
    struct sj_open_unit *next; /**< touched, too */
};

/** A path of a path set, as the database writes it. */
struct sj_named_path {
    uint32_t path;  /**< text */
    uint32_t index; /**< in the path set */
    char need;      /**< enum sj_need */
};

/** A path set, seen from one place. */
struct sj_named_set {
    struct sj_named_path *paths; /**< by path, then need */
    size_t count;                /**< length of paths */
    size_t inputs;               /**< entries of the path set */
};

/** An ingestion. */
struct sj_ingest {
    struct sj_db *db;                   /**< being written */
    const struct sj_db_intake *intake;  /**< from where */
    char *home;                         /**< namespace that the store was opened for */
    struct sj_db_ingested sum;          /**< of this batch */
    uint64_t now_ns;                    /**< when it began */
    uint32_t next[SJ_DB_TABLES];        /**< numbers to come */
    struct sj_keymap texts;             /**< numbers by key */
    struct sj_keymap contents;          /**< numbers by content key */
    struct sj_keymap strongs;           /**< states by strong key and place in a repository */
    struct sj_keymap made;              /**< configurations of states, by strong key */
    struct sj_keymap names;             /**< units by place and name as written */
    struct sj_keymap configs;           /**< numbers by all their fields */
    struct sj_keymap sets;              /**< indexes of named plus 1, by place and path set */
    struct sj_open_build **builds;      /**< by number; NULL: not open */
    size_t builds_size;                 /**< length of builds */
    struct sj_open_build *touched;      /**< builds to be written */
    struct sj_open_build *latest;       /**< build of the latest record */
    struct sj_buf latest_id;            /**< its id and label, as they stood in the record */
    struct sj_open_unit **units;        /**< by number; NULL: not open */
    size_t units_size;                  /**< length of units */
    struct sj_open_unit *touched_units; /**< units to be written */
    struct sj_named_set *named;         /**< path sets seen */
    size_t named_count;                 /**< length of named */
    size_t named_bytes;                 /**< of their paths */
    struct sj_sample *samples;          /**< of this batch */
    size_t samples_count;               /**< length of samples */
    size_t samples_size;                /**< allocated of samples */
    size_t states;                      /**< written in this batch */
    struct sj_input *inputs;            /**< of the record at hand */
    size_t inputs_size;                 /**< allocated of inputs */
    struct sj_buf key;                  /**< bytes to be hashed */
    struct sj_buf path;                 /**< path to be named */
};

/** Leave a frame out. @param in ingestion @param why for people @return 0 */
int sj_ingest_refuse(struct sj_ingest *in, const char *why);

/** Number of a text, which gets one if it has none. @param in ingestion @param text text, cut when
 * it is very long; NULL or "": 0 @param number takes it @return 0 or a negative errno */
int sj_ingest_text(struct sj_ingest *in, const char *text, uint32_t *number);

/** Take a record in. @param in ingestion @param record record @return 0 or a negative errno */
int sj_ingest_record(struct sj_ingest *in, const struct sj_record *record);

/** Take a note in. @param in ingestion @param frame its frame @return 0 or a negative errno */
int sj_ingest_note(struct sj_ingest *in, const struct sj_journal_frame *frame);

/**
 * The state of a record's inputs: the one known under its strong key, else the one that the record
 * itself tells.
 *
 * @param in     ingestion
 * @param build  of the record
 * @param record record
 * @param config how it was compiled; 0: not told
 * @param before earlier state of the same unit; 0: none
 * @param state  takes the number; 0: not known
 * @return 0 or a negative errno
 */
int sj_ingest_state(struct sj_ingest *in, const struct sj_open_build *build,
                    const struct sj_record *record, uint32_t config, uint32_t before,
                    uint32_t *state);

/** Number of a content, which gets one if it has none. @param in ingestion @param key its key
 * @param number takes it @return 0 or a negative errno */
int sj_ingest_content(struct sj_ingest *in, const struct sj_key *key, uint32_t *number);

/**
 * The build of a record or note; made when it is new.
 *
 * @param in       ingestion
 * @param id       build id; NULL or "": the day's
 * @param label    labels
 * @param start_ns of the record or note
 * @param out      takes it; the ingestion's until the end of the batch
 * @return 0 or a negative errno
 */
int sj_ingest_build(struct sj_ingest *in, const char *id, const char *label, uint64_t start_ns,
                    struct sj_open_build **out);

/** Have a build written. @param in ingestion @param build build */
void sj_ingest_touch(struct sj_ingest *in, struct sj_open_build *build);

/** Follow a change of a build's place. @param in ingestion @param build build */
void sj_ingest_place(struct sj_ingest *in, struct sj_open_build *build);

/** Count a unit among those of a build. @param in ingestion @param build build @param unit number
 * @return 0 or a negative errno */
int sj_ingest_count_unit(struct sj_ingest *in, struct sj_open_build *build, uint32_t unit);

/** Write the builds that were touched. @param in ingestion @return 0 or a negative errno */
int sj_ingest_write_builds(struct sj_ingest *in);

/** Close all builds. @param in ingestion, nothing touched */
void sj_ingest_close_builds(struct sj_ingest *in);

/** Add two counts, or the most there is. @param a one @param b other @return sum */
static inline uint64_t sj_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
