// SPDX-License-Identifier: Apache-2.0
// What stands around a page: head, navigation, filters, foot.
#include <string.h>

#include "dash/asset.h"
#include "dash/doc_model.h"
#include "dash/doc_text.h"
#include "dash/page.h"

static void put_attribute(struct sj_buf *out, const char *name, const char *text)
{
    sj_buf_addf(out, " %s=\"", name);
    sj_html_text(out, text);
    sj_buf_addc(out, '"');
}

static bool has_lines(const struct sj_doc *doc)
{
    for (size_t i = 0; i < doc->part_count; i++) {
        const struct sj_doc_table *table = doc->parts[i].table;
        if (table && sj_doc_is_plot(table) && table->cell_count > 0) {
            return true;
        }
    }
    return false;
}

// A file may not be built in; then there is no link to it either.
static void put_asset(struct sj_buf *out, const char *before, const char *base, const char *after)
{
    const char *link = sj_asset_link(base);
    if (*link) {
        sj_buf_addf(out, "%s%s%s\n", before, link, after);
    }
}

// What a page is of stands in its title, unless the page has said so itself.
static void put_subjects(const struct sj_doc *doc, const struct sj_dash_query *query,
                         const char *before, const char *after, struct sj_buf *out)
{
    const char *title = sj_doc_text_at(doc, doc->title);
    // What is not the page that was asked for, such as of an error, is of nothing.
    if (!query || strcmp(query->page, sj_doc_text_at(doc, doc->id)) != 0) {
        return;
    }
    for (size_t i = 0; i < SJ_DASH_SUBJECTS && query->subject[i]; i++) {
        if (!strstr(title, query->subject[i])) {
            sj_buf_adds(out, i > 0 ? " \xe2\x80\xa6 " : " ");
            sj_buf_adds(out, before);
            sj_html_text(out, query->subject[i]);
            sj_buf_adds(out, after);
        }
    }
}

static void put_head(const struct sj_doc *doc, const struct sj_doc_frame *frame, struct sj_buf *out)
{
    sj_buf_adds(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    sj_html_text(out, sj_doc_text_at(doc, doc->title));
    put_subjects(doc, frame->query, "", "", out);
    if (frame->project && *frame->project) {
        sj_buf_adds(out, " \xc2\xb7 ");
        sj_html_text(out, frame->project);
    }
    sj_buf_adds(out, " \xc2\xb7 Scrubjay</title>\n");
    put_asset(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"", "favicon.svg", "\">");
    // What changes may have lines later.
    if (has_lines(doc) || doc->live_s > 0) {
        put_asset(out, "<link rel=\"stylesheet\" href=\"", "uplot.css", "\">");
        put_asset(out, "<script defer src=\"", "uplot.js", "\"></script>");
    }
    put_asset(out, "<link rel=\"stylesheet\" href=\"", "dash.css", "\">");
    put_asset(out, "<script src=\"", "early.js", "\"></script>");
    put_asset(out, "<script defer src=\"", "dash.js", "\"></script>");
    if (doc->live_s > 0) {
        sj_buf_addf(out, "<noscript><meta http-equiv=\"refresh\" content=\"%u\"></noscript>\n",
                    doc->live_s);
    }
    sj_buf_adds(out, "</head>\n<body");
    put_attribute(out, "data-page", sj_doc_text_at(doc, doc->id));
    if (frame->currency && *frame->currency) {
        put_attribute(out, "data-currency", frame->currency);
    }
    sj_buf_adds(out, ">\n");
}

static const struct sj_dash_page *page_of(const struct sj_dash_query *query)
{
    size_t count;
    const struct sj_dash_page *const *pages = sj_dash_pages(&count);
    for (size_t i = 0; query && i < count; i++) {
        if (strcmp(pages[i]->name, query->page) == 0) {
            return pages[i];
        }
    }
    return NULL;
}

// The page of a build stands below that of all builds.
static const char *current_of(const struct sj_dash_page *here, const struct sj_dash_page *page)
{
    if (page == here) {
        return " aria-current=\"page\">";
    }
    const char *rest = here && !here->title ? sj_skip_prefix(page->name, here->name) : NULL;
    return rest && strcmp(rest, "s") == 0 ? " aria-current=\"true\">" : ">";
}

static void put_navigation(const struct sj_doc_frame *frame, struct sj_buf *out)
{
    size_t count;
    const struct sj_dash_page *const *pages = sj_dash_pages(&count);
    const struct sj_dash_page *here = page_of(frame->query);
    sj_buf_adds(out, "<nav aria-label=\"Pages\"><ul>");
    for (size_t i = 0; i < count; i++) {
        const struct sj_dash_page *page = pages[i];
        if (!page->title || (page->is_admin && !frame->is_admin) ||
            (page->is_server && frame->is_local)) {
            continue;
        }
        SJ_AUTO(sj_auto_free) char *link = sj_dash_link(frame->query, page->name, NULL, NULL);
        sj_buf_adds(out, "<li><a");
        (void)sj_html_href(out, link);
        sj_buf_adds(out, current_of(here, page));
        sj_html_text(out, page->title);
        sj_buf_adds(out, "</a></li>");
    }
    sj_buf_adds(out, "</ul></nav>\n");
}

static void put_sign(const struct sj_doc_frame *frame, struct sj_buf *out)
{
    if (frame->is_local) {
        return;
    }
    if (!frame->is_signed_in) {
        sj_buf_adds(out, "<a class=\"sign\" href=\"/dash/login\">Sign in</a>\n");
        return;
    }
    sj_buf_adds(out, "<form class=\"sign\" method=\"post\" action=\"/dash/logout\">"
                     "<input type=\"hidden\" name=\"key\"");
    put_attribute(out, "value", frame->form_key ? frame->form_key : "");
    sj_buf_adds(out, "><button>Sign out</button></form>\n");
}

struct field {
    enum sj_dash_parameter parameter;
    const char *label;
    const char *hint;
};

static const struct field fields[] = {
    {SJ_DASH_PROJECT, "Project", ""},
    {SJ_DASH_BRANCH, "Branch", "main"},
    {SJ_DASH_JOB, "Job", ""},
    {SJ_DASH_MACHINE, "Machine", ""},
    {SJ_DASH_TOOLCHAIN, "Toolchain", ""},
    {SJ_DASH_SINCE, "Since", "90d or 2026-11-25"},
    {SJ_DASH_UNTIL, "Until", "2026-11-25"},
};

enum {
    FIELDS = sizeof fields / sizeof fields[0]
};

static bool is_field(enum sj_dash_parameter parameter)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].parameter == parameter) {
            return true;
        }
    }
    return false;
}

// What holds now, in words: "branch main, since 90d".
static void put_filter_words(const struct sj_dash_query *query, struct sj_buf *out)
{
    size_t said = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = query->parameter[fields[i].parameter];
        if (value) {
            sj_buf_addf(out, "%s%s <b>", said++ ? ", " : "",
                        sj_dash_parameter_name(fields[i].parameter));
            sj_html_text(out, value);
            sj_buf_adds(out, "</b>");
        }
    }
    if (said == 0) {
        sj_buf_adds(out, "all builds");
    }
}

static void put_fields(const struct sj_dash_query *query, struct sj_buf *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const char *name = sj_dash_parameter_name(fields[i].parameter);
        const char *value = query->parameter[fields[i].parameter];
        sj_buf_addf(out, "<label>%s <input name=\"%s\" autocomplete=\"off\"", fields[i].label,
                    name);
        put_attribute(out, "placeholder", fields[i].hint);
        put_attribute(out, "value", value ? value : "");
        sj_buf_adds(out, "></label>\n");
    }
    for (enum sj_dash_parameter i = 0; i < SJ_DASH_PARAMETERS; i++) {
        if (query->parameter[i] && !is_field(i) && i != SJ_DASH_TABLE) {
            sj_buf_addf(out, "<input type=\"hidden\" name=\"%s\"", sj_dash_parameter_name(i));
            put_attribute(out, "value", query->parameter[i]);
            sj_buf_adds(out, ">");
        }
    }
}

static void put_ranges(const struct sj_dash_query *query, struct sj_buf *out)
{
    static const struct {
        const char *value, *label, *words;
    } ranges[] = {
        {"7d", "7 d", "the last 7 days"},    {"30d", "30 d", "the last 30 days"},
        {"90d", "90 d", "the last 90 days"}, {"365d", "1 y", "the last year"},
        {"all", "All", "all that is known"},
    };
    const char *now = query->parameter[SJ_DASH_SINCE];
    sj_buf_adds(out, "<ul class=\"ranges\" aria-label=\"Time range\">");
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        SJ_AUTO(sj_auto_free)
        char *link = sj_dash_link_with(query, SJ_DASH_SINCE, ranges[i].value);
        sj_buf_adds(out, "<li><a");
        (void)sj_html_href(out, link);
        put_attribute(out, "title", ranges[i].words);
        sj_buf_addf(out, "%s>%s</a></li>",
                    now && strcmp(now, ranges[i].value) == 0 ? " aria-current=\"true\"" : "",
                    ranges[i].label);
    }
    sj_buf_adds(out, "</ul>\n");
}

static void put_filters(const struct sj_doc_frame *frame, struct sj_buf *out)
{
    const struct sj_dash_query *query = frame->query;
    const struct sj_dash_page *page = page_of(query);
    if (!page || !page->needs_records) {
        return;
    }
    SJ_AUTO(sj_auto_free)
    char *link = sj_dash_link(NULL, query->page, query->subject[0], query->subject[1]);
    sj_buf_adds(out, "<div class=\"filters\"><details><summary>Filter: ");
    put_filter_words(query, out);
    sj_buf_adds(out, "</summary><form method=\"get\" role=\"search\" aria-label=\"Filter\"");
    put_attribute(out, "action", link);
    sj_buf_adds(out, ">");
    put_fields(query, out);
    sj_buf_adds(out, "<button>Apply</button> <a class=\"clear\"");
    (void)sj_html_href(out, link);
    sj_buf_adds(out, ">Clear</a></form></details>\n");
    put_ranges(query, out);
    sj_buf_adds(out, "</div>\n");
}

void sj_doc_frame_top(const struct sj_doc *doc, const struct sj_doc_frame *frame,
                      struct sj_buf *out)
{
    put_head(doc, frame, out);
    sj_buf_adds(out, "<a class=\"skip\" href=\"#main\">Skip to the page</a>\n<header>"
                     "<a class=\"brand\" href=\"/dash\">Scrubjay</a>");
    if (frame->project && *frame->project) {
        sj_buf_adds(out, "<span class=\"project\">");
        sj_html_text(out, frame->project);
        sj_buf_adds(out, "</span>");
    }
    if (frame->query) {
        put_navigation(frame, out);
        put_sign(frame, out);
    }
    sj_buf_adds(out, "</header>\n<main id=\"main\" tabindex=\"-1\"");
    if (doc->live_s > 0) {
        sj_buf_addf(out, " data-live=\"%u\"", doc->live_s);
    }
    sj_buf_adds(out, ">\n<div class=\"top\"><h1>");
    sj_html_text(out, sj_doc_text_at(doc, doc->title));
    put_subjects(doc, frame->query, "<span class=\"subject\">", "</span>", out);
    sj_buf_adds(out, "</h1>\n");
    put_filters(frame, out);
    sj_buf_adds(out, "</div>\n");
}

void sj_doc_frame_end(const struct sj_doc *doc, const struct sj_doc_frame *frame,
                      struct sj_buf *out)
{
    (void)doc;
    sj_buf_adds(out, "</main>\n<footer><p>");
    bool is_page = page_of(frame->query) != NULL;
    if (is_page) {
        SJ_AUTO(sj_auto_free) char *link = sj_dash_link_with(frame->query, SJ_DASH_TABLE, NULL);
        sj_buf_adds(out, "<a href=\"");
        sj_html_text(out, link);
        sj_buf_addf(out, "%sformat=json\">This page as JSON</a>",
                    strchr(link, '?') ? "&amp;" : "?");
    }
    put_asset(out,
              is_page ? " \xc2\xb7 charts by uPlot, <a href=\"" : "Charts by uPlot, <a href=\"",
              "uplot-licence.txt", "\">licence</a>");
    sj_buf_adds(out, "</p></footer>\n</body></html>\n");
}
