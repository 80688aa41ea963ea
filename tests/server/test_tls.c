// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "certificate.h"
#include "server/tls.h"

static char *root;
static struct sj_server_config config;
static struct certificate authority;

static void begin(void)
{
    root = sj_strdup("/tmp/scrubjay-tls-XXXXXX");
    cr_assert(mkdtemp(root));
    config.tls_cert = sj_asprintf("%s/cert.pem", root);
    config.tls_key = sj_asprintf("%s/key.pem", root);
    config.tls_client_ca = NULL;
    authority =
        certificate_make(&(struct certificate_request){.name = "authority", .is_authority = true});
}

static void end(void)
{
    certificate_release(&authority);
    free(config.tls_cert);
    free(config.tls_key);
    free(config.tls_client_ca);
    (void)sj_tree_remove(root);
    free(root);
}

TestSuite(tls, .init = begin, .fini = end);

/** Give the server a certificate of a name. */
static void install(const char *name)
{
    struct certificate made =
        certificate_make(&(struct certificate_request){.name = name, .issuer = &authority});
    certificate_write(&made, config.tls_cert, config.tls_key);
    certificate_release(&made);
}

static enum MHD_Result answer(void *user, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_len, void **state)
{
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    (void)data_len;
    (void)state;
    unsigned status = sj_tls_admits(user, connection) ? 200 : 403;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Daemon *start(struct sj_tls *tls, uint16_t *port)
{
    struct MHD_OptionItem options[5] = {{MHD_OPTION_END, 0, NULL}};
    size_t count = sj_tls_options(tls, options);
    cr_assert_leq(count, 4);
    options[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | sj_tls_flags(tls), 0, NULL, NULL, answer,
                         tls, MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    cr_assert_not_null(daemon);
    *port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

/** What a client made of it. */
struct visit {
    int handshake;   /**< GnuTLS status */
    char name[64];   /**< CN of the server */
    unsigned status; /**< HTTP */
    gnutls_protocol_t version;
};

static void speak(gnutls_session_t session, struct visit *visit)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    if (gnutls_record_send(session, request, sizeof request - 1) < 0) {
        return;
    }
    char reply[256] = "";
    ssize_t got = gnutls_record_recv(session, reply, sizeof reply - 1);
    if (got > 12 && strncmp(reply, "HTTP/1.1 ", 9) == 0) {
        visit->status = (unsigned)(reply[9] - '0') * 100 + (unsigned)(reply[10] - '0') * 10 +
                        (unsigned)(reply[11] - '0');
    }
}

static struct visit visit(uint16_t port, const struct certificate *own, const char *priorities)
{
    struct visit visit = {.handshake = -1};
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    cr_assert_eq(gnutls_certificate_allocate_credentials(&credentials), 0);
    if (own) {
        gnutls_x509_crt_t chain[] = {own->cert};
        cr_assert_eq(gnutls_certificate_set_x509_key(credentials, chain, 1, own->key), 0);
    }
    cr_assert_eq(gnutls_init(&session, GNUTLS_CLIENT), 0);
    cr_assert_eq(gnutls_priority_set_direct(session, priorities, NULL), 0);
    cr_assert_eq(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);

    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    gnutls_transport_set_int(session, fd);
    gnutls_handshake_set_timeout(session, 20000);
    do {
        visit.handshake = gnutls_handshake(session);
    } while (visit.handshake < 0 && gnutls_error_is_fatal(visit.handshake) == 0);
    if (visit.handshake == 0) {
        unsigned count = 0;
        const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
        gnutls_x509_crt_t cert;
        size_t len = sizeof visit.name;
        cr_assert_eq(gnutls_x509_crt_init(&cert), 0);
        cr_assert_eq(gnutls_x509_crt_import(cert, &shown[0], GNUTLS_X509_FMT_DER), 0);
        (void)gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, visit.name,
                                            &len);
        gnutls_x509_crt_deinit(cert);
        visit.version = gnutls_protocol_get_version(session);
        speak(session, &visit);
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    (void)close(fd);
    return visit;
}

Test(tls, speaks_tls_1_2_and_1_3_only)
{
    static const struct {
        const char *priorities;
        bool is_spoken;
    } cases[] = {
        {"NORMAL", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.3", true},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2", true},
        {"LEGACY:-VERS-ALL:+VERS-TLS1.1:%VERIFY_ALLOW_SIGN_WITH_SHA1", false},
        {"NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA", false},
    };
    install("one");
    struct sj_tls *tls = NULL;
    struct sj_err err = {0};
    cr_assert_eq(sj_tls_open(&config, &tls, &err), 0, "%s", err.text);
    uint16_t port = 0;
    struct MHD_Daemon *daemon = start(tls, &port);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct visit got = visit(port, NULL, cases[i].priorities);
        cr_expect_eq(got.handshake == 0, cases[i].is_spoken, "%s: %s", cases[i].priorities,
                     gnutls_strerror(got.handshake));
        cr_expect_eq(got.status, cases[i].is_spoken ? 200 : 0, "%s", cases[i].priorities);
    }
    MHD_stop_daemon(daemon);
    sj_tls_close(tls);
}

Test(tls, takes_a_new_certificate_without_a_restart)
{
    install("one");
    struct sj_tls *tls = NULL;
    cr_assert_eq(sj_tls_open(&config, &tls, NULL), 0);
    uint16_t port = 0;
    struct MHD_Daemon *daemon = start(tls, &port);
    cr_expect_str_eq(visit(port, NULL, "NORMAL").name, "one");
    cr_expect_eq(sj_tls_reload(tls, NULL), 0);
    install("two");
    cr_expect_eq(sj_tls_reload(tls, NULL), 1);
    cr_expect_eq(sj_tls_reload(tls, NULL), 0);
    cr_expect_str_eq(visit(port, NULL, "NORMAL").name, "two");

    // Half of a pair: the old one stays, the complaint comes once, the other half mends it.
    struct certificate three =
        certificate_make(&(struct certificate_request){.name = "three", .issuer = &authority});
    certificate_write(&three, config.tls_cert, NULL);
    struct sj_err err = {0};
    cr_expect_eq(sj_tls_reload(tls, &err), -EINVAL);
    cr_expect(strstr(err.text, "not that of the certificate"), "%s", err.text);
    cr_expect_eq(sj_tls_reload(tls, &err), 0);
    cr_expect_str_eq(visit(port, NULL, "NORMAL").name, "two");
    certificate_write(&three, NULL, config.tls_key);
    cr_expect_eq(sj_tls_reload(tls, &err), 1);
    cr_expect_str_eq(visit(port, NULL, "NORMAL").name, "three");
    cr_assert_eq(unlink(config.tls_key), 0);
    cr_expect_eq(sj_tls_reload(tls, &err), -ENOENT);
    cr_expect_str_eq(visit(port, NULL, "NORMAL").name, "three");
    certificate_release(&three);
    MHD_stop_daemon(daemon);
    sj_tls_close(tls);
}

Test(tls, admits_valid_client_certificates_only)
{
    install("one");
    struct certificate other =
        certificate_make(&(struct certificate_request){.name = "authority", .is_authority = true});
    const struct certificate_request requests[] = {
        {.name = "agent", .issuer = &authority},
        {.name = "agent", .issuer = &authority, .purpose = GNUTLS_KP_TLS_WWW_CLIENT},
        {.name = "late", .issuer = &authority, .is_expired = true},
        {.name = "server", .issuer = &authority, .purpose = GNUTLS_KP_TLS_WWW_SERVER},
        {.name = "forger", .issuer = &other},
        {.name = "loner"},
    };
    static const unsigned expected[] = {200, 200, 403, 403, 403, 403};

    config.tls_client_ca = sj_asprintf("%s/ca.pem", root);
    certificate_write(&authority, config.tls_client_ca, NULL);
    struct sj_tls *tls = NULL;
    struct sj_err err = {0};
    cr_assert_eq(sj_tls_open(&config, &tls, &err), 0, "%s", err.text);
    uint16_t port = 0;
    struct MHD_Daemon *daemon = start(tls, &port);
    cr_expect_eq(visit(port, NULL, "NORMAL").status, 403);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct certificate made = certificate_make(&requests[i]);
        cr_expect_eq(visit(port, &made, "NORMAL").status, expected[i], "case %zu", i);
        cr_expect_eq(visit(port, &made, "NORMAL:-VERS-TLS1.3").status, expected[i], "case %zu", i);
        certificate_release(&made);
    }

    // Other authorities from now on: who was known is a stranger, and the other way around.
    struct certificate old = certificate_make(&requests[0]);
    struct certificate new = certificate_make(&requests[4]);
    cr_expect_eq(visit(port, &old, "NORMAL").status, 200);
    certificate_write(&other, config.tls_client_ca, NULL);
    cr_expect_eq(sj_tls_reload(tls, &err), 1, "%s", err.text);
    cr_expect_eq(visit(port, &old, "NORMAL").status, 403);
    cr_expect_eq(visit(port, &new, "NORMAL").status, 200);
    certificate_release(&old);
    certificate_release(&new);
    certificate_release(&other);
    MHD_stop_daemon(daemon);
    sj_tls_close(tls);
}

Test(tls, says_what_is_wrong_with_a_file)
{
    enum {
        CERT,
        KEY,
        CA,
        NONE
    };
    static const struct {
        int file;
        const char *text; // NULL: there is none
        int status;
        const char *says;
    } cases[] = {
        {CERT, NULL, -ENOENT, "cannot read"},
        {CERT, "", -EINVAL, "tls_cert"},
        {CERT, "hello", -EINVAL, "tls_cert"},
        {KEY, NULL, -ENOENT, "cannot read"},
        {KEY, "hello", -EINVAL, "tls_key"},
        {CA, NULL, -ENOENT, "cannot read"},
        {CA, "hello", -EINVAL, "tls_client_ca"},
        {CA, "", -EINVAL, "tls_client_ca"},
        {NONE, NULL, 0, ""},
    };
    config.tls_client_ca = sj_asprintf("%s/ca.pem", root);
    const char *const paths[] = {config.tls_cert, config.tls_key, config.tls_client_ca};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        install("one");
        certificate_write(&authority, config.tls_client_ca, NULL);
        const char *path = cases[i].file == NONE ? NULL : paths[cases[i].file];
        if (path) {
            cr_assert_eq(unlink(path), 0);
        }
        if (path && cases[i].text) {
            cr_assert_eq(sj_file_write(path, 0600, cases[i].text, strlen(cases[i].text)), 0);
        }
        struct sj_tls *tls = NULL;
        struct sj_err err = {0};
        cr_expect_eq(sj_tls_open(&config, &tls, &err), cases[i].status, "case %zu: %s", i,
                     err.text);
        cr_expect(strstr(err.text, cases[i].says), "case %zu: %s", i, err.text);
        cr_expect(!path || strstr(err.text, path), "case %zu: %s", i, err.text);
        sj_tls_close(tls);
    }
    sj_tls_close(NULL);
}

Test(tls, needs_nothing_where_there_is_none)
{
    struct MHD_OptionItem options[1];
    cr_expect_eq(sj_tls_options(NULL, options), 0);
    cr_expect_eq(sj_tls_flags(NULL), 0);
    cr_expect(sj_tls_admits(NULL, NULL));
    cr_expect_eq(sj_tls_reload(NULL, NULL), 0);
}
