// SPDX-License-Identifier: Apache-2.0
#include "repo/repo.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

int sj_repo_open(const char *path, struct sj_repo **out, struct sj_err *err)
{
    return -ENOSYS;
}

void sj_repo_close(struct sj_repo *repo)
{
}

const char *sj_repo_root(const struct sj_repo *repo)
{
    return "";
}

const char *sj_repo_git_dir(const struct sj_repo *repo)
{
    return "";
}

bool sj_repo_is_shallow(const struct sj_repo *repo)
{
    return false;
}

void sj_repo_project(struct sj_repo *repo, struct sj_buf *out)
{
}

void sj_repo_head_release(struct sj_repo_head *head)
{
}

int sj_repo_head(struct sj_repo *repo, struct sj_repo_head *out, struct sj_err *err)
{
    return -ENOSYS;
}

int sj_repo_find(struct sj_repo *repo, const char *text, struct sj_oid *out, struct sj_err *err)
{
    return -ENOSYS;
}

int sj_repo_range(struct sj_repo *repo, const char *text, struct sj_oid *from, struct sj_oid *to,
                  struct sj_err *err)
{
    return -ENOSYS;
}

int sj_repo_blob_of(struct sj_repo *repo, const char *path, const struct sj_key *content,
                    uint64_t before_ns, struct sj_oid *out)
{
    return -ENOSYS;
}

int sj_repo_blob_read(struct sj_repo *repo, const struct sj_oid *oid, size_t max_bytes,
                      struct sj_buf *out)
{
    return -ENOSYS;
}

int sj_repo_path_at(struct sj_repo *repo, const struct sj_oid *commit, const char *path,
                    struct sj_oid *out, uint32_t *mode)
{
    return -ENOSYS;
}

int sj_repo_each_file(struct sj_repo *repo, const struct sj_oid *commit,
                      int (*visit)(const char *path, const struct sj_oid *oid, uint32_t mode,
                                   void *user),
                      void *user)
{
    return -ENOSYS;
}
