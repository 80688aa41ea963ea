// SPDX-License-Identifier: Apache-2.0
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "store/generation.h"

int sj_files_get(struct sj_files *files, const char *dir, uint32_t generation,
                 const unsigned char salt[SJ_SALT_SIZE], struct sj_shared_file **out)
{
    _Atomic(struct sj_shared_file *) *at = &files->at[generation % SJ_FILES_MAX];
    struct sj_shared_file *file = atomic_load_explicit(at, memory_order_acquire);
    if (file && file->generation == generation) {
        (void)atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
        *out = file;
        return 0;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_generation_path(dir, generation);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    file = sj_new(struct sj_shared_file);
    file->generation = generation;
    file->fd = fd;
    memcpy(file->salt, salt, SJ_SALT_SIZE);
    sj_mapped_open(&file->mapped, fd);
    atomic_init(&file->refs, 2);
    struct sj_shared_file *none = NULL;
    if (!atomic_compare_exchange_strong(at, &none, file)) {
        // Another thread was faster, or another generation stands there: this one's alone.
        atomic_store(&file->refs, 1);
    }
    *out = file;
    return 0;
}

size_t sj_files_take(struct sj_files *files, uint32_t oldest, struct sj_shared_file **out)
{
    size_t count = 0;
    for (size_t i = 0; i < SJ_FILES_MAX; i++) {
        struct sj_shared_file *file = atomic_load(&files->at[i]);
        if (file && file->generation < oldest) {
            atomic_store(&files->at[i], NULL);
            out[count++] = file;
        }
    }
    return count;
}

void sj_file_unref(struct sj_shared_file *file)
{
    if (file && atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) == 1) {
        sj_mapped_close(&file->mapped);
        (void)close(file->fd);
        free(file);
    }
}
