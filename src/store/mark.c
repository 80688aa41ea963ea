// SPDX-License-Identifier: Apache-2.0
#include "store/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "store/store.h"

#define MARK_NAME "/unsynced"
#define CONDEMNED "condemned"
#define BOOT_ID   "/proc/sys/kernel/random/boot_id"

// A UUID's digits without its hyphens.
static bool parse_uuid(const char *text, size_t len, struct sj_key *out)
{
    char digits[SJ_KEY_HEX_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < len && text[i] != '\n'; i++) {
        if (text[i] == '-') {
            continue;
        }
        if (count == sizeof digits - 1) {
            return false;
        }
        digits[count++] = text[i];
    }
    digits[count] = '\0';
    return sj_key_parse(digits, out) == 0;
}

struct sj_key sj_boot_id(void)
{
    struct sj_key boot;
    char text[64];
    SJ_AUTO(sj_auto_close) int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (len < 0 || !parse_uuid(text, (size_t)len, &boot)) {
        memset(boot.bytes, 0xff, sizeof boot.bytes);
    }
    return boot;
}

static char *mark_path(const char *dir)
{
    return sj_asprintf("%s" MARK_NAME, dir);
}

enum sj_mark sj_mark_get(const char *dir, struct sj_key *boot)
{
    *boot = (struct sj_key){{0}};
    SJ_AUTO(sj_auto_free) char *path = mark_path(dir);
    char text[64];
    ssize_t len = readlink(path, text, sizeof text);
    if (len < 0) {
        // EINVAL: something else stands there.
        return errno == EINVAL ? SJ_MARK_STALE : SJ_MARK_NONE;
    }
    struct sj_key marked;
    if (!parse_uuid(text, (size_t)len, &marked)) {
        return SJ_MARK_STALE;
    }
    *boot = sj_boot_id();
    return sj_key_eq(boot, &marked) ? SJ_MARK_NOW : SJ_MARK_STALE;
}

static int sync_directory(const char *dir)
{
    SJ_AUTO(sj_auto_close) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
}

int sj_mark_set(const char *dir, const struct sj_key *boot)
{
    SJ_AUTO(sj_auto_free) char *path = mark_path(dir);
    char text[SJ_KEY_HEX_SIZE];
    sj_key_hex(boot, text);
    if (symlink(text, path) < 0 && errno != EEXIST) {
        return -errno;
    }
    return sync_directory(dir);
}

int sj_mark_clear(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *path = mark_path(dir);
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

// Async-signal-safe: no allocation, no stdio.
void sj_store_condemn(const char *dir)
{
    char path[PATH_MAX];
    size_t len = strlen(dir);
    if (len + sizeof MARK_NAME > sizeof path) {
        return;
    }
    memcpy(path, dir, len);
    memcpy(path + len, MARK_NAME, sizeof MARK_NAME);
    (void)unlink(path);
    (void)symlink(CONDEMNED, path);
}
