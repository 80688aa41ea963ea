// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Runs commands side by side and prints what each took: medians, and ratios to the first one (or
 * to each of the first BASES).
 *
 *     bench race  [-n ROUNDS] [-w WARM-UPS] [-b BASES] CANDIDATE [::: CANDIDATE]…
 *     bench crowd [-n RUNS] [-p AT-ONCE] CANDIDATE [::: CANDIDATE]…
 *     bench kill  [-n KILLS] [-p AT-ONCE] [-d LATEST-MS] [-s SEED] [-t SECONDS] CANDIDATE…
 *
 * With -f 1, what stands behind -o is removed before each run, as `make clean` would do.
 *
 * A candidate is "NAME [VAR=VALUE…] COMMAND [ARG…]". In a race, "{}" stands for the round; in a
 * crowd, for the run; under kill, for a number below 64 drawn for each run. The exit status is 1
 * when a command failed in a race or a crowd, 2 for wrong usage.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "run.h"

#define CANDIDATES_MAX 16
#define VARIANTS       64

struct options {
    uint64_t runs;
    uint64_t warm_ups;
    uint64_t at_once;
    uint64_t latest_ms;
    uint64_t seed;
    uint64_t limit_s;
    uint64_t bases;
    uint64_t is_fresh;
};

enum column {
    COLUMN_WALL,
    COLUMN_CPU,
    COLUMN_BLOCKED,
    COLUMN_FAULTS,
    COLUMN_COUNT,
};

/** All samples of one candidate. */
struct series {
    struct sj_candidate candidate;
    uint64_t *values[COLUMN_COUNT];
    size_t count; /**< samples taken */
    size_t room;  /**< and kept; further ones are only counted */
    uint64_t failures;
};

static int compare_u64(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/** The value that `share` of all values do not exceed; the values must be sorted. */
static uint64_t quantile(const struct series *series, enum column column, double share)
{
    if (series->count == 0) {
        return 0;
    }
    double index = share * (double)(series->count - 1) + 0.5;
    return series->values[column][(size_t)index];
}

static void series_init(struct series *series, size_t room)
{
    series->room = room;
    for (int column = 0; column < COLUMN_COUNT; column++) {
        series->values[column] = sj_calloc(room, sizeof(uint64_t));
    }
}

static void series_release(struct series *series)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        free(series->values[column]);
    }
}

static void series_add(struct series *series, const struct sj_sample *sample)
{
    if (series->count < series->room) {
        series->values[COLUMN_WALL][series->count] = sample->wall_ns;
        series->values[COLUMN_CPU][series->count] = sample->cpu_ns;
        series->values[COLUMN_BLOCKED][series->count] = sample->blocked_ns;
        series->values[COLUMN_FAULTS][series->count] = sample->faults;
    }
    series->count++;
    series->failures += !sj_status_is_good(sample->status);
}

static void series_sort(struct series *series)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        qsort(series->values[column], series->count, sizeof(uint64_t), compare_u64);
    }
}

static double in_us(uint64_t time_ns)
{
    return (double)time_ns / 1000;
}

static double ratio(uint64_t value, uint64_t base)
{
    return base > 0 ? (double)value / (double)base : 0;
}

static int report_failures(const struct series *all, int count)
{
    int status = 0;
    for (int i = 0; i < count; i++) {
        if (all[i].failures > 0) {
            printf("FAILED: %" PRIu64 " of %zu runs of %s\n", all[i].failures, all[i].count,
                   all[i].candidate.name);
            status = 1;
        }
    }
    return status;
}

static int measure_once(const struct sj_candidate *candidate, uint64_t number,
                        struct sj_sample *out)
{
    struct sj_run run = {0};
    int status = sj_run_start(candidate, number, &run);
    if (status < 0) {
        (void)fprintf(stderr, "bench: cannot run '%s': %s\n", candidate->argv[0],
                      strerrordesc_np(-status));
        return status;
    }
    pid_t pid = sj_run_wait(run.pid);
    return pid < 0 ? (int)pid : sj_run_reap(&run, out);
}

// A value of one candidate, and its ratios to the bases.
static void print_compared(const struct options *options, const struct series *all, int index,
                           enum column column)
{
    uint64_t value_ns = quantile(&all[index], column, 0.5);
    printf(" %10.0f", in_us(value_ns));
    for (uint64_t base = 0; base < options->bases; base++) {
        printf(" %6.3f", ratio(value_ns, quantile(&all[base], column, 0.5)));
    }
}

static void print_race(const struct options *options, struct series *all, int count)
{
    int ratios = (int)(7 * options->bases);
    printf("  %-26s %10s%*s %10s%*s %7s\n", "", "wall us", ratios, "ratio", "CPU us", ratios,
           "ratio", "faults");
    for (int i = 0; i < count; i++) {
        series_sort(&all[i]);
    }
    for (int i = 0; i < count; i++) {
        printf("  %-26s", all[i].candidate.name);
        print_compared(options, all, i, COLUMN_WALL);
        print_compared(options, all, i, COLUMN_CPU);
        printf(" %7" PRIu64 "\n", quantile(&all[i], COLUMN_FAULTS, 0.5));
    }
}

// One candidate after the other, again and again, each round beginning with another one: whatever
// else the machine does meets all of them alike.
static int race(const struct options *options, struct series *all, int count)
{
    for (uint64_t round = 0; round < options->warm_ups + options->runs; round++) {
        for (int turn = 0; turn < count; turn++) {
            struct series *series = &all[(round + (uint64_t)turn) % (uint64_t)count];
            struct sj_sample sample = {0};
            int status = measure_once(&series->candidate, round, &sample);
            if (status < 0) {
                return 1;
            }
            if (round >= options->warm_ups) {
                series_add(series, &sample);
            }
        }
    }
    print_race(options, all, count);
    return report_failures(all, count);
}

static void print_crowd(struct series *all, int count)
{
    printf("  %-26s %6s | %27s | %27s\n", "", "", "wall ms", "blocked ms");
    printf("  %-26s %6s | %8s %9s %8s | %8s %9s %8s\n", "", "runs", "p50", "p99", "worst", "p50",
           "p99", "worst");
    for (int i = 0; i < count; i++) {
        series_sort(&all[i]);
        printf("  %-26s %6zu", all[i].candidate.name, all[i].count);
        const enum column columns[] = {COLUMN_WALL, COLUMN_BLOCKED};
        for (int k = 0; k < 2; k++) {
            printf(" | %8.2f %9.2f %8.2f", in_us(quantile(&all[i], columns[k], 0.5)) / 1000,
                   in_us(quantile(&all[i], columns[k], 0.99)) / 1000,
                   in_us(quantile(&all[i], columns[k], 1)) / 1000);
        }
        printf("\n");
    }
}

/** What the threads of a crowd share. The lock guards next, status and the series. */
struct crowd {
    pthread_mutex_t lock;
    struct series *all;
    uint64_t count;
    uint64_t total;
    uint64_t next;
    int status;
};

// Waking up late would be counted as the candidate's time. Its own priority stays ordinary.
static void take_precedence(void)
{
    // Whoever runs us under a negative nice wants that for the candidates, which lose it here.
    if (getpriority(PRIO_PROCESS, 0) < 0) {
        return;
    }
    (void)sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK,
                             &(struct sched_param){.sched_priority = 1});
}

static bool crowd_next(struct crowd *crowd, uint64_t *out)
{
    pthread_mutex_lock(&crowd->lock);
    bool has_more = crowd->status == 0 && crowd->next < crowd->total;
    *out = crowd->next;
    crowd->next += has_more;
    pthread_mutex_unlock(&crowd->lock);
    return has_more;
}

// A thread for each of those at once: one that only starts and reaps would be held up by the start
// of one child while another one ends.
static void *crowd_member(void *context)
{
    struct crowd *crowd = context;
    take_precedence();
    for (uint64_t turn = 0; crowd_next(crowd, &turn);) {
        struct series *series = &crowd->all[turn % crowd->count];
        struct sj_sample sample = {0};
        int status = measure_once(&series->candidate, turn / crowd->count, &sample);
        pthread_mutex_lock(&crowd->lock);
        if (status == 0) {
            series_add(series, &sample);
        } else {
            crowd->status = status;
        }
        pthread_mutex_unlock(&crowd->lock);
    }
    return NULL;
}

// Many at once, in turn from each candidate.
static int crowd(const struct options *options, struct series *all, int count)
{
    struct crowd shared = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .all = all,
        .count = (uint64_t)count,
        .total = options->runs * (uint64_t)count,
    };
    SJ_AUTO(sj_auto_free) pthread_t *threads = sj_calloc(options->at_once, sizeof *threads);
    uint64_t started = 0;
    while (started < options->at_once &&
           pthread_create(&threads[started], NULL, crowd_member, &shared) == 0) {
        started++;
    }
    for (uint64_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    if (started < options->at_once || shared.status < 0) {
        (void)fputs("bench: the crowd did not get through\n", stderr);
        return 1;
    }
    print_crowd(all, count);
    return report_failures(all, count);
}

static uint64_t draw(uint64_t *state)
{
    // Source: Marsaglia, "Xorshift RNGs" (2003), the 64-bit triple 13, 7, 17.
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/** A run that is to be killed. */
struct victim {
    struct sj_run run;
    uint64_t kill_at_ns; /**< CLOCK_MONOTONIC; 0: it has been killed */
};

// Half of the time the process alone, so that its children are left to themselves; half of the time
// everything that it has started.
static bool kill_when_due(struct victim *victim, uint64_t *state)
{
    if (victim->run.pid == 0 || victim->kill_at_ns == 0 ||
        victim->kill_at_ns > sj_clock_ns(CLOCK_MONOTONIC)) {
        return false;
    }
    (void)kill(draw(state) % 2 ? -victim->run.pid : victim->run.pid, SIGKILL);
    victim->kill_at_ns = 0;
    return true;
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid != 0;
}

static int start_victim(const struct options *options, const struct series *all, int count,
                        uint64_t *state, struct victim *out)
{
    // A hit is over in a fraction of the time of a compile: half of the kills aim at hits.
    uint64_t latest_ns = options->latest_ms * SJ_NS_PER_MS / (draw(state) % 2 ? 1 : 16);
    uint64_t delay_ns = draw(state) % latest_ns;
    const struct series *series = &all[draw(state) % (uint64_t)count];
    int status = sj_run_start(&series->candidate, draw(state) % VARIANTS, &out->run);
    if (status < 0) {
        out->run.pid = 0;
        return status;
    }
    out->kill_at_ns = out->run.start_ns + delay_ns;
    return 0;
}

static int reap_all(void)
{
    pid_t pid = 0;
    while ((pid = sj_run_wait(0)) > 0) {
        struct sj_sample sample = {0};
        (void)sj_run_reap(&(struct sj_run){.pid = pid}, &sample);
    }
    return pid == -ECHILD ? 0 : (int)pid;
}

static int kill_storm(const struct options *options, struct series *all, int count)
{
    // A child whose parent was killed must be waited for too, or it would go on writing while the
    // caller looks at what is left.
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    SJ_AUTO(sj_auto_free) struct victim *victims = sj_calloc(options->at_once, sizeof *victims);
    uint64_t state = options->seed * 2 + 1;
    uint64_t runs = 0;
    uint64_t killed = 0;
    uint64_t stop_ns = sj_clock_ns(CLOCK_MONOTONIC) + options->limit_s * SJ_NS_PER_S;
    int status = 0;
    while (status == 0 && killed < options->runs && sj_clock_ns(CLOCK_MONOTONIC) < stop_ns) {
        for (uint64_t i = 0; status == 0 && i < options->at_once; i++) {
            if (victims[i].run.pid == 0) {
                status = start_victim(options, all, count, &state, &victims[i]);
                runs++;
            } else if (has_ended(victims[i].run.pid)) {
                struct sj_sample sample = {0};
                status = sj_run_reap(&victims[i].run, &sample);
                victims[i].run.pid = 0;
            } else {
                killed += kill_when_due(&victims[i], &state);
            }
        }
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 100000}, NULL);
    }
    int reap_status = reap_all();
    printf("  killed %" PRIu64 " of %" PRIu64 " runs\n", killed, runs);
    return status < 0 || reap_status < 0;
}

/** A way of running the candidates. */
struct mode {
    const char *name;
    int (*run)(const struct options *options, struct series *all, int count);
};

static const struct mode modes[] = {
    {"crowd", crowd},
    {"kill", kill_storm},
    {"race", race},
};

static const struct mode *find_mode(const char *name)
{
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return &modes[i];
        }
    }
    return NULL;
}

static int parse_options(int argc, char **argv, struct options *out)
{
    int letter = 0;
    // "+": the candidates' own options are theirs.
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    while ((letter = getopt(argc, argv, "+n:w:p:d:s:t:b:f:")) != -1) {
        static const char letters[] = "nwpdstbf";
        uint64_t *members[] = {&out->runs, &out->warm_ups, &out->at_once, &out->latest_ms,
                               &out->seed, &out->limit_s,  &out->bases,   &out->is_fresh};
        const char *found = strchr(letters, letter);
        if (!found || sj_parse_u64(optarg, 1000000, members[found - letters]) < 0) {
            return -EINVAL;
        }
    }
    return out->runs > 0 && out->at_once > 0 && out->latest_ms > 0 && out->bases > 0 ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
    struct options options = {
        .runs = 50,
        .warm_ups = 3,
        .at_once = 1,
        .latest_ms = 60,
        .seed = 1,
        .limit_s = 600,
        .bases = 1,
    };
    const struct mode *mode = argc > 1 ? find_mode(argv[1]) : NULL;
    struct sj_candidate candidates[CANDIDATES_MAX] = {0};
    int count = -EINVAL;
    if (mode && parse_options(argc - 1, argv + 1, &options) == 0) {
        count =
            sj_candidates_parse(argv + 1 + optind, argc - 1 - optind, candidates, CANDIDATES_MAX);
    }
    if (count < 0 || options.bases > (uint64_t)count) {
        (void)fputs("usage: bench race|crowd|kill [-n RUNS] [-w WARM-UPS] [-p AT-ONCE] "
                    "[-b BASES] [-f 0|1] [-d LATEST-MS] [-s SEED] [-t SECONDS] NAME [VAR=VALUE...] "
                    "COMMAND [ARG...] "
                    "[::: NAME ...]...\n",
                    stderr);
        return 2;
    }

    take_precedence();
    (void)setvbuf(stdout, NULL, _IOLBF, 0);

    struct series all[CANDIDATES_MAX] = {0};
    for (int i = 0; i < count; i++) {
        all[i].candidate = candidates[i];
        all[i].candidate.is_fresh = options.is_fresh != 0;
        series_init(&all[i], options.runs);
    }
    int status = mode->run(&options, all, count);
    for (int i = 0; i < count; i++) {
        series_release(&all[i]);
    }
    return status;
}
