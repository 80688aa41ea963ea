// SPDX-License-Identifier: Apache-2.0
#include "record/db_env.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "store/lmdb_env.h"

#define MAP_BYTES (UINT64_C(64) << 30)
#define MAP_NEED  (UINT64_C(64) << 20)

// What is the process's has to be known to all of it.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards what follows
static struct sj_db_env *first;

void sj_db_envs_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void sj_db_envs_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

// By its file, which stays the same one as long as it is open: a folder that was removed and made
// anew may have the number that it had before.
static struct sj_db_env *find(const char *path)
{
    struct stat file;
    SJ_AUTO(sj_auto_free) char *name = sj_asprintf("%s/data.mdb", path);
    if (stat(name, &file) < 0) {
        return NULL;
    }
    struct sj_db_env *env = first;
    // What was open before a fork is the parent's alone.
    while (env && (env->dev != file.st_dev || env->ino != file.st_ino || env->pid != getpid() ||
                   atomic_load(&env->is_condemned))) {
        env = env->next;
    }
    return env;
}

static int open_new(const char *path, const char *dir, bool can_write, struct sj_db_env **out)
{
    unsigned flags = MDB_NOTLS | (can_write ? MDB_NOMETASYNC : MDB_RDONLY);
    struct sj_db_env *env = sj_new(struct sj_db_env);
    struct stat file = {0};
    int fd = -1;
    env->dir = sj_strdup(dir);
    env->can_write = can_write;
    env->pid = getpid();
    int status = sj_lmdb_open(path, flags, MAP_BYTES, MAP_NEED, env->dir, &env->env);
    if (status < 0) {
        free(env->dir);
        free(env);
        return status;
    }
    if (mdb_env_get_fd(env->env, &fd) == 0 && fstat(fd, &file) == 0) {
        env->dev = file.st_dev;
        env->ino = file.st_ino;
    }
    env->next = first;
    first = env;
    *out = env;
    return 0;
}

int sj_db_env_open(const char *path, const char *dir, bool can_write, struct sj_db_env **out)
{
    struct sj_db_env *env = find(path);
    if (env && can_write && !env->can_write) {
        return -EBUSY;
    }
    int status = env ? 0 : open_new(path, dir, can_write, &env);
    if (status < 0) {
        return status;
    }
    env->refs++;
    *out = env;
    return 0;
}

void sj_db_env_close(struct sj_db_env *env)
{
    if (!env || --env->refs > 0) {
        return;
    }
    struct sj_db_env **at = &first;
    while (*at != env) {
        at = &(*at)->next;
    }
    *at = env->next;
    // What was condemned is never closed: its pages may not even bear that.
    if (!atomic_load(&env->is_condemned)) {
        mdb_env_close(env->env);
        free(env->dir);
    }
    free(env);
}

bool sj_db_env_is_shared(struct sj_db_env *env)
{
    sj_db_envs_lock();
    bool is_shared = env->refs > 1;
    sj_db_envs_unlock();
    return is_shared;
}
