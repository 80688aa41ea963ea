// SPDX-License-Identifier: Apache-2.0
// `scrubjay gate`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'gate' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_gate = {
    .name = "gate",
    .words = "[REV]",
    .words_max = INT_MAX,
    .summary = "Hold a change against budgets, for CI.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
