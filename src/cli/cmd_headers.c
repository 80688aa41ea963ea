// SPDX-License-Identifier: Apache-2.0
// `scrubjay headers`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'headers' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_headers = {
    .name = "headers",
    .words = "[HEADER]",
    .words_max = INT_MAX,
    .summary = "Tell what each header costs a month.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
