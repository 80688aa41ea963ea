// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "dash/doc_model.h"
#include "dash/doc_text.h"
#include "dash/query.h"

enum {
    ROWS_SHOWN = 200,  // of a table; more by ?max=
    POINTS_SHOWN = 60, // of a table that is drawn over an x: the latest
};

// What a page is written with.
struct writer {
    const struct sj_doc *doc;
    const struct sj_doc_frame *frame;
    struct sj_buf *out;
};

static void put(const struct writer *to, const char *html)
{
    sj_buf_adds(to->out, html);
}

static void put_text(const struct writer *to, uint32_t text)
{
    sj_html_text(to->out, sj_doc_text_at(to->doc, text));
}

// A name that can be an anchor: others' bytes are in it only where a page puts them.
static void put_attribute(const struct writer *to, const char *name, const char *text)
{
    sj_buf_addf(to->out, " %s=\"", name);
    sj_html_text(to->out, text);
    sj_buf_addc(to->out, '"');
}

// Open a link, when it leads anywhere it may lead.
static bool open_link(const struct writer *to, uint32_t href)
{
    SJ_AUTO(sj_buf_release) struct sj_buf link = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    const char *text = sj_doc_text_at(to->doc, href);
    if (!href || !sj_html_href(&link, text)) {
        return false;
    }
    sj_buf_addf(to->out, "<a%s%s>", sj_buf_text(&link),
                text[0] == 'h' ? " rel=\"noreferrer\"" : "");
    return true;
}

static void close_link(const struct writer *to, bool is_open)
{
    put(to, is_open ? "</a>" : "");
}

static void put_number(const struct writer *to, enum sj_doc_type type, double value)
{
    bool has_time = false;
    if (type == SJ_DOC_TIME) {
        SJ_AUTO(sj_buf_release) struct sj_buf iso = SJ_BUF_INIT(64);
        has_time = sj_doc_iso_time(&iso, value);
        if (has_time) {
            sj_buf_addf(to->out, "<time datetime=\"%s\">", sj_buf_text(&iso));
        }
    }
    sj_doc_words(to->out, type, value, to->frame->currency);
    put(to, has_time ? "</time>" : "");
}

// A word of the page's own as a class: letters, digits and '-' only.
static void put_class(const struct writer *to, const char *word)
{
    put(to, " class=\"m-");
    for (; *word; word++) {
        char lower = (char)(*word | 0x20);
        bool is_good = (lower >= 'a' && lower <= 'z') || (*word >= '0' && *word <= '9');
        sj_buf_addc(to->out, is_good ? lower : '-');
    }
    put(to, "\"");
}

static void put_cell_inside(const struct writer *to, const struct sj_doc_table *table,
                            const struct sj_doc_cell *cell, enum sj_doc_type type)
{
    bool is_link = open_link(to, cell->href);
    if (cell->text) {
        put_text(to, cell->text);
    } else if (type == SJ_DOC_SPARK && cell->count > 0) {
        sj_doc_svg_spark(table->doc->numbers + cell->first, cell->count, to->out);
    } else if (type != SJ_DOC_TEXT || isfinite(cell->value)) {
        put_number(to, type, cell->value);
    }
    close_link(to, is_link);
    if (cell->detail) {
        put(to, " <small>");
        put_text(to, cell->detail);
        put(to, "</small>");
    }
}

static void put_cell(const struct writer *to, const struct sj_doc_table *table, size_t row,
                     size_t column)
{
    const struct sj_doc_cell *cell = sj_doc_cell_at(table, row, column);
    enum sj_doc_type type = table->columns[column].type;
    const char *tag = column == 0 ? "th" : "td";
    sj_buf_addf(to->out, "<%s%s", tag, column == 0 ? " scope=\"row\"" : "");
    if (sj_doc_is_number(type)) {
        const char *way = "";
        if (type == SJ_DOC_CHANGE && fabs(cell->value) >= 0.0005) {
            way = cell->value > 0 ? " up" : " down";
        }
        sj_buf_addf(to->out, " class=\"n%s\"", way);
    }
    put(to, ">");
    const char *word = column == 0 ? sj_doc_word_at(table, row) : "";
    put_cell_inside(to, table, cell, type);
    if (*word) {
        put(to, " <span class=\"tag\">");
        sj_html_text(to->out, word);
        put(to, "</span>");
    }
    sj_buf_addf(to->out, "</%s>", tag);
}

// A heading that sorts: numbers begin with the largest, texts with the first.
static void put_sort_link(const struct writer *to, const struct sj_doc_column *column)
{
    const struct sj_dash_query *query = to->frame->query;
    const char *id = sj_doc_text_at(to->doc, column->id);
    const char *sort = query->parameter[SJ_DASH_SORT];
    bool is_down = sort && *sort == '-';
    bool is_sorted = sort && strcmp(sort + (is_down ? 1 : 0), id) == 0;
    bool is_next_down = is_sorted ? !is_down : sj_doc_is_number(column->type);
    SJ_AUTO(sj_buf_release) struct sj_buf next = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&next, "%s%s", is_next_down ? "-" : "", id);
    SJ_AUTO(sj_auto_free)
    char *href = sj_dash_link_with(query, SJ_DASH_SORT, sj_buf_text(&next));
    if (is_sorted) {
        put_attribute(to, "aria-sort", is_down ? "descending" : "ascending");
    }
    put(to, "><a");
    (void)sj_html_href(to->out, href);
    put(to, " rel=\"nofollow\">");
    put_text(to, column->label);
    put(to, "</a>");
}

static void put_heads(const struct writer *to, const struct sj_doc_table *table,
                      const bool *is_seen)
{
    put(to, "<thead><tr>");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sj_doc_column *column = &table->columns[i];
        if (!is_seen[i]) {
            continue;
        }
        sj_buf_addf(to->out, "<th scope=\"col\" data-type=\"%s\"%s", sj_doc_type_name(column->type),
                    sj_doc_is_number(column->type) ? " class=\"n\"" : "");
        const char *label = sj_doc_text_at(to->doc, column->label);
        if (!*label) {
            // A column of tags or marks needs no heading, but a reader of the screen does.
            put(to, "><span class=\"unseen\">");
            put_text(to, column->id);
            put(to, "</span>");
        } else if (to->frame->query && !sj_doc_is_plot(table) && column->type != SJ_DOC_SPARK) {
            put_sort_link(to, column);
        } else {
            put(to, ">");
            put_text(to, column->label);
        }
        put(to, "</th>");
    }
    put(to, "</tr></thead>");
}

// Which rows are shown; the rest is named below the table.
static void choose_rows(const struct writer *to, const struct sj_doc_table *table, size_t *first,
                        size_t *end)
{
    size_t rows = sj_doc_rows(table);
    size_t most = sj_doc_is_plot(table) ? POINTS_SHOWN : ROWS_SHOWN;
    if (to->frame->query && to->frame->query->max > most) {
        most = to->frame->query->max;
    }
    *first = sj_doc_is_plot(table) && rows > most ? rows - most : 0;
    *end = rows - *first > most ? *first + most : rows;
}

static void put_download(const struct writer *to, const struct sj_doc_table *table, size_t shown)
{
    size_t rows = sj_doc_rows(table);
    const char *id = sj_doc_text_at(to->doc, table->id);
    if (!to->frame->query) {
        return;
    }
    SJ_AUTO(sj_auto_free) char *href = sj_dash_link_with(to->frame->query, SJ_DASH_TABLE, id);
    put(to, "<p class=\"get\">");
    if (shown < rows) {
        put(to, sj_doc_is_plot(table) ? "The last " : "The first ");
        sj_doc_words(to->out, SJ_DOC_COUNT, (double)shown, "");
        put(to, " of ");
        sj_doc_words(to->out, SJ_DOC_COUNT, (double)rows, "");
        put(to, " rows. All of them: ");
    }
    put(to, "<a href=\"");
    sj_html_text(to->out, href);
    put(to, "&amp;format=csv\" download");
    put_attribute(to, "aria-label", "CSV");
    put(to, ">CSV</a></p>");
}

static void put_rows(const struct writer *to, const struct sj_doc_table *table)
{
    size_t first;
    size_t end;
    choose_rows(to, table, &first, &end);
    SJ_AUTO(sj_auto_free) bool *is_seen = sj_calloc(table->column_count + 1, sizeof *is_seen);
    for (size_t i = 0; i < table->column_count; i++) {
        is_seen[i] = sj_doc_is_seen(table, i);
    }
    put(to, "<div class=\"scroll\" tabindex=\"0\" role=\"region\"");
    put_attribute(to, "aria-label", sj_doc_text_at(to->doc, table->caption));
    put(to, "><table");
    put_attribute(to, "id", sj_doc_text_at(to->doc, table->id));
    put(to, "><caption>");
    put_text(to, table->caption);
    put(to, "</caption>");
    put_heads(to, table, is_seen);
    put(to, "<tbody>");
    for (size_t row = first; row < end; row++) {
        const char *word = sj_doc_word_at(table, row);
        put(to, "<tr");
        if (*word) {
            put_class(to, word);
        }
        put(to, ">");
        for (size_t column = 0; column < table->column_count; column++) {
            if (is_seen[column]) {
                put_cell(to, table, row, column);
            }
        }
        put(to, "</tr>\n");
    }
    put(to, "</tbody></table></div>");
    put_download(to, table, end - first);
}

static void put_legend(const struct writer *to, const struct sj_doc_table *table)
{
    put(to, "<ul class=\"legend\">");
    for (size_t i = 1; i < table->column_count; i++) {
        if (sj_doc_is_number(table->columns[i].type)) {
            sj_buf_addf(to->out, "<li class=\"s%u\">", sj_doc_colour_at(table, i));
            put_text(to, table->columns[i].label);
            put(to, "</li>");
        }
    }
    put(to, "</ul>");
}

// All that happened, in words: a drawing has room for a few of them.
static void put_marks(const struct writer *to, const struct sj_doc_table *table)
{
    if (table->mark_count == 0 || !sj_doc_is_plot(table)) {
        return;
    }
    put(to, "<ul class=\"marks\" tabindex=\"0\" aria-label=\"Marks in the chart\">");
    for (size_t i = 0; i < table->mark_count; i++) {
        const struct sj_doc_mark *mark = &table->marks[i];
        put(to, mark->is_step ? "<li class=\"is-step\">" : "<li>");
        put_number(to, table->columns[0].type, mark->x);
        put(to, " ");
        bool is_link = open_link(to, mark->href);
        put_text(to, mark->text);
        close_link(to, is_link);
        put(to, "</li>");
    }
    put(to, "</ul>");
}

static void put_chart(const struct writer *to, const struct sj_doc_table *table)
{
    put(to, "<p class=\"title\" aria-hidden=\"true\">");
    put_text(to, table->caption);
    sj_buf_addf(to->out, "</p><figure role=\"img\" data-chart=\"%s\"",
                sj_doc_chart_name(table->chart));
    put_attribute(to, "data-table", sj_doc_text_at(to->doc, table->id));
    put_attribute(to, "aria-label", sj_doc_text_at(to->doc, table->summary));
    put(to, ">");
    if (sj_doc_is_plot(table)) {
        sj_doc_svg_lines(table, to->frame->currency, to->out);
        put_legend(to, table);
    }
    put(to, "</figure>");
    put_marks(to, table);
    put(to, "<p class=\"summary\">");
    put_text(to, table->summary);
    put(to, "</p><details class=\"rows\" open><summary>Table</summary>");
    put_rows(to, table);
    put(to, "</details>");
}

static void put_table(const struct writer *to, const struct sj_doc_table *table)
{
    put(to, "<section class=\"table\">");
    if (sj_doc_rows(table) == 0) {
        put(to, "<p class=\"title\">");
        put_text(to, table->caption);
        put(to, "</p><p class=\"empty\"");
        put_attribute(to, "id", sj_doc_text_at(to->doc, table->id));
        put(to, ">");
        if (table->empty) {
            put_text(to, table->empty);
        } else {
            put(to, "Nothing yet.");
        }
        put(to, "</p>");
    } else if (table->has_chart && !(sj_doc_is_plot(table) && sj_doc_rows(table) == 1)) {
        put_chart(to, table); // one point is no line
    } else {
        put_rows(to, table);
    }
    put(to, "</section>\n");
}

static void put_figure(const struct writer *to, const struct sj_doc_part *part)
{
    put(to, "<div><dt>");
    put_text(to, part->label);
    put(to, "</dt><dd>");
    bool is_link = open_link(to, part->href);
    if (part->kind == SJ_PART_FIGURE) {
        put_number(to, part->type, part->value);
    } else {
        put_text(to, part->text);
    }
    close_link(to, is_link);
    put(to, "</dd></div>");
}

static void put_paragraphs(const struct writer *to, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = len > 0 ? strndup(text, len) : NULL;
        if (line) {
            put(to, "<p>");
            sj_html_text(to->out, line);
            put(to, "</p>\n");
        }
        free(line);
        text += len + (text[len] ? 1 : 0);
    }
}

static void put_heading(const struct writer *to, const struct sj_doc_part *part)
{
    put(to, "<h2");
    put_attribute(to, "id", sj_doc_text_at(to->doc, part->id));
    put(to, ">");
    put_text(to, part->text);
    put(to, "</h2>\n");
}

static void put_part(const struct writer *to, const struct sj_doc_part *part)
{
    switch (part->kind) {
    case SJ_PART_HEADING:
        put_heading(to, part);
        break;
    case SJ_PART_TEXT:
        put_paragraphs(to, sj_doc_text_at(to->doc, part->text));
        break;
    case SJ_PART_NOTE:
        put(to, "<li>");
        put_text(to, part->text);
        put(to, "</li>");
        break;
    case SJ_PART_COMMAND:
        put(to, "<pre class=\"command\"><code>");
        put_text(to, part->text);
        put(to, "</code></pre>\n");
        break;
    case SJ_PART_LINK: {
        put(to, part->href ? "<p class=\"go\">" : "<p class=\"go\"><span aria-current=\"true\">");
        bool is_link = open_link(to, part->href);
        put_text(to, part->text);
        close_link(to, is_link);
        put(to, part->href ? "</p>\n" : "</span></p>\n");
        break;
    }
    case SJ_PART_FIGURE:
    case SJ_PART_FACT:
        put_figure(to, part);
        break;
    case SJ_PART_TABLE:
        put_table(to, part->table);
        break;
    case SJ_PART_FORM:
        sj_doc_form_html(part->form, to->frame, to->out);
        break;
    }
}

// Whether two parts stand in one group: figures, or drawings side by side.
static bool is_together(const struct sj_doc_part *left, const struct sj_doc_part *right)
{
    return left->kind == right->kind &&
           (left->kind != SJ_PART_TABLE ||
            (sj_doc_is_plot(left->table) && sj_doc_is_plot(right->table)));
}

void sj_doc_html(const struct sj_doc *doc, const struct sj_doc_frame *frame, struct sj_buf *out)
{
    static const struct {
        const char *open, *close;
    } groups[] = {
        [SJ_PART_NOTE] = {"<ul class=\"notes\" aria-label=\"Notes\">", "</ul>\n"},
        [SJ_PART_FIGURE] = {"<dl class=\"figures\">", "</dl>\n"},
        [SJ_PART_FACT] = {"<dl class=\"facts\">", "</dl>\n"},
        [SJ_PART_FORM] = {NULL, NULL},
        [SJ_PART_TABLE] = {"<div class=\"plots\">", "</div>\n"},
    };
    struct writer to = {.doc = doc, .frame = frame, .out = out};
    sj_doc_frame_top(doc, frame, out);
    for (size_t i = 0; i < doc->part_count; i++) {
        const struct sj_doc_part *part = &doc->parts[i];
        bool is_first = i == 0 || !is_together(part - 1, part);
        bool is_last = i + 1 == doc->part_count || !is_together(part, part + 1);
        // One drawing has the whole width.
        bool is_group = part->kind != SJ_PART_TABLE || !(is_first && is_last);
        const char *open = groups[part->kind].open;
        put(&to, open && is_group && is_first ? open : "");
        put_part(&to, part);
        put(&to, open && is_group && is_last ? groups[part->kind].close : "");
    }
    sj_doc_frame_end(doc, frame, out);
}
