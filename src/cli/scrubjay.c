// SPDX-License-Identifier: Apache-2.0
//
// The program `scrubjay`: the wrapper, by link or by name, and the front of every other command.

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "wrap/link.h"
#include "wrap/wrap.h"

// The program with all other commands, relative to this one: as installed, or in the build tree.
static void run_main(char **argv, char **env)
{
    static const char *const places[] = {"../libexec/scrubjay/scrubjay-main", "scrubjay-main"};
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
    if (!slash) {
        return;
    }
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char path[2 * PATH_MAX];
        (void)snprintf(path, sizeof path, "%s%s", self, places[i]);
        (void)execve(path, argv, env);
    }
}

int main(int argc, char **argv, char **env)
{
    if (argc < 1) {
        return 2;
    }
    const char *slash = strrchr(argv[0], '/');
    char *name = argv[0] + (slash ? slash + 1 - argv[0] : 0);
    const char *const called[] = {name, NULL};
    // Called by a link that bears a compiler's name, we are that compiler.
    if (strcmp(name, "scrubjay") != 0 && sj_wrap_claims(called)) {
        // By the name alone, another directory of PATH could be meant by now.
        char *file = (char *)getauxval(AT_EXECFN);
        const char *origin = sj_link_origin(file);
        argv[0] = origin ? file + (origin - file) : name;
        return sj_wrap_run((const char *const *)argv, env);
    }
    if (sj_wrap_claims((const char *const *)argv + 1)) {
        return sj_wrap_run((const char *const *)argv + 1, env);
    }
    run_main(argv, env);
    (void)fprintf(stderr,
                  "scrubjay: cannot start 'scrubjay-main', which should be installed in "
                  "'../libexec/scrubjay' beside this program: %s\n",
                  strerrordesc_np(errno));
    return 1;
}
