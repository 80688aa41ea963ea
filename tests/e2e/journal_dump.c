// SPDX-License-Identifier: Apache-2.0
/*
 * Prints a store's journal for the end-to-end tests, one line for each record, columns separated by
 * tabs: outcome, reason, flags, detail, exit status, toolchain, source, output, args.
 * With --notes: one line for each note (kind, build, label, then NAME=VALUE or CONTENT=BLOB) and
 * for each record ("record", build, label, source).
 * usage: journal_dump [--notes] STORE-DIRECTORY
 */
#include <stdbool.h>
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

static void print_blob(const struct sj_note_blob *blob)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&blob->blob, hex);
    printf("\t");
    for (size_t i = 0; i < SJ_KEY_SIZE; i++) {
        printf("%02x", blob->content.bytes[i]);
    }
    printf("=%s", sj_oid_is_zero(&blob->blob) ? "-" : hex);
}

static void print_frame(const struct sj_journal_frame *frame)
{
    static const char *const kinds[SJ_NOTE_KIND_COUNT] = {
        [SJ_NOTE_BEGIN] = "begin", [SJ_NOTE_END] = "end",     [SJ_NOTE_PHASE] = "phase",
        [SJ_NOTE_BLOBS] = "blobs", [SJ_NOTE_TRACE] = "trace", [SJ_NOTE_EDGES] = "edges",
    };
    if (frame->kind == SJ_JOURNAL_RECORD) {
        const struct sj_record *record = &frame->record;
        printf("record\t%s\t%s\t%s\n", or_dash(record->build), or_dash(record->label),
               or_dash(record->source));
        return;
    }
    const struct sj_note *note = &frame->note;
    const char *kind = note->kind < SJ_NOTE_KIND_COUNT ? kinds[note->kind] : NULL;
    printf("%s\t%s\t%s", or_dash(kind), or_dash(note->build), or_dash(note->label));
    for (uint32_t i = 0; i < note->pair_count; i++) {
        printf("\t%s=%s", note->pairs[i].name, note->pairs[i].value);
    }
    for (uint32_t i = 0; i < note->blob_count; i++) {
        print_blob(&note->blobs[i]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    bool is_notes = argc == 3 && strcmp(argv[1], "--notes") == 0;
    if (argc != 2 && !is_notes) {
        fputs("usage: journal_dump [--notes] STORE-DIRECTORY\n", stderr);
        return 2;
    }

    struct sj_err err = {0};
    struct sj_journal *journal = NULL;
    struct sj_journal_frame frame;
    int status = sj_journal_open(argv[argc - 1], &journal, &err);
    while (status == 0 && (status = sj_journal_next_frame(journal, &frame)) == 0) {
        if (is_notes) {
            print_frame(&frame);
        } else if (frame.kind == SJ_JOURNAL_RECORD) {
            print_record(&frame.record);
        }
    }
    sj_journal_close(journal);

    if (status < 0) {
        fprintf(stderr, "journal_dump: %s\n", err.text[0] != '\0' ? err.text : strerror(-status));
        return 1;
    }
    return 0;
}
