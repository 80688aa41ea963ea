// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The environment that a program is executed with: the library in it when it can be observed, no
 * trace of it otherwise. Nothing else in it changes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Memory that a signal handler or a vfork()ed child may have. Zeroed: none. */
struct sj_block {
    void *data;  /**< zeroed memory; NULL: none */
    size_t size; /**< bytes */
};

/**
 * Get memory.
 * @param block takes it; release with sj_block_release()
 * @param size  bytes
 * @return false: there is none
 */
bool sj_block_get(struct sj_block *block, size_t size);

/** Give memory back; errno stays. @param block memory, or zeroed */
void sj_block_release(struct sj_block *block);

/**
 * Whether an environment is as a program needs it.
 * @param env     environment, or NULL
 * @param is_seen the program can be observed
 * @return false: sj_preload_env_make() is needed
 */
bool sj_preload_env_is_ready(char *const *env, bool is_seen);

/**
 * Make the environment that a program needs.
 * @param env     what the caller wants to run it with, or NULL; must outlive the result
 * @param is_seen the program can be observed
 * @param block   takes the memory; release with sj_block_release()
 * @param out     takes the environment
 * @return false: there is no memory
 */
bool sj_preload_env_make(char *const *env, bool is_seen, struct sj_block *block, char *const **out);
