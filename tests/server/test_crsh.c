// SPDX-License-Identifier: Apache-2.0
// Debian's ccache does not speak this protocol: the client here is written after its specification.
// One that does is asked in tests/clients/ccache-crsh.sh.
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "server/access.h"
#include "server/crsh.h"
#include "server/entry.h"
#include "server/figures.h"
#include "store/write.h"

#define MAX_ENTRY ((uint64_t)4 << 20)

static char *root;
static char *path;
static struct sj_shared *shared;
static struct sj_metrics *metrics;
static struct sj_access *access_rules;
static struct sj_crsh *crsh;

static void serve(uint64_t idle_ms, unsigned connections_max)
{
    root = sj_strdup("/tmp/scrubjay-crsh-XXXXXX");
    cr_assert(mkdtemp(root));
    path = sj_asprintf("%s/crsh", root);
    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/store", root);
    struct sj_err err = {0};
    const struct sj_shared_options store = {.dir = dir};
    cr_assert_eq(sj_shared_open(&store, &shared, &err), 0, "%s", err.text);
    metrics = sj_metrics_new();
    const struct sj_crsh_options options = {.path = path,
                                            .shared = shared,
                                            .metrics = metrics,
                                            .access = access_rules,
                                            .max_entry = MAX_ENTRY,
                                            .idle_ms = idle_ms,
                                            .connections_max = connections_max};
    cr_assert_eq(sj_crsh_open(&options, &crsh, &err), 0, "%s", err.text);
}

static void begin(void)
{
    serve(60000, 0);
}

static void end(void)
{
    sj_crsh_close(crsh);
    sj_access_close(access_rules);
    sj_metrics_free(metrics);
    sj_shared_close(shared);
    (void)sj_tree_remove(root);
    free(path);
    free(root);
}

TestSuite(crsh, .init = begin, .fini = end);
TestSuite(crsh_limits, .fini = end);
TestSuite(crsh_rules, .fini = end);

static void put_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        cr_assert_gt(sent, 0, "send: %s", strerror(errno));
        at += sent;
        len -= (size_t)sent;
    }
}

/** @return whether all bytes came before the connection's end */
static bool get_all(int fd, void *data, size_t len)
{
    char *at = data;
    while (len > 0) {
        struct pollfd want = {.fd = fd, .events = POLLIN};
        if (poll(&want, 1, 20000) != 1) {
            return false;
        }
        ssize_t got = recv(fd, at, len, 0);
        if (got <= 0) {
            return false;
        }
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static unsigned get_byte(int fd)
{
    unsigned char byte = 0xee;
    cr_assert(get_all(fd, &byte, 1), "no byte came");
    return byte;
}

static bool is_closed(int fd)
{
    char byte;
    return !get_all(fd, &byte, 1);
}

static int dial(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0, "%s", strerror(errno));
    return fd;
}

static int greet(void)
{
    int fd = dial();
    unsigned char greeting[5];
    static const unsigned char expected[5] = {1, 3, 0, 1, 2};
    cr_assert(get_all(fd, greeting, sizeof greeting));
    cr_assert_eq(memcmp(greeting, expected, sizeof greeting), 0);
    return fd;
}

/** A key like ccache's: 20 bytes. */
static void add_key(struct sj_buf *out, unsigned char which)
{
    sj_buf_addc(out, 20);
    for (unsigned char i = 0; i < 20; i++) {
        sj_buf_addc(out, (char)(which + i));
    }
}

static void ask(int fd, unsigned char op, unsigned char which)
{
    SJ_AUTO(sj_buf_release) struct sj_buf request = SJ_BUF_INIT(64);
    sj_buf_addc(&request, (char)op);
    add_key(&request, which);
    put_all(fd, request.data, request.len);
}

static void add_put(struct sj_buf *out, unsigned char which, bool overwrites, uint64_t len)
{
    sj_buf_addc(out, 1);
    add_key(out, which);
    sj_buf_addc(out, overwrites);
    sj_buf_add(out, &len, sizeof len);
}

static unsigned put(int fd, unsigned char which, bool overwrites, const void *data, size_t len)
{
    SJ_AUTO(sj_buf_release) struct sj_buf request = SJ_BUF_INIT(64);
    add_put(&request, which, overwrites, len);
    put_all(fd, request.data, request.len);
    put_all(fd, data, len);
    return get_byte(fd);
}

static void expect_value(int fd, unsigned char which, const void *data, size_t len)
{
    ask(fd, 0, which);
    cr_assert_eq(get_byte(fd), 0);
    uint64_t got_len = 0;
    cr_assert(get_all(fd, &got_len, sizeof got_len));
    cr_assert_eq(got_len, len);
    SJ_AUTO(sj_auto_free) char *got = sj_calloc(len + 1, 1);
    cr_assert(get_all(fd, got, len));
    cr_expect_eq(memcmp(got, data, len), 0);
}

Test(crsh, keeps_values)
{
    int fd = greet();
    ask(fd, 0, 1);
    cr_expect_eq(get_byte(fd), 1, "a miss");
    ask(fd, 5, 1);
    cr_expect_eq(get_byte(fd), 0);
    cr_expect_eq(get_byte(fd), 0, "it does not exist");
    cr_expect_eq(put(fd, 1, true, "hello", 5), 0);
    expect_value(fd, 1, "hello", 5);
    ask(fd, 5, 1);
    cr_expect_eq(get_byte(fd), 0);
    cr_expect_eq(get_byte(fd), 1, "it exists");

    cr_expect_eq(put(fd, 1, false, "other", 5), 1, "it was there");
    expect_value(fd, 1, "hello", 5);
    cr_expect_eq(put(fd, 1, true, "other!", 6), 0);
    expect_value(fd, 1, "other!", 6);
    cr_expect_eq(put(fd, 2, true, "", 0), 0);
    expect_value(fd, 2, "", 0);

    ask(fd, 2, 1);
    cr_expect_eq(get_byte(fd), 0);
    ask(fd, 0, 1);
    cr_expect_eq(get_byte(fd), 1);
    ask(fd, 2, 1);
    cr_expect_eq(get_byte(fd), 1, "nothing was there");
    (void)close(fd);
}

Test(crsh, shares_entries_with_http)
{
    static const char text[] = "ccache/0708090a0b0c0d0e0f101112131415161718191a";
    int fd = greet();
    cr_assert_eq(put(fd, 7, true, "value", 5), 0);
    struct sj_key key = sj_key_of(text, sizeof text - 1);
    struct sj_view view = {0};
    cr_assert_eq(sj_shared_find(shared, sj_str_of(""), SJ_BLOB_ENTRY, &key, &view), 0);
    SJ_AUTO(sj_buf_release) struct sj_buf data = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_view_read(shared, &view, &data), 0);
    sj_view_close(shared, &view);
    struct sj_entry_head head;
    int64_t len = sj_entry_decode(data.data, data.len, &head);
    cr_assert_gt(len, 0);
    cr_expect(sj_str_eq(head.text, sj_str_of(text)));
    cr_expect_eq(memcmp(data.data + len, "value", data.len - (size_t)len), 0);

    // Another client's entry that has the same hash must not be taken for it.
    SJ_AUTO(sj_buf_release) struct sj_buf foreign = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    head = (struct sj_entry_head){.text = sj_str_of("ccache/of-another")};
    cr_assert_eq(sj_entry_encode(&head, &foreign), 0);
    sj_buf_adds(&foreign, "poison");
    struct sj_write *write = sj_write_new(shared, sj_str_of(""));
    sj_write_blob(write, SJ_BLOB_ENTRY, &key, &foreign);
    cr_assert_eq(sj_write_submit(write, NULL, NULL), 0);
    sj_shared_flush(shared);
    ask(fd, 0, 7);
    cr_expect_eq(get_byte(fd), 1);
    (void)close(fd);
}

Test(crsh_rules, reads_what_its_namespace_overlays_and_writes_to_itself)
{
    char conf[] = "/tmp/scrubjay-crsh-conf-XXXXXX";
    int conf_fd = mkstemp(conf);
    cr_assert_geq(conf_fd, 0);
    cr_assert_gt(dprintf(conf_fd, "[default]\noverlay = main\n"), 0);
    (void)close(conf_fd);
    struct sj_err err = {0};
    const struct sj_access_options options = {.tokens_path = "/nonexistent", .spaces_path = conf};
    cr_assert_eq(sj_access_open(&options, &access_rules, &err), 0, "%s", err.text);
    (void)unlink(conf);
    begin();

    static const char text[] = "ccache/090a0b0c0d0e0f101112131415161718191a1b1c";
    const struct sj_entry_head head = {.text = sj_str_of(text)};
    SJ_AUTO(sj_buf_release) struct sj_buf entry = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_entry_encode(&head, &entry), 0);
    sj_buf_adds(&entry, "below");
    struct sj_key key = sj_key_of(text, sizeof text - 1);
    struct sj_write *write = sj_write_new(shared, sj_str_of("main"));
    sj_write_blob(write, SJ_BLOB_ENTRY, &key, &entry);
    cr_assert_eq(sj_write_submit(write, NULL, NULL), 0);
    sj_shared_flush(shared);

    int fd = greet();
    expect_value(fd, 9, "below", 5);
    ask(fd, 5, 9);
    cr_expect_eq(get_byte(fd), 0);
    cr_expect_eq(get_byte(fd), 1, "it exists");
    ask(fd, 2, 9);
    cr_expect_eq(get_byte(fd), 1, "not removed");
    cr_expect_eq(put(fd, 9, false, "own", 3), 0);
    expect_value(fd, 9, "own", 3);
    ask(fd, 2, 9);
    cr_expect_eq(get_byte(fd), 0);
    expect_value(fd, 9, "below", 5);
    (void)close(fd);
}

Test(crsh, takes_bytes_one_by_one_and_requests_many_at_once)
{
    int fd = greet();
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    add_put(&bytes, 3, true, 5);
    sj_buf_adds(&bytes, "abcde");
    for (size_t i = 0; i < bytes.len; i++) {
        put_all(fd, bytes.data + i, 1);
    }
    cr_expect_eq(get_byte(fd), 0);

    // Nobody does that, but nothing forbids it.
    sj_buf_clear(&bytes);
    for (int i = 0; i < 1000; i++) {
        sj_buf_addc(&bytes, 0);
        add_key(&bytes, 3);
    }
    put_all(fd, bytes.data, bytes.len);
    for (int i = 0; i < 1000; i++) {
        char answer[14];
        cr_assert(get_all(fd, answer, sizeof answer), "answer %d", i);
        cr_assert_eq(memcmp(answer + 9, "abcde", 5), 0);
    }
    (void)close(fd);
}

Test(crsh, carries_large_values)
{
    SJ_AUTO(sj_auto_free) unsigned char *data = sj_calloc(MAX_ENTRY, 1);
    for (size_t i = 0; i < MAX_ENTRY; i++) {
        data[i] = (unsigned char)(i * 2654435761U >> 13);
    }
    int fd = greet();
    cr_expect_eq(put(fd, 4, true, data, MAX_ENTRY), 0);
    expect_value(fd, 4, data, MAX_ENTRY);
    (void)close(fd);
}

Test(crsh, passes_too_large_values_over_and_goes_on)
{
    SJ_AUTO(sj_auto_free) unsigned char *data = sj_calloc(MAX_ENTRY + 1, 1);
    int fd = greet();
    cr_expect_eq(put(fd, 5, true, data, MAX_ENTRY + 1), 1, "not stored");
    ask(fd, 0, 5);
    cr_expect_eq(get_byte(fd), 1);
    cr_expect_eq(put(fd, 5, true, data, 100), 0);
    struct sj_figures figures;
    sj_metrics_sum(metrics, &figures);
    cr_expect_eq(figures.counts[SJ_COUNT_REJECTED_SIZE], 1);
    (void)close(fd);
}

Test(crsh, ends_connections_that_make_no_sense)
{
    static const unsigned char huge[] = {1,    1,    'k',  1,    0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
    static const unsigned char unknown[] = {6};
    static const unsigned char http[] = "GET / HTTP/1.1\r\n\r\n";
    static const struct {
        const unsigned char *bytes;
        size_t len;
    } cases[] = {{huge, sizeof huge}, {unknown, sizeof unknown}, {http, sizeof http - 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = greet();
        put_all(fd, cases[i].bytes, cases[i].len);
        char rest[300];
        cr_expect_not(get_all(fd, rest, sizeof rest), "case %zu", i);
        (void)close(fd);
    }
    int fd = greet();
    static const unsigned char no_key[] = {0, 0};
    put_all(fd, no_key, sizeof no_key);
    cr_expect_eq(get_byte(fd), 2, "an error");
    unsigned len = get_byte(fd);
    char message[256] = "";
    cr_expect(get_all(fd, message, len));
    cr_expect(strstr(message, "key"), "%s", message);
    (void)close(fd);
}

Test(crsh, outlives_clients_that_hang_up)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    add_put(&bytes, 6, true, 1000);
    SJ_AUTO(sj_auto_free) char *value = sj_calloc(1000, 1);
    sj_buf_add(&bytes, value, 1000);
    for (size_t cut = 0; cut <= bytes.len; cut += 13) {
        int fd = dial();
        put_all(fd, bytes.data, cut);
        (void)close(fd);
    }
    int fd = greet();
    cr_expect_eq(put(fd, 8, true, "still here", 10), 0);
    expect_value(fd, 8, "still here", 10);
    (void)close(fd);
}

Test(crsh, says_who_it_is_and_does_not_end_for_a_stop)
{
    int fd = greet();
    put_all(fd, "\x04", 1);
    char identity[256] = "";
    cr_assert(get_all(fd, identity, get_byte(fd)));
    cr_expect(strstr(identity, "scrubjay"), "%s", identity);
    cr_expect_eq(get_byte(fd), 0, "no diagnostics");
    put_all(fd, "\x03", 1);
    cr_expect_eq(get_byte(fd), 0);
    cr_expect(is_closed(fd));
    (void)close(fd);
    fd = greet();
    (void)close(fd);
}

static void *hammer(void *user)
{
    unsigned char which = *(const unsigned char *)user;
    int fd = greet();
    SJ_AUTO(sj_auto_free) unsigned char *data = sj_calloc(70000, 1);
    for (int i = 0; i < 30; i++) {
        memset(data, which + i, 70000);
        cr_expect_eq(put(fd, which, true, data, 70000), 0);
        expect_value(fd, which, data, 70000);
    }
    (void)close(fd);
    return NULL;
}

Test(crsh, serves_many_at_once)
{
    pthread_t threads[8];
    unsigned char which[8];
    for (unsigned char i = 0; i < 8; i++) {
        which[i] = (unsigned char)(i * 30);
        cr_assert_eq(pthread_create(&threads[i], NULL, hammer, &which[i]), 0);
    }
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    }
    // The last ones may be counted when their answers are long here.
    struct sj_figures figures;
    uint64_t until_ns = sj_clock_ns(CLOCK_MONOTONIC) + 20 * SJ_NS_PER_S;
    do {
        sj_metrics_sum(metrics, &figures);
    } while (figures.traffic[SJ_PROTOCOL_CCACHE].found < 240 &&
             sj_clock_ns(CLOCK_MONOTONIC) < until_ns);
    cr_expect_eq(figures.traffic[SJ_PROTOCOL_CCACHE].found, 240);
}

Test(crsh_limits, lets_no_more_in_than_it_may)
{
    serve(60000, 2);
    int one = greet();
    int two = greet();
    int three = dial();
    struct pollfd want = {.fd = three, .events = POLLIN};
    cr_expect_eq(poll(&want, 1, 200), 0, "it waits");
    (void)close(one);
    cr_expect_eq(get_byte(three), 1, "now it is let in");
    (void)close(two);
    (void)close(three);
}

Test(crsh_limits, ends_requests_that_stand_still_but_lets_compiles_take_their_time)
{
    serve(50, 0);
    // ccache asks, compiles for as long as it takes, and stores on the same connection.
    int quiet = greet();
    ask(quiet, 0, 2);
    cr_expect_eq(get_byte(quiet), 1);
    int stuck = greet();
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(64);
    add_put(&bytes, 1, true, 1000);
    put_all(stuck, bytes.data, bytes.len);
    cr_expect(is_closed(stuck));
    (void)close(stuck);
    struct sj_figures figures;
    sj_metrics_sum(metrics, &figures);
    cr_expect_eq(figures.counts[SJ_COUNT_DEADLINES], 1);

    cr_expect_eq(put(quiet, 2, true, "hello", 5), 0);
    expect_value(quiet, 2, "hello", 5);
    (void)close(quiet);
}

Test(crsh, ends_with_connections_open_and_takes_its_socket_away)
{
    int fd = greet();
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(64);
    add_put(&bytes, 1, true, 5);
    sj_buf_adds(&bytes, "hello");
    put_all(fd, bytes.data, bytes.len);
    sj_crsh_close(crsh);
    crsh = NULL;
    cr_expect_eq(access(path, F_OK), -1);
    (void)close(fd);
}

Test(crsh, refuses_a_socket_that_is_served)
{
    struct sj_crsh *more = NULL;
    struct sj_err err = {0};
    const struct sj_crsh_options options = {.path = path, .shared = shared, .metrics = metrics};
    cr_expect_eq(sj_crsh_open(&options, &more, &err), -EADDRINUSE);
    cr_expect(strstr(err.text, path), "%s", err.text);
    cr_expect_null(more);
    sj_crsh_close(NULL);
}
