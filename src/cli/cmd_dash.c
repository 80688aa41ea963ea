// SPDX-License-Identifier: Apache-2.0
// `scrubjay dash`: the pages of the local store, for the user who runs it.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/reason.h"
#include "dash/dash.h"
#include "repo/repo.h"
#include "server/server.h"

#define DEFAULT_LISTEN "127.0.0.1:0"

enum {
    OPT_NO_BROWSER,
    OPT_REPO,
};

static const struct sj_option options[] = {
    [OPT_NO_BROWSER] = {"no-browser", NULL, "Print the address only; open no browser."},
    [OPT_REPO] = {"repo", "DIR",
                  "Repository with the history, a bare or blobless clone will do. Default: that of "
                  "the working directory."},
    {NULL, NULL, NULL},
};

// For the callback of the server, which says where it listens.
static struct {
    char key[SJ_PAGE_KEY_LEN + 1];
    bool opens_browser;
    char *file; // that the browser was given; NULL: none
} state;

static void say(const char *text)
{
    (void)fprintf(stderr, "scrubjay: %s\n", text);
}

static int make_key(char out[SJ_PAGE_KEY_LEN + 1], struct sj_err *err)
{
    unsigned char random[SJ_PAGE_KEY_LEN / 2];
    // So few bytes come whole, or not at all: getrandom(2).
    if (getrandom(random, sizeof random, 0) < 0) {
        return sj_fail(err, -errno, "cannot get random bytes");
    }
    for (size_t i = 0; i < sizeof random; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", random[i]);
    }
    return 0;
}

// Everybody on the machine sees the arguments of a program: the browser is given a file instead,
// which its user alone may read, and which leads to the address.
static char *make_file(const char *url)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    char *path = sj_asprintf("%s/scrubjay-dash-XXXXXX.html", dir && dir[0] == '/' ? dir : "/tmp");
    SJ_AUTO(sj_auto_close) int fd = mkostemps(path, (int)strlen(".html"), O_CLOEXEC);
    SJ_AUTO(sj_auto_free)
    char *text = sj_asprintf("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n"
                             "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n"
                             "<title>Scrubjay</title></head>\n"
                             "<body><p><a href=\"%s\">To the dashboard</a></p></body>\n</html>\n",
                             url, url);
    if (fd < 0 || sj_fd_write(fd, text, strlen(text)) < 0) {
        free(path);
        return NULL;
    }
    return path;
}

static void open_browser(const char *url)
{
    char program[] = "xdg-open";
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t pid;
    state.file = make_file(url);
    if (!state.file) {
        return;
    }
    char *argv[] = {program, state.file, NULL};
    (void)sigemptyset(&none);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    // The server blocks signals, and Ctrl-C is for it alone, not for the browser.
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    // Nobody waits for it: it may last as long as the browser.
    if (posix_spawnp(&pid, program, &actions, &attributes, argv, environ) != 0) {
        say("no browser could be opened (xdg-open): open the address yourself");
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
}

static void ready(const char *url)
{
    SJ_AUTO(sj_auto_free) char *address = sj_asprintf("%s/dash/open?key=%s", url, state.key);
    (void)printf("%s\n", address);
    (void)fflush(stdout);
    say("the dashboard is at the address above, for you alone; Ctrl-C ends it");
    if (state.opens_browser) {
        open_browser(address);
    }
}

static bool has_display(void)
{
    const char *const names[] = {"DISPLAY", "WAYLAND_DISPLAY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            return true;
        }
    }
    return false;
}

// The setting is the server's, whose address is another: only that of the command line counts.
static int choose_address(struct sj_config *config, struct sj_err *err)
{
    size_t count;
    const struct sj_setting *first = sj_settings(&count);
    const struct sj_setting *listen = sj_setting_find("listen");
    if (config->origin[listen - first] == SJ_ORIGIN_ARG) {
        return 0;
    }
    return sj_config_set(config, "listen", DEFAULT_LISTEN, SJ_ORIGIN_ARG, err);
}

// A directory that was named has to be a repository; the working directory may be one.
static int check_repo(const char *dir, struct sj_err *err)
{
    struct sj_repo *repo = NULL;
    int status = sj_repo_open(dir ? dir : ".", &repo, err);
    sj_repo_close(repo);
    if (status == SJ_REPO_NONE && dir) {
        return sj_fail_plain(err, -ENOENT, "--repo: '%.200s' is no git repository", dir);
    }
    return dir ? status : status == 0 ? 0 : SJ_REPO_NONE;
}

static int serve(struct sj_invocation *call, struct sj_err *err)
{
    const char *repo = call->value[OPT_REPO];
    int status = choose_address(&call->config, err);
    status = status < 0 ? status : make_key(state.key, err);
    status = status < 0 ? status : check_repo(repo, err);
    if (status < 0) {
        return status;
    }
    const struct sj_dash_options dash_options = {
        .config = &call->config,
        .repo = status == SJ_REPO_NONE ? NULL
                : repo                 ? repo
                                       : ".",
        .reason_text = sj_reason_text,
        .is_local = true,
        .is_eager = true,
    };
    struct sj_dash *dash = NULL;
    status = sj_dash_open(&dash_options, &dash, err);
    if (status < 0) {
        return status;
    }
    const struct sj_pages pages = {.answer = sj_dash_answer, .user = dash};
    const struct sj_server_options server = {
        .config = &call->config,
        .version = SJ_VERSION,
        .pages = &pages,
        .page_key = state.key,
        .ready = ready,
        .say = say,
    };
    state.opens_browser = !call->value[OPT_NO_BROWSER] && has_display();
    status = sj_server_run(&server, err);
    sj_dash_close(dash);
    if (state.file) {
        (void)unlink(state.file);
        free(state.file);
    }
    return status;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err = {0};
    return serve(call, &err) < 0 ? sj_command_fail(&err) : SJ_EXIT_OK;
}

const struct sj_command sj_command_dash = {
    .name = "dash",
    .words = "",
    .summary = "Look at builds in a browser.",
    .text =
        "Serve the pages of this user's store on a loopback address, print the address and open "
        "it in the browser. The address has a key, so that nobody else on the machine can look. "
        "Ctrl-C ends it. docs/dashboard-tour.md is a tour.\n"
        "The port is a free one; --listen 127.0.0.1:8080 takes another address of this machine. "
        "'scrubjay serve' has the same pages for a team.\n",
    .options = options,
    .run = run,
};
