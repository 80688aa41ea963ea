// SPDX-License-Identifier: Apache-2.0
// The page "status".
#include <errno.h>

#include "dash/page.h"

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    (void)call;
    return sj_fail_plain(err, -ENOSYS, "'status' is being built");
}

const struct sj_dash_page sj_page_status = {
    .name = "status",
    .title = "Status",
    .subject = NULL,
    .is_admin = false,
    .needs_records = false,
    .make = make,
};
