// SPDX-License-Identifier: Apache-2.0
// Lists of causes, and the commits that a build description puts them down to.
#include <stdlib.h>

#include "analyze/cause_handle.h"
#include "analyze/description.h"
#include "base/mem.h"

void sj_blame_add(struct sj_causes *causes, struct sj_blame_list *list, struct sj_blame cause)
{
    if (list->count == list->size) {
        list->size = list->size ? 2 * list->size : 32;
        list->items = sj_realloc(list->items, list->size, sizeof *list->items);
    }
    cause.path = sj_pool_text(causes->pool, cause.path);
    cause.why = sj_pool_text(causes->pool, cause.why);
    list->items[list->count++] = cause;
}

void sj_blame_add_change(struct sj_causes *causes, struct sj_blame_list *list, uint32_t change,
                         enum sj_blame_via via, const char *path, bool is_inferred)
{
    struct sj_history *history = causes->view.history;
    size_t count;
    const struct sj_change *at = &sj_history_changes(history, &count)[change];
    const struct sj_commit *commit = &sj_history_commits(history, &count)[at->commit];
    sj_blame_add(causes, list,
                 (struct sj_blame){
                     .kind = SJ_BLAME_COMMIT,
                     .via = via,
                     .is_inferred = is_inferred,
                     .commit = commit->id,
                     .path = path ? path : sj_history_path(history, at->path),
                 });
}

void sj_blame_settle(struct sj_blame_list *list)
{
    if (list->count < 2) {
        return;
    }
    qsort(list->items, list->count, sizeof *list->items, sj_blame_compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        const struct sj_blame *last = &list->items[kept - 1];
        // Texts are a pool's: equal ones are one.
        if (!sj_blame_same(last, &list->items[i]) || last->path != list->items[i].path) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

bool sj_cause_descriptions(struct sj_causes *causes, struct sj_line *line, unsigned decides,
                           enum sj_blame_via via, struct sj_blame_list *list)
{
    size_t count;
    const struct sj_line_description *descriptions = sj_line_descriptions(line, &count);
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        if (descriptions[i].decides & decides) {
            sj_blame_add_change(causes, list, descriptions[i].change, via, NULL, true);
            has_any = true;
        }
    }
    return has_any;
}

static struct sj_key key_of_number(uint32_t number)
{
    return sj_key_of(&number, sizeof number);
}

// A history of years has some ten thousand units: they are read once, when first asked for.
static void load_units(struct sj_causes *causes)
{
    SJ_AUTO(sj_auto_free) struct sj_unit *units = NULL;
    size_t count = 0;
    causes->has_units = true;
    if (sj_db_units(causes->view.db, causes->view.project, &units, &count) < 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        struct sj_key name = key_of_number(units[i].name);
        *sj_keymap_put(&causes->units_by_name, &name, &is_new) = units[i].number;
        if (units[i].source) {
            struct sj_key source = key_of_number(units[i].source);
            *sj_keymap_put(&causes->units_by_source, &source, &is_new) = units[i].number;
        }
    }
}

uint32_t sj_causes_unit(struct sj_causes *causes, uint32_t text, bool is_source)
{
    if (text == 0) {
        return 0;
    }
    if (!causes->has_units) {
        load_units(causes);
    }
    struct sj_key key = key_of_number(text);
    const uint32_t *unit =
        sj_keymap_find(is_source ? &causes->units_by_source : &causes->units_by_name, &key);
    return unit ? *unit : 0;
}

static const struct sj_sample *find_in(const struct sj_view *view, size_t build, uint32_t unit)
{
    const struct sj_view_build *at = &view->builds[build];
    if (at->count == 0) {
        return NULL;
    }
    const struct sj_sample *first = view->samples + at->first;
    size_t count = at->count;
    while (count > 0) {
        size_t half = count / 2;
        if (first[half].unit < unit) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    const struct sj_sample *end = view->samples + at->first + at->count;
    return first < end && first->unit == unit ? first : NULL;
}

const struct sj_sample *sj_causes_find_unit(const struct sj_causes *causes, size_t build,
                                            uint32_t unit, size_t *at)
{
    const struct sj_sample *found = NULL;
    size_t place = build;
    while (unit && place != UINT32_MAX && !found) {
        found = find_in(&causes->view, place, unit);
        if (!found) {
            place = causes->view.builds[place].reference;
        }
    }
    if (found && at) {
        *at = place;
    }
    return found;
}
