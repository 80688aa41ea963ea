// SPDX-License-Identifier: Apache-2.0
// `scrubjay compare`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'compare' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_compare = {
    .name = "compare",
    .words = "A B",
    .words_max = INT_MAX,
    .summary = "Compare two builds or commits, unit by unit.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
