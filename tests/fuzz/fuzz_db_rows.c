// SPDX-License-Identifier: Apache-2.0
// Rows of the record database, as they would stand in a damaged one. The first byte says which.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_block.h"
#include "record/db_rows.h"
#include "record/db_states.h"

#define BASES 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_block(const void *data, size_t size)
{
    size_t count = 0;
    if (sj_block_count(data, size, &count) < 0) {
        return;
    }
    struct sj_sample *samples = sj_calloc(count, sizeof *samples);
    struct sj_sample *again = sj_calloc(count, sizeof *again);
    if (sj_block_decode(data, size, 1, 2, samples) == 0) {
        struct sj_buf block = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_block_encode(samples, count, &block);
        if (sj_block_decode(block.data, block.len, 1, 2, again) != 0 ||
            memcmp(again, samples, count * sizeof *again) != 0) {
            abort();
        }
        sj_buf_release(&block);
    }
    free(samples);
    free(again);
}

static void check_state(const void *data, size_t size, bool has_base)
{
    static const struct sj_input base[BASES] = {
        {1, 10, 'F'}, {2, 20, 'F'}, {2, 0, 'A'}, {7, 5, 'E'}, {UINT32_MAX, UINT32_MAX, 'L'},
    };
    struct sj_input *inputs = NULL;
    size_t count = 0;
    uint32_t number = 0;
    uint32_t depth = 0;
    if (sj_db_state_head(data, size, 100, &number, &depth) == 0 &&
        sj_db_state_decode(data, size, has_base ? base : NULL, has_base ? BASES : 0, &inputs,
                           &count) == 0) {
        for (size_t i = 0; i < count; i++) {
            if (!strchr("FDALEX", inputs[i].need)) {
                abort();
            }
        }
    }
    free(inputs);
}

static void check_build(struct sj_str row)
{
    struct sj_build_row build;
    struct sj_build_row again;
    if (sj_build_decode(row, 1, &build) < 0) {
        return;
    }
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_build_encode(&build, &bytes);
    if (sj_build_decode((struct sj_str){bytes.data, bytes.len}, 1, &again) < 0 ||
        again.phase_count != build.phase_count || again.end_ns != build.end_ns) {
        abort();
    }
    sj_build_row_release(&build);
    sj_build_row_release(&again);
    sj_buf_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct sj_str row = {(const char *)data + 1, size - 1};
    struct sj_unit unit;
    struct sj_content content;
    switch (data[0]) {
    case 'b':
        check_build(row);
        break;
    case 'c':
        (void)sj_content_decode(row, &content);
        break;
    case 'd':
        check_state(row.data, row.len, true);
        break;
    case 's':
        check_block(row.data, row.len);
        break;
    case 'u':
        (void)sj_unit_decode(row, 1, &unit);
        break;
    case 'w':
        check_state(row.data, row.len, false);
        break;
    default:
        break;
    }
    return 0;
}
