// SPDX-License-Identifier: Apache-2.0
#include "analyze/patch.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#define NAME_LIMIT 4096
#define FILES_MAX  1000000u
#define COUNT_MAX  100000000u // lines of a hunk

/** What is known of the file that a part of the diff is about. */
struct file {
    struct sj_buf before; // "" while it is not known
    struct sj_buf after;
    bool is_open;
    bool is_git;       // it began with "diff --git": names with prefixes, and modes follow
    bool is_named;     // by lines that give names as they are: rename, copy
    bool has_names;    // "---" and "+++" have been read
    bool is_in_head;   // lines about modes, renames and the like may follow
    bool is_added;     // or the old name is /dev/null
    bool is_removed;   // or the new name is /dev/null
    bool is_renamed;   // the old name goes
    bool has_content;  // it changes content, not modes only
    bool is_submodule; // mode 160000
    bool is_link;      // mode 120000
};

/** A diff being read. */
struct patch {
    const char *at;
    const char *end;
    uint64_t line;
    struct file file;
    struct sj_changes *out;
    struct sj_err *err;
    bool has_any;
};

static int bad(struct patch *patch, const char *what)
{
    return sj_fail_plain(patch->err, -EBADMSG, "line %llu of the diff: %s",
                         (unsigned long long)patch->line, what);
}

// The next line without its end; false behind the last one.
static bool take_line(struct patch *patch, struct sj_str *line)
{
    if (patch->at == patch->end) {
        return false;
    }
    size_t left = (size_t)(patch->end - patch->at);
    const char *end = memchr(patch->at, '\n', left);
    size_t len = end ? (size_t)(end - patch->at) : left;
    *line = (struct sj_str){patch->at, len};
    patch->at += len + (end != NULL);
    patch->line++;
    return true;
}

static bool begins(struct sj_str line, const char *with)
{
    size_t len = strlen(with);
    return line.len >= len && memcmp(line.data, with, len) == 0;
}

static struct sj_str rest(struct sj_str line, size_t len)
{
    return (struct sj_str){line.data + len, line.len - len};
}

static int escape_value(struct sj_str text, size_t *at)
{
    static const char letters[] = "abtnvfr\"\\";
    static const char values[] = "\a\b\t\n\v\f\r\"\\";
    char c = text.data[*at];
    const char *found = memchr(letters, c, sizeof letters - 1);
    if (found) {
        (*at)++;
        return (unsigned char)values[found - letters];
    }
    int value = 0;
    for (int i = 0; i < 3; i++, (*at)++) {
        if (*at >= text.len || text.data[*at] < '0' || text.data[*at] > '7') {
            return -1;
        }
        value = value * 8 + (text.data[*at] - '0');
    }
    return value > 0 && value < 256 ? value : -1;
}

// "a/\303\244.h", from the opening quote on. Gives how many bytes it took; 0: it is damaged.
static size_t unquote(struct sj_str text, struct sj_buf *out)
{
    size_t at = 1;
    while (at < text.len && text.data[at] != '"') {
        if (text.data[at] != '\\') {
            sj_buf_addc(out, text.data[at++]);
            continue;
        }
        at++;
        int value = at < text.len ? escape_value(text, &at) : -1;
        if (value < 0) {
            return 0;
        }
        sj_buf_addc(out, (char)value);
    }
    return at < text.len ? at + 1 : 0;
}

// A name alone on the rest of a line; what follows a tab is a date.
static bool read_name(struct sj_str text, struct sj_buf *out)
{
    sj_buf_clear(out);
    if (text.len > 0 && text.data[0] == '"') {
        return unquote(text, out) > 0 && !out->is_full;
    }
    const char *tab = memchr(text.data, '\t', text.len);
    size_t len = tab ? (size_t)(tab - text.data) : text.len;
    if (len > 0 && text.data[len - 1] == '\r') {
        len--;
    }
    sj_buf_add(out, text.data, len);
    return len > 0 && !out->is_full && !memchr(text.data, '\0', len);
}

// Takes off "a/" and "b/", and what diff.mnemonicPrefix writes instead.
static void strip(struct sj_buf *name)
{
    if (name->len > 2 && name->data[1] == '/' && strchr("abciow", name->data[0])) {
        memmove(name->data, name->data + 2, name->len - 1);
        name->len -= 2;
    }
}

// Prefixes are there when both names have one: diff.noprefix may leave a real folder "a".
static void strip_both(struct sj_buf *before, struct sj_buf *after)
{
    const struct sj_buf *const names[] = {before, after};
    for (size_t i = 0; i < 2; i++) {
        const struct sj_buf *name = names[i];
        if (name->len > 0 && !(name->len > 2 && name->data[1] == '/' && name->data[0] &&
                               strchr("abciow", name->data[0]))) {
            return;
        }
    }
    if (before->len > 0 && after->len > 0 && before->data[0] == after->data[0]) {
        return;
    }
    strip(before);
    strip(after);
}

static bool is_sane(const struct sj_buf *name)
{
    const char *at = sj_buf_text(name);
    if (!*at || *at == '/' || strlen(at) != name->len) {
        return false;
    }
    while (*at) {
        size_t len = strcspn(at, "/");
        if (len == 0 || (len == 1 && *at == '.') || (len == 2 && memcmp(at, "..", 2) == 0)) {
            return false;
        }
        at += len;
        at += *at == '/';
    }
    return true;
}

static bool is_change(const struct file *file)
{
    return file->has_content || file->is_added || file->is_removed || file->is_renamed;
}

static bool has_sane_names(const struct file *file)
{
    bool has_before = !file->is_added || file->is_renamed;
    bool has_after = !file->is_removed;
    return (!has_before || is_sane(&file->before)) && (!has_after || is_sane(&file->after));
}

static int close_file(struct patch *patch)
{
    struct file *file = &patch->file;
    if (!file->is_open) {
        return 0;
    }
    file->is_open = false;
    if (!is_change(file)) {
        return 0;
    }
    if (patch->out->count > FILES_MAX) {
        return bad(patch, "that many files are not read");
    }
    if (!has_sane_names(file)) {
        return bad(patch, "before it, a file has no name that is relative to the root");
    }
    const char *before = sj_buf_text(&file->before);
    const char *after = sj_buf_text(&file->after);
    if (file->is_renamed) {
        sj_changes_add(patch->out, SJ_CHANGED_REMOVED, before, NULL, file->is_submodule);
        sj_changes_add(patch->out, SJ_CHANGED_ADDED, after, before, file->is_submodule);
    } else {
        enum sj_changed_kind kind = file->is_added     ? SJ_CHANGED_ADDED
                                    : file->is_removed ? SJ_CHANGED_REMOVED
                                                       : SJ_CHANGED_EDIT;
        sj_changes_add(patch->out, kind, file->is_removed ? before : after, NULL,
                       file->is_submodule);
    }
    return 0;
}

static int open_file(struct patch *patch, bool is_git)
{
    int status = close_file(patch);
    struct file *file = &patch->file;
    sj_buf_clear(&file->before);
    sj_buf_clear(&file->after);
    *file = (struct file){.before = file->before,
                          .after = file->after,
                          .is_open = true,
                          .is_git = is_git,
                          .is_in_head = is_git};
    patch->has_any = true;
    return status;
}

// "a/NAME b/NAME": both are the same but for the prefix, or other lines give the names.
static void read_git_names(struct file *file, struct sj_str names)
{
    if (names.len > 0 && names.data[0] == '"') {
        size_t used = unquote(names, &file->before);
        if (used == 0 || used >= names.len || !read_name(rest(names, used + 1), &file->after)) {
            sj_buf_clear(&file->before);
        }
    } else if (names.len % 2 == 1 && names.data[names.len / 2] == ' ') {
        size_t half = names.len / 2;
        sj_buf_add(&file->before, names.data, half);
        sj_buf_add(&file->after, names.data + half + 1, half);
    }
    strip_both(&file->before, &file->after);
}

static void note_mode(struct file *file, struct sj_str mode)
{
    file->is_submodule = file->is_submodule || begins(mode, "160000");
    file->is_link = file->is_link || begins(mode, "120000");
}

static int do_git(struct patch *patch, struct sj_str text)
{
    int status = open_file(patch, true);
    read_git_names(&patch->file, text);
    return status;
}

static int do_combined(struct patch *patch, struct sj_str text)
{
    int status = open_file(patch, true);
    patch->file.has_content = true;
    patch->file.is_named = true;
    bool is_good = read_name(text, &patch->file.before) && read_name(text, &patch->file.after);
    return status < 0 || is_good ? status : bad(patch, "a file has no name");
}

static int do_added(struct patch *patch, struct sj_str text)
{
    patch->file.is_added = true;
    note_mode(&patch->file, text);
    return 0;
}

static int do_removed(struct patch *patch, struct sj_str text)
{
    patch->file.is_removed = true;
    note_mode(&patch->file, text);
    return 0;
}

static int do_mode(struct patch *patch, struct sj_str text)
{
    note_mode(&patch->file, text);
    return 0;
}

// "index 1234..5678 100644": content differs, whether it is shown or not.
static int do_index(struct patch *patch, struct sj_str text)
{
    const char *space = memchr(text.data, ' ', text.len);
    if (space) {
        note_mode(&patch->file, rest(text, (size_t)(space - text.data) + 1));
    }
    patch->file.has_content = true;
    return 0;
}

static int do_from(struct patch *patch, struct sj_str text)
{
    patch->file.is_named = true;
    return read_name(text, &patch->file.before) ? 0 : bad(patch, "a file has no name");
}

static int do_to(struct patch *patch, struct sj_str text)
{
    patch->file.is_named = true;
    return read_name(text, &patch->file.after) ? 0 : bad(patch, "a file has no name");
}

static int do_rename_from(struct patch *patch, struct sj_str text)
{
    patch->file.is_renamed = true;
    return do_from(patch, text);
}

static int do_copy_from(struct patch *patch, struct sj_str text)
{
    patch->file.is_added = true;
    return do_from(patch, text);
}

// "literal 123" and "delta 123", then lines of base 85 up to an empty one.
static int do_binary(struct patch *patch, struct sj_str text)
{
    (void)text;
    patch->file.has_content = true;
    struct sj_str line;
    const char *back = patch->at;
    while (take_line(patch, &line) && (begins(line, "literal ") || begins(line, "delta "))) {
        bool is_closed = false;
        while (!is_closed && take_line(patch, &line)) {
            is_closed = line.len == 0 || line.data[0] == '\r';
        }
        if (!is_closed) {
            return bad(patch, "a binary part is broken off");
        }
        back = patch->at;
    }
    if (patch->at != back) {
        patch->at = back;
        patch->line--;
    }
    return 0;
}

/** Lines that stand in the head of a file's part of a git diff. */
static const struct head {
    const char *begin;
    int (*run)(struct patch *patch, struct sj_str text);
} heads[] = {
    {"new file mode ", do_added},
    {"deleted file mode ", do_removed},
    {"old mode ", do_mode},
    {"new mode ", do_mode},
    {"mode ", do_mode},
    {"index ", do_index},
    {"rename from ", do_rename_from},
    {"rename to ", do_to},
    {"rename old ", do_rename_from},
    {"rename new ", do_to},
    {"copy from ", do_copy_from},
    {"copy to ", do_to},
    {"GIT binary patch", do_binary},
};

/** Lines that begin a file's part. */
static const struct head openings[] = {
    {"diff --git ", do_git},
    {"diff --cc ", do_combined},
    {"diff --combined ", do_combined},
};

// "12,3" or "12": gives the second number, or 1.
static bool read_range(struct sj_str *text, uint64_t *count)
{
    uint64_t numbers[2] = {0, 1};
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        char digits[12] = {0};
        while (len < text->len && len < sizeof digits - 1 && text->data[len] >= '0' &&
               text->data[len] <= '9') {
            digits[len] = text->data[len];
            len++;
        }
        if (sj_parse_u64(digits, COUNT_MAX, &numbers[i]) < 0) {
            return false;
        }
        *text = rest(*text, len);
        if (i > 0 || text->len == 0 || text->data[0] != ',') {
            break;
        }
        *text = rest(*text, 1);
    }
    *count = numbers[1];
    return true;
}

// "@@ -1,2 +3,4 @@ …": how many lines follow of each side.
static bool read_hunk_head(struct sj_str line, uint64_t *removed, uint64_t *added)
{
    line = rest(line, 4);
    if (!read_range(&line, removed) || !begins(line, " +")) {
        return false;
    }
    line = rest(line, 2);
    return read_range(&line, added) && begins(line, " @@");
}

// Takes a line of a hunk off what is still to come. Gives false where it cannot stand here.
static bool count_line(struct sj_str line, uint64_t *removed, uint64_t *added)
{
    // Editors and mailers cut the blank off an empty line of context.
    char mark = line.len > 0 && line.data[0] != '\r' ? line.data[0] : ' ';
    bool is_removed = mark == '-' || mark == ' ';
    bool is_added = mark == '+' || mark == ' ';
    if (mark == '\\') {
        return true;
    }
    if (is_removed > *removed || is_added > *added) {
        return false;
    }
    *removed -= is_removed;
    *added -= is_added;
    return is_removed || is_added;
}

static int read_hunk(struct patch *patch, struct sj_str line)
{
    uint64_t removed;
    uint64_t added;
    if (!read_hunk_head(line, &removed, &added)) {
        return bad(patch, "a hunk has no good head");
    }
    patch->file.has_content = true;
    patch->file.is_in_head = false;
    while (removed > 0 || added > 0) {
        if (!take_line(patch, &line)) {
            return bad(patch, "the diff is broken off here");
        }
        if (!count_line(line, &removed, &added)) {
            return bad(patch, "the hunk does not have the lines that its head counts");
        }
    }
    return 0;
}

// "--- NAME" with "+++ NAME" behind it.
static int read_names(struct patch *patch, struct sj_str before)
{
    struct sj_str after;
    if (!take_line(patch, &after) || !begins(after, "+++ ")) {
        return bad(patch, "'---' is not followed by '+++'");
    }
    struct file *file = &patch->file;
    bool is_known = file->is_open && file->is_git && !file->has_names;
    int status = is_known ? 0 : open_file(patch, false);
    file->has_names = true;
    if (status < 0 || file->is_named) {
        return status;
    }
    if (!read_name(before, &file->before) || !read_name(rest(after, 4), &file->after)) {
        return bad(patch, "a file has no name");
    }
    file->is_added = file->is_added || strcmp(file->before.data, "/dev/null") == 0;
    file->is_removed = file->is_removed || strcmp(file->after.data, "/dev/null") == 0;
    if (file->is_added) {
        sj_buf_clear(&file->before);
    }
    if (file->is_removed) {
        sj_buf_clear(&file->after);
    }
    strip_both(&file->before, &file->after);
    return 0;
}

static int run_line(struct patch *patch, struct sj_str line)
{
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        if (begins(line, openings[i].begin)) {
            return openings[i].run(patch, rest(line, strlen(openings[i].begin)));
        }
    }
    if (begins(line, "--- ") &&
        begins((struct sj_str){patch->at, (size_t)(patch->end - patch->at)}, "+++ ")) {
        return read_names(patch, rest(line, 4));
    }
    if (!patch->file.is_open) {
        return 0;
    }
    // What stands behind an empty line is a commit's message.
    patch->file.is_in_head = patch->file.is_in_head && line.len > 0;
    if (begins(line, "@@ -")) {
        return read_hunk(patch, line);
    }
    if (begins(line, "Binary files ")) {
        patch->file.has_content = true;
        return 0;
    }
    for (size_t i = 0; patch->file.is_in_head && i < sizeof heads / sizeof heads[0]; i++) {
        if (begins(line, heads[i].begin)) {
            return heads[i].run(patch, rest(line, strlen(heads[i].begin)));
        }
    }
    return 0;
}

int sj_patch_read(const char *data, size_t len, struct sj_changes *out, struct sj_err *err)
{
    struct patch patch = {
        .at = data,
        .end = data + len,
        .file = {.before = SJ_BUF_INIT(NAME_LIMIT), .after = SJ_BUF_INIT(NAME_LIMIT)},
        .out = out,
        .err = err,
    };
    int status = 0;
    bool has_text = false;
    struct sj_str line;
    while (status == 0 && take_line(&patch, &line)) {
        has_text = has_text || line.len > 0;
        status = run_line(&patch, line);
    }
    if (status == 0) {
        status = close_file(&patch);
    }
    if (status == 0 && has_text && !patch.has_any) {
        status = sj_fail_plain(err, -EBADMSG, "there is no diff in it");
    }
    sj_buf_release(&patch.file.before);
    sj_buf_release(&patch.file.after);
    sj_changes_sort(out);
    return status;
}
