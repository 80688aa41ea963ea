// SPDX-License-Identifier: Apache-2.0
#include "store/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/statfs.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "store/mark.h"
#include "store/rebuild.h"
#include "store/rotate.h"

// The owner's alone, unless somebody made the directory beforehand with other permissions.
#define DIR_MODE  0700
#define FILE_MODE 0666

#define VERSION_FORMAT "scrubjay store %u %s\n"
#define VERSION_LIMIT  128

// Numbers of statfs(2) that linux/magic.h may lack. FUSE is not among them: most of its file
// systems are local, and the few that are not are the user's own doing.
static const uint32_t network_file_systems[] = {
    0x00006969, // NFS
    0x0000517b, // SMB
    0xff534d42, // CIFS
    0xfe534d42, // SMB 2
    0x01021997, // 9P
    0x00c36400, // Ceph
    0x0bd00bd0, // Lustre
    0x47504653, // GPFS
    0x19830326, // BeeGFS
    0x01161970, // GFS 2
    0x7461636f, // OCFS 2
    0x5346414f, // AFS
    0x6b414653, // kAFS
    0x73757245, // Coda
    0x786f4256, // VirtualBox shared folders
    0x20030528, // OrangeFS
    0xaad7aaea, // Panasas
};

int sj_store_check_file_system(const char *dir)
{
    struct statfs fs;
    if (statfs(dir, &fs) < 0) {
        return -errno;
    }
    for (size_t i = 0; i < sizeof network_file_systems / sizeof network_file_systems[0]; i++) {
        if ((uint32_t)fs.f_type == network_file_systems[i]) {
            return -EREMOTE;
        }
    }
    return 0;
}

static int make_directories(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *generations = sj_asprintf("%s/generations", dir);
    int status = sj_dir_make(dir, DIR_MODE);
    return status < 0 ? status : sj_dir_make(generations, DIR_MODE);
}

static int write_version(const char *path, unsigned char salt[SJ_SALT_SIZE])
{
    struct sj_key bytes;
    if (getrandom(bytes.bytes, sizeof bytes.bytes, 0) != sizeof bytes.bytes) {
        return -EIO;
    }
    char digits[SJ_KEY_HEX_SIZE];
    sj_key_hex(&bytes, digits);
    SJ_AUTO(sj_auto_free) char *text = sj_asprintf(VERSION_FORMAT, SJ_STORE_FORMAT, digits);
    SJ_AUTO(sj_tempfile_release) struct sj_tempfile file = {0};
    int status = sj_tempfile_open(&file, path, FILE_MODE);
    status = status < 0 ? status : sj_fd_write(file.fd, text, strlen(text));
    if (status == 0 && fsync(file.fd) < 0) {
        status = -errno;
    }
    status = status < 0 ? status : sj_tempfile_commit(&file);
    if (status == 0) {
        memcpy(salt, bytes.bytes, SJ_SALT_SIZE);
    }
    return status;
}

// The line is "scrubjay store", the format's number and the salt's 32 hexadecimal digits. The first
// three words never change.
static int parse_version(char *line, unsigned char salt[SJ_SALT_SIZE])
{
    char *end = strchr(line, '\n');
    char *number =
        strstr(line, "scrubjay store ") == line ? line + strlen("scrubjay store ") : NULL;
    char *digits = number ? strchr(number, ' ') : NULL;
    if (!end || !digits) {
        return -EBADMSG;
    }
    *end = '\0';
    *digits++ = '\0';
    uint64_t format = 0;
    struct sj_key key;
    if (sj_parse_u64(number, UINT32_MAX, &format) < 0) {
        return -EBADMSG;
    }
    if (format != SJ_STORE_FORMAT) {
        return format > SJ_STORE_FORMAT ? -EPROTO : -ESTALE;
    }
    if (sj_key_parse(digits, &key) < 0) {
        return -EBADMSG;
    }
    memcpy(salt, key.bytes, SJ_SALT_SIZE);
    return 0;
}

// Read the version, or write it; what an older version or one unknown has left is removed.
static int settle_version(struct sj_store *store, unsigned char salt[SJ_SALT_SIZE])
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/VERSION", store->dir);
    SJ_AUTO(sj_buf_release) struct sj_buf line = SJ_BUF_INIT(VERSION_LIMIT);
    int status = sj_file_read(AT_FDCWD, path, &line);
    if (status == 0) {
        status = line.len > 0 ? parse_version(line.data, salt) : -EBADMSG;
    }
    if (status != -ENOENT && status != -EBADMSG && status != -ESTALE && status != -EFBIG) {
        return status;
    }
    // Without the salt, no generation can be read.
    (void)sj_generations_unlink(store->dir, UINT32_MAX, NULL);
    status = sj_tree_remove(store->index.path);
    return status < 0 ? status : write_version(path, salt);
}

// Whether the index is as it should be after all: another process may have been faster.
static int check_index(struct sj_store *store)
{
    if (sj_mark_get(store->dir, &store->boot) == SJ_MARK_STALE) {
        return -EBADMSG;
    }
    int status = sj_index_read(&store->index);
    if (status < 0) {
        sj_index_close(&store->index);
    }
    return status;
}

bool sj_store_needs_recovery(int status)
{
    return status == -ENOENT || status == -ENODATA || status == -EBADMSG || status == -ESTALE;
}

int sj_store_recover(struct sj_store *store)
{
    sj_index_close(&store->index);
    int status = make_directories(store->dir);
    status = status < 0 ? status : sj_store_check_file_system(store->dir);
    if (status < 0) {
        return status;
    }
    // Held until the descriptor is closed.
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/recover.lock", store->dir);
    SJ_AUTO(sj_auto_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (lock < 0) {
        return -errno;
    }
    while (flock(lock, LOCK_EX) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    unsigned char salt[SJ_SALT_SIZE];
    status = settle_version(store, salt);
    status = status < 0 ? status : check_index(store);
    if (!sj_store_needs_recovery(status)) {
        return status;
    }
    status = sj_index_rebuild(store, salt);
    if (status < 0) {
        return status;
    }
    return sj_index_read(&store->index);
}
