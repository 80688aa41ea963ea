// SPDX-License-Identifier: Apache-2.0
// `scrubjay trend`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'trend' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_trend = {
    .name = "trend",
    .words = "[SERIES]",
    .words_max = INT_MAX,
    .summary = "Show how cost develops, and where it stepped.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
