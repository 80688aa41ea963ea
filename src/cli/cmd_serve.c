// SPDX-License-Identifier: Apache-2.0
// `scrubjay serve`: the shared cache server, and the agent.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "cli/reason.h"
#include "dash/dash.h"
#include "server/server.h"
#include "store/agent_path.h"
#include "store/store.h"

enum {
    OPT_AGENT,
};

static const struct sj_option options[] = {
    {"agent", NULL,
     "Serve the compilers of this user on a Unix socket, in front of the servers of the setting "
     "'remote'. Started by itself when it is needed."},
    {NULL, NULL, NULL},
};

// For the handler of a signal that comes when the store's file is cut under its map.
static const char *store_dir;

static void condemn(int signal)
{
    // The next one to open the store makes its index again; this process is at its end.
    sj_store_condemn(store_dir);
    (void)raise(signal);
}

static void guard_store(const char *dir)
{
    store_dir = dir;
    struct sigaction action = {.sa_handler = condemn, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
}

static void say(const char *text)
{
    char line[1100];
    int len = snprintf(line, sizeof line, "scrubjay: %s\n", text);
    (void)sj_fd_write(STDERR_FILENO, line, (size_t)len);
}

static int serve(const struct sj_invocation *call, const char *socket, struct sj_err *err)
{
    const struct sj_dash_options dash_options = {
        .config = &call->config,
        .reason_text = sj_reason_text,
        .is_eager = true,
        .say = say,
    };
    struct sj_dash *dash = NULL;
    if (!socket && call->config.server.dashboard) {
        int status = sj_dash_open(&dash_options, &dash, err);
        if (status < 0) {
            return status;
        }
    }
    const struct sj_pages pages = {.answer = sj_dash_answer, .user = dash};
    const struct sj_server_options server = {
        .config = &call->config,
        .version = SJ_VERSION,
        .agent_socket = socket,
        .pages = dash ? &pages : NULL,
        .say = say,
    };
    int status = sj_server_run(&server, err);
    sj_dash_close(dash);
    return status;
}

static int run(struct sj_invocation *call)
{
    SJ_AUTO(sj_auto_free) char *socket = NULL;
    if (call->value[OPT_AGENT]) {
        if (!call->config.remote) {
            (void)fprintf(stderr, "scrubjay: an agent needs the setting 'remote': the server that "
                                  "it stands in front of\n");
            return SJ_EXIT_USAGE;
        }
        socket = sj_agent_socket_path(&call->config);
    }
    guard_store(call->config.cache_dir);
    struct sj_err err = {0};
    return serve(call, socket, &err) < 0 ? sj_command_fail(&err) : SJ_EXIT_OK;
}

const struct sj_command sj_command_serve = {
    .name = "serve",
    .words = "",
    .summary = "Run the shared cache server.",
    .text = "Serve the store over HTTP to the agents of other machines and to the clients of other "
            "caches: ccache, sccache, Bazel, moon, Gradle, Turborepo, Nx. Settings, tokens and "
            "namespaces are described in docs/serve.md. Its pages for people are at /dash: "
            "docs/dashboard.md.\n"
            "It serves until SIGTERM or SIGINT, then answers what is under way and ends. SIGHUP "
            "reads tokens, namespaces and certificates again and opens the access log anew.\n",
    .options = options,
    .run = run,
};
