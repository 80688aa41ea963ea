// SPDX-License-Identifier: Apache-2.0
#include "database.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

void database_make(struct database *at)
{
    struct sj_err err;
    *at = (struct database){.dir = "/tmp/test-db-XXXXXX"};
    cr_assert(mkdtemp(at->dir));
    struct sj_store_options options = {.dir = at->dir};
    cr_assert_eq(sj_store_open(&options, &at->store, &err), 0, "%s", err.text);
    database_reopen(at, SJ_DB_WRITE);
}

void database_remove(struct database *at)
{
    sj_db_close(at->db);
    sj_store_close(at->store);
    (void)sj_tree_remove(at->dir);
}

void database_reopen(struct database *at, enum sj_db_mode mode)
{
    struct sj_err err;
    sj_db_close(at->db);
    at->db = NULL;
    cr_assert_eq(sj_db_open(at->dir, mode, &at->db, &err), 0, "%s", err.text);
}

struct sj_db_ingested database_ingest(struct database *at)
{
    struct sj_err err;
    struct sj_db_ingested done;
    const struct sj_db_intake intake = {.dir = at->dir, .store = at->store};
    cr_assert_eq(sj_db_ingest(at->db, &intake, &done, &err), 0, "%s", err.text);
    return done;
}

void database_append(struct database *at, const struct sj_record *record)
{
    cr_assert_geq(sj_journal_append(at->dir, 0, record), 0);
}

void database_note(struct database *at, enum sj_note_kind kind, const char *build, uint64_t time_ns,
                   const char *const *pairs)
{
    struct sj_note_pair list[32];
    struct sj_note note = {.kind = kind, .build = build, .time_ns = time_ns, .pairs = list};
    for (; pairs && pairs[0]; pairs += 2) {
        list[note.pair_count++] = (struct sj_note_pair){pairs[0], pairs[1]};
    }
    cr_assert_geq(sj_journal_append_note(at->dir, 0, &note), 0);
}

struct sj_key database_key(const char *text)
{
    return sj_key_of(text, strlen(text));
}

struct sj_key database_pathset(struct database *at, const char *const *paths)
{
    struct sj_pathset set = {0};
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    struct sj_err err;
    for (; *paths; paths++) {
        sj_pathset_add(&set,
                       (struct sj_path_entry){.need = (enum sj_need) * *paths, .path = *paths + 1});
    }
    sj_pathset_sort(&set);
    sj_pathset_encode(&set, &bytes);
    struct sj_key key = sj_key_of(bytes.data, bytes.len);
    struct sj_batch *batch = sj_batch_new(at->store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &key, bytes.data, bytes.len);
    cr_assert_eq(sj_batch_commit(batch, &err), 0, "%s", err.text);
    sj_batch_free(batch);
    sj_buf_release(&bytes);
    sj_pathset_release(&set);
    return key;
}
