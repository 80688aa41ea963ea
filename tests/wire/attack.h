// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Attacks on a running server. Each group prints a line for each attack, "ok TEXT" or
 * "not ok TEXT: WHY", which tests/e2e/serve-lib.sh makes checks of.
 */
#pragma once

#include "wire.h"

/** A server under attack, and what is known of it. */
struct attack {
    struct wire_peer peer; /**< where it is */
    char **args;           /**< of the group */
    int arg_count;         /**< how many */
    bool has_failed;       /**< an attack came through */
};

/** A group of attacks. @param attack server @return true unless it was called wrongly */
typedef bool attack_group(struct attack *attack);

/** Malformed and smuggling requests. */
attack_group attack_requests;
/** Slow clients. The server's deadlines must be short: header_timeout, idle_timeout, body_timeout.
 */
attack_group attack_slow;
/** Headers and bodies in packets of their own: none waits for the other. */
attack_group attack_split;
/** Clients that go away amid a request. The server's deadlines must be long. */
attack_group attack_gone;
/** Values and bodies that lie. Argument: most bytes of memory that the server may come to have. */
attack_group attack_content;
/** Bodies of unknown length. Argument: max_entry. */
attack_group attack_limits;
/** Parallel uploads. Arguments: connections, bytes of each, memory that the server may have. */
attack_group attack_uploads;
/** The server is told to end while clients ask on, as many as given. Its drain_timeout must be
 * short.
 */
attack_group attack_end;
/** Many connections. Arguments: how many to open, most that may be served at one time. */
attack_group attack_connections;
/** A large value is asked for and not read. Arguments: target, connections, their SO_RCVBUF. */
attack_group attack_readers;

/** Print the outcome of an attack. @param attack server @param is_good it was fended off @param
 * format what was tried and, behind a colon, what happened */
SJ_PRINTF(3, 4) void attack_report(struct attack *attack, bool is_good, const char *format, ...);

/** Whether the server still serves somebody else. @param attack server @return true when it does */
bool attack_is_served(const struct attack *attack);
