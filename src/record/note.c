// SPDX-License-Identifier: Apache-2.0
#include "record/note.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/varint.h"
#include "record/framing.h"
#include "record/record.h"

// A note's body, behind the header that framing.h draws. A text is a varint length, its bytes, and
// a NUL.
//
//     varint kind
//     varint time
//     varint mask: bit 0 set: the build's id follows, a text; bit 1: the label
//     varint count of pairs: two texts each
//     varint count of blobs: 16 bytes of the content's key, 20 of the blob's name each
//     varint count of spans, each:
//             varint start less the start of the one before, zigzag
//             varint wall time
//             varint depth
//             text name
//             varint 0: no detail; 1: a text follows
//
// Sections are only ever added behind the last one: a reader passes over what it does not know. A
// kind that it does not know is a note all the same.
#define PAIR_MIN 4 /**< least bytes of a pair */
#define BLOB_MIN ((size_t)SJ_KEY_SIZE + SJ_OID_SIZE)
#define SPAN_MIN 6 /**< least bytes of a span */
#define KIND_MAX 255

static void add_text(struct sj_buf *out, const char *text)
{
    size_t len = strlen(text);
    sj_buf_add_varint(out, len);
    sj_buf_add(out, text, len + 1);
}

static void add_spans(const struct sj_note *note, struct sj_buf *out)
{
    uint64_t before = 0;
    sj_buf_add_varint(out, note->span_count);
    for (uint32_t i = 0; i < note->span_count; i++) {
        const struct sj_note_span *span = &note->spans[i];
        sj_buf_add_varint(out, sj_zigzag((int64_t)(span->start_ns - before)));
        sj_buf_add_varint(out, span->wall_ns);
        sj_buf_add_varint(out, span->depth);
        add_text(out, span->name);
        sj_buf_add_varint(out, span->detail != NULL);
        if (span->detail) {
            add_text(out, span->detail);
        }
        before = span->start_ns;
    }
}

void sj_note_encode(const struct sj_note *note, struct sj_buf *out)
{
    if (note->pair_count > SJ_NOTE_PAIRS_MAX || note->blob_count > SJ_NOTE_BLOBS_MAX ||
        note->span_count > SJ_NOTE_SPANS_MAX) {
        return;
    }
    bool was_full = out->is_full;
    size_t start = sj_framing_begin(out, SJ_FRAMING_NOTE);
    sj_buf_add_varint(out, note->kind);
    sj_buf_add_varint(out, note->time_ns);
    sj_buf_add_varint(out, (note->build ? 1u : 0u) | (note->label ? 2u : 0u));
    if (note->build) {
        add_text(out, note->build);
    }
    if (note->label) {
        add_text(out, note->label);
    }
    sj_buf_add_varint(out, note->pair_count);
    for (uint32_t i = 0; i < note->pair_count; i++) {
        add_text(out, note->pairs[i].name);
        add_text(out, note->pairs[i].value);
    }
    sj_buf_add_varint(out, note->blob_count);
    for (uint32_t i = 0; i < note->blob_count; i++) {
        sj_buf_add(out, note->blobs[i].content.bytes, SJ_KEY_SIZE);
        sj_buf_add(out, note->blobs[i].blob.bytes, SJ_OID_SIZE);
    }
    add_spans(note, out);
    if (!sj_framing_end(out, start)) {
        out->is_full = was_full;
    }
}

static const char *read_text(struct sj_reader *reader)
{
    uint64_t len = sj_reader_varint(reader);
    const char *text = len < SJ_RECORD_MAX ? sj_reader_take(reader, (size_t)len + 1) : NULL;
    if (!text || memchr(text, '\0', (size_t)len + 1) != text + len) {
        reader->is_bad = true;
        return "";
    }
    return text;
}

// A count that the bytes left cannot hold is refused before anything is made room for.
static uint32_t read_count(struct sj_reader *reader, uint32_t max, size_t least)
{
    uint64_t count = sj_reader_varint(reader);
    if (count > max || count > (size_t)(reader->end - reader->at) / least) {
        reader->is_bad = true;
        return 0;
    }
    return (uint32_t)count;
}

// Room for an array; the arena may move, so its place is told by an offset.
static size_t make_room(struct sj_buf *arena, size_t bytes)
{
    static const char padding[alignof(max_align_t)];
    sj_buf_add(arena, padding, -arena->len % alignof(max_align_t));
    size_t offset = arena->len;
    char *at = bytes ? sj_buf_reserve(arena, bytes) : NULL;
    if (at) {
        memset(at, 0, bytes);
        arena->len += bytes;
    }
    return offset;
}

static void read_pairs(struct sj_reader *reader, struct sj_note_pair *pairs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        pairs[i].name = read_text(reader);
        pairs[i].value = read_text(reader);
    }
}

static void read_blobs(struct sj_reader *reader, struct sj_note_blob *blobs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *at = sj_reader_take(reader, BLOB_MIN);
        if (at) {
            memcpy(blobs[i].content.bytes, at, SJ_KEY_SIZE);
            memcpy(blobs[i].blob.bytes, at + SJ_KEY_SIZE, SJ_OID_SIZE);
        }
    }
}

static void read_spans(struct sj_reader *reader, struct sj_note_span *spans, uint32_t count)
{
    uint64_t before = 0;
    for (uint32_t i = 0; i < count && !reader->is_bad; i++) {
        before += (uint64_t)sj_unzigzag(sj_reader_varint(reader));
        spans[i].start_ns = before;
        spans[i].wall_ns = sj_reader_varint(reader);
        uint64_t depth = sj_reader_varint(reader);
        spans[i].depth = (uint32_t)depth;
        spans[i].name = read_text(reader);
        uint64_t has_detail = sj_reader_varint(reader);
        spans[i].detail = has_detail ? read_text(reader) : NULL;
        reader->is_bad = reader->is_bad || depth > UINT32_MAX || has_detail > 1;
    }
}

// What stands before the arrays.
static void read_head(struct sj_reader *reader, struct sj_note *note)
{
    uint64_t kind = sj_reader_varint(reader);
    reader->is_bad = reader->is_bad || kind == 0 || kind > KIND_MAX;
    note->kind = (enum sj_note_kind)kind;
    note->time_ns = sj_reader_varint(reader);
    uint64_t mask = sj_reader_varint(reader);
    reader->is_bad = reader->is_bad || mask > 3;
    note->build = mask & 1 ? read_text(reader) : NULL;
    note->label = mask & 2 ? read_text(reader) : NULL;
}

static bool read_note(struct sj_reader *reader, struct sj_note *note, struct sj_buf *arena)
{
    size_t offset = 0;
    read_head(reader, note);
    note->pair_count = read_count(reader, SJ_NOTE_PAIRS_MAX, PAIR_MIN);
    size_t pairs = make_room(arena, note->pair_count * sizeof *note->pairs);
    if (!arena->is_full) {
        read_pairs(reader, (void *)(arena->data + pairs), note->pair_count);
    }
    note->blob_count = read_count(reader, SJ_NOTE_BLOBS_MAX, BLOB_MIN);
    size_t blobs = make_room(arena, note->blob_count * sizeof *note->blobs);
    if (!arena->is_full) {
        read_blobs(reader, (void *)(arena->data + blobs), note->blob_count);
    }
    note->span_count = read_count(reader, SJ_NOTE_SPANS_MAX, SPAN_MIN);
    offset = make_room(arena, note->span_count * sizeof *note->spans);
    if (!arena->is_full) {
        read_spans(reader, (void *)(arena->data + offset), note->span_count);
    }
    note->pairs = note->pair_count ? (const void *)(arena->data + pairs) : NULL;
    note->blobs = note->blob_count ? (const void *)(arena->data + blobs) : NULL;
    note->spans = note->span_count ? (const void *)(arena->data + offset) : NULL;
    return !reader->is_bad && !arena->is_full;
}

int sj_note_decode(const void *data, size_t len, struct sj_note *out, struct sj_buf *arena,
                   size_t *used)
{
    struct sj_reader body;
    size_t frame = 0;
    sj_buf_clear(arena);
    sj_buf_addc(arena, '\0'); // so that it has an address
    int status = sj_framing_open(data, len, SJ_FRAMING_NOTE, &body, &frame);
    if (status == SJ_FRAMING_PARTIAL) {
        return SJ_RECORD_PARTIAL;
    }
    struct sj_note note = {0};
    if (status == 0 && !read_note(&body, &note, arena)) {
        frame = sj_framing_skip(data, len);
        status = -EBADMSG;
    }
    *used = frame;
    if (status == 0) {
        *out = note;
    }
    return status;
}

const char *sj_note_value(const struct sj_note *note, const char *name)
{
    for (uint32_t i = 0; i < note->pair_count; i++) {
        if (strcmp(note->pairs[i].name, name) == 0) {
            return note->pairs[i].value;
        }
    }
    return NULL;
}
