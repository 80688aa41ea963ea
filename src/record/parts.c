// SPDX-License-Identifier: Apache-2.0
#include "record/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

#define SUM_PREFIX "sum-"

void sj_parts_release(struct sj_parts *parts)
{
    if (parts) {
        free(parts->numbers);
        *parts = (struct sj_parts){0};
    }
}

void sj_part_name(uint64_t number, char out[SJ_PART_NAME_SIZE])
{
    (void)snprintf(out, SJ_PART_NAME_SIZE, "%08" PRIu64, number);
}

void sj_part_sum_name(uint64_t number, char out[SJ_PART_NAME_SIZE])
{
    (void)snprintf(out, SJ_PART_NAME_SIZE, SUM_PREFIX "%08" PRIu64, number);
}

int sj_parts_open(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/journal", dir);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int sj_parts_lock(int dir_fd, bool is_wait)
{
    SJ_AUTO(sj_auto_close) int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    while (flock(fd, is_wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return sj_take_fd(&fd);
}

typedef void visit_file(const char *name, uint64_t number, bool is_sum, void *user);

// Calls back for each part and ledger. Nothing else that lies there is touched.
static int each_file(int dir_fd, visit_file *visit, void *user)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    SJ_AUTO(sj_auto_closedir) DIR *dir = fdopendir(fd);
    if (!dir) {
        int status = -errno;
        (void)close(fd);
        return status;
    }
    for (;;) {
        errno = 0;
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            return -errno;
        }
        const char *digits = sj_skip_prefix(entry->d_name, SUM_PREFIX);
        uint64_t number = 0;
        if (sj_parse_u64(digits ? digits : entry->d_name, UINT32_MAX, &number) == 0) {
            visit(entry->d_name, number, digits != NULL, user);
        }
    }
}

static void note(const char *name, uint64_t number, bool is_sum, void *user)
{
    (void)name;
    struct sj_parts *parts = user;
    if (number > parts->highest) {
        parts->highest = number;
    }
    if (is_sum) {
        parts->folded = number > parts->folded ? number : parts->folded;
        return;
    }
    if (parts->count % 64 == 0) {
        parts->numbers = sj_realloc(parts->numbers, parts->count + 64, sizeof *parts->numbers);
    }
    parts->numbers[parts->count++] = number;
}

static int ascending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

// A part that is made but not yet current does not count: the one before it is still written to.
static uint64_t current_number(int dir_fd)
{
    char target[SJ_PART_NAME_SIZE] = "";
    uint64_t number = UINT64_MAX;
    if (readlinkat(dir_fd, SJ_JOURNAL_CURRENT, target, sizeof target - 1) > 0) {
        (void)sj_parse_u64(target, UINT32_MAX, &number);
    }
    return number;
}

int sj_parts_list(int dir_fd, uint64_t above, struct sj_parts *out)
{
    SJ_AUTO(sj_parts_release) struct sj_parts parts = {0};
    int status = each_file(dir_fd, note, &parts);
    if (status < 0) {
        return status;
    }
    if (parts.count > 0) {
        qsort(parts.numbers, parts.count, sizeof *parts.numbers, ascending);
    }
    uint64_t first = above > parts.folded ? above : parts.folded;
    uint64_t last = current_number(dir_fd);
    size_t kept = 0;
    for (size_t i = 0; i < parts.count; i++) {
        if (parts.numbers[i] > first && parts.numbers[i] <= last) {
            parts.numbers[kept++] = parts.numbers[i];
        }
    }
    parts.count = kept;
    *out = parts;
    parts = (struct sj_parts){0};
    return 0;
}

struct prune {
    int dir_fd;
    uint64_t folded;
};

static void prune_one(const char *name, uint64_t number, bool is_sum, void *user)
{
    const struct prune *prune = user;
    if (is_sum ? number < prune->folded : number <= prune->folded) {
        (void)unlinkat(prune->dir_fd, name, 0);
    }
}

void sj_parts_prune(int dir_fd, uint64_t folded)
{
    struct prune prune = {.dir_fd = dir_fd, .folded = folded};
    (void)each_file(dir_fd, prune_one, &prune);
}
