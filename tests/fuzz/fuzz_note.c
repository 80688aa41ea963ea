// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "record/note.h"
#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

// Every array and text of a note can be read.
static size_t weigh(const struct sj_note *note)
{
    size_t sum = length(note->build) + length(note->label);
    for (uint32_t i = 0; i < note->pair_count; i++) {
        sum += length(note->pairs[i].name) + length(note->pairs[i].value);
    }
    for (uint32_t i = 0; i < note->blob_count; i++) {
        sum += note->blobs[i].content.bytes[0] + note->blobs[i].blob.bytes[SJ_OID_SIZE - 1];
    }
    for (uint32_t i = 0; i < note->span_count; i++) {
        sum += length(note->spans[i].name) + length(note->spans[i].detail) + note->spans[i].depth;
    }
    return sum;
}

static void check(const void *data, size_t size)
{
    struct sj_buf arena = SJ_BUF_INIT((size_t)16 << 20);
    struct sj_buf other = SJ_BUF_INIT((size_t)16 << 20);
    struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    struct sj_note note;
    struct sj_note again;
    size_t used = 0;
    int status = sj_note_decode(data, size, &note, &arena, &used);
    if (status != SJ_RECORD_PARTIAL && (used == 0 || used > size)) {
        abort();
    }
    // What was read can be written and read again, and is then the same. Numbers that were longer
    // than they had to be may make a frame that is just too long to begin with shorter, never
    // longer.
    if (status == 0) {
        sj_note_encode(&note, &frame);
        if (sj_note_decode(frame.data, frame.len, &again, &other, &used) != 0 ||
            used != frame.len || again.time_ns != note.time_ns || weigh(&again) != weigh(&note)) {
            abort();
        }
    }
    sj_buf_release(&arena);
    sj_buf_release(&other);
    sj_buf_release(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size);

    // The checksum would keep nearly every input out of the decoder: give the input one that fits.
    if (size > SJ_RECORD_MAX - 16) {
        return 0;
    }
    unsigned char *frame = malloc(size + 16);
    if (!frame) {
        return 0;
    }
    memcpy(frame, "SJN1", 4);
    sj_put_u32(frame + 4, (uint32_t)size);
    struct sj_key key = sj_key_of(data, size);
    memcpy(frame + 8, key.bytes, 8);
    if (size > 0) {
        memcpy(frame + 16, data, size);
    }
    check(frame, size + 16);
    free(frame);
    return 0;
}
