// SPDX-License-Identifier: Apache-2.0
#include "import-ninja/ninja.h"

#include <stddef.h>

static const struct sj_import_format *const formats[] = {
    &ninja_log_format,
    &ninja_deps_format,
    NULL,
};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "ninja",
    .formats = formats,
};
