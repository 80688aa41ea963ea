// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which files a C, C++ or Objective-C source names in its include lines: a scanner of its own, no
 * preprocessor. Comments, strings, raw strings and continued lines are understood; conditions are
 * not evaluated, but for `#if 0`.
 * Source: ISO C17, 5.1.1.2 and 6.10; ISO C++20, [lex.phases], [lex.string], [cpp.import]; GCC CPP
 * manual, "Header Files".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SJ_INCLUDES_MAX 20000u /**< most lines that are kept of one file */

/** How a file is named. */
enum sj_include_form {
    SJ_INCLUDE_QUOTE = 1, /**< the name in quotes */
    SJ_INCLUDE_ANGLE,     /**< the name in angle brackets */
    SJ_INCLUDE_MACRO,     /**< something that a macro stands for; the name is its text */
};

/** Bits of an include. */
enum sj_include_flags {
    SJ_INCLUDE_NEXT = 1u << 0,        /**< include_next: not the includer's own name */
    SJ_INCLUDE_IMPORT = 1u << 1,      /**< import as a directive, or import of a header unit */
    SJ_INCLUDE_EMBED = 1u << 2,       /**< embed: bytes, not code */
    SJ_INCLUDE_ASKED = 1u << 3,       /**< __has_include: looked for, not read */
    SJ_INCLUDE_CONDITIONAL = 1u << 4, /**< stands under a condition other than the file's guard */
};

/** One line that names a file. */
struct sj_include {
    uint32_t name; /**< where it begins in sj_includes.names */
    uint32_t line; /**< from 1 on */
    uint8_t form;  /**< enum sj_include_form */
    uint8_t flags; /**< of enum sj_include_flags */
};

/** What a file names. Zeroed: nothing. */
struct sj_includes {
    struct sj_include *items; /**< in the order of the file */
    size_t count;             /**< length of items */
    size_t size;              /**< allocated */
    struct sj_buf names;      /**< each NUL-terminated */
    uint32_t left_out;        /**< lines beyond SJ_INCLUDES_MAX, or that name nothing */
};

/**
 * Scan a file.
 *
 * @param data bytes, untrusted: anything goes
 * @param len  how many
 * @param out  takes what it names; release with sj_includes_release()
 *
 * Safe from several threads at once.
 */
void sj_includes_scan(const char *data, size_t len, struct sj_includes *out);

/** Free what a scan holds. @param includes scan, zeroed or NULL */
void sj_includes_release(struct sj_includes *includes);

/** The name of an include. @param includes scan @param index which @return text; the scan's */
const char *sj_include_name(const struct sj_includes *includes, size_t index);

/**
 * Join a directory of a file and a name relative to it, "." and ".." taken out.
 *
 * @param includer path of the file that includes; its last component is dropped
 * @param name     what it includes
 * @param out      the path is appended; nothing where ".." leads out of the top
 * @return whether it could be done
 */
bool sj_include_join(const char *includer, const char *name, struct sj_buf *out);

/** What of a name must be the end of the path that it means: the name without leading "./" and
 * "../". @param name as written @return a part of name */
const char *sj_include_tail(const char *name);
