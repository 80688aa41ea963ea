// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "import-common/fields.h"
#include "import-common/page.h"
#include "import-common/walk.h"

/** What a walk saw, as text. */
struct seen {
    struct sj_buf text;
    const char *problem; /**< the latest one */
};

static void take_problem(void *user, uint64_t where, const char *what)
{
    struct seen *seen = user;
    sj_buf_addf(&seen->text, "!%" PRIu64 " ", where);
    seen->problem = what;
}

static int take(void *user, const char *member, json_t *value, uint64_t where)
{
    struct seen *seen = user;
    if (member) {
        sj_buf_addf(&seen->text, "%s ", member);
    } else {
        sj_buf_addf(&seen->text, "%" PRIu64 ":%lld ", where,
                    (long long)json_integer_value(json_object_get(value, "n")));
    }
    return json_object_get(value, "stop") ? -EINTR : 0;
}

static int walk(const char *text, const char *array, struct seen *seen)
{
    *seen = (struct seen){.text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    const struct sj_import_sink sink = {.problem = take_problem, .user = seen};
    const struct sj_import_source source = {.path = "", .data = text, .len = strlen(text)};
    const struct import_walk walk = {
        .source = &source, .sink = &sink, .array = array, .visit = take, .user = seen};
    char problem[128];
    int status = import_walk_run(&walk, problem, sizeof problem);
    cr_assert(status != -EBADMSG || *problem != '\0');
    return status;
}

Test(import_walk, visits_objects_in_all_arrangements)
{
    static const struct {
        const char *text, *array, *want;
        int status;
    } cases[] = {
        {"{\"n\":1}", NULL, "0:1 ", 0},
        {"\xef\xbb\xbf {\"n\":1}\r\n", NULL, "4:1 ", 0},
        {"{\"n\":1}{\"n\":2}\n{\"n\":3}", NULL, "0:1 7:2 15:3 ", 0},
        {"[{\"n\":1}, {\"n\":2}]", NULL, "1:1 10:2 ", 0},
        {"[{\"n\":1},]", NULL, "1:1 ", 0},
        {"[[{\"n\":1}],{\"n\":2}]", NULL, "2:1 11:2 ", 0},
        {"[]", NULL, "", 0},
        {"", NULL, "", -EBADMSG},
        {"  \n", NULL, "", -EBADMSG},
        {"3 \"x\" {\"n\":4}", NULL, "!0 !2 6:4 ", 0},
        {"{\"a\":{},\"list\":[{\"n\":1},{\"n\":2}],\"b\":3}", "list", "a 16:1 24:2 b ", 0},
        {"{\"a\":1}", "list", "0:0 ", 0},
        {"{\"list\":{\"n\":1}}", "list", "0:0 ", 0},
        {"[{\"list\":[{\"n\":1}]},{\"n\":2}]", "list", "10:1 20:2 ", 0},
        {"{\"list\":[{\"n\":1}]}{\"list\":[{\"n\":2}]}", "list", "9:1 27:2 ", 0},
        // broken off: what came before counts
        {"{\"n\":1}{\"n\":", NULL, "0:1 ", -EBADMSG},
        {"[{\"n\":1},{\"n\":2}", NULL, "1:1 9:2 ", -EBADMSG},
        {"{\"list\":[{\"n\":1},{\"n", "list", "9:1 ", -EBADMSG},
        {"{\"a\":1,\"b", "list", "a ", -EBADMSG},
        {"[{\"n\":1} {\"n\":2}]", NULL, "1:1 ", -EBADMSG},
        {"{\"n\":1}}", NULL, "0:1 ", -EBADMSG},
        {"{\"n\":[1}]", NULL, "", -EBADMSG},
        // left out
        {"{\"n\":1,\"n\":2}{\"n\":3}", NULL, "!0 13:3 ", 0},
        {"{\"n\":\"\xff\"}{\"n\":3}", NULL, "!0 9:3 ", 0},
        {"{\"n\":99999999999999999999}{\"n\":3}", NULL, "!0 26:3 ", 0},
        {"{\"n\" 1}{\"n\":3}", NULL, "!0 7:3 ", 0},
        {"{\"a\\\"}\":\"]\",\"n\":3}", NULL, "0:3 ", 0},
        {"{\"stop\":1,\"n\":2}{\"n\":3}", NULL, "0:2 ", -EINTR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen;
        int status = walk(cases[i].text, cases[i].array, &seen);
        cr_expect_eq(status, cases[i].status, "%s: %d", cases[i].text, status);
        cr_expect_str_eq(sj_buf_text(&seen.text), cases[i].want, "%s: %s", cases[i].text,
                         sj_buf_text(&seen.text));
        sj_buf_release(&seen.text);
    }
}

Test(import_walk, refuses_deep_nesting)
{
    SJ_AUTO(sj_buf_release) struct sj_buf deep = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&deep, "{\"n\":");
    for (int i = 0; i < 100000; i++) {
        sj_buf_addc(&deep, '[');
    }
    struct seen seen;
    cr_expect_eq(walk(sj_buf_text(&deep), NULL, &seen), -EBADMSG);
    sj_buf_release(&seen.text);
    cr_expect_eq(walk(sj_buf_text(&deep), "n", &seen), -EBADMSG);
    sj_buf_release(&seen.text);
}

static void quiet(void *user, uint64_t where, const char *what)
{
    (void)where;
    (void)what;
    ++*(int *)user;
}

Test(import_fields, reads_what_is_there_and_tells_what_is_odd)
{
    int problems = 0;
    const struct sj_import_sink sink = {.problem = quiet, .user = &problems};
    json_t *object =
        json_loads("{\"i\":5,\"s\":\"-7\",\"r\":2.9,\"big\":1e300,\"t\":\"x\",\"e\":\"\","
                   "\"z\":null,\"b\":true,\"o\":{\"i\":1},\"a\":[\"x\",\"y z\",3],"
                   "\"when\":\"1970-01-01T00:00:01.5+00:00\","
                   "\"never\":\"0001-01-01T00:00:00Z\",\"span\":\"1.25s\","
                   "\"seconds\":0.5}",
                   0, NULL);
    struct import_fields fields = {object, &sink, 0};
    cr_expect_eq(import_fields_number(fields, "i", 0), 5);
    cr_expect_eq(import_fields_number(fields, "s", 0), -7);
    cr_expect_eq(import_fields_number(fields, "r", 0), 2);
    cr_expect_eq(import_fields_number(fields, "none", 9), 9);
    cr_expect_eq(import_fields_number(fields, "z", 9), 9);
    cr_expect_str_eq(import_fields_text(fields, "t"), "x");
    cr_expect_null(import_fields_text(fields, "e"));
    cr_expect(import_fields_bool(fields, "b"));
    cr_expect_not(import_fields_bool(fields, "none"));
    cr_expect_eq(import_fields_number(import_fields_object(fields, "o"), "i", 0), 1);
    cr_expect_eq(import_fields_number(import_fields_object(fields, "none"), "i", 4), 4);
    cr_expect_eq(import_fields_time(fields, "when"), 1500000000);
    cr_expect_eq(import_fields_time(fields, "never"), 0);
    cr_expect_eq(import_fields_seconds(fields, "span"), 1250000000);
    cr_expect_eq(import_fields_seconds(fields, "seconds"), 500000000);
    cr_expect_eq(import_fields_units(fields, "i", 1000), 5000);
    char id[32];
    cr_expect_str_eq(import_fields_id(fields, "i", id, sizeof id), "5");
    cr_expect_str_eq(import_fields_id(fields, "t", id, sizeof id), "x");
    char *joined = import_fields_join(fields, "a", " ");
    cr_expect_str_eq(joined, "x y z ?");
    free(joined);
    cr_expect_eq(problems, 0);

    static const struct {
        const char *name;
        int kind;
    } odd[] = {{"t", 0}, {"big", 0}, {"i", 1}, {"t", 2}, {"t", 3}, {"t", 4},
               {"t", 5}, {"s", 6},   {"i", 7}, {"t", 8}, {"s", 9}};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        const char *name = odd[i].name;
        problems = 0;
        switch (odd[i].kind) {
        case 0:
            cr_expect_eq(import_fields_number(fields, name, 3), 3);
            break;
        case 1:
            cr_expect_null(import_fields_text(fields, name));
            break;
        case 2:
            cr_expect_not(import_fields_bool(fields, name));
            break;
        case 3:
            cr_expect_eq(import_fields_time(fields, name), 0);
            break;
        case 4:
            cr_expect_eq(import_fields_seconds(fields, name), 0);
            break;
        case 5:
            cr_expect_null(import_fields_object(fields, name).object);
            break;
        case 6:
            cr_expect_eq(import_fields_units(fields, name, 1000), 0);
            break;
        case 7:
            cr_expect_eq(import_fields_units(fields, name, INT64_MAX / 2), 0);
            break;
        case 8:
            cr_expect_null(import_fields_array(fields, name));
            break;
        default:
            cr_expect_eq(import_fields_seconds(fields, name), 0);
            break;
        }
        cr_expect_eq(problems, 1, "%s, kind %d", name, odd[i].kind);
    }
    json_decref(object);
}

Test(import_page, finds_the_repository)
{
    static const struct {
        const char *url, *mark, *want;
    } cases[] = {
        {"https://example.com/a/b/-/jobs/8", "/-/", "example.com/a/b"},
        {"https://github.com/a/b/actions/runs/1/job/2", "/actions/", "github.com/a/b"},
        {"https://github.com/a/b", "/actions/", NULL},
        {"nonsense", "/-/", NULL},
        {"https:///-/x", "/-/", NULL},
        {NULL, "/-/", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *project = import_page_project(cases[i].url, cases[i].mark);
        if (cases[i].want) {
            cr_expect_str_eq(project, cases[i].want);
        } else {
            cr_expect_null(project);
        }
        free(project);
    }
}
