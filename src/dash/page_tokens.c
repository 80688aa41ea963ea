// SPDX-License-Identifier: Apache-2.0
// The page "tokens": which there are. Making and revoking them is the command line's, on the
// server's machine: a page that could do it would be worth stealing a cookie for.
#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "dash/page.h"
#include "server/token_file.h"

static const char *state_of(const struct sj_token *token, int64_t now_s)
{
    return token->expires_s && token->expires_s <= now_s ? "expired" : "valid";
}

static void add_row(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_token *token)
{
    SJ_AUTO(sj_buf_release) struct sj_buf scopes = SJ_BUF_INIT(200);
    const char *state = state_of(token, (int64_t)(call->site->now_ns / SJ_NS_PER_S));
    sj_scopes_format(token->scopes, &scopes);
    sj_doc_cell(table, token->id, NULL);
    sj_doc_cell(table, *token->note ? token->note : NULL, NULL);
    sj_doc_cell(table, sj_buf_text(&scopes), NULL);
    sj_doc_cell(table, token->spaces, NULL);
    sj_doc_value(table, (double)token->created_s * (double)SJ_NS_PER_S, NULL);
    sj_doc_value(table, token->expires_s ? (double)token->expires_s * (double)SJ_NS_PER_S : NAN,
                 NULL);
    sj_doc_cell(table, state, NULL);
    sj_doc_row_mark(table, state);
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_token_file file;
    int status = sj_token_file_open(call->site->config, false, &file, err);
    if (status < 0) {
        sj_token_file_release(&file);
        return status;
    }
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "tokens", "Tokens", SJ_DOC_COUNT, (double)file.list.count, NULL);
    struct sj_doc_table *table = sj_doc_table(doc, "tokens", "Tokens");
    sj_doc_column(table, "id", "Id", SJ_DOC_TEXT);
    sj_doc_column(table, "note", "Note", SJ_DOC_TEXT);
    sj_doc_column(table, "scopes", "May", SJ_DOC_TEXT);
    sj_doc_column(table, "namespaces", "Namespaces", SJ_DOC_TEXT);
    sj_doc_column(table, "created", "Made", SJ_DOC_TIME);
    sj_doc_column(table, "expires", "Expires", SJ_DOC_TIME);
    sj_doc_column(table, "status", "Status", SJ_DOC_TEXT);
    sj_doc_empty(table, "There are no tokens.");
    for (size_t i = 0; i < file.list.count; i++) {
        add_row(call, table, &file.list.items[i]);
    }
    sj_token_file_release(&file);
    sj_doc_text(doc,
                "Tokens are made and revoked on the server's machine; the running server takes "
                "the change over by itself.");
    sj_doc_command(doc, "scrubjay token create --namespace NAME --scope read,write --expires 90d "
                        "--note TEXT");
    sj_doc_command(doc, "scrubjay token revoke ID");
    return 0;
}

const struct sj_dash_page sj_page_tokens = {
    .name = "tokens",
    .title = "Tokens",
    .subject = NULL,
    .is_admin = true,
    .is_server = true,
    .needs_records = false,
    .make = make,
};
