// SPDX-License-Identifier: Apache-2.0
#include "wrap/instructions.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

int sj_instructions_open(void)
{
    // The counter is this process's and off. Who is forked inherits it, and there exec turns it on.
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .disabled = 1,
        .inherit = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .enable_on_exec = 1,
    };
    long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

uint64_t sj_instructions_read(int fd)
{
    /** As read_format lays it out. */
    struct {
        uint64_t count;
        uint64_t enabled_ns;
        uint64_t running_ns;
    } value = {0};
    if (fd < 0 || read(fd, &value, sizeof value) != (ssize_t)sizeof value) {
        return 0;
    }
    // A counter that others wanted, too, or that only some kinds of cores have, saw only a part:
    // scaling that up gives a guess, and an exact number is the point of counting.
    return value.running_ns == value.enabled_ns ? value.count : 0;
}
