// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Cells that many tables have, with their links: a build, a commit, a unit, a cause.
 */
#pragma once

#include "analyze/cause.h"
#include "dash/page.h"

/** Cell: a build by its id. Builds without an id have no page of their own. @param call call @param
 * table table @param build build */
void sj_cell_build(const struct sj_dash_call *call, struct sj_doc_table *table,
                   const struct sj_build *build);

/** Cell: a commit by 10 digits. @param call call @param table table @param id its name; zero: an
 * empty cell */
void sj_cell_commit(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_oid *id);

/** Cell: a unit by its name. @param call call @param table table @param unit sj_unit.number; 0: an
 * empty cell */
void sj_cell_unit(const struct sj_dash_call *call, struct sj_doc_table *table, uint32_t unit);

/** Cell: the first cause of a compile, how many more there are, and a link to its commit. @param
 * call call @param table table @param finding causes */
void sj_cell_causes(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_finding *finding);

/** A reason in words. @param call call @param id of the records; "" @return half a sentence; the id
 * where no words are at hand */
const char *sj_reason_words(const struct sj_dash_call *call, const char *id);

/** Name of a unit. @param call call @param unit sj_unit.number @return text of the database; "" */
const char *sj_unit_name(const struct sj_dash_call *call, uint32_t unit);

/** Whether an address is one that a link may lead to: http or https, no blanks, no controls, no
 * quotes. @param url text from outside @return true when it is */
bool sj_is_web_address(const char *url);

/** Whether a build is still under way: it has begun, has not ended, and something came of it within
 * the last hour. @param call call @param build build @return true when it is */
bool sj_build_is_running(const struct sj_dash_call *call, const struct sj_build *build);

/** How a build went, in a word or two. @param call call @param build build @param out takes it */
void sj_build_state(const struct sj_dash_call *call, const struct sj_build *build,
                    struct sj_buf *out);

/** CPU that the tools of a build used, hits left out. @param build build @return nanoseconds */
uint64_t sj_build_spent(const struct sj_build *build);

/** Hits among hits and misses. @param build build @return 0 to 1; NAN: there were none */
double sj_build_hit_rate(const struct sj_build *build);
