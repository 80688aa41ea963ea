// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/authorization.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char room[SJ_SECRET_MAX];
    struct sj_str secret;
    char *header = sj_calloc(size + 1, 1);
    if (size > 0) {
        memcpy(header, data, size);
    }
    if (sj_authorization_parse(header, room, &secret) == 0) {
        bool is_own = secret.data >= room && secret.data + secret.len <= room + sizeof room;
        bool is_borrowed =
            secret.data >= header && secret.data + secret.len <= header + strlen(header);
        if (secret.len > SJ_SECRET_MAX || !(is_own || is_borrowed)) {
            abort();
        }
    }
    free(header);
    return 0;
}
