// SPDX-License-Identifier: Apache-2.0
#include "import-common/page.h"

#include <string.h>

char *import_page_project(const char *url, const char *mark)
{
    const char *host = url ? strstr(url, "://") : NULL;
    if (!host) {
        return NULL;
    }
    host += 3;
    const char *end = strstr(host, mark);
    return end && end > host ? strndup(host, (size_t)(end - host)) : NULL;
}
