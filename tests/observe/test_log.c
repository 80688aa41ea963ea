// SPDX-License-Identifier: Apache-2.0
// How events are condensed. The logs are written here, event by event.
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/log.h"

#define ROOM ((size_t)4 << 20)

/** A log in plain memory. */
static struct sj_observe_log new_log(void)
{
    struct sj_observe_log log = {.map = calloc(1, ROOM), .size = ROOM};
    cr_assert(log.map);
    *(struct sj_observe_head *)log.map = (struct sj_observe_head){
        .magic = SJ_OBSERVE_MAGIC,
        .version = SJ_OBSERVE_VERSION,
        .limit = ROOM - SJ_OBSERVE_HEAD,
    };
    return log;
}

static struct sj_observe_event *add(struct sj_observe_log *log, uint32_t pid, enum sj_event kind,
                                    const char *path, uint32_t error)
{
    struct sj_observe_head *head = log->map;
    size_t len = strlen(path);
    struct sj_observe_event *event =
        (struct sj_observe_event *)(void *)((char *)log->map + SJ_OBSERVE_HEAD + head->used);
    *event = (struct sj_observe_event){
        .size = (uint32_t)((sizeof *event + len + 8) & ~(size_t)7),
        .kind = (uint8_t)kind,
        .path_len = (uint16_t)len,
        .pid = pid,
        .error = error,
        .ino = kind == SJ_EVENT_OPEN ? 1 : 0,
    };
    memcpy(event + 1, path, len);
    head->used += event->size;
    return event;
}

static struct sj_sightings read_log(struct sj_observe_log *log)
{
    struct sj_sightings found = {0};
    cr_assert_eq(sj_observe_log_read(log, &found), 0);
    return found;
}

Test(log, condenses_what_is_said_of_a_path)
{
    enum {
        NONE = 0
    };
    static const struct {
        enum sj_event events[4];
        enum sj_event kind;
        bool was_written;
        bool was_removed;
        bool was_listed;
    } cases[] = {
        {{SJ_EVENT_ABSENT, SJ_EVENT_EXISTS, SJ_EVENT_OPEN}, SJ_EVENT_OPEN, false, false, false},
        {{SJ_EVENT_OPEN, SJ_EVENT_ABSENT}, SJ_EVENT_OPEN, false, false, false},
        {{SJ_EVENT_LIST, SJ_EVENT_EXISTS}, SJ_EVENT_LIST, false, false, true},
        {{SJ_EVENT_EXISTS, SJ_EVENT_LINK}, SJ_EVENT_LINK, false, false, false},
        {{SJ_EVENT_LOAD, SJ_EVENT_OPEN, SJ_EVENT_LIST}, SJ_EVENT_OPEN, false, false, true},
        {{SJ_EVENT_WRITE, SJ_EVENT_OPEN}, SJ_EVENT_WRITE, true, false, false},
        {{SJ_EVENT_OPEN, SJ_EVENT_WRITE}, SJ_EVENT_OPEN, true, false, false},
        {{SJ_EVENT_ABSENT, SJ_EVENT_WRITE, SJ_EVENT_OPEN}, SJ_EVENT_ABSENT, true, false, false},
        {{SJ_EVENT_WRITE, SJ_EVENT_REMOVE}, SJ_EVENT_WRITE, true, true, false},
        {{SJ_EVENT_WRITE, SJ_EVENT_REMOVE, SJ_EVENT_WRITE}, SJ_EVENT_WRITE, true, false, false},
        {{SJ_EVENT_EXISTS, SJ_EVENT_REMOVE, SJ_EVENT_ABSENT}, SJ_EVENT_EXISTS, true, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_observe_log log = new_log();
        add(&log, 1, SJ_EVENT_HELLO, "tool", 0);
        for (size_t j = 0; j < 4 && cases[i].events[j]; j++) {
            add(&log, 1, cases[i].events[j], "path", 0);
        }
        struct sj_sightings found = read_log(&log);
        cr_expect(found.is_complete, "%zu: %s", i, found.gap);
        cr_assert_eq(found.count, 1);
        cr_expect_eq(found.items[0].kind, cases[i].kind, "%zu", i);
        cr_expect_eq(found.items[0].was_written, cases[i].was_written, "%zu", i);
        cr_expect_eq(found.items[0].was_removed, cases[i].was_removed, "%zu", i);
        cr_expect_eq(found.items[0].was_listed, cases[i].was_listed, "%zu", i);
        sj_sightings_release(&found);
        free(log.map);
    }
}

Test(log, keeps_names_of_different_things_apart)
{
    struct sj_observe_log log = new_log();
    add(&log, 7, SJ_EVENT_HELLO, "tool", 0);
    add(&log, 7, SJ_EVENT_ABSENT, "PATH", 0);
    add(&log, 7, SJ_EVENT_ENV, "PATH", 0);
    add(&log, 8, SJ_EVENT_ENV, "PATH", 0);
    add(&log, 7, SJ_EVENT_CLOCK, "PATH", 0);
    add(&log, 7, SJ_EVENT_EXISTS, ".//a", 0);
    add(&log, 7, SJ_EVENT_EXISTS, "a", 0);
    struct sj_sightings found = read_log(&log);
    cr_expect_eq(found.count, 4);
    cr_expect_eq(found.first_pid, 7);
    cr_expect_str_eq(found.items[3].path, "a");
    sj_sightings_release(&found);
    free(log.map);
}

Test(log, is_complete_when_every_program_reported)
{
    static const struct {
        struct {
            uint32_t pid;
            enum sj_event kind;
            uint32_t error;
        } events[5];
        bool is_complete;
    } cases[] = {
        {{{0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_EXEC, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_EXEC, 0}, {2, SJ_EVENT_HELLO, 0}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_EXEC, 0}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_EXEC, 0}, {2, SJ_EVENT_EXEC, ENOEXEC}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {1, SJ_EVENT_EXEC, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {2, SJ_EVENT_HELLO, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {0, SJ_EVENT_EXEC, 0}, {2, SJ_EVENT_HELLO, 0}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {0, SJ_EVENT_EXEC, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {1, SJ_EVENT_UNSEEN, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {1, SJ_EVENT_UNSEEN, 0}, {1, SJ_EVENT_UNSEEN, ENOEXEC}}, true},
        {{{1, SJ_EVENT_HELLO, 0}, {1, SJ_EVENT_FAILURE, 0}}, false},
        {{{1, SJ_EVENT_HELLO, 0}, {1, SJ_EVENT_FORK, 2}, {2, SJ_EVENT_OPEN, 0}}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_observe_log log = new_log();
        for (size_t j = 0; cases[i].events[j].kind; j++) {
            add(&log, cases[i].events[j].pid, cases[i].events[j].kind, "program",
                cases[i].events[j].error);
        }
        struct sj_sightings found = read_log(&log);
        cr_expect_eq(found.is_complete, cases[i].is_complete, "%zu: %s", i, found.gap);
        cr_expect_eq(found.gap == NULL, found.is_complete, "%zu", i);
        sj_sightings_release(&found);
        free(log.map);
    }
}

Test(log, is_not_complete_when_an_event_was_never_written)
{
    struct sj_observe_log log = new_log();
    add(&log, 1, SJ_EVENT_HELLO, "tool", 0);
    add(&log, 1, SJ_EVENT_OPEN, "a", 0)->size = 0;
    add(&log, 1, SJ_EVENT_OPEN, "b", 0);
    struct sj_sightings found = read_log(&log);
    cr_expect_not(found.is_complete);
    sj_sightings_release(&found);
    free(log.map);
}

Test(log, refuses_damage)
{
    static const struct {
        uint32_t size;
        uint8_t kind;
        uint8_t reserved;
        uint16_t path_len;
        char end;
    } cases[] = {
        {60, SJ_EVENT_OPEN, 0, 4, 0},       // no multiple of 8
        {64, SJ_EVENT_OPEN, 0, 9, 0},       // path past the end
        {1u << 31, SJ_EVENT_OPEN, 0, 4, 0}, // event past the end
        {64, 0, 0, 4, 0},                   // no kind
        {64, SJ_EVENT_END, 0, 4, 0},        // unknown kind
        {64, SJ_EVENT_OPEN, 1, 4, 0},       // from the future
        {64, SJ_EVENT_OPEN, 0, 4, 'x'},     // not terminated
        {64, SJ_EVENT_OPEN, 0, 5, 0},       // a terminator too early
        {8, SJ_EVENT_OPEN, 0, 4, 0},        // too small
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_observe_log log = new_log();
        struct sj_observe_event *event = add(&log, 1, SJ_EVENT_OPEN, "path", 0);
        cr_assert_eq(event->size, 64);
        event->size = cases[i].size;
        event->kind = cases[i].kind;
        event->reserved = cases[i].reserved;
        event->path_len = cases[i].path_len;
        ((char *)(event + 1))[4] = cases[i].end;
        struct sj_sightings found = {0};
        cr_expect_eq(sj_observe_log_read(&log, &found), -EBADMSG, "%zu", i);
        cr_expect_null(found.items);
        free(log.map);
    }
}

Test(log, grows_to_thousands_of_paths)
{
    struct sj_observe_log log = new_log();
    add(&log, 1, SJ_EVENT_HELLO, "tool", 0);
    char name[32];
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(name, sizeof name, "path-%d", i);
        add(&log, 1, SJ_EVENT_ABSENT, name, 0);
    }
    struct sj_sightings found = read_log(&log);
    cr_assert_eq(found.count, 20000);
    cr_expect_str_eq(found.items[19999].path, "path-19999");
    sj_sightings_release(&found);
    free(log.map);
}

Test(log, has_no_name_to_leave_behind)
{
    struct sj_observe_log log = {0};
    cr_assert_eq(sj_observe_log_open("/nonexistent", &log, NULL), 0);
    cr_expect_eq(access(log.path, R_OK | W_OK), 0);
    struct stat by_path;
    struct stat by_fd;
    cr_assert_eq(stat(log.path, &by_path), 0);
    cr_assert_eq(fstat(log.fd, &by_fd), 0);
    cr_expect_eq(by_path.st_ino, by_fd.st_ino);
    cr_expect_eq(fcntl(log.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    int fd = log.fd;
    sj_observe_log_release(&log);
    cr_expect_eq(fcntl(fd, F_GETFD), -1);
    sj_observe_log_release(&log);
}

Test(log, is_refused_under_a_file_size_limit)
{
    // Growing the file would be a signal.
    struct rlimit none = {0, 0};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct sj_observe_log log = {0};
    struct sj_err err = {0};
    cr_expect_eq(sj_observe_log_open("/tmp", &log, &err), -EFBIG);
    cr_expect(strstr(err.text, "/tmp"));
    cr_expect_null(log.path);
}

Test(log, environment_has_the_library_in_front)
{
    static char log_path[] = "/log";
    static char other[] = "A=1";
    static char preload[] = "LD_PRELOAD=own.so";
    static char observe[] = "SCRUBJAY_OBSERVE=old";
    struct sj_observe_log log = {.path = log_path};
    char *env[] = {other, preload, observe, NULL};
    char **made = sj_observe_env(&log, "/observe.so", env);
    cr_expect_str_eq(made[0], "A=1");
    cr_expect_str_eq(made[1], "LD_PRELOAD=/observe.so:own.so");
    cr_expect_str_eq(made[2], "SCRUBJAY_OBSERVE=/log");
    cr_expect_null(made[3]);
    sj_observe_env_free(made);
    made = sj_observe_env(&log, "/observe.so", env + 3);
    cr_expect_str_eq(made[0], "LD_PRELOAD=/observe.so");
    sj_observe_env_free(made);
}
