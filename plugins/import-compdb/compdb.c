// SPDX-License-Identifier: Apache-2.0
// Reader of compile_commands.json: an array of {directory, file, command or arguments, output?}.
// It tells what would be compiled and how, nothing of any build.
// Source: LLVM, "JSON Compilation Database Format Specification".
#include <errno.h>
#include <stdlib.h>

#include "import-common/command.h"
#include "import-common/json.h"

static int split_entry(const json_t *entry, struct import_command *out)
{
    const char *text = import_json_text(entry, "command");
    const json_t *words = json_object_get(entry, "arguments");
    if (!json_is_array(words)) {
        return text ? import_command_split((struct import_text){text, strlen(text)}, out) : 1;
    }
    size_t count = json_array_size(words);
    const char **list = calloc(count + 1, sizeof *list);
    if (!list) {
        return -ENOMEM;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        if (word) {
            list[found++] = word;
        }
    }
    int status = import_command_of(list, found, out);
    free(list);
    return status;
}

static int tell(const json_t *entry, const struct import_command *command,
                const struct sj_import_sink *sink)
{
    const char *file = import_json_text(entry, "file");
    const char *output = import_json_text(entry, "output");
    output = output && *output ? output : command->output;
    char *made = output ? NULL : import_object_name(file);
    const struct sj_import_unit unit = {
        .name = output ? output : made,
        .source = file,
        .directory = import_json_text(entry, "directory"),
        .tool = command->count > 0 ? command->words[0] : NULL,
        .args = command->args,
        .outcome = SJ_IMPORT_KNOWN,
    };
    int status = unit.name ? sink->unit(sink->user, &unit) : -ENOMEM;
    free(made);
    return status;
}

static int tell_entry(const json_t *entry, uint64_t place, const struct sj_import_sink *sink)
{
    const char *file = import_json_text(entry, "file");
    if (!file || !*file || !import_json_text(entry, "directory")) {
        sink->problem(sink->user, place, "an entry without a directory or a file");
        return 0;
    }
    struct import_command command = {0};
    int status = split_entry(entry, &command);
    if (status == 1) {
        sink->problem(sink->user, place, "an entry without a command");
        status = 0;
    }
    if (status == 0) {
        status = tell(entry, &command, sink);
    }
    import_command_release(&command);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    bool is_it = import_json_begins(source, '[') && import_has(source, "\"directory\"") &&
                 import_has(source, "\"file\"") &&
                 (import_has(source, "\"command\"") || import_has(source, "\"arguments\""));
    return is_it ? 90 : 0;
}

static int read_compdb(const struct sj_import_source *source, const struct sj_import_sink *sink,
                       char *problem, size_t len)
{
    json_t *entries = import_json_load(source, problem, len);
    if (!json_is_array(entries)) {
        if (entries) {
            (void)snprintf(problem, len, "it is no array of entries");
        }
        json_decref(entries);
        return -EBADMSG;
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < json_array_size(entries); i++) {
        status = tell_entry(json_array_get(entries, i), i + 1, sink);
    }
    json_decref(entries);
    return status;
}

static const struct sj_import_format format = {
    .name = "compdb",
    .summary = "what would be compiled and how: compile_commands.json of CMake, Meson, Bear",
    .detect = detect,
    .read = read_compdb,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "compdb",
    .formats = formats,
};
