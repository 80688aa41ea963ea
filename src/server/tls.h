// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Certificate, key and client authorities, read again without a restart.
 * Source: GnuTLS 3.7 manual; libmicrohttpd, MHD_OPTION_HTTPS_CERT_CALLBACK2.
 */
#pragma once

#include <microhttpd.h>

#include "base/err.h"
#include "config/config.h"

/** TLS of a server. */
struct sj_tls;

/**
 * Read the files.
 *
 * @param config tls_cert is set
 * @param out    takes it; the caller closes it
 * @param err    names the file and what is wrong with it
 * @return 0 or a negative errno
 */
int sj_tls_open(const struct sj_server_config *config, struct sj_tls **out, struct sj_err *err);

/** Free. @param tls TLS, or NULL; no daemon uses it any more */
void sj_tls_close(struct sj_tls *tls);

/** Read files that have changed. @param tls TLS, or NULL @param err what is wrong; the old ones
 * stay in force @return 0, 1 (something is new) or a negative errno */
int sj_tls_reload(struct sj_tls *tls, struct sj_err *err);

/**
 * Append the options that a daemon needs.
 *
 * @param tls     TLS, or NULL: nothing is appended
 * @param options array, its first entry free
 * @return entries used, at most 4
 */
size_t sj_tls_options(struct sj_tls *tls, struct MHD_OptionItem *options);

/** Flags that a daemon needs. @param tls TLS, or NULL @return of enum MHD_FLAG */
unsigned sj_tls_flags(const struct sj_tls *tls);

/** Whether a connection may go on: where client certificates are asked for it must have shown a
 * valid one. @param tls TLS, or NULL @param connection connection @return true when it may */
bool sj_tls_admits(struct sj_tls *tls, struct MHD_Connection *connection);
