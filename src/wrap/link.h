// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The links that `scrubjay run` puts in front of PATH. The tree below SJ_LINK_DIR mirrors the
 * directories of PATH that hold compilers, so a link's own path tells which compiler it stands for:
 * CACHE_DIR/scrubjay-links/usr/bin/gcc is /usr/bin/gcc, whatever PATH may be by then. A build tree
 * that has recorded such a path goes on with the compiler it was configured for.
 */
#pragma once

#include <string.h>

/** Directory of the links, below the store's. The wrapper knows its links by this name. */
#define SJ_LINK_DIR "scrubjay-links"

/**
 * The compiler that a link stands for. Looks at the text alone.
 *
 * @param path of the link; NULL: none
 * @return the compiler's absolute path, a part of path; NULL when it is no such link
 */
static inline const char *sj_link_origin(const char *path)
{
    static const char mark[] = "/" SJ_LINK_DIR "/";
    const char *at = path ? strstr(path, mark) : NULL;
    return at ? at + sizeof mark - 2 : NULL;
}
