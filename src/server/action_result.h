// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What Bazel's action cache holds.
 * Source: Remote Execution API v2, message ActionResult; Protocol Buffers, Encoding.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * Whether bytes are an ActionResult: a protobuf message whose fields have the numbers and wire
 * types of one, or JSON, as moon writes it, of an object.
 *
 * @param data bytes, untrusted
 * @param len  how many
 * @return true when they are
 */
bool sj_is_action_result(const void *data, size_t len);
