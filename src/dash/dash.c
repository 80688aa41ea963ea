// SPDX-License-Identifier: Apache-2.0
#include "dash/dash.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_dash_open(const struct sj_dash_options *options, struct sj_dash **out, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_dash_close(struct sj_dash *dash)
{
}

void sj_dash_answer(const struct sj_page_request *request, struct sj_page_answer *out, void *user)
{
}
