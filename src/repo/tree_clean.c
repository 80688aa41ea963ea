// SPDX-License-Identifier: Apache-2.0
#include "repo/tree_clean.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "repo/borrow.h"
#include "repo/git.h"

#define PATH_LIMIT_BYTES 65536

struct clean {
    git_index *index;
    const char *root;   // work tree
    struct sj_buf path; // below it
    int status;         // the first failure
};

static void clean_dir(struct clean *clean, int fd);

static void note(struct clean *clean, int status)
{
    clean->status = clean->status < 0 ? clean->status : status;
}

static bool is_dir_at(int dir_fd, const char *name)
{
    struct stat st;
    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool has_tracked_below(struct clean *clean)
{
    sj_buf_addc(&clean->path, '/');
    bool has = git_index_find_prefix(NULL, clean->index, sj_buf_text(&clean->path)) == 0;
    clean->path.data[--clean->path.len] = '\0';
    return has;
}

static void clean_module(struct clean *clean)
{
    SJ_AUTO(sj_auto_free)
    char *dir = sj_asprintf("%s/%s", clean->root, sj_buf_text(&clean->path));
    git_repository *git = NULL;
    if (!sj_borrow_is(dir)) {
        return;
    }
    int code = git_repository_open_ext(&git, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
    note(clean, code < 0 ? sj_git_errno(code) : sj_tree_wipe_untracked(git, dir));
    git_repository_free(git);
}

// Goes no deeper than the index does: what is below is git's, or it goes whole.
static void clean_entry(struct clean *clean, int dir_fd, const char *name)
{
    const git_index_entry *entry = git_index_get_bypath(clean->index, sj_buf_text(&clean->path), 0);
    bool is_dir = is_dir_at(dir_fd, name);
    if (entry && entry->mode == GIT_FILEMODE_COMMIT && is_dir) {
        clean_module(clean);
    } else if (is_dir && has_tracked_below(clean)) {
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) {
            note(clean, -errno);
        } else {
            clean_dir(clean, fd);
        }
    } else if (!entry || is_dir) {
        note(clean, sj_tree_remove_at(dir_fd, name));
    }
}

// Takes the descriptor over.
static void clean_dir(struct clean *clean, int fd)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = fdopendir(fd);
    if (!dir) {
        note(clean, -errno);
        (void)close(fd);
        return;
    }
    size_t len = clean->path.len;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (len == 0 && strcmp(name, ".git") == 0)) {
            continue;
        }
        sj_buf_addf(&clean->path, "%s%s", len > 0 ? "/" : "", name);
        if (clean->path.is_full) {
            note(clean, -ENAMETOOLONG);
            return;
        }
        clean_entry(clean, dirfd(dir), name);
        clean->path.len = len;
        clean->path.data[len] = '\0';
    }
}

int sj_tree_wipe_untracked(git_repository *git, const char *dir)
{
    struct clean clean = {.root = dir, .path = SJ_BUF_INIT(PATH_LIMIT_BYTES)};
    int code = git_repository_index(&clean.index, git);
    if (code == 0) {
        code = git_index_read(clean.index, 0);
    }
    if (code < 0) {
        git_index_free(clean.index);
        return sj_git_errno(code);
    }
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        note(&clean, -errno);
    } else {
        clean_dir(&clean, fd);
    }
    sj_buf_release(&clean.path);
    git_index_free(clean.index);
    return clean.status;
}
