// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The builds that a page is about, in a view of the whole project: causes and references are asked
 * of every branch, job and machine, whatever the reader's filters leave.
 */
#pragma once

#include "analyze/bill.h"
#include "analyze/pick.h"
#include "dash/page.h"

/** Builds of a page. Zeroed: none. */
struct sj_scope {
    const struct sj_dash_call *call; /**< whose */
    struct sj_view view;             /**< of the whole project, as far as the reader may see it,
                                          without samples */
    bool *is_wanted;                 /**< for each build of it: the filters leave it */
    size_t wanted;                   /**< how many are wanted */
};

/**
 * Load the builds, and tell on the page what was left out.
 *
 * @param call call
 * @param out  takes them; release with sj_scope_release()
 * @param err  what failed
 * @return 0 or a negative errno
 */
int sj_scope_load(const struct sj_dash_call *call, struct sj_scope *out, struct sj_err *err);

/** Whether the filters of an address hold for a build: branch, job, machine, namespace, times.
 * @param call call @param build build @return true when they do */
bool sj_dash_is_wanted(const struct sj_dash_call *call, const struct sj_build *build);

/** Free builds. @param scope builds, zeroed or NULL */
void sj_scope_release(struct sj_scope *scope);

/**
 * The branch and job of which the page shows series, and their wanted builds as points in order of
 * the commits. Such as the filters say, else those with most builds.
 *
 * @param scope builds
 * @param out   points, branch, job and the counts of what is left out are taken; release with
 *              sj_series_release()
 */
void sj_scope_pick(const struct sj_scope *scope, struct sj_series *out);

/** Who looks, as far as what was compiled before depends on it. @param view of the whole project
 * @return key of the namespaces that are seen */
struct sj_key sj_dash_reader(const struct sj_view *view);

/**
 * Charge builds; what was worked out is kept.
 *
 * @param call      call
 * @param view      view of the whole project, without samples
 * @param is_wanted for each build of it: to be charged
 * @param is_drill  look into merges
 * @param each      called with each build's own bill; NULL: nobody asks
 * @param user      handed to each
 * @param out       empty bill with a pool; takes the sum; release it in any case
 * @param err       what failed
 * @return 0 or a negative errno
 */
int sj_dash_charge(const struct sj_dash_call *call, const struct sj_view *view,
                   const bool *is_wanted, bool is_drill,
                   void (*each)(size_t build, const struct sj_bill *bill, void *user), void *user,
                   struct sj_bill *out, struct sj_err *err);

/**
 * Charge wanted builds.
 *
 * @param scope     builds
 * @param is_wanted for each build of the view: to be charged
 * @param is_drill  look into merges
 * @param each      called with each build's own bill; NULL: nobody asks
 * @param user      handed to each
 * @param out       empty bill with a pool; takes the sum; release it in any case
 * @param err       what failed
 * @return 0 or a negative errno
 */
int sj_scope_charge(const struct sj_scope *scope, const bool *is_wanted, bool is_drill,
                    void (*each)(size_t build, const struct sj_bill *bill, void *user), void *user,
                    struct sj_bill *out, struct sj_err *err);

/**
 * A view of the latest of some builds, with samples.
 *
 * @param scope       builds
 * @param is_wanted   for each build of the view: it may come
 * @param max_builds  at most so many
 * @param max_samples about so many samples at most, but always one build
 * @param outcomes    of samples: mask of SJ_OUTCOME_BIT()
 * @param out         takes the view; release with sj_view_release()
 * @param err         what failed
 * @return 0 or a negative errno
 */
int sj_scope_latest(const struct sj_scope *scope, const bool *is_wanted, size_t max_builds,
                    uint64_t max_samples, unsigned outcomes, struct sj_view *out,
                    struct sj_err *err);

/** Order of places of builds, the latest first: qsort_r(3). @param left a size_t @param right a
 * size_t
 * @param user sj_view.builds @return as memcmp() */
int sj_latest_first(const void *left, const void *right, void *user);

/** A commit by its name's place. @param scope builds @param commit its name @return commit, or NULL
 * when the history does not have it */
const struct sj_commit *sj_scope_commit(const struct sj_scope *scope, const struct sj_oid *commit);

/** A link to a commit's page. @param call call @param commit its name @return as sj_dash_link() */
char *sj_link_oid(const struct sj_dash_call *call, const struct sj_oid *commit);

/** A link to a build's page. @param call call @param build build @return as sj_dash_link(); NULL:
 * it has no id */
char *sj_link_build(const struct sj_dash_call *call, const struct sj_build *build);

/** Where a point that stands for a build leads: to what was built. @param call call @param at build
 * @return link to its commit where that is known, else to itself; as sj_dash_link() */
char *sj_link_built(const struct sj_dash_call *call, const struct sj_view_build *at);

/** A link to a comparison. @param call call @param a build @param b build @return as
 * sj_dash_link(); NULL: one has no id */
char *sj_link_compare(const struct sj_dash_call *call, const struct sj_build *a,
                      const struct sj_build *b);

/** Two cells: a unit with a link to its page, and its source, a column for programs. People see it
 * below the unit, where the names differ in more than their end. @param call call @param table
 * table
 * @param db database @param number sj_unit.number */
void sj_unit_cells(const struct sj_dash_call *call, struct sj_doc_table *table, struct sj_db *db,
                   uint32_t number);

/** Name of a unit. @param db database @param number sj_unit.number @param is_source its source
 * instead @return text of the database */
const char *sj_unit_text(struct sj_db *db, uint32_t number, bool is_source);
