// SPDX-License-Identifier: Apache-2.0
// `scrubjay export`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'export' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_export = {
    .name = "export",
    .words = "FORMAT",
    .words_max = INT_MAX,
    .summary = "Write builds and records in a form that other tools read.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
