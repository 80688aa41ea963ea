// SPDX-License-Identifier: Apache-2.0
#include "cli/reason.h"

#include <stddef.h>
#include <string.h>

#include "wrap/tool.h"

// The wrapper's own; those of the toolchains stand with the toolchains.
static const struct {
    const char *id;
    const char *text;
} reasons[] = {
    {"bad-output", "an output could not be read back"},
    {"color", "the stored messages have colours that this run must not have"},
    {"disabled", "the cache is switched off"},
    {"empty-output", "the main output is empty"},
    {"inputs", "an input has changed"},
    {"interrupted", "a signal asked to end while it was compiled"},
    {"network", "the compiler used the network"},
    {"new", "never compiled before with this compiler and command line"},
    {"no-output", "an expected output was not written"},
    {"no-store", "the store could not be opened"},
    {"parse-failed", "the command line could not be understood"},
    {"racy", "an input or its directory was changed while it was compiled, or just before"},
    {"recache", "recache is set: no hits are taken"},
    {"restore", "the stored outputs could not be put in place"},
    {"rewrites-input", "the compiler changed one of its inputs"},
    {"store-failed", "the store could not be written"},
    {"time", "the compiler asked for the time of day"},
    {"too-large", "an output is too large for the store"},
    {"too-much-output", "the compiler printed too much"},
    {"tool-unreadable", "the compiler's file could not be read"},
    {"unexpected-directory", "the compiler made a directory that its command line does not name"},
    {"unexpected-output", "the compiler wrote a file that its command line does not name"},
    {"unknown-compiler", "no toolchain knows this compiler"},
    {"unobserved", "what the compiler read could not be observed"},
    {"unstable-input", "an input changed while it was compiled"},
};

static const char *find_bypass(const struct sj_toolchain *toolchain, const char *id)
{
    for (const struct sj_bypass *at = toolchain->bypass; at && at->id; at++) {
        if (strcmp(at->id, id) == 0) {
            return at->text;
        }
    }
    return NULL;
}

const char *sj_reason_text(const char *id)
{
    if (!id) {
        return "no reason was recorded";
    }
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reasons[i].id, id) == 0) {
            return reasons[i].text;
        }
    }
    const char *text = NULL;
    const struct sj_toolchain *toolchain;
    for (size_t i = 0; !text && (toolchain = sj_toolchain_at(i)); i++) {
        text = find_bypass(toolchain, id);
    }
    return text ? text : id;
}
