// SPDX-License-Identifier: Apache-2.0
#include "import-gitlab/gitlab.h"

#include <stddef.h>

static const struct sj_import_format *const formats[] = {&sj_gitlab_jobs, &sj_gitlab_trace, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "gitlab",
    .formats = formats,
};
