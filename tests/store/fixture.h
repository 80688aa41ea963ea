// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the tests of the store share: a directory of their own, and blobs to put in it.
 */
#pragma once

#include "store/maintain.h"
#include "store/store.h"

/** The test's directory; the store's is "store" in it. */
extern char test_dir[64];

/** Make the directory. */
void fixture_set_up(void);
/** Remove the directory. */
void fixture_tear_down(void);

/** Path of something in the directory. @param name relative @return the caller frees it */
char *fixture_path(const char *name);

/** Open the store. @param max_size_bytes cap, or 0 @return never NULL: a failure fails the test */
struct sj_store *fixture_open(uint64_t max_size_bytes);

/** Open the store, for what may fail. @param options all but the directory @param out takes the
 * store @param err what failed @return as sj_store_open() */
int fixture_try(struct sj_store_options options, struct sj_store **out, struct sj_err *err);

/** Bytes that do not compress. @param data takes them @param len how many @param seed which */
void fixture_fill(char *data, size_t len, unsigned seed);

/** Put an object. @param store store @param len its bytes @param seed which @return its key */
struct sj_key fixture_put(struct sj_store *store, size_t len, unsigned seed);

/** Read an object and fail the test if its bytes are not what was put. @param store store @param
 * len its bytes @param seed which @return whether it is there */
bool fixture_has(struct sj_store *store, size_t len, unsigned seed);
