// SPDX-License-Identifier: Apache-2.0
#include "dash/doc.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

struct sj_doc *sj_doc_new(const char *id, const char *title)
{
    return NULL;
}

void sj_doc_free(struct sj_doc *doc)
{
}

void sj_doc_heading(struct sj_doc *doc, const char *id, const char *text)
{
}

void sj_doc_text(struct sj_doc *doc, const char *text)
{
}

void sj_doc_note(struct sj_doc *doc, const char *text)
{
}

void sj_doc_command(struct sj_doc *doc, const char *text)
{
}

void sj_doc_link(struct sj_doc *doc, const char *href, const char *text)
{
}

void sj_doc_figure(struct sj_doc *doc, const char *id, const char *label, enum sj_doc_type type,
                   double value, const char *href)
{
}

void sj_doc_fact(struct sj_doc *doc, const char *id, const char *label, const char *text,
                 const char *href)
{
}

struct sj_doc_table *sj_doc_table(struct sj_doc *doc, const char *id, const char *caption)
{
    return NULL;
}

void sj_doc_column(struct sj_doc_table *table, const char *id, const char *label,
                   enum sj_doc_type type)
{
}

void sj_doc_empty(struct sj_doc_table *table, const char *text)
{
}

void sj_doc_cell(struct sj_doc_table *table, const char *text, const char *href)
{
}

void sj_doc_value(struct sj_doc_table *table, double value, const char *href)
{
}

void sj_doc_spark(struct sj_doc_table *table, const double *values, size_t count)
{
}

void sj_doc_row_mark(struct sj_doc_table *table, const char *word)
{
}

void sj_doc_chart(struct sj_doc_table *table, enum sj_doc_chart_kind kind, const char *summary)
{
}

void sj_doc_chart_mark(struct sj_doc_table *table, double x, const char *text, const char *href,
                       bool is_step)
{
}

void sj_doc_html(const struct sj_doc *doc, const struct sj_doc_frame *frame, struct sj_buf *out)
{
}

void sj_doc_json(const struct sj_doc *doc, struct sj_buf *out)
{
}

int sj_doc_csv(const struct sj_doc *doc, const char *table, struct sj_buf *out)
{
    return -ENOSYS;
}
