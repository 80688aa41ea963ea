// SPDX-License-Identifier: Apache-2.0
#include "pager.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static bool may_read(struct sj_str space, void *user)
{
    const struct pager *pager = user;
    return pager->space && sj_str_eq(space, sj_str_of(pager->space));
}

static const struct sj_dash_page *find(const char *name)
{
    size_t count;
    const struct sj_dash_page *const *pages = sj_dash_pages(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pages[i]->name, name) == 0) {
            return pages[i];
        }
    }
    cr_assert(false, "there is no page '%s'", name);
    return NULL;
}

// A page that may be kept is shown as what was kept: it has to be the same.
static struct sj_doc *keep(struct sj_doc *doc)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf wanted = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_doc *again = NULL;
    cr_assert_eq(sj_doc_encode(doc, &bytes), 0);
    cr_assert_eq(sj_doc_decode(bytes.data, bytes.len, &again), 0);
    sj_doc_html(doc, &(struct sj_doc_frame){0}, &wanted);
    sj_doc_html(again, &(struct sj_doc_frame){0}, &got);
    sj_doc_json(doc, &wanted);
    sj_doc_json(again, &got);
    cr_assert_str_eq(sj_buf_text(&got), sj_buf_text(&wanted));
    sj_doc_free(doc);
    return again;
}

// Gives the page, which the caller frees; NULL: it failed.
static struct sj_doc *make(struct pager *pager, const char *target, struct sj_dash_query *query)
{
    const char *mark = strchr(target, '?');
    const struct sj_str path = {target, mark ? (size_t)(mark - target) : strlen(target)};
    const struct sj_str rest = sj_str_of(mark ? mark + 1 : "");
    uint64_t now_ns = pager->at->now_ns;
    pager->err = (struct sj_err){0};
    pager->status = sj_dash_query_read(path, rest, now_ns, query, &pager->err);
    cr_assert_eq(pager->status, 0, "%s: %s", target, pager->err.text);
    const struct sj_page_request request = {
        .path = path,
        .query = rest,
        .is_admin = !pager->space,
        .is_local = !pager->space,
        .may_read = may_read,
        .may_read_user = pager,
    };
    const struct sj_dash_site site = {
        .config = &pager->config,
        .db = pager->at->db,
        .repo = pager->at->repo,
        .history = pager->at->history,
        .cache = pager->cache,
        .now_ns = now_ns,
    };
    const struct sj_dash_page *page = find(query->page);
    struct sj_dash_call call = {
        .site = &site,
        .query = query,
        .request = &request,
        .filter = {.branch = query->parameter[SJ_DASH_BRANCH],
                   .job = query->parameter[SJ_DASH_JOB],
                   .since_ns = query->since_ns,
                   .until_ns = query->until_ns},
        .doc = sj_doc_new(page->name, page->name),
        .status = 200,
    };
    pager->status = page->make(&call, &pager->err);
    pager->http = call.status;
    (void)snprintf(pager->location, sizeof pager->location, "%s",
                   call.location ? call.location : "");
    free(call.location);
    if (pager->status < 0) {
        sj_doc_free(call.doc);
        return NULL;
    }
    if (page->is_kept) {
        call.doc = keep(call.doc);
    }
    if (query->parameter[SJ_DASH_SORT]) {
        sj_doc_sort(call.doc, query->parameter[SJ_DASH_SORT]);
    }
    return call.doc;
}

json_t *pager_json(struct pager *pager, const char *target)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_PAGE_BODY_MAX);
    SJ_AUTO(sj_dash_query_release) struct sj_dash_query query = {0};
    struct sj_doc *doc = make(pager, target, &query);
    if (!doc) {
        return NULL;
    }
    sj_doc_json(doc, &out);
    sj_doc_free(doc);
    json_error_t error;
    json_t *page = json_loadb(sj_buf_text(&out), out.len, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(page, "%s: %s in %s", target, error.text, sj_buf_text(&out));
    return page;
}

void pager_html(struct pager *pager, const char *target, struct sj_buf *out)
{
    SJ_AUTO(sj_dash_query_release) struct sj_dash_query query = {0};
    struct sj_doc *doc = make(pager, target, &query);
    cr_assert_not_null(doc, "%s: %s", target, pager->err.text);
    const struct sj_doc_frame frame = {
        .query = &query, .project = "", .is_local = true, .form_key = "", .currency = ""};
    sj_doc_html(doc, &frame, out);
    sj_doc_free(doc);
}

static double number(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

double pager_figure(const json_t *page, const char *name)
{
    return number(json_object_get(json_object_get(page, "figures"), name));
}

static const json_t *column_of(const json_t *page, const char *table, const char *column)
{
    const json_t *found = json_object_get(json_object_get(page, "tables"), table);
    cr_assert_not_null(found, "no table '%s'", table);
    const json_t *values = json_object_get(json_object_get(found, "data"), column);
    cr_assert_not_null(values, "no column '%s' in '%s'", column, table);
    return values;
}

size_t pager_rows(const json_t *page, const char *table)
{
    const json_t *found = json_object_get(json_object_get(page, "tables"), table);
    cr_assert_not_null(found, "no table '%s'", table);
    void *first = json_object_iter(json_object_get(found, "data"));
    return first ? json_array_size(json_object_iter_value(first)) : 0;
}

double pager_number(const json_t *page, const char *table, const char *column, size_t row)
{
    return number(json_array_get(column_of(page, table, column), row));
}

const char *pager_text(const json_t *page, const char *table, const char *column, size_t row)
{
    const char *text = json_string_value(json_array_get(column_of(page, table, column), row));
    return text ? text : "";
}
