// SPDX-License-Identifier: Apache-2.0
#include "server/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/file.h"
#include "base/mem.h"

#define FILE_MAX ((size_t)4 << 20)

// Behind a link: a rename would put a file in its place. The caller frees it.
static char *resolve(const struct sj_config *config)
{
    SJ_AUTO(sj_auto_free)
    char *named = config->server.tokens ? sj_strdup(config->server.tokens)
                                        : sj_asprintf("%s/tokens", config->cache_dir);
    char *real = realpath(named, NULL);
    return real ? real : sj_steal(named);
}

// The directory of a path; the caller frees it.
static char *dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return sj_strdup(".");
    }
    return slash == path ? sj_strdup("/") : sj_strndup(path, (size_t)(slash - path));
}

static int take_lock(struct sj_token_file *file, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *dir = dir_of(file->path);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s.lock", file->path);
    int status = sj_dir_make(dir, 0700);
    if (status < 0) {
        return sj_fail(err, status, "cannot make '%s'", dir);
    }
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->lock < 0) {
        return sj_fail(err, -errno, "cannot open '%s'", path);
    }
    do {
        status = flock(file->lock, LOCK_EX) < 0 ? -errno : 0;
    } while (status == -EINTR);
    return status < 0 ? sj_fail(err, status, "cannot lock '%s'", path) : 0;
}

int sj_token_file_open(const struct sj_config *config, bool is_write, struct sj_token_file *out,
                       struct sj_err *err)
{
    *out = (struct sj_token_file){.path = resolve(config), .lock = -1};
    int status = is_write ? take_lock(out, err) : 0;
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(FILE_MAX);
    status = sj_file_read(AT_FDCWD, out->path, &text);
    if (status < 0 && status != -ENOENT) {
        return sj_fail(err, status, "cannot read '%s'", out->path);
    }
    return sj_token_list_parse(sj_buf_text(&text), text.len, out->path, &out->list, err);
}

void sj_token_file_add(struct sj_token_file *file, const struct sj_token *token)
{
    struct sj_token_list *list = &file->list;
    list->items = sj_realloc(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = *token;
}

bool sj_token_file_remove(struct sj_token_file *file, const char *id)
{
    struct sj_token_list *list = &file->list;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, id) == 0) {
            sj_token_release(&list->items[i]);
            memmove(&list->items[i], &list->items[i + 1],
                    (list->count - i - 1) * sizeof *list->items);
            list->count--;
            return true;
        }
    }
    return false;
}

// The server reads the file as a user of its own: what root writes must stay that user's. A new
// file is for whoever owns the directory.
static int keep_owner(const struct sj_token_file *file, int fd)
{
    struct stat st;
    if (stat(file->path, &st) == 0) {
        if (fchmod(fd, st.st_mode & 0777) < 0) {
            return -errno;
        }
    } else {
        SJ_AUTO(sj_auto_free) char *dir = dir_of(file->path);
        if (stat(dir, &st) < 0) {
            return -errno;
        }
    }
    return geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) < 0 ? -errno : 0;
}

static int write_file(const struct sj_token_file *file)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(FILE_MAX);
    SJ_AUTO(sj_tempfile_release) struct sj_tempfile temp = {0};
    sj_token_list_format(&file->list, &text);
    if (text.is_full) {
        return -EFBIG;
    }
    int status = sj_tempfile_open(&temp, file->path, 0600);
    status = status < 0 ? status : keep_owner(file, temp.fd);
    status = status < 0 ? status : sj_fd_write(temp.fd, text.data, text.len);
    return status < 0 ? status : sj_tempfile_commit(&temp);
}

int sj_token_file_save(const struct sj_token_file *file, struct sj_err *err)
{
    int status = write_file(file);
    return status < 0 ? sj_fail(err, status, "cannot write '%s'", file->path) : 0;
}

void sj_token_file_release(struct sj_token_file *file)
{
    if (!file) {
        return;
    }
    sj_token_list_release(&file->list);
    free(file->path);
    file->path = NULL;
    sj_auto_close(&file->lock);
    file->lock = -1;
}
