// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Whether texts that came from a CI system or a repository are what they are meant to be.
 */
#pragma once

#include <stdbool.h>

/**
 * Whether a text is right to be kept: UTF-8 without control characters.
 *
 * @param text NUL-terminated
 * @return true when it is, and is not empty
 */
bool sj_ci_is_text(const char *text);

/**
 * Whether a text could be the name of a branch or tag.
 * Source: git-check-ref-format(1).
 *
 * @param name NUL-terminated
 * @return true when git would let it pass, and sj_ci_is_text() does
 */
bool sj_ci_is_ref(const char *name);

/**
 * Whether a text is the address of a page that may be shown to anybody: http or https, printable
 * ASCII, without a user or password.
 *
 * @param url NUL-terminated
 * @return true when it is
 */
bool sj_ci_is_url(const char *url);

/**
 * Whether a text could be the name of a project: a host, and a path that no page or shell would
 * take for something else.
 *
 * @param name NUL-terminated
 * @return true when it could
 */
bool sj_ci_is_project(const char *name);
