// SPDX-License-Identifier: Apache-2.0
#include "record/note.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-noreturn"

void sj_note_encode(const struct sj_note *note, struct sj_buf *out)
{
}

int sj_note_decode(const void *data, size_t len, struct sj_note *out, struct sj_buf *arena,
                   size_t *used)
{
    return -ENOSYS;
}

const char *sj_note_value(const struct sj_note *note, const char *name)
{
    return "";
}
