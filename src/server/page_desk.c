// SPDX-License-Identifier: Apache-2.0
#include "server/page_desk.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/mem.h"
#include "server/worker.h"

#define THREADS     2
#define WAITING_MAX 256 // requests; those beyond are told to come again
#define SECRET_SIZE 32
#define HOST_MAX    255

struct sj_desk {
    const struct sj_pages *pages;
    char local_key[SJ_PAGE_KEY_LEN + 1]; // "": not local
    unsigned char secret[SECRET_SIZE];   // of this process: forms are good until it ends
    struct sj_worker *worker;            // its own: a slow page keeps no upload waiting
    atomic_uint waiting;
};

int sj_desk_new(const struct sj_server_options *options, struct sj_desk **out, struct sj_err *err)
{
    if (options->page_key && strlen(options->page_key) != SJ_PAGE_KEY_LEN) {
        return sj_fail_plain(err, -EINVAL, "the key of pages has not %d digits", SJ_PAGE_KEY_LEN);
    }
    struct sj_desk *desk = sj_new(struct sj_desk);
    // So few bytes come whole, or not at all: getrandom(2).
    if (getrandom(desk->secret, sizeof desk->secret, 0) < 0) {
        int status = -errno;
        free(desk);
        return sj_fail(err, status, "cannot get random bytes");
    }
    desk->pages = options->pages;
    if (options->page_key) {
        memcpy(desk->local_key, options->page_key, sizeof desk->local_key);
    }
    desk->worker = sj_worker_new(THREADS);
    *out = desk;
    return 0;
}

void sj_desk_free(struct sj_desk *desk)
{
    if (desk) {
        sj_worker_free(desk->worker);
        free(desk);
    }
}

const struct sj_pages *sj_desk_pages(const struct sj_desk *desk)
{
    return desk->pages;
}

bool sj_desk_is_local(const struct sj_desk *desk)
{
    return desk->local_key[0] != '\0';
}

bool sj_desk_knows(const struct sj_desk *desk, const char *text)
{
    return sj_desk_is_local(desk) && strlen(text) == SJ_PAGE_KEY_LEN &&
           CRYPTO_memcmp(text, desk->local_key, SJ_PAGE_KEY_LEN) == 0;
}

bool sj_desk_defer(struct sj_desk *desk, struct sj_request *request, sj_handler *handler)
{
    if (atomic_fetch_add(&desk->waiting, 1) >= WAITING_MAX) {
        sj_desk_done(desk);
        return false;
    }
    sj_request_defer_to(request, desk->worker, handler);
    return true;
}

void sj_desk_done(struct sj_desk *desk)
{
    (void)atomic_fetch_sub(&desk->waiting, 1);
}

void sj_desk_form_key(const struct sj_desk *desk, const char *cookie, char out[SJ_FORM_KEY_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    size_t len = 0;
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, desk->secret, sizeof desk->secret,
                   (const unsigned char *)cookie, strlen(cookie), digest, sizeof digest, &len)) {
        sj_oom(); // it fails for nothing else
    }
    for (size_t i = 0; i < (SJ_FORM_KEY_SIZE - 1) / 2; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}

bool sj_form_key_eq(const char key[SJ_FORM_KEY_SIZE], const char *shown)
{
    return strlen(shown) == SJ_FORM_KEY_SIZE - 1 &&
           CRYPTO_memcmp(key, shown, SJ_FORM_KEY_SIZE - 1) == 0;
}

void sj_cookie_name(bool is_local, const char *host, char out[SJ_COOKIE_NAME_SIZE])
{
    const char *colon = is_local ? strrchr(host, ':') : NULL;
    (void)snprintf(out, SJ_COOKIE_NAME_SIZE, colon ? "scrubjay-%.5s" : "scrubjay",
                   colon ? colon + 1 : "");
}

static bool is_cookie_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '-';
}

static void take_value(const char *value, size_t len, char out[SJ_COOKIE_SIZE])
{
    for (size_t i = 0; i < len; i++) {
        if (!is_cookie_byte(value[i])) {
            return;
        }
    }
    if (len < SJ_COOKIE_SIZE) {
        memcpy(out, value, len);
        out[len] = '\0';
    }
}

bool sj_cookie_read(const char *header, const char *name, char out[SJ_COOKIE_SIZE])
{
    size_t name_len = strlen(name);
    out[0] = '\0';
    const char *at = header ? header : "";
    while (*at) {
        at += strspn(at, " \t;");
        size_t len = strcspn(at, ";");
        if (len > name_len && strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
            take_value(at + name_len + 1, len - name_len - 1, out);
            return true;
        }
        at += len;
    }
    return false;
}

bool sj_form_is_own(const char *site, const char *origin, const char *host)
{
    // A server between that changes the Host makes Origin differ: then the browser's own word
    // counts, which no page can forge.
    if (site) {
        return strcasecmp(site, "same-origin") == 0;
    }
    const char *mark = origin ? strstr(origin, "://") : NULL;
    return mark && host[0] && strcasecmp(mark + 3, host) == 0;
}

bool sj_host_is_good(const char *host)
{
    size_t len = host ? strlen(host) : 0;
    for (size_t i = 0; i < len; i++) {
        if (!is_cookie_byte(host[i]) && !strchr(".:[]", host[i])) {
            return false;
        }
    }
    return len > 0 && len <= HOST_MAX;
}

bool sj_host_is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 &&
            (!host[len] || (host[len] == ':' &&
                            strspn(host + len + 1, "0123456789") == strlen(host + len + 1)))) {
            return true;
        }
    }
    return false;
}
