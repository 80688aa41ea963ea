// SPDX-License-Identifier: Apache-2.0
#include "analyze/unit_find.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"

#define SAID_MAX 4 // units that an error names

static bool is_end(const char *path, const char *text)
{
    size_t path_len = strlen(path);
    size_t len = strlen(text);
    return path_len > len && path[path_len - len - 1] == '/' &&
           strcmp(path + path_len - len, text) == 0;
}

// How well a unit fits: 3 by name, 2 by source, 1 by the end of either, 0 not.
static int fit_of(struct sj_db *db, const struct sj_unit *unit, const char *text)
{
    const char *name = sj_db_text(db, unit->name);
    if (strcmp(name, text) == 0) {
        return 3;
    }
    const char *source = sj_db_text(db, unit->source);
    if (strcmp(source, text) == 0) {
        return 2;
    }
    return is_end(name, text) || is_end(source, text);
}

int sj_unit_find(struct sj_db *db, const char *project, const char *text, uint32_t *out,
                 struct sj_err *err)
{
    return sj_unit_find_among(db, project, text, NULL, NULL, out, err);
}

int sj_unit_find_among(struct sj_db *db, const char *project, const char *text,
                       bool (*may)(const struct sj_unit *unit, void *user), void *user,
                       uint32_t *out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_unit *units = NULL;
    size_t count = 0;
    int status = sj_db_units(db, project, &units, &count);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the units");
    }
    SJ_AUTO(sj_buf_release) struct sj_buf said = SJ_BUF_INIT(400);
    int best = 0;
    size_t found = 0;
    uint32_t number = 0;
    for (size_t i = 0; i < count; i++) {
        int fit = fit_of(db, &units[i], text);
        if (fit == 0 || fit < best || (may && !may(&units[i], user))) {
            continue;
        }
        if (fit > best) {
            best = fit;
            found = 0;
            sj_buf_clear(&said);
        }
        if (found++ < SAID_MAX) {
            sj_buf_addf(&said, "%s'%.80s'", found > 1 ? ", " : "", sj_db_text(db, units[i].name));
        }
        number = units[i].number;
    }
    if (found == 0) {
        return sj_fail_plain(err, -ENOENT, "no unit is called '%.200s'", text);
    }
    if (found > 1) {
        return sj_fail_plain(err, -EINVAL, "'%.100s' may be %zu units: %s%s", text, found,
                             sj_buf_text(&said), found > SAID_MAX ? ", …" : "");
    }
    *out = number;
    return 0;
}
