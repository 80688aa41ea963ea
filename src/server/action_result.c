// SPDX-License-Identifier: Apache-2.0
#include "server/action_result.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

// Wire types.
enum {
    VARINT = 0,
    BYTES = 2,
};

#define FIELD_MAX 12

// Wire type of each field of ActionResult; 0xff: it has none of that number.
static const unsigned char wire_types[FIELD_MAX + 1] = {
    0xff,
    0xff,
    BYTES /* output_files */,
    BYTES /* output_directories */,
    VARINT /* exit_code */,
    BYTES /* stdout_raw */,
    BYTES /* stdout_digest */,
    BYTES /* stderr_raw */,
    BYTES /* stderr_digest */,
    BYTES /* execution_metadata */,
    BYTES /* output_file_symlinks */,
    BYTES /* output_directory_symlinks */,
    BYTES /* output_symlinks */,
};

static bool read_varint(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        unsigned char byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool is_message(const unsigned char *at, const unsigned char *end)
{
    while (at < end) {
        uint64_t tag = 0;
        uint64_t value = 0;
        if (!read_varint(&at, end, &tag) || tag >> 3 > FIELD_MAX ||
            wire_types[tag >> 3] != (tag & 7) || !read_varint(&at, end, &value)) {
            return false;
        }
        if ((tag & 7) == BYTES) {
            if (value > (uint64_t)(end - at)) {
                return false;
            }
            at += value;
        }
    }
    return true;
}

bool sj_is_action_result(const void *data, size_t len)
{
    const unsigned char *at = data;
    if (len > 0 && at[0] == '{') {
        json_t *document = json_loadb(data, len, 0, NULL);
        bool is_object = json_is_object(document);
        json_decref(document);
        return is_object;
    }
    return is_message(at, at + len);
}
