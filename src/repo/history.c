// SPDX-License-Identifier: Apache-2.0
#include "repo/history.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_history_open(struct sj_repo *repo, const char *cache, struct sj_history **out,
                    struct sj_err *err)
{
    return -ENOSYS;
}

void sj_history_close(struct sj_history *history)
{
}

int sj_history_take(struct sj_history *history, const struct sj_oid *tip,
                    struct sj_history_update *out, struct sj_err *err)
{
    return -ENOSYS;
}

uint32_t sj_history_find(const struct sj_history *history, const struct sj_oid *id)
{
    return 0;
}

const struct sj_commit *sj_history_commits(const struct sj_history *history, size_t *count)
{
    return NULL;
}

const struct sj_change *sj_history_changes(const struct sj_history *history, size_t *count)
{
    return NULL;
}

const char *sj_history_path(const struct sj_history *history, uint32_t path)
{
    return "";
}

uint32_t sj_history_path_find(const struct sj_history *history, const char *text)
{
    return 0;
}

const uint32_t *sj_history_of_path(struct sj_history *history, uint32_t path, size_t *count)
{
    return NULL;
}

bool sj_history_is_ancestor(const struct sj_history *history, uint32_t ancestor, uint32_t commit)
{
    return false;
}

uint32_t sj_history_fork(const struct sj_history *history, uint32_t a, uint32_t b)
{
    return 0;
}

int sj_history_side(struct sj_history *history, uint32_t merge, size_t max, struct sj_oid **out,
                    size_t *count)
{
    return -ENOSYS;
}

int sj_history_renamed(struct sj_history *history, uint32_t commit, uint32_t path, uint32_t *out)
{
    return -ENOSYS;
}
