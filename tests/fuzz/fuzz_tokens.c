// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was read can be written and read again, and is then the same.
static void check_again(const struct sj_token_list *list)
{
    struct sj_token_list again;
    struct sj_buf first = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf second = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_token_list_format(list, &first);
    if (sj_token_list_parse(first.data, first.len, "again", &again, NULL) != 0) {
        abort();
    }
    sj_token_list_format(&again, &second);
    if (again.count != list->count || strcmp(first.data, second.data) != 0) {
        abort();
    }
    sj_token_list_release(&again);
    sj_buf_release(&first);
    sj_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_token_list list;
    struct sj_err err;
    if (sj_token_list_parse((const char *)data, size, "fuzz", &list, &err) < 0) {
        return strlen(err.text) > 0 ? 0 : -1;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct sj_token *token = &list.items[i];
        if (token->scopes == 0 || strlen(token->id) != SJ_TOKEN_ID_SIZE - 1 ||
            (i > 0 && memcmp(token[-1].hash, token->hash, sizeof token->hash) >= 0)) {
            abort();
        }
        (void)sj_token_fits(token, sj_str_of("main"));
    }
    check_again(&list);
    sj_token_list_release(&list);
    return 0;
}
