// SPDX-License-Identifier: Apache-2.0
#include "dash/cells.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

#define CELL_MAX   4096u                // of text that is put together
#define SILENCE_NS (3600 * SJ_NS_PER_S) // after which a build without an end is none any more

void sj_cell_build(const struct sj_dash_call *call, struct sj_doc_table *table,
                   const struct sj_build *build)
{
    if (!build->id[0]) {
        sj_doc_cell(table, "(no build id)", NULL);
        return;
    }
    SJ_AUTO(sj_auto_free) char *link = sj_dash_link(call->query, "build", build->id, NULL);
    sj_doc_cell(table, build->id, link);
}

void sj_cell_commit(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_oid *id)
{
    if (sj_oid_is_zero(id)) {
        sj_doc_cell(table, NULL, NULL);
        return;
    }
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(id, hex);
    SJ_AUTO(sj_auto_free) char *link = sj_dash_link(call->query, "commit", hex, NULL);
    hex[10] = '\0';
    sj_doc_cell(table, hex, link);
}

const char *sj_reason_words(const struct sj_dash_call *call, const char *id)
{
    if (!*id) {
        return "no reason was recorded";
    }
    return call->site->reason_text ? call->site->reason_text(id) : id;
}

const char *sj_unit_name(const struct sj_dash_call *call, uint32_t unit)
{
    struct sj_unit row;
    struct sj_db *db = call->site->db;
    return unit && sj_db_unit(db, unit, &row) == 0 ? sj_db_text(db, row.name) : "";
}

void sj_cell_unit(const struct sj_dash_call *call, struct sj_doc_table *table, uint32_t unit)
{
    const char *name = sj_unit_name(call, unit);
    if (!*name) {
        sj_doc_cell(table, NULL, NULL);
        return;
    }
    SJ_AUTO(sj_auto_free) char *link = sj_dash_link_unit(call, unit);
    sj_doc_cell(table, name, link);
}

static size_t count_players(const struct sj_finding *finding)
{
    size_t players = 0;
    for (size_t i = 0; i < finding->count; i++) {
        players += i == 0 || !sj_blame_same(&finding->causes[i - 1], &finding->causes[i]);
    }
    return players;
}

static void add_commit(const struct sj_dash_call *call, const struct sj_oid *id, struct sj_buf *out)
{
    char hex[SJ_OID_HEX_SIZE];
    const struct sj_history *history = call->site->history;
    sj_oid_hex(id, hex);
    sj_buf_addf(out, "%.10s", hex);
    uint32_t place = history ? sj_history_find(history, id) : SJ_NO_COMMIT;
    if (place != SJ_NO_COMMIT) {
        size_t count;
        sj_buf_addf(out, " %.200s", sj_history_commits(history, &count)[place].subject);
    }
}

void sj_cell_causes(const struct sj_dash_call *call, struct sj_doc_table *table,
                    const struct sj_finding *finding)
{
    if (finding->count == 0) {
        sj_doc_cell(table, NULL, NULL);
        return;
    }
    const struct sj_blame *first = &finding->causes[0];
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(CELL_MAX);
    SJ_AUTO(sj_auto_free) char *link = NULL;
    if (first->kind == SJ_BLAME_COMMIT) {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&first->commit, hex);
        link = sj_dash_link(call->query, "commit", hex, NULL);
        add_commit(call, &first->commit, &text);
    } else {
        sj_buf_adds(&text, sj_blame_text(first->kind));
        if (*first->why) {
            sj_buf_addf(&text, " (%.200s)", sj_reason_words(call, first->why));
        }
    }
    if (*first->path) {
        sj_buf_addf(&text, ": %.500s", first->path);
    }
    size_t players = count_players(finding);
    if (players > 1) {
        sj_buf_addf(&text, "; and %zu more", players - 1);
    }
    sj_doc_cell(table, sj_buf_text(&text), link);
}

bool sj_is_web_address(const char *url)
{
    const char *rest = sj_skip_prefix(url, "https://");
    rest = rest ? rest : sj_skip_prefix(url, "http://");
    if (!rest || !*rest || *rest == '/') {
        return false;
    }
    for (; *rest; rest++) {
        unsigned char byte = (unsigned char)*rest;
        if (byte <= ' ' || byte >= 0x7f || strchr("\"'<>\\`{}|^", byte)) {
            return false;
        }
    }
    return true;
}

bool sj_build_is_running(const struct sj_dash_call *call, const struct sj_build *build)
{
    bool is_open = (build->flags & SJ_BUILD_NOTED) && !(build->flags & SJ_BUILD_ENDED) &&
                   !(build->flags & SJ_BUILD_IMPORTED);
    uint64_t last_ns = build->start_ns + build->wall_ns;
    return is_open && call->site->now_ns < last_ns + SILENCE_NS;
}

void sj_build_state(const struct sj_dash_call *call, const struct sj_build *build,
                    struct sj_buf *out)
{
    if (sj_build_is_running(call, build)) {
        sj_buf_adds(out, "running");
    } else if (!(build->flags & SJ_BUILD_ENDED)) {
        sj_buf_adds(out, build->flags & SJ_BUILD_NOTED ? "no end" : "not known");
    } else if (build->exit_status == 0) {
        sj_buf_adds(out, "ok");
    } else {
        sj_buf_addf(out, "failed (%d)", build->exit_status);
    }
}

uint64_t sj_build_spent(const struct sj_build *build)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SJ_OUTCOME_COUNT; i++) {
        sum += build->cpu_ns[i];
    }
    return sum;
}

double sj_build_hit_rate(const struct sj_build *build)
{
    double hits = (double)build->count[SJ_OUTCOME_HIT];
    double all = hits + (double)build->count[SJ_OUTCOME_MISS];
    return all > 0 ? hits / all : NAN;
}
