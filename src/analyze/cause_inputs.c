// SPDX-License-Identifier: Apache-2.0
// What a unit is compiled from: its inputs now against those of the compile that it is compared
// with. An entry that the earlier compile had asked for and that is different now would have made
// the compile necessary by itself, so it is a cause. What only one of the two asked for follows
// from such a change, so it counts only where nothing else explains the miss.
#include <errno.h>
#include <stdlib.h>

#include "analyze/cause_handle.h"
#include "base/mem.h"
#include "record/pathset.h"

/** Two lists being walked side by side. */
struct walk {
    const struct sj_input *before;
    const struct sj_input *after;
    size_t before_count;
    size_t after_count;
    struct sj_input_difference *out;
    size_t count;
    size_t size;
};

static void put(struct walk *walk, const struct sj_input *before, const struct sj_input *after)
{
    if (walk->count == walk->size) {
        walk->size = walk->size ? 2 * walk->size : 32;
        walk->out = sj_realloc(walk->out, walk->size, sizeof *walk->out);
    }
    walk->out[walk->count++] = (struct sj_input_difference){
        .path = before ? before->path : after->path,
        .need_before = (char)(before ? before->need : 0),
        .need_after = (char)(after ? after->need : 0),
        .before = before ? before->content : 0,
        .after = after ? after->content : 0,
    };
}

static size_t length_of_path(const struct sj_input *inputs, size_t count)
{
    size_t len = 1;
    while (len < count && inputs[len].path == inputs[0].path) {
        len++;
    }
    return len;
}

// One path may be asked for twice: as a directory, and for the names in it. Then the first entry
// that differs tells.
static void compare_path(struct walk *walk, size_t before_len, size_t after_len)
{
    size_t i = 0;
    while (i < before_len && i < after_len && walk->before[i].need == walk->after[i].need &&
           walk->before[i].content == walk->after[i].content) {
        i++;
    }
    if (i < before_len && i < after_len) {
        put(walk, &walk->before[i], &walk->after[i]);
    }
    // What one of them asked for beyond the other differs by what was asked, not by what is there.
}

static void walk_states(struct walk *walk)
{
    while (walk->before_count > 0 || walk->after_count > 0) {
        size_t before_len =
            walk->before_count ? length_of_path(walk->before, walk->before_count) : 0;
        size_t after_len = walk->after_count ? length_of_path(walk->after, walk->after_count) : 0;
        if (after_len == 0 || (before_len > 0 && walk->before->path < walk->after->path)) {
            put(walk, walk->before, NULL);
            after_len = 0;
        } else if (before_len == 0 || walk->after->path < walk->before->path) {
            put(walk, NULL, walk->after);
            before_len = 0;
        } else {
            compare_path(walk, before_len, after_len);
        }
        walk->before += before_len;
        walk->before_count -= before_len;
        walk->after += after_len;
        walk->after_count -= after_len;
    }
}

int sj_inputs_compare(struct sj_db *db, uint32_t before, uint32_t after,
                      struct sj_input_difference **out, size_t *count)
{
    *out = NULL;
    *count = 0;
    if (before == after && before != 0) {
        return 0;
    }
    struct walk walk = {0};
    int status = sj_db_inputs(db, before, &walk.before, &walk.before_count);
    if (status == 0) {
        status = sj_db_inputs(db, after, &walk.after, &walk.after_count);
    }
    if (status < 0) {
        return status;
    }
    walk_states(&walk);
    *out = walk.out;
    *count = walk.count;
    return 0;
}

static bool is_in_both(const struct sj_input_difference *input)
{
    return input->need_before != 0 && input->need_after != 0;
}

static bool is_names(const struct sj_input_difference *input)
{
    return input->need_before == SJ_NEED_NAMES || input->need_after == SJ_NEED_NAMES;
}

/** Which of the differences to look at. */
enum pass {
    PASS_BOTH,  // asked for by both, and different
    PASS_NAMES, // names in a directory
    PASS_ONE,   // asked for by one of them
    PASS_COUNT,
};

static bool belongs(const struct sj_input_difference *input, enum pass pass)
{
    if (!is_in_both(input)) {
        return pass == PASS_ONE &&
               (input->need_before == SJ_NEED_CONTENT || input->need_after == SJ_NEED_CONTENT);
    }
    return is_names(input) ? pass == PASS_NAMES : pass == PASS_BOTH;
}

// What only one of the two compiles read is a cause if a commit changed it; else it just is read
// now, or not any more.
static void keep_commits(struct sj_blame_list *list, size_t first)
{
    size_t kept = first;
    for (size_t i = first; i < list->count; i++) {
        if (list->items[i].kind == SJ_BLAME_COMMIT && !list->items[i].is_inferred) {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

int sj_cause_inputs(struct sj_causes *causes, struct sj_line *line, uint32_t before, uint32_t after,
                    const uint32_t except[2], struct sj_blame_list *list)
{
    SJ_AUTO(sj_auto_free) struct sj_input_difference *inputs = NULL;
    size_t count = 0;
    int status = sj_inputs_compare(causes->view.db, before, after, &inputs, &count);
    size_t first = list->count;
    for (enum pass pass = PASS_BOTH; pass < PASS_COUNT && list->count == first; pass++) {
        for (size_t i = 0; i < count && status == 0; i++) {
            bool is_excepted = inputs[i].path == except[0] || inputs[i].path == except[1];
            if (belongs(&inputs[i], pass) && !is_excepted) {
                status = sj_cause_resolve(causes, line, &inputs[i], list);
            }
        }
        if (pass == PASS_ONE) {
            keep_commits(list, first);
        }
    }
    return status;
}
