// SPDX-License-Identifier: Apache-2.0
// Git's tree objects.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repo/listing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_listing listing = {.at = data, .end = data + size};
    struct sj_entry last = {0};
    struct sj_entry entry;
    int status;
    while ((status = sj_listing_next(&listing, &entry)) == 0) {
        const uint8_t *name = (const uint8_t *)entry.name;
        if (entry.len == 0 || name < data || name + entry.len + 1 + SJ_OID_SIZE > data + size ||
            memchr(name, '\0', entry.len)) {
            abort();
        }
        if (last.name && sj_entry_compare(&last, &entry) < 0 &&
            sj_entry_compare(&entry, &last) <= 0) {
            abort();
        }
        last = entry;
    }
    if (status == 1 && listing.at != listing.end) {
        abort();
    }
    return 0;
}
