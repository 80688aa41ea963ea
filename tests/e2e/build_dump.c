// SPDX-License-Identifier: Apache-2.0
/*
 * Prints a store's record database for the end-to-end tests: for each build a line "build", id,
 * project, branch, commit, exit status, units, misses and phases, and for each input of its misses
 * a line "input", path and git's name ("?" nobody has looked, "-" not tracked). Columns are
 * separated by tabs. With --ingest it takes the journal in before. usage: build_dump [--ingest]
 * STORE-DIRECTORY
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record/db.h"
#include "store/store.h"

static int print_input(struct sj_db *db, const struct sj_input *input)
{
    struct sj_content content;
    char hex[SJ_OID_HEX_SIZE];
    if (input->content == 0) {
        return 0;
    }
    int status = sj_db_content(db, input->content, &content);
    if (status == 0) {
        sj_oid_hex(&content.blob, hex);
        const char *none = content.is_untracked ? "-" : "?";
        printf("input\t%s\t%s\n", sj_db_text(db, input->path),
               sj_oid_is_zero(&content.blob) ? none : hex);
    }
    return status;
}

static int print_inputs(struct sj_db *db, uint32_t build)
{
    struct sj_sample *samples = NULL;
    size_t count = 0;
    size_t size = 0;
    unsigned misses = SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    int status = sj_db_samples(db, build, misses, &samples, &count, &size);
    for (size_t i = 0; status == 0 && i < count; i++) {
        const struct sj_input *inputs;
        size_t inputs_count = 0;
        status = sj_db_inputs(db, samples[i].state, &inputs, &inputs_count);
        for (size_t j = 0; status == 0 && j < inputs_count; j++) {
            status = print_input(db, &inputs[j]);
        }
        status = status == -ENOENT ? 0 : status;
    }
    free(samples);
    return status;
}

static int print_build(struct sj_db *db, const struct sj_build *build)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&build->commit, hex);
    printf("build\t%s\t%s\t%s\t%s\t%d\t%" PRIu64 "\t%" PRIu64 "\t", build->id, build->project,
           build->branch, hex, build->exit_status, build->units, build->count[SJ_OUTCOME_MISS]);
    for (size_t i = 0; i < build->phase_count; i++) {
        printf("%s%s", i > 0 ? "," : "", build->phases[i].name);
    }
    printf("\n");
    return print_inputs(db, build->number);
}

static int ingest(struct sj_db *db, const char *dir, struct sj_err *err)
{
    const struct sj_store_options options = {.dir = dir, .is_read_only = true};
    struct sj_store *store = NULL;
    struct sj_db_ingested done;
    int status = sj_store_open(&options, &store, err);
    if (status == 0) {
        const struct sj_db_intake intake = {.dir = dir, .store = store};
        status = sj_db_ingest(db, &intake, &done, err);
        sj_store_close(store);
    }
    return status;
}

static int print_all(struct sj_db *db)
{
    struct sj_build *builds = NULL;
    size_t count = 0;
    int status = sj_db_builds(db, NULL, &builds, &count);
    for (size_t i = 0; status == 0 && i < count; i++) {
        status = print_build(db, &builds[i]);
    }
    free(builds);
    return status;
}

int main(int argc, char **argv)
{
    bool is_first = argc == 3 && strcmp(argv[1], "--ingest") == 0;
    if (argc != 2 && !is_first) {
        fputs("usage: build_dump [--ingest] STORE-DIRECTORY\n", stderr);
        return 2;
    }
    struct sj_err err = {0};
    struct sj_db *db = NULL;
    const char *dir = argv[argc - 1];
    int status = sj_db_open(dir, is_first ? SJ_DB_WRITE : SJ_DB_READ, &db, &err);
    if (status == 0 && is_first) {
        status = ingest(db, dir, &err);
    }
    if (status == 0) {
        status = print_all(db);
    }
    sj_db_close(db);
    if (status != 0) {
        fprintf(stderr, "build_dump: %s\n", err.text[0] ? err.text : "no database, or damaged");
        return 1;
    }
    return 0;
}
