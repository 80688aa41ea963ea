// SPDX-License-Identifier: Apache-2.0
// Files and environment. On the way of every compile: the environment is walked once, and where no
// file exists the whole costs one getcwd() and one openat() for each place a file could be.
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/apply.h"
#include "config/config.h"

#define FILE_NAME  "scrubjay.conf"
#define ENV_PREFIX "SCRUBJAY_"
#define LEVELS_MAX ((size_t)64) /**< directories above the working directory that are searched */

/** What the environment says. Borrowed from environ. */
struct environment {
    const char *home;
    const char *cache_home;
    const char *config_home;
    const char *project_conf;
    const char *system_conf;
    const char *value[SJ_SETTINGS_MAX]; /**< text of each setting; NULL: not there */
};

/** A load under way. */
struct load {
    struct sj_config *config;
    struct environment env;
    sj_config_problem *problem;
    void *user;
    int status; /**< the first problem's; 0: none */
};

static void tell(struct load *load, const struct sj_err *err)
{
    if (load->status == 0) {
        load->status = err->status;
    }
    load->problem(err, load->user);
}

// Variables of the program's own, which are no settings.
static bool is_internal(const char *name)
{
    static const char *const names[] = {"active", "observe", "project_conf", "run_", "system_conf"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sj_skip_prefix(name, names[i])) {
            return true;
        }
    }
    return false;
}

static const struct sj_setting *find_alias(const char *name)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (settings[i].alias && strcmp(settings[i].alias, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

static void note_variable(struct load *load, const char *text)
{
    char name[32];
    size_t len = 0;
    for (; text[len] && text[len] != '=' && len < sizeof name - 1; len++) {
        // A lower-case letter cannot be part of a variable's name: '?' keeps it from matching.
        name[len] =
            islower((unsigned char)text[len]) ? '?' : (char)tolower((unsigned char)text[len]);
    }
    name[len] = '\0';
    const char *value = text + len + 1;

    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    const struct sj_setting *setting = text[len] == '=' ? sj_setting_find(name) : NULL;
    if (setting) {
        load->env.value[setting - settings] = value;
        return;
    }
    setting = text[len] == '=' ? find_alias(name) : NULL;
    if (setting) {
        if (!load->env.value[setting - settings]) {
            load->env.value[setting - settings] = value;
        }
    } else if (strcmp(name, "project_conf") == 0) {
        load->env.project_conf = value;
    } else if (strcmp(name, "system_conf") == 0) {
        load->env.system_conf = value;
    } else if (!is_internal(name)) {
        struct sj_err why;
        struct sj_err err;
        (void)sj_config_unknown(name, &why);
        (void)sj_fail_plain(&err, -ENOENT, "environment: " ENV_PREFIX "%.*s: %.300s",
                            (int)strcspn(text, "="), text, why.text);
        tell(load, &err);
    }
}

static void read_environment(struct load *load)
{
    static const struct {
        const char *name;
        size_t len;
        size_t offset;
    } known[] = {
        {"HOME=", 5, offsetof(struct environment, home)},
        {"XDG_CACHE_HOME=", 15, offsetof(struct environment, cache_home)},
        {"XDG_CONFIG_HOME=", 16, offsetof(struct environment, config_home)},
    };
    for (char **at = environ; *at; at++) {
        const char *text = *at;
        if (text[0] == 'S' && strncmp(text, ENV_PREFIX, sizeof ENV_PREFIX - 1) == 0) {
            note_variable(load, text + sizeof ENV_PREFIX - 1);
            continue;
        }
        // Relative directories are invalid here, says the XDG base directory specification.
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (strncmp(text, known[i].name, known[i].len) == 0 && text[known[i].len] == '/') {
                *(const char **)((char *)&load->env + known[i].offset) = text + known[i].len;
            }
        }
    }
}

static void tell_line(const struct sj_config_parse *parse, int line, const struct sj_err *why)
{
    struct sj_err err;
    (void)sj_fail_plain(&err, why->status, "'%.160s' line %d: %.300s", parse->path, line,
                        why->text);
    parse->problem(&err, parse->user);
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1])) {
        len--;
    }
    text[len] = '\0';
    return text;
}

// One line, terminated, without its newline.
static int parse_line(const struct sj_config_parse *parse, char *line, struct sj_err *err)
{
    char *name = trim(line);
    if (!*name || *name == '#') {
        return 0;
    }
    char *equals = strchr(name, '=');
    if (!equals) {
        return sj_fail_plain(err, -EINVAL, "write 'name = value', or '#' before a comment");
    }
    *equals = '\0';
    name = trim(name);
    const struct sj_setting *setting = sj_setting_find(name);
    if (!setting) {
        return sj_config_unknown(name, err);
    }
    return sj_config_apply(parse->config, setting, trim(equals + 1), &parse->place, parse->origin,
                           err);
}

int sj_config_parse(const struct sj_config_parse *parse, char *text, size_t len)
{
    int first = 0;
    char *end = text + len;
    int number = 1;
    for (char *line = text; line < end; number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *line_end = newline ? newline : end;
        *line_end = '\0';
        struct sj_err err;
        int status = strlen(line) != (size_t)(line_end - line)
                         ? sj_fail_plain(&err, -EINVAL, "a NUL byte: this is no text file")
                         : parse_line(parse, line, &err);
        if (status < 0) {
            tell_line(parse, number, &err);
            first = first ? first : status;
        }
        line = line_end + 1;
    }
    return first;
}

static void tell_load(const struct sj_err *err, void *user)
{
    tell(user, err);
}

static void tell_file(struct load *load, int status, const char *path)
{
    struct sj_err err;
    if (status == -EFBIG) {
        (void)sj_fail_plain(&err, status, "'%s': a settings file holds 64 KiB at most", path);
    } else {
        (void)sj_fail(&err, status, "cannot read '%s'", path);
    }
    tell(load, &err);
}

static void read_file(struct load *load, int fd, const char *path, enum sj_origin origin)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_CONFIG_FILE_MAX);
    struct stat st;
    int status = fstat(fd, &st) < 0 ? -errno : 0;
    if (status == 0 && !S_ISREG(st.st_mode)) {
        status = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    }
    if (status == 0) {
        status = sj_fd_read(fd, &text);
    }
    if (status < 0) {
        tell_file(load, status, path);
        return;
    }
    if (text.len == 0) {
        return;
    }

    const char *slash = strrchr(path, '/');
    SJ_AUTO(sj_auto_free) char *dir = sj_strndup(path, slash ? (size_t)(slash - path) : 0);
    const struct sj_config_parse parse = {
        .config = load->config,
        .path = path,
        .place = {.dir = dir, .home = load->env.home},
        .origin = origin,
        .problem = tell_load,
        .user = load,
    };
    (void)sj_config_parse(&parse, text.data, text.len);
}

// Never blocks, even if what stands there is a pipe or a terminal.
static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void load_file(struct load *load, const char *path, enum sj_origin origin)
{
    SJ_AUTO(sj_auto_close) int fd = open_file(path);
    if (fd >= 0) {
        read_file(load, fd, path, origin);
    } else if (errno != ENOENT && errno != ENOTDIR) {
        tell_file(load, -errno, path);
    }
}

static bool user_path(const struct environment *env, char path[PATH_MAX])
{
    const char *dir = env->config_home ? env->config_home : env->home;
    if (!dir) {
        return false;
    }
    int len = snprintf(path, PATH_MAX, "%s%s/" FILE_NAME, dir, env->config_home ? "" : "/.config");
    return len < PATH_MAX;
}

// Opens the project's file: the nearest above the working directory, but none above the nearest
// directory that holds .git. Asking for the file alone, all the way up, is half the system calls
// in the usual case that there is none; only a file that is found needs the look for .git.
static int project_open(char path[PATH_MAX + sizeof "/." FILE_NAME])
{
    if (!getcwd(path, PATH_MAX) || path[0] != '/') {
        return -ENOENT;
    }
    char above[3 * LEVELS_MAX + sizeof "." FILE_NAME];
    size_t path_len = path[1] ? strlen(path) : 0;
    for (size_t level = 0; level < LEVELS_MAX; level++) {
        memcpy(above + 3 * level, "." FILE_NAME, sizeof "." FILE_NAME);
        int fd = open_file(above);
        if (fd >= 0) {
            for (size_t below = 0; below < level; below++) {
                memcpy(above + 3 * below, ".git", sizeof ".git");
                if (access(above, F_OK) == 0) {
                    (void)close(fd);
                    return -ENOENT;
                }
                memcpy(above + 3 * below, "../../", 6);
            }
            memcpy(path + path_len, "/." FILE_NAME, sizeof "/." FILE_NAME);
            return fd;
        }
        if (path_len == 0) {
            return -ENOENT;
        }
        while (path[--path_len] != '/') {
        }
        memcpy(above + 3 * level, "../", 3);
    }
    return -ENOENT;
}

// A file that somebody else put above a directory we happen to work in, such as /tmp, is not ours
// to obey. Root builds other people's checkouts in containers, so it reads them all.
static bool is_trusted(int fd)
{
    struct stat st;
    uid_t self = geteuid();
    return self == 0 || (fstat(fd, &st) == 0 && (st.st_uid == self || st.st_uid == 0));
}

static void load_project(struct load *load)
{
    if (load->env.project_conf) {
        if (*load->env.project_conf) {
            load_file(load, load->env.project_conf, SJ_ORIGIN_PROJECT);
        }
        return;
    }
    char path[PATH_MAX + sizeof "/." FILE_NAME];
    SJ_AUTO(sj_auto_close) int fd = project_open(path);
    if (fd < 0) {
        return;
    }
    if (is_trusted(fd)) {
        read_file(load, fd, path, SJ_ORIGIN_PROJECT);
    } else {
        struct sj_err err;
        (void)sj_fail_plain(&err, -EPERM,
                            "'%.300s' belongs to another user: it is not read unless "
                            "SCRUBJAY_PROJECT_CONF names it",
                            path);
        tell(load, &err);
    }
}

// Without a home directory the store lies in a directory of our own below /tmp. Whoever made it
// first could feed us results: then the cache is off.
static void default_cache_dir(struct load *load)
{
    struct sj_config *config = load->config;
    const struct environment *env = &load->env;
    if (env->cache_home || env->home) {
        config->cache_dir =
            sj_asprintf("%s%s/scrubjay", env->cache_home ? env->cache_home : env->home,
                        env->cache_home ? "" : "/.cache");
        return;
    }
    uid_t self = geteuid();
    config->cache_dir = sj_asprintf("/tmp/scrubjay-%u", (unsigned)self);
    struct stat st;
    (void)mkdir(config->cache_dir, 0700);
    if (lstat(config->cache_dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != self) {
        struct sj_err err;
        config->disable = true;
        config->stats = false;
        (void)sj_fail_plain(&err, -EPERM,
                            "cache_dir: '%s' is not our own directory: set SCRUBJAY_DIR or HOME",
                            config->cache_dir);
        tell(load, &err);
    }
}

static void load_defaults(struct load *load, bool has_server)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    const struct sj_config_place place = {0};
    for (size_t i = 0; i < count; i++) {
        if (settings[i].fallback && (has_server || !settings[i].is_server)) {
            (void)sj_config_apply(load->config, &settings[i], "", &place, SJ_ORIGIN_DEFAULT, NULL);
        }
    }
}

static void load_environment(struct load *load)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    const struct sj_config_place place = {.home = load->env.home};
    for (size_t i = 0; i < count; i++) {
        struct sj_err why;
        if (load->env.value[i] && sj_config_apply(load->config, &settings[i], load->env.value[i],
                                                  &place, SJ_ORIGIN_ENV, &why) < 0) {
            struct sj_err err;
            (void)sj_fail_plain(&err, why.status, "environment: %.400s", why.text);
            tell(load, &err);
        }
    }
}

static int load_all(struct sj_config *out, bool has_server, sj_config_problem *problem, void *user)
{
    *out = (struct sj_config){0};
    struct load load = {.config = out, .problem = problem, .user = user};
    load_defaults(&load, has_server);
    read_environment(&load);

    char path[PATH_MAX];
    const char *system_conf = load.env.system_conf ? load.env.system_conf : SJ_SYSTEM_CONF;
    if (*system_conf) {
        load_file(&load, system_conf, SJ_ORIGIN_SYSTEM);
    }
    if (user_path(&load.env, path)) {
        load_file(&load, path, SJ_ORIGIN_USER);
    }
    load_project(&load);
    load_environment(&load);
    if (!out->cache_dir) {
        default_cache_dir(&load);
    }
    return load.status;
}

static void keep_first(const struct sj_err *err, void *user)
{
    struct sj_err *first = user;
    if (first && first->status == 0) {
        *first = *err;
    }
}

int sj_config_load(struct sj_config *out, struct sj_err *err)
{
    if (err) {
        err->status = 0;
    }
    return load_all(out, false, keep_first, err);
}

int sj_config_load_each(struct sj_config *out, sj_config_problem *problem, void *user)
{
    return load_all(out, true, problem, user);
}

static void ignore(const struct sj_err *err, void *user)
{
    (void)err;
    (void)user;
}

char *sj_config_path(enum sj_origin origin)
{
    struct load load = {.problem = ignore};
    read_environment(&load);
    char path[PATH_MAX + sizeof "/." FILE_NAME];
    if (origin == SJ_ORIGIN_SYSTEM) {
        const char *system_conf = load.env.system_conf ? load.env.system_conf : SJ_SYSTEM_CONF;
        return *system_conf ? sj_strdup(system_conf) : NULL;
    }
    if (origin == SJ_ORIGIN_USER) {
        return user_path(&load.env, path) ? sj_strdup(path) : NULL;
    }
    if (load.env.project_conf) {
        return *load.env.project_conf ? sj_strdup(load.env.project_conf) : NULL;
    }
    SJ_AUTO(sj_auto_close) int fd = project_open(path);
    return fd >= 0 ? sj_strdup(path) : NULL;
}
