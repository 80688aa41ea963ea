// SPDX-License-Identifier: Apache-2.0
#include "record/behind.h"

#include "record/db_position.h"

int sj_db_behind(struct sj_db *db, const char *dir, uint64_t *out, struct sj_err *err)
{
    struct sj_journal *journal;
    int status = sj_journal_open(dir, &journal, err);
    if (status < 0) {
        return status;
    }
    status = sj_position_seek(db, journal);
    if (status == 0) {
        *out = sj_position_left(journal);
    }
    sj_journal_close(journal);
    return status < 0 ? sj_fail(err, status, "cannot read how far the journal was taken in") : 0;
}
