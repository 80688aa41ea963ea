// SPDX-License-Identifier: Apache-2.0
#include "wrap/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

// What is written under a name for the base directory gets this checkout's.
static void unfold_text(const struct sj_place *place, const char *data, size_t len,
                        struct sj_buf *out)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == SJ_BASE_MARK) {
            sj_buf_adds(out, place->base_dir ? place->base_dir : "");
        } else {
            sj_buf_addc(out, data[i]);
        }
    }
}

static int write_based(struct sj_call *call, const struct sj_result_output *output, int fd)
{
    struct sj_buf stored = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = 0;
    if (output->data) {
        sj_buf_add(&stored, output->data, output->size);
    } else {
        status = sj_store_blob_read(call->store, SJ_BLOB_OBJECT, &output->key, &stored);
    }
    if (status == 0) {
        unfold_text(&call->place, sj_buf_text(&stored), stored.len, &text);
        status = sj_fd_write(fd, sj_buf_text(&text), text.len);
    }
    sj_buf_release(&stored);
    sj_buf_release(&text);
    return status;
}

static int write_output(struct sj_call *call, const struct sj_result *result,
                        const struct sj_result_output *output, int fd)
{
    if ((result->flags & SJ_RESULT_BASED) && output->is_text) {
        return write_based(call, output, fd);
    }
    if (!output->data) {
        return sj_store_object_copy(call->store, &output->key, fd);
    }
    return sj_fd_write(fd, output->data, output->size);
}

// Only a regular file, or nothing, may be replaced: a compiler writes into a device or a pipe, and
// what it does with a link is its own affair.
static bool is_replaceable(const char *path, bool *is_there)
{
    struct stat st;
    *is_there = lstat(path, &st) == 0;
    return *is_there ? S_ISREG(st.st_mode) : errno == ENOENT;
}

static int write_aside(struct sj_call *call, const struct sj_result *result,
                       const char *const *paths, struct sj_tempfile *files, bool *are_there)
{
    for (size_t i = 0; i < result->output_count; i++) {
        const struct sj_result_output *output = &result->outputs[i];
        if (!is_replaceable(paths[i], &are_there[i])) {
            return SJ_RESTORE_MISS;
        }
        mode_t mode = output->is_executable ? 0777 : 0666;
        int status = sj_tempfile_open(&files[i], paths[i], mode);
        if (status == 0) {
            status = write_output(call, result, output, files[i].fd);
        }
        if (status != 0) {
            return status == SJ_STORE_MISS ? SJ_RESTORE_MISS : status;
        }
    }
    return 0;
}

// A rename over an existing file makes ext4 write the new one's data to the disk at once
// (auto_da_alloc): ten times the cost of all the rest. So the old files go first, as the assembler
// would have it, and the main output, which tells make that all is done, goes first and comes last.
static int put_in_place(struct sj_tempfile *files, const char *const *paths, const bool *are_there,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (are_there[i]) {
            (void)unlink(paths[i]);
        }
    }
    for (size_t i = count; i-- > 0;) {
        int status = sj_tempfile_commit(&files[i]);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

int sj_restore_outputs(struct sj_call *call, const struct sj_result *result,
                       const char *const *paths)
{
    size_t count = result->output_count;
    struct sj_tempfile *files = sj_call_alloc(call, (count + 1) * sizeof *files);
    bool *are_there = sj_call_alloc(call, count + 1);
    int status = write_aside(call, result, paths, files, are_there);
    if (status == 0) {
        status = put_in_place(files, paths, are_there, count);
    }
    for (size_t i = 0; i < count; i++) {
        sj_tempfile_release(&files[i]);
    }
    return status;
}

// Length of the escape sequence at the start of the text; 0 when there is none.
static size_t escape_len(const char *at, size_t len)
{
    if (len < 2 || at[0] != '\x1b') {
        return 0;
    }
    if (at[1] == '[') {
        for (size_t i = 2; i < len; i++) {
            if (at[i] >= 0x40 && at[i] <= 0x7e) {
                return i + 1;
            }
        }
        return len;
    }
    if (at[1] == ']') {
        for (size_t i = 2; i < len; i++) {
            if (at[i] == '\a') {
                return i + 1;
            }
            if (at[i] == '\x1b' && i + 1 < len && at[i + 1] == '\\') {
                return i + 2;
            }
        }
        return len;
    }
    return 0;
}

void sj_strip_color(const char *data, size_t len, struct sj_buf *out)
{
    while (len > 0) {
        size_t skip = escape_len(data, len);
        if (skip == 0) {
            sj_buf_addc(out, *data);
            skip = 1;
        }
        data += skip;
        len -= skip;
    }
}

bool sj_wants_color(const struct sj_call *call)
{
    const char *term = sj_call_env(call, "TERM");
    return term && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
}

void sj_restore_streams(const struct sj_result *result, bool keep_color)
{
    if (result->out.len) {
        (void)sj_fd_write(STDOUT_FILENO, result->out.data, result->out.len);
    }
    if (result->err.len == 0) {
        return;
    }
    if (keep_color || !(result->flags & SJ_RESULT_COLORED)) {
        (void)sj_fd_write(STDERR_FILENO, result->err.data, result->err.len);
        return;
    }
    struct sj_buf plain = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_strip_color(result->err.data, result->err.len, &plain);
    (void)sj_fd_write(STDERR_FILENO, sj_buf_text(&plain), plain.len);
    sj_buf_release(&plain);
}
