// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/build_id.h"
#include "cli/run_env.h"
#include "wrap/link.h"

static char root[] = "/tmp/scrubjay-run-env.XXXXXX";

// Whatever runs the tests may be a CI job, or a run.
static void enter(void)
{
    static const char *const names[] = {
        "BUILD_BUILDID",
        "BUILDKITE_JOB_ID",
        "CIRCLE_WORKFLOW_JOB_ID",
        "GITHUB_RUN_ID",
        "CI_JOB_ID",
        "BUILD_TAG",
        "TRAVIS_JOB_ID",
        "SCRUBJAY_BUILD_ID",
        "SCRUBJAY_DIR",
        "CC",
        "CXX",
        "CCACHE_NODISABLE",
        SJ_RUN_ID_ENV,
        SJ_RUN_LABEL_ENV,
        "CCACHE_DISABLE",
        "SCRUBJAY_PROJECT_CONF",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_assert_eq(unsetenv(names[i]), 0);
    }
    cr_assert(mkdtemp(root));
    cr_assert_eq(chdir(root), 0);
    cr_assert_eq(mkdir("bin", 0777), 0);
    cr_assert_eq(sj_file_write("bin/gcc", 0777, "\177ELF", 4), 0);
    cr_assert_eq(sj_file_write("scrubjay", 0777, "\177ELF", 4), 0);
}

static void leave(void)
{
    (void)sj_tree_remove(root);
}

static bool claims(const char *name)
{
    return strcmp(name, "gcc") == 0;
}

static int link_compilers(void)
{
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/scrubjay", root);
    struct sj_links links = {.cache_dir = root, .wrapper = wrapper, .claims = claims};
    return sj_run_env_compilers(&links, NULL);
}

TestSuite(run_env, .init = enter, .fini = leave);

Test(run_env, settings_reach_the_wrappers_from_any_directory)
{
    setenv("SCRUBJAY_DIR", "store", 1);
    setenv("SCRUBJAY_BASE_DIR", "bin", 1);
    struct sj_config config;
    struct sj_err err;
    cr_assert_eq(sj_config_load(&config, &err), 0, "%s", err.text);
    cr_assert_eq(sj_config_set(&config, "max_size", "5G", SJ_ORIGIN_ARG, &err), 0);
    cr_assert_eq(sj_config_set(&config, "read_only", "true", SJ_ORIGIN_ARG, &err), 0);
    sj_run_env_settings(&config);
    sj_config_release(&config);

    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(sj_config_load(&config, &err), 0, "%s", err.text);
    SJ_AUTO(sj_auto_free) char *store = sj_asprintf("%s/store", root);
    SJ_AUTO(sj_auto_free) char *base = sj_asprintf("%s/bin", root);
    cr_expect_str_eq(config.cache_dir, store);
    cr_expect_str_eq(config.base_dir, base);
    cr_expect_eq(config.max_size, UINT64_C(5000000000));
    cr_expect(config.read_only);
    sj_config_release(&config);
}

Test(run_env, the_projects_file_is_named)
{
    static const char text[] = "max_size = 3G\n";
    cr_assert_eq(sj_file_write(".scrubjay.conf", 0666, text, strlen(text)), 0);
    struct sj_config config;
    cr_assert_eq(sj_config_load(&config, NULL), 0);
    sj_run_env_settings(&config);
    sj_config_release(&config);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/.scrubjay.conf", root);
    cr_expect_str_eq(getenv("SCRUBJAY_PROJECT_CONF"), path);
}

Test(run_env, a_build_below_another_is_part_of_it)
{
    struct sj_config config = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf outer = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf inner = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_expect_not(sj_run_env_build(&config, "phase=test", NULL, &outer));
    cr_expect_str_eq(getenv("SCRUBJAY_BUILD_ID"), outer.data);
    cr_expect_str_eq(getenv(SJ_RUN_LABEL_ENV), "phase=test");
    cr_expect(sj_run_env_build(&config, "", NULL, &inner));
    cr_expect_str_eq(inner.data, outer.data);
    cr_expect_str_eq(getenv(SJ_RUN_LABEL_ENV), "phase=test");
}

Test(run_env, what_was_asked_for_is_the_builds_id)
{
    struct sj_config config = {.build_id = (char[]){"mine"}};
    setenv("GITHUB_RUN_ID", "1", 1);
    setenv(SJ_RUN_LABEL_ENV, "left=over", 1);
    SJ_AUTO(sj_buf_release) struct sj_buf id = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    cr_expect_not(sj_run_env_build(&config, "", NULL, &id));
    cr_expect_str_eq(id.data, "mine");
    cr_expect_null(getenv(SJ_RUN_LABEL_ENV));
}

Test(run_env, compilers_are_linked_wherever_a_build_looks)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/bin:/nonexistent", root);
    SJ_AUTO(sj_auto_free) char *cc = sj_asprintf("%s/bin/gcc -m32", root);
    setenv("PATH", path, 1);
    setenv("CC", cc, 1);
    setenv("CXX", "g++", 1);
    setenv("CMAKE_C_COMPILER_LAUNCHER", "mine", 1);
    cr_assert_eq(unsetenv("CMAKE_CXX_COMPILER_LAUNCHER"), 0);
    cr_assert_eq(link_compilers(), 0);

    SJ_AUTO(sj_auto_free) char *dir = sj_asprintf("%s/" SJ_LINK_DIR "%s/bin", root, root);
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s:%s", dir, path);
    SJ_AUTO(sj_auto_free) char *linked = sj_asprintf("%s/gcc -m32", dir);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/scrubjay", root);
    cr_expect_str_eq(getenv("PATH"), full);
    cr_expect_str_eq(getenv("CC"), linked);
    cr_expect_str_eq(getenv("CXX"), "g++");
    cr_expect_str_eq(getenv("CMAKE_C_COMPILER_LAUNCHER"), "mine");
    cr_expect_str_eq(getenv("CMAKE_CXX_COMPILER_LAUNCHER"), wrapper);
    cr_expect_str_eq(getenv("CCACHE_DISABLE"), "1");
}

Test(run_env, ccache_stays_on_for_who_wants_it)
{
    setenv("CCACHE_NODISABLE", "1", 1);
    cr_assert_eq(link_compilers(), 0);
    cr_expect_null(getenv("CCACHE_DISABLE"));
}

Test(run_env, nothing_is_set_when_links_cannot_be_made)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/bin", root);
    setenv("PATH", path, 1);
    cr_assert_eq(sj_file_write(SJ_LINK_DIR, 0666, "", 0), 0);
    struct sj_err err = {0};
    cr_expect_lt(link_compilers(), 0, "%s", err.text);
    cr_expect_str_eq(getenv("PATH"), path);
    cr_expect_null(getenv("CCACHE_DISABLE"));
}
