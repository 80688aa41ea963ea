// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Removing what builds leave behind, directories without write permission too (Go's module cache is
 * made of them). For this room only.
 */
#pragma once

/**
 * Remove a file, or a directory with all that is in it. Links are removed, not followed.
 *
 * @param dir_fd directory for a relative name, or AT_FDCWD
 * @param name   what to remove
 * @return 0 (also when there was nothing) or a negative errno
 */
int sj_wipe(int dir_fd, const char *name);
