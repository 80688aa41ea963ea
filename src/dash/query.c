// SPDX-License-Identifier: Apache-2.0
#include "dash/query.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_dash_query_read(struct sj_str path, struct sj_str query, uint64_t now_ns,
                       struct sj_dash_query *out, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_dash_query_release(struct sj_dash_query *query)
{
}

char *sj_dash_link(const struct sj_dash_query *query, const char *page, const char *subject,
                   const char *second)
{
    return NULL;
}

char *sj_dash_link_with(const struct sj_dash_query *query, enum sj_dash_parameter parameter,
                        const char *value)
{
    return NULL;
}

const char *sj_dash_parameter_name(enum sj_dash_parameter parameter)
{
    return "";
}
