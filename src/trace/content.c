// SPDX-License-Identifier: Apache-2.0
#include "trace/content.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define SIZE_MAX_BYTES ((off_t)256 << 20)

/** A file. */
struct sj_trace_content {
    struct sj_key key;
    int64_t changed_ns; /**< when it changed last */
    bool is_there;
};

void sj_trace_contents_release(struct sj_trace_contents *contents)
{
    if (contents) {
        sj_keymap_release(&contents->map);
        free(contents->contents);
        *contents = (struct sj_trace_contents){0};
    }
}

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

// A log may name anything: only regular files are read, and nothing waits.
static struct sj_trace_content look(const char *path)
{
    struct sj_trace_content content = {0};
    struct stat st;
    struct stat after;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BYTES) {
        return content;
    }
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        sj_key_of_fd(fd, &content.key, NULL) < 0 || fstat(fd, &after) < 0) {
        return content;
    }
    int64_t modified_ns = ns_of(&after.st_mtim);
    int64_t changed_ns = ns_of(&after.st_ctim); // a file put back in place keeps its time otherwise
    content.changed_ns = modified_ns > changed_ns ? modified_ns : changed_ns;
    content.is_there = after.st_size == st.st_size;
    return content;
}

bool sj_trace_content_find(struct sj_trace_contents *contents, const char *path, int64_t before_ns,
                           struct sj_key *out)
{
    bool is_new;
    const struct sj_key key = sj_key_of(path, strlen(path));
    uint32_t *place = sj_keymap_put(&contents->map, &key, &is_new);
    if (is_new) {
        contents->contents =
            sj_realloc(contents->contents, contents->count + 1, sizeof *contents->contents);
        contents->contents[contents->count] = look(path);
        *place = (uint32_t)contents->count++;
    }
    const struct sj_trace_content *content = &contents->contents[*place];
    if (!content->is_there || content->changed_ns >= before_ns) {
        return false;
    }
    *out = content->key;
    return true;
}
