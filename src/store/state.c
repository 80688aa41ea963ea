// SPDX-License-Identifier: Apache-2.0
#include "store/state.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

#define MAGIC UINT32_C(0x58494a53) // "SJIX"

// offset  bytes  field
//      0      4  "SJIX"
//      4      4  SJ_STORE_FORMAT; these two never move
//      8      4  oldest generation
//     12      4  newest generation
//     16      4  namespaces
//     20      4  era
//     24      8  bytes of this era
//     32     16  salt
//     48     16  boot
//     64      4  table that the sweep is in
//     68      4  1: the sweep starts again at its end
//     72     20  key that the sweep goes on at
void sj_state_encode(const struct sj_state *state, unsigned char out[SJ_STATE_SIZE])
{
    sj_put_u32(out, MAGIC);
    sj_put_u32(out + 4, SJ_STORE_FORMAT);
    sj_put_u32(out + 8, state->oldest);
    sj_put_u32(out + 12, state->newest);
    sj_put_u32(out + 16, state->namespaces);
    sj_put_u32(out + 20, state->era);
    sj_put_u64(out + 24, state->era_bytes);
    memcpy(out + 32, state->salt, SJ_SALT_SIZE);
    memcpy(out + 48, state->boot.bytes, SJ_KEY_SIZE);
    sj_put_u32(out + 64, state->sweep.table);
    sj_put_u32(out + 68, state->sweep.is_again);
    memcpy(out + 72, state->sweep.next.bytes, SJ_INDEX_KEY_SIZE);
}

int sj_state_decode(const void *data, size_t len, struct sj_state *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    uint32_t magic = sj_reader_u32(&reader);
    uint32_t format = sj_reader_u32(&reader);
    if (reader.is_bad || magic != MAGIC) {
        return -EBADMSG;
    }
    if (format != SJ_STORE_FORMAT) {
        return format > SJ_STORE_FORMAT ? -EPROTO : -ESTALE;
    }
    if (len != SJ_STATE_SIZE) {
        return -EBADMSG;
    }
    out->oldest = sj_reader_u32(&reader);
    out->newest = sj_reader_u32(&reader);
    out->namespaces = sj_reader_u32(&reader);
    out->era = sj_reader_u32(&reader);
    out->era_bytes = sj_reader_u64(&reader);
    memcpy(out->salt, sj_reader_take(&reader, SJ_SALT_SIZE), SJ_SALT_SIZE);
    memcpy(out->boot.bytes, sj_reader_take(&reader, SJ_KEY_SIZE), SJ_KEY_SIZE);
    out->sweep.table = sj_reader_u32(&reader);
    uint32_t is_again = sj_reader_u32(&reader);
    out->sweep.is_again = is_again == 1;
    memcpy(out->sweep.next.bytes, sj_reader_take(&reader, SJ_INDEX_KEY_SIZE), SJ_INDEX_KEY_SIZE);
    bool is_sane = out->oldest > 0 && out->sweep.table <= SJ_TABLE_NAMESPACE && is_again <= 1;
    return is_sane ? 0 : -EBADMSG;
}
