// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_handle.h"
#include "record/pathset.h"

/** Contents that were looked at: a bit for each. */
struct seen {
    unsigned char *bits;
    size_t size;
};

// False: it was before.
static bool see(struct seen *seen, uint32_t number)
{
    size_t byte = number / 8;
    if (byte >= seen->size) {
        size_t size = seen->size ? seen->size : 1024;
        while (size <= byte) {
            size *= 2;
        }
        seen->bits = sj_realloc(seen->bits, size, 1);
        memset(seen->bits + seen->size, 0, size - seen->size);
        seen->size = size;
    }
    bool was_seen = seen->bits[byte] >> number % 8 & 1;
    seen->bits[byte] = (unsigned char)(seen->bits[byte] | 1u << number % 8);
    return !was_seen;
}

static bool is_below_root(const char *path)
{
    return *path && *path != '/' && strncmp(path, "${", 2) != 0;
}

struct visitor {
    int (*visit)(const char *path, const struct sj_key *content, void *user);
    void *user;
};

static int visit_state(struct sj_db *db, uint32_t number, struct seen *seen,
                       const struct visitor *visitor)
{
    const struct sj_db_state *state = NULL;
    int status = number ? sj_db_state(db, number, &state) : -ENOENT;
    if (status < 0) {
        return status == -ENOENT ? 0 : status;
    }
    for (size_t i = 0; i < state->count; i++) {
        const struct sj_input *input = &state->inputs[i];
        if (input->need != SJ_NEED_CONTENT || input->content == 0 || !see(seen, input->content)) {
            continue;
        }
        struct sj_content content;
        const char *path = sj_db_text(db, input->path);
        status = sj_db_content(db, input->content, &content);
        if (status < 0) {
            return status == -ENOENT ? -EBADMSG : status;
        }
        bool is_known = content.is_untracked || !sj_oid_is_zero(&content.blob);
        if (!is_known && is_below_root(path)) {
            sigjmp_buf *guarded = sj_guard_pause();
            status = visitor->visit(path, &content.key, visitor->user);
            sj_guard_resume(guarded);
        }
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int visit_unnamed(struct sj_db *db, uint32_t build,
                         int (*visit)(const char *path, const struct sj_key *content, void *user),
                         void *user)
{
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t count = 0;
    size_t size = 0;
    int status = sj_db_samples(db, build, SJ_OUTCOME_ANY, &samples, &count, &size);
    struct seen seen = {0};
    struct seen states = {0};
    const struct visitor visitor = {visit, user};
    for (size_t i = 0; i < count && status == 0; i++) {
        if (see(&states, samples[i].state)) {
            status = visit_state(db, samples[i].state, &seen, &visitor);
        }
    }
    free(seen.bits);
    free(states.bits);
    return status;
}

int sj_db_unnamed(struct sj_db *db, uint32_t build,
                  int (*visit)(const char *path, const struct sj_key *content, void *user),
                  void *user)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return visit_unnamed(db, build, visit, user);
}
