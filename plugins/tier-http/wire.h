// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The thread that makes requests, and its connections.
 * Source: libcurl, libcurl-multi(3), curl_multi_wakeup(3).
 */
#pragma once

#include <stddef.h>

#include <scrubjay/tier.h>

#include "tier-http/job.h"

/** The thread and its connections. */
struct wire;

/**
 * Understand the URL and start the thread. Connects to nothing.
 *
 * @param options as the host gave them
 * @param out     takes the thread
 * @param problem takes a sentence
 * @param len     room in problem
 * @return 0, -EINVAL (the URL) or another negative errno
 */
int wire_open(const struct sj_tier_options *options, struct wire **out, char *problem, size_t len);

/** Break off what is under way and end the thread. @param wire thread */
void wire_close(struct wire *wire);

/** Hand over a call. @param wire thread @param job taken over */
void wire_submit(struct wire *wire, struct job *job);

/**
 * Take a URL apart: what requests begin with, and the namespace, its last segment.
 *
 * @param url   such as http://HOST:PORT/NS
 * @param base  takes "http://HOST:PORT", with what stands in front of the namespace; freed by the
 *              caller
 * @param space takes the namespace, "default" where the URL has none; freed by the caller
 * @return 0, -EINVAL or -ENOMEM
 */
int wire_split_url(const char *url, char **base, char **space);
