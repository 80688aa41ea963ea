// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/option.h"

#include <string.h>

static size_t common_length(const char *left, const char *right)
{
    size_t len = 0;
    while (left[len] != '\0' && left[len] == right[len]) {
        len++;
    }
    return len;
}

// The index behind the last name that is not greater than the first len bytes of arg.
static size_t upper_bound(const struct sj_cc_table *table, const char *arg, size_t len)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *name = table->options[middle].name;
        int order = strncmp(name, arg, len);
        if (order < 0 || (order == 0 && name[len] == '\0')) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct sj_cc_option *sj_cc_option_find(const struct sj_cc_table *table, const char *arg)
{
    // Everything between a prefix of arg and arg begins with that prefix. So when the greatest name
    // below arg is no match, only what it has in common with arg is left to look for.
    size_t full = strlen(arg);
    size_t len = full;
    while (len > 0) {
        size_t index = upper_bound(table, arg, len);
        if (index == 0) {
            return NULL;
        }

        const struct sj_cc_option *option = &table->options[index - 1];
        size_t common = common_length(option->name, arg);
        if (common > len) {
            common = len;
        }
        bool is_prefix = option->name[common] == '\0';
        bool takes_rest = option->arg == ARG_JOINED || option->arg == ARG_EITHER;
        if (is_prefix && (common == full || takes_rest)) {
            return option;
        }
        len = is_prefix ? common - 1 : common;
    }
    return NULL;
}
