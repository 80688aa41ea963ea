// SPDX-License-Identifier: Apache-2.0
#include "analyze/recipe.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#define LOOKED_MAX 1000

static const char *const sources[] = {
    ".C",  ".M",   ".S",  ".asm", ".c", ".c++", ".cc", ".cp", ".cpp", ".cppm",
    ".cu", ".cxx", ".go", ".ixx", ".m", ".mm",  ".rs", ".s",  ".sx",
};

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

size_t sj_recipe_scope(const char *path)
{
    static const char *const local[] = {
        "*.am",           "*.mk",     "BUILD",    "BUILD.bazel", "BUILD.gn",   "Cargo.toml",
        "CMakeLists.txt", "Kconfig*", "Makefile", "Makefile.*",  "SConscript", "makefile",
        "meson.build",    "wscript",  "build.rs", "GNUmakefile"};
    const char *name = last_component(path);
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++) {
        if (fnmatch(local[i], name, 0) == 0) {
            return (size_t)(name - path);
        }
    }
    return 0;
}

bool sj_source_is(const char *path)
{
    const char *name = last_component(path);
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && dot != name && i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(dot, sources[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Words of lines that say how something is compiled, not what.
static const char *const flag_words[] = {
    " -D",
    " -O",
    " -W",
    " -f",
    " -g",
    " -m",
    " -std",
    "'-",
    "-flto",
    "-std=",
    "=-D",
    "=-O",
    "AC_DEFINE",
    "ADD_DEF",
    "BUILD_TYPE",
    "C_STANDARD",
    "CC",
    "CXX",
    "FLAGS",
    "Flags",
    "OPT",
    "STANDARD",
    "SANITIZE",
    "_args",
    "add_def",
    "buildtype",
    "c_std",
    "container:",
    "copts",
    "cpp_std",
    "defines",
    "definition",
    "edition",
    "features",
    "flags",
    "image:",
    "compile_option",
    "\"-",
    "optimi",
    "options",
    "profile",
    "runs-on",
    "sanitize",
    "sysroot",
    "toolchain",
    "version",
    "FROM ",
    "warning_level",
};

static bool is_about_flags(const char *line, size_t len)
{
    for (size_t i = 0; i < sizeof flag_words / sizeof flag_words[0]; i++) {
        if (memmem(line, len, flag_words[i], strlen(flag_words[i]))) {
            return true;
        }
    }
    return false;
}

static bool has_line(const char *text, size_t text_len, const char *line, size_t len)
{
    const char *end = text + text_len;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t here = stop ? (size_t)(stop - text) : (size_t)(end - text);
        if (here == len && memcmp(text, line, len) == 0) {
            return true;
        }
        text = stop ? stop + 1 : end;
    }
    return false;
}

// Lines are looked up one by one, and only when they are about flags: those are few. Of a file with
// many the answer is yes.
static bool has_new_flags(const char *text, size_t text_len, const char *other, size_t other_len)
{
    const char *end = text + text_len;
    size_t looked = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t len = stop ? (size_t)(stop - text) : (size_t)(end - text);
        if (len > 0 && *text != '#' && is_about_flags(text, len) &&
            (++looked > LOOKED_MAX || !has_line(other, other_len, text, len))) {
            return true;
        }
        text = stop ? stop + 1 : end;
    }
    return false;
}

bool sj_recipe_changes_flags(const char *before, size_t before_len, const char *after,
                             size_t after_len)
{
    return has_new_flags(after, after_len, before, before_len) ||
           has_new_flags(before, before_len, after, after_len);
}
