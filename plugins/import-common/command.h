// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Command lines of compilers as logs hold them: which compiler, what it reads and writes.
 */
#pragma once

#include <stddef.h>

#include "import-common/text.h"

/** A command line. Zeroed: none. */
struct import_command {
    char *text;         /**< memory of the words */
    char **words;       /**< NULL-terminated; launchers such as ccache are left out */
    size_t count;       /**< length of words */
    char *args;         /**< words behind the compiler, separated by spaces */
    const char *output; /**< what stands behind -o; NULL: nothing does */
    const char *source; /**< the first input that looks like source; NULL: none does */
};

/**
 * Take a command line apart as a shell does: blanks, quotes, backslashes; nothing is expanded.
 *
 * @param text command line
 * @param out  takes it; end with import_command_release()
 * @return 0, 1 (no words) or -ENOMEM
 */
int import_command_split(struct import_text text, struct import_command *out);

/**
 * Take a command of separate words.
 *
 * @param words each NUL-terminated
 * @param count how many
 * @param out   takes it; end with import_command_release()
 * @return 0, 1 (no words) or -ENOMEM
 */
int import_command_of(const char *const *words, size_t count, struct import_command *out);

/** Free a command. @param command command, zeroed or NULL */
void import_command_release(struct import_command *command);

/** Whether a word is the name or path of a compiler for C and its kin. @param word word @return
 * true when it is */
bool import_is_compiler(const char *word);

/**
 * The name of the object that a compiler makes where nothing is said: the source's last part with
 * ".o" for what follows its last dot.
 *
 * @param source path
 * @return NUL-terminated, the caller frees it; NULL: no memory
 */
char *import_object_name(const char *source);
