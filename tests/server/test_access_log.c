// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/access_log.h"

static char *root;

static void make_root(void)
{
    root = sj_strdup("/tmp/scrubjay-log-XXXXXX");
    cr_assert(mkdtemp(root));
}

static void remove_root(void)
{
    (void)sj_tree_remove(root);
    free(root);
}

TestSuite(access_log, .init = make_root, .fini = remove_root);

static struct sj_request_note a_note(void)
{
    return (struct sj_request_note){
        .protocol = SJ_PROTOCOL_BAZEL,
        .method = SJ_METHOD_GET,
        .method_name = "GET",
        .target = "/cas/abc",
        .space = sj_str_of("main"),
        .agent = "bazel/7",
        .address = "192.0.2.7",
        .token = "1a2b3c4d",
        .status = 200,
        .start_ns = UINT64_C(1795627791123456789),
        .wall_ns = 1500000,
        .sent_bytes = 4096,
    };
}

static const char *line_of(const struct sj_request_note *note, bool is_json)
{
    static struct sj_buf line;
    sj_buf_release(&line);
    line = SJ_BUF_INIT(1 << 16);
    sj_access_log_format(note, is_json, &line);
    return sj_buf_text(&line);
}

Test(access_log, writes_the_common_format)
{
    struct sj_request_note note = a_note();
    cr_expect_str_eq(line_of(&note, false), "192.0.2.7 - 1a2b3c4d [25/Nov/2026:17:29:51 +0000] "
                                            "\"GET /cas/abc HTTP/1.1\" 200 4096\n");
    note = (struct sj_request_note){0};
    cr_expect_str_eq(line_of(&note, false),
                     "- - - [01/Jan/1970:00:00:00 +0000] \"- - HTTP/1.1\" 499 -\n");
}

Test(access_log, writes_an_object_a_line)
{
    struct sj_request_note note = a_note();
    cr_expect_str_eq(line_of(&note, true),
                     "{\"time\":\"2026-11-25T17:29:51.123456Z\",\"address\":\"192.0.2.7\","
                     "\"token\":\"1a2b3c4d\",\"protocol\":\"bazel\",\"namespace\":\"main\","
                     "\"method\":\"GET\",\"target\":\"/cas/abc\",\"status\":200,"
                     "\"received_bytes\":0,\"sent_bytes\":4096,\"duration_us\":1500,"
                     "\"agent\":\"bazel/7\"}\n");
}

Test(access_log, escapes_what_comes_from_outside)
{
    static const struct {
        const char *target;
        const char *common;
        const char *json;
    } cases[] = {
        {"/a\" 200 9", "GET /a\\x22\\x20200\\x209 HTTP/1.1", "/a\\\" 200 9"},
        {"/a\n192.0.2.1 - -", "GET /a\\x0a192.0.2.1\\x20-\\x20- HTTP/1.1",
         "/a\\u000a192.0.2.1 - -"},
        {"/\\\x01\x7f", "GET /\\x5c\\x01\\x7f HTTP/1.1", "/\\\\\\u0001"},
        {"/\xff\xc3\xa9", "GET /\\xff\\xc3\\xa9 HTTP/1.1", "/\\ufffd\xc3\xa9"},
        {"/\x1b[2J", "GET /\\x1b[2J HTTP/1.1", "/\\u001b[2J"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_request_note note = a_note();
        note.target = cases[i].target;
        const char *line = line_of(&note, false);
        cr_expect(strstr(line, cases[i].common), "%s", line);
        cr_expect_eq(strchr(line, '\n') - line, (long)strlen(line) - 1, "%s", line);
        line = line_of(&note, true);
        cr_expect(strstr(line, cases[i].json), "%s", line);
        cr_expect_eq(strchr(line, '\n') - line, (long)strlen(line) - 1, "%s", line);
    }
}

Test(access_log, bounds_a_line)
{
    struct sj_request_note note = a_note();
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(1, 1 << 20);
    memset(text, '\n', (1 << 20) - 1);
    note.target = text;
    note.agent = text;
    note.referer = text;
    cr_expect_lt(strlen(line_of(&note, false)), 10000);
    cr_expect_lt(strlen(line_of(&note, true)), 50000);
}

static size_t count_lines(const char *path, const char *with)
{
    SJ_AUTO(sj_auto_fclose) FILE *file = fopen(path, "re");
    SJ_AUTO(sj_auto_free) char *line = NULL;
    size_t size = 0;
    size_t count = 0;
    while (file && getline(&line, &size, file) > 0) {
        count += strstr(line, with) != NULL;
    }
    return count;
}

struct notes {
    struct sj_access_log *log;
    unsigned count;
};

static void *note_many(void *user)
{
    const struct notes *notes = user;
    for (unsigned i = 0; i < notes->count; i++) {
        struct sj_request_note note = a_note();
        sj_access_log_note(notes->log, &note);
    }
    return NULL;
}

Test(access_log, loses_no_line_of_any_thread_when_there_is_room)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/log", root);
    struct notes notes = {.count = 1000};
    cr_assert_eq(sj_access_log_open(path, false, &notes.log, NULL), 0);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, note_many, &notes), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    sj_access_log_close(notes.log);
    cr_expect_eq(count_lines(path, "192.0.2.7 - 1a2b3c4d"), 4000);
    struct stat stat_of;
    cr_assert_eq(stat(path, &stat_of), 0);
    cr_expect_eq(stat_of.st_mode & 07007, 0);
}

/** Wait for something that another thread does. */
static bool comes(bool (*is_there)(const char *path), const char *path)
{
    uint64_t end = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    while (!is_there(path)) {
        if (sj_clock_ns(CLOCK_MONOTONIC) > end) {
            return false;
        }
        (void)poll(NULL, 0, 5);
    }
    return true;
}

static bool has_a_line(const char *path)
{
    return count_lines(path, "HTTP/1.1") > 0;
}

Test(access_log, goes_on_in_a_new_file_once_it_is_rotated)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/log", root);
    SJ_AUTO(sj_auto_free) char *old = sj_asprintf("%s/log.1", root);
    struct sj_access_log *log = NULL;
    cr_assert_eq(sj_access_log_open(path, false, &log, NULL), 0);
    struct sj_request_note note = a_note();
    sj_access_log_note(log, &note);
    cr_expect(comes(has_a_line, path));
    cr_assert_eq(rename(path, old), 0);
    cr_expect_eq(sj_access_log_reopen(log), 0);
    sj_access_log_note(log, &note);
    sj_access_log_close(log);
    cr_expect_eq(count_lines(path, "HTTP/1.1"), 1);
    cr_expect_eq(count_lines(old, "HTTP/1.1"), 1);
}

Test(access_log, goes_on_with_the_old_file_when_there_is_no_new_one)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/dir", root);
    SJ_AUTO(sj_auto_free) char *moved = sj_asprintf("%s/moved", root);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/log", dir);
    SJ_AUTO(sj_auto_free) char *old = sj_asprintf("%s/log", moved);
    struct sj_access_log *log = NULL;
    cr_assert_eq(mkdir(dir, 0700), 0);
    cr_assert_eq(sj_access_log_open(path, true, &log, NULL), 0);
    cr_assert_eq(rename(dir, moved), 0);
    cr_expect_eq(sj_access_log_reopen(log), -ENOENT);
    struct sj_request_note note = a_note();
    sj_access_log_note(log, &note);
    sj_access_log_close(log);
    cr_expect_eq(count_lines(old, "\"status\":200"), 1);
}

Test(access_log, drops_rather_than_waits_and_says_how_many)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/fifo", root);
    cr_assert_eq(mkfifo(path, 0600), 0);
    SJ_AUTO(sj_auto_close) int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct notes notes = {.count = 60000};
    cr_assert_eq(sj_access_log_open(path, false, &notes.log, NULL), 0);
    (void)note_many(&notes);

    // Some 5 MB went in; the pipe and the queue hold less than 2 MB. Now somebody reads.
    size_t lines = 0;
    bool is_noted = false;
    uint64_t end = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(1 << 24);
    while (!is_noted && sj_clock_ns(CLOCK_MONOTONIC) < end) {
        struct pollfd want = {.fd = reader, .events = POLLIN};
        (void)poll(&want, 1, 100);
        char chunk[4096];
        ssize_t got = read(reader, chunk, sizeof chunk);
        if (got > 0) {
            sj_buf_add(&text, chunk, (size_t)got);
        } else {
            struct sj_request_note note = a_note();
            sj_access_log_note(notes.log, &note);
        }
        is_noted = strstr(sj_buf_text(&text), "dropped=") != NULL;
    }
    for (const char *at = text.data; at && (at = strstr(at, "\"GET ")); at++) {
        lines++;
    }
    cr_expect(is_noted);
    cr_expect_gt(lines, 0);
    cr_expect_lt(lines, notes.count);
    sj_access_log_close(notes.log);
}

Test(access_log, names_the_file_that_it_cannot_open)
{
    struct sj_access_log *log = NULL;
    struct sj_err err = {0};
    cr_expect_eq(sj_access_log_open("/dev/null/log", false, &log, &err), -ENOTDIR);
    cr_expect(strstr(err.text, "/dev/null/log"), "%s", err.text);
    cr_expect_null(log);
    sj_access_log_note(NULL, &(struct sj_request_note){0});
    cr_expect_eq(sj_access_log_reopen(NULL), 0);
    sj_access_log_close(NULL);
}
