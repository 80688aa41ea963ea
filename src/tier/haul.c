// SPDX-License-Identifier: Apache-2.0
#include "tier/haul.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/codec.h"
#include "store/result.h"

void sj_haul_release(struct sj_haul *haul)
{
    for (size_t i = 0; haul && i < haul->count; i++) {
        sj_buf_release(&haul->values[i].bytes);
        free(haul->values[i].needs);
        free(haul->values[i].need_sizes);
    }
    if (haul) {
        free(haul->values);
        *haul = (struct sj_haul){0};
    }
}

static size_t raw_limit(enum sj_tier_kind kind)
{
    static const size_t limits[] = {
        [SJ_TIER_OBJECT] = SJ_HAUL_VALUE_MAX,
        [SJ_TIER_RESULT] = SJ_RESULT_LIMIT,
        [SJ_TIER_PATHSET] = SJ_HAUL_PATHSET_MAX,
        [SJ_TIER_TRAIL] = (size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE,
    };
    return (size_t)kind < sizeof limits / sizeof limits[0] ? limits[kind] : 0;
}

static bool is_sane(const struct sj_tier_value *value)
{
    size_t limit = raw_limit(value->name.kind);
    if (limit == 0 || value->raw_len > limit || value->len > SJ_HAUL_VALUE_MAX) {
        return false;
    }
    return value->codec == SJ_TIER_RAW ? value->len == value->raw_len
                                       : value->codec == SJ_TIER_ZSTD && value->len > 0;
}

void sj_haul_add(struct sj_haul *haul, const struct sj_tier_value *value)
{
    if (!is_sane(value) || haul->count >= SJ_HAUL_VALUES_MAX ||
        value->len > SJ_HAUL_BYTES_MAX - haul->bytes) {
        haul->refused++;
        return;
    }
    if (haul->count == haul->size) {
        haul->size = haul->size ? 2 * haul->size : 16;
        haul->values = sj_realloc(haul->values, haul->size, sizeof *haul->values);
    }
    struct sj_haul_value *copy = &haul->values[haul->count++];
    *copy = (struct sj_haul_value){
        .name = value->name,
        .is_compressed = value->codec == SJ_TIER_ZSTD,
        .raw_len = value->raw_len,
        .bytes = SJ_BUF_INIT(SJ_HAUL_VALUE_MAX),
    };
    sj_buf_add(&copy->bytes, value->data, value->len);
    haul->bytes += value->len;
}

// Every output that travels in the result is what its key says; the others are noted.
static bool check_result(struct sj_haul_value *value, const char *raw)
{
    SJ_AUTO(sj_result_release) struct sj_result result = {0};
    if (sj_result_decode(raw, value->raw_len, &result) < 0 || !sj_result_is_sound(&result)) {
        return false;
    }
    value->needs = sj_calloc(result.output_count, sizeof *value->needs);
    value->need_sizes = sj_calloc(result.output_count, sizeof *value->need_sizes);
    for (size_t i = 0; i < result.output_count; i++) {
        const struct sj_result_output *output = &result.outputs[i];
        if (!output->data) {
            value->needs[value->need_count] = output->key;
            value->need_sizes[value->need_count++] = output->size;
        }
    }
    return true;
}

static bool check_value(struct sj_codec *codec, struct sj_haul_value *value)
{
    const char *raw = sj_buf_text(&value->bytes);
    SJ_AUTO(sj_auto_free) char *room = NULL;
    if (value->is_compressed) {
        room = malloc(value->raw_len > 0 ? value->raw_len : 1);
        if (!room || sj_codec_decompress(codec, raw, value->bytes.len, room, value->raw_len) < 0) {
            return false;
        }
        raw = room;
    }
    value->hash = sj_key_of(raw, value->raw_len);
    bool is_good = true;
    if (value->name.kind == SJ_TIER_OBJECT) {
        is_good = memcmp(value->hash.bytes, value->name.key, SJ_KEY_SIZE) == 0;
    } else if (value->name.kind == SJ_TIER_RESULT) {
        is_good = check_result(value, raw);
    }
    // Only what saves something is stored as a frame. Of a trail the bytes themselves are wanted.
    bool is_raw = value->name.kind == SJ_TIER_TRAIL || value->bytes.len >= value->raw_len;
    if (is_good && value->is_compressed && is_raw) {
        sj_buf_clear(&value->bytes);
        sj_buf_add(&value->bytes, raw, value->raw_len);
        value->is_compressed = false;
    }
    return is_good;
}

void sj_haul_check(struct sj_haul *haul)
{
    struct sj_codec codec = {0};
    for (size_t i = 0; i < haul->count; i++) {
        struct sj_haul_value *value = &haul->values[i];
        if (value->state != SJ_HAUL_NEW) {
            continue;
        }
        if (check_value(&codec, value)) {
            value->state = SJ_HAUL_GOOD;
        } else {
            value->state = SJ_HAUL_BAD;
            haul->refused++;
            sj_buf_release(&value->bytes);
        }
    }
    sj_codec_release(&codec);
}

static bool has_name(const struct sj_tier_name *name, enum sj_tier_kind kind,
                     const unsigned char *key)
{
    return name->kind == kind && memcmp(name->key, key, SJ_TIER_KEY_SIZE) == 0;
}

static struct sj_haul_value *find_object(const struct sj_haul *haul, const struct sj_key *key)
{
    for (size_t i = 0; i < haul->count; i++) {
        struct sj_haul_value *value = &haul->values[i];
        bool is_usable = value->state == SJ_HAUL_GOOD || value->state == SJ_HAUL_TAKEN;
        if (is_usable && has_name(&value->name, SJ_TIER_OBJECT, key->bytes)) {
            return value;
        }
    }
    return NULL;
}

static bool store_has(struct sj_shared *shared, struct sj_str space, const struct sj_key *key,
                      uint64_t size)
{
    struct sj_view view = {0};
    if (sj_shared_find(shared, space, SJ_BLOB_OBJECT, key, &view) != 0) {
        return false;
    }
    bool is_right = view.raw_len == size;
    sj_view_close(shared, &view);
    return is_right;
}

// Whether an object that a result needs is at hand.
static bool is_there(const struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                     const struct sj_key *key, uint64_t size)
{
    const struct sj_haul_value *value = find_object(haul, key);
    return value ? value->raw_len == size : store_has(shared, space, key, size);
}

static bool is_listed(const struct sj_buf *names, size_t count, const struct sj_key *key)
{
    for (size_t i = 0; i < count; i++) {
        struct sj_tier_name name;
        memcpy(&name, sj_buf_text(names) + i * sizeof name, sizeof name);
        if (memcmp(name.key, key->bytes, SJ_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

size_t sj_haul_missing(const struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                       struct sj_buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < haul->count; i++) {
        const struct sj_haul_value *value = &haul->values[i];
        for (size_t j = 0; value->state == SJ_HAUL_GOOD && j < value->need_count; j++) {
            const struct sj_key *key = &value->needs[j];
            if (count >= SJ_FRAME_COUNT_MAX || is_listed(out, count, key) ||
                is_there(haul, shared, space, key, value->need_sizes[j])) {
                continue;
            }
            struct sj_tier_name name = {.kind = SJ_TIER_OBJECT};
            memcpy(name.key, key->bytes, SJ_KEY_SIZE);
            sj_buf_add(out, &name, sizeof name);
            count++;
        }
    }
    return count;
}

// What is good goes into the write as it came.
static void store_value(struct sj_write *write, enum sj_blob kind, const struct sj_key *key,
                        struct sj_haul_value *value)
{
    if (value->is_compressed) {
        sj_write_frame(write, kind, key, &value->hash, value->raw_len, &value->bytes);
    } else {
        sj_write_blob(write, kind, key, &value->bytes);
    }
    value->state = SJ_HAUL_TAKEN;
}

static void take_object(struct sj_haul_value *value, struct sj_write *write)
{
    if (value && value->state == SJ_HAUL_GOOD) {
        store_value(write, SJ_BLOB_OBJECT, &value->hash, value);
    }
}

static bool take_result(struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                        struct sj_haul_value *value, struct sj_write *write)
{
    for (size_t i = 0; i < value->need_count; i++) {
        if (!is_there(haul, shared, space, &value->needs[i], value->need_sizes[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < value->need_count; i++) {
        take_object(find_object(haul, &value->needs[i]), write);
    }
    struct sj_key key;
    memcpy(key.bytes, value->name.key, SJ_KEY_SIZE);
    store_value(write, SJ_BLOB_RESULT, &key, value);
    return true;
}

static bool take_value(struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                       struct sj_haul_value *value, struct sj_write *write)
{
    if (value->name.kind == SJ_TIER_OBJECT) {
        take_object(value, write);
        return true;
    }
    if (value->name.kind == SJ_TIER_RESULT) {
        return take_result(haul, shared, space, value, write);
    }
    if (value->name.kind == SJ_TIER_PATHSET) {
        struct sj_key weak;
        memcpy(weak.bytes, value->name.key, SJ_KEY_SIZE);
        store_value(write, SJ_BLOB_PATHSET, &value->hash, value);
        sj_write_link(write, &weak, &value->hash);
    }
    return true;
}

size_t sj_haul_take(struct sj_haul *haul, struct sj_shared *shared, struct sj_str space,
                    struct sj_wanted *wanted, size_t count, struct sj_write *write)
{
    size_t served = 0;
    for (size_t i = 0; i < count; i++) {
        size_t most = wanted[i].name.kind == SJ_TIER_PATHSET ? SJ_HAUL_PATHSETS : 1;
        bool was_found = wanted[i].is_found;
        for (size_t j = 0; j < haul->count && most > 0; j++) {
            struct sj_haul_value *value = &haul->values[j];
            if (has_name(&value->name, wanted[i].name.kind, wanted[i].name.key) &&
                (value->state == SJ_HAUL_GOOD || value->state == SJ_HAUL_TAKEN)) {
                bool is_new = value->state == SJ_HAUL_GOOD;
                bool is_taken = !is_new || take_value(haul, shared, space, value, write);
                wanted[i].is_found |= is_taken;
                most -= is_taken;
            }
        }
        served += wanted[i].is_found && !was_found;
    }
    return served;
}
