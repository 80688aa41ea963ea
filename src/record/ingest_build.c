// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "record/db_ingest.h"
#include "record/db_notes.h"
#include "record/db_samples.h"

#define DAY_NS      (UINT64_C(86400) * SJ_NS_PER_S)
#define SPACE_LABEL "namespace="
#define PHASE_LABEL "phase="
#define OPEN_MAX    4096 /**< builds that stay open from one batch to the next */

static void free_build(struct sj_open_build *build)
{
    sj_build_row_release(&build->row);
    free(build->space);
    free(build->root);
    free(build->base_dir);
    free(build->seen);
    free(build);
}

void sj_ingest_close_builds(struct sj_ingest *in)
{
    for (size_t i = 0; i < in->builds_size; i++) {
        if (in->builds[i]) {
            free_build(in->builds[i]);
        }
    }
    free(in->builds);
    in->builds = NULL;
    in->builds_size = 0;
    in->latest = NULL;
    in->touched = NULL;
}

void sj_ingest_touch(struct sj_ingest *in, struct sj_open_build *build)
{
    if (!build->is_touched) {
        build->is_touched = true;
        build->next = in->touched;
        in->touched = build;
    }
}

void sj_ingest_place(struct sj_ingest *in, struct sj_open_build *build)
{
    sj_buf_clear(&in->key);
    sj_buf_add_u32(&in->key, build->row.texts[SJ_BUILD_PROJECT]);
    sj_buf_add_u32(&in->key, build->row.texts[SJ_BUILD_ROOT]);
    sj_buf_add_u32(&in->key, build->row.texts[SJ_BUILD_BASE_DIR]);
    build->place = sj_key_of(in->key.data, in->key.len);
    free(build->root);
    free(build->base_dir);
    build->root = sj_strdup(sj_db_text(in->db, build->row.texts[SJ_BUILD_ROOT]));
    build->base_dir = sj_strdup(sj_db_text(in->db, build->row.texts[SJ_BUILD_BASE_DIR]));
}

// Which namespace a server had the record from is its first label. Labels of the build are the
// others, but for the phase, which belongs to the record.
static void split_label(const char *label, struct sj_buf *space, struct sj_buf *labels)
{
    sj_buf_clear(space);
    sj_buf_clear(labels);
    sj_buf_adds(space, "");
    sj_buf_adds(labels, "");
    for (const char *at = label ? label : ""; *at;) {
        size_t len = strcspn(at, ",");
        const char *value = sj_skip_prefix(at, SPACE_LABEL);
        if (value && at == label) {
            sj_buf_add(space, value, len - (size_t)(value - at));
        }
        if (len > 0 && !sj_skip_prefix(at, PHASE_LABEL)) {
            if (labels->len > 0) {
                sj_buf_addc(labels, ',');
            }
            sj_buf_add(labels, at, len);
        }
        at += len + (at[len] == ',');
    }
}

static struct sj_open_build *open_slot(struct sj_ingest *in, uint32_t number)
{
    if (number >= in->builds_size) {
        size_t size = in->builds_size ? in->builds_size : 64;
        while (size <= number) {
            size *= 2;
        }
        in->builds = sj_realloc(in->builds, size, sizeof(struct sj_open_build *));
        memset(in->builds + in->builds_size, 0,
               (size - in->builds_size) * sizeof(struct sj_open_build *));
        in->builds_size = size;
    }
    if (!in->builds[number]) {
        in->builds[number] = sj_new(struct sj_open_build);
        in->builds[number]->row.build.number = number;
    }
    return in->builds[number];
}

static int load_build(struct sj_ingest *in, uint32_t number, struct sj_open_build **out)
{
    if (number < in->builds_size && in->builds[number]) {
        *out = in->builds[number];
        return 0;
    }
    struct sj_str data;
    struct sj_build_row row;
    int status = sj_db_row(in->db, SJ_DB_BUILD, number, &data);
    status = status == 0 ? sj_build_decode(data, number, &row) : status < 0 ? status : -EBADMSG;
    if (status == 0) {
        struct sj_open_build *build = open_slot(in, number);
        build->row = row;
        build->space = sj_strdup(sj_db_text(in->db, row.texts[SJ_BUILD_SPACE]));
        sj_ingest_place(in, build);
        *out = build;
    }
    return status;
}

static int make_build(struct sj_ingest *in, const struct sj_key *key, const char *id,
                      const char *space, const char *labels, uint64_t start_ns,
                      struct sj_open_build **out)
{
    uint32_t number = in->next[SJ_DB_BUILD]++;
    int status = sj_db_id_put(in->db, NULL, SJ_DB_ID_BUILD, key, number);
    struct sj_open_build *build = open_slot(in, number);
    build->row.build.start_ns = start_ns;
    build->space = sj_strdup(space);
    status = status < 0 ? status : sj_ingest_text(in, id, &build->row.texts[SJ_BUILD_ID]);
    status = status < 0 ? status : sj_ingest_text(in, space, &build->row.texts[SJ_BUILD_SPACE]);
    status = status < 0 ? status : sj_ingest_text(in, labels, &build->row.texts[SJ_BUILD_LABELS]);
    sj_ingest_place(in, build);
    sj_ingest_touch(in, build);
    *out = build;
    return status;
}

static int find_build(struct sj_ingest *in, const char *id, const char *label, uint64_t start_ns,
                      struct sj_open_build **out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf space = SJ_BUF_INIT(SJ_RECORD_MAX);
    SJ_AUTO(sj_buf_release) struct sj_buf labels = SJ_BUF_INIT(SJ_RECORD_MAX);
    split_label(label, &space, &labels);
    sj_buf_clear(&in->key);
    sj_buf_add(&in->key, space.data, space.len + 1);
    if (id && *id) {
        sj_buf_adds(&in->key, id);
    } else {
        // No id begins like this: the day's build cannot be taken for one that has a name.
        sj_buf_addc(&in->key, '\0');
        sj_buf_add_u64(&in->key, start_ns / DAY_NS);
    }
    struct sj_key key = sj_key_of(in->key.data, in->key.len);
    uint32_t number = 0;
    int status = sj_db_id_find(in->db, NULL, SJ_DB_ID_BUILD, &key, &number);
    if (status == SJ_DB_NONE) {
        return make_build(in, &key, id, space.data, labels.data, start_ns, out);
    }
    return status < 0 ? status : load_build(in, number, out);
}

int sj_ingest_build(struct sj_ingest *in, const char *id, const char *label, uint64_t start_ns,
                    struct sj_open_build **out)
{
    // Most records are of the same build as the one before; those of no build may be of another
    // day.
    sj_buf_clear(&in->key);
    sj_buf_adds(&in->key, id ? id : "");
    sj_buf_addc(&in->key, '\0');
    sj_buf_adds(&in->key, label ? label : "");
    if (in->latest && id && *id && in->key.len == in->latest_id.len &&
        memcmp(in->key.data, in->latest_id.data, in->key.len) == 0) {
        *out = in->latest;
        return 0;
    }
    sj_buf_clear(&in->latest_id);
    sj_buf_add(&in->latest_id, in->key.data, in->key.len);
    in->latest = NULL;
    int status = find_build(in, id, label, start_ns, out);
    if (status == 0) {
        in->latest = *out;
    }
    return status;
}

static bool mark_seen(struct sj_open_build *build, uint32_t unit)
{
    size_t byte = unit / 8;
    if (byte >= build->seen_size) {
        size_t size = build->seen_size ? build->seen_size : 128;
        while (size <= byte) {
            size *= 2;
        }
        build->seen = sj_realloc(build->seen, size, 1);
        memset(build->seen + build->seen_size, 0, size - build->seen_size);
        build->seen_size = size;
    }
    bool was_seen = build->seen[byte] >> unit % 8 & 1;
    build->seen[byte] = (unsigned char)(build->seen[byte] | 1u << unit % 8);
    return !was_seen;
}

int sj_ingest_count_unit(struct sj_ingest *in, struct sj_open_build *build, uint32_t unit)
{
    if (!build->seen) {
        SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
        size_t count = 0;
        size_t size = 0;
        unsigned which = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
        int status = build->row.build.units == 0 ? 0
                                                 : sj_db_samples(in->db, build->row.build.number,
                                                                 which, &samples, &count, &size);
        if (status < 0) {
            return status;
        }
        (void)mark_seen(build, unit);
        build->seen[unit / 8] = 0;
        for (size_t i = 0; i < count; i++) {
            (void)mark_seen(build, samples[i].unit);
        }
    }
    build->row.build.units += mark_seen(build, unit);
    return 0;
}

int sj_ingest_write_builds(struct sj_ingest *in)
{
    int status = 0;
    size_t open = 0;
    for (struct sj_open_build *build = in->touched; build && status == 0; build = build->next) {
        sj_buf_clear(&in->key);
        build->row.build.revision++;
        sj_build_encode(&build->row, &in->key);
        uint32_t number = build->row.build.number;
        status = sj_db_row_put(in->db, SJ_DB_BUILD, number, in->key.data, in->key.len);
        status = status < 0 ? status : sj_db_memo_forget(in->db, number);
        build->is_touched = false;
        open++;
    }
    in->touched = NULL;
    if (open > OPEN_MAX) {
        sj_ingest_close_builds(in);
    }
    return status;
}
