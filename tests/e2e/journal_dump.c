// SPDX-License-Identifier: Apache-2.0
/*
 * Prints a store's journal for the end-to-end tests, one line for each record, columns separated by
 * tabs: outcome, reason, flags, detail, exit status, toolchain, source, output, args.
 * usage: journal_dump STORE-DIRECTORY
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/journal.h"

static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

static void print_record(const struct sj_record *record)
{
    printf("%s\t%s\t%s%s%s\t%s\t%d\t%s\t%s\t%s\t%s\n", sj_outcome_name(record->outcome),
           or_dash(record->reason), record->flags & SJ_RECORD_STORED ? "stored" : "-",
           record->flags & SJ_RECORD_FAST ? ",fast" : "",
           record->flags & SJ_RECORD_LINK ? ",link" : "", or_dash(record->detail),
           record->exit_status, or_dash(record->toolchain), or_dash(record->source),
           or_dash(record->output), or_dash(record->args));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: journal_dump STORE-DIRECTORY\n", stderr);
        return 2;
    }

    struct sj_err err = {0};
    struct sj_journal *journal = NULL;
    int status = sj_journal_open(argv[1], &journal, &err);
    struct sj_record record;
    while (status == 0 && (status = sj_journal_next(journal, &record)) == 0) {
        print_record(&record);
    }
    sj_journal_close(journal);

    if (status < 0) {
        fprintf(stderr, "journal_dump: %s\n", err.text[0] != '\0' ? err.text : strerror(-status));
        return 1;
    }
    return 0;
}
