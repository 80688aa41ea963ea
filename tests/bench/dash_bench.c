// SPDX-License-Identifier: Apache-2.0
// Pages over many builds: how long each takes to make, the first time and when it was made before.
// usage: bench-dash STORE-DIR [TARGET]...
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/cache.h"
#include "dash/page.h"

#define TIMES     7
#define TIMES_MAX 40 // until nothing is left for later

static bool may_read(struct sj_str space, void *user)
{
    (void)space;
    (void)user;
    return true;
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
    return NULL;
}

// Makes a page and writes it; gives its bytes, 0 when it failed.
static size_t make(const struct sj_dash_site *site, const char *target, bool *is_late)
{
    const char *mark = strchr(target, '?');
    const struct sj_str path = {target, mark ? (size_t)(mark - target) : strlen(target)};
    SJ_AUTO(sj_dash_query_release) struct sj_dash_query query = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_PAGE_BODY_MAX);
    struct sj_err err = {0};
    if (sj_dash_query_read(path, sj_str_of(mark ? mark + 1 : ""), site->now_ns, &query, &err) < 0) {
        (void)fprintf(stderr, "%s: %s\n", target, err.text);
        return 0;
    }
    const struct sj_page_request request = {
        .path = path, .is_admin = true, .is_local = true, .may_read = may_read};
    const struct sj_dash_page *page = find(query.page);
    struct sj_dash_call call = {.site = site,
                                .query = &query,
                                .request = &request,
                                .doc = sj_doc_new(query.page, query.page),
                                .status = 200};
    int status = page ? page->make(&call, &err) : -1;
    if (status < 0) {
        (void)fprintf(stderr, "%s: %s\n", target, err.text);
    } else if (query.format == SJ_DASH_HTML) {
        const struct sj_doc_frame frame = {
            .query = &query, .project = "", .form_key = "", .currency = ""};
        sj_doc_html(call.doc, &frame, &out);
    } else {
        sj_doc_json(call.doc, &out);
    }
    sj_doc_free(call.doc);
    *is_late = strstr(sj_buf_text(&out), "still being worked out") != NULL;
    return out.len;
}

static double make_ms(const struct sj_dash_site *site, const char *target, size_t *bytes,
                      bool *is_late)
{
    uint64_t begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
    *bytes = make(site, target, is_late);
    return (double)(sj_clock_ns(CLOCK_MONOTONIC) - begin_ns) / (double)SJ_NS_PER_MS;
}

static void measure(const struct sj_dash_site *site, const char *target)
{
    size_t bytes;
    bool is_late;
    double first_ms = make_ms(site, target, &bytes, &is_late);
    int more = 0;
    for (; is_late && more < TIMES_MAX; more++) {
        (void)make_ms(site, target, &bytes, &is_late);
    }
    double best_ms = 1e9;
    for (int i = 0; i < TIMES; i++) {
        double ms = make_ms(site, target, &bytes, &is_late);
        best_ms = ms < best_ms ? ms : best_ms;
    }
    (void)printf("%-40s first %8.1f ms, %2d more until all is there, then %7.1f ms, %zu bytes\n",
                 target, first_ms, more, best_ms, bytes);
}

int main(int argc, char **argv)
{
    static const char *const targets[] = {"/dash", "/dash?format=json", "/dash/commits",
                                          "/dash/compare", "/dash/units"};
    struct sj_err err;
    struct sj_db *db = NULL;
    if (argc < 2 || sj_db_open(argv[1], SJ_DB_READ, &db, &err) != 0) {
        (void)fprintf(stderr, "usage: bench-dash STORE-DIR [TARGET]...\n");
        return 2;
    }
    struct sj_config config = {0};
    const struct sj_dash_site site = {
        .config = &config,
        .db = db,
        .cache = sj_dash_cache_new(NULL, false, SJ_DASH_CACHE_MAX),
        .now_ns = sj_clock_ns(CLOCK_REALTIME),
    };
    for (int i = 2; i < argc; i++) {
        measure(&site, argv[i]);
    }
    for (size_t i = 0; argc == 2 && i < sizeof targets / sizeof targets[0]; i++) {
        measure(&site, targets[i]);
    }
    sj_dash_cache_free(site.cache);
    sj_db_close(db);
    return 0;
}
