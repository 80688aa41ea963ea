// SPDX-License-Identifier: Apache-2.0
#include "wrap/args.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/filestat.h"
#include "base/mem.h"

#define DEPTH_MAX      16
#define FILE_LIMIT     ((size_t)16 << 20)
#define EXPANSIONS_MAX 2000 // libiberty's own bound against files that name themselves

static void push(char ***items, size_t *count, size_t *size, char *item)
{
    if (*count + 1 >= *size) {
        *size = *size ? *size * 2 : 64;
        *items = sj_realloc(*items, *size, sizeof **items);
    }
    (*items)[(*count)++] = item;
    (*items)[*count] = NULL;
}

void sj_args_add(struct sj_args *args, const char *text)
{
    push(&args->items, &args->count, &args->size, sj_strdup(text));
}

void sj_args_insert(struct sj_args *args, size_t index, const char *text)
{
    sj_args_add(args, text);
    char *added = args->items[args->count - 1];
    memmove(args->items + index + 1, args->items + index,
            (args->count - 1 - index) * sizeof *args->items);
    args->items[index] = added;
}

static void note_file(struct sj_args *args, const char *path)
{
    args->files = sj_realloc(args->files, args->file_count + 1, sizeof *args->files);
    args->files[args->file_count++] = sj_strdup(path);
}

// One word of a response file. A backslash takes the next character as it is, also within quotes.
static const char *next_word(const char *at, struct sj_buf *word)
{
    char quote = '\0';
    for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
        if (*at == '\\' && at[1]) {
            sj_buf_addc(word, *++at);
        } else if (quote) {
            if (*at == quote) {
                quote = '\0';
            } else {
                sj_buf_addc(word, *at);
            }
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else {
            sj_buf_addc(word, *at);
        }
    }
    return at;
}

static int expand_one(struct sj_args *args, const char *text, int depth);

static int expand_text(struct sj_args *args, const char *at, int depth)
{
    struct sj_buf word = SJ_BUF_INIT(FILE_LIMIT);
    int status = 0;
    for (;;) {
        while (isspace((unsigned char)*at)) {
            at++;
        }
        if (!*at || status < 0) {
            break;
        }
        sj_buf_clear(&word);
        at = next_word(at, &word);
        status = expand_one(args, sj_buf_text(&word), depth);
    }
    sj_buf_release(&word);
    return status;
}

static int expand_one(struct sj_args *args, const char *text, int depth)
{
    if (args->count >= SJ_ARGS_MAX) {
        return -E2BIG;
    }
    if (text[0] != '@') {
        sj_args_add(args, text);
        return 0;
    }
    struct sj_filestat stat;
    if (sj_filestat_get(AT_FDCWD, text + 1, &stat) == 0 && stat.mode && !S_ISREG(stat.mode)) {
        // What we read of a pipe the compiler would miss.
        return -ESPIPE;
    }
    struct sj_buf file = SJ_BUF_INIT(FILE_LIMIT);
    int status = sj_file_read(AT_FDCWD, text + 1, &file);
    if (status == -EFBIG) {
        status = -E2BIG;
    } else if (status < 0) {
        // The compilers take such a word literally.
        sj_args_add(args, text);
        status = 0;
    } else if (depth >= DEPTH_MAX || args->file_count >= EXPANSIONS_MAX) {
        status = -ELOOP;
    } else {
        note_file(args, text + 1);
        status = expand_text(args, sj_buf_text(&file), depth + 1);
    }
    sj_buf_release(&file);
    return status;
}

int sj_args_expand(struct sj_args *args, const char *const *argv)
{
    for (size_t i = 0; argv[i]; i++) {
        int status = i == 0 ? (sj_args_add(args, argv[i]), 0) : expand_one(args, argv[i], 0);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

void sj_args_release(struct sj_args *args)
{
    if (!args) {
        return;
    }
    for (size_t i = 0; i < args->count; i++) {
        free(args->items[i]);
    }
    for (size_t i = 0; i < args->file_count; i++) {
        free(args->files[i]);
    }
    free(args->items);
    free(args->files);
    *args = (struct sj_args){0};
}
