// SPDX-License-Identifier: Apache-2.0
// Where an output could name a directory: the working directory, and absolute paths below base_dir.
#include <string.h>

#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

// What of the command line ends in an output that holds paths.
static unsigned needed_maps(const struct sj_cc_parser *parser)
{
    unsigned needed = ON_MAP_MACRO;
    if (parser->state & (ON_DEBUG | ON_ASM_DEBUG)) {
        needed |= ON_MAP_DEBUG;
    }
    if (parser->state & (ON_NOTES | ON_ARCS | ON_COVERAGE_MAP)) {
        needed |= ON_MAP_COVERAGE;
    }
    return needed;
}

static bool covers(const struct sj_cc_map *map, const char *path)
{
    size_t len = strlen(map->old_text);
    if (len == 0 || strncmp(path, map->old_text, len) != 0) {
        return false;
    }
    return map->old_text[len - 1] == '/' || path[len] == '/' || path[len] == '\0';
}

static unsigned maps_of(const struct sj_cc_parser *parser, const char *path)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < parser->map_count; i++) {
        if (covers(&parser->maps[i], path)) {
            kinds |= parser->maps[i].kinds;
        }
    }
    return kinds;
}

// Several maps may cover the directory; which one wins is the compiler's affair, so all are told.
static void add_mapped_cwd(struct sj_cc_parser *parser)
{
    const char *cwd = parser->request->cwd;
    for (size_t i = 0; i < parser->map_count; i++) {
        const struct sj_cc_map *map = &parser->maps[i];
        if (covers(map, cwd)) {
            const char *rest = cwd + strlen(map->old_text);
            sj_cc_add_item(parser, "mapped-cwd", NULL);
            sj_cc_add_item(parser, sj_cc_join(parser->request, map->new_text, rest), NULL);
        }
    }
}

static void find_cwd(struct sj_cc_parser *parser)
{
    unsigned state = parser->state;
    if (state & ON_SYNTAX) {
        return;
    }
    bool has_debug = state & (ON_DEBUG | ON_ASM_DEBUG);
    bool is_mapped = maps_of(parser, parser->request->cwd) & ON_MAP_DEBUG;
    if (state & (ON_CWD | ON_NOTES | ON_ARCS)) {
        parser->action->flags |= SJ_ACTION_NEEDS_CWD;
    }
    // The assembler and clang's coverage map do not look at every option that the compiler does.
    if (state & (ON_ASM_DEBUG | ON_COVERAGE_MAP)) {
        parser->action->flags |= SJ_ACTION_NEEDS_CWD;
    }
    if (!has_debug || (state & ON_COMP_DIR)) {
        return;
    }
    if (is_mapped) {
        add_mapped_cwd(parser);
    } else {
        parser->action->flags |= SJ_ACTION_NEEDS_CWD;
    }
}

static bool is_map_item(const struct sj_cc_parser *parser, const struct sj_item *item)
{
    for (size_t i = 0; i < parser->map_count; i++) {
        if (parser->maps[i].old_text == item->path) {
            return true;
        }
    }
    return false;
}

static bool is_relocatable(const struct sj_cc_parser *parser)
{
    const char *base = parser->request->base_dir;
    const struct sj_action *action = parser->action;
    if ((action->flags & SJ_ACTION_NEEDS_CWD) && sj_cc_is_below(parser->request->cwd, base)) {
        return false;
    }

    // No map reaches what a dependency file holds.
    bool has_depfile = parser->state & (ON_DEPENDENCIES | ON_DEPENDENCIES_CPP);
    unsigned needed = needed_maps(parser);
    for (size_t i = 0; i < action->item_count; i++) {
        const struct sj_item *item = &action->items[i];
        if (strstr(item->text, base) != NULL) {
            return false;
        }
        if (item->path == NULL || !sj_cc_is_below(item->path, base) || is_map_item(parser, item)) {
            continue;
        }
        if (has_depfile || (needed & ~maps_of(parser, item->path)) != 0) {
            return false;
        }
    }
    return true;
}

void sj_cc_find_places(struct sj_cc_parser *parser)
{
    find_cwd(parser);
    if (parser->request->base_dir != NULL && is_relocatable(parser)) {
        parser->action->flags |= SJ_ACTION_RELOCATABLE;
    }
}
