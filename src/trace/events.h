// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How events of a format come into a model: copied, checked, cut where they are too long, counted
 * where there are too many.
 */
#pragma once

#include "trace/model.h"

/** The sink for the file that a model reads. @param model model @return sink; valid as long as the
 * model */
struct sj_import_sink sj_trace_sink(struct sj_trace_model *model);

/** Find or make a build. @param model model @param id its name; NULL: the one without @return its
 * number */
size_t sj_trace_build_at(struct sj_trace_model *model, const char *id);

/** Add to a unit what was not known of it yet. @param unit unit @param told what is told; texts are
 * the model's */
void sj_trace_unit_fill(struct sj_trace_unit *unit, const struct sj_import_unit *told);
