// SPDX-License-Identifier: Apache-2.0
// `scrubjay blame`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'blame' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_blame = {
    .name = "blame",
    .words = "[A..B]",
    .words_max = INT_MAX,
    .summary = "Charge the CPU of misses to commits, authors, directories and files.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
