// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/bypass.h"

const struct sj_bypass sj_cc_bypass[WHY_COUNT + 1] = {
    [WHY_DEPFILE_CONFLICT] = {"depfile-conflict", "asks twice for a dependency file"},
    [WHY_DUMP] = {"dump", "dumps of the compiler's passes whose names cannot be foretold"},
    [WHY_FOREIGN_LANGUAGE] = {"foreign-language", "a language that is compiled several times over"},
    [WHY_INFO_OPTION] = {"info-option", "asks the compiler about itself"},
    [WHY_LINK] = {"link", "links a program or library"},
    [WHY_LINK_CONFTEST] = {"link-conftest", "links a test of a configure script"},
    [WHY_MISSING_ARGUMENT] = {"missing-argument", "the last option lacks its argument"},
    [WHY_MODULES] = {"modules", "modules that are built behind the command line's back"},
    [WHY_MULTIPLE_ARCH] = {"multiple-arch", "compiles for several architectures"},
    [WHY_MULTIPLE_SOURCES] = {"multiple-sources", "compiles several sources"},
    [WHY_NO_INPUT] = {"no-input", "names no source"},
    [WHY_OUTPUT_NOT_REGULAR] = {"output-not-regular", "the output is not a regular file"},
    [WHY_OUTPUT_TO_STDOUT] = {"output-to-stdout", "writes to standard output"},
    [WHY_PCH_CREATION] = {"pch-creation", "makes a precompiled header"},
    [WHY_PREPROCESS] = {"preprocess", "only preprocesses"},
    [WHY_RESPONSE_FILE] = {"response-file", "a response file that cannot be read"},
    [WHY_SAVE_TEMPS] = {"save-temps", "keeps temporary files"},
    [WHY_STDIN] = {"stdin", "reads from standard input"},
    [WHY_TIME_TRACE] = {"time-trace", "measures the compiler's own time"},
    [WHY_UNKNOWN_LANGUAGE] = {"unknown-language", "a language that is not known"},
    [WHY_UNKNOWN_OPTION] = {"unknown-option", "an option that is not known"},
    [WHY_UNSUPPORTED_OPTION] = {"unsupported-option", "an option that is known not to be cached"},
    [WHY_COUNT] = {NULL, NULL},
};
