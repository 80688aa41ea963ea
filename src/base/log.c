// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

// Written once at start-up, read-only from then on.
static int log_fd = -1;

int sj_log_open(const char *path)
{
    if (!path) {
        return 0;
    }
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    log_fd = fd;
    return 0;
}

bool sj_log_is_on(void)
{
    return log_fd >= 0;
}

void sj_log(const char *format, ...)
{
    if (log_fd < 0) {
        return;
    }
    char line[4096];
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    int head = snprintf(line, sizeof line, "%" PRIu64 ".%06" PRIu64 " %d ", now_ns / SJ_NS_PER_S,
                        now_ns % SJ_NS_PER_S / 1000, (int)getpid());
    size_t used = head > 0 ? (size_t)head : 0;
    va_list args;
    va_start(args, format);
    int body = vsnprintf(line + used, sizeof line - used - 1, format, args);
    va_end(args);
    if (body < 0) {
        return;
    }
    used += (size_t)body;
    if (used > sizeof line - 2) {
        used = sizeof line - 2;
    }
    line[used++] = '\n';
    // A debug message that cannot be written is nobody's concern.
    (void)!write(log_fd, line, used);
}
