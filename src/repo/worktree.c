// SPDX-License-Identifier: Apache-2.0
#include "repo/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "repo/borrow.h"
#include "repo/git.h"
#include "repo/tree_clean.h"

// Submodules within submodules.
#define MODULE_DEPTH_MAX 16

struct sj_tree {
    char *dir;            // absolute, without a slash at its end
    char *source_dir;     // the user's common directory: modules are below it
    char *source_git_dir; // of a linked work tree another one
    char *source_root;    // the user's work tree, or NULL: modules of an old git are in it
    git_repository *git;  // ours
    int lock;             // held while the tree is open
    char **missing;       // submodules that are not checked out
    size_t missing_count; // how many
};

// A repository that is checked out: the tree's own, or a submodule's.
struct place {
    struct sj_tree *tree;
    git_repository *git;
    const char *dir;         // where it is checked out
    const char *source_dir;  // the user's: modules are below it
    const char *source_root; // the user's work tree of it; NULL: none
    const char *path;        // in the tree; "" for the tree itself
    unsigned depth;
};

static int fill_place(const struct place *place, const struct sj_oid *commit, struct sj_err *err);

static void forget_missing(struct sj_tree *tree)
{
    for (size_t i = 0; i < tree->missing_count; i++) {
        free(tree->missing[i]);
    }
    free(sj_steal(tree->missing));
    tree->missing_count = 0;
}

static void add_missing(struct sj_tree *tree, const char *path)
{
    tree->missing = sj_realloc(tree->missing, tree->missing_count + 1, sizeof *tree->missing);
    tree->missing[tree->missing_count++] = sj_strdup(path);
}

// Absolute, though nothing may be there yet.
static int make_absolute(const char *dir, char **out)
{
    int status = sj_dir_make(dir, 0777);
    if (status < 0) {
        return status;
    }
    *out = realpath(dir, NULL);
    return *out ? 0 : -errno;
}

int sj_tree_open(struct sj_repo *repo, const char *dir, struct sj_tree **out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *path = NULL;
    int status = make_absolute(dir, &path);
    if (status < 0) {
        return sj_fail(err, status, "cannot make the directory '%s'", dir);
    }
    git_repository *git = NULL;
    int lock = -1;
    status = sj_borrow(repo->git, path, false, &git, &lock, err);
    if (status < 0) {
        return status;
    }
    // The repository may be closed before the tree.
    (void)git_libgit2_init();
    struct sj_tree *tree = sj_new(struct sj_tree);
    *tree = (struct sj_tree){
        .dir = sj_steal(path),
        .source_dir = sj_strdup(repo->common_dir),
        .source_git_dir = sj_strdup(repo->git_dir),
        .source_root = repo->root ? sj_strdup(repo->root) : NULL,
        .git = git,
        .lock = lock,
    };
    *out = tree;
    return 0;
}

void sj_tree_close(struct sj_tree *tree)
{
    if (!tree) {
        return;
    }
    forget_missing(tree);
    git_repository_free(tree->git);
    (void)git_libgit2_shutdown();
    (void)close(tree->lock);
    free(tree->dir);
    free(tree->source_dir);
    free(tree->source_git_dir);
    free(tree->source_root);
    free(tree);
}

const char *sj_tree_dir(const struct sj_tree *tree)
{
    return tree->dir;
}

const char *const *sj_tree_missing(const struct sj_tree *tree, size_t *count)
{
    *count = tree->missing_count;
    return (const char *const *)tree->missing;
}

// Git's mode of a path; 0: not there.
static git_filemode_t mode_at(git_tree *tree, const char *path)
{
    git_tree_entry *entry = NULL;
    if (git_tree_entry_bypath(&entry, tree, path) < 0) {
        return GIT_FILEMODE_UNREADABLE;
    }
    git_filemode_t mode = git_tree_entry_filemode(entry);
    git_tree_entry_free(entry);
    return mode;
}

static int drop_module(const char *dir, bool is_replaced)
{
    int status = sj_borrow_is(dir) ? sj_tree_remove(dir) : 0;
    // libgit2 puts a file in the place of a directory, but not in that of a lost submodule.
    if (status == 0 && is_replaced) {
        (void)mkdir(dir, 0777);
    } else if (status == 0) {
        (void)rmdir(dir);
    }
    return status;
}

// Submodules that the commit has no more are in the way of what it has in their place.
static int drop_modules(const struct place *place, git_tree *target)
{
    git_index *index = NULL;
    int code = git_repository_index(&index, place->git);
    int status = code < 0 ? sj_git_errno(code) : 0;
    size_t count = code < 0 ? 0 : git_index_entrycount(index);
    for (size_t i = 0; i < count && status == 0; i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        if (entry->mode != GIT_FILEMODE_COMMIT) {
            continue;
        }
        git_filemode_t mode = mode_at(target, entry->path);
        if (mode != GIT_FILEMODE_COMMIT) {
            SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/%s", place->dir, entry->path);
            status = drop_module(dir, mode != GIT_FILEMODE_UNREADABLE);
        }
    }
    git_index_free(index);
    return status;
}

static bool lacks_files(const struct place *place)
{
    git_index *index = NULL;
    bool lacks = false;
    size_t count = git_repository_index(&index, place->git) == 0 ? git_index_entrycount(index) : 0;
    for (size_t i = 0; i < count && !lacks; i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", place->dir, entry->path);
        struct stat st;
        lacks = entry->mode != GIT_FILEMODE_COMMIT && lstat(path, &st) < 0;
    }
    git_index_free(index);
    return lacks;
}

static int write_tree(const struct place *place, const git_object *target)
{
    git_checkout_options options;
    (void)git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
    options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_RECREATE_MISSING;
    return git_checkout_tree(place->git, target, &options);
}

static int restore_head(const struct place *place)
{
    git_object *head = NULL;
    int code = git_revparse_single(&head, place->git, "HEAD^{tree}");
    if (code == 0) {
        code = write_tree(place, head);
    }
    git_object_free(head);
    return code;
}

// libgit2 stumbles where a path changes its type and a build has removed what was there: what is
// missing is put back first, and looked for afterwards.
static int write_files(const struct place *place, const git_oid *id, git_tree *target)
{
    int code = lacks_files(place) ? restore_head(place) : 0;
    if (code == 0) {
        code = write_tree(place, (const git_object *)target);
    }
    if (code == 0) {
        code = git_repository_set_head_detached(place->git, id);
    }
    return code == 0 && lacks_files(place) ? write_tree(place, (const git_object *)target) : code;
}

static int check_out(const struct place *place, const git_oid *id, struct sj_err *err)
{
    git_commit *commit = NULL;
    git_tree *target = NULL;
    int code = git_commit_lookup(&commit, place->git, id);
    if (code == 0) {
        code = git_commit_tree(&target, commit);
    }
    int status = code < 0 ? 0 : drop_modules(place, target);
    if (code == 0 && status == 0) {
        code = write_files(place, id, target);
    }
    char hex[GIT_OID_HEXSZ + 1];
    (void)git_oid_tostr(hex, sizeof hex, id);
    if (status < 0) {
        status = sj_fail(err, status, "cannot check out %s in '%s'", hex, place->dir);
    } else if (code == GIT_ENOTFOUND && commit) {
        status = sj_fail_plain(err, -ENOENT,
                               "cannot check out %s: the clone is partial and lacks the content of "
                               "files; git fetch --refetch --no-filter brings it",
                               hex);
    } else if (code < 0) {
        status = sj_git_fail(err, code, "cannot check out %s in '%s'", hex, place->dir);
    }
    git_tree_free(target);
    git_commit_free(commit);
    return status;
}

struct wanted {
    const char *path;
    char *name; // NULL: no submodule has that path
};

static void match_path(const char *name, size_t len, const char *value, void *user)
{
    struct wanted *wanted = user;
    if (strcmp(value, wanted->path) == 0) {
        free(wanted->name);
        wanted->name = sj_strndup(name, len);
    }
}

// A name is used as a path: it must stay below the directory of modules.
static bool is_safe_name(const char *name)
{
    if (name[0] == '\0' || name[0] == '/') {
        return false;
    }
    for (const char *at = name; *at; at += strspn(at, "/")) {
        size_t len = strcspn(at, "/");
        if (len == 2 && at[0] == '.' && at[1] == '.') {
            return false;
        }
        at += len;
    }
    return true;
}

// The name by which the user's repository keeps a submodule.
static char *name_of(const struct place *place, const char *path)
{
    SJ_AUTO(sj_auto_free) char *file = sj_asprintf("%s/.gitmodules", place->dir);
    struct wanted wanted = {.path = path};
    git_config *config = NULL;
    struct stat st;
    if (lstat(file, &st) == 0 && S_ISREG(st.st_mode) &&
        git_config_open_ondisk(&config, file) == 0) {
        sj_git_each_setting(config, "submodule.", ".path", match_path, &wanted);
    }
    git_config_free(config);
    if (wanted.name && !is_safe_name(wanted.name)) {
        free(sj_steal(wanted.name));
    }
    return wanted.name;
}

static bool has_commit(git_repository *source, const git_oid *id)
{
    git_commit *commit = NULL;
    bool has = git_commit_lookup(&commit, source, id) == 0;
    git_commit_free(commit);
    return has;
}

// Opened bare: its work tree may be gone, or something else by now.
static git_repository *open_below(const char *git_dir, const char *name, const git_oid *id)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/modules/%s", git_dir, name);
    git_repository *source = NULL;
    if (git_repository_open_bare(&source, path) == 0 && has_commit(source, id)) {
        return source;
    }
    git_repository_free(source);
    return NULL;
}

static git_repository *open_beside(const char *root, const char *path, const git_oid *id)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/%s", root, path);
    git_repository *source = NULL;
    if (git_repository_open_ext(&source, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) == 0 &&
        has_commit(source, id)) {
        return source;
    }
    git_repository_free(source);
    return NULL;
}

// Where the user has a submodule's objects: below .git/modules, of each linked work tree too; or,
// made by an old git, in its place.
static git_repository *source_of(const struct place *place, const char *path, const git_oid *id)
{
    SJ_AUTO(sj_auto_free) char *name = name_of(place, path);
    git_repository *source = name ? open_below(place->source_dir, name, id) : NULL;
    if (!source && name && place->depth == 0) {
        source = open_below(place->tree->source_git_dir, name, id);
    }
    if (!source && place->source_root) {
        source = open_beside(place->source_root, path, id);
    }
    return source;
}

static int fill_module(const struct place *outer, const git_index_entry *entry, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/%s", outer->dir, entry->path);
    SJ_AUTO(sj_auto_free)
    char *path = sj_asprintf("%s%s%s", outer->path, outer->path[0] ? "/" : "", entry->path);
    git_repository *source =
        outer->depth < MODULE_DEPTH_MAX ? source_of(outer, entry->path, &entry->id) : NULL;
    if (!source) {
        add_missing(outer->tree, path);
        return 0;
    }
    SJ_AUTO(sj_auto_free) char *source_dir = sj_strdup(git_repository_commondir(source));
    source_dir[strlen(source_dir) - 1] = '\0';
    SJ_AUTO(sj_auto_free)
    char *root = outer->source_root ? sj_asprintf("%s/%s", outer->source_root, entry->path) : NULL;
    struct place place = {
        .tree = outer->tree,
        .dir = dir,
        .source_dir = source_dir,
        .source_root = root,
        .path = path,
        .depth = outer->depth + 1,
    };
    SJ_AUTO(sj_auto_close) int lock = -1;
    int status = sj_borrow(source, dir, true, &place.git, &lock, err);
    if (status == 0) {
        struct sj_oid commit = sj_oid_of_git(&entry->id);
        status = fill_place(&place, &commit, err);
    }
    git_repository_free(place.git);
    git_repository_free(source);
    return status;
}

static int fill_modules(const struct place *place, struct sj_err *err)
{
    git_index *index = NULL;
    int code = git_repository_index(&index, place->git);
    if (code < 0) {
        return sj_git_fail(err, code, "cannot read the index of '%s'", place->dir);
    }
    int status = 0;
    size_t count = git_index_entrycount(index);
    for (size_t i = 0; i < count && status == 0; i++) {
        const git_index_entry *entry = git_index_get_byindex(index, i);
        if (entry->mode == GIT_FILEMODE_COMMIT) {
            status = fill_module(place, entry, err);
        }
    }
    git_index_free(index);
    return status;
}

static int fill_place(const struct place *place, const struct sj_oid *commit, struct sj_err *err)
{
    git_oid id = sj_git_oid(commit);
    int status = check_out(place, &id, err);
    return status < 0 ? status : fill_modules(place, err);
}

int sj_tree_move(struct sj_tree *tree, const struct sj_oid *commit, struct sj_err *err)
{
    forget_missing(tree);
    const struct place place = {
        .tree = tree,
        .git = tree->git,
        .dir = tree->dir,
        .source_dir = tree->source_dir,
        .source_root = tree->source_root,
        .path = "",
    };
    return fill_place(&place, commit, err);
}

int sj_tree_clean(struct sj_tree *tree, struct sj_err *err)
{
    int status = sj_tree_wipe_untracked(tree->git, tree->dir);
    if (status < 0) {
        return sj_fail(err, status, "cannot clean '%s'", tree->dir);
    }
    git_oid id;
    int code = git_reference_name_to_id(&id, tree->git, "HEAD");
    if (code < 0) {
        return 0; // nothing was checked out yet
    }
    struct sj_oid head = sj_oid_of_git(&id);
    return sj_tree_move(tree, &head, err);
}
