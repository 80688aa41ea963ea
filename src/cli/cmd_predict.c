// SPDX-License-Identifier: Apache-2.0
// `scrubjay predict`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'predict' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_predict = {
    .name = "predict",
    .words = "[REV]",
    .words_max = INT_MAX,
    .summary = "Tell what a change will cost before it is built.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
