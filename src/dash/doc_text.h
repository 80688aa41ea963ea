// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Text and numbers as people read them on a page. Whatever bytes come in, what goes out is UTF-8
 * that ends no element or attribute, holds no control character, and cannot turn around the text
 * beside it.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "dash/doc.h"

/**
 * Append text, harmless in HTML and SVG: in elements and in attributes between double quotes.
 * Stray bytes become U+FFFD; control characters, those that set a text's direction, that have no
 * width or end a line become their number, such as "‹U+202E›".
 *
 * @param out  takes it
 * @param text bytes, NUL-terminated
 */
void sj_html_text(struct sj_buf *out, const char *text);

/** The same without HTML's escapes, for CSV. A line feed and a tab stay. @param out takes it
 * @param text bytes, NUL-terminated */
void sj_plain_text(struct sj_buf *out, const char *text);

/**
 * Append an attribute with a link.
 *
 * @param out  takes ` href="…"`
 * @param href target: a path of this server, a fragment, a query, or http(s)
 * @return true; false when it is none of these, and then nothing was appended
 */
bool sj_html_href(struct sj_buf *out, const char *href);

/**
 * Append a number as a person would write it: three digits that count, with its unit.
 *
 * @param out      takes it
 * @param type     what the number is
 * @param value    number; NAN: an en dash
 * @param currency of money; "" or NULL: none
 */
void sj_doc_words(struct sj_buf *out, enum sj_doc_type type, double value, const char *currency);

/** Append a point in time as ISO 8601. @param out takes it @param ns CLOCK_REALTIME @return false,
 * and nothing appended, when it is none of the years 1970 to 9999 */
bool sj_doc_iso_time(struct sj_buf *out, double ns);

/** A day, such as "2026-11-25". @param out takes it @param ns its first nanosecond, UTC @return
 * false: it is no time that can be written */
bool sj_doc_iso_day(struct sj_buf *out, double ns);
