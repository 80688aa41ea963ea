// SPDX-License-Identifier: Apache-2.0
#include "cli/import_journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/storage.h"
#include "key/keymap.h"
#include "record/db.h"
#include "record/journal.h"
#include "record/ledger.h"

#define FLUSH_BYTES ((size_t)1 << 20)

struct sj_import_journal {
    const struct sj_config *config;
    bool is_dry;
    struct sj_keymap known; // ids of builds, and marks of what was added to them
    struct sj_db *db;       // knows builds that have left the journal; NULL: there is none
    struct sj_store *store; // opened when the first path set comes
    struct sj_batch *batch; // path sets to be written
    struct sj_buf frames;   // records and notes to be written
    struct sj_err err;      // what failed in a writer's function
};

static void add_known(struct sj_import_journal *journal, const char *text)
{
    bool is_new;
    const struct sj_key key = sj_key_of(text, strlen(text));
    *sj_keymap_put(&journal->known, &key, &is_new) = 1;
}

static void add_note(struct sj_import_journal *journal, const struct sj_note *note)
{
    const char *import = sj_note_value(note, "import");
    const char *origin = note->kind == SJ_NOTE_BEGIN ? sj_note_value(note, "origin") : NULL;
    if (origin) {
        add_known(journal, origin);
    }
    if (note->build && *note->build) {
        add_known(journal, note->build);
        if (note->kind == SJ_NOTE_TRACE && import) {
            SJ_AUTO(sj_auto_free) char *mark = sj_asprintf("%s %s", note->build, import);
            add_known(journal, mark);
        }
    }
}

static int read_known(struct sj_import_journal *journal, struct sj_err *err)
{
    struct sj_journal *reader;
    int status = sj_journal_open(journal->config->cache_dir, &reader, err);
    if (status < 0) {
        return status;
    }
    struct sj_journal_frame frame;
    while ((status = sj_journal_next_frame(reader, &frame)) == 0) {
        if (frame.kind == SJ_JOURNAL_NOTE) {
            add_note(journal, &frame.note);
        } else if (frame.record.build && *frame.record.build) {
            add_known(journal, frame.record.build);
        }
    }
    sj_journal_close(reader);
    return status < 0 ? sj_fail(err, status, "cannot read the journal") : 0;
}

int sj_import_journal_open(const struct sj_config *config, bool is_dry,
                           struct sj_import_journal **out, struct sj_err *err)
{
    struct sj_import_journal *journal = sj_new(struct sj_import_journal);
    journal->config = config;
    journal->is_dry = is_dry;
    journal->frames = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = read_known(journal, err);
    if (status < 0) {
        sj_import_journal_close(journal);
        return status;
    }
    // Without it only what the journal still has is known.
    if (sj_db_open(config->cache_dir, SJ_DB_READ, &journal->db, NULL) != 0) {
        journal->db = NULL;
    }
    *out = journal;
    return 0;
}

void sj_import_journal_close(struct sj_import_journal *journal)
{
    if (journal) {
        sj_batch_free(journal->batch);
        sj_store_close(journal->store);
        sj_db_close(journal->db);
        sj_keymap_release(&journal->known);
        sj_buf_release(&journal->frames);
        free(journal);
    }
}

static bool db_has(struct sj_import_journal *journal, const char *id)
{
    const struct sj_db_filter filter = {.id = id};
    struct sj_build *builds = NULL;
    size_t count = 0;
    if (!journal->db || sj_db_builds(journal->db, &filter, &builds, &count) < 0) {
        return false;
    }
    free(builds);
    return count > 0;
}

bool sj_import_journal_has(struct sj_import_journal *journal, const char *id)
{
    const struct sj_key key = sj_key_of(id, strlen(id));
    return sj_keymap_find(&journal->known, &key) || db_has(journal, id);
}

static bool is_known(void *user, const char *id)
{
    struct sj_import_journal *journal = user;
    bool is_there = sj_import_journal_has(journal, id);
    add_known(journal, id); // two files may tell of one build, each by itself
    return is_there;
}

static int commit_sets(struct sj_import_journal *journal, struct sj_err *err)
{
    int status = journal->batch ? sj_batch_commit(journal->batch, err) : 0;
    sj_batch_free(journal->batch);
    journal->batch = NULL;
    return status;
}

int sj_import_journal_flush(struct sj_import_journal *journal, struct sj_err *err)
{
    if (journal->is_dry) {
        sj_buf_clear(&journal->frames);
        return 0;
    }
    if (journal->err.status < 0) {
        return sj_fail_plain(err, journal->err.status, "%s", journal->err.text);
    }
    int status = commit_sets(journal, err);
    if (status < 0) {
        return status;
    }
    const struct sj_config *config = journal->config;
    status = sj_journal_append_frames(config->cache_dir, config->journal_size, &journal->frames);
    sj_buf_clear(&journal->frames);
    if (status == SJ_JOURNAL_ROTATED) {
        (void)sj_ledger_fold(config->cache_dir, SJ_LEDGER_KEEP, NULL, NULL);
        status = 0;
    }
    return status < 0 ? sj_fail(err, status, "cannot write the journal in '%s'", config->cache_dir)
                      : 0;
}

static int flush_if_due(struct sj_import_journal *journal)
{
    return journal->frames.len < FLUSH_BYTES ? 0 : sj_import_journal_flush(journal, &journal->err);
}

static int take_record(void *user, const struct sj_record *record)
{
    struct sj_import_journal *journal = user;
    sj_record_encode(record, &journal->frames);
    return flush_if_due(journal);
}

static int take_note(void *user, const struct sj_note *note)
{
    struct sj_import_journal *journal = user;
    sj_note_encode(note, &journal->frames);
    return flush_if_due(journal);
}

static int open_store(struct sj_import_journal *journal)
{
    const struct sj_config *config = journal->config;
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .compression_level = (int)config->compression,
    };
    return sj_store_open(&options, &journal->store, &journal->err);
}

static int take_pathset(void *user, const struct sj_key *key, const void *data, size_t len)
{
    struct sj_import_journal *journal = user;
    if (journal->is_dry) {
        return 0;
    }
    int status = journal->store ? 0 : open_store(journal);
    if (status < 0) {
        return status;
    }
    if (!journal->batch) {
        journal->batch = sj_batch_new(journal->store);
    }
    sj_batch_blob(journal->batch, SJ_BLOB_PATHSET, key, data, len);
    return 0;
}

struct sj_trace_writer sj_import_journal_writer(struct sj_import_journal *journal)
{
    return (struct sj_trace_writer){
        .record = take_record,
        .note = take_note,
        .pathset = take_pathset,
        .is_known = is_known,
        .user = journal,
    };
}
