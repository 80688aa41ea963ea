// SPDX-License-Identifier: Apache-2.0
// Requests of ccache's storage helper protocol: however the bytes are cut, they must come to the
// same requests. The first byte of the input says how they are cut.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/crsh_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE_MAX 4096

/** Note what a whole request came to. */
static void note(const struct sj_crsh_parser *parser, const struct sj_buf *value,
                 struct sj_buf *out)
{
    sj_buf_add(out, parser->head, parser->head_len);
    sj_buf_add(out, value->data, value->len);
    enum sj_crsh_op op = sj_crsh_op(parser);
    if (op != SJ_CRSH_STOP && op != SJ_CRSH_INFO && sj_crsh_key(parser).len > SJ_CRSH_KEY_MAX) {
        abort();
    }
    if (op == SJ_CRSH_PUT && parser->value && value->len != sj_crsh_value_len(parser)) {
        abort();
    }
}

/** Feed all bytes in parts of a size. */
static void run(const uint8_t *data, size_t size, size_t part, struct sj_buf *out)
{
    struct sj_crsh_parser parser = {0};
    struct sj_buf value = SJ_BUF_INIT(VALUE_MAX);
    size_t at = 0;
    while (at < size) {
        size_t len = size - at < part ? size - at : part;
        size_t used = 0;
        enum sj_crsh_step step = sj_crsh_feed(&parser, data + at, len, &used);
        if (used > len || (step == SJ_CRSH_MORE && used != len)) {
            abort();
        }
        at += used;
        if (step == SJ_CRSH_VALUE) {
            sj_crsh_take(&parser, sj_crsh_value_len(&parser) <= VALUE_MAX ? &value : NULL);
            // A value may be empty: then no byte says that it is whole.
            step = sj_crsh_feed(&parser, NULL, 0, &used);
        }
        if (step == SJ_CRSH_BAD) {
            sj_buf_adds(out, "bad");
            break;
        }
        if (step == SJ_CRSH_DONE) {
            note(&parser, &value, out);
            sj_crsh_reset(&parser);
            sj_buf_clear(&value);
        }
    }
    sj_buf_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct sj_buf whole = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf cut = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    run(data + 1, size - 1, SIZE_MAX, &whole);
    run(data + 1, size - 1, 1 + data[0] % 16U, &cut);
    if (whole.len != cut.len || (whole.len > 0 && memcmp(whole.data, cut.data, whole.len) != 0)) {
        abort();
    }
    sj_buf_release(&whole);
    sj_buf_release(&cut);
    return 0;
}
