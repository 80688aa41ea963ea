// SPDX-License-Identifier: Apache-2.0
// The page "tokens": which there are, and an end to one. Making them is the command line's, on the
// server's machine: a page that could do it would be worth stealing a cookie for.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/page.h"
#include "server/token_file.h"

static const char *state_of(const struct sj_dash_call *call, const struct sj_token *token)
{
    int64_t now_s = (int64_t)(call->site->now_ns / SJ_NS_PER_S);
    return token->expires_s && token->expires_s <= now_s ? "expired" : "valid";
}

static void add_row(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_token *token)
{
    SJ_AUTO(sj_buf_release) struct sj_buf scopes = SJ_BUF_INIT(200);
    SJ_AUTO(sj_auto_free) char *href = sj_dash_link(NULL, "tokens", token->id, NULL);
    sj_scopes_format(token->scopes, &scopes);
    sj_doc_cell(table, token->id, href);
    sj_doc_cell(table, *token->note ? token->note : NULL, NULL);
    sj_doc_cell(table, sj_buf_text(&scopes), NULL);
    sj_doc_cell(table, token->spaces, NULL);
    sj_doc_value(table, (double)token->created_s * (double)SJ_NS_PER_S, NULL);
    sj_doc_value(table, token->expires_s ? (double)token->expires_s * (double)SJ_NS_PER_S : NAN,
                 NULL);
    sj_doc_cell(table, state_of(call, token), NULL);
}

static void add_table(const struct sj_dash_call *call, const struct sj_token *tokens, size_t count)
{
    struct sj_doc_table *table = sj_doc_table(call->doc, "tokens", "Tokens");
    sj_doc_column(table, "id", "Id", SJ_DOC_TEXT);
    sj_doc_column(table, "note", "Note", SJ_DOC_TEXT);
    sj_doc_column(table, "scopes", "May", SJ_DOC_TEXT);
    sj_doc_column(table, "namespaces", "Namespaces", SJ_DOC_TEXT);
    sj_doc_column(table, "created", "Made", SJ_DOC_TIME);
    sj_doc_column(table, "expires", "Expires", SJ_DOC_TIME);
    sj_doc_column(table, "status", "Status", SJ_DOC_TEXT);
    sj_doc_empty(table, "There are no tokens.");
    for (size_t i = 0; i < count; i++) {
        add_row(call, table, &tokens[i]);
    }
}

static void list(const struct sj_dash_call *call, const struct sj_token_list *tokens)
{
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "tokens", "Tokens", SJ_DOC_COUNT, (double)tokens->count, NULL);
    add_table(call, tokens->items, tokens->count);
    sj_doc_text(doc, "Tokens are made on the server's machine; the running server takes every "
                     "change over by itself.");
    sj_doc_command(doc, "scrubjay token create --namespace NAME --scope read,write --expires 90d "
                        "--note TEXT");
    sj_doc_text(doc, "To revoke one, follow its id, or:");
    sj_doc_command(doc, "scrubjay token revoke ID");
}

// One token, and the button that ends it.
static void show(const struct sj_dash_call *call, const struct sj_token *token)
{
    struct sj_doc *doc = call->doc;
    SJ_AUTO(sj_auto_free) char *action = sj_dash_link(NULL, "tokens", token->id, NULL);
    SJ_AUTO(sj_auto_free) char *all = sj_dash_link(NULL, "tokens", NULL, NULL);
    add_table(call, token, 1);
    sj_doc_text(doc, "Whoever shows a revoked token is refused within seconds. That cannot be "
                     "undone.");
    if (strcmp(token->id, call->request->token_id ? call->request->token_id : "") == 0) {
        sj_doc_note(doc, "This is the token that you are signed in with.");
    }
    (void)sj_doc_form(doc, action, "Revoke this token", true);
    sj_doc_link(doc, all, "all tokens");
}

static int end_token(struct sj_dash_call *call, struct sj_token_file *file, struct sj_err *err)
{
    const char *id = call->query->subject[0];
    const char *by = call->request->token_id;
    (void)sj_token_file_remove(file, id);
    int status = sj_token_file_save(file, err);
    if (status < 0) {
        return status;
    }
    if (call->site->say) {
        SJ_AUTO(sj_auto_free)
        char *text =
            sj_asprintf("token %s was revoked on the dashboard, by %s%s", id,
                        by && *by ? "token " : "a reader without a token", by && *by ? by : "");
        call->site->say(text);
    }
    call->location = sj_dash_link(NULL, "tokens", NULL, NULL);
    return 0;
}

static const struct sj_token *find(const struct sj_token_list *tokens, const char *id)
{
    for (size_t i = 0; i < tokens->count; i++) {
        if (strcmp(tokens->items[i].id, id) == 0) {
            return &tokens->items[i];
        }
    }
    return NULL;
}

static int answer(struct sj_dash_call *call, struct sj_token_file *file, struct sj_err *err)
{
    const char *id = call->query->subject[0];
    if (!id) {
        list(call, &file->list);
        return 0;
    }
    const struct sj_token *token = find(&file->list, id);
    if (!token) {
        return sj_fail_plain(err, -ENOENT,
                             "there is no token '%.20s': the page \"tokens\" lists them", id);
    }
    if (call->request->is_post) {
        return end_token(call, file, err);
    }
    show(call, token);
    return 0;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_token_file file;
    int status = sj_token_file_open(call->site->config, call->request->is_post, &file, err);
    status = status < 0 ? status : answer(call, &file, err);
    sj_token_file_release(&file);
    return status;
}

const struct sj_dash_page sj_page_tokens = {
    .name = "tokens",
    .title = "Tokens",
    .subject = "[ID]",
    .is_admin = true,
    .is_server = true,
    .takes_form = true,
    .needs_records = false,
    .make = make,
};
