// SPDX-License-Identifier: Apache-2.0
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"

static const char separator[] = ":::";

static bool is_assignment(const char *word)
{
    const char *equals = strchr(word, '=');
    return equals && equals != word && !memchr(word, '/', (size_t)(equals - word));
}

int sj_candidates_parse(char **argv, int argc, struct sj_candidate *out, int room)
{
    int count = 0;
    for (int at = 0; at < argc;) {
        int end = at;
        while (end < argc && strcmp(argv[end], separator) != 0) {
            end++;
        }
        argv[end] = NULL;

        int command = at + 1;
        while (command < end && is_assignment(argv[command])) {
            command++;
        }
        if (command >= end || count == room) {
            return -EINVAL;
        }
        out[count++] = (struct sj_candidate){
            .name = argv[at],
            .settings = argv + at + 1,
            .settings_count = command - at - 1,
            .argv = argv + command,
            .argc = end - command,
        };
        at = end + 1;
    }
    return count > 0 ? count : -EINVAL;
}

static char *fill_in(const char *word, uint64_t number)
{
    const char *hole = strstr(word, "{}");
    if (!hole) {
        return sj_strdup(word);
    }
    return sj_asprintf("%.*s%llu%s", (int)(hole - word), word, (unsigned long long)number,
                       hole + 2);
}

static char **filled_words(char **words, int count, uint64_t number, int more)
{
    char **out = sj_calloc((size_t)(count + more) + 1, sizeof *out);
    for (int i = 0; i < count; i++) {
        out[i] = fill_in(words[i], number);
    }
    return out;
}

static void free_words(char **words, int count)
{
    for (int i = 0; i < count; i++) {
        free(words[i]);
    }
    free(words);
}

static int environment_size(void)
{
    int count = 0;
    while (environ[count]) {
        count++;
    }
    return count;
}

static void remove_output(char **argv, int argc)
{
    for (int i = 0; i + 1 < argc; i++) {
        if (strcmp(argv[i], "-o") == 0) {
            (void)unlink(argv[i + 1]);
        }
    }
}

int sj_run_start(const struct sj_candidate *candidate, uint64_t number, struct sj_run *out)
{
    char **argv = filled_words(candidate->argv, candidate->argc, number, 0);
    int inherited = environment_size();
    // getenv() finds the first of several, so what is set for the candidate goes in front.
    char **env = filled_words(candidate->settings, candidate->settings_count, number, inherited);
    memcpy(env + candidate->settings_count, environ, (size_t)inherited * sizeof *env);

    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

    if (candidate->is_fresh) {
        remove_output(argv, candidate->argc);
    }
    out->start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = posix_spawnp(&out->pid, argv[0], &actions, &attributes, argv, env);

    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free_words(argv, candidate->argc);
    free_words(env, candidate->settings_count);
    return -status;
}

pid_t sj_run_wait(pid_t pid)
{
    siginfo_t info = {0};
    while (waitid(pid > 0 ? P_PID : P_ALL, (id_t)pid, &info, WEXITED | WNOWAIT) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return info.si_pid;
}

// /proc/PID/schedstat: "time on a core, time waiting for one, time slices", in nanoseconds; a
// process that has ended keeps it until it is reaped.
// Source: the kernel's Documentation/scheduler/sched-stats.rst.
static int read_schedstat(pid_t pid, uint64_t *core_ns, uint64_t *queue_ns)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("/proc/%d/schedstat", (int)pid);
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    char text[128] = "";
    ssize_t len = read(fd, text, sizeof text - 1);
    if (len <= 0) {
        return len < 0 ? -errno : -ENODATA;
    }
    char *first_end = strchr(text, ' ');
    char *second_end = first_end ? strchr(first_end + 1, ' ') : NULL;
    if (!second_end) {
        return -EBADMSG;
    }
    *first_end = '\0';
    *second_end = '\0';
    int status = sj_parse_u64(text, UINT64_MAX, core_ns);
    return status < 0 ? status : sj_parse_u64(first_end + 1, UINT64_MAX, queue_ns);
}

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * SJ_NS_PER_S + (uint64_t)time.tv_usec * 1000;
}

int sj_run_reap(const struct sj_run *run, struct sj_sample *out)
{
    uint64_t end_ns = sj_clock_ns(CLOCK_MONOTONIC);
    uint64_t core_ns = 0;
    uint64_t queue_ns = 0;
    int stat_status = read_schedstat(run->pid, &core_ns, &queue_ns);

    struct rusage usage = {0};
    int status = 0;
    if (wait4(run->pid, &status, 0, &usage) < 0) {
        return -errno;
    }
    uint64_t wall_ns = end_ns - run->start_ns;
    uint64_t busy_ns = core_ns + queue_ns;
    *out = (struct sj_sample){
        .wall_ns = wall_ns,
        .cpu_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime),
        .blocked_ns = stat_status == 0 && busy_ns < wall_ns ? wall_ns - busy_ns : 0,
        .faults = (uint64_t)usage.ru_minflt,
        .status = status,
    };
    return 0;
}

bool sj_status_is_good(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
