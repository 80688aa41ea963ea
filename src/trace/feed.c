// SPDX-License-Identifier: Apache-2.0
#include "trace/feed.h"

#include <errno.h>

#include "base/oid.h"

void sj_feed_build(const struct sj_build *build, struct sj_feed_build *out)
{
    out->commit[0] = '\0';
    if (!sj_oid_is_zero(&build->commit)) {
        sj_oid_hex(&build->commit, out->commit);
    }
    out->build = (struct sj_export_build){
        .id = build->id,
        .project = build->project,
        .branch = build->branch,
        .job = build->job,
        .commit = out->commit,
        .system = build->system,
        .run = build->run,
        .machine = build->machine,
        .labels = build->labels,
        .url = build->url,
        .start_ns = build->start_ns,
        .wall_ns = build->wall_ns,
        .cpu_ns = build->user_ns + build->system_ns,
        .cpus = build->cpus,
        .exit_status = build->exit_status,
        .saved_ns = build->saved_ns,
        .count = build->count,
        .action_ns = build->cpu_ns,
    };
}

int sj_feed_action(struct sj_db *db, const struct sj_sample *sample, struct sj_export_action *out)
{
    struct sj_unit unit = {0};
    struct sj_db_config config = {0};
    int status = sj_db_unit(db, sample->unit, &unit);
    if (status < 0 && status != -ENOENT) {
        return status;
    }
    status = sample->config != 0 ? sj_db_config(db, sample->config, &config) : 0;
    if (status < 0 && status != -ENOENT) {
        return status;
    }
    *out = (struct sj_export_action){
        .unit = sj_db_text(db, unit.name),
        .source = sj_db_text(db, unit.source),
        .language = sj_db_text(db, unit.language),
        .toolchain = sj_db_text(db, config.toolchain),
        .tool = sj_db_text(db, config.tool),
        .outcome = sj_outcome_name((enum sj_outcome)sample->outcome),
        .reason = sj_db_text(db, sample->reason),
        .detail = sj_db_text(db, sample->detail),
        .args = sj_db_text(db, sample->args),
        .start_ns = sample->start_ns,
        .wall_ns = sample->wall_ns,
        .cpu_ns = sample->cpu_ns,
        .saved_ns = sample->saved_ns,
        .instructions = sample->instructions,
        .peak_rss_bytes = sample->peak_rss_bytes,
        .input_bytes = sample->input_bytes,
        .output_bytes = sample->output_bytes,
        .input_count = sample->input_count,
        .exit_status = sample->exit_status,
        .is_stored = (sample->flags & SJ_RECORD_STORED) != 0,
        .is_remote = (sample->flags & SJ_RECORD_REMOTE) != 0,
        .is_audit = (sample->flags & SJ_RECORD_AUDIT) != 0,
    };
    return 0;
}
