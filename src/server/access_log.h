// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The access log: one line for each request, in the Common Log Format or as JSON. Lines are
 * gathered and written by a thread of its own, so that no request waits for a disk; when it cannot
 * keep up, lines are dropped and the drop is noted. All text from outside is escaped. Source:
 * Apache httpd, mod_log_config, "Common Log Format"; RFC 8259.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "server/metrics.h"

/** An open log. */
struct sj_access_log;

/**
 * Open a log.
 *
 * @param path    file, appended to; "-": stderr
 * @param is_json objects, not the common format
 * @param out     takes the log; the caller closes it
 * @param err     names the file
 * @return 0 or a negative errno
 */
int sj_access_log_open(const char *path, bool is_json, struct sj_access_log **out,
                       struct sj_err *err);

/** Write what is gathered and close. @param log log, or NULL */
void sj_access_log_close(struct sj_access_log *log);

/** Open the file again by its name: it was rotated. @param log log, or NULL @return 0 or a negative
 * errno (it goes on with the old one) */
int sj_access_log_reopen(struct sj_access_log *log);

/** Note a request. @param log log, or NULL @param note the request. Safe from any thread; never
 * waits for the disk */
void sj_access_log_note(struct sj_access_log *log, const struct sj_request_note *note);

/** Format a line, with its end. @param note the request @param is_json as above @param out takes it
 */
void sj_access_log_format(const struct sj_request_note *note, bool is_json, struct sj_buf *out);
