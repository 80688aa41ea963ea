// SPDX-License-Identifier: Apache-2.0
#include "cli/spark.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "analyze/noise.h"
#include "base/mem.h"

#define LEVELS     8
#define LEAST_SPAN 0.1 // of the largest value

static const char *const blocks[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const letters[LEVELS] = {"_", ".", "-", "~", "=", "+", "*", "#"};

bool sj_spark_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            const char *dot = value;
            while (*dot && *dot != '.') {
                dot++;
            }
            return strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0;
        }
    }
    return false;
}

// The median of a share of the values; NAN: all are gaps.
static double bar_of(const double *values, size_t from, size_t to, double *scratch)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        if (isfinite(values[i])) {
            scratch[count++] = values[i];
        }
    }
    return count ? sj_noise_median(scratch, count) : NAN;
}

void sj_spark(struct sj_buf *out, const double *values, size_t count, size_t width, bool is_utf8)
{
    width = width < count ? width : count;
    SJ_AUTO(sj_auto_free) double *bars = sj_calloc(width + 1, sizeof *bars);
    SJ_AUTO(sj_auto_free) double *scratch = sj_calloc(count + 1, sizeof *scratch);
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < width; i++) {
        bars[i] = bar_of(values, i * count / width, (i + 1) * count / width, scratch);
        if (isfinite(bars[i])) {
            low = fmin(low, bars[i]);
            high = fmax(high, bars[i]);
        }
    }
    double span = fmax(high - low, LEAST_SPAN * fabs(high));
    for (size_t i = 0; i < width; i++) {
        if (!isfinite(bars[i])) {
            sj_buf_addc(out, ' ');
            continue;
        }
        double share = span > 0 ? (bars[i] - low) / span : 0;
        int level = (int)(share * LEVELS);
        level = level < 0 ? 0 : level >= LEVELS ? LEVELS - 1 : level;
        sj_buf_adds(out, is_utf8 ? blocks[level] : letters[level]);
    }
}
