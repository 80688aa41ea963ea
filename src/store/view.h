// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Reading what views show, for the modules of this room.
 */
#pragma once

#include "store/shared_handle.h"

/**
 * Read a view's data as stored, and check everything but its hash.
 *
 * @param view view
 * @param out  the bytes are appended; untouched on failure
 * @param item takes the item's fields
 * @return 0, -EBADMSG (it is not there) or a negative errno
 */
int sj_view_fetch(const struct sj_view *view, struct sj_buf *out, struct sj_item *item);
