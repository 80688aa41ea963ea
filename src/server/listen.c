// SPDX-License-Identifier: Apache-2.0
#include "server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"

/** ccache gives a connect 100 ms: a burst of compiles must not overflow the queue of them. */
#define BACKLOG 4096

/** First descriptor that systemd hands over: SD_LISTEN_FDS_START. */
#define SYSTEMD_FIRST_FD 3
#define SYSTEMD_MAX_FDS  64

static void add_listener(struct sj_listeners *all, struct sj_listener listener)
{
    all->items = sj_realloc(all->items, all->count + 1, sizeof all->items[0]);
    all->items[all->count++] = listener;
}

static bool is_loopback_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
    }
    return false;
}

static char *name_of_unix(const struct sockaddr_un *address, socklen_t len)
{
    size_t head = offsetof(struct sockaddr_un, sun_path);
    if (len <= head) {
        return sj_strdup("unix:");
    }
    if (address->sun_path[0] == '\0') {
        SJ_AUTO(sj_auto_free) char *rest = sj_strndup(address->sun_path + 1, len - head - 1);
        return sj_asprintf("unix:@%s", rest);
    }
    SJ_AUTO(sj_auto_free) char *path = sj_strndup(address->sun_path, len - head);
    return sj_asprintf("unix:%s", path);
}

/** What people write for a socket that is bound; all that the kernel knows of it. */
static void describe(struct sj_listener *listener)
{
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    } address = {0};
    socklen_t len = sizeof address;
    if (getsockname(listener->fd, &address.any, &len) < 0) {
        listener->name = sj_strdup("?");
        return;
    }
    if (address.any.sa_family == AF_UNIX) {
        listener->is_unix = true;
        listener->is_loopback = true;
        listener->name = name_of_unix(&address.local, len);
        return;
    }

    char host[NI_MAXHOST] = "?";
    char port[NI_MAXSERV] = "?";
    (void)getnameinfo(&address.any, len, host, sizeof host, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV);
    listener->is_loopback = is_loopback_address(&address.any);
    listener->name =
        strchr(host, ':') ? sj_asprintf("[%s]:%s", host, port) : sj_asprintf("%s:%s", host, port);
}

static int fail_listen(struct sj_err *err, int status, const char *name)
{
    switch (status) {
    case -EADDRINUSE:
        return sj_fail_plain(err, status,
                             "cannot listen on '%s': another program does; end that one, or set "
                             "another address as 'listen'",
                             name);
    case -EACCES:
        return sj_fail_plain(err, status,
                             "cannot listen on '%s': permission denied; take a port from 1024 up, "
                             "or let systemd hand the socket over (listen = systemd)",
                             name);
    case -EADDRNOTAVAIL:
        return sj_fail_plain(err, status, "cannot listen on '%s': this machine has no such address",
                             name);
    default:
        return sj_fail(err, status, "cannot listen on '%s'", name);
    }
}

/** A bound, listening socket. @return descriptor or a negative errno */
static int listen_at(const struct sockaddr *address, socklen_t len, bool is_dual)
{
    SJ_AUTO(sj_auto_close)
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    int on = 1;
    int v6_only = is_dual ? 0 : 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        (address->sa_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) < 0) ||
        bind(fd, address, len) < 0 || listen(fd, BACKLOG) < 0) {
        return -errno;
    }
    return sj_take_fd(&fd);
}

/** ":PORT": all addresses of both families, by one socket where the machine has IPv6. */
static int open_any(uint16_t port, const char *name, struct sj_listeners *all, struct sj_err *err)
{
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    union {
        struct sockaddr_in6 v6;
        struct sockaddr any;
    } six = {.v6 = v6};
    int fd = listen_at(&six.any, sizeof six.v6, true);
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL) {
        union {
            struct sockaddr_in v4;
            struct sockaddr any;
        } four = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
        fd = listen_at(&four.any, sizeof four.v4, false);
    }
    if (fd < 0) {
        return fail_listen(err, fd, name);
    }

    struct sj_listener listener = {.fd = fd};
    describe(&listener);
    const char *colon = strrchr(listener.name, ':');
    char *shown = sj_strdup(colon ? colon : name);
    free(listener.name);
    listener.name = shown;
    add_listener(all, listener);
    return 0;
}

/** A host: every address that its name stands for. */
static int open_host(const char *host, uint16_t port, const char *name, struct sj_listeners *all,
                     struct sj_err *err)
{
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host, service, &hints, &found);
    if (failure != 0) {
        return sj_fail_plain(err, -EADDRNOTAVAIL, "cannot listen on '%s': no address for '%s': %s",
                             name, host, gai_strerror(failure));
    }

    int status = 0;
    size_t before = all->count;
    for (const struct addrinfo *one = found; one && status == 0; one = one->ai_next) {
        int fd = listen_at(one->ai_addr, one->ai_addrlen, false);
        // A name such as localhost may stand for ::1, too, where IPv6 is off.
        if (fd == -EAFNOSUPPORT || (fd == -EADDRNOTAVAIL && one->ai_next)) {
            continue;
        }
        if (fd < 0) {
            status = fail_listen(err, fd, name);
            continue;
        }
        struct sj_listener listener = {.fd = fd};
        describe(&listener);
        add_listener(all, listener);
    }
    freeaddrinfo(found);
    if (status == 0 && all->count == before) {
        status = fail_listen(err, -EADDRNOTAVAIL, name);
    }
    return status;
}

static int fail_form(struct sj_err *err, const char *name)
{
    return sj_fail_plain(err, -EINVAL,
                         "'%s' is no address to listen on: write HOST:PORT, [IPV6]:PORT, :PORT, "
                         "unix:FILE or systemd",
                         name);
}

static int open_inet(const char *name, struct sj_listeners *all, struct sj_err *err)
{
    const char *colon = strrchr(name, ':');
    uint64_t port = 0;
    if (!colon || sj_parse_u64(colon + 1, UINT16_MAX, &port) < 0) {
        return fail_form(err, name);
    }
    size_t len = (size_t)(colon - name);
    if (len == 0 || (len == 1 && name[0] == '*')) {
        return open_any((uint16_t)port, name, all, err);
    }

    const char *from = name;
    bool is_bracketed = name[0] == '[';
    if (is_bracketed) {
        if (len < 3 || name[len - 1] != ']') {
            return fail_form(err, name);
        }
        from++;
        len -= 2;
    }
    SJ_AUTO(sj_auto_free) char *host = sj_strndup(from, len);
    // A colon outside brackets: an IPv6 address whose last group would be taken for the port.
    if (!is_bracketed == (strchr(host, ':') != NULL)) {
        return fail_form(err, name);
    }
    return open_host(host, (uint16_t)port, name, all, err);
}

/** A Unix socket's place: its directory, and an address that fits whatever the path's length. */
struct place {
    char *path;
    const char *base;
    int dir_fd;
    struct sockaddr_un address;
};

static void place_release(struct place *place)
{
    free(place->path);
    sj_auto_close(&place->dir_fd);
}

static int place_init(struct place *place, const char *file, struct sj_err *err)
{
    *place = (struct place){.dir_fd = -1, .address.sun_family = AF_UNIX};
    if (file[0] == '/') {
        place->path = sj_strdup(file);
    } else {
        // The file is removed at the end, wherever the program stands then.
        SJ_AUTO(sj_auto_free) char *here = getcwd(NULL, 0);
        if (!here) {
            return sj_fail(err, -errno, "cannot tell the working directory");
        }
        place->path = sj_asprintf("%s/%s", here, file);
    }
    char *slash = strrchr(place->path, '/');
    place->base = slash + 1;
    if (place->base[0] == '\0') {
        return sj_fail_plain(err, -EINVAL, "'unix:%s' names no file to listen on", file);
    }

    *slash = '\0';
    place->dir_fd =
        open(slash == place->path ? "/" : place->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int status = place->dir_fd < 0 ? -errno : 0;
    if (status < 0) {
        (void)sj_fail(err, status, "cannot open the folder '%s' of the socket", place->path);
    }
    *slash = '/';
    if (status < 0) {
        return status;
    }

    int len = snprintf(place->address.sun_path, sizeof place->address.sun_path, "%s", place->path);
    if ((size_t)len >= sizeof place->address.sun_path) {
        len = snprintf(place->address.sun_path, sizeof place->address.sun_path,
                       "/proc/self/fd/%d/%s", place->dir_fd, place->base);
    }
    if ((size_t)len >= sizeof place->address.sun_path) {
        return sj_fail_plain(err, -ENAMETOOLONG,
                             "the name of the socket '%s' is too long: at most 80 bytes",
                             place->base);
    }
    return 0;
}

/** @return whether somebody listens at a place: 0 no, 1 yes, or a negative errno */
static int is_alive(const struct place *place)
{
    SJ_AUTO(sj_auto_close)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    union {
        struct sockaddr_un local;
        struct sockaddr any;
    } address = {.local = place->address};
    // Full queues (EAGAIN) and foreign modes (EACCES) are signs of life as well.
    return connect(fd, &address.any, sizeof address.local) < 0 &&
                   (errno == ECONNREFUSED || errno == ENOENT)
               ? 0
               : 1;
}

static int bind_unix(const struct place *place)
{
    SJ_AUTO(sj_auto_close)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    union {
        struct sockaddr_un local;
        struct sockaddr any;
    } address = {.local = place->address};
    // The mode of the socket becomes that of its file: no umask, which all threads share, to set.
    if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) < 0 ||
        bind(fd, &address.any, sizeof address.local) < 0) {
        return -errno;
    }
    if (listen(fd, BACKLOG) < 0) {
        int status = -errno;
        (void)unlinkat(place->dir_fd, place->base, 0);
        return status;
    }
    return sj_take_fd(&fd);
}

static int open_unix(const char *name, const char *file, struct sj_listeners *all,
                     struct sj_err *err)
{
    SJ_AUTO(place_release) struct place place;
    int status = place_init(&place, file, err);
    if (status < 0) {
        return status;
    }

    int fd = bind_unix(&place);
    if (fd == -EADDRINUSE) {
        struct stat there;
        if (fstatat(place.dir_fd, place.base, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISSOCK(there.st_mode)) {
            return sj_fail_plain(err, -EEXIST,
                                 "cannot listen on '%s': a file of that name is there, and it is "
                                 "no socket",
                                 name);
        }
        int alive = is_alive(&place);
        if (alive != 0) {
            return fail_listen(err, alive < 0 ? alive : -EADDRINUSE, name);
        }
        (void)unlinkat(place.dir_fd, place.base, 0);
        fd = bind_unix(&place);
    }
    if (fd < 0) {
        return fd == -EACCES ? sj_fail(err, fd, "cannot make the socket '%s'", place.path)
                             : fail_listen(err, fd, name);
    }

    char *shown = sj_asprintf("unix:%s", place.path);
    add_listener(all, (struct sj_listener){.fd = fd,
                                           .name = shown,
                                           .unlink = sj_steal(place.path),
                                           .is_unix = true,
                                           .is_loopback = true});
    return 0;
}

/** Take a descriptor that systemd hands over, if it is what a server can use. */
static int adopt(int fd, struct sj_listeners *all, struct sj_err *err)
{
    int kind = 0;
    int listens = 0;
    socklen_t kind_len = sizeof kind;
    socklen_t listens_len = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &kind_len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_len) < 0 ||
        kind != SOCK_STREAM || listens == 0) {
        return sj_fail_plain(err, -EINVAL,
                             "descriptor %d from systemd is no listening stream socket: the socket "
                             "unit needs ListenStream= and Accept=no",
                             fd);
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return sj_fail(err, -errno, "cannot set up descriptor %d from systemd", fd);
    }
    struct sj_listener listener = {.fd = fd};
    describe(&listener);
    add_listener(all, listener);
    return 0;
}

/** sd_listen_fds(3), without its library: descriptors from 3 on, meant for this process alone. */
static int open_systemd(struct sj_listeners *all, struct sj_err *err)
{
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    uint64_t pid = 0;
    uint64_t count = 0;
    bool is_ours = pid_text && count_text && sj_parse_u64(pid_text, INT32_MAX, &pid) == 0 &&
                   sj_parse_u64(count_text, SYSTEMD_MAX_FDS, &count) == 0 &&
                   pid == (uint64_t)getpid() && count > 0;
    // Whatever they say, they are not for a child. Threads that run by now do not read them.
    // NOLINTBEGIN(concurrency-mt-unsafe)
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
    // NOLINTEND(concurrency-mt-unsafe)
    if (!is_ours) {
        return sj_fail_plain(err, -EINVAL,
                             "systemd handed no socket over: start the socket unit, or set an "
                             "address as 'listen'");
    }
    int status = 0;
    for (int i = 0; i < (int)count && status == 0; i++) {
        status = adopt(SYSTEMD_FIRST_FD + i, all, err);
    }
    return status;
}

static int open_one(const char *name, struct sj_listeners *all, struct sj_err *err)
{
    const char *file = sj_skip_prefix(name, "unix:");
    if (file) {
        return open_unix(name, file, all, err);
    }
    return strcmp(name, "systemd") == 0 ? open_systemd(all, err) : open_inet(name, all, err);
}

int sj_listeners_open(const char *text, struct sj_listeners *out, struct sj_err *err)
{
    static const char separators[] = " \t\r\n,";
    SJ_AUTO(sj_listeners_release) struct sj_listeners all = {0};
    for (const char *at = text + strspn(text, separators); *at; at += strspn(at, separators)) {
        size_t len = strcspn(at, separators);
        SJ_AUTO(sj_auto_free) char *name = sj_strndup(at, len);
        int status = open_one(name, &all, err);
        if (status < 0) {
            return status;
        }
        at += len;
    }
    if (all.count == 0) {
        return sj_fail_plain(err, -EINVAL, "'listen' names no address");
    }

    *out = all;
    all = (struct sj_listeners){0};
    return 0;
}

int sj_listeners_open_unix(const char *path, struct sj_listeners *out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *name = sj_asprintf("unix:%s", path);
    SJ_AUTO(sj_listeners_release) struct sj_listeners all = {0};
    int status = open_unix(name, path, &all, err);
    if (status < 0) {
        return status;
    }
    *out = all;
    all = (struct sj_listeners){0};
    return 0;
}

void sj_listeners_deafen(struct sj_listeners *listeners)
{
    // A socket that is bound to the family alone gets a name that no one else has (unix(7)).
    const struct sockaddr_un nobody = {.sun_family = AF_UNIX};
    for (size_t i = 0; i < listeners->count; i++) {
        SJ_AUTO(sj_auto_close)
        int hole = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (hole >= 0 &&
            bind(hole, (const struct sockaddr *)&nobody, sizeof nobody.sun_family) == 0 &&
            listen(hole, 1) == 0) {
            (void)dup3(hole, listeners->items[i].fd, O_CLOEXEC);
        }
    }
}

void sj_listeners_hide(struct sj_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        struct sj_listener *one = &listeners->items[i];
        // While it listens nobody takes its file for a dead server's, so the file is still ours.
        if (one->unlink) {
            (void)unlink(one->unlink);
        }
        free(one->unlink);
        one->unlink = NULL;
    }
}

void sj_listeners_release(struct sj_listeners *listeners)
{
    if (!listeners) {
        return;
    }
    sj_listeners_hide(listeners);
    for (size_t i = 0; i < listeners->count; i++) {
        struct sj_listener *one = &listeners->items[i];
        sj_auto_close(&one->fd);
        free(one->name);
    }
    free(listeners->items);
    *listeners = (struct sj_listeners){0};
}
