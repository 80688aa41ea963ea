// SPDX-License-Identifier: Apache-2.0
// Pages over many builds, as a server answers: how long the first request of a process takes, and
// those that follow.
// usage: bench-dash STORE-DIR cold|kept|ahead REPOSITORIES TARGET...
//   cold:  what pages had worked out is removed first
//   kept:  it is there
//   ahead: it is there; each page was asked for once, then the command of THEN was run, and what is
//          missing was made ahead of the first request
// Prints for each target: first ms, requests until all is there, best ms, bytes; all of them CPU of
// the thread that answers, which a busy machine does not change.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/dash.h"

#define TIMES     7
#define TIMES_MAX 40 // until nothing is left for later

static bool may_read(struct sj_str space, void *user)
{
    (void)space;
    (void)user;
    return true;
}

// Asks for a page; gives its bytes, 0 when it failed.
static size_t make(struct sj_dash *dash, const char *target, bool *is_late)
{
    const char *mark = strchr(target, '?');
    const struct sj_page_request request = {
        .path = {target, mark ? (size_t)(mark - target) : strlen(target)},
        .query = sj_str_of(mark ? mark + 1 : ""),
        .accept = "text/html",
        .if_none_match = "",
        .host = "localhost",
        .is_admin = true,
        .may_see = true,
        .problem = "",
        .token_id = "",
        .form_key = "",
        .may_read = may_read,
    };
    struct sj_page_answer answer = {.body = SJ_BUF_INIT(SJ_PAGE_BODY_MAX)};
    sj_dash_answer(&request, &answer, dash);
    size_t bytes = answer.status == 200 ? answer.body.len : 0;
    *is_late = strstr(sj_buf_text(&answer.body), "still being worked out") != NULL;
    sj_buf_release(&answer.body);
    return bytes;
}

static double make_ms(struct sj_dash *dash, const char *target, size_t *bytes, bool *is_late)
{
    uint64_t begin_ns = sj_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    *bytes = make(dash, target, is_late);
    return (double)(sj_clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin_ns) / (double)SJ_NS_PER_MS;
}

static void measure(struct sj_dash *dash, const char *target)
{
    size_t bytes;
    bool is_late;
    double first_ms = make_ms(dash, target, &bytes, &is_late);
    int more = 0;
    for (; is_late && more < TIMES_MAX; more++) {
        (void)make_ms(dash, target, &bytes, &is_late);
    }
    double best_ms = 1e9;
    for (int i = 0; i < TIMES; i++) {
        double ms = make_ms(dash, target, &bytes, &is_late);
        best_ms = ms < best_ms ? ms : best_ms;
    }
    (void)printf("%s %.1f %d %.1f %zu\n", target, first_ms, more, best_ms, bytes);
}

static void remove_kept(const char *dir)
{
    static const char *const names[] = {"pages", "pages.old"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/records/%s", dir, names[i]);
        (void)unlink(path);
    }
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        (void)fprintf(stderr, "usage: bench-dash STORE-DIR cold|kept|ahead REPOSITORIES "
                              "TARGET...\n");
        return 2;
    }
    struct sj_config config = {0};
    struct sj_err err = {0};
    struct sj_dash *dash = NULL;
    const struct sj_dash_options options = {
        .config = &config,
        .is_eager = strcmp(argv[2], "ahead") == 0,
    };
    if (strcmp(argv[2], "cold") == 0) {
        remove_kept(argv[1]);
    }
    int status = sj_config_load(&config, &err);
    status =
        status < 0 ? status : sj_config_set(&config, "cache_dir", argv[1], SJ_ORIGIN_ARG, &err);
    status = status < 0 || !argv[3][0]
                 ? status
                 : sj_config_set(&config, "repositories", argv[3], SJ_ORIGIN_ARG, &err);
    status = status < 0 ? status : sj_dash_open(&options, &dash, &err);
    if (status < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    bool is_late;
    for (int i = 4; i < argc && options.is_eager; i++) {
        (void)make(dash, argv[i], &is_late);
    }
    const char *command = getenv("THEN");
    if (options.is_eager && command && system(command) != 0) {
        (void)fprintf(stderr, "%s: failed\n", command);
    }
    sj_dash_settle(dash);
    for (int i = 4; i < argc; i++) {
        measure(dash, argv[i]);
    }
    sj_dash_close(dash);
    sj_config_release(&config);
    return 0;
}
