// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Rows of the record database and their bytes. Decoders take untrusted bytes. Private to the room.
 */
#pragma once

#include "base/str.h"
#include "record/build.h"
#include "record/sample.h"

#define SJ_CONFIG_ROW (8 + SJ_COMPONENT_COUNT * SJ_KEY_SIZE) /**< bytes of a configuration */
#define SJ_PHASES_MAX 1024u                                  /**< most phases of a build */

/** Decode a content. @param row its bytes @param out takes it @return 0 or -EBADMSG */
int sj_content_decode(struct sj_str row, struct sj_content *out);

/** Encode a content. @param content content @param out takes the bytes @return how many */
size_t sj_content_encode(const struct sj_content *content,
                         unsigned char out[SJ_KEY_SIZE + SJ_OID_SIZE]);

/** Encode a configuration. @param config configuration @param out takes the bytes */
void sj_config_encode(const struct sj_db_config *config, unsigned char out[SJ_CONFIG_ROW]);

/** Encode a unit. @param unit unit @param out bytes are appended */
void sj_unit_encode(const struct sj_unit *unit, struct sj_buf *out);

/** Decode a unit. @param row its bytes @param number of it @param out takes it @return 0 or
 * -EBADMSG
 */
int sj_unit_decode(struct sj_str row, uint32_t number, struct sj_unit *out);

/** Texts of a build, by their place in its row. */
enum sj_build_text {
    SJ_BUILD_ID,
    SJ_BUILD_SPACE, /**< namespace */
    SJ_BUILD_PROJECT,
    SJ_BUILD_BRANCH,
    SJ_BUILD_TARGET,
    SJ_BUILD_PULL,
    SJ_BUILD_RUN,
    SJ_BUILD_JOB,
    SJ_BUILD_SYSTEM,
    SJ_BUILD_MACHINE,
    SJ_BUILD_LABELS,
    SJ_BUILD_ROOT,
    SJ_BUILD_BASE_DIR,
    SJ_BUILD_URL,
    SJ_BUILD_ATTEMPT,
    SJ_BUILD_TEXTS, /**< how many */
};

/** A phase in a row. */
struct sj_phase_row {
    uint32_t name;       /**< text */
    struct sj_phase sum; /**< the rest of it; its name is not set */
};

/** A build as it is kept: texts are numbers. */
struct sj_build_row {
    struct sj_build build;          /**< all but texts and phases */
    uint32_t texts[SJ_BUILD_TEXTS]; /**< numbers of texts */
    uint64_t end_ns;                /**< latest end of a record, or that a note gave */
    struct sj_phase_row *phases;    /**< in order of start; owned */
    size_t phase_count;             /**< length of phases */
};

/** Free what a row holds. @param row row */
void sj_build_row_release(struct sj_build_row *row);

/** Encode a build. @param row row @param out bytes are appended */
void sj_build_encode(const struct sj_build_row *row, struct sj_buf *out);

/** Decode a build. @param data its bytes @param number of it @param out takes it; release with
 * sj_build_row_release() @return 0 or -EBADMSG */
int sj_build_decode(struct sj_str data, uint32_t number, struct sj_build_row *out);
