// SPDX-License-Identifier: Apache-2.0
#include "import-cargo/cargo.h"

#include <ctype.h>
#include <stdlib.h>

// The part of a version that compatible ones share: "1" of 1.2.3, "0.3" of 0.3.1, "0.0.4" of 0.0.4.
// Source: The Cargo Book, "SemVer Compatibility".
static size_t compatible_len(const char *version)
{
    size_t at = 0;
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(version + at, "0123456789");
        bool is_zero = strspn(version + at, "0") == digits;
        at += digits;
        if (!is_zero || version[at] != '.') {
            return at;
        }
        at += part < 2;
    }
    return at;
}

char *cargo_unit_name(const char *package, const char *version, const char *target)
{
    size_t len = version ? compatible_len(version) : 0;
    char *name = NULL;
    int status = len > 0 ? asprintf(&name, "%s %.*s %s", package, (int)(len < 64 ? len : 64),
                                    version, target)
                         : asprintf(&name, "%s %s", package, target);
    return status < 0 ? NULL : name;
}

char *cargo_unit_command(const char *version, const json_t *features, const char *profile,
                         const char *platform)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    if (!stream) {
        return NULL;
    }
    (void)fprintf(stream, "version=%s profile=%s platform=%s features=", version ? version : "",
                  profile ? profile : "", platform ? platform : "");
    for (size_t i = 0; i < json_array_size(features); i++) {
        const char *feature = json_string_value(json_array_get(features, i));
        (void)fprintf(stream, "%s%s", i > 0 ? "," : "", feature ? feature : "");
    }
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static const struct sj_import_format *const formats[] = {
    &cargo_analysis_format,
    &cargo_timing_format,
    NULL,
};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "cargo",
    .formats = formats,
};
