// SPDX-License-Identifier: Apache-2.0
// Feeds a fuzz target its corpus without a fuzzer, so that the corpus runs as an ordinary test:
// each file of the directories named, whole and cut short at every length.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

enum {
    FILE_LIMIT_BYTES = 1 << 20,
    CUTS_MAX = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// In an allocation of its own, so that ASan sees a read past the end.
static void feed(const char *data, size_t len)
{
    SJ_AUTO(sj_auto_free) uint8_t *copy = sj_calloc(len > 0 ? len : 1, 1);
    memcpy(copy, data, len);
    (void)LLVMFuzzerTestOneInput(copy, len);
}

static int feed_directory(const char *path, size_t *count)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir(path);
    if (!dir) {
        return -errno;
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        SJ_AUTO(sj_buf_release) struct sj_buf buf = SJ_BUF_INIT(FILE_LIMIT_BYTES);
        int status = sj_file_read(dirfd(dir), entry->d_name, &buf);
        if (status < 0) {
            return status;
        }
        const char *data = sj_buf_text(&buf);
        feed(data, buf.len);
        for (size_t cut = 0; cut < buf.len && cut < CUTS_MAX; cut++) {
            feed(data, cut);
        }
        (*count)++;
    }
    return 0;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        int status = feed_directory(argv[i], &count);
        if (status < 0) {
            (void)fprintf(stderr, "cannot read '%s': %s\n", argv[i], strerror(-status));
            return 1;
        }
    }
    (void)printf("fed %zu files\n", count);
    return count > 0 ? 0 : 1; // an empty corpus tests nothing
}
