// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "observe/log.h"

/** Names of different things that may be spelled alike. */
enum space {
    SPACE_PATH,
    SPACE_ENV,
    SPACE_CLOCK,
    SPACE_NETWORK,
    SPACE_UNSEEN
};

/** An event of the log, checked. */
struct event {
    const struct sj_observe_event *raw;
    enum sj_event kind;
    const char *path;
};

/** What a process said of its programs. */
struct process {
    uint32_t pid;
    uint32_t hellos;
    uint32_t execs;
    uint32_t unseens;
    const char *program; // the last it executed
};

/** Everything that condensing needs. The tables are open-addressed; 0 is an empty slot. */
struct condenser {
    struct sj_sightings *out;
    size_t items_room;
    uint32_t *slots; // index of the item + 1
    size_t slots_count;
    struct process *processes;
    size_t processes_count;
    size_t processes_room;  // slots, a power of two
    const char *failure;    // words, or the path that an unusual error is about
    uint32_t failure_error; // that error, or 0
};

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

static uint64_t hash_name(enum space space, const char *name, size_t len)
{
    uint64_t hash = mix(space, len);
    uint64_t word;
    for (; len >= sizeof word; len -= sizeof word, name += sizeof word) {
        memcpy(&word, name, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, name, len);
    hash = mix(hash, word);
    return hash ^ (hash >> 32);
}

static enum space space_of(enum sj_event kind)
{
    switch ((int)kind) {
    case SJ_EVENT_ENV:
        return SPACE_ENV;
    case SJ_EVENT_CLOCK:
        return SPACE_CLOCK;
    case SJ_EVENT_NETWORK:
        return SPACE_NETWORK;
    case SJ_EVENT_UNSEEN:
        return SPACE_UNSEEN;
    default:
        return SPACE_PATH;
    }
}

static void grow_slots(struct condenser *all)
{
    free(all->slots);
    all->slots_count = all->slots_count ? 2 * all->slots_count : 1024;
    all->slots = sj_calloc(all->slots_count, sizeof *all->slots);
    for (size_t i = 0; i < all->out->count; i++) {
        const struct sj_sighting *item = &all->out->items[i];
        size_t at = hash_name(space_of(item->kind), item->path, strlen(item->path));
        while (all->slots[at & (all->slots_count - 1)]) {
            at++;
        }
        all->slots[at & (all->slots_count - 1)] = (uint32_t)i + 1;
    }
}

/** The entry of a name; made with the kind if there is none. */
static struct sj_sighting *entry_of(struct condenser *all, enum sj_event kind, const char *path)
{
    struct sj_sightings *out = all->out;
    if (2 * (out->count + 1) > all->slots_count) {
        grow_slots(all);
    }
    enum space space = space_of(kind);
    size_t at = hash_name(space, path, strlen(path));
    uint32_t *slot;
    for (; *(slot = &all->slots[at & (all->slots_count - 1)]) != 0; at++) {
        struct sj_sighting *item = &out->items[*slot - 1];
        if (space_of(item->kind) == space && strcmp(item->path, path) == 0) {
            return item;
        }
    }
    if (out->count == all->items_room) {
        all->items_room = all->items_room ? 2 * all->items_room : 512;
        out->items = sj_realloc(out->items, all->items_room, sizeof *out->items);
    }
    out->items[out->count] = (struct sj_sighting){.path = path, .kind = kind};
    *slot = (uint32_t)++out->count;
    return &out->items[out->count - 1];
}

// What says more of a path outranks what says less.
static int rank_of(enum sj_event kind)
{
    static const int ranks[SJ_EVENT_END] = {
        [SJ_EVENT_ABSENT] = 1, [SJ_EVENT_EXISTS] = 2, [SJ_EVENT_LINK] = 3, [SJ_EVENT_LIST] = 4,
        [SJ_EVENT_LOAD] = 5,   [SJ_EVENT_EXEC] = 6,   [SJ_EVENT_OPEN] = 7,
    };
    return ranks[kind];
}

static void note_input(struct condenser *all, const struct event *event)
{
    struct sj_sighting *item = entry_of(all, event->kind, event->path);
    item->was_listed |= event->kind == SJ_EVENT_LIST;
    item->was_resolved |= event->kind == SJ_EVENT_LINK;
    if (item->was_written) {
        return; // the tree sees its own work
    }
    if (rank_of(event->kind) > rank_of(item->kind)) {
        item->kind = event->kind;
    }
    bool has_state = event->kind == SJ_EVENT_OPEN || event->kind == SJ_EVENT_EXISTS;
    if (has_state && item->stat.ino == 0) {
        item->stat = (struct sj_filestat){
            .dev = event->raw->dev,
            .ino = event->raw->ino,
            .size = event->raw->bytes,
            .mtime_ns = event->raw->mtime_ns,
            .ctime_ns = event->raw->ctime_ns,
        };
    }
}

static void note_change(struct condenser *all, const struct event *event)
{
    struct sj_sighting *item = entry_of(all, SJ_EVENT_WRITE, event->path);
    item->was_written = true;
    item->was_removed = event->kind == SJ_EVENT_REMOVE;
}

static struct process *process_of(struct condenser *all, uint32_t pid)
{
    if (2 * (all->processes_count + 1) > all->processes_room) {
        size_t old_room = all->processes_room;
        struct process *old = all->processes;
        all->processes_room = old_room ? 2 * old_room : 64;
        all->processes = sj_calloc(all->processes_room, sizeof *all->processes);
        all->processes_count = 0;
        for (size_t i = 0; i < old_room; i++) {
            if (old[i].program) {
                *process_of(all, old[i].pid) = old[i];
            }
        }
        free(old);
    }
    size_t at = mix(0, pid) >> 32;
    struct process *slot;
    for (; (slot = &all->processes[at & (all->processes_room - 1)])->program; at++) {
        if (slot->pid == pid) {
            return slot;
        }
    }
    *slot = (struct process){.pid = pid, .program = ""};
    all->processes_count++;
    return slot;
}

static void note_program(struct condenser *all, const struct event *event)
{
    struct process *process = process_of(all, event->raw->pid);
    if (event->kind == SJ_EVENT_HELLO) {
        if (all->out->first_pid == 0) {
            all->out->first_pid = event->raw->pid;
            process->execs++; // the wrapper executed it
        }
        process->hellos++;
        return;
    }
    uint32_t *count = event->kind == SJ_EVENT_EXEC ? &process->execs : &process->unseens;
    if (event->raw->error != 0) {
        *count -= *count > 0;
        return;
    }
    ++*count;
    process->program = event->path;
    note_input(all, event);
}

static void note(struct condenser *all, const struct event *event)
{
    switch (event->kind) {
    case SJ_EVENT_HELLO:
    case SJ_EVENT_EXEC:
    case SJ_EVENT_UNSEEN:
        note_program(all, event);
        break;
    case SJ_EVENT_WRITE:
    case SJ_EVENT_REMOVE:
        note_change(all, event);
        break;
    case SJ_EVENT_OPEN:
    case SJ_EVENT_EXISTS:
    case SJ_EVENT_ABSENT:
    case SJ_EVENT_LIST:
    case SJ_EVENT_LOAD:
    case SJ_EVENT_LINK:
        note_input(all, event);
        break;
    case SJ_EVENT_ENV:
    case SJ_EVENT_CLOCK:
    case SJ_EVENT_NETWORK:
        (void)entry_of(all, event->kind, event->path);
        break;
    case SJ_EVENT_FAILURE:
        if (!all->failure) {
            all->failure = event->path;
            all->failure_error = event->raw->error;
        }
        break;
    case SJ_EVENT_FORK:
    case SJ_EVENT_END:
        break;
    }
}

static const char *without_dot(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        path += strspn(path, "/");
    }
    return *path ? path : ".";
}

/**
 * Check the event at the head of some bytes.
 *
 * @return 0, 1 (it was claimed, but not written), or -EBADMSG
 */
static int check(const char *data, size_t len, struct event *out)
{
    const struct sj_observe_event *raw = (const struct sj_observe_event *)(const void *)data;
    if (len < sizeof raw->size) {
        return -EBADMSG;
    }
    uint32_t size = __atomic_load_n(&raw->size, __ATOMIC_ACQUIRE);
    if (size == 0) {
        return 1;
    }
    if (len < sizeof *raw) {
        return -EBADMSG;
    }
    size_t path_len = raw->path_len;
    const char *path = data + sizeof *raw;
    if (size % 8 != 0 || size > len || size < sizeof *raw + path_len + 1 || raw->kind == 0 ||
        raw->kind >= SJ_EVENT_END || raw->reserved != 0 || path[path_len] != '\0' ||
        memchr(path, '\0', path_len)) {
        return -EBADMSG;
    }
    enum sj_event kind = (enum sj_event)raw->kind;
    *out = (struct event){
        .raw = raw,
        .kind = kind,
        .path = space_of(kind) == SPACE_PATH ? without_dot(path) : path,
    };
    return 0;
}

/** Whether every program that was executed reported. @return NULL, or why not; to be freed */
static char *find_silence(const struct condenser *all)
{
    uint64_t unannounced = 0;
    uint64_t anonymous = 0;
    for (size_t i = 0; i < all->processes_room; i++) {
        const struct process *process = &all->processes[i];
        if (!process->program) {
            continue;
        }
        if (process->unseens > 0) {
            return sj_asprintf("a program that cannot be observed ran: %s", process->program);
        }
        if (process->pid == 0) {
            anonymous += process->execs;
        } else if (process->hellos < process->execs) {
            return sj_asprintf("a program did not report: %s", process->program);
        } else {
            unannounced += process->hellos - process->execs;
        }
    }
    if (unannounced != anonymous) {
        return sj_strdup("a program was started in a way that the observer does not know");
    }
    return NULL;
}

static char *find_gap(const struct condenser *all, const struct sj_observe_head *head, bool is_cut)
{
    if (all->failure && all->failure_error) {
        char words[128];
        return sj_asprintf("cannot tell what is at '%s': %s", all->failure,
                           strerror_r((int)all->failure_error, words, sizeof words));
    }
    if (all->failure) {
        return sj_strdup(all->failure);
    }
    if (head->used > head->limit) {
        return sj_strdup("the observer's log is full");
    }
    if (is_cut) {
        return sj_strdup("a process ended before it could report");
    }
    if (all->out->first_pid == 0) {
        return sj_strdup("the tool did not report");
    }
    return find_silence(all);
}

int sj_observe_log_read(const struct sj_observe_log *log, struct sj_sightings *out)
{
    const struct sj_observe_head *head = log->map;
    if (log->size < SJ_OBSERVE_HEAD || head->magic != SJ_OBSERVE_MAGIC ||
        head->version != SJ_OBSERVE_VERSION || head->limit > log->size - SJ_OBSERVE_HEAD) {
        return -EBADMSG;
    }
    const char *at = (const char *)log->map + SJ_OBSERVE_HEAD;
    size_t left = head->used < head->limit ? head->used : head->limit;

    struct sj_sightings found = {0};
    struct condenser all = {.out = &found};
    int status = 0;
    while (left > 0 && status == 0) {
        struct event event;
        status = check(at, left, &event);
        if (status == 0) {
            note(&all, &event);
            at += event.raw->size;
            left -= event.raw->size;
        }
    }
    if (status >= 0) {
        found.gap = find_gap(&all, head, status > 0);
        found.is_complete = found.gap == NULL;
        *out = found;
        status = 0;
    } else {
        sj_sightings_release(&found);
    }
    free(all.slots);
    free(all.processes);
    return status;
}

void sj_sightings_release(struct sj_sightings *sightings)
{
    if (!sightings) {
        return;
    }
    free(sightings->items);
    free(sightings->gap);
    *sightings = (struct sj_sightings){0};
}
