// SPDX-License-Identifier: Apache-2.0
// Kept pages: what can be read can be sorted and written in all three forms, and kept again.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dash/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sj_doc *doc = NULL;
    struct sj_doc *again = NULL;
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (sj_doc_decode(data, size, &doc) == 0) {
        (void)sj_doc_encode(doc, &bytes);
        if (bytes.len != size || memcmp(bytes.data, data, size) != 0 ||
            sj_doc_decode(bytes.data, bytes.len, &again) != 0) {
            abort();
        }
        sj_doc_html(doc, &(struct sj_doc_frame){0}, &out);
        sj_doc_json(doc, &out);
        (void)sj_doc_csv(doc, NULL, &out);
        sj_doc_sort(doc, "-cpu_ns");
        sj_doc_html(doc, &(struct sj_doc_frame){0}, &out);
    }
    sj_buf_release(&out);
    sj_buf_release(&bytes);
    sj_doc_free(doc);
    sj_doc_free(again);
    return 0;
}
