// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which language a source is in, by -x or by its suffix.
 */
#pragma once

#include <stdbool.h>

/** What is done with a language. */
enum sj_cc_language_kind {
    LANGUAGE_SOURCE = 0,    /**< preprocessed and compiled */
    LANGUAGE_PREPROCESSED,  /**< compiled as it is */
    LANGUAGE_ASSEMBLER,     /**< assembled as it is */
    LANGUAGE_ASSEMBLER_CPP, /**< preprocessed and assembled */
    LANGUAGE_HEADER,        /**< precompiled */
    LANGUAGE_IR,            /**< intermediate code of the compiler */
    LANGUAGE_MODULE,        /**< interface of a C++ module */
    LANGUAGE_FOREIGN,       /**< compiled once for each device */
};

/** One language. */
struct sj_cc_language {
    const char *name;              /**< as -x names it */
    enum sj_cc_language_kind kind; /**< what is done with it */
};

/**
 * Find the language that -x names.
 *
 * @param name the argument of -x
 * @return the language, or NULL
 *
 * Reentrant.
 */
const struct sj_cc_language *sj_cc_language_find(const char *name);

/**
 * Find the language of a file by its suffix.
 *
 * @param path   file
 * @param is_cxx whether the driver is a C++ driver, to which C is C++
 * @return the language, or NULL
 *
 * Reentrant.
 */
const struct sj_cc_language *sj_cc_language_of_path(const char *path, bool is_cxx);
