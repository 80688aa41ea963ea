// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/str.h"
#include "config/apply.h"

#define TEXT_MAX 4095 /**< bytes of a value; as long as a path may be */

static void words_of(const char *const *words, struct sj_buf *out)
{
    for (size_t i = 0; words[i]; i++) {
        sj_buf_addf(out, "%s%s", i ? ", " : "", words[i]);
    }
}

static int refuse(const struct sj_setting *setting, const char *text, int status,
                  struct sj_err *err)
{
    static const char *const wanted[] = {
        [SJ_SETTING_BOOL] = "true or false",
        [SJ_SETTING_NUM] = "a whole number of at most ",
        [SJ_SETTING_SIZE] = "a size such as 500M or 5GiB",
        [SJ_SETTING_SHARE] = "a share such as 0.01 or 1%",
        [SJ_SETTING_SPAN] = "a span such as 500ms, 30s or 10m",
        [SJ_SETTING_TEXT] = "text of at most 4095 bytes without control characters",
        [SJ_SETTING_PATH] = "a path of at most 4095 bytes",
        [SJ_SETTING_FLAGS] = "a list of: ",
    };
    SJ_AUTO(sj_buf_release) struct sj_buf hint = SJ_BUF_INIT(200);
    sj_buf_adds(&hint, wanted[setting->type]);
    if (setting->type == SJ_SETTING_NUM) {
        sj_buf_addf(&hint, "%" PRIu64, setting->max);
    } else if (setting->type == SJ_SETTING_FLAGS) {
        words_of(setting->words, &hint);
    }
    return sj_fail_plain(err, status, "%s: '%.80s' is not %s", setting->name, text,
                         sj_buf_text(&hint));
}

static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static int parse_flags(const char *const *words, const char *text, unsigned *out)
{
    unsigned flags = 0;
    for (const char *at = text + strspn(text, ", "); *at; at += strspn(at, ", ")) {
        struct sj_str word = {at, strcspn(at, ", ")};
        size_t bit = 0;
        while (words[bit] && !sj_str_eq(word, sj_str_of(words[bit]))) {
            bit++;
        }
        if (!words[bit]) {
            return -EINVAL;
        }
        flags |= 1U << bit;
        at += word.len;
    }
    *out = flags;
    return 0;
}

// "/a//b/./" becomes "/a/b". What follows ".." is left alone: only the file system knows where it
// leads when a symbolic link comes before it.
static void squeeze(char *path)
{
    char *to = path;
    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        size_t len = strcspn(at, "/");
        if (len > 0 && !(len == 1 && *at == '.')) {
            *to++ = '/';
            memmove(to, at, len);
            to += len;
        }
        at += len;
    }
    if (to == path) {
        *to++ = '/';
    }
    *to = '\0';
}

static int make_absolute(const char *text, const struct sj_config_place *place, char **out)
{
    char cwd[PATH_MAX] = "";
    const char *dir = "";
    if (text[0] == '~' && (text[1] == '/' || text[1] == '\0')) {
        if (!place->home) {
            return -EINVAL;
        }
        dir = place->home;
        text++;
    } else if (text[0] != '/') {
        dir = place->dir;
        if (!dir) {
            if (!getcwd(cwd, sizeof cwd)) {
                return -errno;
            }
            dir = cwd;
        }
    }

    // The directory holds no symbolic links, so ".." at the start can be taken off exactly.
    size_t dir_len = strlen(dir);
    while (dir_len > 0 && strncmp(text, "..", 2) == 0 && (text[2] == '/' || text[2] == '\0')) {
        while (dir_len > 0 && dir[--dir_len] != '/') {
        }
        text += 2;
        text += strspn(text, "/");
    }
    char *path = sj_asprintf("%.*s/%s", (int)dir_len, dir, text);
    squeeze(path);
    *out = path;
    return 0;
}

static int set_text(char **member, const struct sj_setting *setting, const char *text,
                    const struct sj_config_place *place)
{
    char *value = NULL;
    int status = 0;
    if (strlen(text) > TEXT_MAX) {
        status = -ERANGE;
    } else if (setting->type == SJ_SETTING_PATH) {
        status = make_absolute(text, place, &value);
    } else {
        value = sj_strdup(text);
    }
    if (status == 0) {
        free(*member);
        *member = value;
    }
    return status;
}

// An empty text; only strings can be unset, all else has a default or is zero.
static void unset(void *member, enum sj_setting_type type)
{
    if (type == SJ_SETTING_TEXT || type == SJ_SETTING_PATH) {
        free(*(char **)member);
        *(char **)member = NULL;
    } else if (type == SJ_SETTING_FLAGS) {
        *(unsigned *)member = 0;
    }
}

static int set_value(void *member, const struct sj_setting *setting, const char *text,
                     const struct sj_config_place *place)
{
    switch (setting->type) {
    case SJ_SETTING_BOOL:
        return sj_parse_bool(text, member);
    case SJ_SETTING_NUM:
        return sj_parse_u64(text, setting->max, member);
    case SJ_SETTING_SIZE:
        return sj_parse_size(text, member);
    case SJ_SETTING_SHARE:
        return sj_parse_share(text, member);
    case SJ_SETTING_SPAN:
        return sj_parse_span_ms(text, member);
    case SJ_SETTING_FLAGS:
        return parse_flags(setting->words, text, member);
    case SJ_SETTING_TEXT:
    case SJ_SETTING_PATH:
        return set_text(member, setting, text, place);
    }
    return -EINVAL;
}

int sj_config_apply(struct sj_config *config, const struct sj_setting *setting, const char *text,
                    const struct sj_config_place *place, enum sj_origin origin, struct sj_err *err)
{
    if (origin == SJ_ORIGIN_PROJECT && setting->is_personal) {
        return sj_fail_plain(err, -EPERM,
                             "%s: a project's file may not set it: set it in your own file or as "
                             "an environment variable",
                             setting->name);
    }
    if (!is_plain(text)) {
        return sj_fail_plain(err, -EINVAL, "%s: the value holds a control character",
                             setting->name);
    }
    void *member = (char *)config + setting->offset;
    const char *value = *text ? text : setting->fallback;
    if (value) {
        int status = set_value(member, setting, value, place);
        if (status < 0) {
            return refuse(setting, text, status, err);
        }
    } else {
        unset(member, setting->type);
    }
    config->origin[setting - sj_settings(&(size_t){0})] =
        (unsigned char)(*text ? origin : SJ_ORIGIN_DEFAULT);
    return 0;
}

int sj_config_set(struct sj_config *config, const char *name, const char *text,
                  enum sj_origin origin, struct sj_err *err)
{
    const struct sj_setting *setting = sj_setting_find(name);
    if (!setting) {
        return sj_config_unknown(name, err);
    }
    if (!*text) {
        return sj_fail_plain(err, -EINVAL, "%s: a value is missing", name);
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment while threads run
    struct sj_config_place place = {.home = getenv("HOME")};
    return sj_config_apply(config, setting, text, &place, origin, err);
}

// The shortest text that reads back as the same number of bytes.
static char *size_text(uint64_t bytes)
{
    static const struct {
        uint64_t factor;
        const char *unit;
    } units[] = {
        {UINT64_C(1) << 40, "TiB"},
        {UINT64_C(1) << 30, "GiB"},
        {UINT64_C(1) << 20, "MiB"},
        {UINT64_C(1) << 10, "KiB"},
        {1000000000, "GB"},
        {1000000, "MB"},
        {1000, "kB"},
        {1, ""},
    };
    size_t best = sizeof units / sizeof units[0] - 1;
    for (size_t i = 0; bytes && i < sizeof units / sizeof units[0]; i++) {
        bool is_shorter = bytes / units[i].factor < bytes / units[best].factor;
        if (bytes % units[i].factor == 0 && is_shorter) {
            best = i;
        }
    }
    return sj_asprintf("%" PRIu64 "%s", bytes / units[best].factor, units[best].unit);
}

static char *span_text(uint64_t span_ms)
{
    static const struct {
        uint64_t factor;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
    for (size_t i = 0; span_ms && i < sizeof units / sizeof units[0]; i++) {
        if (span_ms % units[i].factor == 0) {
            return sj_asprintf("%" PRIu64 "%s", span_ms / units[i].factor, units[i].unit);
        }
    }
    return sj_asprintf("%" PRIu64 "ms", span_ms);
}

static char *flags_text(const char *const *words, unsigned flags)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(1024);
    for (unsigned bit = 0; words[bit]; bit++) {
        if (flags & 1U << bit) {
            sj_buf_addf(&out, "%s%s", out.len ? "," : "", words[bit]);
        }
    }
    return sj_strdup(sj_buf_text(&out));
}

char *sj_config_text(const struct sj_config *config, const struct sj_setting *setting)
{
    const void *member = (const char *)config + setting->offset;
    const char *text;
    switch (setting->type) {
    case SJ_SETTING_BOOL:
        return sj_strdup(*(const bool *)member ? "true" : "false");
    case SJ_SETTING_NUM:
        return sj_asprintf("%" PRIu64, *(const uint64_t *)member);
    case SJ_SETTING_SIZE:
        return size_text(*(const uint64_t *)member);
    case SJ_SETTING_SHARE:
        return sj_asprintf("%g", *(const double *)member);
    case SJ_SETTING_SPAN:
        return span_text(*(const uint64_t *)member);
    case SJ_SETTING_FLAGS:
        return flags_text(setting->words, *(const unsigned *)member);
    case SJ_SETTING_TEXT:
    case SJ_SETTING_PATH:
        text = *(char *const *)member;
        return sj_strdup(text ? text : "");
    }
    return sj_strdup("");
}

void sj_config_release(struct sj_config *config)
{
    if (!config) {
        return;
    }
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (settings[i].type == SJ_SETTING_TEXT || settings[i].type == SJ_SETTING_PATH) {
            free(*(char **)((char *)config + settings[i].offset));
        }
    }
    *config = (struct sj_config){0};
}
