// SPDX-License-Identifier: Apache-2.0
#include "base/filestat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/bytes.h"
#include "base/clock.h"

static int64_t to_ns(struct statx_timestamp time)
{
    return (int64_t)(time.tv_sec * (int64_t)SJ_NS_PER_S) + (int64_t)time.tv_nsec;
}

int sj_filestat_get(int dir_fd, const char *path, struct sj_filestat *out)
{
    struct statx st;
    if (statx(dir_fd, path, AT_EMPTY_PATH, STATX_BASIC_STATS, &st) < 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            return -errno;
        }
        *out = (struct sj_filestat){0};
        return 0;
    }
    *out = (struct sj_filestat){
        .dev = makedev(st.stx_dev_major, st.stx_dev_minor),
        .ino = st.stx_ino,
        .size = S_ISREG(st.stx_mode) ? st.stx_size : 0,
        .mtime_ns = to_ns(st.stx_mtime),
        .ctime_ns = to_ns(st.stx_ctime),
        .mode = st.stx_mode,
    };
    return 0;
}

void sj_filestat_encode(const struct sj_filestat *stat, unsigned char out[SJ_FILESTAT_SIZE])
{
    sj_put_u64(out, stat->dev);
    sj_put_u64(out + 8, stat->ino);
    sj_put_u64(out + 16, stat->size);
    sj_put_u64(out + 24, (uint64_t)stat->mtime_ns);
    sj_put_u64(out + 32, (uint64_t)stat->ctime_ns);
}

bool sj_filestat_eq(const struct sj_filestat *a, const struct sj_filestat *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static bool is_since(int64_t time_ns, uint64_t since_ns)
{
    if (time_ns < 0) {
        return false;
    }
    uint64_t time = (uint64_t)time_ns;
    // No nanoseconds at all: a file system of whole (FAT: even) seconds, or a file restored from an
    // archive, whose ctime then speaks for it.
    if (time % SJ_NS_PER_S == 0) {
        return time / SJ_NS_PER_S + 1 >= since_ns / SJ_NS_PER_S;
    }
    return time >= since_ns;
}

bool sj_filestat_is_racy(const struct sj_filestat *stat, uint64_t since_ns)
{
    return is_since(stat->mtime_ns, since_ns) || is_since(stat->ctime_ns, since_ns);
}
