// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "server/inflate.h"
#include "store/codec.h"

enum {
    LEN = 100000
};

static char text[LEN];
static char frame[LEN];

static size_t make_frame(const char *unit)
{
    for (size_t i = 0; i < LEN; i++) {
        text[i] = unit[i % strlen(unit)];
    }
    struct sj_codec codec = {0};
    size_t len = sj_codec_compress(&codec, 1, text, LEN, frame);
    sj_codec_release(&codec);
    cr_assert_gt(len, 0);
    return len;
}

static int inflate(size_t len, uint64_t raw_len, size_t limit)
{
    struct sj_buf out = SJ_BUF_INIT(limit);
    sj_buf_adds(&out, "head");
    int status = sj_inflate(frame, len, raw_len, &out);
    if (status == 0) {
        cr_expect_eq(out.len, 4 + raw_len);
        cr_expect_eq(memcmp(out.data + 4, text, (size_t)raw_len), 0);
    } else {
        cr_expect_eq(out.len, 4, "untouched on failure");
    }
    sj_buf_release(&out);
    return status;
}

Test(inflate, gives_what_was_packed)
{
    size_t len =
        make_frame("a line of text that is like no other line of text of 1 to 100,000 bytes");
    cr_expect_eq(inflate(len, LEN, 2 * LEN), 0);
}

Test(inflate, refuses_lying_lengths)
{
    size_t len = make_frame("another line, which is just as long as it wants to be");
    cr_expect_eq(inflate(len, LEN - 1, 2 * LEN), -EBADMSG);
    cr_expect_eq(inflate(len, LEN + 1, 2 * LEN), -EBADMSG);
    cr_expect_eq(inflate(len - 1, LEN, 2 * LEN), -EBADMSG);
    cr_expect_eq(inflate(0, 0, 2 * LEN), -EBADMSG);
    cr_expect_eq(inflate(len, UINT64_MAX, 2 * LEN), -EBADMSG);
    cr_expect_eq(inflate(len, LEN, LEN / 2), -EFBIG);
}

Test(inflate, refuses_what_no_frame_can_expand_to)
{
    // 100,000 equal bytes shrink to about 20, and that is as it should be: tables of zeros do.
    size_t len = make_frame("0");
    cr_assert_lt(len, LEN / 1000);
    cr_expect_eq(inflate(len, LEN, 2 * LEN), 0);
    cr_expect_eq(inflate(len, (uint64_t)1 << 30, 2 * LEN), -EBADMSG, "before memory is asked for");
}
