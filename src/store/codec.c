// SPDX-License-Identifier: Apache-2.0
#include "store/codec.h"

#include <errno.h>
#include <zstd.h>

#include "base/mem.h"

void sj_codec_release(struct sj_codec *codec)
{
    (void)ZSTD_freeCCtx(codec->compressor);
    (void)ZSTD_freeDCtx(codec->decompressor);
    *codec = (struct sj_codec){0};
}

size_t sj_codec_compress(struct sj_codec *codec, int level, const void *data, size_t len, void *out)
{
    return level == 0 || len < SJ_CODEC_MIN_BYTES ? 0 : sj_codec_pack(codec, level, data, len, out);
}

size_t sj_codec_pack(struct sj_codec *codec, int level, const void *data, size_t len, void *out)
{
    if (!codec->compressor && !(codec->compressor = ZSTD_createCCtx())) {
        sj_oom();
    }
    size_t most = len - len / 8;
    size_t got = ZSTD_compressCCtx(codec->compressor, out, most, data, len, level);
    return ZSTD_isError(got) ? 0 : got;
}

int sj_codec_decompress(struct sj_codec *codec, const void *data, size_t len, void *out,
                        size_t raw_len)
{
    if (!codec->decompressor && !(codec->decompressor = ZSTD_createDCtx())) {
        sj_oom();
    }
    size_t got = ZSTD_decompressDCtx(codec->decompressor, out, raw_len, data, len);
    return ZSTD_isError(got) || got != raw_len ? -EBADMSG : 0;
}
