// SPDX-License-Identifier: Apache-2.0
// Where an output could name a directory: the working directory, and absolute paths below base_dir.
#include <string.h>

#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

// Outputs that hold paths as they were written, whatever the maps say. Dependency files do so, too,
// but the host knows how to move those.
static const unsigned unmapped = ON_UNMAPPED | ON_NOTES | ON_ARCS | ON_STACK_USAGE | ON_CALL_GRAPH |
                                 ON_OPT_RECORD | ON_LLVM | ON_MODULES | ON_MODULE_OUTPUT |
                                 ON_ASM_DEBUG;

// What of the command line ends in an output that holds paths.
static unsigned needed_maps(const struct sj_cc_parser *parser)
{
    unsigned needed = ON_MAP_MACRO;
    if (parser->state & ON_DEBUG) {
        needed |= ON_MAP_DEBUG;
    }
    if (parser->state & ON_COVERAGE_MAP) {
        needed |= ON_MAP_COVERAGE;
    }
    return needed;
}

static bool covers(const struct sj_cc_map *map, const char *path)
{
    size_t len = strlen(map->old_text);
    if (len == 0 || map->new_text[0] == '\0' || strncmp(path, map->old_text, len) != 0) {
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
    const unsigned always = ON_CWD | ON_NOTES | ON_ARCS | ON_ASM_DEBUG | ON_COVERAGE_MAP;
    unsigned state = parser->state;
    if (state & ON_SYNTAX) {
        return;
    }
    if (state & always) {
        parser->action->flags |= SJ_ACTION_NEEDS_CWD;
    }
    if (!(state & ON_DEBUG) || (state & ON_COMP_DIR)) {
        return;
    }

    // The maps are the compiler's: clang 14 assembles without a look at them.
    bool is_assembler = parser->action->flags & SJ_ACTION_ASSEMBLER;
    if (!is_assembler && (maps_of(parser, parser->request->cwd) & ON_MAP_DEBUG)) {
        add_mapped_cwd(parser);
    } else {
        parser->action->flags |= SJ_ACTION_NEEDS_CWD;
    }
}

// Paths that need no map: what a map itself names, and the output's name, which only a dependency
// file holds; is_relocatable() has looked at the others that hold it.
static bool is_free_of_maps(const struct sj_cc_parser *parser, const struct sj_item *item)
{
    if (item->path == parser->output) {
        return true;
    }
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

    bool is_output_named = parser->output != NULL && (parser->state & (ON_SPLIT | ON_NAMED_OUTPUT));
    if (is_output_named && sj_cc_is_below(parser->output, base)) {
        return false;
    }

    bool is_unmapped = parser->state & unmapped;
    unsigned needed = needed_maps(parser);
    for (size_t i = 0; i < action->item_count; i++) {
        const struct sj_item *item = &action->items[i];
        if (strstr(item->text, base) != NULL) {
            return false;
        }
        if (item->path == NULL || !sj_cc_is_below(item->path, base) ||
            is_free_of_maps(parser, item)) {
            continue;
        }
        if (is_unmapped || (needed & ~maps_of(parser, item->path)) != 0) {
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
