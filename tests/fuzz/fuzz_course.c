// SPDX-License-Identifier: Apache-2.0
// Kept pieces of courses: what can be read has the points that are wanted, and is written as it
// was.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dash/course_piece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_course_piece piece = {0};
    struct sj_course_piece again = {0};
    size_t count = size > 0 ? data[0] : 0;
    if (sj_course_piece_decode(data, size, count, &piece) == 0) {
        sj_course_piece_encode(&piece, &bytes);
        if (piece.count != count || bytes.len != size ||
            sj_course_piece_decode(bytes.data, bytes.len, count, &again) != 0 ||
            again.step_count != piece.step_count) {
            abort();
        }
    }
    sj_buf_release(&bytes);
    sj_course_piece_release(&piece);
    sj_course_piece_release(&again);
    return 0;
}
