// SPDX-License-Identifier: Apache-2.0
// A page with one of everything, as tests and eyes want it.
#pragma once

#include "dash/doc.h"
#include "dash/query.h"

struct sj_doc *sample_page(size_t points);
