// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "server/listen.h"

static char *root;

static void make_root(void)
{
    root = sj_strdup("/tmp/scrubjay-listen-XXXXXX");
    cr_assert(mkdtemp(root));
}

static void remove_root(void)
{
    (void)sj_tree_remove(root);
    free(root);
}

TestSuite(listen, .init = make_root, .fini = remove_root);

static int port_of(const char *name)
{
    uint64_t port = 0;
    cr_assert_eq(sj_parse_u64(strrchr(name, ':') + 1, 65535, &port), 0, "%s", name);
    return (int)port;
}

/** @return errno of a connect to 127.0.0.1, 0: it works */
static int try_v4(int port)
{
    SJ_AUTO(sj_auto_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
}

/** @return errno of a connect to a socket in the working directory, 0: it works */
static int try_unix(const char *path)
{
    SJ_AUTO(sj_auto_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    cr_assert_lt(strlen(path), sizeof to.sun_path);
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
}

Test(listen, refuses_what_is_no_address)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"", -EINVAL},
        {" , ", -EINVAL},
        {"8417", -EINVAL},
        {"127.0.0.1", -EINVAL},
        {"127.0.0.1:", -EINVAL},
        {"127.0.0.1:65536", -EINVAL},
        {"127.0.0.1:-1", -EINVAL},
        {"127.0.0.1:80x", -EINVAL},
        {"::1:8417", -EINVAL},
        {"[::1:8417", -EINVAL},
        {"[]:8417", -EINVAL},
        {"[localhost]:0", -EINVAL},
        {"unix:", -EINVAL},
        {"unix:/", -EINVAL},
        {"unix:/nowhere/at/all/sock", -ENOENT},
        {"203.0.113.1:0", -EADDRNOTAVAIL},
        {"no such host:0", -EINVAL},
        {"systemd", -EINVAL},
        {"127.0.0.1:0 nonsense", -EINVAL},
    };
    (void)unsetenv("LISTEN_PID");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_listeners all = {0};
        struct sj_err err = {0};
        cr_expect_eq(sj_listeners_open(cases[i].text, &all, &err), cases[i].status, "'%s': %s",
                     cases[i].text, err.text);
        cr_expect_neq(err.text[0], '\0', "'%s'", cases[i].text);
        cr_expect_eq(all.count, 0);
        sj_listeners_release(&all);
    }
}

Test(listen, takes_a_free_port_and_tells_it)
{
    struct sj_listeners all = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_listeners_open("127.0.0.1:0, 127.0.0.1:0", &all, &err), 0, "%s", err.text);
    cr_assert_eq(all.count, 2);
    for (size_t i = 0; i < all.count; i++) {
        const struct sj_listener *one = &all.items[i];
        cr_expect_gt(port_of(one->name), 0);
        cr_expect(sj_skip_prefix(one->name, "127.0.0.1:"));
        cr_expect(one->is_loopback);
        cr_expect_not(one->is_unix);
        cr_expect_eq(try_v4(port_of(one->name)), 0);
        cr_expect(fcntl(one->fd, F_GETFL) & O_NONBLOCK);
        cr_expect(fcntl(one->fd, F_GETFD) & FD_CLOEXEC);
    }
    int port = port_of(all.items[0].name);
    sj_listeners_release(&all);
    cr_expect_eq(all.count, 0);
    cr_expect_eq(try_v4(port), ECONNREFUSED);
}

Test(listen, serves_all_addresses_of_a_bare_port)
{
    struct sj_listeners all = {0};
    cr_assert_eq(sj_listeners_open(":0", &all, NULL), 0);
    cr_assert_eq(all.count, 1);
    cr_expect_eq(all.items[0].name[0], ':');
    cr_expect_not(all.items[0].is_loopback);
    cr_expect_eq(try_v4(port_of(all.items[0].name)), 0);
    sj_listeners_release(&all);
}

Test(listen, brackets_ipv6)
{
    struct sj_listeners all = {0};
    int status = sj_listeners_open("[::1]:0", &all, NULL);
    if (status == -EADDRNOTAVAIL || status == -EAFNOSUPPORT) {
        cr_skip("no IPv6 here");
    }
    cr_assert_eq(status, 0);
    cr_expect(sj_skip_prefix(all.items[0].name, "[::1]:"));
    cr_expect(all.items[0].is_loopback);
    sj_listeners_release(&all);
}

Test(listen, says_when_a_port_is_taken)
{
    struct sj_listeners all = {0};
    struct sj_listeners more = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_listeners_open("127.0.0.1:0", &all, NULL), 0);
    cr_expect_eq(sj_listeners_open(all.items[0].name, &more, &err), -EADDRINUSE);
    cr_expect(strstr(err.text, all.items[0].name), "%s", err.text);
    sj_listeners_release(&all);
}

Test(listen, makes_a_private_unix_socket_and_removes_it)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/sock", root);
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("unix:%s", path);
    struct sj_listeners all = {0};
    cr_assert_eq(sj_listeners_open(text, &all, NULL), 0);
    cr_assert_eq(all.count, 1);
    cr_expect_str_eq(all.items[0].name, text);
    cr_expect(all.items[0].is_unix);
    struct stat stat_of;
    cr_assert_eq(stat(path, &stat_of), 0);
    cr_expect_eq(stat_of.st_mode & 07777, 0600);
    cr_expect_eq(try_unix(path), 0);
    sj_listeners_release(&all);
    cr_expect_eq(stat(path, &stat_of), -1);
}

Test(listen, replaces_a_dead_socket_but_no_live_one)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/sock", root);
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("unix:%s", path);
    struct sj_listeners all = {0};
    struct sj_listeners more = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_listeners_open(text, &all, NULL), 0);
    cr_expect_eq(sj_listeners_open(text, &more, &err), -EADDRINUSE);
    cr_expect(strstr(err.text, path), "%s", err.text);
    cr_expect_eq(try_unix(path), 0, "the refused one took the file away");

    // What a server leaves that was killed: the file, and nobody behind it.
    (void)close(all.items[0].fd);
    cr_expect_eq(try_unix(path), ECONNREFUSED);
    cr_assert_eq(sj_listeners_open(text, &more, &err), 0, "%s", err.text);
    cr_expect_eq(try_unix(path), 0);
    sj_listeners_release(&more);
    all.items[0].fd = -1;
    sj_listeners_release(&all);
}

Test(listen, who_ends_leaves_its_place_to_another)
{
    struct sj_listeners first = {0};
    struct sj_listeners second = {0};
    cr_assert_eq(chdir(root), 0);
    cr_assert_eq(sj_listeners_open("unix:s", &first, NULL), 0);
    sj_listeners_hide(&first);
    cr_expect_eq(try_unix("s"), ENOENT);
    cr_assert_eq(sj_listeners_open("unix:s", &second, NULL), 0);
    sj_listeners_release(&first);
    cr_expect_eq(try_unix("s"), 0, "the other's file was taken away");
    sj_listeners_release(&second);
    cr_expect_eq(try_unix("s"), ENOENT);
}

Test(listen, leaves_other_files_alone)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/notes", root);
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("unix:%s", path);
    cr_assert_eq(sj_file_write(path, 0600, "x", 1), 0);
    struct sj_listeners all = {0};
    struct sj_err err = {0};
    cr_expect_eq(sj_listeners_open(text, &all, &err), -EEXIST);
    cr_expect_eq(access(path, F_OK), 0);
}

Test(listen, takes_paths_of_any_length)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_strdup(root);
    for (int i = 0; i < 10; i++) {
        char *deeper = sj_asprintf("%s/a-folder-with-a-long-name-indeed", dir);
        free(dir);
        dir = deeper;
    }
    cr_assert_eq(sj_dir_make(dir, 0700), 0);
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf("unix:%s/sock", dir);
    struct sj_listeners all = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_listeners_open(text, &all, &err), 0, "%s", err.text);
    cr_expect_str_eq(all.items[0].name, text);
    cr_assert_eq(chdir(dir), 0);
    cr_expect_eq(try_unix("sock"), 0);
    struct sj_listeners more = {0};
    cr_expect_eq(sj_listeners_open(text, &more, &err), -EADDRINUSE);
    cr_expect_eq(sj_listeners_open("unix:sock", &more, &err), -EADDRINUSE);
    sj_listeners_release(&all);
    cr_expect_eq(access("sock", F_OK), -1);
}

/** What a process sees that systemd started. Runs in a child. */
static int adopt(const char *pid, const char *count)
{
    SJ_AUTO(sj_auto_free) char *own = sj_asprintf("%d", (int)getpid());
    (void)setenv("LISTEN_PID", pid ? pid : own, 1);
    (void)setenv("LISTEN_FDS", count, 1);
    (void)setenv("LISTEN_FDNAMES", "http", 1);
    struct sj_listeners all = {0};
    int status = sj_listeners_open("systemd", &all, NULL);
    bool is_right = !getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES");
    if (status == 0) {
        is_right = is_right && all.count == 1 && all.items[0].fd == 3 &&
                   (fcntl(3, F_GETFD) & FD_CLOEXEC) && (fcntl(3, F_GETFL) & O_NONBLOCK) &&
                   all.items[0].is_loopback && try_v4(port_of(all.items[0].name)) == 0;
        sj_listeners_release(&all);
    }
    return !is_right ? 1 : status == 0 ? 0 : 2;
}

Test(listen, takes_what_systemd_hands_over)
{
    static const struct {
        const char *pid;
        const char *count;
        bool listens;
        int expected;
    } cases[] = {
        {NULL, "1", true, 0}, {"1", "1", true, 2},    {NULL, "0", true, 2},
        {NULL, "x", true, 2}, {NULL, "999", true, 2}, {NULL, "1", false, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            struct sockaddr_in at = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
            if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
                (cases[i].listens && listen(fd, 1) < 0) || dup2(fd, 3) != 3) {
                _exit(9);
            }
            _exit(adopt(cases[i].pid, cases[i].count));
        }
        int state = 0;
        cr_assert_eq(waitpid(child, &state, 0), child);
        cr_expect_eq(WEXITSTATUS(state), cases[i].expected, "case %zu: %d", i, state);
    }
}

Test(listen, a_deafened_socket_refuses_and_stays_open)
{
    struct sj_listeners listeners = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_listeners_open("127.0.0.1:0", &listeners, &err), 0, "%s", err.text);
    int port = port_of(listeners.items[0].name);
    cr_expect_eq(try_v4(port), 0);
    sj_listeners_deafen(&listeners);
    cr_expect_eq(try_v4(port), ECONNREFUSED);
    // Nobody comes any more, and nothing is wrong with it.
    cr_expect_lt(accept4(listeners.items[0].fd, NULL, NULL, SOCK_CLOEXEC), 0);
    cr_expect_eq(errno, EAGAIN);
    sj_listeners_release(&listeners);
}
