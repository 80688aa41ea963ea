// SPDX-License-Identifier: Apache-2.0
// Requests for pages: who asks, signing in and out, forms. docs/dashboard.md, "Access", describes
// it for people.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/answer.h"
#include "server/authorization.h"
#include "server/form.h"
#include "server/page_desk.h"
#include "server/page_send.h"
#include "server/page_target.h"

#define HOME    "/dash"
#define OPEN    "/dash/open"     // of a local dashboard: the key in its query becomes the cookie
#define KEEP_S  INT64_C(2592000) // for which a browser keeps the cookie: 30 days
#define REFUSED "this token is wrong, or it has expired"
#define NOT_OURS \
    "this form did not come from a page of this server, or the page is too old: load it again"

/** A request being answered. */
struct asking {
    struct sj_request *request;
    struct sj_desk *desk;
    struct sj_page_request page;
    struct sj_page_answer answer;
    struct sj_page_sending sending;
    char form_key[SJ_FORM_KEY_SIZE];
    char cookie_name[SJ_COOKIE_NAME_SIZE];
    char set_cookie[256];
    char refresh[SJ_PAGE_TARGET_MAX];
};

static const char *header(const struct sj_request *request, const char *name)
{
    const char *value = sj_request_header(request, name);
    return value ? value : "";
}

static bool is_asset(const struct sj_request *request)
{
    struct sj_str path = request->route.path;
    size_t len = sizeof SJ_PAGE_ASSETS - 1;
    return path.len > len && memcmp(path.data, SJ_PAGE_ASSETS, len) == 0;
}

static bool is_path(const struct asking *asking, const char *path)
{
    return sj_str_eq(asking->page.path, sj_str_of(path));
}

static void judge(struct sj_request *request, const char *authorization)
{
    struct sj_server *server = request->server;
    sj_access_judge(server->access, request->rules, authorization, request->route.space,
                    sj_request_address(request), &request->grant);
    if (request->grant.is_refused) {
        sj_metrics_count(server->metrics, SJ_COUNT_AUTH_FAILURES);
    }
}

// Any page of the web may send its reader's browser to a loopback address, under a name of its own
// that it lets stand for that address a moment later: what is free for all on loopback is so only
// under the names of loopback.
static bool is_rebound(const struct sj_request *request)
{
    return request->server->config->server.anonymous == 0 && request->rules->anonymous != 0 &&
           !request->grant.token && !request->peer->daemon->listener->is_unix &&
           !sj_host_is_loopback(header(request, MHD_HTTP_HEADER_HOST));
}

static bool admit_local(struct sj_request *request)
{
    const char *host = header(request, MHD_HTTP_HEADER_HOST);
    if (!sj_host_is_loopback(host)) {
        sj_request_error(request, MHD_HTTP_FORBIDDEN, "forbidden",
                         "this dashboard answers to names of this machine only");
        return false;
    }
    char name[SJ_COOKIE_NAME_SIZE];
    sj_cookie_name(true, host, name);
    (void)sj_cookie_read(sj_request_header(request, MHD_HTTP_HEADER_COOKIE), name, request->cookie);
    if (!sj_desk_knows(request->server->desk, request->cookie)) {
        request->cookie[0] = '\0';
    }
    return true;
}

static void judge_cookie(struct sj_request *request)
{
    char name[SJ_COOKIE_NAME_SIZE];
    char authorization[sizeof "Bearer " + SJ_COOKIE_SIZE];
    sj_cookie_name(false, "", name);
    bool is_shown =
        sj_cookie_read(sj_request_header(request, MHD_HTTP_HEADER_COOKIE), name, request->cookie);
    (void)snprintf(authorization, sizeof authorization, "Bearer %s", request->cookie);
    judge(request, request->cookie[0] ? authorization : NULL);
    request->drops_cookie = is_shown && !request->grant.token;
    if (request->drops_cookie) {
        request->cookie[0] = '\0';
    }
}

bool sj_page_admit(struct sj_request *request)
{
    struct sj_server *server = request->server;
    request->rules = sj_access_rules(server->access);
    request->rule = sj_space_find(&request->rules->spaces, request->route.space);
    if (sj_desk_is_local(server->desk)) {
        return admit_local(request);
    }
    if (is_asset(request)) {
        return true;
    }
    const char *authorization = sj_request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (authorization) {
        judge(request, authorization);
    } else {
        judge_cookie(request);
    }
    if (request->grant.is_throttled) {
        sj_metrics_count(server->metrics, SJ_COUNT_AUTH_THROTTLED);
        request->must_close = true;
        sj_request_status(request, MHD_HTTP_TOO_MANY_REQUESTS);
        return false;
    }
    // A wrong cookie is no more than none: its reader may sign in again.
    if (request->drops_cookie && request->grant.is_refused) {
        judge(request, NULL);
    }
    return true;
}

static bool may_read(struct sj_str space, void *user)
{
    const struct asking *asking = user;
    const struct sj_request *request = asking->request;
    if (sj_desk_is_local(asking->desk)) {
        return asking->page.is_signed_in;
    }
    return asking->page.may_see && (sj_rules_scopes(request->rules, request->grant.token, space) &
                                    (SJ_SCOPE_READ | SJ_SCOPE_ADMIN));
}

static int print_status(struct sj_buf *out, void *user)
{
    const struct asking *asking = user;
    return sj_desk_is_local(asking->desk) ? -ENOTSUP
                                          : sj_server_status(asking->request->server, out);
}

static void describe_rights(struct asking *asking)
{
    struct sj_request *request = asking->request;
    struct sj_page_request *page = &asking->page;
    const struct sj_grant *grant = &request->grant;
    page->is_local = sj_desk_is_local(asking->desk);
    if (page->is_local) {
        page->is_signed_in = request->cookie[0] != '\0';
        page->may_see = page->is_signed_in;
        page->is_admin = page->is_signed_in;
    } else if (!page->is_asset && !grant->is_refused && !is_rebound(request)) {
        page->is_signed_in = grant->token != NULL;
        page->may_see = sj_rules_may_see(request->rules, grant->token);
        page->is_admin = grant->scopes & SJ_SCOPE_ADMIN;
    }
    if (grant->is_refused) {
        page->refusal = MHD_HTTP_UNAUTHORIZED;
        page->problem = REFUSED;
    }
}

static void describe(struct asking *asking)
{
    struct sj_request *request = asking->request;
    const char *host = sj_request_header(request, MHD_HTTP_HEADER_HOST);
    asking->desk = request->server->desk;
    asking->page = (struct sj_page_request){
        .path = request->route.path,
        .query = request->route.query,
        .accept = header(request, MHD_HTTP_HEADER_ACCEPT),
        .if_none_match = header(request, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .host = sj_host_is_good(host) ? host : "",
        .takes_gzip = sj_takes_gzip(sj_request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING)),
        .is_secure = request->server->tls && !request->peer->daemon->listener->is_unix,
        .is_asset = is_asset(request),
        .problem = "",
        .token_id = request->grant.id,
        .form_key = asking->form_key,
        .may_read = may_read,
        .may_read_user = asking,
        .status = print_status,
        .status_user = asking,
    };
    sj_desk_form_key(asking->desk, request->cookie, asking->form_key);
    sj_cookie_name(sj_desk_is_local(asking->desk), asking->page.host, asking->cookie_name);
    describe_rights(asking);
}

// Secure where the reader's browser came over TLS, though it may end before us.
static void set_cookie(struct asking *asking, const char *value, int64_t max_age_s)
{
    const char *origin = header(asking->request, "Origin");
    bool is_secure = asking->page.is_secure || strncasecmp(origin, "https://", 8) == 0;
    int len = snprintf(asking->set_cookie, sizeof asking->set_cookie,
                       "%s=%s; Path=/; HttpOnly; SameSite=Strict%s", asking->cookie_name, value,
                       is_secure ? "; Secure" : "");
    if (max_age_s >= 0) {
        (void)snprintf(asking->set_cookie + len, sizeof asking->set_cookie - (size_t)len,
                       "; Max-Age=%lld", (long long)max_age_s);
    }
    asking->sending.set_cookie = asking->set_cookie;
}

static void lead(struct asking *asking, unsigned status, struct sj_str to)
{
    if (to.len < sizeof asking->answer.location) {
        asking->answer.status = status;
        memcpy(asking->answer.location, to.data, to.len);
        asking->answer.location[to.len] = '\0';
    }
}

// Where a form or query wants to lead, if it is a page of ours.
static void lead_on(struct asking *asking, struct sj_str form)
{
    SJ_AUTO(sj_buf_release) struct sj_buf next = SJ_BUF_INIT(SJ_PAGE_TARGET_MAX);
    struct sj_str to = sj_str_of(HOME);
    if (sj_form_value(form, "next", &next) == 0) {
        struct sj_str named = {sj_buf_text(&next), next.len};
        to = sj_page_target_is_next(named) ? named : to;
    }
    lead(asking, MHD_HTTP_SEE_OTHER, to);
}

static void refuse(struct asking *asking, unsigned status, const char *problem)
{
    asking->page.refusal = status;
    asking->page.problem = problem;
}

static bool is_pasted_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// The token of a form, without the blanks that come along when it is pasted. False: it can be none.
static bool read_token(struct sj_str form, char out[SJ_COOKIE_SIZE])
{
    SJ_AUTO(sj_buf_release) struct sj_buf value = SJ_BUF_INIT(SJ_SECRET_MAX);
    if (sj_form_value(form, "token", &value) != 0) {
        return false;
    }
    const char *at = sj_buf_text(&value);
    size_t len = value.len;
    for (; len > 0 && is_pasted_blank(at[len - 1]); len--) {
    }
    for (; len > 0 && is_pasted_blank(*at); len--) {
        at++;
    }
    if (len == 0 || len >= SJ_COOKIE_SIZE) {
        return false;
    }
    memcpy(out, at, len);
    out[len] = '\0';
    return true;
}

static int64_t cookie_age(const struct sj_token *token)
{
    int64_t now_s = (int64_t)(sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S);
    int64_t left_s = token->expires_s ? token->expires_s - now_s : KEEP_S;
    return left_s < KEEP_S ? left_s : KEEP_S;
}

static void sign_in(struct asking *asking)
{
    struct sj_request *request = asking->request;
    char token[SJ_COOKIE_SIZE] = "";
    char authorization[sizeof "Bearer " + SJ_COOKIE_SIZE];
    // What cannot be one is a guess, too.
    (void)snprintf(authorization, sizeof authorization, "Bearer %s",
                   read_token(asking->page.form, token) ? token : "");
    judge(request, authorization);
    if (request->grant.is_throttled) {
        sj_metrics_count(request->server->metrics, SJ_COUNT_AUTH_THROTTLED);
        refuse(asking, MHD_HTTP_TOO_MANY_REQUESTS,
               "too many wrong tokens came from your address: wait a minute");
    } else if (!request->grant.token) {
        refuse(asking, MHD_HTTP_UNAUTHORIZED, REFUSED);
    } else if (!sj_rules_may_see(request->rules, request->grant.token)) {
        refuse(asking, MHD_HTTP_FORBIDDEN,
               "this token may not read: make one with 'scrubjay token create --scope read'");
    } else {
        set_cookie(asking, token, cookie_age(request->grant.token));
        lead_on(asking, asking->page.form);
    }
}

static bool is_form(const struct sj_request *request)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *given = header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t len = sizeof type - 1;
    return strncasecmp(given, type, len) == 0 && (!given[len] || strchr("; ", given[len]));
}

static bool has_form_key(const struct asking *asking)
{
    SJ_AUTO(sj_buf_release) struct sj_buf key = SJ_BUF_INIT(SJ_FORM_KEY_SIZE);
    return sj_form_value(asking->page.form, "key", &key) == 0 &&
           sj_form_key_eq(asking->form_key, sj_buf_text(&key));
}

static void take_form(struct asking *asking)
{
    struct sj_request *request = asking->request;
    asking->page.is_post = true;
    asking->page.form = (struct sj_str){sj_buf_text(&request->body), request->body.len};
    if (!is_form(request)) {
        refuse(asking, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "what is sent here is a form");
    } else if (!sj_form_is_own(sj_request_header(request, "Sec-Fetch-Site"),
                               sj_request_header(request, "Origin"), asking->page.host) ||
               !has_form_key(asking)) {
        refuse(asking, MHD_HTTP_FORBIDDEN, NOT_OURS);
    } else if (!asking->page.is_local && is_path(asking, SJ_PAGE_LOGIN)) {
        sign_in(asking);
    } else if (!asking->page.is_local && is_path(asking, SJ_PAGE_LOGOUT)) {
        set_cookie(asking, "", 0);
        lead(asking, MHD_HTTP_SEE_OTHER, sj_str_of(SJ_PAGE_LOGIN));
    }
}

// Where another page has sent the browser here, such as the file that the command gives it, the
// cookie does not go along on a redirect: it does from a page of ours.
static void lead_by_page(struct asking *asking)
{
    const char *site = sj_request_header(asking->request, "Sec-Fetch-Site");
    struct sj_page_answer *answer = &asking->answer;
    if (!site || strcasecmp(site, "none") == 0 || strcasecmp(site, "same-origin") == 0) {
        return;
    }
    (void)snprintf(asking->refresh, sizeof asking->refresh, "0; url=%s", HOME);
    asking->sending.refresh = asking->refresh;
    answer->location[0] = '\0';
    answer->status = MHD_HTTP_OK;
    answer->type = "text/html; charset=utf-8";
    sj_buf_adds(&answer->body,
                "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<title>Scrubjay</title></head>\n"
                "<body><p><a href=\"" HOME "\">To the dashboard</a></p></body></html>\n");
}

// The address that the command has printed: its key becomes the cookie, and leaves the address.
static void open_local(struct asking *asking)
{
    SJ_AUTO(sj_buf_release) struct sj_buf key = SJ_BUF_INIT(SJ_PAGE_KEY_LEN);
    if (sj_form_value(asking->page.query, "key", &key) == 0 &&
        sj_desk_knows(asking->desk, sj_buf_text(&key))) {
        set_cookie(asking, sj_buf_text(&key), -1);
        lead_on(asking, asking->page.query);
        lead_by_page(asking);
    } else {
        refuse(asking, MHD_HTTP_UNAUTHORIZED, "this address is not the one that was printed last");
    }
}

// Part of a target, as a value of a query: it has no other bytes that would end one.
static void add_value(struct sj_buf *out, struct sj_str part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (strchr("%&+;,='", part.data[i])) {
            sj_buf_addf(out, "%%%02X", (unsigned char)part.data[i]);
        } else {
            sj_buf_addc(out, part.data[i]);
        }
    }
}

static bool may_ask_again(const struct asking *asking)
{
    const struct sj_request *request = asking->request;
    const char *site = sj_request_header(request, "Sec-Fetch-Site");
    const char *type = asking->answer.type;
    return asking->answer.status == MHD_HTTP_UNAUTHORIZED && !asking->page.is_post &&
           !asking->page.is_local && type && strncmp(type, "text/html", 9) == 0 &&
           !sj_request_header(request, MHD_HTTP_HEADER_COOKIE) && !is_path(asking, SJ_PAGE_LOGIN) &&
           (!site || strcasecmp(site, "cross-site") == 0);
}

// A link from another site brings no cookie of SameSite=Strict with it. From the form to sign in
// the browser asks once more, for the page that leads on who has signed in: that request is ours,
// and has the cookie. The form itself never does this, so there is no end to miss.
static void ask_again(struct asking *asking)
{
    const struct sj_page_request *page = &asking->page;
    struct sj_buf text = SJ_BUF_INIT(sizeof asking->refresh - 1);
    sj_buf_adds(&text, "0; url=" SJ_PAGE_LOGIN "?next=");
    add_value(&text, page->path);
    if (page->query.len > 0) {
        sj_buf_addc(&text, '?');
        add_value(&text, page->query);
    }
    if (!text.is_full) {
        memcpy(asking->refresh, sj_buf_text(&text), text.len + 1);
        asking->sending.refresh = asking->refresh;
    }
    sj_buf_release(&text);
}

static void answer(struct asking *asking)
{
    const struct sj_request *request = asking->request;
    const struct sj_pages *pages = sj_desk_pages(asking->desk);
    if (request->route.resource == SJ_RESOURCE_HOME) {
        lead(asking, MHD_HTTP_FOUND, sj_str_of(HOME));
        return;
    }
    if (request->method == SJ_METHOD_POST) {
        take_form(asking);
    } else if (asking->page.is_local && is_path(asking, OPEN)) {
        open_local(asking);
    } else if (!asking->page.is_local && is_path(asking, SJ_PAGE_LOGIN) &&
               asking->page.is_signed_in) {
        lead_on(asking, asking->page.query);
    }
    if (asking->answer.status == MHD_HTTP_INTERNAL_SERVER_ERROR) {
        pages->answer(&asking->page, &asking->answer, pages->user);
        if (may_ask_again(asking)) {
            ask_again(asking);
        }
    }
}

static void make_page(struct sj_request *request)
{
    struct sj_desk *desk = request->server->desk;
    struct asking asking = {
        .request = request,
        .answer = {.status = MHD_HTTP_INTERNAL_SERVER_ERROR, .body = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)},
    };
    describe(&asking);
    answer(&asking);
    if (request->drops_cookie && !asking.sending.set_cookie) {
        set_cookie(&asking, "", 0);
    }
    asking.sending.is_private = asking.page.is_signed_in;
    asking.sending.takes_gzip = asking.page.takes_gzip;
    sj_desk_done(desk);
    sj_page_send(request, &asking.answer, &asking.sending);
}

void sj_handle_page(struct sj_request *request)
{
    if (!sj_desk_defer(request->server->desk, request, make_page)) {
        sj_request_event(request, SJ_EVENT_BUSY);
    }
}
