// SPDX-License-Identifier: Apache-2.0
// What else reaches a process from outside: variables, the calendar, the network, libraries that
// are loaded while it runs; and the children it makes.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <wordexp.h>

#include "observe/preload.h"

static void report(enum sj_event kind, const char *name)
{
    if (name && sj_preload_is_on()) {
        sj_preload_report(kind, name, 0);
    }
}

#define WRAP_GETENV(name)                      \
    WRAP(char *, name, (const char *variable)) \
    {                                          \
        report(SJ_EVENT_ENV, variable);        \
        return REAL(name)(variable);           \
    }

WRAP_GETENV(getenv)
WRAP_GETENV(secure_getenv)

// One report each is enough, and a program may ask for the time a million times.
#define REPORT_CLOCK(name)                                      \
    do {                                                        \
        static bool is_told;                                    \
        if (!__atomic_load_n(&is_told, __ATOMIC_RELAXED)) {     \
            __atomic_store_n(&is_told, true, __ATOMIC_RELAXED); \
            report(SJ_EVENT_CLOCK, #name);                      \
        }                                                       \
    } while (0)

#define WRAP_CLOCK(type, name, params, args) \
    WRAP(type, name, params)                 \
    {                                        \
        REPORT_CLOCK(name);                  \
        return REAL(name) args;              \
    }

WRAP_CLOCK(time_t, time, (time_t * out), (out))
WRAP_CLOCK(int, gettimeofday, (struct timeval *restrict out, void *restrict zone), (out, zone))
WRAP_CLOCK(int, timespec_get, (struct timespec * out, int base), (out, base))
WRAP_CLOCK(struct tm *, localtime, (const time_t *when), (when))
WRAP_CLOCK(struct tm *, localtime_r, (const time_t *restrict when, struct tm *restrict out),
           (when, out))
WRAP_CLOCK(struct tm *, gmtime, (const time_t *when), (when))
WRAP_CLOCK(struct tm *, gmtime_r, (const time_t *restrict when, struct tm *restrict out),
           (when, out))
WRAP_CLOCK(char *, ctime, (const time_t *when), (when))
WRAP_CLOCK(char *, ctime_r, (const time_t *restrict when, char *restrict out), (when, out))
WRAP_CLOCK(char *, asctime, (const struct tm *when), (when))
WRAP_CLOCK(char *, asctime_r, (const struct tm *restrict when, char *restrict out), (when, out))

WRAP(int, clock_gettime, (clockid_t clock, struct timespec *out))
{
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI) {
        REPORT_CLOCK(clock_gettime);
    }
    return REAL(clock_gettime)(clock, out);
}

WRAP(size_t, strftime,
     (char *restrict out, size_t size, const char *restrict format, const struct tm *restrict when))
{
    REPORT_CLOCK(strftime);
    size_t (*next)(char *, size_t, const char *, const struct tm *) = REAL(strftime);
    return next(out, size, format, when);
}

WRAP(int, connect, (int fd, __CONST_SOCKADDR_ARG address, socklen_t len))
{
    report(SJ_EVENT_NETWORK, "");
    return REAL(connect)(fd, address, len);
}

WRAP(ssize_t, sendto,
     (int fd, const void *data, size_t len, int flags, __CONST_SOCKADDR_ARG address,
      socklen_t address_len))
{
    if (address.__sockaddr__) {
        report(SJ_EVENT_NETWORK, "");
    }
    return REAL(sendto)(fd, data, len, flags, address, address_len);
}

WRAP(int, getaddrinfo,
     (const char *restrict node, const char *restrict service,
      const struct addrinfo *restrict hints, struct addrinfo **restrict out))
{
    report(SJ_EVENT_NETWORK, "");
    return REAL(getaddrinfo)(node, service, hints, out);
}

// dlopen() of a bare name searches along the RUNPATH of its caller, which it tells by the return
// address. So that call is handed over as a jump, and what it loaded is reported later.
static bool is_load_due;

static void report_due(void)
{
    if (__atomic_load_n(&is_load_due, __ATOMIC_RELAXED) && sj_preload_is_on()) {
        __atomic_store_n(&is_load_due, false, __ATOMIC_RELAXED);
        sj_preload_report_objects();
    }
}

__attribute__((destructor)) static void say_goodbye(void)
{
    report_due();
}

static void *report_loaded(const char *path, void *handle)
{
    if (!sj_preload_is_on()) {
        return handle;
    }
    if (handle) {
        sj_preload_report_objects();
    } else {
        int saved = errno;
        (void)access(path, F_OK);
        errno = saved;
    }
    return handle;
}

/** What a search for a bare name finds, or does not, depends on the loader's cache. */
static void report_search(void)
{
    int saved = errno;
    int fd = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC); // our own, which reports
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = saved;
}

WRAP(void *, dlopen, (const char *name, int flags))
{
    if (name && strchr(name, '/')) {
        return report_loaded(name, REAL(dlopen)(name, flags));
    }
    if (name && sj_preload_is_on()) {
        report_search();
    }
    __atomic_store_n(&is_load_due, true, __ATOMIC_RELAXED);
    return REAL(dlopen)(name, flags);
}

WRAP(void *, dlmopen, (Lmid_t space, const char *name, int flags))
{
    if (space != LM_ID_BASE) {
        report(SJ_EVENT_FAILURE, "dlmopen() made a name space that the observer is not in");
    }
    __atomic_store_n(&is_load_due, true, __ATOMIC_RELAXED);
    return REAL(dlmopen)(space, name, flags);
}

WRAP(iconv_t, iconv_open, (const char *to, const char *from))
{
    iconv_t made = REAL(iconv_open)(to, from);
    if (sj_preload_is_on()) {
        sj_preload_report_objects();
    }
    return made;
}

WRAP(int, wordexp, (const char *restrict words, wordexp_t *restrict out, int flags))
{
    report(SJ_EVENT_FAILURE, "wordexp() reads directories inside libc");
    return REAL(wordexp)(words, out, flags);
}

static pid_t report_child(pid_t child)
{
    if (child > 0 && sj_preload_is_on()) {
        sj_preload_report(SJ_EVENT_FORK, "", (uint32_t)child);
    }
    return child;
}

WRAP(pid_t, fork, (void))
{
    return report_child(REAL(fork)());
}

WRAP(void, _exit, (int status))
{
    report_due();
    REAL(_exit)(status);
    __builtin_unreachable();
}

WRAP(void, _Exit, (int status))
{
    report_due();
    REAL(_Exit)(status);
    __builtin_unreachable();
}

// A child of a process with many threads may find the loader's lock taken.
static void find_early(void)
{
    (void)REAL(_exit);
}

__attribute__((constructor)) static void prepare_forks(void)
{
    if (sj_preload_is_on()) {
        (void)pthread_atfork(find_early, NULL, NULL);
    }
}
