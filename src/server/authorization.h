// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The secret in an Authorization header. Source: RFC 9110, section 11; RFC 6750 (Bearer); RFC 7617
 * (Basic); RFC 4648 (base64).
 */
#pragma once

#include "base/str.h"

#define SJ_SECRET_MAX 384 /**< bytes of what may be shown as a secret */

/**
 * Read a header's value: of Bearer what follows, of Basic the password.
 *
 * @param header value, NUL-terminated
 * @param out    holds the secret of Basic
 * @param secret takes the secret; it points into header or out
 * @return 0 or -EINVAL: another scheme, too long, or no base64
 */
int sj_authorization_parse(const char *header, char out[SJ_SECRET_MAX], struct sj_str *secret);
