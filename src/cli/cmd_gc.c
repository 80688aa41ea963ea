// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "base/clock.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "record/db.h"
#include "record/ledger.h"
#include "store/maintain.h"

enum {
    OPT_MAX_AGE,
    OPT_TO_SIZE,
};

static const struct sj_option options[] = {
    {"max-age", "SPAN", "Drop what was last written longer ago, such as 30d."},
    {"to-size", "SIZE", "Make the store no larger than this, once; max_size stays as it is."},
    {NULL, NULL, NULL},
};

struct gc {
    uint64_t to_size_bytes;
    uint64_t max_age_s;
};

static int read_limits(const struct sj_invocation *call, struct gc *gc, struct sj_err *err)
{
    const char *age = call->value[OPT_MAX_AGE];
    const char *size = call->value[OPT_TO_SIZE];
    uint64_t age_ms = 0;
    gc->to_size_bytes = UINT64_MAX;
    int status = age ? sj_parse_span_ms(age, &age_ms) : 0;
    if (status < 0) {
        return sj_fail_plain(err, status, "--max-age: '%.60s' is no span such as 30d or 12h", age);
    }
    status = size ? sj_parse_size(size, &gc->to_size_bytes) : 0;
    if (status < 0) {
        return sj_fail_plain(err, status, "--to-size: '%.60s' is no size such as 500M or 5GiB",
                             size);
    }
    // Less than a second is still an age, and 0 would mean none.
    gc->max_age_s = age ? (age_ms + 999) / 1000 + (age_ms == 0) : 0;
    return 0;
}

// What became of the records.
struct tidied {
    uint64_t folded_bytes;      // of the journal
    uint64_t expired;           // samples
    struct sj_db_ingested done; // into the database
};

static void report(const struct sj_invocation *call, const struct sj_gc_report *gc,
                   const struct tidied *tidied, struct sj_buf *out)
{
    if (call->is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_open(&json, NULL, '{');
        sj_json_u64(&json, "freed_bytes", gc->freed_bytes);
        sj_json_u64(&json, "dropped_generations", gc->dropped);
        sj_json_u64(&json, "forgotten_entries", gc->forgotten);
        sj_json_u64(&json, "folded_journal_bytes", tidied->folded_bytes);
        sj_json_u64(&json, "ingested_records", tidied->done.records);
        sj_json_u64(&json, "expired_records", tidied->expired);
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
        return;
    }
    sj_buf_adds(out, "freed ");
    sj_ui_size(out, gc->freed_bytes);
    sj_buf_adds(out, " of the store: ");
    sj_ui_count(out, gc->dropped);
    sj_buf_adds(out, gc->dropped == 1 ? " generation, " : " generations, ");
    sj_ui_count(out, gc->forgotten);
    sj_buf_adds(out, gc->forgotten == 1 ? " entry of the index\n" : " entries of the index\n");
    if (tidied->folded_bytes > 0) {
        sj_buf_adds(out, "folded ");
        sj_ui_size(out, tidied->folded_bytes);
        sj_buf_adds(out, " of the journal into sums\n");
    }
    if (tidied->expired > 0) {
        sj_buf_adds(out, "dropped ");
        sj_ui_count(out, tidied->expired);
        sj_buf_adds(out, tidied->expired == 1 ? " record that is" : " records that are");
        sj_buf_adds(out, " older than record_keep; their sums stay\n");
    }
}

static void close_db(struct sj_db **db)
{
    sj_db_close(*db);
}

// Records into the database first: what is folded cannot be taken in any more.
static int tidy_records(const struct sj_config *config, struct sj_store *store,
                        struct tidied *tidied, struct sj_err *err)
{
    SJ_AUTO(close_db) struct sj_db *db = NULL;
    int status = sj_db_open(config->cache_dir, SJ_DB_WRITE, &db, err);
    if (status == 0) {
        const struct sj_db_intake intake = {.dir = config->cache_dir, .store = store};
        status = sj_db_ingest(db, &intake, &tidied->done, err);
    }
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    uint64_t keep_ns = config->record_keep_ms > UINT64_MAX / SJ_NS_PER_MS
                           ? UINT64_MAX
                           : config->record_keep_ms * SJ_NS_PER_MS;
    if (status == 0 && keep_ns > 0 && keep_ns < now_ns) {
        status = sj_db_expire(db, now_ns - keep_ns, &tidied->expired);
        if (status < 0) {
            (void)sj_fail(err, status, "cannot drop old records in '%s'", config->cache_dir);
        }
    }
    if (status == 0) {
        status = sj_ledger_fold(config->cache_dir, SJ_LEDGER_KEEP, &tidied->folded_bytes, err);
    }
    return status;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct gc limits;
    if (read_limits(call, &limits, &err) < 0) {
        (void)sj_command_fail(&err);
        return SJ_EXIT_USAGE;
    }
    struct sj_gc_report gc = {0};
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    int status = sj_storage_open(&call->config, SJ_STORAGE_WRITE, &store, &err);
    if (status < 0) {
        return sj_command_fail(&err);
    }
    if (status == 0 && sj_store_gc(store, limits.to_size_bytes, limits.max_age_s, &gc, &err) < 0) {
        return sj_command_fail(&err);
    }
    struct tidied tidied = {0};
    if (status == 0 && tidy_records(&call->config, store, &tidied, &err) < 0) {
        return sj_command_fail(&err);
    }
    report(call, &gc, &tidied, &call->out);
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_gc = {
    .name = "gc",
    .words = "",
    .summary = "Make the store smaller, and drop what is too old.",
    .text =
        "Bring the store under its size, drop what is too old, and clean its index of what is "
        "gone. This also happens by itself while compiles are stored; there is no need to "
        "call it but to free space at once.\n"
        "Records of compiles are taken into their database, folded into sums when their journal "
        "has grown, and dropped from the database when they are older than record_keep: sums "
        "and statistics stay complete.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
