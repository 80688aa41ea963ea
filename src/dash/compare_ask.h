// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What the page "compare" is asked for, and the form that asks it.
 */
#pragma once

#include "dash/scope.h"

/** The names of two builds, as the address has them. */
struct sj_compare_asked {
    char *a; /**< owned; NULL: not named */
    char *b; /**< owned; NULL: not named */
};

/** Read the names: of the path, "A/B", "A..B" or "A", which is compared with the latest build; else
 * of the form. @param query address @param out takes them; release with
 * sj_compare_asked_release() */
void sj_compare_ask(const struct sj_dash_query *query, struct sj_compare_asked *out);

/** Free names. @param asked names, or NULL */
void sj_compare_asked_release(struct sj_compare_asked *asked);

/** Add the form, filled in. @param scope builds @param asked names @param problem what is wrong
 * with them; NULL: nothing */
void sj_compare_form(const struct sj_scope *scope, const struct sj_compare_asked *asked,
                     const char *problem);

/** Add pairs to choose from: the latest builds, each with the one before it. @param scope builds */
void sj_compare_offer(const struct sj_scope *scope);
