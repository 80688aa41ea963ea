// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The real compiler behind a name: looked up on PATH as execvp(3) does, passing over this program
 * itself under any name and over other compiler caches that masquerade by link.
 */
#pragma once

#include <stdbool.h>

#include <scrubjay/toolchain.h>

#include "base/filestat.h"

/** A candidate for the real compiler. Zeroed: none yet. */
struct sj_tool {
    char path[4096];                      /**< its file: absolute, or as the user wrote it */
    struct sj_filestat stat;              /**< its state; links followed */
    const char *rest;                     /**< what of PATH is left to search; NULL: nothing */
    const struct sj_toolchain *toolchain; /**< who understands it; NULL: nobody */
};

/**
 * Find the next program of that name. A name with a slash has one candidate: itself.
 *
 * @param tool zeroed for the first call; takes the candidate
 * @param name as the user wrote it
 * @param path value of PATH, outliving the tool; may be NULL
 * @return true when there is one more
 */
bool sj_tool_next(struct sj_tool *tool, const char *name, const char *path);

/**
 * Whether a candidate is this program, by link, hard link or copy.
 *
 * @param tool candidate
 * @return true when it must be passed over
 */
bool sj_tool_is_self(const struct sj_tool *tool);

/**
 * Whether a candidate is a link to another compiler cache: ccache or sccache.
 *
 * @param tool candidate
 * @return true when it must be passed over
 */
bool sj_tool_is_cache(const struct sj_tool *tool);

/**
 * The toolchain that claims a compiler, by its name or by the name of what its links lead to.
 *
 * @param tool candidate
 * @return toolchain, or NULL
 */
const struct sj_toolchain *sj_tool_claim(const struct sj_tool *tool);

/**
 * Whether some toolchain claims a name.
 *
 * @param name a program's name; directories are passed over
 * @return the toolchain, or NULL
 */
const struct sj_toolchain *sj_toolchain_find(const char *name);

/**
 * The toolchains, one by one.
 *
 * @param index from 0
 * @return toolchain, or NULL behind the last
 */
const struct sj_toolchain *sj_toolchain_at(size_t index);
