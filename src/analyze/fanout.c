// SPDX-License-Identifier: Apache-2.0
#include "analyze/fanout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/pathset.h"

#define NONE UINT32_MAX

/** What is needed on the way only. */
struct make {
    const struct sj_view *view;
    struct sj_fanout *out;
    uint32_t *place; // by number of text: place of the file and 2; 1: not of the repository
    size_t place_size;
    size_t file_size;
    size_t read_count;
    size_t read_size;
};

void sj_fanout_release(struct sj_fanout *fanout)
{
    if (fanout) {
        free(fanout->files);
        free(fanout->units);
        free(fanout->reads);
        free(fanout->readers);
        *fanout = (struct sj_fanout){0};
    }
}

static void make_room(struct make *make, uint32_t text)
{
    if (text < make->place_size) {
        return;
    }
    size_t size = make->place_size ? make->place_size : 1024;
    while (size <= text) {
        size *= 2;
    }
    make->place = sj_realloc(make->place, size, sizeof *make->place);
    memset(make->place + make->place_size, 0, (size - make->place_size) * sizeof *make->place);
    make->place_size = size;
}

static bool is_of_repository(const char *path)
{
    return *path && *path != '/' && strncmp(path, "${", 2) != 0;
}

// Place of a file; NONE where it is not of the repository.
static uint32_t file_of(struct make *make, uint32_t text, uint32_t content)
{
    make_room(make, text);
    uint32_t place = make->place[text];
    if (place == 0) {
        const char *path = sj_db_text(make->view->db, text);
        struct sj_fanout *out = make->out;
        if (!is_of_repository(path)) {
            make->place[text] = 1;
            return NONE;
        }
        if (out->file_count == make->file_size) {
            make->file_size = make->file_size ? make->file_size * 2 : 1024;
            out->files = sj_realloc(out->files, make->file_size, sizeof *out->files);
        }
        struct sj_content known;
        bool is_known = sj_db_content(make->view->db, content, &known) == 0;
        out->files[out->file_count] = (struct sj_fanout_file){
            .path = text,
            .content = content,
            .is_generated = is_known && known.is_untracked,
        };
        place = (uint32_t)out->file_count++ + 2;
        make->place[text] = place;
    }
    return place == 1 ? NONE : place - 2;
}

static void add_read(struct make *make, uint32_t file)
{
    struct sj_fanout *out = make->out;
    if (make->read_count == make->read_size) {
        make->read_size = make->read_size ? make->read_size * 2 : 4096;
        out->reads = sj_realloc(out->reads, make->read_size, sizeof *out->reads);
    }
    out->reads[make->read_count++] = file;
    out->files[file].count++;
}

static int add_unit(struct make *make, const struct sj_unit_now *unit, uint64_t usual_ns)
{
    struct sj_fanout *out = make->out;
    const struct sj_input *inputs;
    size_t count;
    int status = unit->state ? sj_db_inputs(make->view->db, unit->state, &inputs, &count) : -ENOENT;
    if (status == -ENOENT) {
        out->unknown++;
        return 0;
    }
    if (status < 0) {
        return status;
    }
    struct sj_fanout_unit *row = &out->units[out->unit_count++];
    uint64_t cost_ns = sj_unit_cost(unit);
    out->uncosted += cost_ns == 0;
    *row = (struct sj_fanout_unit){
        .unit = unit->unit,
        .source = NONE,
        .first = (uint32_t)make->read_count,
        .cpu_ns = cost_ns > 0 ? cost_ns : usual_ns,
    };
    uint32_t before = 0;
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].need != SJ_NEED_CONTENT || inputs[i].path == before) {
            continue;
        }
        before = inputs[i].path;
        uint32_t file = file_of(make, inputs[i].path, inputs[i].content);
        if (file == NONE) {
            continue;
        }
        add_read(make, file);
        out->files[file].cpu_ns += row->cpu_ns;
        if (inputs[i].path == unit->source) {
            row->source = file;
            out->files[file].is_source = true;
        }
    }
    row->count = (uint32_t)make->read_count - row->first;
    out->cpu_ns += row->cpu_ns;
    return 0;
}

static void turn_round(struct make *make)
{
    struct sj_fanout *out = make->out;
    out->readers = sj_calloc(make->read_count + 1, sizeof *out->readers);
    uint32_t at = 0;
    for (size_t i = 0; i < out->file_count; i++) {
        out->files[i].first = at;
        at += out->files[i].count;
        out->files[i].count = 0;
    }
    for (size_t i = 0; i < out->unit_count; i++) {
        for (uint32_t j = 0; j < out->units[i].count; j++) {
            struct sj_fanout_file *file = &out->files[out->reads[out->units[i].first + j]];
            out->readers[file->first + file->count++] = (uint32_t)i;
        }
    }
}

int sj_fanout_make(const struct sj_view *view, const struct sj_units *units, struct sj_fanout *out)
{
    *out = (struct sj_fanout){.db = view->db};
    struct make make = {.view = view, .out = out};
    out->units = sj_calloc(units->count + 1, sizeof *out->units);
    uint64_t usual_ns = sj_units_usual_cost(units);
    int status = 0;
    for (size_t i = 0; i < units->count && status == 0; i++) {
        if (sj_unit_counts(&units->items[i])) {
            status = add_unit(&make, &units->items[i], usual_ns);
        }
    }
    free(make.place);
    if (status < 0) {
        sj_fanout_release(out);
        return status;
    }
    turn_round(&make);
    return 0;
}

static bool ends_with(const char *path, const char *name)
{
    size_t path_len = strlen(path);
    size_t len = strlen(name);
    return path_len > len && path[path_len - len - 1] == '/' &&
           strcmp(path + path_len - len, name) == 0;
}

int sj_fanout_find(const struct sj_fanout *fanout, const char *name, uint32_t *out)
{
    uint32_t found = NONE;
    bool is_only = true;
    for (size_t i = 0; i < fanout->file_count; i++) {
        const char *path = sj_db_text(fanout->db, fanout->files[i].path);
        if (strcmp(path, name) == 0) {
            *out = (uint32_t)i;
            return 0;
        }
        if (ends_with(path, name)) {
            is_only = found == NONE;
            found = found == NONE ? (uint32_t)i : found;
        }
    }
    if (found == NONE) {
        return -ENOENT;
    }
    *out = found;
    return is_only ? 0 : -EEXIST;
}
