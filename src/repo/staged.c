// SPDX-License-Identifier: Apache-2.0
#include "repo/staged.h"

#include <errno.h>
#include <fcntl.h>

#include "base/mem.h"
#include "repo/git.h"

int sj_staged_get(struct sj_repo *repo, git_index **out)
{
    if (!repo->root) {
        return -ENOTDIR;
    }
    git_index *index = NULL;
    int code = git_repository_index(&index, repo->git);
    if (code == 0) {
        code = git_index_read(index, 0);
    }
    // The repository holds it on.
    git_index_free(index);
    if (code < 0) {
        return sj_git_errno(code);
    }
    *out = index;
    return 0;
}

static int compare_times(int32_t seconds, uint32_t nanoseconds, const struct timespec *time)
{
    // The index has 32 bits of them.
    uint32_t other = (uint32_t)time->tv_sec;
    if ((uint32_t)seconds != other) {
        return (uint32_t)seconds < other ? -1 : 1;
    }
    // Git may have been built without nanoseconds.
    if (nanoseconds == 0) {
        return 0;
    }
    uint32_t nsec = (uint32_t)time->tv_nsec;
    return nanoseconds < nsec ? -1 : nanoseconds > nsec;
}

static bool is_program(uint32_t mode)
{
    return (mode & 0100u) != 0;
}

static bool has_type(const struct sj_repo *repo, const git_index_entry *entry,
                     const struct stat *st)
{
    if (S_ISREG(entry->mode)) {
        return S_ISREG(st->st_mode) &&
               (!repo->is_mode_kept || is_program(entry->mode) == is_program(st->st_mode));
    }
    return S_ISLNK(entry->mode) && S_ISLNK(st->st_mode);
}

bool sj_staged_is_fresh(const struct sj_repo *repo, const git_index_entry *entry,
                        const struct stat *st)
{
    if (!has_type(repo, entry, st) || entry->file_size != (uint32_t)st->st_size ||
        entry->ino != (uint32_t)st->st_ino ||
        compare_times(entry->mtime.seconds, entry->mtime.nanoseconds, &st->st_mtim) != 0 ||
        compare_times(entry->ctime.seconds, entry->ctime.nanoseconds, &st->st_ctim) != 0) {
        return false;
    }
    // Written in the same tick as the index: it may have changed since without a trace.
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/index", repo->git_dir);
    struct stat index;
    return stat(path, &index) == 0 &&
           compare_times(entry->mtime.seconds, entry->mtime.nanoseconds, &index.st_mtim) < 0;
}

// Git writes a size of 0 for lines it does not trust; their content is looked at.
static bool differs_by_content(struct sj_repo *repo, const char *full, const git_index_entry *entry)
{
    git_oid id;
    if (S_ISLNK(entry->mode)) {
        char target[4096];
        ssize_t len = readlink(full, target, sizeof target);
        return len < 0 || git_odb_hash(&id, target, (size_t)len, GIT_OBJECT_BLOB) < 0 ||
               !git_oid_equal(&id, &entry->id);
    }
    return git_repository_hashfile(&id, repo->git, full, GIT_OBJECT_BLOB, NULL) < 0 ||
           !git_oid_equal(&id, &entry->id);
}

static bool module_differs(const char *full, const git_index_entry *entry)
{
    git_repository *module = NULL;
    git_oid id;
    // One that was never checked out is not different, only absent.
    if (git_repository_open_ext(&module, full, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0) {
        return false;
    }
    bool is_other =
        git_reference_name_to_id(&id, module, "HEAD") < 0 || !git_oid_equal(&id, &entry->id);
    git_repository_free(module);
    return is_other;
}

static bool differs(struct sj_repo *repo, const git_index_entry *entry)
{
    // Left out of the work tree on purpose, or told to be unchanged.
    if ((entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) ||
        (entry->flags & GIT_INDEX_ENTRY_VALID)) {
        return false;
    }
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", repo->root, entry->path);
    if (entry->mode == GIT_FILEMODE_COMMIT) {
        return module_differs(full, entry);
    }
    struct stat st;
    if (lstat(full, &st) < 0 || !has_type(repo, entry, &st)) {
        return true;
    }
    return !sj_staged_is_fresh(repo, entry, &st) && differs_by_content(repo, full, entry);
}

static int index_differs(struct sj_repo *repo, git_index *index, const struct sj_oid *commit,
                         bool *out)
{
    git_tree *tree = NULL;
    git_diff *diff = NULL;
    struct sj_oid name;
    int code = 0;
    if (!sj_oid_is_zero(commit)) {
        int status = sj_repo_tree_of(repo, commit, &name);
        if (status < 0) {
            return status;
        }
        git_oid id = sj_git_oid(&name);
        code = git_tree_lookup(&tree, repo->git, &id);
    }
    if (code == 0) {
        code = git_diff_tree_to_index(&diff, repo->git, tree, index, NULL);
    }
    if (code == 0) {
        *out = git_diff_num_deltas(diff) > 0;
    }
    git_diff_free(diff);
    git_tree_free(tree);
    return code < 0 ? sj_git_errno(code) : 0;
}

int sj_staged_is_dirty(struct sj_repo *repo, const struct sj_oid *commit, bool *out)
{
    git_index *index = NULL;
    int status = sj_staged_get(repo, &index);
    if (status < 0) {
        return status;
    }
    bool is_dirty = false;
    status = index_differs(repo, index, commit, &is_dirty);
    if (status < 0) {
        return status;
    }
    size_t count = git_index_entrycount(index);
    for (size_t i = 0; i < count && !is_dirty; i++) {
        is_dirty = differs(repo, git_index_get_byindex(index, i));
    }
    *out = is_dirty;
    return 0;
}
