// SPDX-License-Identifier: Apache-2.0
#include "tier/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/result.h"

static void truncate_to(struct sj_parcel *parcel, size_t count)
{
    while (parcel->count > count) {
        parcel->count--;
        parcel->total -= parcel->values[parcel->count].len;
        sj_buf_release(&parcel->bytes[parcel->count]);
    }
}

void sj_parcel_release(struct sj_parcel *parcel)
{
    if (parcel) {
        truncate_to(parcel, 0);
        free(parcel->values);
        free(parcel->bytes);
        *parcel = (struct sj_parcel){0};
    }
}

bool sj_parcel_has_room(const struct sj_parcel *parcel)
{
    return parcel->upload_count < SJ_PARCEL_UPLOADS && parcel->total < SJ_PARCEL_BYTES;
}

static struct sj_tier_value *new_value(struct sj_parcel *parcel, enum sj_tier_kind kind,
                                       const struct sj_key *key, struct sj_buf *take)
{
    if (parcel->count == parcel->size) {
        parcel->size = parcel->size ? 2 * parcel->size : 64;
        parcel->values = sj_realloc(parcel->values, parcel->size, sizeof *parcel->values);
        parcel->bytes = sj_realloc(parcel->bytes, parcel->size, sizeof *parcel->bytes);
    }
    struct sj_tier_value *value = &parcel->values[parcel->count];
    *value = (struct sj_tier_value){
        .name.kind = kind,
        .codec = SJ_TIER_RAW,
        .raw_len = (uint32_t)take->len, // the store and the limits of this room keep it below 4 GiB
        .data = sj_buf_text(take),
        .len = take->len,
    };
    memcpy(value->name.key, key->bytes, SJ_KEY_SIZE);
    parcel->bytes[parcel->count++] = *take;
    parcel->total += take->len;
    *take = SJ_BUF_INIT(take->limit_bytes);
    return value;
}

void sj_parcel_put(struct sj_parcel *parcel, enum sj_tier_kind kind, const struct sj_key *key,
                   struct sj_buf *take)
{
    (void)new_value(parcel, kind, key, take);
}

static bool has_object(const struct sj_parcel *parcel, const struct sj_key *key)
{
    for (size_t i = 0; i < parcel->count; i++) {
        const struct sj_tier_name *name = &parcel->values[i].name;
        if (name->kind == SJ_TIER_OBJECT && memcmp(name->key, key->bytes, SJ_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

// Add a blob as it is stored. `name_key` is what it is called on the way; raw takes its bytes,
// decompressed, unless NULL.
static int add_blob(struct sj_parcel *parcel, struct sj_shared *shared, struct sj_str space,
                    enum sj_blob kind, const struct sj_key *key, const struct sj_key *name_key)
{
    struct sj_view view = {0};
    int status = sj_shared_find(shared, space, kind, key, &view);
    if (status != 0) {
        return status;
    }
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    status = sj_view_read_stored(shared, &view, &bytes);
    if (status == 0) {
        // The numbers of the two enums are the same.
        struct sj_tier_value *value = new_value(parcel, (enum sj_tier_kind)kind, name_key, &bytes);
        value->codec = sj_view_is_compressed(&view) ? SJ_TIER_ZSTD : SJ_TIER_RAW;
        value->raw_len = view.raw_len;
    }
    sj_buf_release(&bytes);
    sj_view_close(shared, &view);
    return status;
}

static int add_objects(struct sj_parcel *parcel, struct sj_shared *shared, struct sj_str space,
                       const struct sj_result *result)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < result->output_count; i++) {
        const struct sj_result_output *output = &result->outputs[i];
        if (!output->data && !has_object(parcel, &output->key)) {
            status = add_blob(parcel, shared, space, SJ_BLOB_OBJECT, &output->key, &output->key);
        }
    }
    return status;
}

static int add_result(struct sj_parcel *parcel, struct sj_shared *shared, struct sj_str space,
                      const struct sj_upload *upload, const struct sj_buf *raw)
{
    SJ_AUTO(sj_result_release) struct sj_result result = {0};
    int status = sj_result_decode(raw->data, raw->len, &result);
    if (status == 0) {
        status = add_objects(parcel, shared, space, &result);
    }
    if (status == 0) {
        status = add_blob(parcel, shared, space, SJ_BLOB_RESULT, &upload->strong, &upload->strong);
    }
    // Last: who sees the path set can have the result.
    if (status == 0 && upload->has_weak) {
        status = add_blob(parcel, shared, space, SJ_BLOB_PATHSET, &result.pathset, &upload->weak);
    }
    return status;
}

_Static_assert((int)SJ_BLOB_OBJECT == (int)SJ_TIER_OBJECT &&
                   (int)SJ_BLOB_RESULT == (int)SJ_TIER_RESULT &&
                   (int)SJ_BLOB_PATHSET == (int)SJ_TIER_PATHSET,
               "blobs and values have the same kinds");

int sj_parcel_add(struct sj_parcel *parcel, struct sj_shared *shared, struct sj_str space,
                  const struct sj_upload *upload)
{
    struct sj_view view = {0};
    int status = sj_shared_find(shared, space, SJ_BLOB_RESULT, &upload->strong, &view);
    if (status != 0) {
        return status;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf raw = SJ_BUF_INIT(SJ_RESULT_LIMIT);
    status = sj_view_read(shared, &view, &raw);
    sj_view_close(shared, &view);
    size_t before = parcel->count;
    if (status == 0) {
        status = add_result(parcel, shared, space, upload, &raw);
    }
    if (status == 0) {
        parcel->uploads[parcel->upload_count++] = *upload;
    } else {
        truncate_to(parcel, before);
    }
    return status;
}
