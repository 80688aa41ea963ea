// SPDX-License-Identifier: Apache-2.0
// Writes the sample page, for eyes and for a browser without a server's data.
// usage: dash-sample html|json|csv QUERY [POINTS]      dash-sample asset NAME
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "dash/asset.h"
#include "dash/sample.h"

static int write_asset(const char *name)
{
    const struct sj_asset *asset = sj_asset_find(name);
    if (!asset) {
        return 1;
    }
    return fwrite(asset->gzip, 1, asset->gzip_len, stdout) == asset->gzip_len ? 0 : 1;
}

static int write_page(const char *format, const char *text, uint64_t points)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_dash_query query;
    struct sj_err err;
    if (sj_dash_query_read(sj_str_of("/dash"), sj_str_of(text), 0, &query, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct sj_doc_frame frame = {.query = &query,
                                 .project = "redis",
                                 .is_signed_in = true,
                                 .is_admin = true,
                                 .form_key = "key",
                                 .currency = "EUR"};
    struct sj_doc *doc = sample_page((size_t)points);
    if (query.parameter[SJ_DASH_SORT]) {
        sj_doc_sort(doc, query.parameter[SJ_DASH_SORT]);
    }
    if (strcmp(format, "json") == 0) {
        sj_doc_json(doc, &out);
    } else if (strcmp(format, "csv") == 0) {
        (void)sj_doc_csv(doc, query.parameter[SJ_DASH_TABLE], &out);
    } else {
        sj_doc_html(doc, &frame, &out);
    }
    sj_doc_free(doc);
    sj_dash_query_release(&query);
    return fwrite(sj_buf_text(&out), 1, out.len, stdout) == out.len ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t points = 400;
    if (argc < 3 || (argc > 3 && sj_parse_u64(argv[3], 1000000, &points) < 0)) {
        (void)fputs("usage: dash-sample html|json|csv QUERY [POINTS] | asset NAME\n", stderr);
        return 2;
    }
    return strcmp(argv[1], "asset") == 0 ? write_asset(argv[2])
                                         : write_page(argv[1], argv[2], points);
}
