// SPDX-License-Identifier: Apache-2.0
// The page "build".
#include <errno.h>

#include "dash/page.h"

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    (void)call;
    return sj_fail_plain(err, -ENOSYS, "'build' is being built");
}

const struct sj_dash_page sj_page_build = {
    .name = "build",
    .title = NULL,
    .subject = "BUILD",
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
