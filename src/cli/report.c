// SPDX-License-Identifier: Apache-2.0
#include "cli/report.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

void sj_report_close(struct sj_report *report)
{
}

int sj_report_open(const struct sj_invocation *call, struct sj_report *out, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_report_caveats(const struct sj_report *report, const struct sj_view *view)
{
}

int sj_report_none(void)
{
    return -ENOSYS;
}

int sj_report_range(struct sj_report *report, const char *text, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_report_commit(const struct sj_report *report, uint32_t commit, size_t width,
                      struct sj_buf *out)
{
}

void sj_report_markdown(struct sj_buf *out, const char *text)
{
}
const struct sj_option sj_view_options[] = {{0}};
