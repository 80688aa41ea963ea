// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "repo/git.h"

#define NAME_MAX_BYTES 512

// A name is shown and stored: no byte of it may be a command to a terminal.
static void add_tame(struct sj_buf *out, const char *text, size_t len, bool is_lower)
{
    for (size_t i = 0; i < len && i < NAME_MAX_BYTES; i++) {
        unsigned char c = (unsigned char)text[i];
        c = c < ' ' || c == 0x7f ? '?' : c;
        sj_buf_addc(out, (char)(is_lower ? tolower(c) : c));
    }
}

static size_t trimmed(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '/') {
        len--;
    }
    if (len > 4 && memcmp(text + len - 4, ".git", 4) == 0) {
        len -= 4;
    }
    return len;
}

// "scheme://user@host:port/path" or "user@host:path". Not for paths of this machine.
static bool split_url(const char *url, struct sj_str *host, struct sj_str *path)
{
    const char *at = strstr(url, "://");
    bool is_url = at != NULL;
    at = is_url ? at + 3 : url;
    size_t len = is_url ? strcspn(at, "/") : strcspn(at, ":/");
    if (strncmp(url, "file:", 5) == 0 || at[len] != (is_url ? '/' : ':')) {
        return false;
    }
    *path = sj_str_of(at + len + 1);
    *host = (struct sj_str){at, len};
    const char *user = memrchr(at, '@', len);
    if (user) {
        *host = (struct sj_str){user + 1, len - (size_t)(user + 1 - at)};
    }
    const char *port = host->len > 0 ? memrchr(host->data, ':', host->len) : NULL;
    if (is_url && port && !memchr(port, ']', host->len - (size_t)(port - host->data))) {
        host->len = (size_t)(port - host->data);
    }
    while (path->len > 0 && path->data[0] == '/') {
        path->data++;
        path->len--;
    }
    path->len = trimmed(path->data, path->len);
    return host->len > 0 && path->len > 0;
}

/** Remotes of a repository. */
struct remotes {
    char *name; // of the one that counts so far
    char *url;  // its first
    bool has_others;
};

// "remote.NAME.url". The first address of a remote is the one that is fetched from.
static void note_remote(struct remotes *remotes, const git_config_entry *entry)
{
    const char *name = sj_skip_prefix(entry->name, "remote.");
    if (!name || !sj_has_suffix(name, ".url")) {
        return;
    }
    size_t len = strlen(name) - strlen(".url");
    bool is_known =
        remotes->name && strlen(remotes->name) == len && memcmp(remotes->name, name, len) == 0;
    bool is_origin = len == strlen("origin") && memcmp(name, "origin", len) == 0;
    if (remotes->name && !is_known) {
        remotes->has_others = true;
    }
    if (!remotes->name || (is_origin && !is_known)) {
        free(remotes->name);
        free(remotes->url);
        remotes->name = sj_strndup(name, len);
        remotes->url = sj_strdup(entry->value ? entry->value : "");
    }
}

// Read by hand: libgit2 1.5 loses memory at each look for a remote. NULL: none, or no telling
// which.
static char *remote_url(const struct sj_repo *repo)
{
    git_config *config = NULL;
    git_config_iterator *each = NULL;
    git_config_entry *entry = NULL;
    struct remotes remotes = {0};
    if (git_repository_config_snapshot(&config, repo->git) == 0 &&
        git_config_iterator_new(&each, config) == 0) {
        while (git_config_next(&entry, each) == 0) {
            note_remote(&remotes, entry);
        }
    }
    git_config_iterator_free(each);
    git_config_free(config);
    bool counts = remotes.name && (!remotes.has_others || strcmp(remotes.name, "origin") == 0);
    free(remotes.name);
    if (!counts) {
        free(remotes.url);
        return NULL;
    }
    return remotes.url;
}

// The last part of the root; of a bare one without ".git".
static void add_root_name(const struct sj_repo *repo, struct sj_buf *out)
{
    const char *root = repo->root ? repo->root : repo->common_dir;
    size_t len = trimmed(root, strlen(root));
    const char *slash = memrchr(root, '/', len);
    const char *name = slash ? slash + 1 : root;
    add_tame(out, name, len - (size_t)(name - root), false);
}

bool sj_repo_project_of_url(const char *url, struct sj_buf *out)
{
    struct sj_str host;
    struct sj_str path;
    if (!split_url(url, &host, &path)) {
        return false;
    }
    add_tame(out, host.data, host.len, true);
    sj_buf_addc(out, '/');
    add_tame(out, path.data, path.len, false);
    return true;
}

void sj_repo_project(struct sj_repo *repo, struct sj_buf *out)
{
    SJ_AUTO(sj_auto_free) char *url = remote_url(repo);
    if (!url || !sj_repo_project_of_url(url, out)) {
        add_root_name(repo, out);
    }
}
