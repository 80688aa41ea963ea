// SPDX-License-Identifier: Apache-2.0
#include "dash/compare_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/overview.h"

#define OFFERED 30 // pairs
#define CHOICES 50 // builds that the form's fields offer

// Blanks come along when a name is pasted. NULL: nothing else is there.
static char *trimmed(const char *text)
{
    if (!text) {
        return NULL;
    }
    text += strspn(text, " ");
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    return len > 0 ? sj_strndup(text, len) : NULL;
}

void sj_compare_ask(const struct sj_dash_query *query, struct sj_compare_asked *out)
{
    const char *a = query->subject[0];
    const char *b = query->subject[1];
    const char *dots = a && !b ? strstr(a, "..") : NULL;
    if (!a) {
        out->a = trimmed(query->parameter[SJ_DASH_A]);
        out->b = trimmed(query->parameter[SJ_DASH_B]);
    } else if (dots) {
        out->a = dots > a ? sj_strndup(a, (size_t)(dots - a)) : sj_strdup("HEAD");
        out->b = sj_strdup(dots[2] ? dots + 2 : "HEAD");
    } else {
        out->a = sj_strdup(a);
        out->b = sj_strdup(b ? b : "last");
    }
}

void sj_compare_asked_release(struct sj_compare_asked *asked)
{
    if (asked) {
        free(asked->a);
        free(asked->b);
        *asked = (struct sj_compare_asked){0};
    }
}

// Places of builds of the view, the latest first; the caller frees the array.
static size_t *list(const struct sj_scope *scope)
{
    size_t count = scope->view.build_count;
    size_t *order = sj_calloc(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    if (count > 0) {
        qsort_r(order, count, sizeof *order, sj_latest_first, scope->view.builds);
    }
    return order;
}

static void describe(const struct sj_scope *scope, const struct sj_build *build, struct sj_buf *out)
{
    if (!sj_oid_is_zero(&build->commit)) {
        sj_commit_text(scope, &build->commit, out);
    }
}

void sj_compare_form(const struct sj_scope *scope, const struct sj_compare_asked *asked,
                     const char *problem)
{
    struct sj_doc *doc = scope->call->doc;
    SJ_AUTO(sj_auto_free) size_t *order = list(scope);
    SJ_AUTO(sj_auto_free) char *action = sj_dash_link(NULL, "compare", NULL, NULL);
    if (problem) {
        sj_doc_note(doc, problem);
    }
    struct sj_doc_form *form = sj_doc_form(doc, action, "Compare", false);
    sj_doc_field(form, "a", "A, before", asked->a, "empty: the build before B");
    sj_doc_field(form, "b", "B, after", asked->b, "build, commit or branch");
    for (size_t i = 0; i < scope->view.build_count && i < CHOICES; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        const struct sj_build *build = &scope->view.builds[order[i]].build;
        describe(scope, build, &text);
        if (*build->id) {
            sj_doc_choice(form, build->id, sj_buf_text(&text));
        }
    }
    if (asked->a && asked->b && !problem) {
        SJ_AUTO(sj_auto_free)
        char *swap = sj_dash_link(scope->call->query, "compare", asked->b, asked->a);
        sj_doc_link(doc, swap, "swap A and B");
    }
}

static void add_pair(const struct sj_scope *scope, struct sj_doc_table *table,
                     const struct sj_build *before, const struct sj_build *build, const char *href)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    describe(scope, build, &text);
    sj_doc_value(table, (double)build->start_ns, NULL);
    sj_doc_cell(table, build->id, href);
    sj_doc_cell(table, before->id, NULL);
    sj_doc_cell(table, build->job, NULL);
    sj_doc_cell(table, build->branch, NULL);
    sj_doc_cell(table, sj_buf_text(&text), NULL);
}

void sj_compare_offer(const struct sj_scope *scope)
{
    SJ_AUTO(sj_auto_free) size_t *order = list(scope);
    struct sj_doc_table *table =
        sj_doc_table(scope->call->doc, "pairs", "Latest builds, each with the one before it");
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    sj_doc_column(table, "after", "B, after", SJ_DOC_TEXT);
    sj_doc_column(table, "before", "A, before", SJ_DOC_TEXT);
    sj_doc_column(table, "job", "job", SJ_DOC_TEXT);
    sj_doc_column(table, "branch", "branch", SJ_DOC_TEXT);
    sj_doc_column(table, "commit", "commit of B", SJ_DOC_TEXT);
    sj_doc_empty(table, "There are not two builds yet.");
    size_t shown = 0;
    for (size_t i = 0; i < scope->view.build_count && shown < OFFERED; i++) {
        const struct sj_view_build *after = &scope->view.builds[order[i]];
        if (after->reference == UINT32_MAX) {
            continue;
        }
        const struct sj_build *before = &scope->view.builds[after->reference].build;
        SJ_AUTO(sj_auto_free)
        char *href = sj_link_compare(scope->call, before, &after->build);
        if (href) {
            add_pair(scope, table, before, &after->build, href);
            shown++;
        }
    }
}
