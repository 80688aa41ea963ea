// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "analyze/patch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int read_text(const char *text, struct sj_buf *out, struct sj_err *err)
{
    struct sj_changes changes = SJ_CHANGES_NONE;
    int status = sj_patch_read(text, strlen(text), &changes, err);
    for (size_t i = 0; status == 0 && i < changes.count; i++) {
        const char *from = sj_changed_from(&changes, i);
        sj_buf_addf(out, "%s%c%s %s", i ? ", " : "", changes.items[i].kind,
                    changes.items[i].is_submodule ? "s" : "", sj_changed_path(&changes, i));
        if (from) {
            sj_buf_addf(out, "<%s", from);
        }
    }
    sj_changes_release(&changes);
    return status;
}

static const struct {
    const char *text;
    const char *paths; // NULL: refused
} diffs[] = {
    {"", ""},
    {"\n\n", ""},
    {"diff --git a/x.c b/x.c\nindex 12..34 100644\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n",
     "M x.c"},
    // Lines of content that look like heads.
    {"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n--- a/no\n"
     "+++ b/no\n diff --git a/no b/no\ndiff --git a/y b/y\nindex 1..2\n",
     "M x, M y"},
    {"diff --git a/n b/n\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n"
     "+x\n",
     "A n"},
    {"diff --git a/n b/n\ndeleted file mode 100644\nindex 1..0\n--- a/n\n+++ /dev/null\n"
     "@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n",
     "D n"},
    {"diff --git a/e b/e\nnew file mode 100644\nindex 0..e\n", "A e"},
    {"diff --git a/m b/m\nold mode 100644\nnew mode 100755\n", ""},
    {"diff --git a/o b/n\nsimilarity index 100%\nrename from o\nrename to n\n", "A n<o, D o"},
    {"diff --git a/o b/n\nsimilarity index 90%\nrename from o\nrename to n\nindex 1..2 100644\n"
     "--- a/o\n+++ b/n\n@@ -1 +1 @@\n-a\n+b\n",
     "A n<o, D o"},
    {"diff --git a/o b/n\nsimilarity index 100%\ncopy from o\ncopy to n\n", "A n"},
    {"diff --git a/p q b/p q\nindex 1..2 100644\n--- a/p q\t\n+++ b/p q\t\n@@ -1 +1 @@\n-a\n+b\n",
     "M p q"},
    {"diff --git \"a/\\303\\244\\t\\\"\" \"b/\\303\\244\\t\\\"\"\nindex 1..2 100644\n",
     "M \xc3\xa4\t\""},
    {"diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n",
     "M i.png"},
    {"diff --git a/i b/i\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHc\n\n"
     "diff --git a/j b/j\nindex 1..2\n",
     "M i, M j"},
    {"diff --git a/sub b/sub\nindex 1..2 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n"
     "-Subproject commit 1\n+Subproject commit 2\n",
     "Ms sub"},
    // diff.noprefix, diff.mnemonicPrefix, a folder that is called "a".
    {"diff --git src/x.c src/x.c\nindex 1..2\n--- src/x.c\n+++ src/x.c\n@@ -1 +1 @@\n-a\n+b\n",
     "M src/x.c"},
    {"diff --git a/x.c a/x.c\nindex 1..2\n--- a/x.c\n+++ a/x.c\n@@ -1 +1 @@\n-a\n+b\n", "M a/x.c"},
    {"diff --git i/x.c w/x.c\nindex 1..2\n--- i/x.c\n+++ w/x.c\n@@ -1 +1 @@\n-a\n+b\n", "M x.c"},
    {"diff --git a/a/x b/a/x\nindex 1..2\n", "M a/x"},
    // Merges.
    {"diff --cc src/x.c\nindex 1,2..3\n--- a/src/x.c\n+++ b/src/x.c\n@@@ -1,2 -1,2 +1,3 @@@\n"
     "  a\n +b\n++c\n- d\n",
     "M src/x.c"},
    // diff -u, with dates.
    {"--- a/x.c\t2026-01-01 00:00:00\n+++ b/x.c\t2026-01-02 00:00:00\n@@ -1,3 +1,2 @@\n a\n-b\n\n",
     "M x.c"},
    {"diff -u x.c.orig x.c\n--- src/x.c\n+++ src/x.c\n@@ -1 +1 @@\n-a\n+b\n", "M src/x.c"},
    {"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", "M x, M y"},
    // A letter, as format-patch writes it; two of them.
    {"From 1 Mon\nSubject: x\n\nindex of things\n---\n x | 2 +-\n\ndiff --git a/x b/x\nindex 1..2\n"
     "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39\n\nFrom 2\n\nrename from joy\n"
     "diff --git a/x b/x\nindex 2..3\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-b\n+c\n",
     "M x"},
    {"diff --git a/x b/x\r\nindex 1..2\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n",
     "M x"},
    {"diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\ndiff --git a/x b/x\n"
     "new file mode 120000\nindex 0..1\n",
     "M x"},
    // What is refused.
    {"hello\n", NULL},
    {"--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n-a\n", NULL},
    {"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n+a\n+b\n+c\n", NULL},
    {"--- a/x\n+++ b/x\n@@ -x +1 @@\n", NULL},
    {"--- a/x\n+++ b/x\n@@ -1,99999999999 +1 @@\n", NULL},
    {"--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", NULL},
    {"--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", NULL},
    {"--- a/x//y\n+++ b/x//y\n@@ -1 +1 @@\n-a\n+b\n", NULL},
    {"diff --git \"a/\\9\" \"b/\\9\"\nindex 1..2\n", NULL},
    {"diff --git a/i b/i\nindex 1..2\nGIT binary patch\nliteral 3\nKcmZ\n", NULL},
    {"diff --git a/x\nindex 1..2\n", NULL},
};

Test(patch, paths_are_found_and_what_is_none_is_refused)
{
    for (size_t i = 0; i < COUNT(diffs); i++) {
        struct sj_buf got = SJ_BUF_INIT(1 << 16);
        struct sj_err err = {0};
        int status = read_text(diffs[i].text, &got, &err);
        if (diffs[i].paths) {
            cr_expect_eq(status, 0, "%zu: %s\n%s", i, err.text, diffs[i].text);
            cr_expect_str_eq(sj_buf_text(&got), diffs[i].paths, "%zu: %s\n%s", i, sj_buf_text(&got),
                             diffs[i].text);
        } else {
            cr_expect_eq(status, -EBADMSG, "%zu: %s\n%s", i, sj_buf_text(&got), diffs[i].text);
            cr_expect_gt(strlen(err.text), 0);
        }
        sj_buf_release(&got);
    }
}

Test(changes, entries_of_one_path_become_one)
{
    static const struct {
        const char *kinds;
        char kind;
    } cases[] = {{"AD", 'M'}, {"DA", 'M'}, {"MM", 'M'}, {"MD", 'M'}, {"A", 'A'}, {"DD", 'D'}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sj_changes changes = SJ_CHANGES_NONE;
        for (const char *kind = cases[i].kinds; *kind; kind++) {
            sj_changes_add(&changes, (enum sj_changed_kind) * kind, "x", NULL, false);
            sj_changes_add(&changes, SJ_CHANGED_EDIT, "a", NULL, false);
        }
        sj_changes_sort(&changes);
        cr_expect_eq(changes.count, 2);
        cr_expect_str_eq(sj_changed_path(&changes, 0), "a");
        cr_expect_eq(changes.items[1].kind, cases[i].kind, "%s", cases[i].kinds);
        sj_changes_release(&changes);
    }
}
