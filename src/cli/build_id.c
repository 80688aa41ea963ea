// SPDX-License-Identifier: Apache-2.0
#include "cli/build_id.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/ci_env.h"
#include "key/key.h"

#define ID_MARKS    "._:+@-"
#define KEY_MARKS   "._-"
#define DIGEST_SIZE 7 /**< bytes that stand for what was cut off */

static bool is_of(char c, const char *marks)
{
    return isalnum((unsigned char)c) || (c && strchr(marks, c));
}

int sj_build_id_check(const char *id, struct sj_err *err)
{
    size_t len = 0;
    while (is_of(id[len], ID_MARKS)) {
        len++;
    }
    if (id[len] || len == 0 || len > SJ_BUILD_ID_MAX) {
        return sj_fail_plain(err, -EINVAL,
                             "invalid build id '%.100s': write 1 to %d letters, digits or any "
                             "of " ID_MARKS,
                             id, SJ_BUILD_ID_MAX);
    }
    return 0;
}

static bool is_of_id(char c)
{
    return is_of(c, ID_MARKS);
}

bool sj_build_id_from_ci(struct sj_buf *out)
{
    size_t start = out->len;
    if (!sj_ci_job_id(is_of_id, out)) {
        return false;
    }
    if (out->len - start > SJ_BUILD_ID_MAX) {
        struct sj_key key = sj_key_of(out->data + start, out->len - start);
        out->len = start + SJ_BUILD_ID_MAX - DIGEST_SIZE;
        sj_buf_addf(out, "-%02x%02x%02x", key.bytes[0], key.bytes[1], key.bytes[2]);
    }
    return true;
}

void sj_build_id_make(struct sj_buf *out)
{
    time_t now = time(NULL);
    struct tm utc = {0};
    (void)gmtime_r(&now, &utc);
    char text[32];
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);

    uint32_t chance;
    if (getentropy(&chance, sizeof chance) < 0) {
        chance = (uint32_t)sj_clock_ns(CLOCK_MONOTONIC) ^ ((uint32_t)getpid() << 16);
    }
    sj_buf_addf(out, "%s-%08x", text, chance);
}

int sj_label_add(const char *label, struct sj_buf *labels, struct sj_err *err)
{
    size_t key_len = 0;
    while (is_of(label[key_len], KEY_MARKS)) {
        key_len++;
    }
    if (key_len == 0 || label[key_len] != '=') {
        return sj_fail_plain(err, -EINVAL,
                             "invalid label '%.100s': write KEY=VALUE, the key of letters, "
                             "digits or any of " KEY_MARKS,
                             label);
    }
    for (const char *at = label + key_len; *at; at++) {
        if (*at == ',' || iscntrl((unsigned char)*at)) {
            return sj_fail_plain(err, -EINVAL,
                                 "invalid label '%.100s': leave out commas and control characters",
                                 label);
        }
    }
    if (labels->len + 1 + strlen(label) > SJ_LABEL_MAX) {
        return sj_fail_plain(err, -EINVAL, "labels are too long: %d bytes for all of them",
                             SJ_LABEL_MAX);
    }
    if (labels->len > 0) {
        sj_buf_addc(labels, ',');
    }
    sj_buf_adds(labels, label);
    return 0;
}
