// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/ui.h"
#include "server/route.h"
#include "server/token_file.h"

enum {
    OPT_NAMESPACE,
    OPT_SCOPE,
    OPT_EXPIRES,
    OPT_NOTE,
};

static const struct sj_option options[] = {
    {"namespace", "LIST",
     "create: namespaces that it is for, separated by commas; pr-* is all that begin so. Without: "
     "default."},
    {"scope", "LIST", "create: of read, write and admin, separated by commas. Without: read."},
    {"expires", "SPAN",
     "create: time after which it is worth nothing, such as 90d. Without: never."},
    {"note", "TEXT", "create: what 'scrubjay token list' is to say about it."},
    {NULL, NULL, NULL},
};

static int64_t now_s(void)
{
    return (int64_t)(sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S);
}

// Reads what the token is to be. A failure is the user's.
static int read_wish(const struct sj_invocation *call, struct sj_token *token, struct sj_err *err)
{
    const char *const *value = call->value;
    const char *spaces = value[OPT_NAMESPACE] ? value[OPT_NAMESPACE] : "default";
    const char *note = value[OPT_NOTE] ? value[OPT_NOTE] : "";
    uint64_t span_ms = 0;
    token->scopes = sj_scopes_parse(sj_str_of(value[OPT_SCOPE] ? value[OPT_SCOPE] : "read"));
    if (!token->scopes) {
        return sj_fail_plain(
            err, -EINVAL, "--scope: '%.60s' is not of read, write and admin, separated by commas",
            value[OPT_SCOPE]);
    }
    if (!sj_patterns_are_good(spaces)) {
        return sj_fail_plain(err, -EINVAL,
                             "--namespace: '%.60s' holds what is no name or pattern: %s, and "
                             "patterns have a *, as pr-* has",
                             spaces, SJ_SPACE_NAME_RULE);
    }
    if (!sj_note_is_good(sj_str_of(note))) {
        return sj_fail_plain(err, -EINVAL, "--note: one line of at most %d bytes",
                             SJ_TOKEN_NOTE_MAX);
    }
    if (value[OPT_EXPIRES] &&
        (sj_parse_span_ms(value[OPT_EXPIRES], &span_ms) < 0 || span_ms == 0)) {
        return sj_fail_plain(err, -EINVAL, "--expires: '%.60s' is no span such as 90d or 12h",
                             value[OPT_EXPIRES]);
    }
    token->created_s = now_s();
    token->expires_s =
        span_ms ? token->created_s + (int64_t)(span_ms / 1000 + (span_ms % 1000 != 0)) : 0;
    token->spaces = sj_strdup(spaces);
    token->note = sj_strdup(note);
    return 0;
}

static bool has_id(const struct sj_token_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

// Makes the random parts of a token; its id is no other's.
static int make(const struct sj_token_list *list, struct sj_token *token, char *text,
                struct sj_err *err)
{
    struct sj_token made;
    do {
        int status = sj_token_make(&made, text);
        if (status < 0) {
            return sj_fail(err, status, "cannot make a token");
        }
    } while (has_id(list, made.id));
    memcpy(token->id, made.id, sizeof token->id);
    memcpy(token->hash, made.hash, sizeof token->hash);
    return 0;
}

static void json_words(struct sj_json *json, const char *name, const char *text)
{
    sj_json_open(json, name, '[');
    while (*text) {
        size_t len = strcspn(text, ",");
        sj_json_strn(json, NULL, text, len);
        text += len + (text[len] != '\0');
    }
    sj_json_close(json, ']');
}

static void json_fields(struct sj_json *json, const struct sj_token *token)
{
    SJ_AUTO(sj_buf_release) struct sj_buf scopes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_scopes_format(token->scopes, &scopes);
    sj_json_str(json, "id", token->id);
    json_words(json, "scopes", sj_buf_text(&scopes));
    json_words(json, "namespaces", token->spaces);
    sj_json_i64(json, "created_s", token->created_s);
    if (token->expires_s) {
        sj_json_i64(json, "expires_s", token->expires_s);
    } else {
        sj_json_str(json, "expires_s", NULL);
    }
    sj_json_bool(json, "expired", token->expires_s && token->expires_s <= now_s());
    sj_json_str(json, "note", token->note);
}

// The token goes to stdout alone, so that a script can take it from there.
static void report_made(struct sj_invocation *call, const struct sj_token *token, const char *text)
{
    if (call->is_json) {
        struct sj_json json = sj_json_of(&call->out);
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "token", text);
        json_fields(&json, token);
        sj_json_close(&json, '}');
        sj_buf_addc(&call->out, '\n');
        return;
    }
    (void)fprintf(stderr, "This token is shown once and stored nowhere. Clients send it as "
                          "'Authorization: Bearer TOKEN', or as the password of any user; "
                          "our own take it from SCRUBJAY_TOKEN.\n");
    sj_buf_addf(&call->out, "%s\n", text);
}

static int run_create(struct sj_invocation *call, struct sj_token_file *file, struct sj_err *err)
{
    struct sj_token token = {.scopes = 0};
    char text[SJ_TOKEN_TEXT_SIZE];
    if (read_wish(call, &token, err) < 0) {
        (void)sj_command_fail(err);
        return SJ_EXIT_USAGE;
    }
    int status = sj_token_file_open(&call->config, true, file, err);
    status = status < 0 ? status : make(&file->list, &token, text, err);
    if (status < 0) {
        sj_token_release(&token);
        return sj_command_fail(err);
    }
    sj_token_file_add(file, &token);
    if (sj_token_file_save(file, err) < 0) {
        return sj_command_fail(err);
    }
    report_made(call, &token, text);
    return SJ_EXIT_OK;
}

static int compare_created(const void *a, const void *b)
{
    const struct sj_token *left = a;
    const struct sj_token *right = b;
    int order = (left->created_s > right->created_s) - (left->created_s < right->created_s);
    return order ? order : strcmp(left->id, right->id);
}

static void list_row(struct sj_table *table, const struct sj_token *token)
{
    SJ_AUTO(sj_buf_release) struct sj_buf scopes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf created = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf expires = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf note = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_scopes_format(token->scopes, &scopes);
    sj_ui_date(&created, (uint64_t)token->created_s * SJ_NS_PER_S);
    if (token->expires_s) {
        sj_ui_date(&expires, (uint64_t)token->expires_s * SJ_NS_PER_S);
        sj_buf_adds(&expires, token->expires_s <= now_s() ? " (expired)" : "");
    } else {
        sj_buf_adds(&expires, "never");
    }
    sj_ui_text(&note, *token->note ? token->note : NULL);
    sj_table_cell(table, token->id);
    sj_table_take(table, &scopes);
    sj_table_cell(table, token->spaces);
    sj_table_take(table, &created);
    sj_table_take(table, &expires);
    sj_table_take(table, &note);
}

static int run_list(struct sj_invocation *call, struct sj_token_file *file, struct sj_err *err)
{
    if (sj_token_file_open(&call->config, false, file, err) < 0) {
        return sj_command_fail(err);
    }
    struct sj_token_list *list = &file->list;
    if (list->count > 0) {
        qsort(list->items, list->count, sizeof *list->items, compare_created);
    }
    if (call->is_json) {
        struct sj_json json = sj_json_of(&call->out);
        sj_json_open(&json, NULL, '[');
        for (size_t i = 0; i < list->count; i++) {
            sj_json_open(&json, NULL, '{');
            json_fields(&json, &list->items[i]);
            sj_json_close(&json, '}');
        }
        sj_json_close(&json, ']');
        sj_buf_addc(&call->out, '\n');
        return SJ_EXIT_OK;
    }
    if (list->count == 0) {
        sj_buf_addf(&call->out, "no tokens in %s\n", file->path);
        return SJ_EXIT_OK;
    }
    static const char *const heads[] = {"ID", "SCOPES", "NAMESPACES", "CREATED", "EXPIRES", "NOTE"};
    struct sj_table table = SJ_TABLE_OF("llllll");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    for (size_t i = 0; i < list->count; i++) {
        list_row(&table, &list->items[i]);
    }
    sj_table_print(&table, &call->out);
    sj_table_release(&table);
    return SJ_EXIT_OK;
}

static int run_revoke(struct sj_invocation *call, struct sj_token_file *file, struct sj_err *err)
{
    const char *id = call->words[1];
    if (sj_token_file_open(&call->config, true, file, err) < 0) {
        return sj_command_fail(err);
    }
    if (!sj_token_file_remove(file, id)) {
        (void)sj_fail_plain(err, -ENOENT,
                            "no token has the id '%.60s': 'scrubjay token list' shows them", id);
        return sj_command_fail(err);
    }
    if (sj_token_file_save(file, err) < 0) {
        return sj_command_fail(err);
    }
    if (call->is_json) {
        struct sj_json json = sj_json_of(&call->out);
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "revoked", id);
        sj_json_close(&json, '}');
        sj_buf_addc(&call->out, '\n');
    } else {
        sj_buf_addf(&call->out, "revoked %s; a server that runs notices within seconds\n", id);
    }
    return SJ_EXIT_OK;
}

static const struct {
    const char *name;
    int words; // it and what follows
    int (*run)(struct sj_invocation *call, struct sj_token_file *file, struct sj_err *err);
} actions[] = {
    {"create", 1, run_create},
    {"list", 1, run_list},
    {"revoke", 2, run_revoke},
};

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    const char *name = call->word_count > 0 ? call->words[0] : "";
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) == 0 && actions[i].words == call->word_count) {
            SJ_AUTO(sj_token_file_release) struct sj_token_file file = {.lock = -1};
            return actions[i].run(call, &file, &err);
        }
    }
    (void)sj_fail_plain(&err, -EINVAL,
                        "what about tokens? say 'token create', 'token list' or 'token revoke ID'");
    (void)sj_command_fail(&err);
    return SJ_EXIT_USAGE;
}

const struct sj_command sj_command_token = {
    .name = "token",
    .words = "create | list | revoke ID",
    .words_max = 2,
    .summary = "Make, list and revoke tokens of the shared cache server.",
    .text =
        "Make a token that a client shows to the server, list those that there are, or revoke one "
        "by its id. The server's token file (the setting 'tokens') holds hashes only; a server "
        "that runs reads it again by itself.\n"
        "A token may read, write or see figures of the whole server (admin), in the namespaces "
        "that it was made for; docs/serve-access.md describes them. None of the three brings "
        "another with it.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
