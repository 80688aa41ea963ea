// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Single events of a trace in Chrome's format, a line each. Private to the room.
 */
#pragma once

#include "base/json.h"
#include "trace/export_chrome.h"

/** Where events go. */
struct sj_chrome_event {
    const struct sj_export_out *out; /**< takes them */
    struct sj_json json;             /**< the whole trace */
    uint64_t origin_ns;              /**< time 0 */
    uint32_t process;                /**< number of the build, from 1 on */
};

/** A point in time as the trace counts it. Rounded down, so that what was inside stays inside.
 * @param event trace @param ns since the epoch @return microseconds */
static inline uint64_t sj_chrome_us(const struct sj_chrome_event *event, uint64_t ns)
{
    return ns > event->origin_ns ? (ns - event->origin_ns) / 1000 : 0;
}

/** Begin a trace. @param event takes it @param out takes the output @param origin_ns time 0
 * @return 0 or a negative errno */
int sj_chrome_begin(struct sj_chrome_event *event, const struct sj_export_out *out,
                    uint64_t origin_ns);

/** End a trace. @param event trace */
void sj_chrome_end(struct sj_chrome_event *event);

/** Name the process. @param event trace @param build what it is @return 0 or a negative errno */
int sj_chrome_process(struct sj_chrome_event *event, const struct sj_export_build *build);

/** Name a thread, and put it in its place. @param event trace @param thread number @param name
 * name @return 0 or a negative errno */
int sj_chrome_thread(struct sj_chrome_event *event, uint32_t thread, const char *name);

/** A slice for an action. @param event trace @param thread where @param start microseconds @param
 * end microseconds @param action what @return 0 or a negative errno */
int sj_chrome_action(struct sj_chrome_event *event, uint32_t thread, uint64_t start, uint64_t end,
                     const struct sj_chrome_action *action);

/** A slice for a span. @param event trace @param thread where @param start microseconds @param end
 * microseconds @param span what @param category of it @return 0 or a negative errno */
int sj_chrome_span(struct sj_chrome_event *event, uint32_t thread, uint64_t start, uint64_t end,
                   const struct sj_chrome_span *span, const char *category);

/** One end of an arrow. @param event trace @param phase 's' or 'f' @param thread where @param at
 * microseconds @param arrow which, of this process @return 0 or a negative errno */
int sj_chrome_flow(struct sj_chrome_event *event, char phase, uint32_t thread, uint64_t at,
                   uint32_t arrow);

/** How many actions run. @param event trace @param at microseconds @param running how many @return
 * 0 or a negative errno */
int sj_chrome_counter(struct sj_chrome_event *event, uint64_t at, uint64_t running);
