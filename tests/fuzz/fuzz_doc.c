// SPDX-License-Identifier: Apache-2.0
// Any bytes as every text of a page: the HTML has the elements that it has with harmless text, and
// all three forms are UTF-8 without control characters.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "dash/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sj_doc *make(const char *text, const double *number)
{
    struct sj_doc *doc = sj_doc_new("page", text);
    sj_doc_heading(doc, "a", text);
    sj_doc_note(doc, text);
    sj_doc_command(doc, text);
    sj_doc_fact(doc, "fact", text, text, text);
    sj_doc_figure(doc, "figure", text, SJ_DOC_SPAN, number[0], NULL);
    struct sj_doc_table *table = sj_doc_table(doc, "t", text);
    sj_doc_column(table, "x", text, SJ_DOC_NUMBER);
    sj_doc_column(table, "y", text, SJ_DOC_SIZE);
    sj_doc_column(table, "s", text, SJ_DOC_TEXT);
    for (size_t i = 0; i < 2; i++) {
        sj_doc_value(table, number[i], NULL);
        sj_doc_value(table, number[1 - i], NULL);
        sj_doc_cell(table, text, text);
        sj_doc_row_mark(table, "word");
    }
    sj_doc_chart(table, SJ_CHART_LINES, text);
    sj_doc_chart_mark(table, number[0], text, text, true);
    return doc;
}

static size_t count_of(const struct sj_buf *buf, char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < buf->len; i++) {
        count += buf->data[i] == byte;
    }
    return count;
}

static void check_text(const struct sj_buf *out)
{
    for (size_t i = 0; i < out->len;) {
        size_t step = sj_utf8_len(out->data + i, out->len - i);
        unsigned char byte = (unsigned char)out->data[i];
        if (step == 0 || byte == 0x7f || (byte < 0x20 && !strchr("\n\r\t", byte))) {
            abort();
        }
        i += step;
    }
}

// Links come and go with what the text is; nothing else does.
static size_t render(const char *text, const double *number, struct sj_buf *out)
{
    struct sj_doc *doc = make(text, number);
    struct sj_doc_frame frame = {.project = text, .currency = "EUR"};
    sj_buf_clear(out);
    sj_doc_json(doc, out);
    check_text(out);
    sj_buf_clear(out);
    if (sj_doc_csv(doc, "t", out) < 0) {
        abort();
    }
    check_text(out);
    sj_buf_clear(out);
    sj_doc_html(doc, &frame, out);
    check_text(out);
    sj_doc_free(doc);
    if (count_of(out, '<') != count_of(out, '>')) {
        abort();
    }
    return count_of(out, '<');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double number[2] = {1, 2};
    size_t used = size < sizeof number ? 0 : sizeof number;
    memcpy(number, data, used);
    SJ_AUTO(sj_auto_free) char *text = sj_strndup((const char *)data + used, size - used);
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t plain = render("x", number, &out);
    size_t hostile = render(text, number, &out);
    // The title of an empty project is left out, with its element; a link is two marks.
    bool is_same = hostile == plain || hostile == plain + 2 * 4;
    if (*text && !is_same) {
        abort();
    }
    return 0;
}
