// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/route.h"
#include "server/space.h"
#include "server/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A chain ends, and never comes to a namespace twice.
static void check_chain(const struct sj_space_list *list, struct sj_str space)
{
    struct sj_str chain[SJ_OVERLAY_MAX];
    size_t count = sj_space_chain(list, space, chain);
    if (count < 1 || count > SJ_OVERLAY_MAX) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (sj_str_eq(chain[i], chain[k])) {
                abort();
            }
        }
    }
    if (sj_space_find(list, chain[count - 1])->overlay) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_space_list list;
    struct sj_err err;
    if (sj_space_list_parse((const char *)data, size, "fuzz", &list, &err) < 0) {
        return strlen(err.text) > 0 ? 0 : -1;
    }
    check_chain(&list, sj_str_of(""));
    check_chain(&list, sj_str_of("main"));
    check_chain(&list, sj_str_of("pr-1"));
    for (size_t i = 0; i < list.count; i++) {
        const struct sj_space_rule *rule = &list.rules[i];
        if ((rule->overlay && !sj_space_is_name(sj_str_of(rule->overlay))) ||
            rule->anonymous & SJ_SCOPE_ADMIN || (rule->anonymous && !rule->has_anonymous)) {
            abort();
        }
        if (sj_space_is_name(sj_str_of(rule->pattern))) {
            check_chain(&list, sj_str_of(rule->pattern));
        }
    }
    sj_space_list_release(&list);
    return 0;
}
