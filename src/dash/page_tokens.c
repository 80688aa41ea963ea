// SPDX-License-Identifier: Apache-2.0
// The page "tokens".
#include <errno.h>

#include "dash/page.h"

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    (void)call;
    return sj_fail_plain(err, -ENOSYS, "'tokens' is being built");
}

const struct sj_dash_page sj_page_tokens = {
    .name = "tokens",
    .title = "Tokens",
    .subject = NULL,
    .is_admin = true,
    .needs_records = false,
    .make = make,
};
