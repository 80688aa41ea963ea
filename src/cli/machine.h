// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which machine a build runs on, and how many of its CPUs it may use.
 * Source: machine-id(5), cgroups(7), the kernel's "Control Group v2" (cpu.max) and "CFS Bandwidth
 * Control" (cpu.cfs_quota_us).
 */
#pragma once

#include "base/buf.h"

/**
 * A name for this machine: that of the host, and eight hexadecimal digits that tell two of one name
 * apart. They are a digest of the machine's id, which itself is nobody else's business.
 *
 * @param out the name is appended
 */
void sj_machine_name(struct sj_buf *out);

/**
 * CPUs that this process may use: of its affinity, and as many as the quotas of its control groups
 * come to, rounded up.
 *
 * @return how many, at least 1
 */
unsigned sj_machine_cpus(void);

/**
 * The smallest quota of the control groups that a process is in, and of those around them.
 *
 * @param groups text of /proc/PID/cgroup
 * @param mount  where control groups are mounted, such as "/sys/fs/cgroup"
 * @return CPUs, rounded up; 0: no quota
 */
unsigned sj_machine_quota(const char *groups, const char *mount);
