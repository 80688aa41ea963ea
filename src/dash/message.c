// SPDX-License-Identifier: Apache-2.0
#include "dash/message.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "dash/doc_model.h"
#include "dash/doc_text.h"
#include "server/form.h"
#include "server/page_target.h"

#define HTML "text/html; charset=utf-8"

static bool is_api(const struct sj_page_request *request)
{
    static const char root[] = "/api/";
    return request->path.len >= sizeof root - 1 &&
           memcmp(request->path.data, root, sizeof root - 1) == 0;
}

static bool accepts(const struct sj_page_request *request, const char *type)
{
    return strstr(request->accept, type) && !strstr(request->accept, "text/html");
}

enum sj_dash_format sj_dash_format_of(const struct sj_page_request *request)
{
    SJ_AUTO(sj_buf_release) struct sj_buf format = SJ_BUF_INIT(16);
    bool is_told = sj_form_value(request->query, "format", &format) == 0;
    const char *word = is_told ? sj_buf_text(&format) : "";
    if (strcmp(word, "json") == 0 || strcmp(word, "chart") == 0) {
        return SJ_DASH_JSON;
    }
    if (strcmp(word, "csv") == 0) {
        return SJ_DASH_CSV;
    }
    if (is_api(request) || (!is_told && accepts(request, "application/json"))) {
        return SJ_DASH_JSON;
    }
    return !is_told && accepts(request, "text/csv") ? SJ_DASH_CSV : SJ_DASH_HTML;
}

const char *sj_dash_code_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *code;
    } codes[] = {
        {400, "bad_request"},        {401, "unauthenticated"},
        {403, "forbidden"},          {404, "not_found"},
        {405, "method_not_allowed"}, {415, "unsupported_type"},
        {429, "too_many_requests"},  {500, "failed"},
        {503, "unavailable"},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].status == status) {
            return codes[i].code;
        }
    }
    return "failed";
}

void sj_dash_plain(enum sj_dash_format format, unsigned status, const char *message,
                   struct sj_page_answer *out)
{
    out->status = status;
    sj_buf_clear(&out->body);
    if (format != SJ_DASH_JSON) {
        out->type = "text/plain; charset=utf-8";
        sj_buf_addf(&out->body, "%s\n", message);
        return;
    }
    out->type = "application/json";
    struct sj_json json = sj_json_of(&out->body);
    sj_json_open(&json, NULL, '{');
    sj_json_open(&json, "error", '{');
    sj_json_str(&json, "code", sj_dash_code_of(status));
    sj_json_str(&json, "message", message);
    sj_json_close(&json, '}');
    sj_json_close(&json, '}');
    sj_buf_addc(&out->body, '\n');
}

void sj_dash_describe_none(const struct sj_page_request *request, bool others, struct sj_doc *doc)
{
    if (others) {
        sj_doc_text(doc, "There are builds, but none that you may see and that these filters let "
                         "through.");
        return;
    }
    sj_doc_text(doc, "No build has left records here yet. This page fills itself as soon as one "
                     "has.");
    sj_doc_heading(doc, "next", "What to run next");
    if (request->is_local) {
        sj_doc_text(doc, "Run a build through the cache:");
        sj_doc_command(doc, "scrubjay run -- make -j8");
        sj_doc_text(doc, "Or build past commits, to have a history at once:");
        sj_doc_command(doc, "scrubjay backfill HEAD~20..HEAD -- make -j8");
        sj_doc_text(doc, "Or read the log of another tool:");
        sj_doc_command(doc, "scrubjay import ninja build/.ninja_log");
        return;
    }
    const char *host = request->host[0] ? request->host : "THIS-SERVER";
    const char *scheme = request->is_secure ? "https" : "http";
    SJ_AUTO(sj_auto_free)
    char *run = sj_asprintf("SCRUBJAY_REMOTE=%s://%s scrubjay run -- make -j8", scheme, host);
    SJ_AUTO(sj_auto_free)
    char *fill = sj_asprintf("SCRUBJAY_REMOTE=%s://%s scrubjay backfill HEAD~20..HEAD -- make -j8",
                             scheme, host);
    sj_doc_text(doc, "Run a build on any machine that reaches this server, with a token that may "
                     "write in SCRUBJAY_TOKEN where the server wants one:");
    sj_doc_command(doc, run);
    sj_doc_text(doc, "Or build past commits, to have a history at once:");
    sj_doc_command(doc, fill);
}

// Where to go on: what the form was asked for, or what was asked for when the form came instead.
static void find_next(const struct sj_page_request *request, struct sj_buf *next)
{
    struct sj_str login = sj_str_of(SJ_PAGE_LOGIN);
    if (sj_str_eq(request->path, login)) {
        struct sj_str from = request->is_post ? request->form : request->query;
        if (sj_form_value(from, "next", next) == 0 &&
            sj_page_target_is_next((struct sj_str){sj_buf_text(next), next->len})) {
            return;
        }
        sj_buf_clear(next);
        sj_buf_adds(next, "/dash");
        return;
    }
    sj_buf_add(next, request->path.data, request->path.len);
    if (request->query.len > 0) {
        sj_buf_addc(next, '?');
        sj_buf_add(next, request->query.data, request->query.len);
    }
}

static void add_form(const struct sj_page_request *request, struct sj_buf *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf next = SJ_BUF_INIT(SJ_PAGE_TARGET_MAX);
    find_next(request, &next);
    sj_buf_adds(out,
                "<p>The pages of this server are for those who have one of its tokens, the same "
                "that its cache takes.</p>\n"
                "<form class=\"login\" method=\"post\" action=\"" SJ_PAGE_LOGIN "\">\n"
                "<label for=\"token\">Token</label>\n"
                "<input id=\"token\" name=\"token\" type=\"password\" required autofocus "
                "autocomplete=\"current-password\" spellcheck=\"false\" maxlength=\"63\"");
    sj_buf_adds(out, request->problem[0] ? " aria-invalid=\"true\" aria-describedby=\"problem\">\n"
                                         : ">\n");
    sj_buf_adds(out, "<input type=\"hidden\" name=\"next\" value=\"");
    sj_html_text(out, sj_buf_text(&next));
    sj_buf_adds(out, "\">\n<input type=\"hidden\" name=\"key\" value=\"");
    sj_html_text(out, request->form_key);
    sj_buf_adds(out, "\">\n<button type=\"submit\">Sign in</button>\n</form>\n"
                     "<p>Who looks after the server makes tokens:</p>\n"
                     "<pre><code>scrubjay token create --scope read</code></pre>\n");
}

void sj_dash_login(const struct sj_page_request *request, struct sj_page_answer *out)
{
    struct sj_buf *body = &out->body;
    // No navigation: it leads nowhere yet.
    struct sj_doc_frame frame = {.is_local = request->is_local};
    struct sj_doc *doc = sj_doc_new("login", "Sign in");
    sj_buf_clear(body);
    out->type = HTML;
    sj_doc_frame_top(doc, &frame, body);
    if (request->problem[0]) {
        sj_buf_adds(body, "<p id=\"problem\" class=\"note\" role=\"alert\">Not signed in: ");
        sj_html_text(body, request->problem);
        sj_buf_adds(body, ".</p>\n");
    }
    if (request->is_local) {
        sj_buf_adds(body, "<p>This dashboard is for one user: open the address that this command "
                          "has printed in the terminal.</p>\n"
                          "<pre><code>scrubjay dash</code></pre>\n");
    } else {
        add_form(request, body);
    }
    sj_doc_frame_end(doc, &frame, body);
    sj_doc_free(doc);
}
