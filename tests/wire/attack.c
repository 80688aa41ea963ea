// SPDX-License-Identifier: Apache-2.0
// usage: attack HOST:PORT PID GROUP [ARG…]
//        attack HOST:PORT PID ask METHOD TARGET [-b FILE] [-o FILE] [HEADER…]
//        attack HOST:PORT PID key FILE
//        attack HOST:PORT PID memory
// `ask` makes one request and prints its status; `key` prints a file's XXH3-128.
#include "attack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "key/key.h"

#define FILE_LIMIT ((size_t)512 << 20)

void attack_report(struct attack *attack, bool is_good, const char *format, ...)
{
    va_list list;
    char text[256];
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    text[strcspn(text, "\n")] = '\0';
    (void)printf("%s %s\n", is_good ? "ok" : "not ok", text);
    (void)fflush(stdout);
    va_end(list);
    attack->has_failed = attack->has_failed || !is_good;
}

bool attack_is_served(const struct attack *attack)
{
    return wire_request(&attack->peer, "GET", "/healthz", "Connection: close\r\n", NULL, 0, NULL) ==
           200;
}

static bool read_whole(const char *path, struct sj_buf *out)
{
    SJ_AUTO(sj_auto_fclose) FILE *file = fopen(path, "re");
    for (size_t got = 1; file && got > 0;) {
        char *at = sj_buf_reserve(out, 1 << 16);
        got = at ? fread(at, 1, 1 << 16, file) : 0;
        out->len += got;
    }
    return file && !ferror(file) && !out->is_full;
}

static bool write_whole(const char *path, const struct sj_buf *data)
{
    SJ_AUTO(sj_auto_fclose) FILE *file = fopen(path, "we");
    return file && fwrite(sj_buf_text(data), 1, data->len, file) == data->len;
}

static bool ask(struct attack *attack)
{
    SJ_AUTO(sj_buf_release) struct sj_buf headers = SJ_BUF_INIT(1 << 16);
    SJ_AUTO(sj_buf_release) struct sj_buf body = SJ_BUF_INIT(FILE_LIMIT);
    SJ_AUTO(wire_answer_release) struct wire_answer answer = {0};
    const char *out_path = NULL;
    bool has_body = false;
    for (int i = 2; i < attack->arg_count; i++) {
        const char *word = attack->args[i];
        if (strcmp(word, "-b") == 0 && i + 1 < attack->arg_count) {
            has_body = read_whole(attack->args[++i], &body);
        } else if (strcmp(word, "-o") == 0 && i + 1 < attack->arg_count) {
            out_path = attack->args[++i];
        } else {
            sj_buf_addf(&headers, "%s\r\n", word);
        }
    }
    if (attack->arg_count < 2) {
        return false;
    }
    int status =
        wire_request(&attack->peer, attack->args[0], attack->args[1], sj_buf_text(&headers),
                     has_body ? sj_buf_text(&body) : NULL, body.len, &answer);
    (void)printf("%d\n", status);
    return !out_path || write_whole(out_path, &answer.body);
}

static bool key(struct attack *attack)
{
    SJ_AUTO(sj_buf_release) struct sj_buf data = SJ_BUF_INIT(FILE_LIMIT);
    if (attack->arg_count != 1 || !read_whole(attack->args[0], &data)) {
        return false;
    }
    struct sj_key of = sj_key_of(sj_buf_text(&data), data.len);
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&of, hex);
    (void)puts(hex);
    return true;
}

static bool memory(struct attack *attack)
{
    (void)printf("%" PRIu64 "\n", wire_memory_of(attack->peer.pid));
    return true;
}

static const struct {
    const char *name;
    attack_group *run;
} groups[] = {
    {"ask", ask},
    {"connections", attack_connections},
    {"content", attack_content},
    {"end", attack_end},
    {"gone", attack_gone},
    {"key", key},
    {"limits", attack_limits},
    {"memory", memory},
    {"readers", attack_readers},
    {"requests", attack_requests},
    {"slow", attack_slow},
    {"split", attack_split},
    {"uploads", attack_uploads},
};

// HOST:PORT; the text is cut at the colon.
static bool parse_peer(char *text, const char *pid_text, struct wire_peer *out)
{
    char *colon = strrchr(text, ':');
    uint64_t port = 0;
    uint64_t pid = 0;
    if (!colon || sj_parse_u64(colon + 1, UINT16_MAX, &port) < 0 ||
        sj_parse_u64(pid_text, INT32_MAX, &pid) < 0) {
        return false;
    }
    *colon = '\0';
    *out = (struct wire_peer){.host = text, .port = (uint16_t)port, .pid = (pid_t)pid};
    return true;
}

int main(int argc, char **argv)
{
    struct attack attack = {.args = argv + 4, .arg_count = argc - 4};
    if (argc >= 4 && parse_peer(argv[1], argv[2], &attack.peer)) {
        for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
            if (strcmp(argv[3], groups[i].name) == 0) {
                bool is_right = groups[i].run(&attack);
                return is_right ? attack.has_failed : 2;
            }
        }
    }
    (void)fputs("usage: attack HOST:PORT PID GROUP [ARG]...\n", stderr);
    return 2;
}
