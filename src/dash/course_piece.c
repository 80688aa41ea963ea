// SPDX-License-Identifier: Apache-2.0
// A piece of a course as bytes. Numbers are little-endian; a real number is the u64 of its bits,
// and is not infinite.
//
//   u32   count of points, then the value of each
//   u32   count of steps, then each: u32 build before, build behind; reals before, after, change,
//         low, high, month; u8 certain; u32 changed, added, removed, commits
//         u8 count of units, then each: u32 unit, reals before, after
//         u8 count of candidates, then each: 20 bytes commit, real share, u32 units
#include "dash/course_piece.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define STEP_MIN (2 * 4 + 6 * 8 + 1 + 4 * 4 + 2)

void sj_course_piece_release(struct sj_course_piece *piece)
{
    if (piece) {
        free(piece->values);
        free(piece->steps);
        *piece = (struct sj_course_piece){0};
    }
}

static void add_step(struct sj_buf *out, const struct sj_course_step *step)
{
    const double reals[] = {step->before, step->after, step->change,
                            step->low,    step->high,  step->month_ns};
    sj_buf_add_u32(out, step->build_before);
    sj_buf_add_u32(out, step->build_after);
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        sj_buf_add_real(out, reals[i]);
    }
    sj_buf_addc(out, (char)step->is_certain);
    sj_buf_add_u32(out, step->changed);
    sj_buf_add_u32(out, step->added);
    sj_buf_add_u32(out, step->removed);
    sj_buf_add_u32(out, step->commits);
    sj_buf_addc(out, (char)step->unit_count);
    for (size_t i = 0; i < step->unit_count; i++) {
        sj_buf_add_u32(out, step->units[i].unit);
        sj_buf_add_real(out, step->units[i].before);
        sj_buf_add_real(out, step->units[i].after);
    }
    sj_buf_addc(out, (char)step->candidate_count);
    for (size_t i = 0; i < step->candidate_count; i++) {
        sj_buf_add(out, step->candidates[i].commit.bytes, SJ_OID_SIZE);
        sj_buf_add_real(out, step->candidates[i].share);
        sj_buf_add_u32(out, step->candidates[i].units);
    }
}

void sj_course_piece_encode(const struct sj_course_piece *piece, struct sj_buf *out)
{
    sj_buf_add_u32(out, (uint32_t)piece->count);
    for (size_t i = 0; i < piece->count; i++) {
        sj_buf_add_real(out, piece->values[i]);
    }
    sj_buf_add_u32(out, (uint32_t)piece->step_count);
    for (size_t i = 0; i < piece->step_count; i++) {
        add_step(out, &piece->steps[i]);
    }
}

static double read_real(struct sj_reader *reader)
{
    double value = sj_reader_real(reader);
    reader->is_bad = reader->is_bad || isinf(value);
    return value;
}

static void read_oid(struct sj_reader *reader, struct sj_oid *out)
{
    const void *bytes = sj_reader_take(reader, SJ_OID_SIZE);
    if (bytes) {
        memcpy(out->bytes, bytes, SJ_OID_SIZE);
    }
}

static uint32_t read_count(struct sj_reader *reader, uint32_t max)
{
    uint32_t count = sj_reader_u8(reader);
    reader->is_bad = reader->is_bad || count > max;
    return reader->is_bad ? 0 : count;
}

static void read_step(struct sj_reader *reader, struct sj_course_step *step)
{
    step->build_before = sj_reader_u32(reader);
    step->build_after = sj_reader_u32(reader);
    step->before = read_real(reader);
    step->after = read_real(reader);
    step->change = read_real(reader);
    step->low = read_real(reader);
    step->high = read_real(reader);
    step->month_ns = read_real(reader);
    step->is_certain = sj_reader_u8(reader) != 0;
    step->changed = sj_reader_u32(reader);
    step->added = sj_reader_u32(reader);
    step->removed = sj_reader_u32(reader);
    step->commits = sj_reader_u32(reader);
    step->unit_count = read_count(reader, SJ_COURSE_UNITS);
    for (size_t i = 0; i < step->unit_count; i++) {
        step->units[i].unit = sj_reader_u32(reader);
        step->units[i].before = read_real(reader);
        step->units[i].after = read_real(reader);
    }
    step->candidate_count = read_count(reader, SJ_COURSE_CANDIDATES);
    for (size_t i = 0; i < step->candidate_count; i++) {
        read_oid(reader, &step->candidates[i].commit);
        step->candidates[i].share = read_real(reader);
        step->candidates[i].units = sj_reader_u32(reader);
    }
}

static void read_piece(struct sj_reader *reader, size_t count, struct sj_course_piece *out)
{
    size_t told = sj_reader_u32(reader);
    if (told != count || count > (size_t)(reader->end - reader->at) / 8) {
        reader->is_bad = true;
        return;
    }
    out->values = sj_calloc(count + 1, sizeof *out->values);
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        out->values[i] = read_real(reader);
    }
    size_t step_count = sj_reader_u32(reader);
    if (step_count > (size_t)(reader->end - reader->at) / STEP_MIN) {
        reader->is_bad = true;
        return;
    }
    out->steps = sj_calloc(step_count + 1, sizeof *out->steps);
    out->step_count = step_count;
    for (size_t i = 0; i < step_count && !reader->is_bad; i++) {
        read_step(reader, &out->steps[i]);
    }
}

int sj_course_piece_decode(const void *data, size_t len, size_t count, struct sj_course_piece *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    struct sj_course_piece piece = {0};
    read_piece(&reader, count, &piece);
    if (reader.is_bad || reader.at != reader.end) {
        sj_course_piece_release(&piece);
        return -EBADMSG;
    }
    *out = piece;
    return 0;
}
