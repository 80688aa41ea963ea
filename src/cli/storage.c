// SPDX-License-Identifier: Apache-2.0
#include "cli/storage.h"

#include <sys/stat.h>

#include "base/mem.h"

int sj_storage_open(const struct sj_config *config, enum sj_storage_mode mode,
                    struct sj_store **out, struct sj_err *err)
{
    struct stat st;
    SJ_AUTO(sj_auto_free) char *index = sj_asprintf("%s/index", config->cache_dir);
    bool is_there = stat(config->cache_dir, &st) == 0;
    if (!is_there || (S_ISDIR(st.st_mode) && stat(index, &st) < 0)) {
        return SJ_STORAGE_NONE;
    }
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .compression_level = (int)config->compression,
        .is_read_only = mode == SJ_STORAGE_READ || config->read_only,
    };
    return sj_store_open(&options, out, err);
}

void sj_storage_close(struct sj_store **store)
{
    sj_store_close(*store);
}
