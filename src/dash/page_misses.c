// SPDX-License-Identifier: Apache-2.0
// The page "misses": why compiles were needed, day by day, and which of them were not.
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/misses_parts.h"
#include "dash/scope.h"

#define DAY_NS (86400 * SJ_NS_PER_S)

static struct sj_miss_day *day_of(struct sj_misses_page *page, uint64_t day)
{
    // Builds come by job, then in the order of history: the same day is mostly the last one.
    for (size_t i = page->day_count; i-- > 0;) {
        if (page->days[i].day == day) {
            return &page->days[i];
        }
    }
    page->days = sj_realloc(page->days, page->day_count + 1, sizeof *page->days);
    page->days[page->day_count] = (struct sj_miss_day){.day = day};
    return &page->days[page->day_count++];
}

static void take_bill(size_t build, const struct sj_bill *bill, void *user)
{
    struct sj_misses_page *page = user;
    struct sj_miss_day *day = day_of(page, page->scope.view.builds[build].build.start_ns / DAY_NS);
    for (size_t i = 0; i < bill->row_count; i++) {
        if (sj_oid_is_zero(&bill->rows[i].merge)) {
            day->cpu_ns[bill->rows[i].kind] += bill->rows[i].charge_ns;
        }
    }
}

static void add_figures(const struct sj_misses_page *page)
{
    const struct sj_bill *bill = &page->bill;
    struct sj_doc *doc = page->call->doc;
    double necessary = (double)bill->cpu_ns[SJ_BLAME_NECESSARY];
    double redundant = (double)bill->cpu_ns[SJ_BLAME_REDUNDANT];
    sj_doc_figure(doc, "builds", "Builds", SJ_DOC_COUNT, (double)page->scope.wanted, NULL);
    sj_doc_figure(doc, "misses_cpu", "CPU of misses", SJ_DOC_SPAN, necessary + redundant, NULL);
    sj_doc_figure(doc, "necessary_cpu", "Necessary", SJ_DOC_SPAN, necessary, NULL);
    sj_doc_figure(doc, "redundant_cpu", "Redundant", SJ_DOC_SPAN, redundant, NULL);
    sj_doc_figure(doc, "redundant_share", "Redundant share", SJ_DOC_SHARE,
                  necessary + redundant > 0 ? redundant / (necessary + redundant) : NAN, NULL);
    sj_doc_figure(doc, "other_cpu", "Not misses", SJ_DOC_SPAN, (double)bill->cpu_ns[SJ_BLAME_OTHER],
                  NULL);
}

static int fill(struct sj_misses_page *page, struct sj_err *err)
{
    page->bill.pool = &page->pool;
    int status = sj_dash_charge(page->call, &page->scope.view, page->scope.is_wanted, false,
                                take_bill, page, &page->bill, err);
    if (status < 0) {
        return status;
    }
    add_figures(page);
    sj_misses_add_causes(page);
    status = sj_misses_add_repeats(page, err);
    if (status == 0) {
        sj_misses_add_volatile(page);
        status = sj_misses_add_reasons(page, err);
    }
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_misses_page page = {.call = call};
    int status = sj_scope_load(call, &page.scope, err);
    if (status == 0) {
        status = fill(&page, err);
    }
    free(page.days);
    sj_bill_release(&page.bill);
    sj_pool_release(&page.pool);
    sj_scope_release(&page.scope);
    return status;
}

const struct sj_dash_page sj_page_misses = {
    .name = "misses",
    .title = "Misses",
    .subject = NULL,
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
