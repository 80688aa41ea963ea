// SPDX-License-Identifier: Apache-2.0
#include "record/db.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_db_open(const char *dir, enum sj_db_mode mode, struct sj_db **out, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_db_close(struct sj_db *db)
{
}

int sj_db_refresh(struct sj_db *db)
{
    return -ENOSYS;
}

int sj_db_ingest(struct sj_db *db, const struct sj_db_intake *intake, struct sj_db_ingested *out,
                 struct sj_err *err)
{
    return -ENOSYS;
}

int sj_db_ingested_ever(struct sj_db *db, struct sj_db_ingested *out)
{
    return -ENOSYS;
}

int sj_db_expire(struct sj_db *db, uint64_t before_ns, uint64_t *removed)
{
    return -ENOSYS;
}

int sj_db_builds(struct sj_db *db, const struct sj_db_filter *filter, struct sj_build **out,
                 size_t *count)
{
    return -ENOSYS;
}

int sj_db_samples(struct sj_db *db, uint32_t build, unsigned outcomes, struct sj_sample **array,
                  size_t *count, size_t *size)
{
    return -ENOSYS;
}

int sj_db_unit(struct sj_db *db, uint32_t number, struct sj_unit *out)
{
    return -ENOSYS;
}

int sj_db_units(struct sj_db *db, const char *project, struct sj_unit **out, size_t *count)
{
    return -ENOSYS;
}

int sj_db_config(struct sj_db *db, uint32_t number, struct sj_db_config *out)
{
    return -ENOSYS;
}

int sj_db_inputs(struct sj_db *db, uint32_t state, const struct sj_input **out, size_t *count)
{
    return -ENOSYS;
}

int sj_db_content(struct sj_db *db, uint32_t number, struct sj_content *out)
{
    return -ENOSYS;
}

const char *sj_db_text(struct sj_db *db, uint32_t number)
{
    return "";
}

uint32_t sj_db_text_find(struct sj_db *db, const char *text)
{
    return 0;
}

int sj_db_unnamed(struct sj_db *db, uint32_t build,
                  int (*visit)(const char *path, const struct sj_key *content, void *user),
                  void *user)
{
    return -ENOSYS;
}

int sj_db_notes(struct sj_db *db, uint32_t build, enum sj_note_kind kind,
                int (*visit)(const struct sj_note *note, void *user), void *user)
{
    return -ENOSYS;
}

int sj_db_memo_get(struct sj_db *db, uint32_t build, const char *name, struct sj_buf *out)
{
    return -ENOSYS;
}

int sj_db_memo_put(struct sj_db *db, uint32_t build, const char *name, const void *data, size_t len)
{
    return -ENOSYS;
}
