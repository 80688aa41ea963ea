// SPDX-License-Identifier: Apache-2.0
#include "record/db_rows.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/varint.h"

// Rows are lists of varints; what stands behind the last one that is known is passed over.
//
// A unit: project, name, source, language, first, last less first, count by outcome, CPU, saved,
// latest CPU, latest state.
//
// A build: flags, count of texts and their numbers, mask of object names and 20 bytes for each (bit
// 0 commit, 1 head, 2 base), CPUs, exit status (zigzag), start, wall, user, system, count by
// outcome, CPU by outcome, saved, own, units, end; count of phases and, for each: name, start,
// wall, CPU, exit status (zigzag).
#define PHASE_MIN 5 /**< least bytes of a phase */

static uint32_t read_u32(struct sj_reader *reader)
{
    uint64_t value = sj_reader_varint(reader);
    reader->is_bad = reader->is_bad || value > UINT32_MAX;
    return (uint32_t)value;
}

static int32_t read_i32(struct sj_reader *reader)
{
    int64_t value = sj_unzigzag(sj_reader_varint(reader));
    reader->is_bad = reader->is_bad || value < INT32_MIN || value > INT32_MAX;
    return (int32_t)value;
}

static void add_all(struct sj_buf *out, const uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sj_buf_add_varint(out, values[i]);
    }
}

static void read_all(struct sj_reader *reader, uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = sj_reader_varint(reader);
    }
}

void sj_unit_encode(const struct sj_unit *unit, struct sj_buf *out)
{
    const uint64_t head[] = {unit->project,  unit->name,     unit->source,
                             unit->language, unit->first_ns, unit->last_ns - unit->first_ns};
    const uint64_t tail[] = {unit->cpu_ns, unit->saved_ns, unit->last_cpu_ns, unit->last_state};
    add_all(out, head, sizeof head / sizeof head[0]);
    add_all(out, unit->count, SJ_OUTCOME_COUNT);
    add_all(out, tail, sizeof tail / sizeof tail[0]);
}

int sj_unit_decode(struct sj_str row, uint32_t number, struct sj_unit *out)
{
    struct sj_reader reader = sj_reader_of(row.data, row.len);
    struct sj_unit unit = {.number = number};
    unit.project = read_u32(&reader);
    unit.name = read_u32(&reader);
    unit.source = read_u32(&reader);
    unit.language = read_u32(&reader);
    unit.first_ns = sj_reader_varint(&reader);
    unit.last_ns = unit.first_ns + sj_reader_varint(&reader);
    read_all(&reader, unit.count, SJ_OUTCOME_COUNT);
    unit.cpu_ns = sj_reader_varint(&reader);
    unit.saved_ns = sj_reader_varint(&reader);
    unit.last_cpu_ns = sj_reader_varint(&reader);
    unit.last_state = read_u32(&reader);
    if (reader.is_bad) {
        return -EBADMSG;
    }
    *out = unit;
    return 0;
}

void sj_build_row_release(struct sj_build_row *row)
{
    free(row->phases);
    *row = (struct sj_build_row){0};
}

static const size_t oids[] = {
    offsetof(struct sj_build, commit),
    offsetof(struct sj_build, head),
    offsetof(struct sj_build, base),
};
#define OIDS (sizeof oids / sizeof oids[0])

static void add_oids(const struct sj_build *build, struct sj_buf *out)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < OIDS; i++) {
        const struct sj_oid *oid = (const void *)((const char *)build + oids[i]);
        mask |= (uint64_t)!sj_oid_is_zero(oid) << i;
    }
    sj_buf_add_varint(out, mask);
    for (size_t i = 0; i < OIDS; i++) {
        if (mask >> i & 1) {
            sj_buf_add(out, (const char *)build + oids[i], SJ_OID_SIZE);
        }
    }
}

static void read_oids(struct sj_reader *reader, struct sj_build *build)
{
    uint64_t mask = sj_reader_varint(reader);
    reader->is_bad = reader->is_bad || mask >> OIDS;
    for (size_t i = 0; i < OIDS; i++) {
        const void *at = mask >> i & 1 ? sj_reader_take(reader, SJ_OID_SIZE) : NULL;
        if (at) {
            memcpy((char *)build + oids[i], at, SJ_OID_SIZE);
        }
    }
}

void sj_build_encode(const struct sj_build_row *row, struct sj_buf *out)
{
    const struct sj_build *build = &row->build;
    sj_buf_add_varint(out, build->flags);
    sj_buf_add_varint(out, SJ_BUILD_TEXTS);
    for (size_t i = 0; i < SJ_BUILD_TEXTS; i++) {
        sj_buf_add_varint(out, row->texts[i]);
    }
    add_oids(build, out);
    const uint64_t head[] = {build->cpus,     sj_zigzag(build->exit_status),
                             build->start_ns, build->wall_ns,
                             build->user_ns,  build->system_ns};
    const uint64_t tail[] = {build->saved_ns, build->own_ns, build->units, row->end_ns,
                             row->phase_count};
    add_all(out, head, sizeof head / sizeof head[0]);
    add_all(out, build->count, SJ_OUTCOME_COUNT);
    add_all(out, build->cpu_ns, SJ_OUTCOME_COUNT);
    add_all(out, tail, sizeof tail / sizeof tail[0]);
    for (size_t i = 0; i < row->phase_count; i++) {
        const struct sj_phase *sum = &row->phases[i].sum;
        const uint64_t phase[] = {row->phases[i].name, sum->start_ns, sum->wall_ns, sum->cpu_ns,
                                  sj_zigzag(sum->exit_status)};
        add_all(out, phase, sizeof phase / sizeof phase[0]);
    }
    sj_buf_add_varint(out, build->revision);
}

static void read_texts(struct sj_reader *reader, struct sj_build_row *row)
{
    uint64_t count = sj_reader_varint(reader);
    for (uint64_t i = 0; i < count && !reader->is_bad; i++) {
        uint32_t number = read_u32(reader);
        if (i < SJ_BUILD_TEXTS) {
            row->texts[i] = number;
        }
    }
}

static void read_phases(struct sj_reader *reader, struct sj_build_row *row)
{
    uint64_t count = sj_reader_varint(reader);
    if (reader->is_bad || count > SJ_PHASES_MAX ||
        count > (size_t)(reader->end - reader->at) / PHASE_MIN) {
        reader->is_bad = true;
        return;
    }
    row->phases = sj_calloc((size_t)count + 1, sizeof *row->phases);
    row->phase_count = (size_t)count;
    for (size_t i = 0; i < count; i++) {
        row->phases[i].name = read_u32(reader);
        row->phases[i].sum.start_ns = sj_reader_varint(reader);
        row->phases[i].sum.wall_ns = sj_reader_varint(reader);
        row->phases[i].sum.cpu_ns = sj_reader_varint(reader);
        row->phases[i].sum.exit_status = read_i32(reader);
    }
}

int sj_build_decode(struct sj_str data, uint32_t number, struct sj_build_row *out)
{
    struct sj_reader reader = sj_reader_of(data.data, data.len);
    struct sj_build_row row = {.build.number = number};
    struct sj_build *build = &row.build;
    build->flags = read_u32(&reader);
    read_texts(&reader, &row);
    read_oids(&reader, build);
    build->cpus = read_u32(&reader);
    build->exit_status = read_i32(&reader);
    build->start_ns = sj_reader_varint(&reader);
    build->wall_ns = sj_reader_varint(&reader);
    build->user_ns = sj_reader_varint(&reader);
    build->system_ns = sj_reader_varint(&reader);
    read_all(&reader, build->count, SJ_OUTCOME_COUNT);
    read_all(&reader, build->cpu_ns, SJ_OUTCOME_COUNT);
    build->saved_ns = sj_reader_varint(&reader);
    build->own_ns = sj_reader_varint(&reader);
    build->units = sj_reader_varint(&reader);
    row.end_ns = sj_reader_varint(&reader);
    read_phases(&reader, &row);
    // Rows of earlier versions end here.
    build->revision = reader.at < reader.end ? read_u32(&reader) : 0;
    if (reader.is_bad) {
        sj_build_row_release(&row);
        return -EBADMSG;
    }
    *out = row;
    return 0;
}
