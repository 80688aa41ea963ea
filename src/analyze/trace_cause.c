// SPDX-License-Identifier: Apache-2.0
#include "analyze/trace_cause.h"

#define CAUSES_SHOWN 8 // of one action

// A file that changed, and the commit that changed it; whatever of the two is known.
static void add_because(const struct sj_blame *cause, struct sj_buf *out)
{
    if (cause->kind == SJ_BLAME_COMMIT) {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&cause->commit, hex);
        sj_buf_addf(out, "commit %.10s", hex);
    } else {
        sj_buf_adds(out, sj_blame_text(cause->kind));
    }
    if (*cause->path) {
        sj_buf_addf(out, ": %.500s", cause->path);
    }
}

static void set_cause(const struct sj_finding *finding, struct sj_pool *pool,
                      struct sj_chrome_action *action)
{
    if (finding->count == 0) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < finding->count && i < CAUSES_SHOWN; i++) {
        sj_buf_adds(&text, i > 0 ? "; " : "");
        add_because(&finding->causes[i], &text);
    }
    if (finding->count > CAUSES_SHOWN) {
        sj_buf_addf(&text, "; and %zu more", finding->count - CAUSES_SHOWN);
    }
    action->cause = sj_blame_name(finding->causes[0].kind);
    action->group = sj_blame_group_name(sj_blame_group(finding->causes[0].kind));
    action->because = sj_pool_text(pool, sj_buf_text(&text));
}

static bool is_same(const struct sj_sample *a, const struct sj_sample *b)
{
    return a->unit == b->unit && a->start_ns == b->start_ns && a->outcome == b->outcome;
}

int sj_trace_causes(struct sj_causes *causes, uint32_t build, struct sj_feed_trace *trace,
                    struct sj_pool *pool, struct sj_err *err)
{
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(causes, build, &count);
    for (size_t i = 0, at = 0; i < count; i++) {
        bool is_hit = samples[i].outcome == SJ_OUTCOME_HIT;
        while (at < trace->count && !is_same(&trace->samples[at], &samples[i])) {
            at++;
        }
        if (at == trace->count) {
            break;
        }
        if (is_hit && !(samples[i].flags & SJ_RECORD_AUDIT)) {
            continue;
        }
        struct sj_finding finding = {0};
        int status = sj_causes_find(causes, build, &samples[i], &finding, err);
        if (status < 0) {
            return status;
        }
        set_cause(&finding, pool, &trace->actions[at]);
    }
    return 0;
}

int sj_trace_explain(const struct sj_view *view, const struct sj_build *build,
                     struct sj_feed_trace *trace, struct sj_pool *pool, struct sj_err *err)
{
    uint32_t at = 0;
    while (at < view->build_count && view->builds[at].build.number != build->number) {
        at++;
    }
    if (at == view->build_count) {
        return 0;
    }
    struct sj_causes *causes = sj_causes_open(view, pool);
    int status = sj_causes_load(causes, &at, 1, err);
    if (status == 0) {
        status = sj_trace_causes(causes, at, trace, pool, err);
    }
    sj_causes_close(causes);
    return status;
}
