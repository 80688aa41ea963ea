// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "record/db_ingest.h"

#define TEXT_MAX     ((size_t)32 << 10) /**< longer texts are cut */
#define YEAR_NS      (UINT64_C(31557600) * SJ_NS_PER_S)
#define WALL_MAX_NS  YEAR_NS
#define START_MAX_NS (150 * YEAR_NS)     /**< in the year 2120 */
#define CPUS_MAX     4096u               /**< more CPU time than this many give is none */
#define BYTES_MAX    (UINT64_C(1) << 60) /**< no machine has more */
#define FUTURE_NS    (300 * SJ_NS_PER_S) /**< clocks of machines may differ by that */
#define EARLY_NS     (2 * SJ_NS_PER_S)   /**< … and by that within a build */

int sj_ingest_text(struct sj_ingest *in, const char *text, uint32_t *number)
{
    *number = 0;
    if (!text || !*text) {
        return 0;
    }
    size_t len = strnlen(text, TEXT_MAX);
    struct sj_key key = sj_key_of(text, len);
    int status = sj_db_id_find(in->db, &in->texts, SJ_DB_ID_TEXT, &key, number);
    if (status != SJ_DB_NONE) {
        return status;
    }
    *number = in->next[SJ_DB_TEXT]++;
    SJ_AUTO(sj_auto_free) char *cut = text[len] ? sj_strndup(text, len) : NULL;
    status = sj_db_row_put(in->db, SJ_DB_TEXT, *number, cut ? cut : text, len + 1);
    return status < 0 ? status : sj_db_id_put(in->db, &in->texts, SJ_DB_ID_TEXT, &key, *number);
}

// Why a record makes no sense; NULL: it does.
static const char *find_fault(const struct sj_record *record)
{
    uint64_t cpu_ns = sj_sum(record->user_ns, record->system_ns);
    if (record->start_ns > START_MAX_NS) {
        return "a record that begins after the year 2120";
    }
    if (record->wall_ns > WALL_MAX_NS) {
        return "a record that took more than a year";
    }
    if (cpu_ns / CPUS_MAX > record->wall_ns + SJ_NS_PER_S) {
        return "a record with more CPU time than 4,096 processors give";
    }
    if (record->saved_ns > WALL_MAX_NS || record->own_ns > WALL_MAX_NS) {
        return "a record that saved or cost more than a year";
    }
    if (record->input_bytes > BYTES_MAX || record->output_bytes > BYTES_MAX ||
        record->peak_rss_bytes > BYTES_MAX) {
        return "a record with more bytes than there are";
    }
    return NULL;
}

static struct sj_open_unit **unit_slot(struct sj_ingest *in, uint32_t number)
{
    if (number >= in->units_size) {
        size_t size = in->units_size ? in->units_size : 1024;
        while (size <= number) {
            size *= 2;
        }
        in->units = sj_realloc(in->units, size, sizeof(struct sj_open_unit *));
        memset(in->units + in->units_size, 0,
               (size - in->units_size) * sizeof(struct sj_open_unit *));
        in->units_size = size;
    }
    return &in->units[number];
}

static int open_unit(struct sj_ingest *in, uint32_t number, struct sj_open_unit **out)
{
    struct sj_open_unit **slot = unit_slot(in, number);
    if (!*slot) {
        struct sj_unit unit;
        int status = sj_db_unit(in->db, number, &unit);
        if (status < 0) {
            return status == -ENOENT ? -EBADMSG : status;
        }
        *slot = sj_new(struct sj_open_unit);
        (*slot)->unit = unit;
    }
    *out = *slot;
    return 0;
}

static int make_unit(struct sj_ingest *in, const struct sj_key *key, uint32_t project,
                     uint32_t name, uint32_t *number)
{
    *number = in->next[SJ_DB_UNIT]++;
    struct sj_open_unit *unit = sj_new(struct sj_open_unit);
    unit->unit = (struct sj_unit){.number = *number, .project = project, .name = name};
    *unit_slot(in, *number) = unit;
    return sj_db_id_put(in->db, NULL, SJ_DB_ID_UNIT, key, *number);
}

// The number of a unit by its name as written, seen from its place.
static int name_unit(struct sj_ingest *in, const struct sj_open_build *build, const char *cwd,
                     const char *written, uint32_t *number)
{
    const struct sj_db_place place = {build->root, build->base_dir, cwd};
    uint32_t name = 0;
    sj_db_path(&place, written, &in->path);
    int status = sj_ingest_text(in, sj_buf_text(&in->path), &name);
    if (status < 0) {
        return status;
    }
    unsigned char fields[8];
    uint32_t project = build->row.texts[SJ_BUILD_PROJECT];
    sj_put_u32(fields, project);
    sj_put_u32(fields + 4, name);
    struct sj_key key = sj_key_of(fields, sizeof fields);
    status = sj_db_id_find(in->db, NULL, SJ_DB_ID_UNIT, &key, number);
    return status == SJ_DB_NONE ? make_unit(in, &key, project, name, number) : status;
}

// What the record says of a unit's source, when it is not what was said before.
static int note_origin(struct sj_ingest *in, const struct sj_open_build *build,
                       const struct sj_record *record, const char *cwd, struct sj_open_unit *unit)
{
    sj_buf_clear(&in->key);
    sj_buf_add(&in->key, build->place.bytes, SJ_KEY_SIZE);
    sj_buf_add(&in->key, cwd, strlen(cwd) + 1);
    sj_buf_adds(&in->key, record->source ? record->source : "");
    sj_buf_addc(&in->key, '\0');
    sj_buf_adds(&in->key, record->language ? record->language : "");
    struct sj_key origin = sj_key_of(in->key.data, in->key.len);
    if (sj_key_eq(&origin, &unit->origin)) {
        return 0;
    }
    unit->origin = origin;
    int status = 0;
    if (record->source && *record->source) {
        const struct sj_db_place place = {build->root, build->base_dir, cwd};
        sj_db_path(&place, record->source, &in->path);
        status = sj_ingest_text(in, sj_buf_text(&in->path), &unit->unit.source);
    }
    if (status == 0 && record->language && *record->language) {
        status = sj_ingest_text(in, record->language, &unit->unit.language);
    }
    return status;
}

// NULL in out: nothing names a unit.
static int find_unit(struct sj_ingest *in, const struct sj_open_build *build,
                     const struct sj_record *record, struct sj_open_unit **out)
{
    const char *cwd = record->cwd ? record->cwd : "";
    const char *written = record->output && *record->output ? record->output : record->source;
    *out = NULL;
    if (!written || !*written) {
        return 0;
    }
    sj_buf_clear(&in->key);
    sj_buf_add(&in->key, build->place.bytes, SJ_KEY_SIZE);
    sj_buf_add(&in->key, cwd, strlen(cwd) + 1);
    sj_buf_adds(&in->key, written);
    struct sj_key key = sj_key_of(in->key.data, in->key.len);
    uint32_t number = sj_number_find(&in->names, &key);
    if (!number) {
        int status = name_unit(in, build, cwd, written, &number);
        if (status < 0) {
            return status;
        }
        sj_number_add(&in->names, &key, number);
    }
    int status = open_unit(in, number, out);
    return status < 0 ? status : note_origin(in, build, record, cwd, *out);
}

static int find_config(struct sj_ingest *in, const struct sj_record *record, uint32_t *number)
{
    struct sj_db_config config = {0};
    unsigned char row[SJ_CONFIG_ROW];
    int status = sj_ingest_text(in, record->tool, &config.tool);
    status = status < 0 ? status : sj_ingest_text(in, record->toolchain, &config.toolchain);
    if (status < 0) {
        return status;
    }
    memcpy(config.component, record->component, sizeof config.component);
    sj_config_encode(&config, row);
    struct sj_key key = sj_key_of(row, sizeof row);
    status = sj_db_id_find(in->db, &in->configs, SJ_DB_ID_CONFIG, &key, number);
    if (status != SJ_DB_NONE) {
        return status;
    }
    *number = in->next[SJ_DB_CONFIG]++;
    status = sj_db_row_put(in->db, SJ_DB_CONFIG, *number, row, sizeof row);
    return status < 0 ? status : sj_db_id_put(in->db, &in->configs, SJ_DB_ID_CONFIG, &key, *number);
}

static bool is_zero(const struct sj_key *key)
{
    static const struct sj_key zero;
    return sj_key_eq(key, &zero);
}

static bool tells_config(const struct sj_record *record)
{
    return !is_zero(&record->component[SJ_COMPONENT_TOOL]);
}

// A hit by stamp does not tell how its unit is compiled; the miss did that stored what it took.
static int settle_config(struct sj_ingest *in, const struct sj_record *record,
                         struct sj_sample *sample)
{
    if (!sample->state || is_zero(&record->strong) || tells_config(record)) {
        return 0;
    }
    uint32_t made = sj_number_find(&in->made, &record->strong);
    if (!made) {
        struct sj_str row;
        int status = sj_db_state_row(in->db, sample->state, &made, &row);
        if (status < 0) {
            return status;
        }
        if (status == 0 && made) {
            sj_number_add(&in->made, &record->strong, made);
        }
    }
    sample->config = made ? made : sample->config;
    return 0;
}

static void add_to_unit(struct sj_ingest *in, const struct sj_sample *sample,
                        struct sj_open_unit *open)
{
    struct sj_unit *unit = &open->unit;
    bool is_first = !unit->first_ns;
    unit->first_ns =
        is_first || sample->start_ns < unit->first_ns ? sample->start_ns : unit->first_ns;
    unit->count[sample->outcome]++;
    unit->cpu_ns = sj_sum(unit->cpu_ns, sample->cpu_ns);
    unit->saved_ns = sj_sum(unit->saved_ns, sample->saved_ns);
    if (sample->start_ns >= unit->last_ns) {
        unit->last_ns = sample->start_ns;
        bool is_compile = sample->outcome == SJ_OUTCOME_MISS && sample->exit_status == 0;
        unit->last_cpu_ns = is_compile ? sample->cpu_ns : unit->last_cpu_ns;
        unit->last_state = sample->state ? sample->state : unit->last_state;
    }
    if (!open->is_touched) {
        open->is_touched = true;
        open->next = in->touched_units;
        in->touched_units = open;
    }
}

static void add_to_build(struct sj_ingest *in, const struct sj_record *record,
                         const struct sj_sample *sample, struct sj_open_build *open)
{
    struct sj_build *build = &open->row.build;
    uint64_t end_ns = record->start_ns + record->wall_ns;
    bool is_first = open->row.end_ns == 0;
    bool is_early = record->start_ns + EARLY_NS < build->start_ns;
    if (!(build->flags & SJ_BUILD_NOTED)) {
        is_early = false;
        build->start_ns =
            is_first || record->start_ns < build->start_ns ? record->start_ns : build->start_ns;
    }
    if (is_early || record->start_ns > in->now_ns + FUTURE_NS) {
        build->flags |= SJ_BUILD_SKEWED;
        in->sum.skewed++;
    }
    if (build->flags & SJ_BUILD_ENDED) {
        // What began after the end is of a further step of the same job.
        in->sum.late += record->start_ns < open->row.end_ns;
    } else {
        open->row.end_ns = end_ns > open->row.end_ns ? end_ns : open->row.end_ns;
        build->wall_ns =
            open->row.end_ns > build->start_ns ? open->row.end_ns - build->start_ns : 0;
    }
    build->flags &= ~(uint32_t)SJ_BUILD_EXPIRED;
    build->count[sample->outcome]++;
    build->cpu_ns[sample->outcome] = sj_sum(build->cpu_ns[sample->outcome], sample->cpu_ns);
    build->saved_ns = sj_sum(build->saved_ns, sample->saved_ns);
    build->own_ns = sj_sum(build->own_ns, record->own_ns);
    sj_ingest_touch(in, open);
}

static struct sj_sample *add_sample(struct sj_ingest *in)
{
    if (in->samples_count == in->samples_size) {
        in->samples_size = in->samples_size ? 2 * in->samples_size : 4096;
        in->samples = sj_realloc(in->samples, in->samples_size, sizeof *in->samples);
    }
    return &in->samples[in->samples_count++];
}

static int read_texts(struct sj_ingest *in, const struct sj_record *record,
                      struct sj_sample *sample)
{
    int status = find_config(in, record, &sample->config);
    status = status < 0 ? status : sj_ingest_text(in, record->reason, &sample->reason);
    status = status < 0 ? status : sj_ingest_text(in, record->detail, &sample->detail);
    if (status == 0 && record->outcome == SJ_OUTCOME_MISS) {
        status = sj_ingest_text(in, record->args, &sample->args);
    }
    return status;
}

static int count_sample(struct sj_ingest *in, const struct sj_record *record,
                        const struct sj_sample *sample, struct sj_open_build *build,
                        struct sj_open_unit *unit)
{
    int status = 0;
    if (unit) {
        add_to_unit(in, sample, unit);
        bool is_counted = sample->outcome == SJ_OUTCOME_HIT || sample->outcome == SJ_OUTCOME_MISS;
        status = is_counted ? sj_ingest_count_unit(in, build, unit->unit.number) : 0;
    }
    if (status == 0) {
        add_to_build(in, record, sample, build);
        *add_sample(in) = *sample;
        in->sum.records++;
        in->sum.without_build += !record->build || !*record->build;
    }
    return status;
}

int sj_ingest_record(struct sj_ingest *in, const struct sj_record *record)
{
    const char *fault = find_fault(record);
    if (fault) {
        return sj_ingest_refuse(in, fault);
    }
    struct sj_open_build *build = NULL;
    struct sj_open_unit *unit = NULL;
    int status = sj_ingest_build(in, record->build, record->label, record->start_ns, &build);
    status = status < 0 ? status : find_unit(in, build, record, &unit);
    if (status < 0) {
        return status;
    }
    struct sj_sample sample = {
        .start_ns = record->start_ns,
        .wall_ns = record->wall_ns,
        .cpu_ns = record->user_ns + record->system_ns,
        .saved_ns = record->saved_ns,
        .instructions = record->instructions,
        .peak_rss_bytes = record->peak_rss_bytes,
        .input_bytes = record->input_bytes,
        .output_bytes = record->output_bytes,
        .input_count = record->input_count,
        .build = build->row.build.number,
        .unit = unit ? unit->unit.number : 0,
        .exit_status = record->exit_status,
        .flags = (uint16_t)record->flags,
        .outcome = (uint8_t)record->outcome,
    };
    uint32_t before = unit ? unit->unit.last_state : 0;
    status = read_texts(in, record, &sample);
    uint32_t config = tells_config(record) ? sample.config : 0;
    status =
        status < 0 ? status : sj_ingest_state(in, build, record, config, before, &sample.state);
    status = status < 0 ? status : settle_config(in, record, &sample);
    return status < 0 ? status : count_sample(in, record, &sample, build, unit);
}
