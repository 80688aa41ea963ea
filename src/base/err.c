// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

int sj_fail(struct sj_err *err, int status, const char *format, ...)
{
    if (!err) {
        return status;
    }
    va_list args;
    va_start(args, format);
    int used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);

    size_t at = used < 0 ? 0 : (size_t)used;
    if (at < sizeof err->text) {
        // strerrordesc_np() is thread-safe and, unlike strerror(), never translates or allocates.
        const char *reason = strerrordesc_np(-status);
        (void)snprintf(err->text + at, sizeof err->text - at, ": %s", reason ? reason : "failed");
    }
    err->status = status;
    return status;
}

int sj_fail_plain(struct sj_err *err, int status, const char *format, ...)
{
    if (!err) {
        return status;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    err->status = status;
    return status;
}
