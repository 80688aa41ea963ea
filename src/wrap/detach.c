// SPDX-License-Identifier: Apache-2.0
#include "wrap/detach.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define ENV_PREFIX "SCRUBJAY_"
#define LIFE_FD    3 // in the agent: closed by its end alone

// The program, relative to this one: as installed, in the build tree, or this one itself.
static char *find_program(void)
{
    static const char *const places[] = {"../libexec/scrubjay/scrubjay-main", "scrubjay-main"};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
        char *path = sj_asprintf("%.*s%s", (int)(slash + 1 - self), self, places[i]);
        if (access(path, X_OK) == 0) {
            return path;
        }
        free(path);
    }
    return NULL;
}

// What the settings say in full, or what belongs to this compile, or to whoever started the build.
static bool is_left_out(const char *variable)
{
    static const char *const names[] = {ENV_PREFIX, "LISTEN_FDS=", "LISTEN_PID=", "NOTIFY_SOCKET="};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sj_skip_prefix(variable, names[i])) {
            return true;
        }
    }
    return false;
}

// NAME=VALUE of a setting that somebody set.
static char *setting_text(const struct sj_config *config, const struct sj_setting *setting)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&text, ENV_PREFIX);
    for (const char *at = setting->name; *at; at++) {
        sj_buf_addc(&text, (char)toupper((unsigned char)*at));
    }
    SJ_AUTO(sj_auto_free) char *value = sj_config_text(config, setting);
    sj_buf_addc(&text, '=');
    sj_buf_adds(&text, value);
    return sj_strdup(sj_buf_text(&text));
}

static bool is_handed_on(const struct sj_config *config, const struct sj_setting *setting, size_t i)
{
    return !setting->is_server &&
           (config->origin[i] != SJ_ORIGIN_DEFAULT || strcmp(setting->name, "cache_dir") == 0);
}

// The agent works in another directory, where neither the project's file nor a relative path leads
// anywhere: settings are handed on as they were understood here.
static void add_settings(const struct sj_config *config, char **out)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (is_handed_on(config, &settings[i], i)) {
            *out++ = setting_text(config, &settings[i]);
        }
    }
    *out = sj_strdup(ENV_PREFIX "PROJECT_CONF=");
}

static size_t count_settings(void)
{
    size_t count;
    (void)sj_settings(&count);
    return count;
}

// What is made of settings stands behind what was given; `made` takes where it begins.
static char **make_env(const struct sj_config *config, char *const *env, size_t *made)
{
    size_t given = 0;
    while (env[given]) {
        given++;
    }
    char **out = sj_calloc(given + count_settings() + 2, sizeof *out);
    *made = 0;
    for (size_t i = 0; i < given; i++) {
        if (!is_left_out(env[i])) {
            out[(*made)++] = env[i];
        }
    }
    add_settings(config, out + *made);
    return out;
}

static void free_env(char **env, size_t made)
{
    for (size_t i = made; env[i]; i++) {
        free(env[i]);
    }
    free(env);
}

// What the build ignores or blocks is not the agent's.
static void reset_signals(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int i = 1; i < SIGRTMIN; i++) {
        (void)sigaction(i, &plain, NULL);
    }
}

// In the child: nothing of the parent is left but the environment.
_Noreturn static void become_agent(const char *program, char **env, int life_fd)
{
    char name[] = "scrubjay";
    char command[] = "serve";
    char option[] = "--agent";
    char *const argv[] = {name, command, option, NULL};
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    reset_signals();
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
        dup2(null_fd, STDERR_FILENO) < 0) {
        _exit(1);
    }
    if (life_fd != LIFE_FD ? dup2(life_fd, LIFE_FD) < 0 : fcntl(life_fd, F_SETFD, 0) < 0) {
        _exit(1);
    }
    (void)close_range(LIFE_FD + 1, ~0U, 0);
    if (chdir("/") < 0) {
        _exit(1);
    }
    (void)execve(program, argv, env);
    _exit(1);
}

static int fork_twice(const char *program, char **env, int life_fd)
{
    pid_t pid = fork();
    if (pid < 0) {
        return -errno;
    }
    if (pid == 0) {
        (void)setsid();
        pid_t agent = fork();
        if (agent == 0) {
            become_agent(program, env, life_fd);
        }
        _exit(agent < 0 ? 1 : 0);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0 ? 0 : -ECHILD;
}

int sj_spawn_agent(const struct sj_config *config, char *const *env, int *life_fd)
{
    SJ_AUTO(sj_auto_free) char *program = find_program();
    if (!program) {
        return -ENOENT;
    }
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
        return -errno;
    }
    size_t made;
    char **agent_env = make_env(config, env, &made);
    int status = fork_twice(program, agent_env, pipe_fds[1]);
    free_env(agent_env, made);
    (void)close(pipe_fds[1]);
    if (status < 0) {
        (void)close(pipe_fds[0]);
        return status;
    }
    *life_fd = pipe_fds[0];
    return 0;
}
