// SPDX-License-Identifier: Apache-2.0
// The page "compare".
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/build_pair.h"
#include "analyze/compare.h"
#include "analyze/narrow.h"
#include "base/mem.h"
#include "dash/compare_ask.h"
#include "dash/overview.h"
#include "dash/scope.h"

#define ROWS_PEOPLE   100
#define ROWS_PROGRAMS 100000
#define AROUND        15 // builds on each side of both that tell of noise

/** A comparison being shown. */
struct page {
    const struct sj_scope *scope;
    const struct sj_view *part; // with samples
    const struct sj_costs *costs;
    const struct sj_compare *compare;
};

/** A choice of rows: by=NAME. */
struct choice {
    const char *name;
    const char *label;
    bool (*fits)(const struct sj_compare_row *row);
};

static bool is_any(const struct sj_compare_row *row)
{
    (void)row;
    return true;
}

static bool is_changed(const struct sj_compare_row *row)
{
    return row->why != SJ_COMPARE_SAME && row->why != SJ_COMPARE_UNNAMED;
}

static bool is_significant(const struct sj_compare_row *row)
{
    return row->stars > 0;
}

static bool is_dearer(const struct sj_compare_row *row)
{
    return row->stars > 0 && row->z > 0;
}

static bool is_cheaper(const struct sj_compare_row *row)
{
    return row->stars > 0 && row->z < 0;
}

static bool is_config(const struct sj_compare_row *row)
{
    return row->why == SJ_COMPARE_CONFIG;
}

static bool is_added(const struct sj_compare_row *row)
{
    return row->why == SJ_COMPARE_ADDED;
}

static bool is_removed(const struct sj_compare_row *row)
{
    return row->why == SJ_COMPARE_REMOVED;
}

static const struct choice choices[] = {
    {"all", "all units", is_any},
    {"changed", "units whose key differs", is_changed},
    {"significant", "more than noise", is_significant},
    {"dearer", "dearer", is_dearer},
    {"cheaper", "cheaper", is_cheaper},
    {"config", "compiled in another way", is_config},
    {"added", "new", is_added},
    {"removed", "gone", is_removed},
};

#define CHOICES (sizeof choices / sizeof choices[0])

/** A column by which rows are sorted before any are left out. */
struct order {
    const char *name;
    double (*key)(const struct sj_compare_row *row);
    bool is_up; // the smallest first
};

static double by_difference(const struct sj_compare_row *row)
{
    return row->cost_b - row->cost_a;
}

static double by_change(const struct sj_compare_row *row)
{
    return row->cost_a > 0 && row->cost_b > 0 ? row->cost_b / row->cost_a : 0;
}

static double by_evidence(const struct sj_compare_row *row)
{
    return row->z;
}

static double by_before(const struct sj_compare_row *row)
{
    return row->cost_a;
}

static double by_after(const struct sj_compare_row *row)
{
    return row->cost_b;
}

static const struct order orders[] = {
    {.name = "difference_ns", .key = by_difference},
    {.name = "change", .key = by_change},
    {.name = "z", .key = by_evidence},
    {.name = "before_ns", .key = by_before},
    {.name = "after_ns", .key = by_after},
};

#define ORDERS (sizeof orders / sizeof orders[0])

static int read_query(const struct sj_dash_call *call, const struct choice **choice,
                      struct order *order, struct sj_err *err)
{
    const char *by = call->query->parameter[SJ_DASH_BY];
    *choice = by ? NULL : &choices[0];
    *order = (struct order){0}; // the largest differences first, as they come
    for (size_t i = 0; i < CHOICES && by; i++) {
        *choice = strcmp(choices[i].name, by) == 0 ? &choices[i] : *choice;
    }
    for (size_t i = 0; i < ORDERS; i++) {
        if (sj_dash_sorts_by(call, orders[i].name, &order->is_up)) {
            order->name = orders[i].name;
            order->key = orders[i].key;
        }
    }
    if (!*choice) {
        return sj_fail_plain(err, -EINVAL,
                             "by: '%.60s' is none of all, changed, significant, dearer, cheaper, "
                             "config, added, removed",
                             by);
    }
    return 0;
}

static void add_side(const struct page *page, bool is_second)
{
    const struct sj_dash_call *call = page->scope->call;
    size_t index = is_second ? page->compare->b : page->compare->a;
    const struct sj_view_build *build = &page->part->builds[index];
    SJ_AUTO(sj_auto_free) char *href = sj_link_build(call, &build->build);
    SJ_AUTO(sj_auto_free) char *commit = NULL;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_doc_fact(call->doc, is_second ? "after" : "before", is_second ? "B" : "A", build->build.id,
                href);
    if (!sj_oid_is_zero(&build->build.commit)) {
        commit = sj_link_oid(call, &build->build.commit);
        sj_commit_text(page->scope, &build->build.commit, &text);
        sj_doc_fact(call->doc, is_second ? "commit_after" : "commit_before",
                    is_second ? "commit of B" : "commit of A", sj_buf_text(&text), commit);
    }
    const struct sj_machine *machine = &page->costs->machines[index];
    if (machine->controls > 0) {
        sj_buf_clear(&text);
        sj_change_text(&text, machine->factor);
        sj_doc_fact(call->doc, is_second ? "machine_after" : "machine_before",
                    is_second ? "machine of B, to the usual one" : "machine of A, to the usual one",
                    sj_buf_text(&text), NULL);
    }
}

static void add_figures(const struct page *page)
{
    struct sj_doc *doc = page->scope->call->doc;
    const struct sj_compare *compare = page->compare;
    double change = compare->total_a > 0 && compare->total_b > 0
                        ? compare->total_b / compare->total_a - 1
                        : NAN;
    sj_doc_figure(doc, "total_before_ns", "CPU if all missed, A", SJ_DOC_SPAN, compare->total_a,
                  NULL);
    sj_doc_figure(doc, "total_after_ns", "CPU if all missed, B", SJ_DOC_SPAN, compare->total_b,
                  NULL);
    sj_doc_figure(doc, "change", "change", SJ_DOC_CHANGE, change, NULL);
    sj_doc_figure(doc, "chance", "chance by noise", SJ_DOC_SHARE, compare->chance, NULL);
    sj_doc_figure(doc, "dearer", "dearer", SJ_DOC_COUNT, (double)compare->dearer, NULL);
    sj_doc_figure(doc, "cheaper", "cheaper", SJ_DOC_COUNT, (double)compare->cheaper, NULL);
    sj_doc_figure(doc, "same", "same key", SJ_DOC_COUNT, (double)compare->same, NULL);
    sj_doc_figure(doc, "added", "new", SJ_DOC_COUNT, (double)compare->added, NULL);
    sj_doc_figure(doc, "removed", "gone", SJ_DOC_COUNT, (double)compare->removed, NULL);
    sj_doc_figure(doc, "unnamed", "not compiled in one", SJ_DOC_COUNT, (double)compare->unnamed,
                  NULL);
}

static void add_together(const struct page *page)
{
    const struct sj_cross *changed = &page->compare->changed;
    if (changed->count < 2) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_addf(&text, "The %zu units that changed, taken together: ", changed->count);
    sj_change_text(&text, changed->change);
    sj_buf_addf(&text, ", %s. The noise of one compile is %.1f\u00a0%%%s.",
                changed->is_significant ? "more than noise" : "which noise alone may do",
                100 * page->costs->sigma, page->costs->is_sigma_assumed ? ", assumed" : "");
    sj_doc_text(page->scope->call->doc, sj_buf_text(&text));
}

static void add_count(struct sj_buf *out, uint32_t count, const char *one, const char *many)
{
    if (count > 0) {
        sj_buf_addf(out, "%s%u %s", out->len ? ", " : "", count, count == 1 ? one : many);
    }
}

static void add_config(const struct page *page, const struct sj_compare_row *row,
                       struct sj_buf *out)
{
    struct sj_db_config a;
    struct sj_db_config b;
    if (sj_db_config(page->part->db, row->a->config, &a) < 0 ||
        sj_db_config(page->part->db, row->b->config, &b) < 0) {
        return;
    }
    for (int i = 0; i < SJ_COMPONENT_COUNT; i++) {
        if (!sj_key_eq(&a.component[i], &b.component[i])) {
            sj_buf_addf(out, "%s%s", out->len ? ", " : "", sj_component_name((enum sj_component)i));
        }
    }
}

static void add_why(const struct page *page, const struct sj_compare_row *row,
                    struct sj_doc_table *table)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (row->why == SJ_COMPARE_CONFIG && row->a && row->b) {
        add_config(page, row, &text);
    }
    add_count(&text, row->inputs_changed, "input changed", "inputs changed");
    add_count(&text, row->inputs_added, "more input", "more inputs");
    add_count(&text, row->inputs_removed, "input fewer", "inputs fewer");
    sj_doc_cell(table, text.len ? sj_buf_text(&text) : NULL, NULL);
}

static const char *outcome(const struct sj_sample *sample)
{
    return sample ? sj_outcome_name((enum sj_outcome)sample->outcome) : NULL;
}

static void add_row(const struct page *page, struct sj_doc_table *table,
                    const struct sj_compare_row *row)
{
    static const char *const stars[] = {"", "★", "★★", "★★★"};
    bool has_a = row->cost_a > 0;
    bool has_b = row->cost_b > 0;
    sj_unit_cells(page->scope->call, table, page->part->db, row->unit);
    sj_doc_value(table, has_a ? row->cost_a : NAN, NULL);
    sj_doc_value(table, has_b ? row->cost_b : NAN, NULL);
    sj_doc_value(table, has_a || has_b ? row->cost_b - row->cost_a : NAN, NULL);
    sj_doc_value(table, has_a && has_b ? row->cost_b / row->cost_a - 1 : NAN, NULL);
    sj_doc_cell(table, stars[row->stars < 4 ? row->stars : 3], NULL);
    sj_doc_value(table, row->stars || (has_a && has_b) ? row->z : NAN, NULL);
    sj_doc_cell(table, sj_compare_name(row->why), NULL);
    add_why(page, row, table);
    sj_doc_value(table, row->has_bytes ? (double)row->input_bytes : NAN, NULL);
    sj_doc_cell(table, outcome(row->a), NULL);
    sj_doc_cell(table, outcome(row->b), NULL);
    if (row->stars > 0) {
        sj_doc_row_mark(table, row->z > 0 ? "regression" : "improvement");
    }
}

static void add_columns(struct sj_doc_table *table)
{
    sj_doc_column(table, "unit", "unit", SJ_DOC_TEXT);
    sj_doc_data_column(table, "source", "source", SJ_DOC_TEXT);
    sj_doc_column(table, "before_ns", "CPU in A", SJ_DOC_SPAN);
    sj_doc_column(table, "after_ns", "CPU in B", SJ_DOC_SPAN);
    sj_doc_column(table, "difference_ns", "difference", SJ_DOC_SPAN);
    sj_doc_column(table, "change", "change", SJ_DOC_CHANGE);
    sj_doc_column(table, "stars", "evidence", SJ_DOC_TEXT);
    sj_doc_column(table, "z", "standard errors", SJ_DOC_NUMBER);
    sj_doc_column(table, "why", "key", SJ_DOC_TEXT);
    sj_doc_column(table, "detail", "what differs", SJ_DOC_TEXT);
    sj_doc_column(table, "input_bytes", "more bytes read", SJ_DOC_SIZE);
    sj_doc_column(table, "outcome_before", "in A", SJ_DOC_TEXT);
    sj_doc_column(table, "outcome_after", "in B", SJ_DOC_TEXT);
    sj_doc_empty(table, "No unit fits: choose all units.");
}

static int by_key(const void *left, const void *right, void *user)
{
    const struct order *order = user;
    double a = order->key(*(const struct sj_compare_row *const *)left);
    double b = order->key(*(const struct sj_compare_row *const *)right);
    int down = (a < b) - (a > b);
    return order->is_up ? -down : down;
}

static void add_rows(const struct page *page, const struct choice *choice, struct order *order)
{
    const struct sj_compare *compare = page->compare;
    SJ_AUTO(sj_auto_free)
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    const struct sj_compare_row **rows = sj_calloc(compare->count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < compare->count; i++) {
        if (choice->fits(&compare->rows[i])) {
            rows[count++] = &compare->rows[i];
        }
    }
    if (count > 0 && order->key) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        qsort_r(rows, count, sizeof *rows, by_key, order);
    }
    const struct sj_dash_call *call = page->scope->call;
    struct sj_doc_table *table = sj_doc_table(
        call->doc, "rows", "Units: what each costs in both if it misses, machines taken off");
    add_columns(table);
    size_t max = sj_dash_rows(call, ROWS_PEOPLE, ROWS_PROGRAMS);
    for (size_t i = 0; i < count && i < max; i++) {
        add_row(page, table, rows[i]);
    }
    sj_dash_say_left(call, count < max ? count : max, count, "units");
}

static void add_ways(const struct page *page, const struct choice *choice)
{
    const struct sj_dash_call *call = page->scope->call;
    for (size_t i = 0; i < CHOICES; i++) {
        SJ_AUTO(sj_auto_free)
        char *href = sj_dash_link_with(call->query, SJ_DASH_BY, choices[i].name);
        sj_doc_link(call->doc, &choices[i] == choice ? NULL : href, choices[i].label);
    }
}

static void want_around(const struct sj_view *view, uint32_t number, bool *is_in)
{
    for (size_t i = 0; i < view->build_count; i++) {
        if (view->builds[i].build.number != number) {
            continue;
        }
        size_t from = i > AROUND ? i - AROUND : 0;
        for (size_t j = from; j < view->build_count && j <= i + AROUND; j++) {
            is_in[j] = is_in[j] || j == i ||
                       strcmp(view->builds[j].build.job, view->builds[i].build.job) == 0;
        }
    }
}

static int index_of(const struct sj_view *view, uint32_t number, size_t *out)
{
    for (size_t i = 0; i < view->build_count; i++) {
        if (view->builds[i].build.number == number) {
            *out = i;
            return 0;
        }
    }
    return -ENOENT;
}

static int show(const struct sj_scope *scope, const struct sj_build_pair *pair, struct sj_err *err)
{
    const struct choice *choice;
    struct order order;
    int status = read_query(scope->call, &choice, &order, err);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_auto_free) bool *is_in = sj_calloc(scope->view.build_count + 1, sizeof *is_in);
    want_around(&scope->view, pair->a->number, is_in);
    want_around(&scope->view, pair->b->number, is_in);
    unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_HIT) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_view_release) struct sj_view part = {0};
    status = sj_view_narrow(&scope->view, is_in, outcomes, &part, err);
    size_t a = 0;
    size_t b = 0;
    if (status == 0 &&
        (index_of(&part, pair->a->number, &a) < 0 || index_of(&part, pair->b->number, &b) < 0)) {
        status = sj_fail_plain(err, -ENOENT, "the records of one of the builds are gone");
    }
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_costs_release) struct sj_costs costs = {0};
    SJ_AUTO(sj_compare_release) struct sj_compare compare = {0};
    sj_costs_find(&part, &costs);
    sj_compare_builds(&part, &costs, a, b, &compare);
    const struct page page = {scope, &part, &costs, &compare};
    add_figures(&page);
    add_side(&page, false);
    add_side(&page, true);
    add_together(&page);
    add_ways(&page, choice);
    add_rows(&page, choice, &order);
    return 0;
}

static int by_start(const void *left, const void *right)
{
    const struct sj_build *a = left;
    const struct sj_build *b = right;
    return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static struct sj_build *list(const struct sj_scope *scope)
{
    size_t count = scope->view.build_count;
    struct sj_build *builds = sj_calloc(count + 1, sizeof *builds);
    for (size_t i = 0; i < count; i++) {
        builds[i] = scope->view.builds[i].build;
    }
    if (count > 0) {
        qsort(builds, count, sizeof *builds, by_start);
    }
    return builds;
}

// The builds that the address names. One that is left out: the latest; of a form, the one before.
static int find(const struct sj_scope *scope, const struct sj_compare_asked *asked,
                struct sj_build_pair *out, struct sj_err *err)
{
    const struct sj_dash_call *call = scope->call;
    SJ_AUTO(sj_auto_free) struct sj_build *builds = list(scope);
    const struct sj_build_choice choice = {
        .builds = builds,
        .count = scope->view.build_count,
        .repo = call->site->repo,
        .is_plain = true,
        .job = call->filter.job,
    };
    const char *b = asked->b ? asked->b : "last";
    struct sj_build_pair pair = {0};
    int status = sj_build_pair_find(&choice, asked->a ? asked->a : b, b, &pair, err);
    if (status < 0) {
        return status;
    }
    // They are of the list, which goes; those of the view stay.
    const struct sj_view_build *second = sj_scope_build(scope, pair.b->number);
    const struct sj_view_build *first = sj_scope_build(scope, pair.a->number);
    if (!asked->a) {
        uint32_t before = second->reference;
        first = before == UINT32_MAX ? NULL : &scope->view.builds[before];
    }
    if (!first) {
        return sj_fail_plain(err, -ENOENT, "there is no build before '%.100s' to compare it with",
                             b);
    }
    *out = (struct sj_build_pair){&first->build, &second->build};
    return 0;
}

// Where it cannot be told from a way up, it stays in the query.
static bool is_segment(const char *name)
{
    return !name || name[strspn(name, ".")];
}

static void lead_on(struct sj_dash_call *call, const struct sj_compare_asked *asked,
                    const struct sj_build_pair *pair)
{
    const char *a = asked->a ? asked->a : pair->a->id;
    const char *b = asked->b ? asked->b : pair->b->id;
    bool is_asked = call->query->parameter[SJ_DASH_A] || call->query->parameter[SJ_DASH_B];
    if (is_asked && call->query->format == SJ_DASH_HTML && *a && *b && is_segment(a) &&
        is_segment(b)) {
        call->location = sj_dash_link(call->query, "compare", a, b);
    }
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    SJ_AUTO(sj_compare_asked_release) struct sj_compare_asked asked = {0};
    int status = sj_scope_load(call, &scope, err);
    if (status < 0) {
        return status;
    }
    sj_compare_ask(call->query, &asked);
    if (!asked.a && !asked.b) {
        sj_compare_form(&scope, &asked, NULL);
        sj_compare_offer(&scope);
        return 0;
    }
    struct sj_build_pair pair = {0};
    status = find(&scope, &asked, &pair, err);
    if (status == -ENOENT && call->query->format == SJ_DASH_HTML) {
        call->status = 404;
        sj_compare_form(&scope, &asked, err->text);
        sj_compare_offer(&scope);
        return 0;
    }
    if (status < 0) {
        return status;
    }
    lead_on(call, &asked, &pair);
    if (call->location) {
        return 0;
    }
    sj_compare_form(&scope, &asked, NULL);
    return show(&scope, &pair, err);
}

const struct sj_dash_page sj_page_compare = {
    .name = "compare",
    .title = "Compare",
    .subject = "[A/B]",
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
