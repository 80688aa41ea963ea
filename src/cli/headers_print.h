// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How `headers` looks: text, JSON, Markdown.
 */
#pragma once

#include "analyze/edges.h"
#include "cli/report.h"

/** What was asked for. */
struct sj_headers_ask {
    uint64_t max;       /**< rows of a table; 0: all */
    unsigned sort;      /**< of sj_headers_sort_of() */
    bool has_sources;   /**< sources are listed, too */
    bool has_edges;     /**< includes were asked for */
    uint32_t file;      /**< place of one header; UINT32_MAX: all */
    uint32_t edge_from; /**< of one include: place of the includer; UINT32_MAX: all */
};

/** What is printed. */
struct sj_headers_page {
    const struct sj_headers_ask *ask; /**< what was asked for */
    const struct sj_report *report;   /**< for commits' names */
    const struct sj_view *view;       /**< for texts */
    const struct sj_headers *headers; /**< headers */
    const struct sj_edges *edges;     /**< includes, where asked for */
};

/** A column to sort by. @param name as typed @return its number; -1: there is none of that name */
int sj_headers_sort_of(const char *name);

/** Append a page for people. @param page page @param out takes it */
void sj_headers_text(const struct sj_headers_page *page, struct sj_buf *out);
/** Append a page in Markdown. @param page page @param out takes it */
void sj_headers_markdown(const struct sj_headers_page *page, struct sj_buf *out);
/** Append a JSON document. @param page page @param out takes it */
void sj_headers_json(const struct sj_headers_page *page, struct sj_buf *out);
