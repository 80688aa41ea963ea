// SPDX-License-Identifier: Apache-2.0
#include "analyze/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/rate.h"
#include "base/mem.h"

#define NONE    UINT32_MAX
#define DAY_S   86400.0
#define SYMLINK 0120000

/** What is needed on the way only. */
struct play {
    const struct sj_fanout *fanout;
    struct sj_replay *out;
    uint32_t *file_of; // by number of a path in the history: place of the file; NONE: not read
    uint32_t *hits;    // by unit: how many of the commit's files it reads
    size_t commit_size;
    size_t touched_count;
    size_t touched_size;
};

void sj_replay_release(struct sj_replay *replay)
{
    if (replay) {
        free(replay->files);
        free(replay->commits);
        free(replay->touched);
        *replay = (struct sj_replay){0};
    }
}

static size_t path_limit(const struct sj_history *history)
{
    size_t count;
    const struct sj_change *changes = sj_history_changes(history, &count);
    size_t limit = 0;
    for (size_t i = 0; i < count; i++) {
        limit = changes[i].path >= limit ? (size_t)changes[i].path + 1 : limit;
    }
    return limit;
}

static uint32_t *join_paths(const struct sj_history *history, const struct sj_fanout *fanout)
{
    size_t limit = path_limit(history);
    uint32_t *file_of = sj_calloc(limit + 1, sizeof *file_of);
    for (size_t i = 0; i <= limit; i++) {
        file_of[i] = NONE;
    }
    for (size_t i = 0; i < fanout->file_count; i++) {
        uint32_t path =
            sj_history_path_find(history, sj_db_text(fanout->db, fanout->files[i].path));
        if (path < limit) {
            file_of[path] = (uint32_t)i;
        }
    }
    return file_of;
}

// Modes alone compile nothing anew.
static bool has_content(const struct sj_change *change)
{
    return !sj_oid_eq(&change->before, &change->after) ||
           (change->type_before == SYMLINK) != (change->type_after == SYMLINK);
}

static void take_touched(struct play *play, const struct sj_commit *commit,
                         const struct sj_change *changes)
{
    struct sj_replay *out = play->out;
    for (uint32_t i = 0; i < commit->change_count; i++) {
        const struct sj_change *change = &changes[commit->change + i];
        uint32_t file = play->file_of[change->path];
        if (file == NONE || !has_content(change)) {
            continue;
        }
        if (play->touched_count == play->touched_size) {
            play->touched_size = play->touched_size ? play->touched_size * 2 : 1024;
            out->touched = sj_realloc(out->touched, play->touched_size, sizeof *out->touched);
        }
        out->touched[play->touched_count++] = file;
    }
}

static void share(struct play *play, const struct sj_replay_commit *commit)
{
    const struct sj_fanout *fanout = play->fanout;
    const uint32_t *touched = play->out->touched + commit->first;
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct sj_fanout_file *file = &fanout->files[touched[i]];
        for (uint32_t j = 0; j < file->count; j++) {
            play->hits[fanout->readers[file->first + j]]++;
        }
    }
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct sj_fanout_file *file = &fanout->files[touched[i]];
        struct sj_replay_file *sum = &play->out->files[touched[i]];
        sum->changes++;
        sum->faded += commit->weight;
        sum->naive_ns += (double)file->cpu_ns;
        for (uint32_t j = 0; j < file->count; j++) {
            uint32_t unit = fanout->readers[file->first + j];
            double cpu_ns = (double)fanout->units[unit].cpu_ns;
            sum->share_ns += cpu_ns / play->hits[unit];
            sum->alone_ns += play->hits[unit] == 1 ? cpu_ns : 0;
            play->out->total_ns += cpu_ns / play->hits[unit];
        }
    }
    for (uint32_t i = 0; i < commit->count; i++) {
        const struct sj_fanout_file *file = &fanout->files[touched[i]];
        for (uint32_t j = 0; j < file->count; j++) {
            play->hits[fanout->readers[file->first + j]] = 0;
        }
    }
}

static void play_commit(struct play *play, uint32_t place, const struct sj_commit *commit,
                        const struct sj_change *changes, double age_days)
{
    struct sj_replay *out = play->out;
    struct sj_replay_commit row = {
        .commit = place,
        .first = (uint32_t)play->touched_count,
        .weight = sj_rate_weight(age_days),
    };
    take_touched(play, commit, changes);
    row.count = (uint32_t)play->touched_count - row.first;
    out->seen++;
    out->days = fmax(out->days, age_days);
    if (row.count == 0) {
        return;
    }
    if (out->commit_count == play->commit_size) {
        play->commit_size = play->commit_size ? play->commit_size * 2 : 256;
        out->commits = sj_realloc(out->commits, play->commit_size, sizeof *out->commits);
    }
    out->commits[out->commit_count++] = row;
    share(play, &row);
}

void sj_replay_make(struct sj_history *history, uint32_t tip, double days,
                    const struct sj_fanout *fanout, struct sj_replay *out)
{
    *out = (struct sj_replay){.files = sj_calloc(fanout->file_count + 1, sizeof *out->files)};
    if (!history || tip == SJ_NO_COMMIT) {
        return;
    }
    struct play play = {
        .fanout = fanout,
        .out = out,
        .file_of = join_paths(history, fanout),
        .hits = sj_calloc(fanout->unit_count + 1, sizeof *play.hits),
    };
    size_t count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    const struct sj_change *changes = sj_history_changes(history, &count);
    // Committers' clocks go backwards now and then: the latest time that was seen counts.
    int64_t now_s = commits[tip].time_s;
    bool is_whole = false;
    for (uint32_t at = tip; at != SJ_NO_COMMIT; at = commits[at].parent) {
        double age_days = fmax(0, (double)(now_s - commits[at].time_s) / DAY_S);
        if (age_days > days) {
            is_whole = true;
            break;
        }
        // What a root or the edge of a shallow clone adds is no change of anything.
        if (commits[at].flags & (SJ_COMMIT_ROOT | SJ_COMMIT_CUT)) {
            break;
        }
        play_commit(&play, at, &commits[at], changes, age_days);
    }
    out->is_cut = !is_whole;
    out->days = is_whole ? days : out->days;
    free(play.file_of);
    free(play.hits);
}
