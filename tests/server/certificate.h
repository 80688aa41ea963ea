// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Certificates made for a test.
 */
#pragma once

#include <gnutls/x509.h>
#include <stdbool.h>

/** A certificate with its key. */
struct certificate {
    gnutls_x509_crt_t cert;
    gnutls_x509_privkey_t key;
};

/** What to make. */
struct certificate_request {
    const char *name;                 /**< CN, and DNS name */
    const struct certificate *issuer; /**< NULL: signs itself */
    const char *purpose;              /**< OID, or NULL: any */
    bool is_authority;                /**< may sign others */
    bool is_expired;                  /**< since yesterday */
};

/** Make one. @return to be released with certificate_release() */
struct certificate certificate_make(const struct certificate_request *request);

void certificate_release(struct certificate *certificate);

/** Write PEM files, replacing what is there. @param cert_path or NULL @param key_path or NULL */
void certificate_write(const struct certificate *certificate, const char *cert_path,
                       const char *key_path);
