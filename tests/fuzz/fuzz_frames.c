// SPDX-License-Identifier: Apache-2.0
// Bodies that agents and servers send each other: frames, and the names of a request.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was read as frames, written again, is the same, up to where it made no sense.
static void check_frames(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_buf_release) struct sj_buf again = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_reader reader = sj_reader_of(data, size);
    struct sj_frame frame;
    int status = sj_frame_next(&reader, &frame);
    for (; status == 0; status = sj_frame_next(&reader, &frame)) {
        sj_frame_add(&again, &frame);
        if (reader.at != data + again.len) {
            abort();
        }
    }
    if (again.len > size || (again.len > 0 && memcmp(again.data, data, again.len) != 0) ||
        (status == SJ_FRAME_END && again.len != size)) {
        abort();
    }
}

static void check_names(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_buf_release) struct sj_buf again = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_reader reader = sj_reader_of(data, size);
    enum sj_frame_kind kind;
    struct sj_key key;
    int status = sj_name_next(&reader, &kind, &key);
    for (; status == 0; status = sj_name_next(&reader, &kind, &key)) {
        sj_name_add(&again, kind, &key);
    }
    if (again.len > size || (again.len > 0 && memcmp(again.data, data, again.len) != 0) ||
        (status == SJ_FRAME_END && again.len != size)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_frames(data, size);
    check_names(data, size);
    return 0;
}
