// SPDX-License-Identifier: Apache-2.0
#include "store/check.h"

#include <errno.h>
#include <unistd.h>

struct sj_checker sj_checker_of(void)
{
    return (struct sj_checker){
        .stored = SJ_BUF_INIT((size_t)SJ_ITEM_DATA_MAX + 1),
        .raw = SJ_BUF_INIT((size_t)SJ_ITEM_DATA_MAX + 1),
    };
}

void sj_checker_release(struct sj_checker *checker)
{
    sj_codec_release(&checker->codec);
    sj_buf_release(&checker->stored);
    sj_buf_release(&checker->raw);
}

static int read_whole(int fd, char *data, size_t len, uint64_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, data + done, len - done, (off_t)(offset + done));
        if (got <= 0) {
            return got < 0 ? -errno : -EBADMSG;
        }
        done += (size_t)got;
    }
    return 0;
}

int sj_checker_run(struct sj_checker *checker, int fd, const struct sj_item *item, uint64_t offset)
{
    sj_buf_clear(&checker->stored);
    sj_buf_clear(&checker->raw);
    char *data = sj_buf_reserve(&checker->stored, item->stored_len);
    if (!data) {
        return -EFBIG;
    }
    int status = read_whole(fd, data, item->stored_len, offset + sj_item_prefix_len(item));
    if (status == 0 && item->codec == SJ_ITEM_ZSTD) {
        char *raw = sj_buf_reserve(&checker->raw, item->raw_len);
        status =
            raw ? sj_codec_decompress(&checker->codec, data, item->stored_len, raw, item->raw_len)
                : -EFBIG;
        data = raw;
    }
    if (status < 0) {
        return status;
    }
    struct sj_key hash = sj_key_of(data, item->raw_len);
    return sj_key_eq(&hash, &item->hash) ? 0 : -EBADMSG;
}
