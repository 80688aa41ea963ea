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

int sj_phase_check(const char *name, struct sj_err *err)
{
    size_t len = 0;
    while (is_of(name[len], KEY_MARKS)) {
        len++;
    }
    if (name[len] || len == 0 || len > SJ_PHASE_MAX) {
        return sj_fail_plain(err, -EINVAL,
                             "invalid phase '%.100s': write 1 to %d letters, digits or any "
                             "of " KEY_MARKS,
                             name, SJ_PHASE_MAX);
    }
    return 0;
}

static bool has_key(const char *label, size_t len, const char *key)
{
    size_t key_len = strlen(key);
    return len > key_len && memcmp(label, key, key_len) == 0 && label[key_len] == '=';
}

void sj_label_phase(const char *labels, const char *phase, struct sj_buf *out)
{
    size_t start = out->len;
    for (const char *at = labels; *at;) {
        size_t len = strcspn(at, ",");
        if (!has_key(at, len, "phase")) {
            sj_buf_add(out, at, len);
            sj_buf_addc(out, ',');
        }
        at += len + (at[len] == ',');
    }
    if (phase && out->len - start + sizeof "phase=" - 1 + strlen(phase) <= SJ_LABEL_MAX) {
        sj_buf_addf(out, "phase=%s", phase);
    } else if (out->len > start) {
        out->data[--out->len] = '\0';
    }
}

bool sj_label_find(const char *labels, const char *key, struct sj_buf *out)
{
    const char *found = NULL;
    size_t found_len = 0;
    for (const char *at = labels; *at;) {
        size_t len = strcspn(at, ",");
        if (has_key(at, len, key)) {
            found = at + strlen(key) + 1;
            found_len = len - strlen(key) - 1;
        }
        at += len + (at[len] == ',');
    }
    if (found) {
        sj_buf_add(out, found, found_len);
    }
    return found != NULL;
}
