// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Runs programs under the observer in a directory of the test's own. Criterion gives each test a
 * process of its own, so the working directory may be changed.
 */
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "observe/log.h"

struct watch {
    struct sj_observe_log log;
    struct sj_sightings found;
    int status;           // as of waitpid()
    struct sj_buf errors; // what went to stderr
};

static char *watch_dir;

/** Format a name. @return memory that the next fifteen calls leave alone */
SJ_PRINTF(1, 2) static inline char *watch_name(const char *format, ...)
{
    static char names[16][PATH_MAX];
    static size_t next;
    char *name = names[next++ % 16];
    va_list args;
    va_start(args, format);
    cr_assert_lt(vsnprintf(name, PATH_MAX, format, args), PATH_MAX);
    va_end(args);
    return name;
}

/** A file of this build, named from the folder of the test programs. */
static inline const char *watch_part(const char *name)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    cr_assert_gt(len, 0);
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    return watch_name("%s/%s", self, name);
}

/** A file of the test's directory, by its absolute path. */
static inline char *watch_here(const char *name)
{
    return watch_name("%s/%s", watch_dir, name);
}

static inline void watch_enter(void)
{
    watch_dir = sj_strdup("/tmp/scrubjay-test-observe-XXXXXX");
    cr_assert(mkdtemp(watch_dir));
    cr_assert_eq(chdir(watch_dir), 0);
    // Compilers would spell it in another way.
    (void)setenv("PWD", watch_dir, 1);
    (void)setenv("LC_ALL", "C", 1);
    (void)unsetenv("LD_PRELOAD");
}

static inline void watch_leave(void)
{
    (void)chdir("/");
    (void)sj_tree_remove(watch_dir);
    free(watch_dir);
}

static inline void watch_write(const char *path, const char *text)
{
    cr_assert_eq(sj_file_write(path, 0755, text, strlen(text)), 0, "%s", path);
}

/** Run a program. @param env its environment @param errors takes stderr */
static inline int watch_spawn(char *const *argv, char *const *env, struct sj_buf *errors)
{
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, ".stdout", O_WRONLY | O_CREAT | O_TRUNC,
                                           0644);
    (void)posix_spawn_file_actions_addopen(&actions, 2, ".stderr", O_WRONLY | O_CREAT | O_TRUNC,
                                           0644);
    pid_t pid;
    cr_assert_eq(posix_spawnp(&pid, argv[0], &actions, NULL, argv, env), 0, "%s", argv[0]);
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    *errors = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, ".stderr", errors), 0);
    return status;
}

/** Run a program without the observer; it must succeed. */
static inline void watch_plain(const char *const *argv)
{
    struct sj_buf errors;
    int status = watch_spawn((char *const *)(uintptr_t)argv, environ, &errors);
    cr_assert_eq(status, 0, "%s: %s", argv[0], sj_buf_text(&errors));
    sj_buf_release(&errors);
}

/** Run a program under the observer. @param limit room for events in the log; 0: as it is */
static inline struct watch watch_run_limited(const char *const *argv, uint64_t limit)
{
    struct watch watch = {0};
    struct sj_err err = {0};
    cr_assert_eq(sj_observe_log_open("/dev/shm", &watch.log, &err), 0, "%s", err.text);
    if (limit) {
        ((struct sj_observe_head *)watch.log.map)->limit = limit;
    }
    char **env = sj_observe_env(&watch.log, watch_part("../src/observe/observe.so"), environ);
    watch.status = watch_spawn((char *const *)(uintptr_t)argv, env, &watch.errors);
    sj_observe_env_free(env);
    cr_assert_eq(sj_observe_log_read(&watch.log, &watch.found), 0);
    return watch;
}

static inline struct watch watch_run(const char *const *argv)
{
    return watch_run_limited(argv, 0);
}

static inline void watch_end(struct watch *watch)
{
    sj_sightings_release(&watch->found);
    sj_observe_log_release(&watch->log);
    sj_buf_release(&watch->errors);
}

static inline const struct sj_sighting *watch_find(const struct watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->found.count; i++) {
        if (strcmp(watch->found.items[i].path, path) == 0) {
            return &watch->found.items[i];
        }
    }
    return NULL;
}

/** Expect that something was said of a path. */
#define EXPECT_SEEN(watch, expected_kind, name)                                        \
    do {                                                                               \
        const struct sj_sighting *seen_ = watch_find((watch), (name));                 \
        cr_expect(seen_ != NULL, "nothing was said of %s", (name));                    \
        if (seen_) {                                                                   \
            cr_expect_eq(seen_->kind, (expected_kind), "%s: %d", (name), seen_->kind); \
        }                                                                              \
    } while (0)

/** Expect that a program ended well and was seen whole. */
#define EXPECT_WHOLE(watch)                                                    \
    do {                                                                       \
        cr_expect_eq((watch)->status, 0, "%s", sj_buf_text(&(watch)->errors)); \
        cr_expect((watch)->found.is_complete, "%s", (watch)->found.gap);       \
    } while (0)

/** Expect that a path was written, and perhaps removed afterwards. */
#define EXPECT_WRITTEN(watch, name, is_removed)                                            \
    do {                                                                                   \
        const struct sj_sighting *seen_ = watch_find((watch), (name));                     \
        cr_expect(seen_ && seen_->was_written && seen_->was_removed == (is_removed), "%s", \
                  (name));                                                                 \
    } while (0)
