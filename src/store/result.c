// SPDX-License-Identifier: Apache-2.0
#include "store/result.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

// u8 format  u8 flags  u64 cpu  u64 wall  u64 peak  u64 input bytes  u32 inputs  key pathset
// bytes stdout  bytes stderr  u32 outputs, each:
//     u32 slot  u8 is executable  u8 is text  u8 is inline  u64 size  key content  bytes suffix
//     [data]

void sj_result_encode(const struct sj_result *result, struct sj_buf *out)
{
    sj_buf_addc(out, (char)SJ_RESULT_FORMAT);
    sj_buf_addc(out, (char)result->flags);
    sj_buf_add_u64(out, result->cpu_ns);
    sj_buf_add_u64(out, result->wall_ns);
    sj_buf_add_u64(out, result->peak_bytes);
    sj_buf_add_u64(out, result->input_bytes);
    sj_buf_add_u32(out, result->input_count);
    sj_buf_add(out, result->pathset.bytes, SJ_KEY_SIZE);
    sj_buf_add_bytes(out, result->out.data, result->out.len);
    sj_buf_add_bytes(out, result->err.data, result->err.len);
    sj_buf_add_u32(out, (uint32_t)result->output_count);
    for (size_t i = 0; i < result->output_count; i++) {
        const struct sj_result_output *output = &result->outputs[i];
        sj_buf_add_u32(out, output->slot);
        sj_buf_addc(out, output->is_executable);
        sj_buf_addc(out, output->is_text);
        sj_buf_addc(out, output->data != NULL);
        sj_buf_add_u64(out, output->size);
        sj_buf_add(out, output->key.bytes, SJ_KEY_SIZE);
        sj_buf_add_bytes(out, output->suffix.data, output->suffix.len);
        if (output->data) {
            sj_buf_add(out, output->data, output->size);
        }
    }
}

static void read_key(struct sj_reader *reader, struct sj_key *out)
{
    const void *at = sj_reader_take(reader, SJ_KEY_SIZE);
    if (at) {
        memcpy(out->bytes, at, SJ_KEY_SIZE);
    }
}

static struct sj_str read_str(struct sj_reader *reader)
{
    struct sj_str str = {0};
    str.data = sj_reader_bytes(reader, &str.len);
    return str;
}

static void decode_output(struct sj_reader *reader, struct sj_result_output *out)
{
    out->slot = sj_reader_u32(reader);
    out->is_executable = sj_reader_u8(reader) != 0;
    out->is_text = sj_reader_u8(reader) != 0;
    bool is_inline = sj_reader_u8(reader) != 0;
    out->size = sj_reader_u64(reader);
    read_key(reader, &out->key);
    out->suffix = read_str(reader);
    if (is_inline) {
        out->data = sj_reader_take(reader, out->size);
    }
}

int sj_result_decode(const void *data, size_t len, struct sj_result *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    uint8_t format = sj_reader_u8(&reader);
    struct sj_result result = {.flags = sj_reader_u8(&reader)};
    result.cpu_ns = sj_reader_u64(&reader);
    result.wall_ns = sj_reader_u64(&reader);
    result.peak_bytes = sj_reader_u64(&reader);
    result.input_bytes = sj_reader_u64(&reader);
    result.input_count = sj_reader_u32(&reader);
    read_key(&reader, &result.pathset);
    result.out = read_str(&reader);
    result.err = read_str(&reader);
    uint32_t count = sj_reader_u32(&reader);
    if (reader.is_bad || format != SJ_RESULT_FORMAT || count > SJ_RESULT_OUTPUTS) {
        return -EBADMSG;
    }
    result.outputs = sj_calloc(count, sizeof *result.outputs);
    for (; result.output_count < count; result.output_count++) {
        decode_output(&reader, &result.outputs[result.output_count]);
    }
    if (reader.is_bad || reader.at != reader.end) {
        sj_result_release(&result);
        return -EBADMSG;
    }
    *out = result;
    return 0;
}

bool sj_result_is_sound(const struct sj_result *result)
{
    for (size_t i = 0; i < result->output_count; i++) {
        const struct sj_result_output *output = &result->outputs[i];
        struct sj_key key = output->key;
        if (output->data) {
            key = sj_key_of(output->data, output->size);
        }
        if (!sj_key_eq(&key, &output->key)) {
            return false;
        }
    }
    return true;
}

void sj_result_release(struct sj_result *result)
{
    if (result) {
        free(result->outputs);
        *result = (struct sj_result){0};
    }
}
