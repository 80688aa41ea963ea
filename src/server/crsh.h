// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * ccache's storage helper protocol on a Unix socket: `remote_storage = crsh:/run/scrubjay.sock`.
 * Its values are those of ccache over HTTP in the default namespace. Source: ccache,
 * doc/remote_storage_helper_spec.md.
 */
#pragma once

#include "base/err.h"
#include "server/access.h"
#include "server/metrics.h"
#include "store/shared.h"

/** A socket being served. */
struct sj_crsh;

/** What to serve. */
struct sj_crsh_options {
    const char *path;           /**< of the socket */
    struct sj_shared *shared;   /**< values */
    struct sj_metrics *metrics; /**< counts requests */
    struct sj_access *access;   /**< rules of the default namespace; NULL: none */
    uint64_t max_entry;         /**< bytes of one value */
    uint64_t idle_ms;           /**< a request may stand still; between two there is no end */
    unsigned connections_max;   /**< at one time; 0: 1024 */
};

/** Serve, from a thread of its own. @param options copied @param out takes it; the caller closes it
 * @param err names the socket @return 0 or a negative errno */
int sj_crsh_open(const struct sj_crsh_options *options, struct sj_crsh **out, struct sj_err *err);

/** End: no connection is left. @param crsh socket, or NULL */
void sj_crsh_close(struct sj_crsh *crsh);
