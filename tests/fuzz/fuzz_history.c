// SPDX-License-Identifier: Apache-2.0
// The file that a history is kept in.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "key/key.h"
#include "repo/history_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// All that reports ask for, of all that there is.
static void use(struct sj_history *history)
{
    size_t count;
    size_t change_count;
    size_t sum = 0;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    const struct sj_change *changes = sj_history_changes(history, &change_count);
    for (uint32_t i = 0; i < count; i++) {
        sum += strlen(commits[i].author) + strlen(commits[i].email) + strlen(commits[i].subject);
        if (sj_history_find(history, &commits[i].id) != i ||
            !sj_history_is_ancestor(history, i, i) ||
            commits[i].change + commits[i].change_count > change_count) {
            abort();
        }
        sum += sj_history_fork(history, i, 0) + sj_history_is_ancestor(history, 0, i);
    }
    for (size_t i = 0; i < change_count; i++) {
        size_t found;
        const char *path = sj_history_path(history, changes[i].path);
        if (sj_history_path_find(history, path) == UINT32_MAX || changes[i].commit >= count) {
            abort();
        }
        (void)sj_history_of_path(history, changes[i].path, &found);
        if (found == 0) {
            abort();
        }
    }
    (void)sum;
}

// What was read is written and read again: the same.
static void check_round_trip(struct sj_history *history)
{
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_history *again = sj_history_new(NULL);
    history->file.written = (struct sj_history_counts){0};
    sj_history_part_header(7, &bytes);
    sj_history_file_encode(history, SIZE_MAX, &bytes);
    size_t used;
    if (bytes.is_full || sj_history_file_decode(again, bytes.data, bytes.len, true, &used) != 0 ||
        again->commit_count != history->commit_count ||
        again->change_count != history->change_count) {
        abort();
    }
    sj_buf_release(&bytes);
    sj_history_close(again);
}

static void check(const void *data, size_t size, bool is_start)
{
    struct sj_history *history = sj_history_new(NULL);
    size_t used;
    int status = sj_history_file_decode(history, data, size, is_start, &used);
    if (used > size || (status == 0 && used != size)) {
        abort();
    }
    use(history);
    if (history->commit_count > 0) {
        check_round_trip(history);
    }
    sj_history_close(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(data, size, true);

    // The check would keep nearly every input out: give the input a part's header whose check fits.
    if (size < 24) {
        return 0;
    }
    unsigned char *part = malloc(size + 8);
    if (!part) {
        return 0;
    }
    memcpy(part, data, 24);
    memcpy(part, "SJHC", 4);
    memcpy(part + 32, data + 24, size - 24);
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_add(hasher, part, 24);
    sj_hasher_add(hasher, part + 32, size - 24);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    memcpy(part + 24, key.bytes, 8);
    check(part, size + 8, false);
    free(part);
    return 0;
}
