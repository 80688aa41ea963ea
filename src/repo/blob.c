// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "repo/commit_text.h"
#include "repo/git.h"
#include "repo/staged.h"
#include "repo/tree_diff.h"

static int hash_file(struct sj_repo *repo, const char *path, struct sj_oid *out)
{
    git_oid id;
    int code = git_repository_hashfile(&id, repo->git, path, GIT_OBJECT_BLOB, NULL);
    if (code < 0) {
        return sj_git_errno(code);
    }
    *out = sj_oid_of_git(&id);
    return 0;
}

static int check_content(const char *full, const struct sj_key *content)
{
    SJ_AUTO(sj_auto_close) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? SJ_REPO_CHANGED : -errno;
    }
    struct sj_key key;
    int status = sj_key_of_fd(fd, &key, NULL);
    if (status < 0) {
        return status;
    }
    return sj_key_eq(&key, content) ? 0 : SJ_REPO_CHANGED;
}

static bool is_older(const struct stat *st, uint64_t before_ns)
{
    struct timespec last = st->st_mtim;
    if (st->st_ctim.tv_sec > last.tv_sec ||
        (st->st_ctim.tv_sec == last.tv_sec && st->st_ctim.tv_nsec > last.tv_nsec)) {
        last = st->st_ctim;
    }
    return (uint64_t)last.tv_sec * SJ_NS_PER_S + (uint64_t)last.tv_nsec < before_ns;
}

int sj_repo_blob_of(struct sj_repo *repo, const char *path, const struct sj_key *content,
                    uint64_t before_ns, struct sj_oid *out)
{
    git_index *index = NULL;
    int status = sj_staged_get(repo, &index);
    if (status < 0) {
        return status;
    }
    const git_index_entry *entry = git_index_get_bypath(index, path, 0);
    if (!entry || !S_ISREG(entry->mode)) {
        return SJ_REPO_UNTRACKED;
    }
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", repo->root, path);
    struct stat st;
    if (lstat(full, &st) < 0) {
        return errno == ENOENT || errno == ENOTDIR ? SJ_REPO_CHANGED : -errno;
    }
    if (S_ISREG(st.st_mode) && is_older(&st, before_ns) && sj_staged_is_fresh(repo, entry, &st)) {
        *out = sj_oid_of_git(&entry->id);
        return 0;
    }
    status = check_content(full, content);
    return status != 0 ? status : hash_file(repo, full, out);
}

int sj_repo_blob_size(struct sj_repo *repo, const struct sj_oid *oid, size_t *out)
{
    git_oid id = sj_git_oid(oid);
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    int code = git_odb_read_header(&size, &type, repo->odb, &id);
    if (code < 0) {
        return sj_git_errno(code);
    }
    if (type != GIT_OBJECT_BLOB) {
        return -EBADMSG;
    }
    *out = size;
    return 0;
}

int sj_repo_blob_read(struct sj_repo *repo, const struct sj_oid *oid, size_t max_bytes,
                      struct sj_buf *out)
{
    git_oid id = sj_git_oid(oid);
    size_t size = 0;
    int status = sj_repo_blob_size(repo, oid, &size);
    if (status < 0) {
        return status;
    }
    // Before it is read: the size comes from outside.
    if (size > max_bytes) {
        return -EFBIG;
    }
    git_odb_object *object = NULL;
    int code = git_odb_read(&object, repo->odb, &id);
    if (code < 0) {
        return sj_git_errno(code);
    }
    sj_buf_add(out, git_odb_object_data(object), git_odb_object_size(object));
    git_odb_object_free(object);
    return out->is_full ? -EFBIG : 0;
}

int sj_repo_tree_of(struct sj_repo *repo, const struct sj_oid *commit, struct sj_oid *out)
{
    git_odb_object *object = NULL;
    struct sj_commit_text text;
    int status = sj_commit_read(repo->odb, commit, &object, &text);
    if (status == 0) {
        *out = text.tree;
        git_odb_object_free(object);
    }
    return status;
}

// The line of a directory with a given name.
static int find_entry(struct sj_repo *repo, const struct sj_oid *tree, const char *name, size_t len,
                      struct sj_entry *out)
{
    struct sj_listing listing;
    int status = sj_listing_open(&repo->listings, tree, &listing);
    if (status < 0) {
        return status;
    }
    while ((status = sj_listing_next(&listing, out)) == 0) {
        if (out->len == len && memcmp(out->name, name, len) == 0) {
            break;
        }
    }
    sj_listing_close(&listing);
    return status > 0 ? -ENOENT : status;
}

int sj_repo_path_at(struct sj_repo *repo, const struct sj_oid *commit, const char *path,
                    struct sj_oid *out, uint32_t *mode)
{
    struct sj_entry entry = {.type = SJ_TYPE_DIR};
    int status = sj_repo_tree_of(repo, commit, &entry.oid);
    for (const char *at = path; status == 0; at++) {
        size_t len = strcspn(at, "/");
        status =
            entry.type == SJ_TYPE_DIR ? find_entry(repo, &entry.oid, at, len, &entry) : -ENOENT;
        at += len;
        if (*at == '\0') {
            break;
        }
    }
    if (status == 0 && entry.type == SJ_TYPE_DIR) {
        status = -ENOENT; // a directory: it has no content of its own
    }
    if (status < 0) {
        return status;
    }
    *out = entry.oid;
    if (mode) {
        *mode = entry.type;
    }
    return 0;
}

struct visit_files {
    int (*visit)(const char *path, const struct sj_oid *oid, uint32_t mode, void *user);
    void *user;
};

static int visit_added(const struct sj_tree_change *change, void *user)
{
    const struct visit_files *files = user;
    return files->visit(change->path, &change->after, change->type_after, files->user);
}

int sj_repo_each_file(struct sj_repo *repo, const struct sj_oid *commit,
                      int (*visit)(const char *path, const struct sj_oid *oid, uint32_t mode,
                                   void *user),
                      void *user)
{
    struct sj_oid tree;
    int status = sj_repo_tree_of(repo, commit, &tree);
    if (status < 0) {
        return status;
    }
    struct visit_files files = {visit, user};
    struct sj_tree_faults faults;
    const struct sj_oid none = {0};
    status = sj_tree_diff(&repo->listings, &none, &tree, visit_added, &files, &faults);
    return status == 0 && faults.count > 0 ? faults.status : status;
}
