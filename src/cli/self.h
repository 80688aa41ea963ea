// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Where the other programs of this installation are: found relative to the running one, so that
 * the whole may be moved.
 */
#pragma once

/**
 * The wrapper, as installed or in a build tree.
 *
 * @return absolute path, which the caller frees; NULL: it is not there
 */
char *sj_self_wrapper(void);
