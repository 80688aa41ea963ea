// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

char test_dir[64];

void fixture_set_up(void)
{
    (void)snprintf(test_dir, sizeof test_dir, "/tmp/scrubjay-test-XXXXXX");
    cr_assert_not_null(mkdtemp(test_dir));
}

void fixture_tear_down(void)
{
    (void)sj_tree_remove(test_dir);
}

char *fixture_path(const char *name)
{
    return sj_asprintf("%s/%s", test_dir, name);
}

int fixture_try(struct sj_store_options options, struct sj_store **out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path("store");
    options.dir = path;
    return sj_store_open(&options, out, err);
}

struct sj_store *fixture_open(uint64_t max_size_bytes)
{
    struct sj_store *store = NULL;
    struct sj_err err = {0};
    struct sj_store_options options = {.max_size_bytes = max_size_bytes, .compression_level = 1};
    cr_assert_eq(fixture_try(options, &store, &err), 0, "%s", err.text);
    return store;
}

void fixture_fill(char *data, size_t len, unsigned seed)
{
    seed = seed * 2654435761u + 1;
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        data[i] = (char)(seed >> 24);
    }
}

struct sj_key fixture_put(struct sj_store *store, size_t len, unsigned seed)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(len + 1, 1);
    fixture_fill(data, len, seed);
    struct sj_key key = sj_key_of(data, len);
    struct sj_batch *batch = sj_batch_new(store);
    struct sj_err err = {0};
    sj_batch_blob(batch, SJ_BLOB_OBJECT, &key, data, len);
    cr_assert_eq(sj_batch_commit(batch, &err), 0, "%s", err.text);
    sj_batch_free(batch);
    return key;
}

bool fixture_has(struct sj_store *store, size_t len, unsigned seed)
{
    SJ_AUTO(sj_auto_free) char *data = sj_calloc(len + 1, 1);
    fixture_fill(data, len, seed);
    struct sj_key key = sj_key_of(data, len);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = sj_store_blob_read(store, SJ_BLOB_OBJECT, &key, &got);
    if (status == SJ_STORE_MISS) {
        return false;
    }
    cr_assert_eq(status, 0);
    cr_assert(got.len == len && memcmp(sj_buf_text(&got), data, len) == 0);
    return true;
}
