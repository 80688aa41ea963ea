// SPDX-License-Identifier: Apache-2.0
#include "certificate.h"

#include <criterion/criterion.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <time.h>

#include "base/file.h"

struct certificate certificate_make(const struct certificate_request *request)
{
    static unsigned char serial;
    struct certificate made = {0};
    const time_t day = 86400;
    time_t now = time(NULL);
    serial++;
    cr_assert_eq(gnutls_x509_privkey_init(&made.key), 0);
    cr_assert_eq(gnutls_x509_privkey_generate(made.key, GNUTLS_PK_ECDSA,
                                              GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                 0);
    cr_assert_eq(gnutls_x509_crt_init(&made.cert), 0);
    gnutls_x509_crt_t cert = made.cert;
    cr_assert_eq(gnutls_x509_crt_set_version(cert, 3), 0);
    cr_assert_eq(gnutls_x509_crt_set_serial(cert, &serial, 1), 0);
    cr_assert_eq(gnutls_x509_crt_set_activation_time(cert, now - 3 * day), 0);
    cr_assert_eq(
        gnutls_x509_crt_set_expiration_time(cert, request->is_expired ? now - day : now + day), 0);
    cr_assert_eq(gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, request->name,
                                               (unsigned)strlen(request->name)),
                 0);
    cr_assert_eq(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_DNSNAME, request->name,
                                                      (unsigned)strlen(request->name), 0),
                 0);
    cr_assert_eq(gnutls_x509_crt_set_key(cert, made.key), 0);
    cr_assert_eq(gnutls_x509_crt_set_basic_constraints(cert, request->is_authority, -1), 0);
    if (request->is_authority) {
        cr_assert_eq(gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_KEY_CERT_SIGN), 0);
    }
    if (request->purpose) {
        cr_assert_eq(gnutls_x509_crt_set_key_purpose_oid(cert, request->purpose, 0), 0);
    }
    const struct certificate *issuer = request->issuer ? request->issuer : &made;
    cr_assert_eq(gnutls_x509_crt_sign2(cert, issuer->cert, issuer->key, GNUTLS_DIG_SHA256, 0), 0);
    return made;
}

void certificate_release(struct certificate *certificate)
{
    gnutls_x509_crt_deinit(certificate->cert);
    gnutls_x509_privkey_deinit(certificate->key);
}

void certificate_write(const struct certificate *certificate, const char *cert_path,
                       const char *key_path)
{
    gnutls_datum_t pem;
    if (cert_path) {
        cr_assert_eq(gnutls_x509_crt_export2(certificate->cert, GNUTLS_X509_FMT_PEM, &pem), 0);
        cr_assert_eq(sj_file_write(cert_path, 0644, pem.data, pem.size), 0);
        gnutls_free(pem.data);
    }
    if (key_path) {
        cr_assert_eq(gnutls_x509_privkey_export2(certificate->key, GNUTLS_X509_FMT_PEM, &pem), 0);
        cr_assert_eq(sj_file_write(key_path, 0600, pem.data, pem.size), 0);
        gnutls_free(pem.data);
    }
}
