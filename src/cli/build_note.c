// SPDX-License-Identifier: Apache-2.0
#include "cli/build_note.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/** What was found out. */
struct verdict {
    struct sj_oid commit;
    struct sj_oid told; // the CI system's
    bool is_other;      // something else is checked out than the system says
    bool is_foreign;    // … and of another repository
    bool is_elsewhere;  // … and of another branch
};

void sj_build_note_release(struct sj_build_note *note)
{
    for (uint32_t i = 0; i < note->count; i++) {
        free(note->values[i]);
    }
    *note = (struct sj_build_note){0};
}

void sj_build_note_add(struct sj_build_note *note, const char *name, const char *value)
{
    if (value && *value && note->count < SJ_BUILD_PAIRS_MAX) {
        char *copy = sj_strdup(value);
        note->values[note->count] = copy;
        note->pairs[note->count++] = (struct sj_note_pair){name, copy};
    }
}

void sj_build_note_add_u64(struct sj_build_note *note, const char *name, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    sj_build_note_add(note, name, text);
}

static void add_oid(struct sj_build_note *note, const char *name, const struct sj_oid *oid)
{
    char hex[SJ_OID_HEX_SIZE];
    if (!sj_oid_is_zero(oid)) {
        sj_oid_hex(oid, hex);
        sj_build_note_add(note, name, hex);
    }
}

static struct sj_oid oid_of(const char *text)
{
    struct sj_oid oid;
    return sj_oid_parse(text, &oid) == 0 ? oid : (struct sj_oid){0};
}

static struct verdict weigh(const struct sj_build_source *source)
{
    const struct sj_repo_head *head = source->head;
    const struct sj_ci *ci = source->ci;
    struct verdict verdict = {.told = oid_of(ci->text[SJ_CI_COMMIT])};
    if (!head) {
        verdict.commit = verdict.told;
        return verdict;
    }
    verdict.commit = head->commit;
    verdict.is_other =
        ci->system && !sj_oid_is_zero(&verdict.told) && !sj_oid_eq(&verdict.told, &head->commit);
    const char *own = source->repo_project ? source->repo_project : "";
    const char *told = ci->text[SJ_CI_PROJECT];
    // Only names of a remote can be compared: without one the root's name stands for the project.
    verdict.is_foreign =
        verdict.is_other && *told && strchr(own, '/') && strcasecmp(own, told) != 0;
    const char *branch = sj_buf_text(&head->branch);
    verdict.is_elsewhere = verdict.is_other && *branch && *ci->text[SJ_CI_BRANCH] &&
                           strcmp(branch, ci->text[SJ_CI_BRANCH]) != 0;
    return verdict;
}

// Head and base of a merge that the system made.
static void add_sides(const struct sj_build_source *source, const struct verdict *verdict,
                      struct sj_build_note *note)
{
    const struct sj_ci *ci = source->ci;
    if (!ci->is_merge || verdict->is_other || !*ci->text[SJ_CI_PULL]) {
        return;
    }
    sj_build_note_add(note, "synthetic", "1");
    static const struct sj_oid none;
    const struct sj_oid *parents = source->head ? source->head->parents : NULL;
    struct sj_oid head = parents ? parents[1] : none;
    struct sj_oid base = parents ? parents[0] : none;
    // What was merged is surer than what was meant to be: the target may have moved since.
    if (sj_oid_is_zero(&head)) {
        head = oid_of(ci->text[SJ_CI_HEAD]);
        base = sj_oid_is_zero(&base) ? oid_of(ci->text[SJ_CI_BASE]) : base;
    }
    if (!sj_oid_eq(&head, &verdict->commit)) {
        add_oid(note, "head", &head);
        add_oid(note, "base", &base);
    }
}

static void add_branch(const struct sj_build_source *source, const struct verdict *verdict,
                       struct sj_build_note *note)
{
    const struct sj_ci *ci = source->ci;
    const char *own = source->head ? sj_buf_text(&source->head->branch) : "";
    const char *told = ci->text[SJ_CI_BRANCH];
    if (source->backfill) {
        sj_build_note_add(note, "branch",
                          strcmp(source->backfill, "-") == 0 ? own : source->backfill);
        return;
    }
    if (verdict->is_foreign || verdict->is_elsewhere) {
        sj_build_note_add(note, "branch", own);
        return;
    }
    sj_build_note_add(note, "branch", *told ? told : own);
    sj_build_note_add(note, "target", ci->text[SJ_CI_TARGET]);
    sj_build_note_add(note, "pull", ci->text[SJ_CI_PULL]);
    add_sides(source, verdict, note);
}

static void add_run(const struct sj_build_source *source, struct sj_build_note *note)
{
    static const enum sj_ci_field fields[] = {SJ_CI_RUN, SJ_CI_ATTEMPT, SJ_CI_URL};
    const struct sj_ci *ci = source->ci;
    sj_build_note_add(note, "system", ci->system);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        sj_build_note_add(note, sj_ci_field_name(fields[i]), ci->text[fields[i]]);
    }
    const char *job = source->job && *source->job ? source->job : ci->text[SJ_CI_JOB];
    sj_build_note_add(note, "job", job);
    sj_build_note_add(note, "refused", ci->refused);
}

static const char *choose_project(const struct sj_build_source *source,
                                  const struct verdict *verdict)
{
    if (source->project && *source->project) {
        return source->project;
    }
    const char *told = source->ci->text[SJ_CI_PROJECT];
    return *told && !verdict->is_foreign ? told : source->repo_project;
}

void sj_build_note_begin(const struct sj_build_source *source, struct sj_build_note *note)
{
    struct verdict verdict = weigh(source);
    sj_build_note_add(note, "project", choose_project(source, &verdict));
    add_oid(note, "commit", &verdict.commit);
    if (verdict.is_other) {
        add_oid(note, "ci_commit", &verdict.told);
    }
    add_branch(source, &verdict, note);
    add_run(source, note);
    sj_build_note_add(note, "machine", source->machine);
    if (source->cpus > 0) {
        sj_build_note_add_u64(note, "cpus", source->cpus);
    }
    sj_build_note_add(note, "root", source->root);
    sj_build_note_add(note, "base_dir", source->base_dir);
    if (source->head) {
        sj_build_note_add(note, "dirty", source->head->is_dirty ? "1" : "0");
    }
    sj_build_note_add(note, "backfill", source->backfill ? "1" : NULL);
}
