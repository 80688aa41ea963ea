// SPDX-License-Identifier: Apache-2.0
#include "dash/sample.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define DAY_NS   86400e9
#define FIRST_NS 1.74e18

static unsigned state = 1;

// The same on each machine.
static double noise(void)
{
    state = state * 1103515245u + 12345u;
    return (double)(state >> 16 & 0x7fff) / 32768;
}

static void add_lines(struct sj_doc *doc, size_t points)
{
    struct sj_doc_table *table = sj_doc_table(doc, "cpu", "CPU of a build from nothing");
    sj_doc_column(table, "time_ns", "Time", SJ_DOC_TIME);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "missed_ns", "CPU of misses", SJ_DOC_SPAN);
    sj_doc_column(table, "hit_rate", "Hit rate", SJ_DOC_SHARE);
    sj_doc_column(table, "commit", "Commit", SJ_DOC_TEXT);
    for (size_t i = 0; i < points; i++) {
        SJ_AUTO(sj_auto_free) char *commit = sj_asprintf("%08x", (unsigned)i * 2654435761u);
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link(NULL, "commit", commit, NULL);
        double cpu = (i < points / 2 ? 620e9 : 705e9) + noise() * 40e9;
        sj_doc_value(table, FIRST_NS + (double)i * 365 * DAY_NS / (double)points, NULL);
        sj_doc_value(table, cpu, NULL);
        sj_doc_value(table, i % 17 == 5 ? (double)NAN : cpu * (0.1 + noise() * noise() * 0.5),
                     NULL);
        sj_doc_value(table, 0.7 + noise() * 0.25, NULL);
        sj_doc_cell(table, commit, href);
    }
    sj_doc_chart(table, SJ_CHART_LINES,
                 "CPU per build over a year: one step, up by 13 % in the middle of it.");
    sj_doc_chart_mark(table, FIRST_NS + 60 * DAY_NS, "gcc 12 to gcc 13", NULL, false);
    sj_doc_chart_mark(table, FIRST_NS + 182.5 * DAY_NS, "+13 % net: include <regex> everywhere",
                      "/dash/commit/0123456789abcdef", true);
}

static void add_stack(struct sj_doc *doc)
{
    struct sj_doc_table *table = sj_doc_table(doc, "causes", "Misses by cause");
    sj_doc_column(table, "time_ns", "Week", SJ_DOC_TIME);
    sj_doc_column(table, "inputs", "Inputs changed", SJ_DOC_SPAN);
    sj_doc_column(table, "evicted", "Evicted", SJ_DOC_SPAN);
    sj_doc_column(table, "flags", "Flags", SJ_DOC_SPAN);
    sj_doc_column_colour(table, 7);
    for (size_t i = 0; i < 52; i++) {
        sj_doc_value(table, FIRST_NS + (double)i * 7 * DAY_NS, NULL);
        sj_doc_value(table, (4 + noise()) * 3600e9, NULL);
        sj_doc_value(table, noise() * 2 * 3600e9, NULL);
        sj_doc_value(table, i == 30 ? 5 * 3600e9 : noise() * 600e9, NULL);
    }
    sj_doc_chart(table, SJ_CHART_STACK, "Most misses are of changed inputs; one week of flags.");
}

static void add_treemap(struct sj_doc *doc)
{
    static const char *const folders[] = {"src/net/http", "src/base", "include/fmt", "lib/db"};
    struct sj_doc_table *table = sj_doc_table(doc, "headers", "Headers by what they cost");
    sj_doc_column(table, "name", "Header", SJ_DOC_TEXT);
    sj_doc_column(table, "cpu_ns", "CPU a month", SJ_DOC_SPAN);
    sj_doc_column(table, "change", "Change", SJ_DOC_CHANGE);
    sj_doc_column(table, "trend", "Trend", SJ_DOC_SPARK);
    for (size_t i = 0; i < 60; i++) {
        double trend[24];
        for (size_t k = 0; k < 24; k++) {
            trend[k] = 10 + noise() * 2 + (double)(k * (i % 3)) / 8;
        }
        SJ_AUTO(sj_auto_free)
        char *name = sj_asprintf("%s/header_%02zu.h", folders[i % 4], i);
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link(NULL, "header", name, NULL);
        sj_doc_cell(table, name, href);
        sj_doc_value(table, 9e13 / (double)(i + 2), NULL);
        sj_doc_value(table, noise() * 1.2 - 0.5, NULL);
        sj_doc_spark(table, trend, 24);
        if (i % 11 == 3) {
            sj_doc_row_mark(table, "regression");
        }
    }
    sj_doc_chart(table, SJ_CHART_TREEMAP, "Two headers are a third of all.");
}

static void add_waterfall(struct sj_doc *doc)
{
    static const char *const classes[] = {"hit", "inputs changed", "hit", "evicted", "hit", "new"};
    struct sj_doc_table *table = sj_doc_table(doc, "lanes", "What ran when");
    double end[8] = {0};
    sj_doc_column(table, "name", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "lane", "Lane", SJ_DOC_COUNT);
    sj_doc_column(table, "start_ns", "Start", SJ_DOC_SPAN);
    sj_doc_column(table, "length_ns", "Length", SJ_DOC_SPAN);
    sj_doc_column(table, "class", "Outcome", SJ_DOC_TEXT);
    for (size_t i = 0; i < 240; i++) {
        size_t lane = i % 8;
        size_t kind = (size_t)(noise() * 6);
        double length = kind % 2 ? 1e9 + noise() * 9e9 : 4e7 + noise() * 2e8;
        SJ_AUTO(sj_auto_free) char *name = sj_asprintf("src/part/file_%03zu.c.o", i);
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link(NULL, "unit", name, NULL);
        sj_doc_cell(table, name, href);
        sj_doc_value(table, (double)lane, NULL);
        sj_doc_value(table, end[lane], NULL);
        sj_doc_value(table, length, NULL);
        sj_doc_cell(table, classes[kind], NULL);
        if (i % 40 == 7) {
            sj_doc_row_mark(table, "critical");
        }
        end[lane] += length + noise() * 2e8;
    }
    sj_doc_chart(table, SJ_CHART_WATERFALL, "Eight lanes, busy to the end.");
}

static void add_icicle(struct sj_doc *doc)
{
    struct sj_doc_table *table = sj_doc_table(doc, "phases", "What one compile did");
    sj_doc_column(table, "name", "Step", SJ_DOC_TEXT);
    sj_doc_column(table, "depth", "Depth", SJ_DOC_COUNT);
    sj_doc_column(table, "start_ns", "Start", SJ_DOC_SPAN);
    sj_doc_column(table, "length_ns", "Length", SJ_DOC_SPAN);
    for (size_t depth = 0; depth < 6; depth++) {
        for (size_t i = 0; i < (size_t)1 << depth; i++) {
            double width = 8e9 / (double)((size_t)1 << depth);
            SJ_AUTO(sj_auto_free) char *name = sj_asprintf("Source /usr/include/part_%zu.h", i);
            sj_doc_cell(table, depth ? name : "ExecuteCompiler", NULL);
            sj_doc_value(table, (double)depth, NULL);
            sj_doc_value(table, (double)i * width, NULL);
            sj_doc_value(table, width * (0.7 + noise() * 0.25), NULL);
        }
    }
    sj_doc_chart(table, SJ_CHART_ICICLE, "Half of the time is spent in two headers.");
}

static void add_plain(struct sj_doc *doc)
{
    struct sj_doc_table *table = sj_doc_table(doc, "commits", "Commits by what they cost");
    sj_doc_column(table, "subject", "Commit", SJ_DOC_TEXT);
    sj_doc_column(table, "author", "Author", SJ_DOC_TEXT);
    sj_doc_column(table, "charge_ns", "Charge", SJ_DOC_SPAN);
    sj_doc_column(table, "units", "Units", SJ_DOC_COUNT);
    sj_doc_column(table, "size", "Output", SJ_DOC_SIZE);
    sj_doc_column(table, "share", "Share", SJ_DOC_SHARE);
    sj_doc_column(table, "change", "Change", SJ_DOC_CHANGE);
    sj_doc_column(table, "price", "Price", SJ_DOC_MONEY);
    sj_doc_column(table, "time_ns", "Time", SJ_DOC_TIME);
    for (size_t i = 0; i < 230; i++) {
        sj_doc_cell(table, i % 3 ? "net: retry on a connection that was reset" : "base: tidy",
                    "/dash/commit/0123456789abcdef0123456789abcdef01234567");
        sj_doc_cell(table, i % 2 ? "A. Author" : "Someone Else", NULL);
        sj_doc_value(table, noise() * 5e12 / (double)(i + 1), NULL);
        sj_doc_value(table, floor(noise() * 3000), NULL);
        sj_doc_value(table, noise() * 1e8, NULL);
        sj_doc_value(table, noise() / (double)(i + 1), NULL);
        sj_doc_value(table, noise() - 0.5, NULL);
        sj_doc_value(table, noise() * 12, NULL);
        sj_doc_value(table, FIRST_NS + noise() * 365 * DAY_NS, NULL);
    }
}

struct sj_doc *sample_page(size_t points)
{
    struct sj_doc *doc = sj_doc_new("sample", "Overview");
    state = 1;
    sj_doc_note(doc, "12 builds have no commit; they are not in these figures.");
    sj_doc_figure(doc, "cpu_ns", "CPU of a build, normalised", SJ_DOC_SPAN, 705.3e9, "#cpu");
    sj_doc_figure(doc, "hit_rate", "Hit rate by CPU", SJ_DOC_SHARE, 0.8734, NULL);
    sj_doc_figure(doc, "saved_ns", "CPU saved", SJ_DOC_SPAN, 4.2e14, NULL);
    sj_doc_figure(doc, "saved", "Saved", SJ_DOC_MONEY, 4321.5, NULL);
    sj_doc_figure(doc, "builds", "Builds", SJ_DOC_COUNT, 10234, "/dash/builds");
    sj_doc_figure(doc, "change", "Since last month", SJ_DOC_CHANGE, 0.134, NULL);
    sj_doc_fact(doc, "branch", "Branch", "main", NULL);
    sj_doc_fact(doc, "toolchain", "Toolchain", "gcc 12.2.0 (Debian 12.2.0-14)", NULL);
    sj_doc_text(doc, "What a build costs when nothing is in the cache, measured from what every "
                     "unit last took.\nSteps are named with the commit that made them.");
    add_lines(doc, points);
    add_stack(doc);
    sj_doc_heading(doc, "where", "Where it goes");
    add_treemap(doc);
    add_waterfall(doc);
    add_icicle(doc);
    sj_doc_heading(doc, "who", "Commits");
    add_plain(doc);
    sj_doc_empty(sj_doc_table(doc, "none", "Audits"), "No audit has run. Set audit to 1%.");
    sj_doc_text(doc, "To fill this page with the past year:");
    sj_doc_command(doc, "scrubjay backfill HEAD~200..HEAD -- make -j8");
    sj_doc_link(doc, "/dash/builds", "All builds");
    return doc;
}
