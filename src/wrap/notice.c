// SPDX-License-Identifier: Apache-2.0
#include "wrap/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define QUIET_S 3600

// Set a mark; false: it was set a short while ago. The mark may have to live where the store is
// not.
static int set_mark(const char *path)
{
    SJ_AUTO(sj_auto_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        return 1;
    }
    struct stat st;
    if (errno != EEXIST || lstat(path, &st) < 0 || st.st_uid != geteuid()) {
        return -1;
    }
    uint64_t now_s = sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S;
    if ((uint64_t)st.st_mtime + QUIET_S > now_s) {
        return 0;
    }
    return utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0 ? 1 : -1;
}

void sj_notice(const struct sj_call *call, const char *id, const char *text)
{
    struct sj_key key = sj_key_of(text, strlen(text));
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, hex);
    const char *build = call->config.build_id ? call->config.build_id : "";
    struct sj_key build_key = sj_key_of(build, strlen(build));
    char build_hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&build_key, build_hex);

    char *own = sj_asprintf("%s/notices", call->config.cache_dir);
    char *mark = sj_asprintf("%s/%s-%.8s-%.8s", own, id, hex, build_hex);
    int is_new = sj_dir_make(own, 0777) == 0 ? set_mark(mark) : -1;
    if (is_new < 0) {
        const char *temp = sj_call_env(call, "TMPDIR");
        free(mark);
        mark = sj_asprintf("%s/scrubjay-%u-%s-%.8s-%.8s", temp ? temp : "/tmp", (unsigned)geteuid(),
                           id, hex, build_hex);
        is_new = set_mark(mark);
    }
    free(mark);
    free(own);
    if (is_new) {
        char *line = sj_asprintf("scrubjay: warning: %s\n", text);
        (void)sj_fd_write(STDERR_FILENO, line, strlen(line));
        free(line);
    }
}
