// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "store/maintain.h"
#include "wrap/tool.h"

void sj_doctor_release(struct sj_doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        free(doctor->findings[i].text);
        free(doctor->findings[i].remedy);
    }
    free(doctor->findings);
    doctor->findings = NULL;
    doctor->count = 0;
}

void sj_doctor_add(struct sj_doctor *doctor, enum sj_level level, const char *name,
                   const char *remedy, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    doctor->findings = sj_realloc(doctor->findings, doctor->count + 1, sizeof *doctor->findings);
    doctor->findings[doctor->count++] = (struct sj_finding){
        .level = level,
        .name = name,
        .text = sj_strdup(text),
        .remedy = remedy ? sj_strdup(remedy) : NULL,
    };
}

static void tell_setting(const struct sj_err *err, void *user)
{
    sj_doctor_add(user, SJ_LEVEL_FAIL, "settings", "correct it; until then it has no effect", "%s",
                  err->text);
}

void sj_doctor_settings(struct sj_doctor *doctor)
{
    size_t before = doctor->count;
    struct sj_config config;
    (void)sj_config_load_each(&config, tell_setting, doctor);
    sj_config_release(&config);
    if (doctor->count == before) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "settings", NULL, "all can be read");
    }
    if (doctor->config->disable) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "settings", "take 'disable' away to use the cache",
                      "disable is set: every compile is run");
    }
    if (doctor->config->read_only) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "settings", "take 'read_only' away to store results",
                      "read_only is set: nothing is stored");
    }
    if (doctor->config->recache) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "settings", "take 'recache' away to take hits",
                      "recache is set: no hits are taken");
    }
}

/** A file system that matters here, by the number that statfs(2) gives. */
struct fs {
    unsigned long magic;
    const char *name;
    enum sj_level level;
    const char *remedy;
};

static const struct fs *find_fs(unsigned long magic)
{
    static const char local[] = "set cache_dir to a directory on a local disk";
    static const struct fs table[] = {
        {EXT4_SUPER_MAGIC, "ext4", SJ_LEVEL_OK, NULL},
        {BTRFS_SUPER_MAGIC, "btrfs", SJ_LEVEL_OK, NULL},
        {XFS_SUPER_MAGIC, "xfs", SJ_LEVEL_OK, NULL},
        {F2FS_SUPER_MAGIC, "f2fs", SJ_LEVEL_OK, NULL},
        {0x2fc12fc1, "zfs", SJ_LEVEL_OK, NULL},
        {OVERLAYFS_SUPER_MAGIC, "overlay", SJ_LEVEL_WARN,
         "in a container, mount a volume there: what lies on the overlay goes with it"},
        {TMPFS_MAGIC, "tmpfs", SJ_LEVEL_WARN,
         "set cache_dir to a directory on a disk: what lies in memory goes at the next boot"},
        {NFS_SUPER_MAGIC, "nfs", SJ_LEVEL_FAIL, local},
        {SMB_SUPER_MAGIC, "smb", SJ_LEVEL_FAIL, local},
        {CIFS_SUPER_MAGIC, "cifs", SJ_LEVEL_FAIL, local},
        {SMB2_SUPER_MAGIC, "smb2", SJ_LEVEL_FAIL, local},
        {AFS_SUPER_MAGIC, "afs", SJ_LEVEL_FAIL, local},
        {CEPH_SUPER_MAGIC, "ceph", SJ_LEVEL_FAIL, local},
        {V9FS_MAGIC, "9p", SJ_LEVEL_FAIL, local},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].magic == magic) {
            return &table[i];
        }
    }
    return NULL;
}

// The directory itself, or the nearest above it that exists.
static char *existing(const char *path)
{
    char *at = sj_strdup(path);
    struct stat st;
    while (stat(at, &st) < 0 && at[1]) {
        char *slash = strrchr(at, '/');
        if (!slash || slash == at) {
            at[1] = '\0';
        } else {
            *slash = '\0';
        }
    }
    return at;
}

static void check_space(struct sj_doctor *doctor, const struct statfs *fs, uint64_t used_bytes)
{
    uint64_t free_bytes = (uint64_t)fs->f_bavail * (uint64_t)fs->f_bsize;
    uint64_t max_size = doctor->config->max_size;
    uint64_t still = max_size > used_bytes ? max_size - used_bytes : 0;
    struct sj_buf text = SJ_BUF_INIT(200);
    sj_ui_size(&text, free_bytes);
    sj_buf_adds(&text, " free, the store may still grow by ");
    sj_ui_size(&text, still);
    sj_doctor_add(doctor, free_bytes < still ? SJ_LEVEL_WARN : SJ_LEVEL_OK, "space",
                  free_bytes < still ? "make room, or make max_size smaller" : NULL, "%s",
                  sj_buf_text(&text));
    sj_buf_release(&text);
}

static uint64_t check_open(struct sj_doctor *doctor)
{
    const char *dir = doctor->config->cache_dir;
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    struct sj_err err;
    struct sj_store_stat held = {0};
    int status = sj_storage_open(doctor->config, SJ_STORAGE_WRITE, &store, &err);
    if (status == 0) {
        status = sj_store_stat(store, &held, &err);
    }
    if (status < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "store",
                      "put right what it says, or set cache_dir to another directory", "%s",
                      err.text);
    } else if (status == SJ_STORAGE_NONE) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "store", NULL,
                      "'%s' has no store yet: the first compile makes it", dir);
    } else {
        struct sj_buf size = SJ_BUF_INIT(100);
        sj_ui_size(&size, held.size_bytes);
        sj_doctor_add(doctor, SJ_LEVEL_OK, "store", NULL, "'%s' holds %" PRIu64 " results, %s", dir,
                      held.results, sj_buf_text(&size));
        sj_buf_release(&size);
    }
    return held.size_bytes;
}

void sj_doctor_store(struct sj_doctor *doctor)
{
    SJ_AUTO(sj_auto_free) char *dir = existing(doctor->config->cache_dir);
    struct statfs fs;
    if (statfs(dir, &fs) < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "store", "set cache_dir to another directory",
                      "cannot look at '%s': %s", dir, strerrordesc_np(errno));
        return;
    }
    const struct fs *kind = find_fs((unsigned long)fs.f_type & 0xffffffffUL);
    sj_doctor_add(doctor, kind ? kind->level : SJ_LEVEL_OK, "file-system",
                  kind ? kind->remedy : NULL, "'%s' is on %s", dir,
                  kind ? kind->name : "a file system that is not known");
    if (!doctor->config->read_only && access(dir, W_OK) < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "rights",
                      "change the directory's owner or rights, or set cache_dir to another one",
                      "'%s' may not be written", dir);
    }
    check_space(doctor, &fs, check_open(doctor));
}

// Nanoseconds between two times that the file system can tell apart. 0: not known.
static uint64_t granularity(const char *dir)
{
    SJ_AUTO(sj_auto_close) int fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    const struct timespec odd[2] = {{.tv_sec = 1000000001, .tv_nsec = 123456789},
                                    {.tv_sec = 1000000001, .tv_nsec = 123456789}};
    struct stat st;
    if (fd < 0 || futimens(fd, odd) < 0 || fstat(fd, &st) < 0) {
        return 0;
    }
    if (st.st_mtim.tv_nsec == 0) {
        return st.st_mtim.tv_sec == 1000000001 ? SJ_NS_PER_S : 2 * SJ_NS_PER_S;
    }
    uint64_t step = 1;
    while (step < SJ_NS_PER_S && (uint64_t)st.st_mtim.tv_nsec % (step * 10) == 0) {
        step *= 10;
    }
    return step;
}

void sj_doctor_clock(struct sj_doctor *doctor)
{
    struct timespec tick = {0};
    (void)clock_getres(CLOCK_REALTIME_COARSE, &tick);
    uint64_t step_ns = granularity(".");
    uint64_t tick_ns = (uint64_t)tick.tv_nsec;
    uint64_t coarse_ns = step_ns > tick_ns ? step_ns : tick_ns;
    struct sj_buf text = SJ_BUF_INIT(100);
    sj_ui_time(&text, coarse_ns);
    if (step_ns == 0) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "clock", NULL,
                      "the kernel stamps files to %s; this directory cannot be tried",
                      sj_buf_text(&text));
    } else {
        bool is_coarse = coarse_ns >= SJ_NS_PER_S / 10;
        sj_doctor_add(doctor, is_coarse ? SJ_LEVEL_WARN : SJ_LEVEL_OK, "clock",
                      is_coarse ? "keep sources on a file system with finer times: what was "
                                  "changed within that time before a compile is not stored"
                                : NULL,
                      "files here are stamped to %s", sj_buf_text(&text));
    }
    sj_buf_release(&text);
}

void sj_doctor_compilers(struct sj_doctor *doctor)
{
    static const char *const names[] = {"cc", "c++", "gcc", "g++", "clang", "clang++"};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
    const char *path = getenv("PATH");
    size_t found = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sj_tool tool = {0};
        while (sj_tool_next(&tool, names[i], path)) {
            if (sj_tool_is_self(&tool)) {
                sj_doctor_add(doctor, SJ_LEVEL_OK, "compiler", NULL, "%s: '%s' is a link to us",
                              names[i], tool.path);
                continue;
            }
            if (sj_tool_is_cache(&tool)) {
                sj_doctor_add(doctor, SJ_LEVEL_WARN, "compiler",
                              "take that directory off PATH: a build that does not go through us "
                              "goes through the other cache",
                              "%s: '%s' is a link to another cache, which is passed over", names[i],
                              tool.path);
                continue;
            }
            const struct sj_toolchain *toolchain = sj_tool_claim(&tool);
            sj_doctor_add(doctor, toolchain ? SJ_LEVEL_OK : SJ_LEVEL_WARN, "compiler",
                          toolchain ? NULL : "compiles with it are run, not cached", "%s: '%s', %s",
                          names[i], tool.path,
                          toolchain ? toolchain->name : "which no toolchain knows");
            found++;
            break;
        }
    }
    if (found == 0) {
        sj_doctor_add(doctor, SJ_LEVEL_FAIL, "compiler", "install one, or put it on PATH",
                      "there is none on PATH");
    }
}

void sj_doctor_environment(struct sj_doctor *doctor)
{
    static const char *const names[] = {
        "CC", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_COMPILER_LAUNCHER", "CXX", "RUSTC_WRAPPER",
    };
    static const char *const caches[] = {"buildcache", "ccache", "kache", "sccache"};
    size_t before = doctor->count;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
        const char *value = getenv(names[i]);
        for (size_t j = 0; value && j < sizeof caches / sizeof caches[0]; j++) {
            if (strstr(value, caches[j])) {
                sj_doctor_add(doctor, SJ_LEVEL_WARN, "environment",
                              "unset it, or name 'scrubjay' in its place", "%s is '%.200s'",
                              names[i], value);
                break;
            }
        }
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
    const char *preload = getenv("LD_PRELOAD");
    if (preload && *preload) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "environment",
                      "unset it for builds: what it does to compilers cannot be known",
                      "LD_PRELOAD is '%.200s'", preload);
    }
    if (doctor->count == before) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "environment", NULL, "no other cache is set");
    }
}
