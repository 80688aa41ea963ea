// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "record/db_ingest.h"
#include "record/db_notes.h"

#define NS_MAX (UINT64_C(1) << 62) /**< times beyond are no times */

// Pairs of a build's beginning: texts, names of commits, and flags.
static const struct {
    const char *name;
    enum sj_build_text text;
} text_pairs[] = {
    {"project", SJ_BUILD_PROJECT}, {"branch", SJ_BUILD_BRANCH},     {"target", SJ_BUILD_TARGET},
    {"pull", SJ_BUILD_PULL},       {"run", SJ_BUILD_RUN},           {"job", SJ_BUILD_JOB},
    {"system", SJ_BUILD_SYSTEM},   {"machine", SJ_BUILD_MACHINE},   {"root", SJ_BUILD_ROOT},
    {"url", SJ_BUILD_URL},         {"base_dir", SJ_BUILD_BASE_DIR}, {"attempt", SJ_BUILD_ATTEMPT},
};
#define TEXT_PAIRS (sizeof text_pairs / sizeof text_pairs[0])

static const struct {
    const char *name;
    size_t offset;
} oid_pairs[] = {
    {"commit", offsetof(struct sj_build, commit)},
    {"head", offsetof(struct sj_build, head)},
    {"base", offsetof(struct sj_build, base)},
};
#define OID_PAIRS (sizeof oid_pairs / sizeof oid_pairs[0])

static const struct {
    const char *name;
    uint32_t flag;
} flag_pairs[] = {
    {"dirty", SJ_BUILD_DIRTY},
    {"synthetic", SJ_BUILD_SYNTHETIC},
    {"imported", SJ_BUILD_IMPORTED},
    {"backfill", SJ_BUILD_BACKFILL},
};
#define FLAG_PAIRS (sizeof flag_pairs / sizeof flag_pairs[0])

static uint64_t number_of(const struct sj_note *note, const char *name, uint64_t max)
{
    const char *value = sj_note_value(note, name);
    uint64_t number = 0;
    return value && sj_parse_u64(value, max, &number) == 0 ? number : 0;
}

static int32_t status_of(const struct sj_note *note)
{
    const char *value = sj_note_value(note, "exit_status");
    bool is_negative = value && *value == '-';
    uint64_t number = 0;
    if (!value || sj_parse_u64(value + is_negative, INT32_MAX, &number) < 0) {
        return 0;
    }
    return is_negative ? -(int32_t)number : (int32_t)number;
}

// What the note says, beside what the build is known to be.
static int read_begin(struct sj_ingest *in, const struct sj_note *note, struct sj_build_row *row)
{
    for (size_t i = 0; i < TEXT_PAIRS; i++) {
        uint32_t *text = &row->texts[text_pairs[i].text];
        int status = sj_ingest_text(in, sj_note_value(note, text_pairs[i].name), text);
        if (status < 0) {
            return status;
        }
    }
    for (size_t i = 0; i < OID_PAIRS; i++) {
        const char *value = sj_note_value(note, oid_pairs[i].name);
        struct sj_oid *oid = (void *)((char *)&row->build + oid_pairs[i].offset);
        *oid = (struct sj_oid){0};
        if (value && sj_oid_parse(value, oid) < 0) {
            *oid = (struct sj_oid){0};
        }
    }
    for (size_t i = 0; i < FLAG_PAIRS; i++) {
        const char *value = sj_note_value(note, flag_pairs[i].name);
        bool is_set = false;
        if (value && sj_parse_bool(value, &is_set) == 0 && is_set) {
            row->build.flags |= flag_pairs[i].flag;
        }
    }
    if (!sj_oid_is_zero(&row->build.base)) {
        row->build.flags |= SJ_BUILD_SYNTHETIC;
    }
    row->build.cpus = (uint32_t)number_of(note, "cpus", UINT32_MAX);
    return 0;
}

static bool contradicts(const struct sj_build_row *a, const struct sj_build_row *b)
{
    for (size_t i = 0; i < TEXT_PAIRS; i++) {
        enum sj_build_text text = text_pairs[i].text;
        if (a->texts[text] != b->texts[text]) {
            return true;
        }
    }
    return !sj_oid_eq(&a->build.commit, &b->build.commit);
}

static int take_begin(struct sj_ingest *in, const struct sj_note *note, struct sj_open_build *build)
{
    struct sj_build_row told = build->row;
    int status = read_begin(in, note, &told);
    if (status < 0) {
        return status;
    }
    if (build->row.build.flags & SJ_BUILD_NOTED) {
        if (contradicts(&build->row, &told)) {
            build->row.build.flags |= SJ_BUILD_CLASH;
        }
        return 0;
    }
    // Records that came before it may have begun before it.
    if (build->row.end_ns > 0 && build->row.build.start_ns < note->time_ns) {
        told.build.flags |= SJ_BUILD_SKEWED;
    }
    build->row = told;
    build->row.build.flags |= SJ_BUILD_NOTED;
    build->row.build.start_ns = note->time_ns;
    uint64_t end_ns = build->row.end_ns;
    build->row.build.wall_ns = end_ns > note->time_ns ? end_ns - note->time_ns : 0;
    sj_ingest_place(in, build);
    return 0;
}

// Steps of one CI job have the job's id: what follows on what has ended is one more of them.
static bool is_further(const struct sj_note *note, const struct sj_build *told,
                       const struct sj_open_build *build)
{
    return note->time_ns >= build->row.end_ns && note->time_ns - build->row.end_ns >= told->wall_ns;
}

static void add_end(const struct sj_note *note, const struct sj_build *told,
                    struct sj_open_build *build)
{
    struct sj_build *row = &build->row.build;
    row->wall_ns = sj_sum(row->wall_ns, told->wall_ns);
    row->user_ns = sj_sum(row->user_ns, told->user_ns);
    row->system_ns = sj_sum(row->system_ns, told->system_ns);
    row->exit_status = row->exit_status ? row->exit_status : told->exit_status;
    build->row.end_ns = note->time_ns;
}

static int take_end(const struct sj_note *note, struct sj_open_build *build)
{
    struct sj_build *row = &build->row.build;
    struct sj_build told = *row;
    told.exit_status = status_of(note);
    told.wall_ns = number_of(note, "wall_ns", NS_MAX);
    told.user_ns = number_of(note, "user_ns", NS_MAX);
    told.system_ns = number_of(note, "system_ns", NS_MAX);
    if (row->flags & SJ_BUILD_ENDED) {
        if (told.wall_ns > 0 && is_further(note, &told, build)) {
            add_end(note, &told, build);
        } else if (told.exit_status != row->exit_status || told.wall_ns != row->wall_ns) {
            row->flags |= SJ_BUILD_CLASH;
        }
        return 0;
    }
    if (told.wall_ns == 0 && note->time_ns > row->start_ns) {
        told.wall_ns = note->time_ns - row->start_ns;
    }
    if (note->time_ns < row->start_ns) {
        told.flags |= SJ_BUILD_SKEWED;
    }
    told.flags |= SJ_BUILD_ENDED;
    *row = told;
    build->row.end_ns = note->time_ns;
    return 0;
}

static int compare_phases(const void *left, const void *right)
{
    const struct sj_phase_row *a = left;
    const struct sj_phase_row *b = right;
    if (a->sum.start_ns != b->sum.start_ns) {
        return a->sum.start_ns < b->sum.start_ns ? -1 : 1;
    }
    return a->name < b->name ? -1 : a->name > b->name;
}

static int take_phase(struct sj_ingest *in, const struct sj_note *note, struct sj_open_build *build)
{
    struct sj_build_row *row = &build->row;
    struct sj_phase_row phase = {
        .sum =
            {
                .start_ns = note->time_ns,
                .wall_ns = number_of(note, "wall_ns", NS_MAX),
                .cpu_ns = number_of(note, "cpu_ns", NS_MAX),
                .exit_status = status_of(note),
            },
    };
    if (phase.sum.cpu_ns == 0) {
        phase.sum.cpu_ns =
            number_of(note, "user_ns", NS_MAX) + number_of(note, "system_ns", NS_MAX);
    }
    int status = sj_ingest_text(in, sj_note_value(note, "name"), &phase.name);
    if (status < 0) {
        return status;
    }
    if (row->phase_count >= SJ_PHASES_MAX) {
        return sj_ingest_refuse(in, "a build with more than 1,024 phases");
    }
    for (size_t i = 0; i < row->phase_count; i++) {
        if (compare_phases(&row->phases[i], &phase) == 0) {
            return 0; // came twice
        }
    }
    row->phases = sj_realloc(row->phases, row->phase_count + 1, sizeof *row->phases);
    row->phases[row->phase_count++] = phase;
    qsort(row->phases, row->phase_count, sizeof *row->phases, compare_phases);
    return 0;
}

// Whether the first word on a content is replaced by another.
static bool is_better(const struct sj_content *known, const struct sj_oid *blob)
{
    bool is_named = !sj_oid_is_zero(&known->blob);
    return !is_named && (!known->is_untracked || !sj_oid_is_zero(blob));
}

static int take_blobs(struct sj_ingest *in, const struct sj_note *note)
{
    for (uint32_t i = 0; i < note->blob_count; i++) {
        const struct sj_note_blob *told = &note->blobs[i];
        uint32_t number = 0;
        struct sj_content content;
        int status = sj_ingest_content(in, &told->content, &number);
        status = status < 0 ? status : sj_db_content(in->db, number, &content);
        if (status < 0) {
            return status;
        }
        if (!is_better(&content, &told->blob)) {
            if (!sj_oid_is_zero(&told->blob) && !sj_oid_eq(&told->blob, &content.blob)) {
                (void)sj_ingest_refuse(in, "a content that is two blobs: the first one counts");
            }
            continue;
        }
        unsigned char row[SJ_KEY_SIZE + SJ_OID_SIZE];
        content.blob = told->blob;
        content.is_untracked = sj_oid_is_zero(&told->blob);
        size_t len = sj_content_encode(&content, row);
        status = sj_db_row_put(in->db, SJ_DB_CONTENT, number, row, len);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int take(struct sj_ingest *in, const struct sj_journal_frame *frame,
                struct sj_open_build *build)
{
    const struct sj_note *note = &frame->note;
    switch (note->kind) {
    case SJ_NOTE_BEGIN:
        return take_begin(in, note, build);
    case SJ_NOTE_END:
        return take_end(note, build);
    case SJ_NOTE_PHASE:
        return take_phase(in, note, build);
    case SJ_NOTE_BLOBS:
        return take_blobs(in, note);
    case SJ_NOTE_TRACE:
    case SJ_NOTE_EDGES:
        return sj_db_note_put(in->db, build->row.build.number, note->kind, frame->data, frame->len);
    case SJ_NOTE_KIND_COUNT:
    default:
        return sj_ingest_refuse(in, "a note of a kind that this version does not know");
    }
}

int sj_ingest_note(struct sj_ingest *in, const struct sj_journal_frame *frame)
{
    const struct sj_note *note = &frame->note;
    in->sum.notes++;
    if (note->time_ns > NS_MAX) {
        return sj_ingest_refuse(in, "a note of no possible time");
    }
    if (!note->build || !*note->build) {
        // Whose inputs got a name is not known: nothing that was worked out holds for sure.
        int status = note->kind == SJ_NOTE_BLOBS ? take_blobs(in, note)
                                                 : sj_ingest_refuse(in, "a note of no build");
        return status < 0 || note->kind != SJ_NOTE_BLOBS ? status : sj_db_memo_forget(in->db, 0);
    }
    struct sj_open_build *build = NULL;
    int status = sj_ingest_build(in, note->build, note->label, note->time_ns, &build);
    if (status < 0) {
        return status;
    }
    sj_ingest_touch(in, build);
    return take(in, frame, build);
}
