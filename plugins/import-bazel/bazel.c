// SPDX-License-Identifier: Apache-2.0
#include "import-bazel/bazel.h"

#include <stddef.h>

static const struct sj_import_format *const formats[] = {&sj_bazel_events, &sj_bazel_execution,
                                                         &sj_bazel_profile, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "bazel",
    .formats = formats,
};
