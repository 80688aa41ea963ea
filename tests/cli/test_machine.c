// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/machine.h"

static char root[] = "/tmp/scrubjay-machine.XXXXXX";

static void put(const char *path, const char *text)
{
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", root, path);
    SJ_AUTO(sj_auto_free) char *dir = sj_strdup(full);
    *strrchr(dir, '/') = '\0';
    cr_assert_eq(sj_dir_make(dir, 0777), 0);
    cr_assert_eq(sj_file_write(full, 0666, text, strlen(text)), 0);
}

static void enter(void)
{
    cr_assert(mkdtemp(root));
    put("v2/cpu.max", "max 100000\n");
    put("v2/job/cpu.max", "150000 100000\n");
    put("v2/job/step/cpu.max", "max 100000\n");
    put("v2/wide/cpu.max", "800000 100000\n");
    put("v2/wide/narrow/cpu.max", "50000 100000\n");
    put("v2/odd/cpu.max", "many\n");
    put("v2/zero/cpu.max", "100000 0\n");
    put("v1/cpu/job/cpu.cfs_quota_us", "400000\n");
    put("v1/cpu/job/cpu.cfs_period_us", "100000\n");
    put("v1/cpu/free/cpu.cfs_quota_us", "-1\n");
    put("v1/cpu/free/cpu.cfs_period_us", "100000\n");
}

static void leave(void)
{
    (void)sj_tree_remove(root);
}

TestSuite(machine, .init = enter, .fini = leave);

Test(machine, quotas_of_all_groups_around_count)
{
    static const struct {
        const char *groups;
        const char *mount;
        unsigned cpus;
    } cases[] = {
        {"0::/job/step\n", "v2", 2},
        {"0::/job\n", "v2", 2},
        {"0::/wide/narrow\n", "v2", 1},
        {"0::/wide\n", "v2", 8},
        {"0::/\n", "v2", 0},
        {"0::/\n", "v2/job", 2}, // as in a container
        {"0::/docker/0123\n", "v2/job", 2},
        {"0::/odd\n", "v2", 0},
        {"0::/zero\n", "v2", 0},
        {"0::/../job\n", "v2", 0},
        {"12:memory:/job\n4:cpu,cpuacct:/job\n", "v1", 4},
        {"4:cpuacct,cpu:/job/below\n", "v1", 4},
        {"4:cpuset:/job\n", "v1", 0},
        {"4:cpu:/free\n", "v1", 0},
        {"", "v2", 0},
        {":\n::\n\n0:", "v2", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_auto_free) char *mount = sj_asprintf("%s/%s", root, cases[i].mount);
        cr_expect_eq(sj_machine_quota(cases[i].groups, mount), cases[i].cpus, "%s in %s",
                     cases[i].groups, cases[i].mount);
    }
}

Test(machine, has_a_name_and_a_cpu)
{
    SJ_AUTO(sj_buf_release) struct sj_buf one = SJ_BUF_INIT(1000);
    SJ_AUTO(sj_buf_release) struct sj_buf two = SJ_BUF_INIT(1000);
    sj_machine_name(&one);
    sj_machine_name(&two);
    cr_expect_str_eq(sj_buf_text(&one), sj_buf_text(&two));
    cr_expect_gt(one.len, 9);
    cr_expect_geq(sj_machine_cpus(), 1);
}
