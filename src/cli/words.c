// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/explain.h"

#define CELLS_MAX ((size_t)4 << 20) /**< of the table; beyond, the middle counts as replaced */

struct word {
    const char *text;
    size_t len;
};

struct line {
    struct word *words;
    size_t count;
};

static struct line split(const char *text)
{
    size_t size = 0;
    struct line line = {0};
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        if (line.count == size) {
            size = size ? 2 * size : 64;
            line.words = sj_realloc(line.words, size, sizeof *line.words);
        }
        line.words[line.count] = (struct word){at, strcspn(at, " ")};
        at += line.words[line.count++].len;
    }
    return line;
}

static bool same(const struct word *a, const struct word *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

struct diff {
    const struct word *before;
    const struct word *after;
    size_t before_count;
    size_t after_count;
    struct sj_word_change *out;
    size_t count;
};

static void put(struct diff *diff, const struct word *word, bool is_added)
{
    diff->out[diff->count++] =
        (struct sj_word_change){.is_added = is_added, .text = word->text, .len = word->len};
}

static void replace_all(struct diff *diff)
{
    for (size_t i = 0; i < diff->before_count; i++) {
        put(diff, &diff->before[i], false);
    }
    for (size_t i = 0; i < diff->after_count; i++) {
        put(diff, &diff->after[i], true);
    }
}

// The longest common subsequence of what is left between common ends. Source: Hirschberg, A linear
// space algorithm for computing maximal common subsequences, 1975, section 2 (the plain table).
static void compare(struct diff *diff)
{
    size_t rows = diff->before_count;
    size_t columns = diff->after_count;
    if ((rows + 1) * (columns + 1) > CELLS_MAX) {
        replace_all(diff);
        return;
    }
    size_t width = columns + 1;
    SJ_AUTO(sj_auto_free) uint32_t *longest = sj_calloc((rows + 1) * width, sizeof *longest);
    for (size_t i = rows; i-- > 0;) {
        for (size_t j = columns; j-- > 0;) {
            uint32_t down = longest[(i + 1) * width + j];
            uint32_t right = longest[i * width + j + 1];
            uint32_t best = down > right ? down : right;
            bool is_same = same(&diff->before[i], &diff->after[j]);
            longest[i * width + j] = is_same ? longest[(i + 1) * width + j + 1] + 1 : best;
        }
    }
    size_t i = 0;
    size_t j = 0;
    while (i < rows || j < columns) {
        if (i < rows && j < columns && same(&diff->before[i], &diff->after[j])) {
            i++;
            j++;
        } else if (j == columns ||
                   (i < rows && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
            put(diff, &diff->before[i++], false);
        } else {
            put(diff, &diff->after[j++], true);
        }
    }
}

void sj_explain_words(const char *before, const char *after, struct sj_word_change **out,
                      size_t *count)
{
    struct line old = split(before);
    struct line new = split(after);
    size_t head = 0;
    while (head < old.count && head < new.count &&same(&old.words[head], &new.words[head])) {
        head++;
    }
    size_t tail = 0;
    while (tail < old.count - head &&
           tail < new.count - head &&same(&old.words[old.count - 1 - tail],
                                          &new.words[new.count - 1 - tail])) {
        tail++;
    }
    struct diff diff = {
        .before = old.words + head,
        .after = new.words + head,
        .before_count = old.count - head - tail,
        .after_count = new.count - head - tail,
    };
    diff.out = sj_calloc(diff.before_count + diff.after_count + 1, sizeof *diff.out);
    compare(&diff);
    free(old.words);
    free(new.words);
    *out = diff.out;
    *count = diff.count;
}
