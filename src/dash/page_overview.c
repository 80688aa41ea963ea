// SPDX-License-Identifier: Apache-2.0
// The page "overview".
#include <errno.h>

#include "dash/page.h"

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    (void)call;
    return sj_fail_plain(err, -ENOSYS, "'overview' is being built");
}

const struct sj_dash_page sj_page_overview = {
    .name = "overview",
    .title = "Overview",
    .subject = NULL,
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
