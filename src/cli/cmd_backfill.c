// SPDX-License-Identifier: Apache-2.0
// `scrubjay backfill`.
#include <errno.h>
#include <limits.h>

#include "cli/command.h"

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    (void)call;
    (void)sj_fail_plain(&err, -ENOSYS, "'backfill' is being built");
    return sj_command_fail(&err);
}

const struct sj_command sj_command_backfill = {
    .name = "backfill",
    .words = "A..B -- COMMAND [ARGUMENT]...",
    .words_max = INT_MAX,
    .summary = "Build past commits through the cache, so that history has figures.",
    .text = "",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
