// SPDX-License-Identifier: Apache-2.0
#include "observe/preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Calls that the library itself makes go past its own wrappers.
#define RAW(name, ...) syscall(SYS_##name, __VA_ARGS__)

#define LOG_PATH_MAX 512
#define PATH_ROOM    (2 * PATH_MAX)
#define SEEN_SLOTS   1024

enum {
    STATE_NEW,
    STATE_STARTING,
    STATE_ON,
    STATE_OFF
};

static struct {
    int state;                   // atomic; everything below is constant once it is STATE_ON
    struct sj_observe_head *log; // mapped log
    const char *library;         // the loader's own copy of our name
    char path[LOG_PATH_MAX];     // of the log
    pid_t pid;                   // of this process
    uint32_t missed;             // atomic: calls made while starting
} self;

// The process's directory when it is not where the tool was started. `turn` is odd while a
// chdir() changes it; readers that see it change try again.
static struct {
    uint32_t turn;
    bool is_moved;
    char path[PATH_MAX];
} place;

// Hashes of what this process has reported: a sieve that lets repetitions through now and then.
static uint64_t seen[SEEN_SLOTS];

// The loader's tables hold the versions that programs of before 2.33 were linked with as hidden
// ones, which only dlvsym() finds.
#if defined(__x86_64__)
#define FIRST_VERSION "GLIBC_2.2.5"
#elif defined(__riscv)
#define FIRST_VERSION "GLIBC_2.27"
#elif defined(__s390x__)
#define FIRST_VERSION "GLIBC_2.2"
#else
#define FIRST_VERSION "GLIBC_2.17"
#endif

void *sj_preload_next(void **slot, const char *name)
{
    void *found = __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (!found) {
        int saved = errno;
        found = dlsym(RTLD_NEXT, name);
        if (!found) {
            found = dlvsym(RTLD_NEXT, name, FIRST_VERSION);
        }
        __atomic_store_n(slot, found, __ATOMIC_RELAXED);
        errno = saved;
    }
    return found;
}

static bool get_stat(int dir_fd, const char *path, int flags, struct statx *out)
{
    return RAW(statx, dir_fd, path, flags, STATX_BASIC_STATS, out) == 0;
}

static bool map_log(const char *path)
{
    size_t len = strlen(path);
    if (len >= sizeof self.path) {
        return false;
    }
    memcpy(self.path, path, len + 1);

    // Never a device or a pipe, whatever the variable says: those could block.
    int fd = (int)RAW(openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return false;
    }
    struct statx st;
    void *map = MAP_FAILED;
    if (get_stat(fd, "", AT_EMPTY_PATH, &st) && S_ISREG(st.stx_mode) &&
        st.stx_size >= SJ_OBSERVE_HEAD) {
        map = mmap(NULL, st.stx_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    (void)RAW(close, fd);
    if (map == MAP_FAILED) {
        return false;
    }

    struct sj_observe_head *head = map;
    if (head->magic != SJ_OBSERVE_MAGIC || head->version != SJ_OBSERVE_VERSION ||
        head->limit > st.stx_size - SJ_OBSERVE_HEAD) {
        (void)munmap(map, st.stx_size);
        return false;
    }
    self.log = head;
    return true;
}

static int note_library(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    uintptr_t here = (uintptr_t)&self;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= start &&
            here - start < info->dlpi_phdr[i].p_memsz) {
            self.library = info->dlpi_name;
            return 1;
        }
    }
    return 0;
}

static void note_fork(void)
{
    self.pid = getpid();
}

// getenv() itself is wrapped, and would come back here.
static const char *own_getenv(const char *name)
{
    size_t len = strlen(name);
    for (char **at = environ; *at; at++) {
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=') {
            return *at + len + 1;
        }
    }
    return NULL;
}

static void start(void)
{
    const char *path = own_getenv(SJ_OBSERVE_ENV);
    if (!path || !map_log(path)) {
        __atomic_store_n(&self.state, STATE_OFF, __ATOMIC_RELEASE);
        return;
    }

    note_fork();
    (void)pthread_atfork(NULL, NULL, note_fork);
    (void)dl_iterate_phdr(note_library, NULL);
    struct statx st;
    bool is_at_start = get_stat(AT_FDCWD, ".", 0, &st) &&
                       makedev(st.stx_dev_major, st.stx_dev_minor) == self.log->start_dev &&
                       st.stx_ino == self.log->start_ino;
    __atomic_store_n(&self.state, STATE_ON, __ATOMIC_RELEASE);
    if (!is_at_start) {
        sj_preload_note_chdir();
    }
    // AT_EXECFN is a pointer to the name that the kernel was given.
    const char *program = (const char *)getauxval(AT_EXECFN);
    sj_preload_report_pid(SJ_EVENT_HELLO, program ? program : "", 0, self.pid);
    if (__atomic_load_n(&self.missed, __ATOMIC_RELAXED) > 0) {
        sj_preload_report(SJ_EVENT_FAILURE, "calls were made while the observer started", 0);
    }
}

bool sj_preload_is_on(void)
{
    int state = __atomic_load_n(&self.state, __ATOMIC_ACQUIRE);
    if (__builtin_expect(state == STATE_ON, 1)) {
        return true;
    }
    if (state == STATE_OFF || !environ) {
        return false;
    }
    int saved = errno;
    int expected = STATE_NEW;
    if (__atomic_compare_exchange_n(&self.state, &expected, STATE_STARTING, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        start();
    } else if (expected == STATE_STARTING) {
        (void)__atomic_fetch_add(&self.missed, 1, __ATOMIC_RELAXED);
    }
    errno = saved;
    return __atomic_load_n(&self.state, __ATOMIC_ACQUIRE) == STATE_ON;
}

__attribute__((constructor)) static void say_hello(void)
{
    if (sj_preload_is_on()) {
        sj_preload_report_objects();
    }
}

/** Have storage allocated up to an offset, so that a full disk is no SIGBUS. */
static bool reserve(uint64_t end)
{
    uint64_t reserved = __atomic_load_n(&self.log->reserved, __ATOMIC_ACQUIRE);
    if (__builtin_expect(end <= reserved, 1)) {
        return true;
    }
    uint64_t want = 2 * reserved > end ? 2 * reserved : end;
    want = want < self.log->limit ? want : self.log->limit;
    int fd = (int)RAW(openat, AT_FDCWD, self.path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool is_done = RAW(fallocate, fd, 0, (off_t)0, (off_t)(SJ_OBSERVE_HEAD + want)) == 0;
    (void)RAW(close, fd);
    while (is_done && reserved < want &&
           !__atomic_compare_exchange_n(&self.log->reserved, &reserved, want, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    }
    return is_done;
}

/** Put an event into the log. When it has no room, `used` or the hole that is left says so. */
static void append(const struct sj_observe_event *event, const char *path)
{
    uint32_t size = (uint32_t)((sizeof *event + event->path_len + 1u + 7u) & ~7u);
    uint64_t at = __atomic_fetch_add(&self.log->used, size, __ATOMIC_ACQ_REL);
    if (at + size > self.log->limit || !reserve(at + size)) {
        return;
    }
    struct sj_observe_event *slot =
        (struct sj_observe_event *)(void *)((char *)self.log + SJ_OBSERVE_HEAD + at);
    memcpy((char *)slot + sizeof event->size, (const char *)event + sizeof event->size,
           sizeof *event - sizeof event->size);
    memcpy(slot + 1, path, event->path_len);
    __atomic_store_n(&slot->size, size, __ATOMIC_RELEASE);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

static uint64_t hash_event(const struct sj_observe_event *event, const char *path)
{
    uint64_t hash = mix(event->kind + ((uint64_t)event->error << 8), event->path_len);
    size_t len = event->path_len;
    uint64_t word;
    for (; len >= sizeof word; len -= sizeof word, path += sizeof word) {
        memcpy(&word, path, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, path, len);
    hash = mix(hash, word);
    if (event->kind == SJ_EVENT_OPEN || event->kind == SJ_EVENT_EXISTS) {
        hash = mix(mix(mix(hash, event->dev), event->ino), event->bytes);
        hash = mix(mix(hash, (uint64_t)event->mtime_ns), (uint64_t)event->ctime_ns);
    }
    return hash ? hash : 1;
}

// The order of these matters, or how often they come.
static bool is_always_told(enum sj_event kind)
{
    return ((1u << kind) & (1u << SJ_EVENT_HELLO | 1u << SJ_EVENT_WRITE | 1u << SJ_EVENT_REMOVE |
                            1u << SJ_EVENT_EXEC | 1u << SJ_EVENT_UNSEEN | 1u << SJ_EVENT_FORK)) !=
           0;
}

/**
 * Whether the same was reported before. Leaving the second one out changes nothing: what is said
 * of a path before it is written counts from the first time, and not at all afterwards.
 */
static bool is_repetition(const struct sj_observe_event *event, const char *path)
{
    if (is_always_told(event->kind)) {
        return false;
    }
    uint64_t hash = hash_event(event, path);
    uint64_t *slot = &seen[hash % SEEN_SLOTS];
    if (__atomic_load_n(slot, __ATOMIC_RELAXED) == hash) {
        return true;
    }
    __atomic_store_n(slot, hash, __ATOMIC_RELAXED);
    return false;
}

static void send(struct sj_observe_event *event, const char *path)
{
    size_t len = strlen(path);
    if (len > PATH_ROOM) {
        event->kind = SJ_EVENT_FAILURE;
        path = "a path is too long";
        len = strlen(path);
    }
    event->path_len = (uint16_t)len;
    if (!is_repetition(event, path)) {
        int saved = errno;
        append(event, path);
        errno = saved;
    }
}

void sj_preload_report_pid(enum sj_event kind, const char *path, uint32_t error, pid_t pid)
{
    struct sj_observe_event event = {.kind = (uint8_t)kind, .pid = (uint32_t)pid, .error = error};
    send(&event, path);
}

void sj_preload_report(enum sj_event kind, const char *path, uint32_t error)
{
    sj_preload_report_pid(kind, path, error, self.pid);
}

static const char *fail(const char *why)
{
    sj_preload_report(SJ_EVENT_FAILURE, why, 0);
    return NULL;
}

/** Write "dir/path". */
static const char *join(const char *dir, size_t dir_len, const char *path, char *buffer,
                        size_t size)
{
    size_t len = strlen(path);
    if (dir_len == 0 || dir[0] != '/' || dir_len + 1 + len >= size) {
        return fail("a directory has no name");
    }
    memmove(buffer, dir, dir_len);
    buffer[dir_len] = '/';
    memcpy(buffer + dir_len + 1, path, len + 1);
    return buffer;
}

static const char *resolve_moved(const char *path, char *buffer, size_t size)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t turn = __atomic_load_n(&place.turn, __ATOMIC_ACQUIRE);
        const char *found = path;
        if (turn % 2 == 0 && place.is_moved) {
            found = join(place.path, strnlen(place.path, sizeof place.path), path, buffer, size);
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (turn % 2 == 0 && __atomic_load_n(&place.turn, __ATOMIC_RELAXED) == turn) {
            return found;
        }
    }
    return fail("the directory changes all the time");
}

static const char *name_of_fd(int fd, char *buffer, size_t size)
{
    char link[32] = "/proc/self/fd/";
    char digits[12];
    size_t count = 0;
    unsigned rest = fd < 0 ? 0 : (unsigned)fd;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    size_t at = strlen(link);
    while (count > 0) {
        link[at++] = digits[--count];
    }

    int saved = errno;
    ssize_t len = RAW(readlinkat, AT_FDCWD, link, buffer, size - 1);
    errno = saved;
    if (len <= 0 || buffer[0] != '/') {
        return fail("a descriptor has no name");
    }
    buffer[len] = '\0';
    return buffer;
}

const char *sj_preload_resolve(int dir_fd, const char *path, char *buffer, size_t size)
{
    if (path[0] == '/') {
        return path;
    }
    if (dir_fd != AT_FDCWD) {
        const char *dir = name_of_fd(dir_fd, buffer, size);
        if (!dir || !path[0]) {
            return dir;
        }
        return join(dir, strlen(dir), path, buffer, size);
    }
    if (__builtin_expect(__atomic_load_n(&place.turn, __ATOMIC_ACQUIRE) == 0, 1)) {
        return path;
    }
    return resolve_moved(path, buffer, size);
}

static void report_event_at(struct sj_observe_event *event, int dir_fd, const char *path)
{
    if (!path || !path[0]) {
        return;
    }
    event->pid = (uint32_t)self.pid;
    char buffer[PATH_ROOM];
    const char *full = sj_preload_resolve(dir_fd, path, buffer, sizeof buffer);
    if (full) {
        send(event, full);
    }
}

void sj_preload_report_at(enum sj_event kind, int dir_fd, const char *path, uint32_t error)
{
    struct sj_observe_event event = {.kind = (uint8_t)kind, .error = error};
    report_event_at(&event, dir_fd, path);
}

static bool is_absence(int error)
{
    return error == ENOENT || error == ENOTDIR;
}

void sj_preload_report_look(int dir_fd, const char *path, int error)
{
    switch (error) {
    case 0:
    case EEXIST:
    case ENXIO: // a socket, or a terminal that the process does not have
        sj_preload_report_at(SJ_EVENT_EXISTS, dir_fd, path, (uint32_t)error);
        break;
    case ENOENT:
    case ENOTDIR:
        sj_preload_report_at(SJ_EVENT_ABSENT, dir_fd, path, (uint32_t)error);
        break;
    case EFAULT: // what the kernel could not read cannot be read here either
    case ENOSYS:
        break;
    default:
        sj_preload_report_at(SJ_EVENT_FAILURE, dir_fd, path, (uint32_t)error);
        break;
    }
}

void sj_preload_report_refusal(int dir_fd, const char *path, int error)
{
    if (error != EFAULT) {
        sj_preload_report_at(is_absence(error) ? SJ_EVENT_ABSENT : SJ_EVENT_EXISTS, dir_fd, path,
                             (uint32_t)error);
    }
}

void sj_preload_report_dir(int dir_fd, const char *path, uint64_t dev, uint64_t ino)
{
    struct sj_observe_event event = {.kind = SJ_EVENT_EXISTS, .dev = dev, .ino = ino};
    report_event_at(&event, dir_fd, path);
}

static int64_t to_ns(struct statx_timestamp time)
{
    return time.tv_sec * 1000000000 + (int64_t)time.tv_nsec;
}

/** Report the state of an opened file. */
static void report_state(int dir_fd, const char *path, int flags, int fd)
{
    struct statx st;
    int saved = errno;
    bool is_known = get_stat(fd, "", AT_EMPTY_PATH, &st);
    errno = saved;
    if (!is_known) {
        (void)fail("an open file has no state");
        return;
    }
    if (S_ISDIR(st.stx_mode)) {
        sj_preload_report_at(SJ_EVENT_EXISTS, dir_fd, path, 0);
        return;
    }
    // What is written without O_TRUNC keeps what was in the file; an empty one may be new.
    bool is_reader = (flags & O_ACCMODE) == O_RDONLY || st.stx_size > 0;
    if (!is_reader || (flags & O_TRUNC)) {
        return;
    }
    struct sj_observe_event event = {
        .kind = SJ_EVENT_OPEN,
        .dev = makedev(st.stx_dev_major, st.stx_dev_minor),
        .ino = st.stx_ino,
        .bytes = S_ISREG(st.stx_mode) ? st.stx_size : 0,
        .mtime_ns = to_ns(st.stx_mtime),
        .ctime_ns = to_ns(st.stx_ctime),
    };
    report_event_at(&event, dir_fd, path);
}

void sj_preload_report_open(int dir_fd, const char *path, int flags, int fd, int error)
{
    bool is_new = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    bool is_writer = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
    if (fd < 0 && is_writer) {
        sj_preload_report_refusal(dir_fd, path, error);
        return;
    }
    if (fd < 0) {
        // With O_DIRECTORY it may well be there, and no directory.
        bool is_file = error == ENOTDIR && (flags & O_DIRECTORY);
        sj_preload_report_look(dir_fd, path, is_file ? 0 : error);
        return;
    }
    if (flags & O_PATH) {
        sj_preload_report_look(dir_fd, path, 0);
        return;
    }
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        return; // has no name; a later link() gives it one
    }
    if (!is_new) {
        report_state(dir_fd, path, flags, fd);
    }
    if (is_writer) {
        sj_preload_report_at(SJ_EVENT_WRITE, dir_fd, path, 0);
    }
}

void sj_preload_report_list(int fd)
{
    char buffer[PATH_ROOM];
    const char *path = name_of_fd(fd, buffer, sizeof buffer);
    if (path) {
        sj_preload_report(SJ_EVENT_LIST, path, 0);
    }
}

static int report_object(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    // The program has no name here, and the kernel's vDSO no directory.
    const char *name = info->dlpi_name;
    if (name && strchr(name, '/') && name != self.library) {
        sj_preload_report_at(SJ_EVENT_LOAD, AT_FDCWD, name, 0);
    }
    return 0;
}

void sj_preload_report_objects(void)
{
    (void)dl_iterate_phdr(report_object, NULL);
}

void sj_preload_note_chdir(void)
{
    // Between vfork() and exec the memory is the parent's, whose directory is as it was.
    if (getpid() != self.pid) {
        return;
    }
    int saved = errno;
    uint32_t turn = __atomic_load_n(&place.turn, __ATOMIC_RELAXED);
    if (turn % 2 != 0 || !__atomic_compare_exchange_n(&place.turn, &turn, turn + 1, false,
                                                      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        (void)fail("two threads changed the directory at once");
        errno = saved;
        return;
    }
    if (RAW(getcwd, place.path, sizeof place.path) < 0) {
        place.path[0] = '\0';
    }
    place.is_moved = true;
    __atomic_store_n(&place.turn, turn + 2, __ATOMIC_RELEASE);
    errno = saved;
}

const char *sj_preload_library(void)
{
    return self.library ? self.library : "";
}

const char *sj_preload_log(void)
{
    return self.path;
}
