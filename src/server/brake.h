// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How often an address has shown a wrong token lately. Takes the same memory whoever comes: when
 * there is no room, the address whose minute began first is forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/** Counts of addresses. */
struct sj_brake;

/**
 * Counts, all 0.
 *
 * @param failures_max in a minute; what is beyond is too much
 * @param out          takes them; the caller frees them with sj_brake_free()
 * @return 0 or a negative errno
 */
int sj_brake_new(unsigned failures_max, struct sj_brake **out);

/** Free counts. @param brake counts, or NULL */
void sj_brake_free(struct sj_brake *brake);

/**
 * Count a failure. All of an IPv6 network of 64 bits is one address, and an IPv4 address is the
 * same one when it comes mapped into IPv6.
 *
 * @param brake   counts
 * @param address whose; of a family other than IPv4 and IPv6, or NULL: not counted
 * @param now_ns  CLOCK_MONOTONIC
 * @return true when it is one too many
 *
 * Safe from several threads at once.
 */
bool sj_brake_fail(struct sj_brake *brake, const struct sockaddr *address, uint64_t now_ns);
