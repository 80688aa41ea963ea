// SPDX-License-Identifier: Apache-2.0
// A program that does one thing, named by its first argument, for the tests of the observer. It
// fails when libc answers in another way than it would without the observer.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition)) {                                               \
            fprintf(stderr, "%d: %s: %d\n", __LINE__, #condition, errno); \
            exit(1);                                                      \
        }                                                                 \
    } while (0)

static void wait_for(pid_t pid, int expected)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == expected);
}

static void read_file(const char *path)
{
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0);
    CHECK(close(fd) == 0);
}

static void do_errno(void)
{
    errno = 0;
    CHECK(open("missing", O_RDONLY) < 0 && errno == ENOENT);
    CHECK(open("file/below", O_RDONLY) < 0 && errno == ENOTDIR);
    CHECK(open("file", O_CREAT | O_EXCL | O_WRONLY, 0600) < 0 && errno == EEXIST);
    CHECK(!fopen("missing", "r") && errno == ENOENT);
    CHECK(execl("missing", "missing", (char *)NULL) < 0 && errno == ENOENT);
    CHECK(execlp("missing", "missing", (char *)NULL) < 0 && errno == ENOENT);
    CHECK(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY) < 0 && errno == EFAULT);
    CHECK(open((const char *)1, O_RDONLY) < 0 && errno == EFAULT);
    CHECK(access((const char *)1, F_OK) < 0 && errno == EFAULT);
    pid_t pid;
    CHECK(posix_spawnp(&pid, "missing", NULL, NULL, (char *[]){NULL}, environ) == ENOENT);
    errno = 77;
    read_file("file");
    struct stat st;
    CHECK(stat("file", &st) == 0);
    CHECK(getenv("SURELY_UNSET") == NULL);
    CHECK(errno == 77);
}

static void do_look(void)
{
    struct stat st;
    struct statx stx;
    char buffer[16];
    CHECK(stat("by-stat", &st) < 0);
    CHECK(lstat("by-lstat", &st) < 0);
    CHECK(fstatat(AT_FDCWD, "by-fstatat", &st, 0) < 0);
    CHECK(statx(AT_FDCWD, "by-statx", 0, STATX_SIZE, &stx) < 0);
    CHECK(access("by-access", R_OK) < 0);
    CHECK(faccessat(AT_FDCWD, "by-faccessat", R_OK, 0) < 0);
    CHECK(euidaccess("by-euidaccess", R_OK) < 0);
    CHECK(readlink("by-readlink", buffer, sizeof buffer) < 0);
    CHECK(!realpath("by-realpath", NULL));
    CHECK(!fopen("by-fopen", "r"));
    CHECK(!opendir("by-opendir"));
    CHECK(openat(AT_FDCWD, "by-openat", O_RDONLY) < 0);
    CHECK(readlink("link", buffer, sizeof buffer) == 4);
    char *resolved = realpath("link", NULL);
    CHECK(resolved);
    free(resolved);
    DIR *dir = opendir("dir");
    CHECK(dir && readdir(dir));
    CHECK(closedir(dir) == 0);
}

static void do_change(void)
{
    CHECK(rename("file", "renamed") == 0);
    char made[] = "made-XXXXXX";
    int fd = mkstemp(made);
    CHECK(fd >= 0 && close(fd) == 0 && rename(made, "made") == 0);
    CHECK(mkdir("new", 0755) == 0 && symlink("made", "new/link") == 0);
    CHECK(unlink("new/link") == 0 && rmdir("new") == 0);
    FILE *stream = fopen("grown", "a");
    CHECK(stream && fputs("more", stream) >= 0 && fclose(stream) == 0);
    read_file("made");
}

static void do_move(void)
{
    int fd = open("dir", O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0);
    int inner = openat(fd, "by-descriptor", O_RDONLY);
    CHECK(inner >= 0 && close(inner) == 0 && close(fd) == 0);
    CHECK(chdir("dir") == 0);
    read_file("moved");
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        execlp("cat", "cat", "moved-child", (char *)NULL);
        _exit(1);
    }
    wait_for(pid, 0);
    CHECK(chdir("..") == 0);
}

static void *open_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "missing-%d", i);
        CHECK(open(name, O_RDONLY) < 0 && errno == ENOENT);
        read_file("file");
    }
    return NULL;
}

static void do_threads(void)
{
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++) {
        CHECK(pthread_create(&threads[i], NULL, open_many, NULL) == 0);
    }
    for (size_t i = 0; i < 8; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

static char child[] = "child";

// Every way to start the program "./child", which ends with 3.
static void do_start(void)
{
    char *argv[] = {child, NULL};
    char *none[] = {NULL};
    for (volatile int way = 0; way < 8; way++) // volatile: vfork() comes back twice
    {
        pid_t pid = way % 2 ? fork() : vfork();
        CHECK(pid >= 0);
        if (pid == 0) {
            switch (way) {
            case 0:
                execv("./child", argv);
                break;
            case 1:
                execve("./child", argv, none);
                break;
            case 2:
                execvp("child", argv);
                break;
            case 3:
                execvpe("child", argv, none);
                break;
            case 4:
                execl("./child", "child", (char *)NULL);
                break;
            case 5:
                execle("./child", "child", (char *)NULL, none);
                break;
            case 6:
                execlp("child", "child", (char *)NULL);
                break;
            default:
                fexecve(open("./child", O_RDONLY), argv, environ);
                break;
            }
            _exit(1);
        }
        wait_for(pid, 3);
    }
    pid_t pid;
    CHECK(posix_spawn(&pid, "./child", NULL, NULL, argv, environ) == 0);
    wait_for(pid, 3);
    CHECK(posix_spawnp(&pid, "child", NULL, NULL, argv, none) == 0);
    wait_for(pid, 3);
    CHECK(WEXITSTATUS(system("./child")) == 3);
    FILE *stream = popen("./child", "r");
    CHECK(stream && WEXITSTATUS(pclose(stream)) == 3);
}

// Two files of no format: the shell runs the one, and nobody the other.
static void do_text(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        execlp("./text", "text", "argument", (char *)NULL);
        _exit(1);
    }
    wait_for(pid, 4);
    CHECK(execl("./text", "text", (char *)NULL) < 0 && errno == ENOEXEC);
}

static _Noreturn void do_load(void)
{
    CHECK(dlopen("libbare.so", RTLD_NOW)); // along the RUNPATH of this program
    CHECK(dlopen("./lib/libpath.so", RTLD_NOW));
    CHECK(!dlopen("./lib/libmissing.so", RTLD_NOW));
    _exit(0);
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)path;
    (void)st;
    (void)kind;
    (void)where;
    return 0;
}

static void do_walk(void)
{
    CHECK(nftw("dir", visit, 4, 0) == 0);
}

// A file that cannot be executed now, but perhaps tomorrow.
static void do_refused(void)
{
    CHECK(execl("file", "file", (char *)NULL) < 0 && errno == EACCES);
}

// A name that leads in a circle.
static void do_circle(void)
{
    CHECK(open("circle", O_RDONLY) < 0 && errno == ELOOP);
}

// Outputs that cannot be written say nothing of inputs.
static void do_output(void)
{
    CHECK(open("dir", O_WRONLY) < 0 && errno == EISDIR);
    CHECK(mkdir("dir", 0755) < 0 && errno == EEXIST);
    CHECK(rmdir("file") < 0 && errno == ENOTDIR);
    CHECK(!opendir("file") && errno == ENOTDIR);
    CHECK(open("file", O_RDONLY | O_DIRECTORY) < 0 && errno == ENOTDIR);
}

static void do_silent(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        // No libc function that could be seen.
        (void)syscall(SYS_execve, "./child", (char *[]){child, NULL}, environ);
        _exit(1);
    }
    wait_for(pid, 3);
}

static const struct {
    const char *name;
    void (*act)(void);
} acts[] = {
    {"change", do_change}, {"circle", do_circle}, {"output", do_output}, {"refused", do_refused},
    {"errno", do_errno},   {"load", do_load},     {"look", do_look},     {"move", do_move},
    {"silent", do_silent}, {"start", do_start},   {"text", do_text},     {"threads", do_threads},
    {"walk", do_walk},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].name, argv[1]) == 0) {
            acts[i].act();
            return 0;
        }
    }
    return 2;
}
