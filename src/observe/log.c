// SPDX-License-Identifier: Apache-2.0
#include "observe/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "observe/program.h"

#define LIMIT_BYTES    ((uint64_t)16 << 20)
#define RESERVED_BYTES ((uint64_t)128 << 10)

static int fill(int fd, struct sj_observe_log *log)
{
    // Growing a file past the limit is a signal, not an error.
    struct rlimit most;
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < SJ_OBSERVE_HEAD + LIMIT_BYTES) {
        return -EFBIG;
    }
    struct stat start;
    if (ftruncate(fd, SJ_OBSERVE_HEAD + LIMIT_BYTES) < 0 || stat(".", &start) < 0) {
        return -errno;
    }
    int error = posix_fallocate(fd, 0, SJ_OBSERVE_HEAD + RESERVED_BYTES);
    if (error != 0) {
        return -error;
    }
    void *map =
        mmap(NULL, SJ_OBSERVE_HEAD + LIMIT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return -errno;
    }
    *(struct sj_observe_head *)map = (struct sj_observe_head){
        .magic = SJ_OBSERVE_MAGIC,
        .version = SJ_OBSERVE_VERSION,
        .limit = LIMIT_BYTES,
        .reserved = RESERVED_BYTES,
        .start_dev = start.st_dev,
        .start_ino = start.st_ino,
    };
    log->map = map;
    log->size = SJ_OBSERVE_HEAD + LIMIT_BYTES;
    return 0;
}

/** Make a log that has no name, but a path as long as this process lives. */
static int open_nameless(struct sj_observe_log *log)
{
    SJ_AUTO(sj_auto_close) int fd = memfd_create("scrubjay-observe", MFD_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("/proc/%d/fd/%d", (int)getpid(), fd);
    if (access(path, R_OK | W_OK) < 0) {
        return -errno;
    }
    int status = fill(fd, log);
    if (status == 0) {
        log->path = sj_steal(path);
        log->fd = sj_take_fd(&fd);
    }
    return status;
}

static int open_file(const char *dir, struct sj_observe_log *log)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/scrubjay-observe-XXXXXX", dir);
    SJ_AUTO(sj_auto_close) int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int status = fill(fd, log);
    if (status < 0) {
        (void)unlink(path);
        return status;
    }
    log->path = sj_steal(path);
    log->fd = -1;
    return 0;
}

int sj_observe_log_open(const char *dir, struct sj_observe_log *out, struct sj_err *err)
{
    if (open_nameless(out) == 0) {
        return 0;
    }
    int status = open_file(dir, out);
    return status < 0 ? sj_fail(err, status, "cannot make the observer's log in '%s'", dir) : 0;
}

void sj_observe_log_release(struct sj_observe_log *log)
{
    if (!log || !log->path) {
        return;
    }
    (void)munmap(log->map, log->size);
    if (log->fd >= 0) {
        (void)close(log->fd);
    } else {
        (void)unlink(log->path);
    }
    free(log->path);
    *log = (struct sj_observe_log){0};
}

bool sj_observe_can(const char *program)
{
    return sj_program_judge(AT_FDCWD, program, NULL) == SJ_PROGRAM_SEEN;
}

char **sj_observe_env(const struct sj_observe_log *log, const char *library, char *const *env)
{
    size_t count = 0;
    while (env[count]) {
        count++;
    }
    char **out = sj_calloc(count + 3, sizeof *out);
    size_t used = 0;
    const char *others = "";
    for (size_t i = 0; i < count; i++) {
        const char *value = sj_skip_prefix(env[i], "LD_PRELOAD=");
        if (value) {
            others = value;
        } else if (!sj_skip_prefix(env[i], SJ_OBSERVE_ENV "=")) {
            out[used++] = sj_strdup(env[i]);
        }
    }
    out[used++] = sj_asprintf("LD_PRELOAD=%s%s%s", library, *others ? ":" : "", others);
    out[used] = sj_asprintf(SJ_OBSERVE_ENV "=%s", log->path);
    return out;
}

void sj_observe_env_free(char **env)
{
    for (char **at = env; at && *at; at++) {
        free(*at);
    }
    free(env);
}
