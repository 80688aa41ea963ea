// SPDX-License-Identifier: Apache-2.0
// Badges: small pictures with one figure, to stand in a README. The filters of the address hold,
// and only builds that the reader may see count.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/cells.h"
#include "dash/scope.h"

#define BADGE_MAX  8192u
#define CHAR_WIDTH 7 // of DejaVu Sans at 11 pixels, and a little more than most letters need
#define PADDING    12

/** Sums of the builds that count. */
struct sums {
    double builds;
    double spent_ns;
    double saved_ns;
    double hits;
    double lookups;
};

static void tell_hit_rate(const struct sums *sums, char *out, size_t size)
{
    if (sums->lookups > 0) {
        (void)snprintf(out, size, "%.0f%%", 100 * sums->hits / sums->lookups);
    }
}

static void tell_span(double ns, char *out, size_t size)
{
    double s = ns / (double)SJ_NS_PER_S;
    if (s < 1) {
        (void)snprintf(out, size, "%.0f ms", s * 1000);
    } else if (s < 120) {
        (void)snprintf(out, size, s < 10 ? "%.1f s" : "%.0f s", s);
    } else if (s < 7200) {
        (void)snprintf(out, size, "%.0f min", s / 60);
    } else {
        (void)snprintf(out, size, "%.0f h", s / 3600);
    }
}

static void tell_cpu(const struct sums *sums, char *out, size_t size)
{
    if (sums->builds > 0) {
        tell_span(sums->spent_ns / sums->builds, out, size);
    }
}

static void tell_saved(const struct sums *sums, char *out, size_t size)
{
    if (sums->builds > 0) {
        tell_span(sums->saved_ns, out, size);
    }
}

/** What there is; sorted. */
static const struct badge {
    const char *name;
    const char *label;
    void (*tell)(const struct sums *sums, char *out, size_t size);
} badges[] = {
    {"cpu.svg", "CPU per build", tell_cpu},
    {"hit-rate.svg", "cache hits", tell_hit_rate},
    {"saved.svg", "CPU saved", tell_saved},
};

#define BADGES (sizeof badges / sizeof badges[0])

static const struct badge *find(const char *name)
{
    for (size_t i = 0; name && i < BADGES; i++) {
        if (strcmp(badges[i].name, name) == 0) {
            return &badges[i];
        }
    }
    return NULL;
}

static int add_up(const struct sj_dash_call *call, struct sums *out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    const struct sj_db_filter filter = {.project = call->filter.project};
    // Without records there is a badge all the same, which says so.
    int status = call->site->db ? sj_db_builds(call->site->db, &filter, &builds, &count) : 0;
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    for (size_t i = 0; i < count; i++) {
        const struct sj_build *build = &builds[i];
        if (sj_dash_may_see(call, build) && sj_dash_is_wanted(call, build)) {
            out->builds++;
            out->spent_ns += (double)sj_build_spent(build);
            out->saved_ns += (double)build->saved_ns;
            out->hits += (double)build->count[SJ_OUTCOME_HIT];
            out->lookups += (double)(build->count[SJ_OUTCOME_HIT] + build->count[SJ_OUTCOME_MISS]);
        }
    }
    return 0;
}

// Label and value are texts of this file and numbers: there is nothing to escape.
static void draw(const char *label, const char *value, struct sj_buf *out)
{
    int left = (int)strlen(label) * CHAR_WIDTH + PADDING;
    int right = (int)strlen(value) * CHAR_WIDTH + PADDING;
    sj_buf_addf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" role=\"img\" "
                "aria-label=\"%s: %s\"><title>%s: %s</title>",
                left + right, label, value, label, value);
    sj_buf_addf(out,
                "<rect width=\"%d\" height=\"20\" rx=\"3\" fill=\"#0059a3\"/>"
                "<path d=\"M0 3a3 3 0 0 1 3-3h%dv20H3a3 3 0 0 1-3-3z\" fill=\"#444\"/>",
                left + right, left - 3);
    sj_buf_addf(out,
                "<g fill=\"#fff\" text-anchor=\"middle\" font-size=\"11\" "
                "font-family=\"DejaVu Sans,Verdana,sans-serif\">"
                "<text x=\"%d\" y=\"14\">%s</text><text x=\"%d\" y=\"14\">%s</text></g></svg>\n",
                left / 2, label, left + right / 2, value);
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    const char *name = call->query->subject[0];
    const struct badge *badge = find(name);
    if (!badge) {
        return sj_fail_plain(err, -ENOENT,
                             "there is no badge '%.60s': choose cpu.svg, hit-rate.svg or saved.svg",
                             name ? name : "");
    }
    struct sums sums = {0};
    int status = add_up(call, &sums, err);
    if (status < 0) {
        return status;
    }
    char value[40] = "no builds";
    badge->tell(&sums, value, sizeof value);
    call->raw.limit_bytes = BADGE_MAX;
    draw(badge->label, value, &call->raw);
    call->raw_type = "image/svg+xml";
    return 0;
}

const struct sj_dash_page sj_page_badge = {
    .name = "badge",
    .title = NULL,
    .subject = "NAME",
    .is_admin = false,
    .needs_records = false,
    .make = make,
};
