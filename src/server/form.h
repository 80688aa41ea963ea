// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Values of forms and queries: application/x-www-form-urlencoded, as browsers send it.
 * Source: https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

/**
 * The value of a name.
 *
 * @param form bytes of a form or query, untrusted
 * @param name name, of letters
 * @param out  takes the value, decoded; its limit counts
 * @return 0, -ENOENT (it is not there) or -EINVAL: there twice, too long, a cut escape, or a byte
 *         0 in it
 */
int sj_form_value(struct sj_str form, const char *name, struct sj_buf *out);
