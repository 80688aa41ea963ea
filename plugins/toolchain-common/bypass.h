// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Why a command line is not cached.
 */
#pragma once

#include <scrubjay/toolchain.h>

/** The reasons, in the order of their ids. */
enum sj_cc_reason {
    WHY_DEPFILE_CONFLICT = 0,
    WHY_DUMP,
    WHY_FOREIGN_LANGUAGE,
    WHY_INFO_OPTION,
    WHY_LINK,
    WHY_LINK_CONFTEST,
    WHY_MISSING_ARGUMENT,
    WHY_MODULES,
    WHY_MULTIPLE_ARCH,
    WHY_MULTIPLE_SOURCES,
    WHY_NO_INPUT,
    WHY_OUTPUT_NOT_REGULAR,
    WHY_OUTPUT_TO_STDOUT,
    WHY_PCH_CREATION,
    WHY_PREPROCESS,
    WHY_RESPONSE_FILE,
    WHY_SAVE_TEMPS,
    WHY_STDIN,
    WHY_TIME_TRACE,
    WHY_UNKNOWN_LANGUAGE,
    WHY_UNKNOWN_OPTION,
    WHY_UNSUPPORTED_OPTION,
    WHY_COUNT, /**< number of reasons */
};

/** The reasons in words, in the order of the enum, ended by an id of NULL. */
extern const struct sj_bypass sj_cc_bypass[WHY_COUNT + 1];
