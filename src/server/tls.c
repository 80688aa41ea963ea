// SPDX-License-Identifier: Apache-2.0
#include "server/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define FILE_MAX  ((size_t)1 << 20) /**< bytes of a PEM file */
#define CHAIN_MAX 16                /**< certificates of a chain */

/** Ciphers that GnuTLS holds safe, TLS 1.2 and 1.3 only, and no key exchange without secrecy for
 * what was recorded before a key is lost. */
#define PRIORITIES "SECURE128:-RSA:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/** A handshake that began with old credentials has ended after this time: header_timeout ends it.
 */
#define RETIRED_MS ((uint64_t)3600 * 1000)

/** Client certificates found valid are not verified again with each request. */
#define VERDICTS   64
#define VERDICT_MS 60000

enum {
    CERT,
    KEY,
    CLIENT_CA,
    FILES
};

/** What tells that a file has changed. */
struct mark {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec changed;
};

/** What the files held at one time. Never changed, so handshakes read it without a lock. */
struct credentials {
    struct credentials *next; /**< older ones */
    uint64_t retired_ms;      /**< since when it is not the newest */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned chain_count;
    gnutls_privkey_t key;
    gnutls_x509_trust_list_t authorities; /**< NULL: no client certificates are asked for */
};

struct verdict {
    unsigned char hash[32]; /**< SHA-256 of the chain that was shown */
    uint64_t until_ms;      /**< valid so long; 0: empty */
};

struct sj_tls {
    char *paths[FILES];
    struct mark marks[FILES]; /**< of the files when they were last read, well or badly */
    struct sj_buf
        authorities; /**< PEM: libmicrohttpd asks for client certificates when it has it */
    _Atomic(struct credentials *) newest;
    pthread_mutex_t lock;              /**< guards verdicts */
    struct verdict verdicts[VERDICTS]; /**< valid client certificates */
    size_t verdict_next;               /**< place of the next one */
};

/**
 * The one TLS of the process. libmicrohttpd hands nothing of ours to the callback that GnuTLS asks
 * for a certificate, and a session leads to its connection and its daemon only.
 */
static _Atomic(struct sj_tls *) serving;

static uint64_t now_ms(void)
{
    return sj_clock_ns(CLOCK_MONOTONIC) / SJ_NS_PER_MS;
}

static void credentials_free(struct credentials *credentials)
{
    if (!credentials) {
        return;
    }
    for (unsigned i = 0; i < credentials->chain_count; i++) {
        gnutls_pcert_deinit(&credentials->chain[i]);
    }
    if (credentials->key) {
        gnutls_privkey_deinit(credentials->key);
    }
    if (credentials->authorities) {
        gnutls_x509_trust_list_deinit(credentials->authorities, 1);
    }
    free(credentials);
}

static void auto_credentials_free(struct credentials **credentials)
{
    credentials_free(*credentials);
}

static int fail_gnutls(struct sj_err *err, int failure, const char *what, const char *path)
{
    return sj_fail_plain(err, -EINVAL, "cannot use '%s' as %s: %s", path, what,
                         gnutls_strerror(failure));
}

static int read_pem(const char *path, const char *what, struct sj_buf *out, struct sj_err *err)
{
    int status = sj_file_read(AT_FDCWD, path, out);
    return status < 0 ? sj_fail(err, status, "cannot read '%s', the %s", path, what) : 0;
}

static gnutls_datum_t datum_of(struct sj_buf *buf)
{
    return (gnutls_datum_t){.data = (unsigned char *)buf->data, .size = (unsigned)buf->len};
}

static int load_chain(struct credentials *to, const char *path, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf pem = SJ_BUF_INIT(FILE_MAX);
    int status = read_pem(path, "certificate (tls_cert)", &pem, err);
    if (status < 0) {
        return status;
    }
    gnutls_datum_t data = datum_of(&pem);
    unsigned count = CHAIN_MAX;
    int failure = gnutls_pcert_list_import_x509_raw(to->chain, &count, &data, GNUTLS_X509_FMT_PEM,
                                                    GNUTLS_X509_CRT_LIST_SORT);
    if (failure < 0 || count == 0) {
        return fail_gnutls(err, failure < 0 ? failure : GNUTLS_E_NO_CERTIFICATE_FOUND,
                           "certificate chain (tls_cert)", path);
    }
    to->chain_count = count;
    return 0;
}

static int load_key(struct credentials *to, const char *path, struct sj_err *err)
{
    struct stat there;
    if (stat(path, &there) == 0 && (there.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        sj_log("tls: everybody on this machine can read or change the key '%s'", path);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf pem = SJ_BUF_INIT(FILE_MAX);
    int status = read_pem(path, "private key (tls_key)", &pem, err);
    if (status < 0) {
        return status;
    }
    gnutls_datum_t data = datum_of(&pem);
    int failure = gnutls_privkey_init(&to->key);
    if (failure == 0) {
        failure = gnutls_privkey_import_x509_raw(to->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    explicit_bzero(pem.data, pem.len);
    if (failure == GNUTLS_E_DECRYPTION_FAILED) {
        return sj_fail_plain(err, -EINVAL,
                             "cannot use '%s' as private key (tls_key): it is encrypted, and "
                             "nobody could be asked for the password",
                             path);
    }
    return failure < 0 ? fail_gnutls(err, failure, "private key (tls_key)", path) : 0;
}

/** A key and a certificate that do not belong together would fail each handshake. */
static int check_pair(const struct credentials *pair, char *const paths[FILES], struct sj_err *err)
{
    unsigned char of_cert[32];
    unsigned char of_key[32];
    size_t cert_len = sizeof of_cert;
    size_t key_len = sizeof of_key;
    gnutls_pubkey_t public = NULL;
    int failure = gnutls_pubkey_get_key_id(pair->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_cert,
                                           &cert_len);
    if (failure == 0) {
        failure = gnutls_pubkey_init(&public);
    }
    if (failure == 0) {
        failure = gnutls_pubkey_import_privkey(public, pair->key, 0, 0);
    }
    if (failure == 0) {
        failure = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
    }
    if (public) {
        gnutls_pubkey_deinit(public);
    }
    if (failure < 0) {
        return fail_gnutls(err, failure, "private key (tls_key)", paths[KEY]);
    }
    if (cert_len != key_len || memcmp(of_cert, of_key, key_len) != 0) {
        return sj_fail_plain(err, -EINVAL,
                             "the key '%s' (tls_key) is not that of the certificate '%s' "
                             "(tls_cert)",
                             paths[KEY], paths[CERT]);
    }
    return 0;
}

static int load_authorities(struct credentials *to, const char *path, struct sj_buf *pem,
                            struct sj_err *err)
{
    int status = read_pem(path, "client authorities (tls_client_ca)", pem, err);
    if (status < 0) {
        return status;
    }
    gnutls_datum_t data = datum_of(pem);
    int failure = gnutls_x509_trust_list_init(&to->authorities, 0);
    int count = 0;
    if (failure == 0) {
        count = gnutls_x509_trust_list_add_trust_mem(to->authorities, &data, NULL,
                                                     GNUTLS_X509_FMT_PEM, GNUTLS_TL_USE_IN_TLS, 0);
    }
    // An empty list of authorities would shut everybody out without a word.
    if (failure < 0 || count <= 0) {
        return fail_gnutls(err,
                           failure < 0 ? failure
                           : count < 0 ? count
                                       : GNUTLS_E_NO_CERTIFICATE_FOUND,
                           "client authorities (tls_client_ca)", path);
    }
    return 0;
}

static struct mark mark_of(const char *path)
{
    struct stat there;
    if (!path || stat(path, &there) < 0) {
        return (struct mark){0};
    }
    return (struct mark){there.st_dev, there.st_ino, there.st_size, there.st_ctim};
}

static bool has_changed(struct sj_tls *tls)
{
    bool is_new = false;
    for (size_t i = 0; i < FILES; i++) {
        struct mark mark = mark_of(tls->paths[i]);
        const struct mark *old = &tls->marks[i];
        is_new = is_new || mark.dev != old->dev || mark.ino != old->ino || mark.size != old->size ||
                 mark.changed.tv_sec != old->changed.tv_sec ||
                 mark.changed.tv_nsec != old->changed.tv_nsec;
        // Before the file is read: a change meanwhile shows the next time.
        tls->marks[i] = mark;
    }
    return is_new;
}

/** Free what no handshake can use any more. */
static void sweep_retired(struct credentials *newest)
{
    uint64_t now = now_ms();
    for (struct credentials **at = &newest->next; *at;) {
        struct credentials *one = *at;
        if (now - one->retired_ms > RETIRED_MS) {
            *at = one->next;
            credentials_free(one);
        } else {
            at = &one->next;
        }
    }
}

static int load(struct sj_tls *tls, struct sj_err *err)
{
    SJ_AUTO(auto_credentials_free) struct credentials *loaded = sj_new(struct credentials);
    SJ_AUTO(sj_buf_release) struct sj_buf pem = SJ_BUF_INIT(FILE_MAX);
    int status = load_chain(loaded, tls->paths[CERT], err);
    if (status == 0) {
        status = load_key(loaded, tls->paths[KEY], err);
    }
    if (status == 0) {
        status = check_pair(loaded, tls->paths, err);
    }
    if (status == 0 && tls->paths[CLIENT_CA]) {
        status = load_authorities(loaded, tls->paths[CLIENT_CA], &pem, err);
    }
    if (status < 0) {
        return status;
    }

    // The daemon keeps its own copy of the text, of which it uses no more than that it is there.
    if (!tls->authorities.data) {
        tls->authorities = pem;
        pem = (struct sj_buf){0};
    }
    struct credentials *old = atomic_load(&tls->newest);
    if (old) {
        old->retired_ms = now_ms();
    }
    loaded->next = old;
    sweep_retired(loaded);
    (void)pthread_mutex_lock(&tls->lock);
    atomic_store(&tls->newest, loaded);
    memset(tls->verdicts, 0, sizeof tls->verdicts);
    (void)pthread_mutex_unlock(&tls->lock);
    loaded = NULL;
    return 0;
}

static void auto_tls_close(struct sj_tls **tls)
{
    sj_tls_close(*tls);
}

int sj_tls_open(const struct sj_server_config *config, struct sj_tls **out, struct sj_err *err)
{
    if (!config->tls_key) {
        return sj_fail_plain(err, -EINVAL,
                             "'tls_cert' is set, and 'tls_key' is not: set the file of its key");
    }
    SJ_AUTO(auto_tls_close) struct sj_tls *tls = sj_new(struct sj_tls);
    (void)pthread_mutex_init(&tls->lock, NULL);
    tls->paths[CERT] = sj_strdup(config->tls_cert);
    tls->paths[KEY] = sj_strdup(config->tls_key);
    tls->paths[CLIENT_CA] = config->tls_client_ca ? sj_strdup(config->tls_client_ca) : NULL;
    (void)has_changed(tls);
    int status = load(tls, err);
    if (status < 0) {
        return status;
    }
    struct sj_tls *none = NULL;
    if (!atomic_compare_exchange_strong(&serving, &none, tls)) {
        return sj_fail_plain(err, -EBUSY, "a process can have one certificate only");
    }
    *out = sj_steal(tls);
    return 0;
}

void sj_tls_close(struct sj_tls *tls)
{
    if (!tls) {
        return;
    }
    struct sj_tls *self = tls;
    (void)atomic_compare_exchange_strong(&serving, &self, NULL);
    for (struct credentials *one = atomic_load(&tls->newest); one;) {
        struct credentials *next = one->next;
        credentials_free(one);
        one = next;
    }
    for (size_t i = 0; i < FILES; i++) {
        free(tls->paths[i]);
    }
    sj_buf_release(&tls->authorities);
    (void)pthread_mutex_destroy(&tls->lock);
    free(tls);
}

int sj_tls_reload(struct sj_tls *tls, struct sj_err *err)
{
    if (!tls || !has_changed(tls)) {
        return 0;
    }
    int status = load(tls, err);
    return status < 0 ? status : 1;
}

/** GnuTLS asks for what to show to a client. @return 0, or -1: the handshake fails */
static int show_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                            gnutls_pcert_st **certs, unsigned *cert_count,
                            gnutls_ocsp_data_st **ocsp, unsigned *ocsp_count, gnutls_privkey_t *key,
                            unsigned *flags)
{
    (void)info;
    struct sj_tls *tls = atomic_load(&serving);
    if (!tls) {
        return -1;
    }
    // Authorities may change while the daemon runs; a list of those that it began with would keep
    // clients of new ones from showing their certificate.
    gnutls_certificate_send_x509_rdn_sequence(session, 1);
    struct credentials *newest = atomic_load(&tls->newest);
    *certs = newest->chain;
    *cert_count = newest->chain_count;
    *ocsp = NULL;
    *ocsp_count = 0;
    *key = newest->key;
    *flags = 0;
    return 0;
}

size_t sj_tls_options(struct sj_tls *tls, struct MHD_OptionItem *options)
{
    if (!tls) {
        return 0;
    }
    static char priorities[] = PRIORITIES;
    size_t count = 0;
    options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priorities};
    options[count++] =
        (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, (void *)show_certificate};
    if (tls->paths[CLIENT_CA]) {
        options[count++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->authorities.data};
    }
    return count;
}

unsigned sj_tls_flags(const struct sj_tls *tls)
{
    return tls ? MHD_USE_TLS : 0;
}

static bool hash_chain(const gnutls_datum_t *certs, unsigned count, unsigned char hash[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (unsigned i = 0; i < count && is_done; i++) {
        is_done = EVP_DigestUpdate(context, &certs[i].size, sizeof certs[i].size) == 1 &&
                  EVP_DigestUpdate(context, certs[i].data, certs[i].size) == 1;
    }
    is_done = is_done && EVP_DigestFinal_ex(context, hash, NULL) == 1;
    EVP_MD_CTX_free(context);
    return is_done;
}

/** Whether a chain leads to one of the authorities, is in time, and is a client's. */
static bool is_valid(const struct credentials *credentials, const gnutls_datum_t *shown,
                     unsigned count)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned parsed = 0;
    bool is_good = count <= CHAIN_MAX;
    while (is_good && parsed < count) {
        is_good = gnutls_x509_crt_init(&chain[parsed]) == 0;
        if (is_good) {
            is_good =
                gnutls_x509_crt_import(chain[parsed], &shown[parsed], GNUTLS_X509_FMT_DER) == 0;
            parsed++;
        }
    }
    if (is_good) {
        char client[] = GNUTLS_KP_TLS_WWW_CLIENT;
        gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
                                         .data = (unsigned char *)client};
        unsigned faults = 0;
        is_good = gnutls_x509_trust_list_verify_crt2(credentials->authorities, chain, count,
                                                     &purpose, 1, 0, &faults, NULL) == 0 &&
                  faults == 0;
    }
    for (unsigned i = 0; i < parsed; i++) {
        gnutls_x509_crt_deinit(chain[i]);
    }
    return is_good;
}

static bool is_known(const struct sj_tls *tls, const unsigned char hash[32], uint64_t now)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        if (tls->verdicts[i].until_ms > now && memcmp(tls->verdicts[i].hash, hash, 32) == 0) {
            return true;
        }
    }
    return false;
}

/** The certificate was shown and its key proved in the handshake; is it one that counts? */
static bool admits_chain(struct sj_tls *tls, const gnutls_datum_t *shown, unsigned count)
{
    unsigned char hash[32];
    if (!hash_chain(shown, count, hash)) {
        return false;
    }
    uint64_t now = now_ms();
    (void)pthread_mutex_lock(&tls->lock);
    bool is_good = is_known(tls, hash, now);
    struct credentials *newest = atomic_load(&tls->newest);
    (void)pthread_mutex_unlock(&tls->lock);
    if (is_good) {
        return true;
    }

    is_good = is_valid(newest, shown, count);
    (void)pthread_mutex_lock(&tls->lock);
    // Not remembered when the authorities have changed meanwhile.
    if (is_good && atomic_load(&tls->newest) == newest) {
        struct verdict *verdict = &tls->verdicts[tls->verdict_next++ % VERDICTS];
        memcpy(verdict->hash, hash, sizeof verdict->hash);
        verdict->until_ms = now + VERDICT_MS;
    }
    (void)pthread_mutex_unlock(&tls->lock);
    return is_good;
}

bool sj_tls_admits(struct sj_tls *tls, struct MHD_Connection *connection)
{
    if (!tls || !tls->paths[CLIENT_CA]) {
        return true;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info || !info->tls_session) {
        return false;
    }
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(info->tls_session, &count);
    return shown && count > 0 && admits_chain(tls, shown, count);
}
