// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/config.h"

static char root[PATH_MAX];

static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    cr_assert_lt(snprintf(path, sizeof path, "%s/%s", root, name), PATH_MAX);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    cr_assert_eq(sj_dir_make(path, 0700), 0);
    *slash = '/';
    cr_assert_eq(sj_file_write(path, 0600, text, strlen(text)), 0);
}

static void setup(void)
{
    char made[] = "/tmp/test-config-XXXXXX";
    cr_assert(mkdtemp(made));
    cr_assert(realpath(made, root));
    static char *clean[] = {NULL};
    environ = clean;
    put("home/x", "");
    put("system.conf", "");
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.4000s/home", root);
    cr_assert_eq(setenv("HOME", path, 1), 0);
    (void)snprintf(path, sizeof path, "%.4000s/system.conf", root);
    cr_assert_eq(setenv("SCRUBJAY_SYSTEM_CONF", path, 1), 0);
    put("work/repo/.git/HEAD", "");
    put("work/repo/sub/deep/x", "");
    (void)snprintf(path, sizeof path, "%.4000s/work/repo/sub/deep", root);
    cr_assert_eq(chdir(path), 0);
}

static void teardown(void)
{
    (void)chdir("/");
    (void)sj_tree_remove(root);
}

TestSuite(config, .init = setup, .fini = teardown);

static const char *below_root(const char *path)
{
    cr_assert(path);
    cr_assert_eq(strncmp(path, root, strlen(root)), 0, "%s", path);
    return path + strlen(root);
}

static unsigned origin_of(const struct sj_config *config, const char *name)
{
    size_t count;
    return config->origin[sj_setting_find(name) - sj_settings(&count)];
}

Test(config, table_is_sorted_and_complete)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        cr_expect(i == 0 || strcmp(settings[i - 1].name, settings[i].name) < 0, "%s",
                  settings[i].name);
        cr_expect_eq(sj_setting_find(settings[i].name), &settings[i]);
        cr_expect(settings[i].help && settings[i].argument, "%s", settings[i].name);
        cr_expect_lt(strlen(settings[i].name), 31);
    }
    cr_expect_null(sj_setting_find("zebra"));
}

Test(config, has_defaults)
{
    struct sj_config config;
    struct sj_err err;
    cr_assert_eq(sj_config_load(&config, &err), 0, "%s", err.text);
    cr_expect_str_eq(below_root(config.cache_dir), "/home/.cache/scrubjay");
    cr_expect_eq(config.max_size, UINT64_C(5) << 30);
    cr_expect(config.stats);
    cr_expect_not(config.disable);
    cr_expect_null(config.base_dir);
    cr_expect_eq(origin_of(&config, "max_size"), SJ_ORIGIN_DEFAULT);
    sj_config_release(&config);
}

Test(config, later_sources_win)
{
    put("system.conf", "max_size = 1G\ncompression = 2\naudit = 1%\nread_only = yes\n");
    put("home/.config/scrubjay.conf", "# mine\nmax_size = 2G\r\ncompression=3\n  audit = 2%");
    put("work/repo/.scrubjay.conf", "max_size = 3G\n\ncompression = 4\n");
    cr_assert_eq(setenv("SCRUBJAY_MAX_SIZE", "4G", 1), 0);

    struct sj_config config;
    struct sj_err err;
    cr_assert_eq(sj_config_load(&config, &err), 0, "%s", err.text);
    cr_expect_eq(config.max_size, 4000000000);
    cr_expect_eq(origin_of(&config, "max_size"), SJ_ORIGIN_ENV);
    cr_expect_eq(config.compression, 4);
    cr_expect_eq(origin_of(&config, "compression"), SJ_ORIGIN_PROJECT);
    cr_expect_float_eq(config.audit, 0.02, 1e-9);
    cr_expect_eq(origin_of(&config, "audit"), SJ_ORIGIN_USER);
    cr_expect(config.read_only);
    cr_expect_eq(origin_of(&config, "read_only"), SJ_ORIGIN_SYSTEM);
    cr_expect_eq(sj_config_set(&config, "max_size", "5G", SJ_ORIGIN_ARG, &err), 0);
    cr_expect_eq(config.max_size, 5000000000);
    sj_config_release(&config);
}

Test(config, aliases_yield_to_the_proper_name)
{
    struct sj_config config;
    cr_assert_eq(setenv("SCRUBJAY_DIR", "/one/", 1), 0);
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_str_eq(config.cache_dir, "/one");
    sj_config_release(&config);

    cr_assert_eq(setenv("SCRUBJAY_CACHE_DIR", "/two", 1), 0);
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_str_eq(config.cache_dir, "/two");
    sj_config_release(&config);
}

Test(config, empty_value_puts_the_default_back)
{
    put("system.conf", "base_dir = /src\nmax_size = 1G\nrelax = locale\ncache_dir = /a\n");
    put("home/.config/scrubjay.conf", "base_dir =\nmax_size =\nrelax =\ncache_dir =\n");
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_null(config.base_dir);
    cr_expect_eq(config.max_size, UINT64_C(5) << 30);
    cr_expect_eq(config.relax, 0);
    cr_expect_str_eq(below_root(config.cache_dir), "/home/.cache/scrubjay");
    cr_expect_eq(origin_of(&config, "max_size"), SJ_ORIGIN_DEFAULT);
    sj_config_release(&config);
}

Test(config, makes_paths_absolute)
{
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {".", "/work/repo"},
        {"..", "/work"},
        {"../other/", "/work/other"},
        {"./a//b/./c", "/work/repo/a/b/c"},
        {"a/../b", "/work/repo/a/../b"},
        {"~", "/home"},
        {"~/x", "/home/x"},
        {"~user", "/work/repo/~user"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "base_dir = %s\n", cases[i].text);
        put("work/repo/.scrubjay.conf", text);
        struct sj_config config;
        cr_assert_eq(sj_config_load(&config, NULL), 0);
        cr_expect_str_eq(below_root(config.base_dir), cases[i].want, "%s", cases[i].text);
        sj_config_release(&config);
    }
}

Test(config, relative_path_in_the_environment_starts_at_the_working_directory)
{
    cr_assert_eq(setenv("SCRUBJAY_BASE_DIR", "..", 1), 0);
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_str_eq(below_root(config.base_dir), "/work/repo/sub");
    sj_config_release(&config);
}

Test(config, root_stays_root)
{
    cr_assert_eq(setenv("SCRUBJAY_BASE_DIR", "//", 1), 0);
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_str_eq(config.base_dir, "/");
    sj_config_release(&config);
}

Test(config, project_file_may_not_set_what_is_personal)
{
    put("work/repo/.scrubjay.conf", "cache_dir = /x\ntool_prefix = /bin/evil\nmax_size = 7G\n");
    struct sj_config config;
    struct sj_err err;
    cr_expect_eq(sj_config_load(&config, &err), -EPERM);
    cr_expect(strstr(err.text, "/work/repo/.scrubjay.conf' line 1: cache_dir"), "%s", err.text);
    cr_expect_str_eq(below_root(config.cache_dir), "/home/.cache/scrubjay");
    cr_expect_null(config.tool_prefix);
    cr_expect_eq(config.max_size, 7000000000);
    sj_config_release(&config);
}

Test(config, project_file_above_the_repository_is_not_ours)
{
    put("work/.scrubjay.conf", "max_size = 7G\n");
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_eq(config.max_size, UINT64_C(5) << 30);
    cr_expect_null(sj_config_path(SJ_ORIGIN_PROJECT));
    sj_config_release(&config);

    put("work/repo/sub/.scrubjay.conf", "max_size = 8G\n");
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_eq(config.max_size, 8000000000);
    char *path = sj_config_path(SJ_ORIGIN_PROJECT);
    cr_expect_str_eq(below_root(path), "/work/repo/sub/.scrubjay.conf");
    free(path);
    sj_config_release(&config);
}

Test(config, project_file_is_named_by_the_environment)
{
    put("work/repo/.scrubjay.conf", "max_size = 7G\n");
    put("else/where.conf", "max_size = 8G\nbase_dir = .\n");
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.4000s/else/where.conf", root);
    cr_assert_eq(setenv("SCRUBJAY_PROJECT_CONF", path, 1), 0);
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_eq(config.max_size, 8000000000);
    cr_expect_str_eq(below_root(config.base_dir), "/else");
    sj_config_release(&config);

    cr_assert_eq(setenv("SCRUBJAY_PROJECT_CONF", "", 1), 0);
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_expect_eq(config.max_size, UINT64_C(5) << 30);
    sj_config_release(&config);
}

Test(config, says_what_is_wrong_and_what_would_be_right)
{
    static const struct {
        const char *text;
        int status;
        const char *words;
    } cases[] = {
        {"\nmax_size = 5Q", -EINVAL, "line 2: max_size: '5Q' is not a size such as 500M or 5GiB"},
        {"max_sise = 5G", -ENOENT, "line 1: no setting 'max_sise': did you mean 'max_size'?"},
        {"colour = red", -ENOENT, "'scrubjay config' lists them all"},
        {"compression = 20", -ERANGE, "is not a whole number of at most 19"},
        {"disable = maybe", -EINVAL, "is not true or false"},
        {"relax = locale, all", -EINVAL, "is not a list of: locale, random_seed, system_headers"},
        {"audit = 101%", -ERANGE, "is not a share such as 0.01 or 1%"},
        {"max_size", -EINVAL, "write 'name = value'"},
        {"namespace = a\x1b[31m", -EINVAL, "control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put("work/repo/.scrubjay.conf", cases[i].text);
        struct sj_config config;
        struct sj_err err;
        cr_expect_eq(sj_config_load(&config, &err), cases[i].status, "%s", cases[i].text);
        cr_expect(strstr(err.text, cases[i].words), "%s", err.text);
        sj_config_release(&config);
    }
}

static void count_problem(const struct sj_err *err, void *user)
{
    cr_expect_lt(err->status, 0);
    ++*(int *)user;
}

Test(config, every_problem_is_told_and_the_rest_still_read)
{
    put("system.conf", "nonsense\n");
    put("home/.config/scrubjay.conf", "audit = 7\n");
    put("work/repo/.scrubjay.conf", "log = /x\nmax_size = 7G\n");
    cr_assert_eq(setenv("SCRUBJAY_RECACHE", "perhaps", 1), 0);
    cr_assert_eq(setenv("SCRUBJAY_NO_SUCH", "1", 1), 0);
    cr_assert_eq(setenv("SCRUBJAY_READ_ONLY", "1", 1), 0);
    struct sj_config config;
    int problems = 0;
    cr_expect_eq(sj_config_load_each(&config, count_problem, &problems), -ENOENT);
    cr_expect_eq(problems, 5);
    cr_expect_eq(config.max_size, 7000000000);
    cr_expect(config.read_only);
    sj_config_release(&config);
}

Test(config, variables_of_our_own_are_no_settings)
{
    cr_assert_eq(setenv("SCRUBJAY_OBSERVE", "/x", 1), 0);
    cr_assert_eq(setenv("SCRUBJAY_RUN_LINKS", "/x", 1), 0);
    cr_assert_eq(setenv("SCRUBJAY_ACTIVE", "1", 1), 0);
    struct sj_config config;
    struct sj_err err;
    cr_expect_eq(sj_config_load(&config, &err), 0, "%s", err.text);
    sj_config_release(&config);
}

Test(config, refuses_files_that_are_too_large_or_no_files)
{
    size_t len = SJ_CONFIG_FILE_MAX + 1;
    char *text = sj_calloc(len + 1, 1);
    memset(text, '#', len);
    put("home/.config/scrubjay.conf", text);
    free(text);
    struct sj_config config;
    struct sj_err err;
    cr_expect_eq(sj_config_load(&config, &err), -EFBIG);
    cr_expect(strstr(err.text, "64 KiB"), "%s", err.text);
    sj_config_release(&config);

    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%.4000s/home/.config/scrubjay.conf", root);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect_eq(sj_config_load(&config, &err), -EISDIR);
    sj_config_release(&config);

    cr_assert_eq(rmdir(path), 0);
    cr_assert_eq(mkfifo(path, 0700), 0);
    cr_expect_eq(sj_config_load(&config, &err), -EINVAL);
    sj_config_release(&config);
}

Test(config, every_value_reads_back_from_its_text)
{
    struct sj_config config;
    struct sj_config again;
    struct sj_err err;
    static const struct {
        const char *name;
        const char *text;
        const char *want;
    } cases[] = {
        {"audit", "2%", "0.02"},        {"max_size", "1.5GiB", "1536MiB"},
        {"max_size", "5G", "5GB"},      {"max_size", "4G", "4GB"},
        {"max_size", "1001", "1001"},   {"relax", "system_headers locale", "locale,system_headers"},
        {"recache", "on", "true"},      {"compression", "7", "7"},
        {"base_dir", "/a//b/", "/a/b"}, {"namespace", "team one", "team one"},
    };
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    cr_assert_eq(sj_config_load(&again, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sj_setting *setting = sj_setting_find(cases[i].name);
        cr_expect_eq(sj_config_set(&config, cases[i].name, cases[i].text, SJ_ORIGIN_ARG, &err), 0);
        char *text = sj_config_text(&config, setting);
        cr_expect_str_eq(text, cases[i].want);
        cr_expect_eq(sj_config_set(&again, cases[i].name, text, SJ_ORIGIN_ARG, &err), 0);
        char *second = sj_config_text(&again, setting);
        cr_expect_str_eq(second, text);
        free(second);
        free(text);
    }
    cr_expect_eq(sj_config_set(&config, "max_size", "", SJ_ORIGIN_ARG, &err), -EINVAL);
    cr_expect_eq(sj_config_set(&config, "no", "x", SJ_ORIGIN_ARG, &err), -ENOENT);
    sj_config_release(&config);
    sj_config_release(&again);
}
