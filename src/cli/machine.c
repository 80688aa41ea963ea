// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/str.h"
#include "key/key.h"

#define QUOTA_FILE_MAX 128u
#define GROUPS_MAX     (64u << 10)

static bool read_text(const char *path, struct sj_buf *out)
{
    sj_buf_clear(out);
    if (sj_file_read(AT_FDCWD, path, out) < 0 || out->is_full) {
        return false;
    }
    while (out->len > 0 && out->data[out->len - 1] == '\n') {
        out->data[--out->len] = '\0';
    }
    return out->len > 0;
}

void sj_machine_name(struct sj_buf *out)
{
    // Containers often have no id of their own; what the kernel made up at its start does for them.
    static const char *const ids[] = {"/etc/machine-id", "/var/lib/dbus/machine-id",
                                      "/proc/sys/kernel/random/boot_id"};
    char host[HOST_NAME_MAX + 1] = {0};
    if (gethostname(host, sizeof host - 1) < 0 || !*host) {
        (void)memcpy(host, "unknown", sizeof "unknown");
    }
    sj_buf_adds(out, host);
    SJ_AUTO(sj_buf_release) struct sj_buf id = SJ_BUF_INIT(QUOTA_FILE_MAX);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (read_text(ids[i], &id)) {
            struct sj_key key = sj_key_of(id.data, id.len);
            sj_buf_addf(out, "-%02x%02x%02x%02x", key.bytes[0], key.bytes[1], key.bytes[2],
                        key.bytes[3]);
            return;
        }
    }
}

static unsigned ratio(uint64_t quota, uint64_t period)
{
    uint64_t cpus = period > 0 ? (quota + period - 1) / period : 0;
    return cpus > UINT_MAX ? 0 : (unsigned)cpus;
}

// Version 2: "max 100000" or "150000 100000".
static unsigned quota_of_max(const char *dir)
{
    SJ_AUTO(sj_buf_release) struct sj_buf path = SJ_BUF_INIT(PATH_MAX);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(QUOTA_FILE_MAX);
    sj_buf_addf(&path, "%s/cpu.max", dir);
    if (!read_text(sj_buf_text(&path), &text)) {
        return 0;
    }
    char *blank = strchr(text.data, ' ');
    uint64_t quota;
    uint64_t period;
    if (!blank) {
        return 0;
    }
    *blank = '\0';
    bool is_set = sj_parse_u64(text.data, UINT32_MAX, &quota) == 0 &&
                  sj_parse_u64(blank + 1, UINT32_MAX, &period) == 0;
    return is_set ? ratio(quota, period) : 0;
}

static bool read_number(const char *dir, const char *name, uint64_t *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf path = SJ_BUF_INIT(PATH_MAX);
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(QUOTA_FILE_MAX);
    sj_buf_addf(&path, "%s/%s", dir, name);
    return read_text(sj_buf_text(&path), &text) && sj_parse_u64(text.data, UINT32_MAX, out) == 0;
}

// Version 1: two files; the quota is -1 where there is none.
static unsigned quota_of_cfs(const char *dir)
{
    uint64_t quota;
    uint64_t period;
    bool is_set = read_number(dir, "cpu.cfs_quota_us", &quota) &&
                  read_number(dir, "cpu.cfs_period_us", &period);
    return is_set ? ratio(quota, period) : 0;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

// The group, and those around it up to the mount: each bounds what is below it. In a container the
// group may be named as the host sees it; then only the mount itself is there.
static unsigned quota_upwards(const char *mount, struct sj_str group,
                              unsigned (*quota_of)(const char *dir))
{
    unsigned least = 0;
    for (;;) {
        while (group.len > 0 && group.data[group.len - 1] == '/') {
            group.len--;
        }
        SJ_AUTO(sj_buf_release) struct sj_buf dir = SJ_BUF_INIT(PATH_MAX);
        sj_buf_adds(&dir, mount);
        sj_buf_add(&dir, group.data, group.len);
        least = smaller(least, quota_of(sj_buf_text(&dir)));
        if (group.len == 0) {
            return least;
        }
        while (group.len > 0 && group.data[group.len - 1] != '/') {
            group.len--;
        }
    }
}

static bool has_word(struct sj_str list, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = 0; at + len <= list.len; at++) {
        bool begins = at == 0 || list.data[at - 1] == ',';
        bool ends = at + len == list.len || list.data[at + len] == ',';
        if (begins && ends && memcmp(list.data + at, word, len) == 0) {
            return true;
        }
    }
    return false;
}

// A line "4:cpu,cpuacct:/path" (version 1) or "0::/path" (version 2).
static unsigned quota_of_line(const char *mount, const char *line, size_t len)
{
    const char *kinds = memchr(line, ':', len);
    const char *end = line + len;
    const char *path = kinds ? memchr(kinds + 1, ':', (size_t)(end - kinds - 1)) : NULL;
    if (!path || memmem(path, (size_t)(end - path), "/..", 3)) {
        return 0;
    }
    struct sj_str list = {kinds + 1, (size_t)(path - kinds - 1)};
    struct sj_str group = {path + 1, (size_t)(end - path - 1)};
    if (list.len == 0) {
        return quota_upwards(mount, group, quota_of_max);
    }
    if (!has_word(list, "cpu")) {
        return 0;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf cpu = SJ_BUF_INIT(PATH_MAX);
    sj_buf_addf(&cpu, "%s/cpu", mount);
    return quota_upwards(sj_buf_text(&cpu), group, quota_of_cfs);
}

unsigned sj_machine_quota(const char *groups, const char *mount)
{
    unsigned least = 0;
    for (const char *at = groups; *at;) {
        size_t len = strcspn(at, "\n");
        least = smaller(least, quota_of_line(mount, at, len));
        at += len + (at[len] == '\n');
    }
    return least;
}

unsigned sj_machine_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    // Fails on machines with more CPUs than the set has room for.
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    long online = count > 0 ? count : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned cpus = online > 0 ? (unsigned)online : 1;
    SJ_AUTO(sj_buf_release) struct sj_buf groups = SJ_BUF_INIT(GROUPS_MAX);
    if (read_text("/proc/self/cgroup", &groups)) {
        cpus = smaller(cpus, sj_machine_quota(groups.data, "/sys/fs/cgroup"));
    }
    return cpus;
}
