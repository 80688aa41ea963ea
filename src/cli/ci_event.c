// SPDX-License-Identifier: Apache-2.0
#include "cli/ci_event.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/oid.h"

static json_t *load(const char *path)
{
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        return NULL;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_CI_EVENT_MAX);
    if (sj_fd_read(fd, &text) < 0 || text.is_full) {
        return NULL;
    }
    return json_loadb(sj_buf_text(&text), text.len, 0, NULL);
}

static void take_commit(const json_t *side, char *text)
{
    const char *sha = json_string_value(json_object_get(side, "sha"));
    struct sj_oid oid;
    if (!*text && sha && sj_oid_parse(sha, &oid) == 0) {
        sj_oid_hex(&oid, text);
    }
}

void sj_ci_event_read(struct sj_ci *ci)
{
    const char *path = getenv("GITHUB_EVENT_PATH");
    json_t *event = path && *path ? load(path) : NULL;
    const json_t *pull = json_object_get(event, "pull_request");
    if (pull) {
        take_commit(json_object_get(pull, "head"), ci->text[SJ_CI_HEAD]);
        take_commit(json_object_get(pull, "base"), ci->text[SJ_CI_BASE]);
        json_int_t number = json_integer_value(json_object_get(pull, "number"));
        if (!*ci->text[SJ_CI_PULL] && number > 0) {
            (void)snprintf(ci->text[SJ_CI_PULL], sizeof ci->text[0], "%" JSON_INTEGER_FORMAT,
                           number);
        }
    }
    json_decref(event);
}
