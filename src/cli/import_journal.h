// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Where imported records and notes go: into the journal, their path sets into the store, each set
 * before the records that name it.
 */
#pragma once

#include "config/config.h"
#include "trace/intake.h"

/** A journal that is imported into. */
struct sj_import_journal;

/**
 * Open it, and find out which builds it has.
 *
 * @param config settings; must outlive the journal
 * @param is_dry nothing will be written
 * @param out    takes it; end with sj_import_journal_close()
 * @param err    what failed
 * @return 0 or a negative errno
 */
int sj_import_journal_open(const struct sj_config *config, bool is_dry,
                           struct sj_import_journal **out, struct sj_err *err);

/** What takes records and notes. @param journal journal @return writer; valid as long as it */
struct sj_trace_writer sj_import_journal_writer(struct sj_import_journal *journal);

/** Whether there is a build. @param journal journal @param id build id @return true when there is
 */
bool sj_import_journal_has(struct sj_import_journal *journal, const char *id);

/** Write what is not written yet. @param journal journal @param err what failed @return 0 or a
 * negative errno */
int sj_import_journal_flush(struct sj_import_journal *journal, struct sj_err *err);

/** Close it; what was not flushed is gone. @param journal journal, or NULL */
void sj_import_journal_close(struct sj_import_journal *journal);
