// SPDX-License-Identifier: Apache-2.0
// What a unit is compiled with: compiler, command line, environment, source, place.
#include <errno.h>
#include <string.h>

#include "analyze/cause_handle.h"
#include "analyze/description.h"
#include "base/mem.h"

#define BIT(component) (1u << (component))

static const struct sj_key none;

static bool is_told(const struct sj_db_config *config)
{
    return !sj_key_eq(&config->component[SJ_COMPONENT_TOOL], &none);
}

static bool is_differing(const struct sj_build *a, const struct sj_build *b)
{
    return a->root[0] && b->root[0] && strcmp(a->root, b->root) != 0;
}

// Whether two command lines are the same but for where their work trees lie.
static bool is_same_line(const char *a, const char *a_root, const char *b, const char *b_root)
{
    size_t a_len = strlen(a_root);
    size_t b_len = strlen(b_root);
    while (*a && *b) {
        if (strncmp(a, a_root, a_len) == 0 && strncmp(b, b_root, b_len) == 0) {
            a += a_len;
            b += b_len;
        } else if (*a == *b) {
            a++;
            b++;
        } else {
            return false;
        }
    }
    return *a == *b;
}

// The parts of the key that are on record always hold the place: in another work tree they differ
// even where the key does not.
static unsigned without_place(const struct sj_causes *causes, const struct sj_line *line,
                              uint32_t args_before, const struct sj_sample *sample,
                              unsigned components)
{
    const struct sj_build *earlier = &causes->view.builds[line->reference].build;
    const struct sj_build *later = &causes->view.builds[line->build].build;
    if (!is_differing(earlier, later)) {
        return components;
    }
    components &= ~BIT(SJ_COMPONENT_SOURCE);
    if (sample->flags & SJ_RECORD_SHARED) {
        components &= ~BIT(SJ_COMPONENT_PLACE);
    }
    const char *before = sj_db_text(causes->view.db, args_before);
    const char *after = sj_db_text(causes->view.db, sample->args);
    // A hit's command line is not kept: then the place alone is known to differ.
    if (!*before || !*after || is_same_line(before, earlier->root, after, later->root)) {
        components &= ~BIT(SJ_COMPONENT_ARGS);
    }
    return components;
}

static void blame_source(struct sj_causes *causes, struct sj_line *line,
                         const struct sj_sample *sample, struct sj_blame_list *list)
{
    struct sj_unit unit;
    const char *source = "";
    if (sj_db_unit(causes->view.db, sample->unit, &unit) == 0) {
        source = sj_db_text(causes->view.db, unit.source);
    }
    if (line->broken == SJ_BLAME_COMMIT && *source) {
        uint32_t path = sj_history_path_find(causes->view.history, source);
        const struct sj_line_blob unknown = {0};
        struct sj_line_changes changes = {0};
        sj_line_of_path(line, &line->main, path, &unknown, &changes);
        sj_line_of_path(line, &line->side, path, &unknown, &changes);
        for (size_t i = 0; i < changes.count; i++) {
            sj_blame_add_change(causes, list, changes.changes[i], SJ_VIA_NEW, NULL, false);
        }
        size_t count = changes.count;
        free(changes.changes);
        if (count > 0) {
            return;
        }
    }
    if (!sj_cause_descriptions(causes, line, SJ_DESCRIBES_ARGS, SJ_VIA_ARGS, list)) {
        sj_blame_add(causes, list,
                     (struct sj_blame){.kind = SJ_BLAME_ARGUMENTS,
                                       .via = SJ_VIA_ARGS,
                                       .path = source,
                                       .why = "its source is another one"});
    }
}

/** What a part of the key is put down to. */
static const struct {
    unsigned decides;        // descriptions whose commits are charged
    enum sj_blame_kind kind; // where there are none
    enum sj_blame_via via;
} parts[SJ_COMPONENT_COUNT] = {
    [SJ_COMPONENT_TOOL] = {SJ_DESCRIBES_TOOL, SJ_BLAME_TOOLCHAIN, SJ_VIA_TOOL},
    [SJ_COMPONENT_ARGS] = {SJ_DESCRIBES_ARGS, SJ_BLAME_ARGUMENTS, SJ_VIA_ARGS},
    [SJ_COMPONENT_ENV] = {SJ_DESCRIBES_ENV, SJ_BLAME_ENVIRONMENT, SJ_VIA_ENV},
    [SJ_COMPONENT_SOURCE] = {0, SJ_BLAME_ARGUMENTS, SJ_VIA_ARGS},
    [SJ_COMPONENT_PLACE] = {0, SJ_BLAME_PLACE, SJ_VIA_PLACE},
};

static void blame_part(struct sj_causes *causes, struct sj_line *line, enum sj_component part,
                       const struct sj_db_config *before, const struct sj_db_config *after,
                       struct sj_blame_list *list)
{
    unsigned decides = parts[part].decides;
    bool is_tool = part == SJ_COMPONENT_TOOL;
    // Another compiler by name is chosen by the build's description; the same name with other
    // content was installed.
    if (is_tool && before->tool != after->tool) {
        decides |= SJ_DESCRIBES_ARGS | SJ_DESCRIBES_ENV;
    }
    if (decides && sj_cause_descriptions(causes, line, decides, parts[part].via, list)) {
        return;
    }
    sj_blame_add(causes, list,
                 (struct sj_blame){
                     .kind = parts[part].kind,
                     .via = parts[part].via,
                     .path = is_tool ? sj_db_text(causes->view.db, after->tool) : "",
                 });
}

// Which parts differ; 0 where that cannot be told.
static unsigned compare(const struct sj_db_config *before, const struct sj_db_config *after)
{
    if (!is_told(before) || !is_told(after)) {
        return 0;
    }
    unsigned components = 0;
    for (unsigned i = 0; i < SJ_COMPONENT_COUNT; i++) {
        components |= sj_key_eq(&before->component[i], &after->component[i]) ? 0 : BIT(i);
    }
    return components;
}

// How the earlier sample was compiled. A hit by stamp does not tell, but the miss does that stored
// what it took.
static int config_before(const struct sj_causes *causes, const struct sj_sample *reference,
                         struct sj_db_config *out, uint32_t *args)
{
    *out = (struct sj_db_config){0};
    *args = reference->args;
    int status = reference->config ? sj_db_config(causes->view.db, reference->config, out) : 0;
    if (status == 0 && is_told(out) && *args) {
        return 0;
    }
    const struct sj_earlier *stored = sj_earlier_config(&causes->earlier, reference->state);
    if (status == 0 && stored) {
        *args = stored->args;
        status = is_told(out) ? 0 : sj_db_config(causes->view.db, stored->config, out);
    }
    return status == -ENOENT ? 0 : status;
}

int sj_cause_config(struct sj_causes *causes, struct sj_line *line,
                    const struct sj_sample *reference, const struct sj_sample *sample,
                    struct sj_blame_list *list)
{
    if (reference->config == sample->config || !sample->config) {
        return 0;
    }
    struct sj_db_config before;
    struct sj_db_config after;
    uint32_t args;
    int status = config_before(causes, reference, &before, &args);
    if (status == 0) {
        status = sj_db_config(causes->view.db, sample->config, &after);
    }
    if (status < 0) {
        return status == -ENOENT ? 0 : status;
    }
    unsigned components = without_place(causes, line, args, sample, compare(&before, &after));
    if (components & BIT(SJ_COMPONENT_ARGS)) {
        // Whether the place counts at all is for the command line to say: -march=native, -g.
        components &= ~BIT(SJ_COMPONENT_PLACE);
    }
    for (unsigned i = 0; i < SJ_COMPONENT_COUNT; i++) {
        if (!(components & BIT(i))) {
            continue;
        }
        if (i == SJ_COMPONENT_SOURCE) {
            blame_source(causes, line, sample, list);
        } else {
            blame_part(causes, line, (enum sj_component)i, &before, &after, list);
        }
    }
    return (int)components;
}
