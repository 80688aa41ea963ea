// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "cli/run_report.h"

static struct sj_summary summary;
static struct sj_child_end end;
static struct sj_buf text;

static void prepare(void)
{
    summary = (struct sj_summary){0};
    end = (struct sj_child_end){.wall_ns = 3 * SJ_NS_PER_S, .user_ns = 5 * SJ_NS_PER_S};
    text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
}

static void release(void)
{
    sj_buf_release(&text);
    sj_summary_release(&summary);
}

static void add(enum sj_outcome outcome, const char *reason, const char *output, unsigned seconds)
{
    struct sj_record record = {
        .outcome = outcome,
        .reason = reason,
        .detail = outcome == SJ_OUTCOME_MISS ? "src/h.h" : NULL,
        .output = output,
        .cwd = "/there/tree/sub",
        .flags = outcome == SJ_OUTCOME_MISS ? SJ_RECORD_STORED : 0,
        .own_ns = SJ_NS_PER_MS,
    };
    *(outcome == SJ_OUTCOME_HIT ? &record.saved_ns : &record.user_ns) = seconds * SJ_NS_PER_S;
    sj_summary_add(&summary, &record);
}

static struct sj_run_report report(void)
{
    sj_summary_sort(&summary);
    return (struct sj_run_report){
        .build = "b1",
        .labels = "",
        .cwd = "/there/tree",
        .end = &end,
        .summary = &summary,
        .has_records = true,
    };
}

static const char *page(void)
{
    struct sj_run_report all = report();
    sj_run_report_text(&all, &text);
    return sj_buf_text(&text);
}

static void expect_line(const char *line)
{
    cr_expect(strstr(sj_buf_text(&text), line), "no '%s' in\n%s", line, sj_buf_text(&text));
}

TestSuite(run_report, .init = prepare, .fini = release);

Test(run_report, the_page_has_counts_and_cpu)
{
    add(SJ_OUTCOME_HIT, NULL, "a.o", 9);
    add(SJ_OUTCOME_HIT, NULL, "b.o", 0);
    add(SJ_OUTCOME_HIT, NULL, "c.o", 0);
    add(SJ_OUTCOME_MISS, "inputs", "d.o", 1);
    add(SJ_OUTCOME_BYPASS, "link", "prog", 2);
    (void)page();
    expect_line("\nscrubjay: build b1\n");
    expect_line("\nbuild     3.0 s, 5.0 s of CPU\n");
    expect_line("\nactions   3 hits, 1 miss, 1 bypassed\n");
    expect_line("\nhit rate  75.0 % by count, 90.0 % by CPU\n");
    expect_line("\nCPU       9.0 s saved; 1.0 s spent on misses, 5.0 ms by scrubjay itself\n");
    expect_line("\n1.0 s  sub/d.o  inputs: src/h.h\n");
    expect_line("scrubjay why sub/d.o\n");
    expect_line("\nbypassed by reason\n2.0 s  1  link");
}

Test(run_report, a_build_without_compiles_says_so)
{
    (void)page();
    expect_line("no compiler was called through scrubjay");
}

Test(run_report, without_records_only_the_time_is_known)
{
    struct sj_run_report all = report();
    all.has_records = false;
    sj_run_report_text(&all, &text);
    cr_expect_str_eq(sj_buf_text(&text), "\nscrubjay: build b1\nbuild     3.0 s, 5.0 s of CPU\n");
}

Test(run_report, errors_and_failures_are_told)
{
    add(SJ_OUTCOME_ERROR, "no-store", "a.o", 1);
    add(SJ_OUTCOME_FAILED, NULL, "b.o", 1);
    end.exit_status = 2;
    (void)page();
    expect_line("build b1, failed with status 2\n");
    expect_line("0 hits, 0 misses, 0 bypassed, 1 failed, 1 error\n");
    expect_line("compiled without the cache, by error\n1.0 s  1  no-store");
}

Test(run_report, misses_that_were_not_stored_are_told)
{
    struct sj_record record = {.outcome = SJ_OUTCOME_MISS, .reason = "unstable-input"};
    sj_summary_add(&summary, &record);
    (void)page();
    expect_line("1 miss was not stored, and will miss again\n");
}

Test(run_report, a_difference_found_by_an_audit_is_told)
{
    struct sj_record record = {.outcome = SJ_OUTCOME_HIT,
                               .flags = SJ_RECORD_AUDIT | SJ_RECORD_DIFFERS};
    sj_summary_add(&summary, &record);
    (void)page();
    expect_line("WARNING: 1 audited hit differs");
}

Test(run_report, a_terminal_is_told_nothing_by_names)
{
    add(SJ_OUTCOME_MISS, "new", "a\033[2J.o", 1);
    cr_expect_null(strchr(page(), '\033'));
    expect_line("sub/a?[2J.o");
}

Test(run_report, only_headings_have_color)
{
    add(SJ_OUTCOME_MISS, "new", "a.o", 1);
    struct sj_run_report all = report();
    all.has_color = true;
    sj_run_report_text(&all, &text);
    expect_line("\033[1mdearest misses\033[0m\n");
}

Test(run_report, a_unit_elsewhere_has_its_full_path)
{
    add(SJ_OUTCOME_MISS, "new", "/there/treehouse/x.o", 2);
    (void)page();
    expect_line("  /there/treehouse/x.o  new");
}

Test(run_report, the_line_is_short)
{
    add(SJ_OUTCOME_HIT, NULL, "a.o", 90);
    add(SJ_OUTCOME_MISS, "new", "b.o", 1);
    sj_run_report_line(&summary, &text);
    cr_expect_str_eq(text.data, "scrubjay: 2 done, 1 hit, 1 miss, 1 m 30 s of CPU saved");
}

Test(run_report, the_document_has_what_the_page_has)
{
    add(SJ_OUTCOME_HIT, NULL, "a.o", 3);
    add(SJ_OUTCOME_MISS, "new", "b\n.o", 1);
    add(SJ_OUTCOME_BYPASS, "link", "prog", 2);
    end.exit_status = 128 + SIGTERM;
    struct sj_run_report all = report();
    all.labels = "phase=test,host=a b";
    sj_run_report_json(&all, &text);
    static const char *const parts[] = {
        "{\"build\":\"b1\",",
        "\"labels\":{\"phase\":\"test\",\"host\":\"a b\"}",
        "\"exit_status\":143",
        "\"hits\":1,",
        "\"bypassed\":{\"link\":1}",
        "{\"outcome\":\"bypass\",\"reason\":\"link\",\"count\":1,\"cpu_ns\":2000000000}",
        "\"hit_rate_cpu\":0.75",
        "\"saved_cpu_ns\":3000000000",
        "\"unit\":\"b\\u000a.o\"",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        expect_line(parts[i]);
    }
    cr_expect_eq(text.data[text.len - 1], '\n');
}
