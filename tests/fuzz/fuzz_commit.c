// SPDX-License-Identifier: Apache-2.0
// Git's commit objects.
#include <stdint.h>
#include <stdlib.h>

#include "repo/commit_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_within(struct sj_str text, const uint8_t *data, size_t size)
{
    const uint8_t *at = (const uint8_t *)text.data;
    return text.len == 0 || (at >= data && text.len <= size && at + text.len <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_commit_text text;
    if (sj_commit_text_parse(data, size, &text) < 0) {
        return 0;
    }
    if (!is_within(text.author, data, size) || !is_within(text.email, data, size) ||
        !is_within(text.subject, data, size) || text.parent_count > size / 48) {
        abort();
    }
    for (size_t i = 0; i < text.parent_count; i++) {
        (void)sj_commit_text_parent(&text, i);
    }
    return 0;
}
