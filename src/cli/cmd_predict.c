// SPDX-License-Identifier: Apache-2.0
// `scrubjay predict`.
#include <errno.h>

#include "base/parse.h"
#include "cli/forecast_print.h"

#define DEFAULT_MAX 10

enum {
    OPT_DIFF,
    OPT_JOBS,
    OPT_MAX,
    OPT_RECORD,
    OPT_STAGED,
};

static const struct sj_option options[] = {
    {"diff", "FILE", "Predict this diff, as 'git diff' writes it; '-' for stdin."},
    {"jobs", "COUNT", "Cores that build. Default: those of the machine of the nearest build."},
    {"max", "COUNT", "Rows of each table, 10 by default; 0 for all. JSON has all by default."},
    {"record", "COUNT", "Hold predictions against so many past builds, 50 by default."},
    {"staged", NULL, "Predict what is staged for the next commit."},
    {NULL, NULL, NULL},
};

static void print(const struct sj_invocation *call, const struct sj_forecast_work *work, size_t max,
                  struct sj_buf *out)
{
    if (call->is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_open(&json, NULL, '{');
        sj_forecast_json(work, max, &json);
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
        return;
    }
    if (!call->is_markdown) {
        sj_forecast_text(work, max, out);
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf title = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_forecast_title(work, &title);
    sj_buf_adds(out, "### Expected build time: ");
    sj_report_markdown(out, sj_buf_text(&title));
    sj_buf_adds(out, "\n\n**");
    sj_forecast_line(work, out);
    out->len--;
    sj_buf_adds(out, "**\n");
    sj_forecast_markdown(work, max, out);
    sj_buf_addc(out, '\n');
    sj_forecast_remarks(work, "- ", out);
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    uint64_t max = call->is_json ? 0 : DEFAULT_MAX;
    const char *max_text = call->value[OPT_MAX];
    if (max_text && sj_parse_u64(max_text, 1000000, &max) < 0) {
        (void)sj_fail_plain(&err, -EINVAL, "--max: '%.60s' is no number from 0 to 1000000",
                            max_text);
        (void)sj_command_fail(&err);
        return SJ_EXIT_USAGE;
    }
    const struct sj_forecast_ask ask = {
        .words = call->word_count > 0 ? call->words[0] : NULL,
        .diff = call->value[OPT_DIFF],
        .is_staged = call->value[OPT_STAGED] != NULL,
        .jobs = call->value[OPT_JOBS],
        .record = call->value[OPT_RECORD],
    };
    struct sj_forecast_work work;
    int status = sj_forecast_ask(call, &ask, &work, &err);
    int result = SJ_EXIT_OK;
    if (status != 0) {
        result = sj_report_failed(status, &err);
    } else {
        sj_report_caveats(&work.report, &work.view);
        print(call, &work, max, &call->out);
    }
    sj_forecast_work_release(&work);
    return result;
}

const struct sj_command sj_command_predict = {
    .name = "predict",
    .words = "[REV|A..B]",
    .words_max = 1,
    .summary = "Tell what a change will cost before it is built.",
    .text = "Without anything, the commit that is checked out against its first parent; or a "
            "commit, a range, a diff, what is staged.\n"
            "Which units are compiled anew is read off what they read in the nearest build; what "
            "they cost is the median of their latest five compiles. The time on so many cores is "
            "an interval: eight of ten builds came to lie in it, as parts of what was "
            "predicted.\n"
            "How predictions of the last builds fared is printed with each: of the units "
            "predicted, how many were compiled (precision), of those compiled, how many were "
            "predicted (recall).\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_VIEW | SJ_COMMAND_MARKDOWN,
    .run = run,
};
