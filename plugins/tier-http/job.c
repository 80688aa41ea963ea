// SPDX-License-Identifier: Apache-2.0
#include "tier-http/job.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct job *job_new(uint64_t timeout_ms, sj_tier_found *found, sj_tier_done *done, void *user)
{
    struct job *job = calloc(1, sizeof *job);
    if (job) {
        *job = (struct job){
            .deadline_ms = now_ms() + timeout_ms, .found = found, .done = done, .user = user};
    }
    return job;
}

static struct step *new_step(struct job *job, enum step_kind kind)
{
    struct step *steps = realloc(job->steps, (job->count + 1) * sizeof *steps);
    if (!steps) {
        return NULL;
    }
    job->steps = steps;
    steps[job->count] = (struct step){.kind = kind};
    return &steps[job->count++];
}

unsigned char *job_add(struct job *job, enum step_kind kind, size_t len)
{
    struct step *step = new_step(job, kind);
    if (!step) {
        return NULL;
    }
    step->len = len;
    step->body = malloc(len ? len : 1);
    return step->body;
}

int job_add_head(struct job *job, const struct sj_tier_name *name)
{
    struct step *step = new_step(job, STEP_HEAD);
    if (!step) {
        return -ENOMEM;
    }
    step->name = *name;
    return 0;
}

void job_end(struct job *job, int status)
{
    job->done(status, job->user);
    for (size_t i = 0; i < job->count; i++) {
        free(job->steps[i].body);
    }
    free(job->steps);
    free(job);
}
