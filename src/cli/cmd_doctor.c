// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/ui.h"

#define TEXT_COLUMN 19

static const char *const levels[] = {
    [SJ_LEVEL_OK] = "ok",
    [SJ_LEVEL_WARN] = "warn",
    [SJ_LEVEL_FAIL] = "fail",
};

static void print_json(const struct sj_doctor *doctor, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '[');
    for (size_t i = 0; i < doctor->count; i++) {
        const struct sj_finding *finding = &doctor->findings[i];
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "level", levels[finding->level]);
        sj_json_str(&json, "check", finding->name);
        sj_json_str(&json, "text", finding->text);
        sj_json_str(&json, "remedy", finding->remedy);
        sj_json_close(&json, '}');
    }
    sj_json_close(&json, ']');
    sj_buf_addc(out, '\n');
}

static void print_text(const struct sj_doctor *doctor, struct sj_buf *out)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct sj_finding *finding = &doctor->findings[i];
        struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_ui_text(&text, finding->text);
        sj_buf_addf(out, "%-5s %-12s ", levels[finding->level], finding->name);
        sj_ui_wrap(out, sj_buf_text(&text), TEXT_COLUMN, TEXT_COLUMN);
        if (finding->remedy) {
            sj_buf_addf(out, "%*s-> ", TEXT_COLUMN, "");
            sj_ui_wrap(out, finding->remedy, TEXT_COLUMN + 3, TEXT_COLUMN + 3);
        }
        sj_buf_release(&text);
    }
}

static int run(struct sj_invocation *call)
{
    static void (*const checks[])(struct sj_doctor * doctor) = {
        sj_doctor_settings,     sj_doctor_store,       sj_doctor_clock,
        sj_doctor_compilers,    sj_doctor_environment, sj_doctor_build,
        sj_doctor_instructions, sj_doctor_trial,       sj_doctor_records,
    };
    struct sj_doctor doctor = {.config = &call->config};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        checks[i](&doctor);
    }
    int status = SJ_EXIT_OK;
    for (size_t i = 0; i < doctor.count; i++) {
        status = doctor.findings[i].level == SJ_LEVEL_FAIL ? SJ_EXIT_FAILED : status;
    }
    if (call->is_json) {
        print_json(&doctor, &call->out);
    } else {
        print_text(&doctor, &call->out);
    }
    sj_doctor_release(&doctor);
    return status;
}

const struct sj_command sj_command_doctor = {
    .name = "doctor",
    .words = "",
    .summary = "Look for what keeps the cache from working well.",
    .text = "Check the settings, the store's directory, file times, the compilers on PATH and "
            "other caches in front of them; the git repository and the CI job that builds here are "
            "noted with; whether the machine counts instructions; compile something twice through "
            "the wrapper; and look "
            "at recent records for hits that could be had. Each line says ok, warn or fail, and "
            "what to do. The exit status is 1 when something fails.\n",
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_CONFIG,
    .run = run,
};
