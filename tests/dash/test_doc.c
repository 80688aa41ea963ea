// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>

#include "dash/sample.h"

// Bytes that commits, paths and logs may hold, and that must not be seen raw in any form.
static const char hostile[] =
    "<script>alert('1')</script>\"&\xff\xe2\x80\xa8\xe2\x80\xae\x01\x1b[2J"
    "\xc2\x85 onload=x --> ]]>";

static char *render_html(const struct sj_doc *doc, const char *address)
{
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_dash_query query;
    cr_assert_eq(sj_dash_query_read(sj_str_of("/dash/builds"), sj_str_of(address), 0, &query, NULL),
                 0);
    struct sj_doc_frame frame = {.query = &query,
                                 .project = hostile,
                                 .is_signed_in = true,
                                 .form_key = hostile,
                                 .currency = "EUR"};
    sj_doc_html(doc, &frame, &out);
    sj_dash_query_release(&query);
    return out.data;
}

static void assert_has(const char *text, const char *part)
{
    cr_assert(strstr(text, part), "no '%s' in %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    cr_assert(!at, "'%s' in: %.120s", part, at ? at : "");
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part)) {
        count++;
    }
    return count;
}

// A page that is hostile wherever a page takes text.
static struct sj_doc *make_hostile(void)
{
    struct sj_doc *doc = sj_doc_new(hostile, hostile);
    sj_doc_heading(doc, hostile, hostile);
    sj_doc_text(doc, hostile);
    sj_doc_note(doc, hostile);
    sj_doc_command(doc, hostile);
    sj_doc_link(doc, "javascript:alert(1)", hostile);
    sj_doc_link(doc, "//elsewhere.example/", hostile);
    sj_doc_link(doc, "/\\elsewhere.example/", hostile);
    sj_doc_figure(doc, hostile, hostile, SJ_DOC_MONEY, 1, hostile);
    sj_doc_fact(doc, hostile, hostile, hostile, hostile);
    struct sj_doc_form *form = sj_doc_form(doc, "/dash/\"><img src=x>", hostile, false);
    sj_doc_field(form, hostile, hostile, hostile, hostile);
    sj_doc_choice(form, hostile, hostile);
    struct sj_doc_table *table = sj_doc_table(doc, hostile, hostile);
    sj_doc_column(table, "time_ns", hostile, SJ_DOC_TIME);
    sj_doc_column(table, hostile, hostile, SJ_DOC_TEXT);
    sj_doc_column(table, "value", hostile, SJ_DOC_COUNT);
    for (size_t i = 0; i < 3; i++) {
        sj_doc_value(table, 1e18 + (double)i * 1e9, "data:text/html,x");
        sj_doc_cell(table, hostile, "/dash/unit/\"><img src=x>");
        sj_doc_detail(table, hostile);
        sj_doc_value(table, (double)i, NULL);
        sj_doc_row_mark(table, hostile);
    }
    sj_doc_chart(table, SJ_CHART_LINES, hostile);
    sj_doc_chart_mark(table, 1e18, hostile, "vbscript:x", true);
    sj_doc_empty(sj_doc_table(doc, hostile, hostile), hostile);
    return doc;
}

Test(doc, hostile_text_is_harmless_in_html)
{
    struct sj_doc *doc = make_hostile();
    char *html = render_html(doc, "branch=%3Cscript%3E%22&edge=%3Cb%3E%22");
    static const char *const raw[] = {
        "<script>",          "alert('",      "<img",       "\"><",        "\xff",
        "\xe2\x80\xa8",      "\xe2\x80\xae", "\x01",       "\x1b",        "\xc2\x85",
        "href=\"javascript", "href=\"//",    "href=\"/\\", "href=\"data", "href=\"vbscript",
        " onload=x\"",       "style=",
    };
    // The two places where a page has a tag of that name, or ends an attribute and a tag.
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        if (strcmp(raw[i], "\"><") != 0) {
            assert_lacks(html, raw[i]);
        }
    }
    assert_has(html, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;\xef\xbf\xbd"
                     "\xe2\x80\xb9U+2028\xe2\x80\xba\xe2\x80\xb9U+202E\xe2\x80\xba"
                     "\xe2\x80\xb9U+0001\xe2\x80\xba");
    assert_has(html, "href=\"/dash/unit/&quot;&gt;&lt;img src=x&gt;\"");
    assert_has(html, "<tr class=\"m--script-alert--1----script-");
    free(html);
    sj_doc_free(doc);
}

Test(doc, hostile_text_is_harmless_in_csv)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"plain", "plain"},
        {"a,b", "\"a,b\""},
        {"say \"no\"", "\"say \"\"no\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"=1+1", "'=1+1"},
        {"+1", "'+1"},
        {"-1", "'-1"},
        {"@sum", "'@sum"},
        {"  =1", "'  =1"},
        {"\t=1", "'\t=1"},
        {"\r=1", "'\xe2\x80\xb9U+000D\xe2\x80\xba=1"},
        {"=a,b", "\"'=a,b\""},
        {"\xff\x1b", "\xef\xbf\xbd\xe2\x80\xb9U+001B\xe2\x80\xba"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        SJ_AUTO(sj_buf_release) struct sj_buf wanted = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        struct sj_doc *doc = sj_doc_new("x", "X");
        struct sj_doc_table *table = sj_doc_table(doc, "t", "T");
        sj_doc_column(table, "text", "Text", SJ_DOC_TEXT);
        sj_doc_cell(table, cases[i].text, NULL);
        cr_assert_eq(sj_doc_csv(doc, NULL, &out), 0);
        sj_buf_addf(&wanted, "text\r\n%s\r\n", cases[i].written);
        cr_assert_str_eq(sj_buf_text(&out), sj_buf_text(&wanted));
        sj_doc_free(doc);
    }
}

Test(doc, csv_has_raw_numbers_of_the_table_asked_for)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_doc *doc = sj_doc_new("x", "X");
    struct sj_doc_table *table = sj_doc_table(doc, "one", "One");
    static const double series[] = {1, 2.5};
    sj_doc_column(table, "time_ns", "Time", SJ_DOC_TIME);
    sj_doc_column(table, "cpu_ns", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "share", "Share", SJ_DOC_SHARE);
    sj_doc_column(table, "trend", "Trend", SJ_DOC_SPARK);
    sj_doc_value(table, 1.7e18, NULL);
    sj_doc_value(table, 1234567890123.0, NULL);
    sj_doc_value(table, -0.125, NULL);
    sj_doc_spark(table, series, 2);
    sj_doc_value(table, (double)NAN, NULL); // a row that ends early
    cr_assert_eq(sj_doc_csv(doc, "two", &out), -ENOENT);
    cr_assert_eq(sj_doc_csv(doc, "one", &out), 0);
    cr_assert_str_eq(sj_buf_text(&out), "time_ns,cpu_ns,share,trend\r\n"
                                        "2023-11-14T22:13:20Z,1234567890123,-0.125,1 2.5\r\n"
                                        ",,,\r\n");
    sj_doc_free(doc);
}

Test(doc, json_has_columns_links_marks)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_doc *doc = sj_doc_new("page", "Page");
    sj_doc_figure(doc, "cpu_ns", "CPU", SJ_DOC_SPAN, 1763000000123456789.0, NULL);
    sj_doc_figure(doc, "rate", "Rate", SJ_DOC_SHARE, (double)NAN, NULL);
    sj_doc_fact(doc, "branch", "Branch", "main", NULL);
    sj_doc_note(doc, "note");
    sj_doc_link(doc, "/dash", "words");
    struct sj_doc_table *table = sj_doc_table(doc, "t", "T");
    sj_doc_column(table, "x", "X", SJ_DOC_COUNT);
    sj_doc_column(table, "name", "Name", SJ_DOC_TEXT);
    sj_doc_value(table, 1, "/dash/one");
    sj_doc_cell(table, "a", NULL);
    sj_doc_row_mark(table, "regression");
    sj_doc_value(table, 2, NULL);
    sj_doc_cell(table, NULL, NULL);
    sj_doc_chart(table, SJ_CHART_LINES, "s");
    sj_doc_chart_mark(table, 1, "m", NULL, true);
    sj_doc_json(doc, &out);
    cr_assert_str_eq(
        sj_buf_text(&out),
        "{\"page\":\"page\",\"title\":\"Page\",\"figures\":{\"cpu_ns\":1763000000123456768,"
        "\"rate\":null},\"facts\":{\"branch\":\"main\"},\"text\":[],\"notes\":[\"Note\"],"
        "\"commands\":[],\"links\":[{\"text\":\"Words\",\"href\":\"/dash\"}],\"tables\":{\"t\":{"
        "\"caption\":\"T\",\"columns\":[{\"id\":\"x\",\"label\":\"X\",\"type\":\"count\"},"
        "{\"id\":\"name\",\"label\":\"Name\",\"type\":\"text\"}],\"data\":{\"x\":[1,2],"
        "\"name\":[\"a\",null]},\"links\":{\"x\":[\"/dash/one\",null]},"
        "\"row_marks\":[\"regression\",null],\"chart\":{\"kind\":\"lines\",\"is_even\":false,"
        "\"summary\":\"s\","
        "\"marks\":[{\"x\":1,\"text\":\"m\",\"href\":null,\"is_step\":true}]}}}}\n");
    sj_doc_free(doc);
}

Test(doc, sorted_rows_keep_what_has_no_value_last)
{
    static const struct {
        const char *sort, *csv;
    } cases[] = {
        {"n", "n,s\r\n1,b\r\n2,a\r\n2,c\r\n,d\r\n"},
        {"-n", "n,s\r\n2,a\r\n2,c\r\n1,b\r\n,d\r\n"},
        {"s", "n,s\r\n2,a\r\n1,b\r\n2,c\r\n,d\r\n"},
        {"-s", "n,s\r\n,d\r\n2,c\r\n1,b\r\n2,a\r\n"},
        {"other", "n,s\r\n,d\r\n2,a\r\n1,b\r\n2,c\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        struct sj_doc *doc = sj_doc_new("x", "X");
        struct sj_doc_table *table = sj_doc_table(doc, "t", "T");
        static const double numbers[] = {-1, 2, 1, 2};
        static const char *const texts[] = {"d", "a", "b", "c"};
        sj_doc_column(table, "n", "N", SJ_DOC_COUNT);
        sj_doc_column(table, "s", "S", SJ_DOC_TEXT);
        for (size_t row = 0; row < 4; row++) {
            sj_doc_value(table, numbers[row] < 0 ? (double)NAN : numbers[row], NULL);
            sj_doc_cell(table, texts[row], NULL);
        }
        sj_doc_sort(doc, cases[i].sort);
        cr_assert_eq(sj_doc_csv(doc, "t", &out), 0);
        cr_assert_str_eq(sj_buf_text(&out), cases[i].csv, "%s", cases[i].sort);
        sj_doc_free(doc);
    }
}

// What a screen reader, a keyboard and a style sheet rely on.
Test(doc, html_is_well_made)
{
    struct sj_doc *doc = sample_page(400);
    char *html = render_html(doc, "branch=main&sort=-cpu_ns");
    cr_assert_eq(count_of(html, "<main "), 1);
    cr_assert_eq(count_of(html, "<h1>"), 1);
    cr_assert_eq(count_of(html, "aria-current=\"page\""), 1);
    cr_assert_eq(count_of(html, "<figure role=\"img\""), 5);
    cr_assert_eq(count_of(html, "<table"), count_of(html, "<caption>"));
    cr_assert_eq(count_of(html, "<details class=\"rows\""), 5);
    cr_assert_eq(count_of(html, "<div class=\"plot\">"), 2);
    assert_has(html, "<a class=\"skip\" href=\"#main\">");
    assert_has(html, "<title>Overview");
    assert_has(html, "<th scope=\"col\" data-type=\"span\" class=\"n\" aria-sort=\"descending\">"
                     "<a href=\"/dash/builds?branch=main&amp;sort=cpu_ns\"");
    assert_has(html, "<input type=\"hidden\" name=\"sort\" value=\"-cpu_ns\">");
    assert_has(html, "The first 200 of 230 rows.");
    assert_has(html, "The last 60 of 400 rows.");
    assert_has(html, "table=commits&amp;format=csv");
    assert_has(html, "No audit has run.");
    assert_has(html, "<time datetime=\"");
    assert_lacks(html, "style=");
    assert_lacks(html, "nan");
    assert_lacks(html, "inf\"");
    free(html);
    html = render_html(doc, "max=230");
    assert_lacks(html, "The first 200");
    free(html);
    sj_doc_free(doc);
}

// A year of ten thousand builds as one table: the drawing stays small.
Test(doc, drawings_do_not_grow_with_the_data)
{
    struct sj_doc *few = sample_page(1000);
    struct sj_doc *many = sample_page(20000);
    char *small = render_html(few, "");
    char *large = render_html(many, "");
    cr_assert_lt(strlen(large), strlen(small) + 4096);
    free(small);
    free(large);
    sj_doc_free(few);
    sj_doc_free(many);
}

Test(doc, tables_may_be_odd)
{
    static const double odd[] = {
        (double)NAN, (double)INFINITY, -(double)INFINITY, 1e300, -1e300, 0, 5e-324, 1.8e19};
    struct sj_doc *doc = sj_doc_new("odd", "Odd");
    for (size_t kind = SJ_CHART_LINES; kind <= SJ_CHART_ICICLE; kind++) {
        struct sj_doc_table *table = sj_doc_table(doc, "t", "T");
        sj_doc_value(table, 1, NULL); // a cell without a column
        table = sj_doc_table(doc, "u", "U");
        for (size_t type = SJ_DOC_TEXT; type <= SJ_DOC_SPARK; type++) {
            sj_doc_column(table, "c", "C", (enum sj_doc_type)type);
        }
        sj_doc_row_mark(table, "none");
        for (size_t i = 0; i < 83; i++) {
            sj_doc_value(table, odd[i * 5 % 8], NULL);
        }
        sj_doc_spark(table, odd, 8);
        sj_doc_spark(table, odd, 0);
        sj_doc_chart(table, (enum sj_doc_chart_kind)kind, "odd");
        sj_doc_chart_mark(table, (double)NAN, "m", NULL, false);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_doc_sort(doc, "-c");
    sj_doc_json(doc, &out);
    cr_assert_eq(sj_doc_csv(doc, "u", &out), 0);
    sj_doc_html(doc, &(struct sj_doc_frame){0}, &out);
    cr_assert_gt(out.len, 1000);
    sj_doc_free(doc);
    sj_doc_free(NULL);
}

// A table with columns that people need not see.
static struct sj_doc *make_spare(void)
{
    struct sj_doc *doc = sj_doc_new("page", "Page");
    struct sj_doc_table *table = sj_doc_table(doc, "t", "T");
    sj_doc_column(table, "day", "day", SJ_DOC_DAY);
    sj_doc_column(table, "job", "job", SJ_DOC_TEXT);
    sj_doc_column(table, "none", "none", SJ_DOC_COUNT);
    sj_doc_data_column(table, "low", "low", SJ_DOC_COUNT);
    sj_doc_column(table, "late", "late", SJ_DOC_TEXT);
    for (size_t i = 0; i < 2; i++) {
        sj_doc_value(table, 1763942400e9 + (double)i * 86400e9, NULL);
        sj_doc_detail(table, i == 0 ? "small" : NULL);
        sj_doc_cell(table, i == 0 ? "" : NULL, NULL);
        sj_doc_value(table, (double)NAN, NULL);
        sj_doc_value(table, 7, NULL);
        sj_doc_cell(table, i == 1 ? "seen" : NULL, NULL);
    }
    return doc;
}

Test(doc, columns_that_say_nothing_are_for_programs)
{
    struct sj_doc *doc = make_spare();
    char *html = render_html(doc, "");
    SJ_AUTO(sj_buf_release) struct sj_buf csv = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf json = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    assert_has(html, ">2025-11-24 <small>small</small></th><td></td></tr>");
    assert_has(html, ">2025-11-25</th><td>seen</td></tr>");
    assert_lacks(html, ">Job<");
    assert_lacks(html, ">None<");
    assert_lacks(html, ">Low<");
    cr_assert_eq(sj_doc_csv(doc, NULL, &csv), 0);
    cr_assert_str_eq(sj_buf_text(&csv), "day,job,none,low,late\r\n2025-11-24,,,7,\r\n"
                                        "2025-11-25,,,7,seen\r\n");
    sj_doc_json(doc, &json);
    assert_has(sj_buf_text(&json), "\"day\":[\"2025-11-24\",\"2025-11-25\"]");
    assert_has(sj_buf_text(&json), "\"low\":[7,7]");
    free(html);
    sj_doc_free(doc);
}

Test(doc, a_form_works_without_scripts)
{
    struct sj_doc *doc = sj_doc_new("builds", "Builds");
    struct sj_doc_form *form = sj_doc_form(doc, "/dash/compare", "Compare", false);
    sj_doc_field(form, "a", "first", "one", "such as this");
    sj_doc_choice(form, "two", "the second");
    form = sj_doc_form(doc, "/dash/tokens/1", "Revoke", true);
    sj_doc_link(doc, NULL, "now");
    char *html = render_html(doc, "branch=main&max=5");
    assert_has(html, "<form class=\"ask\" method=\"get\" action=\"/dash/compare\">\n<label>First "
                     "<input autocomplete=\"off\" spellcheck=\"false\" name=\"a\" value=\"one\" "
                     "placeholder=\"such as this\" list=\"choices\"></label>\n"
                     "<input type=\"hidden\" name=\"branch\" value=\"main\">"
                     "<button>Compare</button></form>\n"
                     "<datalist id=\"choices\"><option value=\"two\">the second</option>");
    assert_has(html, "<form class=\"ask\" method=\"post\" action=\"/dash/tokens/1\">\n"
                     "<input type=\"hidden\" name=\"key\" value=\"&lt;script");
    assert_has(html, "<p class=\"go\"><span aria-current=\"true\">Now</span></p>");
    free(html);
    sj_doc_free(doc);
}

static void write_all(const struct sj_doc *doc, struct sj_buf *out)
{
    sj_doc_json(doc, out);
    cr_assert_eq(sj_doc_csv(doc, "commits", out), 0);
    char *html = render_html(doc, "branch=main");
    sj_buf_adds(out, html);
    free(html);
}

// Whatever is added to a page has to be kept with it: the sample has one of everything.
Test(doc, a_page_that_was_kept_is_the_same)
{
    SJ_AUTO(sj_buf_release) struct sj_buf wanted = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf got = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_doc *doc = sample_page(400);
    struct sj_doc *again = NULL;
    struct sj_doc_table *table = sj_doc_table(doc, "more", "More");
    sj_doc_column(table, "x", "X", SJ_DOC_COUNT);
    sj_doc_data_column(table, "y", "Y", SJ_DOC_TEXT);
    sj_doc_value(table, 1, NULL);
    sj_doc_cell(table, "for programs", NULL);
    sj_doc_detail(table, "in full");
    sj_doc_chart(table, SJ_CHART_BARS, "bars");
    sj_doc_chart_even(table);
    sj_doc_sort(doc, "-cpu_ns");
    sj_doc_live(doc, 7);
    write_all(doc, &wanted);
    sj_doc_encode(doc, &bytes);
    cr_assert_eq(sj_doc_decode(bytes.data, bytes.len, &again), 0);
    write_all(again, &got);
    cr_expect_eq(got.len, wanted.len);
    cr_expect_eq(memcmp(got.data, wanted.data, got.len), 0);
    sj_doc_free(again);
    for (size_t len = 0; len < bytes.len; len += 1 + len / 50) {
        cr_expect_eq(sj_doc_decode(bytes.data, len, &again), -EBADMSG, "%zu", len);
    }
    sj_doc_free(doc);
}

Test(doc, links_that_were_kept_lead_nowhere_else)
{
    static const struct {
        const char *href;
        bool is_good;
    } cases[] = {
        {NULL, true},           {"/dash/build/b", true},       {"#misses", true},
        {"?max=9", true},       {"https://ci.example/", true}, {"http://ci.example/", true},
        {"javascript:", false}, {"data:text/html,", false},    {"x", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        struct sj_doc *doc = sj_doc_new("a", "A");
        struct sj_doc *again = NULL;
        sj_doc_link(doc, cases[i].href, "text");
        sj_doc_encode(doc, &bytes);
        int status = sj_doc_decode(bytes.data, bytes.len, &again);
        cr_expect_eq(status, cases[i].is_good ? 0 : -EBADMSG, "%s", cases[i].href);
        sj_doc_free(status == 0 ? again : NULL);
        sj_doc_free(doc);
    }
}
