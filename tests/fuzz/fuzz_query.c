// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const char *a, const char *b)
{
    if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0)) {
        abort();
    }
}

// What a link says is what it was made from.
static void check_link(const struct sj_dash_query *query)
{
    SJ_AUTO(sj_auto_free)
    char *link = sj_dash_link_with(query, SJ_DASH_SORT, query->parameter[SJ_DASH_SORT]);
    const char *mark = strchr(link, '?');
    struct sj_str path = {link, mark ? (size_t)(mark - link) : strlen(link)};
    struct sj_dash_query again;
    if (sj_dash_query_read(path, sj_str_of(mark ? mark + 1 : ""), UINT64_C(2) << 60, &again, NULL) <
        0) {
        abort();
    }
    check_same(query->page, again.page);
    for (size_t i = 0; i < SJ_DASH_SUBJECTS; i++) {
        check_same(query->subject[i], again.subject[i]);
    }
    for (size_t i = 0; i < SJ_DASH_PARAMETERS; i++) {
        check_same(query->parameter[i], again.parameter[i]);
    }
    if (query->since_ns != again.since_ns || query->until_ns != again.until_ns ||
        query->max != again.max) {
        abort();
    }
    sj_dash_query_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_str text = {(const char *)data, size};
    const char *mark = size > 0 ? memchr(text.data, '?', size) : NULL;
    struct sj_str path = {text.data, mark ? (size_t)(mark - text.data) : size};
    struct sj_str query = {mark ? mark + 1 : NULL, mark ? size - path.len - 1 : 0};
    struct sj_dash_query out;
    struct sj_err err;
    if (sj_dash_query_read(path, query, UINT64_C(2) << 60, &out, &err) == 0) {
        check_link(&out);
        sj_dash_query_release(&out);
    }
    return 0;
}
