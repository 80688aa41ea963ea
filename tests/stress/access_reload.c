// SPDX-License-Identifier: Apache-2.0
// Requests are judged by several threads, half of them guessing, while the token file changes under
// them: each sees the rules of one moment whole.
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "server/access.h"

#define THREADS 4

/** What the threads share. */
struct race {
    struct sj_access *access;
    char header[16 + SJ_TOKEN_TEXT_SIZE];
    atomic_bool is_over;
    atomic_ulong judged;
    atomic_ulong wrong;
};

static void judge(struct race *race, unsigned number)
{
    static const char guess[] = "Bearer sj_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bool is_guess = number % 2;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {.s_addr = number}};
    struct sj_grant grant;
    const struct sj_rules *rules = sj_access_rules(race->access);
    sj_access_judge(race->access, rules, is_guess ? guess : race->header, sj_str_of("main"),
                    (const struct sockaddr *)&in, &grant);
    bool is_right = is_guess ? grant.is_refused && grant.scopes == 0
                             : grant.scopes == SJ_SCOPE_READ || grant.scopes == SJ_SCOPE_WRITE;
    sj_rules_unref(race->access, rules);
    atomic_fetch_add(&race->judged, 1);
    atomic_fetch_add(&race->wrong, !is_right);
}

static void *run_thread(void *user)
{
    struct race *race = user;
    for (unsigned number = 0; !atomic_load(&race->is_over); number++) {
        judge(race, number);
    }
    return NULL;
}

// A file of the given age: what is young might still be in the making, and would be left alone.
static int put(const char *path, const struct sj_token *token, long age_s)
{
    struct sj_buf text = SJ_BUF_INIT(4096);
    sj_token_list_format(&(struct sj_token_list){.items = (struct sj_token[]){*token}, .count = 1},
                         &text);
    int status = sj_file_write(path, 0600, text.data, text.len);
    sj_buf_release(&text);
    struct timespec time = {.tv_sec = (time_t)(sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S) - age_s};
    const struct timespec times[2] = {time, time};
    return status < 0 ? status : utimensat(AT_FDCWD, path, times, 0);
}

static int open_access(struct race *race, const char *dir)
{
    SJ_AUTO(sj_auto_free) char *tokens = sj_asprintf("%s/tokens", dir);
    SJ_AUTO(sj_auto_free) char *spaces = sj_asprintf("%s/spaces", dir);
    const struct sj_access_options options = {.tokens_path = tokens, .spaces_path = spaces};
    struct sj_err err;
    return sj_access_open(&options, &race->access, &err);
}

static int change(struct race *race, const char *dir, struct sj_token *token, uint64_t rounds)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/tokens", dir);
    for (uint64_t i = 0; i < rounds; i++) {
        struct sj_err err;
        token->scopes = i % 2 ? SJ_SCOPE_READ : SJ_SCOPE_WRITE;
        if (put(path, token, (long)(1 + i % 1000)) != 0 ||
            sj_access_reload(race->access, &err) != 1) {
            return -1;
        }
    }
    return 0;
}

static int run(const char *dir, uint64_t rounds)
{
    struct race race = {.wrong = 0};
    struct sj_token token;
    char text[SJ_TOKEN_TEXT_SIZE];
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/tokens", dir);
    if (sj_token_make(&token, text) < 0) {
        return -1;
    }
    char spaces[] = "main";
    char note[] = "";
    token.spaces = spaces;
    token.note = note;
    token.scopes = SJ_SCOPE_READ;
    (void)snprintf(race.header, sizeof race.header, "Bearer %s", text);
    if (put(path, &token, 2000) != 0 || open_access(&race, dir) < 0) {
        return -1;
    }
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, run_thread, &race) != 0) {
            abort();
        }
    }
    int status = change(&race, dir, &token, rounds);
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    sj_access_close(race.access);
    (void)printf("%lu judged, %lu wrong\n", atomic_load(&race.judged), atomic_load(&race.wrong));
    return status == 0 && atomic_load(&race.wrong) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    uint64_t rounds = 1000;
    char dir[] = "/tmp/stress-access-XXXXXX";
    if ((argc > 1 && sj_parse_u64(argv[1], UINT32_MAX, &rounds) < 0) || !mkdtemp(dir)) {
        return 2;
    }
    int status = run(dir, rounds);
    (void)sj_tree_remove(dir);
    return status == 0 ? 0 : 1;
}
