// SPDX-License-Identifier: Apache-2.0
// Programs that are executed. Each is judged first: one that cannot load the library is run without
// it, so that the dynamic loader has nothing to complain about; any other gets it, even if the
// caller made an environment without it.
// Source: glibc's posix/execvpe.c and sysdeps/unix/sysv/linux/spawni.c for the search along PATH.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/preload.h"
#include "observe/preload_env.h"
#include "observe/program.h"

#define DEFAULT_PATH "/bin:/usr/bin"
#define FEW_ARGS     256

/** A program about to be executed. */
struct launch {
    const char *path;      // as the log has it
    enum sj_event kind;    // EXEC, UNSEEN, or 0: nothing there
    char *const *env;      // what it is run with
    struct sj_block block; // of a changed environment
    char room[2 * PATH_MAX];
};

/** Judge a program, and make the environment that it is to be run with. */
static void prepare(struct launch *launch, int dir_fd, const char *path, char *const *env)
{
    launch->kind = 0;
    launch->env = env;
    launch->block = (struct sj_block){0};
    launch->path = sj_preload_resolve(dir_fd, path, launch->room, sizeof launch->room);
    if (!launch->path) {
        launch->path = path;
    }

    int saved = errno;
    char interpreter[SJ_SHEBANG_MAX];
    int judgement = sj_program_judge(dir_fd, path, interpreter);
    errno = saved;
    if (judgement == -ENOENT || judgement == -ENOTDIR) {
        sj_preload_report_look(AT_FDCWD, launch->path, -judgement);
        return;
    }
    if (judgement >= 0 && interpreter[0]) {
        sj_preload_report_at(SJ_EVENT_LOAD, AT_FDCWD, interpreter, 0);
    }
    bool is_seen = judgement == SJ_PROGRAM_SEEN;
    if (!sj_preload_env_is_ready(env, is_seen) &&
        !sj_preload_env_make(env, is_seen, &launch->block, &launch->env)) {
        sj_preload_report(SJ_EVENT_FAILURE, "no memory for an environment", 0);
    }
    launch->kind = is_seen ? SJ_EVENT_EXEC : SJ_EVENT_UNSEEN;
}

static void announce(const struct launch *launch, pid_t pid)
{
    if (launch->kind) {
        sj_preload_report_pid(launch->kind, launch->path, 0, pid);
    }
}

/** What was announced did not happen. A file of no format goes to a shell, which is seen. */
static void withdraw(const struct launch *launch, int error, pid_t pid)
{
    if (launch->kind) {
        sj_preload_report_pid(launch->kind, launch->path, (uint32_t)error, pid);
        if (error != ENOEXEC) {
            sj_preload_report_look(AT_FDCWD, launch->path, error);
        }
    }
}

typedef int run_program(int fd, const char *path, char *const *argv, char *const *env);

/** Execute a program; comes back only when that failed. */
static int launch_program(run_program *run, int fd, const char *path, char *const *argv,
                          char *const *env)
{
    struct launch launch;
    prepare(&launch, fd, path, env);
    pid_t pid = getpid(); // not the parent's, between vfork() and here
    announce(&launch, pid);
    int result = run(fd, path, argv, launch.env);
    withdraw(&launch, errno, pid);
    sj_block_release(&launch.block);
    return result;
}

// libc's declarations promise that it is; the kernel would answer EFAULT.
static bool is_given(const char *path)
{
    return path != NULL;
}

static int run_execve(int fd, const char *path, char *const *argv, char *const *env);

WRAP(int, execve, (const char *path, char *const argv[], char *const envp[]))
{
    if (!is_given(path) || !sj_preload_is_on()) {
        return REAL(execve)(path, argv, envp);
    }
    return launch_program(run_execve, AT_FDCWD, path, argv, envp);
}

static int run_execve(int fd, const char *path, char *const *argv, char *const *env)
{
    (void)fd;
    return REAL(execve)(path, argv, env);
}

static int run_fexecve(int fd, const char *path, char *const *argv, char *const *env);

WRAP(int, fexecve, (int fd, char *const argv[], char *const envp[]))
{
    if (!sj_preload_is_on()) {
        return REAL(fexecve)(fd, argv, envp);
    }
    return launch_program(run_fexecve, fd, "", argv, envp);
}

static int run_fexecve(int fd, const char *path, char *const *argv, char *const *env)
{
    (void)path;
    return REAL(fexecve)(fd, argv, env);
}

static int run_execveat(int fd, const char *path, char *const *argv, char *const *env);

WRAP(int, execveat,
     (int dir_fd, const char *path, char *const argv[], char *const envp[], int flags))
{
    // Links that must not be followed are for programs that look for traps, not for compilers.
    if (!is_given(path) || flags & ~AT_EMPTY_PATH || !sj_preload_is_on()) {
        return REAL(execveat)(dir_fd, path, argv, envp, flags);
    }
    return launch_program(run_execveat, dir_fd, path, argv, envp);
}

static int run_execveat(int fd, const char *path, char *const *argv, char *const *env)
{
    return REAL(execveat)(fd, path, argv, env, path[0] ? 0 : AT_EMPTY_PATH);
}

// A child of a process with many threads may find the loader's lock taken.
static void find_early(void)
{
    (void)REAL(execve);
}

__attribute__((constructor)) static void prepare_forks(void)
{
    if (sj_preload_is_on()) {
        (void)pthread_atfork(find_early, NULL, NULL);
    }
}

REPLACE(int, execv, (const char *path, char *const argv[]))
{
    return execve(path, argv, environ);
}

/** Run a file that the kernel knows no format for, as execvp() does: by the shell. */
static int run_by_shell(const char *path, char *const *argv, char *const *env)
{
    size_t count = 0;
    while (argv[count]) {
        count++;
    }
    struct sj_block block;
    if (!sj_block_get(&block, (count + 3) * sizeof(char *))) {
        errno = ENOMEM;
        return -1;
    }
    const char **args = block.data;
    args[0] = _PATH_BSHELL;
    args[1] = path;
    for (size_t i = 1; i < count; i++) {
        args[i + 1] = argv[i];
    }
    int result = execve(_PATH_BSHELL, (char *const *)block.data, env);
    sj_block_release(&block);
    return result;
}

static int execute(const char *path, char *const *argv, char *const *env)
{
    int result = execve(path, argv, env);
    return errno == ENOEXEC ? run_by_shell(path, argv, env) : result;
}

/** The directories to search. */
static const char *search_path(void)
{
    const char *list = getenv("PATH");
    return list ? list : DEFAULT_PATH;
}

/**
 * Put the next candidate of a search together.
 *
 * @param list  rest of the search path; moves on; NULL behind the last
 * @param file  what is searched
 * @param out   takes the candidate
 * @return false: too long, to be passed over
 */
static bool next_candidate(const char **list, const char *file, char out[PATH_MAX])
{
    const char *dir = *list;
    size_t len = strcspn(dir, ":");
    *list = dir[len] ? dir + len + 1 : NULL;
    size_t file_len = strlen(file);
    if (len + 1 + file_len >= PATH_MAX) {
        return false;
    }
    memcpy(out, dir, len);
    if (len > 0) {
        out[len++] = '/';
    }
    memcpy(out + len, file, file_len + 1);
    return true;
}

/** Whether a search goes on after a candidate that failed with this. */
static bool is_passed_over(int error)
{
    return error == EACCES || error == ENOENT || error == ESTALE || error == ENOTDIR ||
           error == ENODEV || error == ETIMEDOUT;
}

static int search_and_execute(const char *file, char *const *argv, char *const *env)
{
    if (strchr(file, '/')) {
        return execute(file, argv, env);
    }
    if (strlen(file) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    char candidate[PATH_MAX];
    bool is_refused = false;
    const char *list = search_path();
    while (list) {
        if (!next_candidate(&list, file, candidate)) {
            continue;
        }
        (void)execute(candidate, argv, env);
        if (!is_passed_over(errno)) {
            return -1;
        }
        is_refused |= errno == EACCES;
    }
    if (is_refused) {
        errno = EACCES;
    }
    return -1;
}

WRAP(int, execvpe, (const char *file, char *const argv[], char *const envp[]))
{
    if (!is_given(file) || !*file || !sj_preload_is_on()) {
        return REAL(execvpe)(file, argv, envp);
    }
    return search_and_execute(file, argv, envp);
}

REPLACE(int, execvp, (const char *file, char *const argv[]))
{
    return execvpe(file, argv, environ);
}

/** Arguments of the execl family, gathered into an array. */
struct gathered {
    char *few[FEW_ARGS];
    char **all;
    struct sj_block block;
};

/** @return false, with errno: there is no memory */
static bool gather(struct gathered *args, const char *first, va_list *rest)
{
    va_list counting;
    va_copy(counting, *rest);
    size_t count = 0;
    for (const char *arg = first; arg; arg = va_arg(counting, const char *)) {
        count++;
    }
    va_end(counting);
    args->all = args->few;
    args->block = (struct sj_block){0};
    if (count >= FEW_ARGS) {
        if (!sj_block_get(&args->block, (count + 1) * sizeof(char *))) {
            errno = ENOMEM;
            return false;
        }
        args->all = args->block.data;
    }
    args->all[0] = (char *)(uintptr_t)first; // as exec has it: an array of what it leaves alone
    for (char **at = args->all; *at;) {
        *++at = va_arg(*rest, char *);
    }
    return true;
}

REPLACE(int, execl, (const char *path, const char *arg, ...))
{
    struct gathered args;
    va_list rest;
    va_start(rest, arg);
    int result = gather(&args, arg, &rest) ? execve(path, args.all, environ) : -1;
    va_end(rest);
    sj_block_release(&args.block);
    return result;
}

REPLACE(int, execlp, (const char *file, const char *arg, ...))
{
    struct gathered args;
    va_list rest;
    va_start(rest, arg);
    int result = gather(&args, arg, &rest) ? execvpe(file, args.all, environ) : -1;
    va_end(rest);
    sj_block_release(&args.block);
    return result;
}

REPLACE(int, execle, (const char *path, const char *arg, ...))
{
    struct gathered args;
    va_list rest;
    va_start(rest, arg);
    int result = -1;
    if (gather(&args, arg, &rest)) {
        char *const *env = va_arg(rest, char *const *);
        result = execve(path, args.all, env);
    }
    va_end(rest);
    sj_block_release(&args.block);
    return result;
}

// What a child is to do before it runs its program is opaque once it is noted down.
static bool is_chdir_planned;

WRAP(int, posix_spawn_file_actions_addopen,
     (posix_spawn_file_actions_t * actions, int fd, const char *path, int flags, mode_t mode))
{
    if (sj_preload_is_on()) {
        if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT)) {
            int saved = errno;
            int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // our own, which reports
            if (opened >= 0) {
                (void)close(opened);
            }
            errno = saved;
        } else {
            sj_preload_report_at(SJ_EVENT_WRITE, AT_FDCWD, path, 0);
        }
    }
    return REAL(posix_spawn_file_actions_addopen)(actions, fd, path, flags, mode);
}

WRAP(int, posix_spawn_file_actions_addchdir_np,
     (posix_spawn_file_actions_t * actions, const char *path))
{
    is_chdir_planned = true;
    return REAL(posix_spawn_file_actions_addchdir_np)(actions, path);
}

WRAP(int, posix_spawn_file_actions_addfchdir_np, (posix_spawn_file_actions_t * actions, int fd))
{
    is_chdir_planned = true;
    return REAL(posix_spawn_file_actions_addfchdir_np)(actions, fd);
}

WRAP(int, posix_spawn,
     (pid_t * child, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]))
{
    if (!sj_preload_is_on()) {
        return REAL(posix_spawn)(child, path, actions, attributes, argv, envp);
    }
    if (is_chdir_planned && path[0] != '/') {
        sj_preload_report(SJ_EVENT_FAILURE, "a program was started in another directory", 0);
    }
    struct launch launch;
    prepare(&launch, AT_FDCWD, path, envp);
    pid_t pid = 0;
    int error = REAL(posix_spawn)(&pid, path, actions, attributes, argv, launch.env);
    if (error == 0) {
        announce(&launch, pid);
        if (child) {
            *child = pid;
        }
    }
    sj_block_release(&launch.block);
    return error;
}

WRAP(int, posix_spawnp,
     (pid_t * child, const char *file, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]))
{
    if (!sj_preload_is_on()) {
        return REAL(posix_spawnp)(child, file, actions, attributes, argv, envp);
    }
    if (!*file || strchr(file, '/')) {
        return posix_spawn(child, file, actions, attributes, argv, envp);
    }
    char candidate[PATH_MAX];
    const char *list = search_path();
    int saved = errno;
    while (list) {
        // The child would try one after the other; what it would find is looked up beforehand.
        if (next_candidate(&list, file, candidate) &&
            faccessat(AT_FDCWD, candidate, X_OK, AT_EACCESS) == 0) {
            errno = saved;
            return posix_spawn(child, candidate, actions, attributes, argv, envp);
        }
    }
    errno = saved;
    return REAL(posix_spawnp)(child, file, actions, attributes, argv, envp);
}

/** libc executes the shell itself, and does not say which child that is. */
static void announce_shell(int error)
{
    bool is_seen = sj_program_judge(AT_FDCWD, _PATH_BSHELL, NULL) == SJ_PROGRAM_SEEN;
    sj_preload_report_pid(is_seen ? SJ_EVENT_EXEC : SJ_EVENT_UNSEEN, _PATH_BSHELL, (uint32_t)error,
                          0);
}

WRAP(int, system, (const char *command))
{
    if (command && sj_preload_is_on()) {
        announce_shell(0);
    }
    return REAL(system)(command);
}

WRAP(FILE *, popen, (const char *command, const char *mode))
{
    if (!sj_preload_is_on()) {
        return REAL(popen)(command, mode);
    }
    announce_shell(0);
    FILE *stream = REAL(popen)(command, mode);
    if (!stream) {
        announce_shell(errno);
    }
    return stream;
}
