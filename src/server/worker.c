// SPDX-License-Identifier: Apache-2.0
#include "server/worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"

struct piece {
    struct piece *next;
    sj_work *work;
    void *user;
};

struct sj_worker {
    pthread_mutex_t lock; // guards first, last, is_ending
    pthread_cond_t more;
    struct piece *first;
    struct piece *last;
    bool is_ending;
    pthread_t *threads;
    unsigned count;
};

static struct piece *take(struct sj_worker *worker)
{
    (void)pthread_mutex_lock(&worker->lock);
    while (!worker->first && !worker->is_ending) {
        (void)pthread_cond_wait(&worker->more, &worker->lock);
    }
    struct piece *piece = worker->first;
    if (piece) {
        worker->first = piece->next;
    }
    (void)pthread_mutex_unlock(&worker->lock);
    return piece;
}

static void *run(void *user)
{
    struct sj_worker *worker = user;
    for (struct piece *piece; (piece = take(worker)) != NULL;) {
        piece->work(piece->user);
        free(piece);
    }
    return NULL;
}

struct sj_worker *sj_worker_new(unsigned threads)
{
    struct sj_worker *worker = sj_new(struct sj_worker);
    (void)pthread_mutex_init(&worker->lock, NULL);
    (void)pthread_cond_init(&worker->more, NULL);
    worker->threads = sj_calloc(threads, sizeof *worker->threads);
    for (; worker->count < threads; worker->count++) {
        if (pthread_create(&worker->threads[worker->count], NULL, run, worker) != 0) {
            break;
        }
    }
    return worker;
}

void sj_worker_free(struct sj_worker *worker)
{
    if (!worker) {
        return;
    }
    (void)pthread_mutex_lock(&worker->lock);
    worker->is_ending = true;
    (void)pthread_cond_broadcast(&worker->more);
    (void)pthread_mutex_unlock(&worker->lock);
    for (unsigned i = 0; i < worker->count; i++) {
        (void)pthread_join(worker->threads[i], NULL);
    }
    (void)pthread_cond_destroy(&worker->more);
    (void)pthread_mutex_destroy(&worker->lock);
    free(worker->threads);
    free(worker);
}

void sj_worker_do(struct sj_worker *worker, sj_work *work, void *user)
{
    // Where no thread could be started the caller does it himself.
    if (worker->count == 0) {
        work(user);
        return;
    }
    struct piece *piece = sj_new(struct piece);
    piece->work = work;
    piece->user = user;
    (void)pthread_mutex_lock(&worker->lock);
    if (worker->first) {
        worker->last->next = piece;
    } else {
        worker->first = piece;
    }
    worker->last = piece;
    (void)pthread_cond_signal(&worker->more);
    (void)pthread_mutex_unlock(&worker->lock);
}
