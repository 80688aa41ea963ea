// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "config/apply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(const struct sj_err *err, void *user)
{
    // Reading the whole sentence lets the sanitizer see a missing terminator.
    *(size_t *)user += strlen(err->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_config config = {0};
    char *text = sj_calloc(size + 1, 1);

    if (size > 0) {
        memcpy(text, data, size);
    }

    size_t told = 0;
    const struct sj_config_parse parse = {
        .config = &config,
        .path = "fuzz",
        .place = {.dir = "/a/b", .home = "/home"},
        .origin = SJ_ORIGIN_USER,
        .problem = ignore,
        .user = &told,
    };
    (void)sj_config_parse(&parse, text, size);
    free(text);

    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        free(sj_config_text(&config, &settings[i]));
    }
    sj_config_release(&config);
    return 0;
}
