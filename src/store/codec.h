// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Compression of blobs.
 * Source: RFC 8878; zstd.h 1.5.
 */
#pragma once

#include <stddef.h>

/** Blobs shorter than this are stored as they are. */
#define SJ_CODEC_MIN_BYTES 4096

/** zstd's working memory, kept from one blob to the next. Zeroed: none yet. */
struct sj_codec {
    struct ZSTD_CCtx_s *compressor;   /**< made at first use */
    struct ZSTD_DCtx_s *decompressor; /**< made at first use */
};

/** Free the working memory. @param codec codec */
void sj_codec_release(struct sj_codec *codec);

/**
 * Compress when that saves at least an eighth, and the data is no shorter than SJ_CODEC_MIN_BYTES.
 *
 * @param codec codec
 * @param level zstd level; 0: never
 * @param data  bytes
 * @param len   how many
 * @param out   room for len bytes
 * @return bytes written to out; 0: it does not pay, store the data as it is
 */
size_t sj_codec_compress(struct sj_codec *codec, int level, const void *data, size_t len,
                         void *out);

/** As sj_codec_compress(), however short the data is. @param codec codec @param level zstd level
 * @param data bytes @param len how many @param out room for len bytes @return bytes written to out;
 * 0: it does not pay */
size_t sj_codec_pack(struct sj_codec *codec, int level, const void *data, size_t len, void *out);

/**
 * Decompress one frame that must give exactly the length expected.
 *
 * @param codec   codec
 * @param data    the frame
 * @param len     its bytes
 * @param out     room for raw_len bytes
 * @param raw_len length expected
 * @return 0 or -EBADMSG
 */
int sj_codec_decompress(struct sj_codec *codec, const void *data, size_t len, void *out,
                        size_t raw_len);
