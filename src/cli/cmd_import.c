// SPDX-License-Identifier: Apache-2.0
// `scrubjay import`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'import' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_import = {
    .name = "import",
    .words = "FORMAT FILE...",
    .words_max = INT_MAX,
    .summary = "Take in what other tools tell of builds.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
