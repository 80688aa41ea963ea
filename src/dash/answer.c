// SPDX-License-Identifier: Apache-2.0
#include "dash/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "dash/asset.h"
#include "dash/kept.h"
#include "dash/message.h"
#include "dash/page.h"

#define SPAN_NS (90 * 86400 * SJ_NS_PER_S) // that is looked at where none is asked for

#define ASSET_MAX 128 // bytes of a name

/** A page being made. */
struct making {
    struct sj_dash_ground *ground;
    const struct sj_page_request *request;
    struct sj_page_answer *out;
    enum sj_dash_format format;
    struct sj_dash_query query;
    struct sj_dash_site site;
    struct sj_dash_call call;
    const char *project;
    const struct sj_dash_page *page;
    bool was_kept; // only what took long is
    struct sj_err err;
};

static bool is_path(const struct sj_page_request *request, const char *path)
{
    return sj_str_eq(request->path, sj_str_of(path));
}

static void answer_asset(const struct sj_page_request *request, struct sj_page_answer *out)
{
    char name[ASSET_MAX] = "";
    size_t skip = sizeof SJ_PAGE_ASSETS - 1;
    if (request->path.len - skip < sizeof name) {
        memcpy(name, request->path.data + skip, request->path.len - skip);
    }
    const struct sj_asset *asset = sj_asset_find(name);
    if (!asset) {
        sj_dash_plain(SJ_DASH_CSV, 404, "there is no such file in this version", out);
        return;
    }
    out->status = 200;
    out->type = asset->type;
    out->still = asset->gzip;
    out->still_len = asset->gzip_len;
    out->is_gzip = true;
    out->is_immutable = true;
    (void)snprintf(out->etag, sizeof out->etag, "%s", asset->etag);
}

// What the frame around a page needs, though there is no page of the table.
static struct sj_doc_frame frame_of(const struct sj_page_request *request,
                                    const struct sj_dash_query *query, const char *project)
{
    return (struct sj_doc_frame){
        .query = query,
        .project = project ? project : "",
        .is_signed_in = request->is_signed_in,
        .is_local = request->is_local,
        .is_admin = request->is_admin,
        .form_key = request->form_key,
        .currency = "",
    };
}

// That something is wrong, as a page with the navigation around it; or without, for programs.
static void answer_problem(const struct sj_page_request *request, unsigned status,
                           const char *title, const char *message, struct sj_page_answer *out)
{
    enum sj_dash_format format = sj_dash_format_of(request);
    if (format != SJ_DASH_HTML) {
        sj_dash_plain(format, status, message, out);
        return;
    }
    struct sj_dash_query query = {.page = sj_strdup("problem")};
    struct sj_doc_frame frame = frame_of(request, &query, "");
    struct sj_doc *doc = sj_doc_new("problem", title);
    SJ_AUTO(sj_auto_free) char *sentence = sj_strdup(message);
    // A name at the beginning has a quote before it, and stays as it is.
    if (sentence[0] >= 'a' && sentence[0] <= 'z') {
        sentence[0] = (char)(sentence[0] - 'a' + 'A');
    }
    sj_doc_text(doc, sentence);
    if (request->may_see) {
        SJ_AUTO(sj_auto_free) char *home = sj_dash_link(NULL, NULL, NULL, NULL);
        sj_doc_link(doc, home, "To the overview");
    }
    out->status = status;
    out->type = "text/html; charset=utf-8";
    sj_buf_clear(&out->body);
    sj_doc_html(doc, &frame, &out->body);
    sj_doc_free(doc);
    sj_dash_query_release(&query);
}

static void answer_login(const struct sj_page_request *request, unsigned status,
                         const char *message, struct sj_page_answer *out)
{
    enum sj_dash_format format = sj_dash_format_of(request);
    if (format != SJ_DASH_HTML) {
        sj_dash_plain(format, status, message, out);
        return;
    }
    out->status = status;
    sj_dash_login(request, out);
}

static void answer_refusal(const struct sj_page_request *request, struct sj_page_answer *out)
{
    if (request->refusal == 401 || (is_path(request, SJ_PAGE_LOGIN) && !request->is_local)) {
        answer_login(request, request->refusal, request->problem, out);
        return;
    }
    answer_problem(request, request->refusal, "Not done", request->problem, out);
}

bool sj_dash_answer_alone(const struct sj_page_request *request, struct sj_page_answer *out)
{
    if (request->is_asset) {
        answer_asset(request, out);
    } else if (request->refusal) {
        answer_refusal(request, out);
    } else if (is_path(request, SJ_PAGE_LOGIN) && !request->is_local) {
        answer_login(request, request->is_post ? 400 : 200, "nothing was sent", out);
    } else if (!request->may_see && request->is_signed_in) {
        answer_problem(request, 403, "Nothing to see", "this token may not read anything", out);
    } else if (!request->may_see) {
        answer_login(request, 401,
                     request->is_local ? "open the address that 'scrubjay dash' has printed"
                                       : "a token is needed: Authorization: Bearer TOKEN",
                     out);
    } else {
        return false;
    }
    return true;
}

static void fail(struct making *making, unsigned status, const char *title)
{
    const struct sj_page_request *request = making->request;
    const char *message = making->err.text[0] ? making->err.text : "this page cannot be made";
    if (status >= 500) {
        sj_log("page '%.*s': %s", (int)request->path.len, request->path.data, message);
        // It may name files of the server.
        message =
            request->is_admin ? message : "this page cannot be made now; the server's log says why";
    }
    answer_problem(request, status, title, message, making->out);
}

static void describe_failure(struct making *making, int status)
{
    switch (-status) {
    case ENOENT:
        fail(making, 404, "Not found");
        break;
    case EINVAL:
        fail(making, 400, "Not understood");
        break;
    case EOPNOTSUPP:
        fail(making, 405, "Not done");
        break;
    case EPERM:
    case EACCES:
        fail(making, 403, "Not yours to see");
        break;
    default:
        fail(making, 500, "Not made");
    }
}

// False: there is none of that name; the problem names those that there are.
static bool find_page(struct making *making)
{
    size_t count;
    const struct sj_dash_page *const *pages = sj_dash_pages(&count);
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(1024);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pages[i]->name, making->query.page) == 0) {
            making->page = pages[i];
            return true;
        }
        if (!pages[i]->is_admin || making->request->is_admin) {
            sj_buf_addf(&names, "%s%s", names.len ? ", " : "", pages[i]->name);
        }
    }
    (void)sj_fail_plain(&making->err, -ENOENT, "there is no page '%.60s'; there are: %s",
                        making->query.page, sj_buf_text(&names));
    return false;
}

// Which project, if none is asked for: the settings', else the one that was built last. And since
// when, if nothing is asked for: not from today on, so that a project that rests is still seen.
// False: the reader sees no build of it.
static bool find_project(struct making *making, uint64_t *newest_ns)
{
    const struct sj_dash_ground *ground = making->ground;
    const char *asked = making->query.parameter[SJ_DASH_PROJECT];
    asked = asked ? asked : ground->options->config->project;
    uint64_t latest_ns = 0;
    *newest_ns = 0;
    making->project = asked;
    bool is_there = false;
    for (size_t i = 0; i < ground->roster_count; i++) {
        const struct sj_roster_row *row = &ground->roster[i];
        if (!sj_roster_may_see(row, making->request) ||
            (asked && strcmp(row->project, asked) != 0)) {
            continue;
        }
        is_there = true;
        // Builds that name no project count where there is no other.
        bool has_name = row->project[0] || asked;
        bool had_name = making->project && making->project[0];
        if (has_name > had_name || (has_name == had_name && row->newest_ns >= latest_ns)) {
            latest_ns = row->newest_ns;
            making->project = row->project;
        }
    }
    *newest_ns = latest_ns;
    return is_there;
}

static void set_filter(struct making *making, uint64_t newest_ns)
{
    const struct sj_dash_query *query = &making->query;
    struct sj_view_filter *filter = &making->call.filter;
    filter->project = making->project;
    filter->branch = query->parameter[SJ_DASH_BRANCH];
    filter->job = query->parameter[SJ_DASH_JOB];
    filter->since_ns = query->since_ns;
    filter->until_ns = query->until_ns;
    uint64_t end_ns = query->until_ns && query->until_ns < newest_ns ? query->until_ns : newest_ns;
    if (!query->parameter[SJ_DASH_SINCE] && end_ns > SPAN_NS) {
        filter->since_ns = end_ns - SPAN_NS;
    }
}

static void open_site(struct making *making)
{
    struct sj_dash_ground *ground = making->ground;
    const struct sj_config *config = ground->options->config;
    making->site = (struct sj_dash_site){
        .config = config,
        .db = ground->db,
        .cache = ground->cache,
        .is_over = ground->is_over,
        .now_ns = sj_clock_ns(CLOCK_REALTIME),
        .reason_text = ground->options->reason_text,
        .say = ground->options->say,
        .status = making->request->status,
        .status_user = making->request->status_user,
    };
    const char *cache_dir = config->read_only ? NULL : config->cache_dir;
    struct sj_mirror *mirror = ground->db && making->project
                                   ? sj_mirrors_find(&ground->mirrors, making->project, cache_dir,
                                                     ground->db, ground->state)
                                   : NULL;
    if (mirror) {
        making->site.repo = mirror->repo;
        making->site.history = mirror->history;
        making->site.repo_problem = mirror->problem.text;
    }
}

static void write_doc(struct making *making)
{
    struct sj_page_answer *out = making->out;
    const struct sj_dash_query *query = &making->query;
    struct sj_doc_frame frame = frame_of(making->request, query, making->project);
    const char *currency = making->site.config->server.currency;
    frame.currency = currency ? currency : "";
    if (query->parameter[SJ_DASH_SORT]) {
        sj_doc_sort(making->call.doc, query->parameter[SJ_DASH_SORT]);
    }
    switch (making->format) {
    case SJ_DASH_HTML:
        out->type = "text/html; charset=utf-8";
        sj_doc_html(making->call.doc, &frame, &out->body);
        break;
    case SJ_DASH_JSON:
        out->type = "application/json";
        sj_doc_json(making->call.doc, &out->body);
        break;
    case SJ_DASH_CSV:
        out->type = "text/csv; charset=utf-8";
        if (sj_doc_csv(making->call.doc, query->parameter[SJ_DASH_TABLE], &out->body) < 0) {
            (void)sj_fail_plain(&making->err, -ENOENT, "this page has no such table");
            fail(making, 404, "Not found");
        }
        break;
    }
}

static void lead_on(struct making *making)
{
    const char *location = making->call.location;
    struct sj_page_answer *out = making->out;
    if (strlen(location) >= sizeof out->location) {
        (void)sj_fail_plain(&making->err, -EINVAL, "these names are too long for an address");
        fail(making, 400, "Not understood");
        return;
    }
    out->status = 303;
    (void)snprintf(out->location, sizeof out->location, "%s", location);
}

static void write_page(struct making *making)
{
    struct sj_page_answer *out = making->out;
    struct sj_dash_call *call = &making->call;
    if (call->location) {
        lead_on(making);
        return;
    }
    out->status = call->status;
    if (call->raw_type) {
        out->type = call->raw_type;
        sj_buf_release(&out->body);
        out->body = call->raw;
        call->raw = (struct sj_buf){0};
    } else {
        write_doc(making);
    }
    if (out->body.is_full) {
        (void)sj_fail_plain(&making->err, -EFBIG,
                            "this page is too large: ask for fewer rows, or a "
                            "shorter time");
        fail(making, 400, "Too large");
    }
}

// What took long is kept, unless it is told in another way than as a page.
static int make_or_find(struct making *making)
{
    struct sj_dash_call *call = &making->call;
    struct sj_dash_cache *cache = making->ground->cache;
    struct sj_key key = sj_kept_key(making->ground, call);
    struct sj_doc *found = NULL;
    if (sj_kept_find(cache, &key, &found)) {
        sj_doc_free(call->doc);
        call->doc = found;
        making->was_kept = true;
        return 0;
    }
    uint64_t begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = making->page->make(call, &making->err);
    bool is_slow = sj_clock_ns(CLOCK_MONOTONIC) - begin_ns > making->ground->options->slow_ns;
    if (status >= 0 && is_slow && call->status == 200 && !call->raw_type) {
        sj_kept_put(cache, &key, call->doc);
    }
    return status;
}

static int make_page(struct making *making)
{
    const struct sj_dash_page *page = making->page;
    struct sj_dash_call *call = &making->call;
    uint64_t newest_ns;
    bool has_builds = find_project(making, &newest_ns);
    call->site = &making->site;
    call->query = &making->query;
    call->request = making->request;
    call->status = 200;
    set_filter(making, newest_ns);
    open_site(making);
    call->doc = sj_doc_new(page->name, page->title ? page->title : page->name);
    if (page->needs_records && !has_builds) {
        // There is no such thing yet, but there may be.
        call->status = making->query.subject[0] ? 404 : 200;
        sj_dash_describe_none(making->request, making->ground->roster_count > 0, call->doc);
        return 0;
    }
    return page->is_kept ? make_or_find(making) : page->make(call, &making->err);
}

static int check_page(struct making *making)
{
    const struct sj_page_request *request = making->request;
    struct sj_err *err = &making->err;
    const struct sj_dash_page *page = making->page;
    if (request->is_post && !(page->takes_form && making->query.subject[0])) {
        return sj_fail_plain(err, -EOPNOTSUPP, "nothing can be sent to this page");
    }
    if (page->is_admin && !request->is_admin) {
        return sj_fail_plain(
            err, -EPERM, "'%s' is for administrators: a token with the scope admin", page->name);
    }
    if (page->subject && page->subject[0] != '[' && !making->query.subject[0]) {
        return sj_fail_plain(err, -ENOENT, "say which: /dash/%s/%s", page->name, page->subject);
    }
    if (!page->subject && making->query.subject[0]) {
        return sj_fail_plain(err, -ENOENT, "there is nothing below /dash/%s", page->name);
    }
    return sj_dash_ground_refresh(making->ground, err);
}

bool sj_dash_answer_page(struct sj_dash_ground *ground, const struct sj_page_request *request,
                         struct sj_page_answer *out)
{
    struct making making = {.ground = ground, .request = request, .out = out};
    uint64_t begin_ns = sj_clock_ns(CLOCK_MONOTONIC);
    making.format = sj_dash_format_of(request);
    int status = sj_dash_query_read(request->path, request->query, sj_clock_ns(CLOCK_REALTIME),
                                    &making.query, &making.err);
    if (status == 0 && !find_page(&making)) {
        status = -ENOENT;
    }
    status = status < 0 ? status : check_page(&making);
    status = status < 0 ? status : make_page(&making);
    if (status < 0) {
        describe_failure(&making, status);
    } else {
        write_page(&making);
    }
    sj_doc_free(making.call.doc);
    sj_buf_release(&making.call.raw);
    free(making.call.location);
    sj_dash_query_release(&making.query);
    return making.was_kept || sj_clock_ns(CLOCK_MONOTONIC) - begin_ns > ground->options->slow_ns;
}
