// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Count the instructions that a compile takes: the same from run to run where its CPU time is not.
 * Source: perf_event_open(2).
 */
#pragma once

#include <stdint.h>

/**
 * Begin to count: user-mode instructions of every process that is started and executed from now on,
 * and of all that those start. This process itself is not counted.
 *
 * @return descriptor, closed on exec; or a negative errno: -ENOENT (the machine has no counter, as
 *         most virtual ones), -EACCES and -EPERM (kernel.perf_event_paranoid, or a container's
 *         filter), …. One system call either way
 */
int sj_instructions_open(void);

/**
 * What was counted so far, of the processes that have ended.
 *
 * @param fd from sj_instructions_open(); a negative one counts nothing. Stays the caller's
 * @return instructions; 0: not known, also where the counter was shared and missed a part
 */
uint64_t sj_instructions_read(int fd);
