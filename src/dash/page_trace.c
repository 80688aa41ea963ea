// SPDX-License-Identifier: Apache-2.0
// A build as a trace: no page for people, but a file that ui.perfetto.dev and its like open.
#include <errno.h>
#include <string.h>

#include "analyze/trace_cause.h"
#include "dash/build_find.h"
#include "dash/scope.h"

static int add_causes(struct sj_dash_call *call, const struct sj_build *build,
                      struct sj_feed_trace *trace, struct sj_pool *pool, struct sj_err *err)
{
    struct sj_scope scope;
    int status = sj_scope_load(call, &scope, err);
    if (status == 0) {
        status = sj_trace_explain(&scope.view, build, trace, pool, err);
    }
    sj_scope_release(&scope);
    return status;
}

static int write_trace(struct sj_dash_call *call, const struct sj_feed_trace *trace, const char *id,
                       struct sj_err *err)
{
    struct sj_chrome_build build = {
        .build = trace->about.build,
        .actions = trace->actions,
        .action_count = trace->count,
        .spans = trace->spans,
        .span_count = trace->span_count,
    };
    struct sj_chrome_left left;
    const struct sj_export_out out = {.buf = &call->raw};
    call->raw.limit_bytes = SJ_PAGE_BODY_MAX;
    int status = sj_export_chrome(&build, 1, &out, &left);
    if (status < 0) {
        return sj_fail(err, status, "cannot write the trace");
    }
    if (call->raw.is_full) {
        return sj_fail_plain(err, -EFBIG,
                             "the trace of '%.100s' is too large for a page: 'scrubjay export "
                             "chrome --build ID' writes it",
                             id);
    }
    call->raw_type = "application/json";
    return 0;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_build build;
    int status = sj_dash_build_find(call, &build, err);
    if (status < 0) {
        return status;
    }
    call->filter.project = build.project;
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_feed_trace trace;
    status = sj_feed_trace(call->site->db, &build, &trace);
    if (status < 0) {
        (void)sj_fail(err, status, "cannot read the records of the build");
    } else {
        status = add_causes(call, &build, &trace, &pool, err);
    }
    if (status == 0) {
        status = write_trace(call, &trace, build.id, err);
    }
    sj_feed_trace_release(&trace);
    return status;
}

const struct sj_dash_page sj_page_trace = {
    .name = "trace",
    .title = NULL,
    .subject = "BUILD",
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
