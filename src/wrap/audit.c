// SPDX-License-Identifier: Apache-2.0
#include "wrap/audit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "wrap/compile.h"

bool sj_audit_is_due(const struct sj_call *call)
{
    if (call->config.audit <= 0) {
        return false;
    }
    // Spread by a hash of what no two invocations share; only the mean matters.
    uint64_t seed[2] = {call->record.start_ns, call->record.pid};
    struct sj_key key = sj_key_of(seed, sizeof seed);
    unsigned draw = (unsigned)key.bytes[0] << 16 | (unsigned)key.bytes[1] << 8 | key.bytes[2];
    return draw < call->config.audit * 0x1p24;
}

static void keep_evidence(struct sj_call *call, const char *path, const struct sj_buf *restored,
                          const struct sj_buf *compiled)
{
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&call->record.strong, hex);
    char *dir = sj_asprintf("%s/audit/%s", call->config.cache_dir, hex);
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *old = sj_asprintf("%s/%s.restored", dir, name);
    char *new = sj_asprintf("%s/%s.compiled", dir, name);
    int status = sj_dir_make(dir, 0777);
    if (status == 0) {
        status = sj_file_write(old, 0666, sj_buf_text(restored), restored->len);
    }
    if (status == 0) {
        status = sj_file_write(new, 0666, sj_buf_text(compiled), compiled->len);
    }
    char *text = sj_asprintf("scrubjay: AUDIT: '%s' was restored otherwise than it compiles; both "
                             "are kept in '%s'%s\n",
                             path, dir, status < 0 ? " as far as they could be written" : "");
    (void)sj_fd_write(STDERR_FILENO, text, strlen(text));
    free(text);
    free(new);
    free(old);
    free(dir);
}

int sj_audit_run(struct sj_call *call, const struct sj_found *found)
{
    size_t count = found->result.output_count;
    struct sj_buf *restored = sj_calloc(count, sizeof *restored);
    for (size_t i = 0; i < count; i++) {
        restored[i] = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        (void)sj_file_read(AT_FDCWD, found->paths[i], &restored[i]);
    }
    int old_nice = getpriority(PRIO_PROCESS, 0);
    (void)setpriority(PRIO_PROCESS, 0, 19);
    struct sj_execution run = {.is_captured = false};
    int status = sj_compile_plain(call, &run);
    (void)setpriority(PRIO_PROCESS, 0, old_nice);

    call->record.flags |= SJ_RECORD_AUDIT;
    for (size_t i = 0; i < count; i++) {
        struct sj_buf compiled = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        (void)sj_file_read(AT_FDCWD, found->paths[i], &compiled);
        if (compiled.len != restored[i].len ||
            memcmp(sj_buf_text(&compiled), sj_buf_text(&restored[i]), compiled.len) != 0) {
            call->record.flags |= SJ_RECORD_DIFFERS;
            keep_evidence(call, found->paths[i], &restored[i], &compiled);
        }
        sj_buf_release(&compiled);
        sj_buf_release(&restored[i]);
    }
    free(restored);
    return status;
}
