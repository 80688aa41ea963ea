// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/language.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "toolchain-common/text.h"

struct suffix {
    const char *name;
    const char *language;
    const char *language_cxx; // NULL: the same
};

// sorted by name
static const struct sj_cc_language languages[] = {
    {"assembler", LANGUAGE_ASSEMBLER},
    {"assembler-with-cpp", LANGUAGE_ASSEMBLER_CPP},
    {"c", LANGUAGE_SOURCE},
    {"c++", LANGUAGE_SOURCE},
    {"c++-cpp-output", LANGUAGE_PREPROCESSED},
    {"c++-header", LANGUAGE_HEADER},
    {"c++-header-unit", LANGUAGE_HEADER},
    {"c++-module", LANGUAGE_MODULE},
    {"c++-system-header", LANGUAGE_HEADER},
    {"c++-user-header", LANGUAGE_HEADER},
    {"c-header", LANGUAGE_HEADER},
    {"cpp-output", LANGUAGE_PREPROCESSED},
    {"cuda", LANGUAGE_FOREIGN},
    {"cuda-cpp-output", LANGUAGE_FOREIGN},
    {"hip", LANGUAGE_FOREIGN},
    {"hip-cpp-output", LANGUAGE_FOREIGN},
    {"ir", LANGUAGE_IR},
    {"objective-c", LANGUAGE_SOURCE},
    {"objective-c++", LANGUAGE_SOURCE},
    {"objective-c++-cpp-output", LANGUAGE_PREPROCESSED},
    {"objective-c++-header", LANGUAGE_HEADER},
    {"objective-c-cpp-output", LANGUAGE_PREPROCESSED},
    {"objective-c-header", LANGUAGE_HEADER},
    {"pcm", LANGUAGE_IR},
};

// sorted by name
static const struct suffix suffixes[] = {
    {"C", "c++", NULL},
    {"CPP", "c++", NULL},
    {"H", "c++-header", NULL},
    {"HPP", "c++-header", NULL},
    {"M", "objective-c++", NULL},
    {"S", "assembler-with-cpp", NULL},
    {"bc", "ir", NULL},
    {"c", "c", "c++"},
    {"c++", "c++", NULL},
    {"c++m", "c++-module", NULL},
    {"cc", "c++", NULL},
    {"ccm", "c++-module", NULL},
    {"cp", "c++", NULL},
    {"cpp", "c++", NULL},
    {"cppm", "c++-module", NULL},
    {"cu", "cuda", NULL},
    {"cxx", "c++", NULL},
    {"cxxm", "c++-module", NULL},
    {"h", "c-header", "c++-header"},
    {"h++", "c++-header", NULL},
    {"hh", "c++-header", NULL},
    {"hip", "hip", NULL},
    {"hp", "c++-header", NULL},
    {"hpp", "c++-header", NULL},
    {"hxx", "c++-header", NULL},
    {"i", "cpp-output", "c++-cpp-output"},
    {"ii", "c++-cpp-output", NULL},
    {"ixx", "c++-module", NULL},
    {"ll", "ir", NULL},
    {"m", "objective-c", NULL},
    {"mi", "objective-c-cpp-output", NULL},
    {"mii", "objective-c++-cpp-output", NULL},
    {"mm", "objective-c++", NULL},
    {"pcm", "pcm", NULL},
    {"s", "assembler", NULL},
    {"sx", "assembler-with-cpp", NULL},
    {"tcc", "c++-header", NULL},
};

static int order_language(const void *name, const void *language)
{
    return strcmp(name, ((const struct sj_cc_language *)language)->name);
}

static int order_suffix(const void *name, const void *suffix)
{
    return strcmp(name, ((const struct suffix *)suffix)->name);
}

const struct sj_cc_language *sj_cc_language_find(const char *name)
{
    return bsearch(name, languages, sizeof(languages) / sizeof(languages[0]), sizeof(languages[0]),
                   order_language);
}

const struct sj_cc_language *sj_cc_language_of_path(const char *path, bool is_cxx)
{
    const char *dot = strrchr(sj_cc_base_name(path), '.');
    if (dot == NULL) {
        return NULL;
    }

    const struct suffix *suffix = bsearch(dot + 1, suffixes, sizeof(suffixes) / sizeof(suffixes[0]),
                                          sizeof(suffixes[0]), order_suffix);
    if (suffix == NULL) {
        return NULL;
    }
    bool is_other = is_cxx && suffix->language_cxx != NULL;
    return sj_cc_language_find(is_other ? suffix->language_cxx : suffix->language);
}
