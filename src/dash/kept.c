// SPDX-License-Identifier: Apache-2.0
#include "dash/kept.h"

#include "base/clock.h"
#include "base/mem.h"

#define HOUR_NS (3600 * SJ_NS_PER_S)

static void add_number(struct sj_hasher *hasher, uint64_t number)
{
    sj_hasher_field(hasher, &number, sizeof number);
}

static void add_query(struct sj_hasher *hasher, const struct sj_dash_query *query)
{
    sj_hasher_text(hasher, query->page);
    add_number(hasher, query->format);
    for (size_t i = 0; i < SJ_DASH_SUBJECTS; i++) {
        sj_hasher_text(hasher, query->subject[i]);
    }
    for (size_t i = 0; i < SJ_DASH_PARAMETERS; i++) {
        sj_hasher_text(hasher, query->parameter[i]);
    }
}

// "90d" is another moment each time: what counts is which builds lie behind it.
static void add_times(struct sj_hasher *hasher, const struct sj_dash_ground *ground,
                      const struct sj_dash_call *call)
{
    const struct sj_dash_query *query = call->query;
    add_number(hasher, sj_dash_ground_before(ground, call->filter.since_ns));
    add_number(hasher, sj_dash_ground_before(ground, call->filter.until_ns));
    add_number(hasher, call->filter.until_ns > 0);
    // How often files change is told by the length of the time that is asked for, up to now.
    uint64_t now_ns = call->site->now_ns;
    uint64_t end_ns = query->until_ns && query->until_ns < now_ns ? query->until_ns : now_ns;
    bool is_named = query->since_ns > 0 && query->since_ns < end_ns;
    add_number(hasher, is_named ? (end_ns - query->since_ns) / HOUR_NS : 0);
}

static void add_reader(struct sj_hasher *hasher, const struct sj_dash_ground *ground,
                       const struct sj_page_request *request)
{
    add_number(hasher, request->is_admin);
    add_number(hasher, request->is_local);
    for (size_t i = 0; i < ground->roster_count; i++) {
        const struct sj_roster_row *row = &ground->roster[i];
        if (sj_roster_may_see(row, request)) {
            sj_hasher_text(hasher, row->project);
            sj_hasher_text(hasher, row->space);
        }
    }
}

static void add_site(struct sj_hasher *hasher, const struct sj_dash_call *call)
{
    const struct sj_dash_site *site = call->site;
    struct sj_oid subject = {{0}};
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    size_t commits = 0;
    if (site->history) {
        (void)sj_history_commits(site->history, &commits);
    }
    bool has_head = site->repo && sj_repo_tip(site->repo, &head, NULL) == 0;
    // A branch moves.
    if (site->repo && call->query->subject[0]) {
        (void)sj_repo_find_plain(site->repo, call->query->subject[0], &subject);
    }
    sj_hasher_field(hasher, subject.bytes, SJ_OID_SIZE);
    add_number(hasher, site->repo != NULL);
    add_number(hasher, commits);
    sj_hasher_field(hasher, head.commit.bytes, SJ_OID_SIZE);
    sj_hasher_text(hasher, has_head ? sj_buf_text(&head.branch) : NULL);
    sj_hasher_text(hasher, site->repo_problem);
    sj_hasher_text(hasher, site->config->server.currency);
    sj_hasher_text(hasher, site->config->server.core_hour_price);
    add_number(hasher, site->reason_text != NULL);
}

// What sj_dash_notes() tells the administrator of what never came in.
static void add_intake(struct sj_hasher *hasher, const struct sj_dash_call *call)
{
    struct sj_db_ingested ever;
    if (call->request->is_admin && call->site->db &&
        sj_db_ingested_ever(call->site->db, &ever) == 0) {
        add_number(hasher, ever.damaged_bytes);
        add_number(hasher, ever.without_paths);
        add_number(hasher, ever.skewed);
        add_number(hasher, ever.refused);
        sj_hasher_text(hasher, ever.refused_why);
    }
}

struct sj_key sj_kept_key(const struct sj_dash_ground *ground, const struct sj_dash_call *call)
{
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_text(hasher, "page 2");
    sj_hasher_field(hasher, ground->print.bytes, SJ_KEY_SIZE);
    sj_hasher_text(hasher, call->filter.project);
    add_query(hasher, call->query);
    add_times(hasher, ground, call);
    add_reader(hasher, ground, call->request);
    add_site(hasher, call);
    add_intake(hasher, call);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return key;
}

bool sj_kept_find(struct sj_dash_cache *cache, const struct sj_key *key, struct sj_doc **out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    return sj_dash_cache_get(cache, key, &bytes) && sj_doc_decode(bytes.data, bytes.len, out) == 0;
}

void sj_kept_put(struct sj_dash_cache *cache, const struct sj_key *key, const struct sj_doc *doc)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sj_doc_encode(doc, &bytes) == 0) {
        sj_dash_cache_put(cache, key, bytes.data, bytes.len);
    }
}
