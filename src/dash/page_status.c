// SPDX-License-Identifier: Apache-2.0
// The page "status": whether the figures of the other pages are whole. What has not arrived yet,
// what was left out and why, who has been heard of, how much room the records take.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "dash/audits.h"
#include "dash/cells.h"
#include "dash/clients.h"
#include "record/behind.h"

// Disk space of the files of a directory; none of ours has directories in it.
static double size_of(const char *dir, const char *name)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", dir, name);
    SJ_AUTO(sj_auto_closedir) DIR *entries = opendir(path);
    double bytes = 0;
    if (!entries) {
        return errno == ENOENT ? 0 : NAN;
    }
    for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        struct stat st;
        if (fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode)) {
            bytes += (double)st.st_blocks * 512;
        }
    }
    return bytes;
}

static void add_sizes(const struct sj_dash_call *call)
{
    const char *dir = call->site->config->cache_dir;
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "records_bytes", "Records", SJ_DOC_SIZE, size_of(dir, "records"), NULL);
    sj_doc_figure(doc, "journal_bytes", "Journal", SJ_DOC_SIZE, size_of(dir, "journal"), NULL);
    sj_doc_figure(doc, "history_bytes", "Histories", SJ_DOC_SIZE, size_of(dir, "history"), NULL);
}

static int add_lag(const struct sj_dash_call *call, struct sj_err *err)
{
    uint64_t behind = 0;
    int status = sj_db_behind(call->site->db, call->site->config->cache_dir, &behind, err);
    if (status < 0) {
        return status;
    }
    sj_doc_figure(call->doc, "behind_bytes", "Journal not taken in yet", SJ_DOC_SIZE,
                  (double)behind, NULL);
    if (behind > 0) {
        sj_doc_note(call->doc,
                    "The journal holds more than the records do: what is missing is taken in when "
                    "no record has come for a few seconds.");
    }
    return 0;
}

/** What was left out, and why. */
static const struct {
    const char *name;
    const char *text;
    size_t offset;
    bool is_loss; // it is missing from figures
} counters[] = {
    {"records", "records taken in", offsetof(struct sj_db_ingested, records), false},
    {"notes", "notes taken in", offsetof(struct sj_db_ingested, notes), false},
    {"without_build", "records that name no build: filed by day",
     offsetof(struct sj_db_ingested, without_build), false},
    {"late", "records of a build that had ended before", offsetof(struct sj_db_ingested, late),
     false},
    {"without_paths",
     "misses whose inputs have no names, as their path set had left the store: no commit can be "
     "charged for them",
     offsetof(struct sj_db_ingested, without_paths), true},
    {"skewed", "records that began before their build, or in the future",
     offsetof(struct sj_db_ingested, skewed), true},
    {"gone_parts", "parts of the journal that were gone before they were taken in whole",
     offsetof(struct sj_db_ingested, gone_parts), true},
    {"damaged_bytes", "bytes of the journal that were damaged and passed over",
     offsetof(struct sj_db_ingested, damaged_bytes), true},
    {"refused", "records and notes that make no sense: left out",
     offsetof(struct sj_db_ingested, refused), true},
};

static int add_counters(const struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_db_ingested ever;
    int status = sj_db_ingested_ever(call->site->db, &ever);
    if (status < 0) {
        return sj_fail(err, status, "cannot read what was left out");
    }
    sj_doc_heading(call->doc, "intake", "What was taken in, and what was left out");
    struct sj_doc_table *table = sj_doc_table(call->doc, "ingested", "Since the records began");
    sj_doc_column(table, "what", "What", SJ_DOC_TEXT);
    sj_doc_data_column(table, "name", "Name", SJ_DOC_TEXT);
    sj_doc_column(table, "count", "How many", SJ_DOC_COUNT);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        uint64_t count;
        memcpy(&count, (const char *)&ever + counters[i].offset, sizeof count);
        sj_doc_cell(table, counters[i].text, NULL);
        sj_doc_cell(table, counters[i].name, NULL);
        sj_doc_value(table, (double)count, NULL);
        if (counters[i].is_loss && count > 0) {
            sj_doc_row_mark(table, "loss");
        }
    }
    if (ever.refused_why[0]) {
        sj_doc_fact(call->doc, "refused_why", "First reason", ever.refused_why, NULL);
    }
    return 0;
}

/** What can be wrong with a build. */
struct odd {
    uint64_t without_commit; // none is known
    uint64_t unplaced;       // none of the history at hand
    uint64_t skewed;
    uint64_t clashes;
    uint64_t expired;
    uint64_t without_end;
};

static void add_builds(const struct sj_dash_call *call, const struct sj_scope *scope)
{
    struct odd odd = {0};
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_view_build *build = &scope->view.builds[i];
        unsigned flags = build->build.flags;
        if (!scope->is_wanted[i]) {
            continue;
        }
        bool has_commit = !sj_oid_is_zero(&build->build.commit);
        odd.without_commit += !has_commit;
        odd.unplaced += has_commit && build->commit == SJ_NO_COMMIT;
        odd.skewed += (flags & SJ_BUILD_SKEWED) != 0;
        odd.clashes += (flags & SJ_BUILD_CLASH) != 0;
        odd.expired += (flags & SJ_BUILD_EXPIRED) != 0;
        odd.without_end += (flags & SJ_BUILD_NOTED) && !(flags & SJ_BUILD_ENDED) &&
                           !sj_build_is_running(call, &build->build);
    }
    const struct {
        const char *name;
        const char *text;
        uint64_t count;
    } rows[] = {
        {"builds", "builds that pass the filters", scope->wanted},
        {"without_commit", "without a commit: no commit can be charged for them",
         odd.without_commit},
        {"unplaced", "with a commit that the history at hand does not have", odd.unplaced},
        {"without_end", "that never told of their end", odd.without_end},
        {"skewed", "whose clocks went backwards", odd.skewed},
        {"clashes", "with notes that contradict each other", odd.clashes},
        {"expired", "whose records are gone: only their sums are left", odd.expired},
    };
    struct sj_doc_table *table = sj_doc_table(call->doc, "builds", "Builds, and what they lack");
    sj_doc_column(table, "what", "What", SJ_DOC_TEXT);
    sj_doc_data_column(table, "name", "Name", SJ_DOC_TEXT);
    sj_doc_column(table, "count", "Builds", SJ_DOC_COUNT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sj_doc_cell(table, rows[i].text, NULL);
        sj_doc_cell(table, rows[i].name, NULL);
        sj_doc_value(table, (double)rows[i].count, NULL);
    }
}

static int add_scope(const struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_scope scope;
    struct sj_audits audits;
    int status = sj_scope_load(call, &scope, err);
    if (status == 0) {
        add_builds(call, &scope);
        status = sj_audits_count(&scope, &audits, err);
    }
    if (status == 0) {
        sj_audits_add(call, &scope, &audits);
        sj_doc_heading(call->doc, "heard", "Who has been heard of");
        sj_clients_add(call, &scope);
    }
    sj_scope_release(&scope);
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    bool is_all = call->request->is_admin || call->request->is_local;
    int status = 0;
    sj_doc_fact(call->doc, "version", "Version", SJ_VERSION, NULL);
    if (is_all) {
        add_sizes(call);
    }
    if (!call->site->db) {
        sj_doc_note(call->doc, "There are no records yet.");
        return 0;
    }
    if (is_all) {
        status = add_lag(call, err);
        status = status < 0 ? status : add_counters(call, err);
    }
    return status < 0 ? status : add_scope(call, err);
}

const struct sj_dash_page sj_page_status = {
    .name = "status",
    .title = "Status",
    .subject = NULL,
    .is_admin = false,
    .needs_records = false,
    .make = make,
};
