// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Charts of the overview, and the table of steps that the page of a unit has, too.
 */
#pragma once

#include "dash/causes.h"
#include "dash/course.h"

/**
 * Add the charts of a branch and job.
 *
 * @param scope  builds
 * @param course their course
 * @param causes what builds were charged to, for each build of the view
 */
void sj_overview_charts(const struct sj_scope *scope, const struct sj_course *course,
                        const struct sj_build_causes *causes);

/** Add a table of steps with the commits that may have made them. @param scope builds @param
 * caption whose steps @param empty that there are none @param steps steps @param count how many */
void sj_steps_table(const struct sj_scope *scope, const char *caption, const char *empty,
                    const struct sj_course_step *steps, size_t count);

/** Mark steps in a chart. @param scope builds @param table of the chart @param steps steps @param
 * count how many */
void sj_steps_mark(const struct sj_scope *scope, struct sj_doc_table *table,
                   const struct sj_course_step *steps, size_t count);

/** A build by number. @param scope builds @param number sj_build.number @return build, or NULL */
const struct sj_view_build *sj_scope_build(const struct sj_scope *scope, uint32_t number);

/** Append a change for people, such as "+4.2 %" or "x3.1". @param out takes it @param change its
 * logarithm */
void sj_change_text(struct sj_buf *out, double change);

/** Append a commit for people: 10 digits, the author and the subject, cut. @param scope builds
 * @param commit its name @param out takes it */
void sj_commit_text(const struct sj_scope *scope, const struct sj_oid *commit, struct sj_buf *out);
