// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Clients of ccache's storage helper protocol in several threads, some of which hang up in the
 * midst of a request, while metrics are printed and access is logged; the socket is closed under
 * them in the end. usage: stress-crsh [ROUNDS]
 */
#include "server/crsh.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "server/access_log.h"

#define THREADS    4
#define VALUE_SIZE 3000
#define HEAD_SIZE  (2 + 20 + 1 + sizeof(uint64_t))

struct stress {
    const char *path;
    struct sj_shared *shared;
    struct sj_metrics *metrics;
    struct sj_access_log *log;
    uint64_t rounds;
    _Atomic unsigned names;
    _Atomic uint64_t stored;
    _Atomic uint64_t wrong;
    _Atomic bool is_over;
};

static int dial(const struct stress *stress)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", stress->path);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool receive(int fd, unsigned char *data, size_t len)
{
    return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

/** Store a value and read it back. @return false: the server has ended */
static bool store(struct stress *stress, int fd, unsigned char which, unsigned char fill)
{
    unsigned char request[HEAD_SIZE + VALUE_SIZE] = {1, 20};
    const uint64_t len = VALUE_SIZE;
    memset(request + 2, which, 20);
    request[22] = 1;
    memcpy(request + 23, &len, sizeof len);
    memset(request + HEAD_SIZE, fill, VALUE_SIZE);
    unsigned char answer[1 + sizeof len + VALUE_SIZE];
    if (send(fd, request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request ||
        !receive(fd, answer, 1)) {
        return false;
    }
    (void)atomic_fetch_add(&stress->stored, answer[0] == 0);
    request[0] = 0;
    if (send(fd, request, 22, MSG_NOSIGNAL) != 22 || !receive(fd, answer, sizeof answer)) {
        return false;
    }
    if (answer[0] != 0 || answer[9] != fill || answer[sizeof answer - 1] != fill) {
        (void)atomic_fetch_add(&stress->wrong, 1);
    }
    return true;
}

static void *ask(void *user)
{
    struct stress *stress = user;
    unsigned name = atomic_fetch_add(&stress->names, 1);
    bool goes_on = true;
    for (uint64_t round = 0; round < stress->rounds && goes_on; round++) {
        int fd = dial(stress);
        unsigned char greeting[5];
        goes_on = fd >= 0 && receive(fd, greeting, sizeof greeting);
        for (unsigned i = 0; i < 5 && goes_on; i++) {
            goes_on = store(stress, fd, (unsigned char)(name * 16 + i), (unsigned char)round);
            const struct sj_request_note note = {.method_name = "PUT", .target = "/x"};
            sj_access_log_note(stress->log, &note);
        }
        // Half a request, then nothing.
        if (goes_on) {
            (void)send(fd, "\x01\x14half of a key", 15, MSG_NOSIGNAL);
        }
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return NULL;
}

static void *look(void *user)
{
    struct stress *stress = user;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    while (!atomic_load(&stress->is_over)) {
        sj_buf_clear(&text);
        sj_metrics_print(stress->metrics, stress->shared, &(struct sj_levels){0}, &text);
        (void)sj_access_log_reopen(stress->log);
        (void)usleep(2000);
    }
    return NULL;
}

static int run(struct stress *stress, const char *root)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/crsh", root);
    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/store", root);
    SJ_AUTO(sj_auto_free) char *log = sj_asprintf("%s/log", root);
    struct sj_crsh *crsh = NULL;
    struct sj_err err = {0};
    stress->path = path;
    stress->metrics = sj_metrics_new();
    if (sj_shared_open(&(struct sj_shared_options){.dir = dir}, &stress->shared, &err) < 0 ||
        sj_access_log_open(log, true, &stress->log, &err) < 0 ||
        sj_crsh_open(&(struct sj_crsh_options){.path = path,
                                               .shared = stress->shared,
                                               .metrics = stress->metrics,
                                               .max_entry = 1U << 20,
                                               .idle_ms = 60000},
                     &crsh, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    pthread_t threads[THREADS];
    pthread_t looker;
    (void)pthread_create(&looker, NULL, look, stress);
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_create(&threads[i], NULL, ask, stress);
    }
    // The first is done: the others are in the midst of theirs.
    (void)pthread_join(threads[0], NULL);
    atomic_store(&stress->is_over, true);
    (void)pthread_join(looker, NULL);
    sj_crsh_close(crsh);
    for (int i = 1; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    sj_access_log_close(stress->log);
    sj_shared_close(stress->shared);
    sj_metrics_free(stress->metrics);
    return 0;
}

int main(int argc, char **argv)
{
    struct stress stress = {.rounds = 40};
    if (argc > 1 && sj_parse_u64(argv[1], 1000000000, &stress.rounds) < 0) {
        (void)fprintf(stderr, "usage: stress-crsh [ROUNDS]\n");
        return 2;
    }
    char root[] = "/tmp/scrubjay-stress-XXXXXX";
    if (!mkdtemp(root) || run(&stress, root) < 0) {
        return 2;
    }
    (void)sj_tree_remove(root);
    printf("%llu stored, %llu wrong\n", (unsigned long long)stress.stored,
           (unsigned long long)stress.wrong);
    return stress.wrong == 0 && stress.stored > 0 ? 0 : 1;
}
