// SPDX-License-Identifier: Apache-2.0
#include "server/access.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/filestat.h"
#include "base/mem.h"
#include "server/authorization.h"
#include "server/brake.h"

#define FILE_MAX     ((size_t)4 << 20)
#define FAILURES_MAX 10
#define SETTLED_NS   (100 * SJ_NS_PER_MS) /**< a file unchanged for so long is written */

/** Rules, and how long they are kept. */
struct state {
    struct sj_rules rules;
    struct state *next; // an older one that a request still holds
};

/** A file of rules. */
struct source {
    char *path;
    struct sj_filestat stat; // when it was last read; all 0: not there, or not to be relied on
    struct sj_buf text;      // what is in force
    bool is_gone;            // it was missing when last looked at, and had been there before
};

struct sj_access {
    struct source tokens;
    struct source spaces;
    unsigned anonymous;
    struct sj_brake *brake;
    pthread_mutex_t lock; // guards states and their refs
    struct state *states; // the first is in force and holds a reference
};

static void free_state(struct state *state)
{
    sj_token_list_release(&state->rules.tokens);
    sj_space_list_release(&state->rules.spaces);
    free(state);
}

static void auto_free_state(struct state **state)
{
    if (*state) {
        free_state(*state);
    }
}

// With the lock held. Frees the state when nobody holds it any more.
static void drop(struct sj_access *access, const struct sj_rules *rules)
{
    struct state **at = &access->states;
    while (*at && &(*at)->rules != rules) {
        at = &(*at)->next;
    }
    struct state *state = *at;
    if (state && --state->rules.refs == 0) {
        *at = state->next;
        free_state(state);
    }
}

// Rules of both texts, one of them new.
static int parse(const struct sj_access *access, const struct sj_buf *tokens,
                 const struct sj_buf *spaces, struct state **out, struct sj_err *err)
{
    SJ_AUTO(auto_free_state) struct state *state = sj_new(struct state);
    int status = sj_token_list_parse(sj_buf_text(tokens), tokens->len, access->tokens.path,
                                     &state->rules.tokens, err);
    if (status < 0) {
        return status;
    }
    status = sj_space_list_parse(sj_buf_text(spaces), spaces->len, access->spaces.path,
                                 &state->rules.spaces, err);
    if (status < 0) {
        return status;
    }
    state->rules.anonymous = access->anonymous;
    state->rules.refs = 1;
    *out = sj_steal(state);
    return 0;
}

static void put_in_force(struct sj_access *access, struct state *state)
{
    (void)pthread_mutex_lock(&access->lock);
    state->next = access->states;
    access->states = state;
    if (state->next) {
        drop(access, &state->next->rules);
    }
    (void)pthread_mutex_unlock(&access->lock);
}

static bool is_settled(const struct sj_filestat *stat)
{
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    // A time in the future comes from another clock, and says nothing.
    return stat->mtime_ns < 0 || (uint64_t)stat->mtime_ns > now_ns ||
           now_ns - (uint64_t)stat->mtime_ns >= SETTLED_NS;
}

static bool is_missing(const struct sj_filestat *stat)
{
    return stat->mode == 0;
}

// Reads a file. 0, 1 (it changed while it was read) or a negative errno.
static int read_source(const struct source *source, const struct sj_filestat *stat,
                       struct sj_buf *out, struct sj_err *err)
{
    struct sj_filestat after;
    if (is_missing(stat)) {
        return 0;
    }
    int status = sj_file_read(AT_FDCWD, source->path, out);
    if (status < 0 && status != -ENOENT) {
        return sj_fail(err, status, "cannot read '%s'", source->path);
    }
    status = sj_filestat_get(AT_FDCWD, source->path, &after);
    if (status < 0) {
        return sj_fail(err, status, "cannot look at '%s'", source->path);
    }
    return !sj_filestat_eq(stat, &after);
}

// Whether a file is to be read again. 0, 1 or a negative errno.
static int look(struct source *source, struct sj_filestat *stat, struct sj_err *err)
{
    int status = sj_filestat_get(AT_FDCWD, source->path, stat);
    if (status < 0) {
        return sj_fail(err, status, "cannot look at '%s'", source->path);
    }
    bool was_gone = source->is_gone;
    bool is_same = sj_filestat_eq(stat, &source->stat);
    source->is_gone = is_missing(stat) && source->text.len > 0;
    if (source->is_gone && !was_gone) {
        return 0;
    }
    return source->is_gone || (!is_same && is_settled(stat));
}

// Reads a file that has changed, and puts what it says in force. 0, 1 or a negative errno.
static int reload(struct sj_access *access, struct source *source, struct sj_err *err)
{
    struct sj_filestat stat;
    int status = look(source, &stat, err);
    if (status <= 0) {
        return status;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(FILE_MAX);
    status = read_source(source, &stat, &text, err);
    if (status > 0) {
        return 0; // the next look will find it at rest
    }
    // Whatever comes of it: one state of a file is read, and complained about, once.
    source->stat = stat;
    if (status < 0) {
        return status;
    }
    if (text.len == source->text.len &&
        memcmp(sj_buf_text(&text), sj_buf_text(&source->text), text.len) == 0) {
        return 0;
    }
    struct state *state = NULL;
    status = source == &access->tokens ? parse(access, &text, &access->spaces.text, &state, err)
                                       : parse(access, &access->tokens.text, &text, &state, err);
    if (status < 0) {
        return status;
    }
    put_in_force(access, state);
    struct sj_buf old = source->text;
    source->text = text;
    text = old;
    return 1;
}

int sj_access_reload(struct sj_access *access, struct sj_err *err)
{
    struct sj_err second;
    int tokens = reload(access, &access->tokens, err);
    int spaces = reload(access, &access->spaces, tokens < 0 ? &second : err);
    if (tokens < 0) {
        return tokens;
    }
    return spaces < 0 ? spaces : tokens | spaces;
}

static int open_source(struct source *source, const char *path, struct sj_err *err)
{
    *source = (struct source){.path = sj_strdup(path), .text = SJ_BUF_INIT(FILE_MAX)};
    int status = sj_filestat_get(AT_FDCWD, path, &source->stat);
    if (status < 0) {
        return sj_fail(err, status, "cannot look at '%s'", path);
    }
    status = read_source(source, &source->stat, &source->text, err);
    // It counts as it is, since there is nothing older; but it is looked at once more.
    if (status > 0 || !is_settled(&source->stat)) {
        source->stat = (struct sj_filestat){0};
    }
    return status < 0 ? status : 0;
}

static void auto_close(struct sj_access **access)
{
    sj_access_close(*access);
}

int sj_access_open(const struct sj_access_options *options, struct sj_access **out,
                   struct sj_err *err)
{
    unsigned failures_max = options->failures_max ? options->failures_max : FAILURES_MAX;
    SJ_AUTO(auto_close) struct sj_access *access = sj_new(struct sj_access);
    access->anonymous = options->anonymous;
    (void)pthread_mutex_init(&access->lock, NULL); // never fails for a plain one
    int status = sj_brake_new(failures_max, &access->brake);
    if (status < 0) {
        return sj_fail(err, status, "cannot get random bytes");
    }
    status = open_source(&access->tokens, options->tokens_path, err);
    if (status < 0) {
        return status;
    }
    status = open_source(&access->spaces, options->spaces_path, err);
    if (status < 0) {
        return status;
    }
    struct state *state = NULL;
    status = parse(access, &access->tokens.text, &access->spaces.text, &state, err);
    if (status < 0) {
        return status;
    }
    put_in_force(access, state);
    *out = sj_steal(access);
    return 0;
}

void sj_access_close(struct sj_access *access)
{
    if (!access) {
        return;
    }
    while (access->states) {
        struct state *state = access->states;
        access->states = state->next;
        free_state(state);
    }
    sj_brake_free(access->brake);
    free(access->tokens.path);
    free(access->spaces.path);
    sj_buf_release(&access->tokens.text);
    sj_buf_release(&access->spaces.text);
    (void)pthread_mutex_destroy(&access->lock);
    free(access);
}

const struct sj_rules *sj_access_rules(struct sj_access *access)
{
    (void)pthread_mutex_lock(&access->lock);
    struct sj_rules *rules = &access->states->rules;
    rules->refs++;
    (void)pthread_mutex_unlock(&access->lock);
    return rules;
}

void sj_rules_unref(struct sj_access *access, const struct sj_rules *rules)
{
    if (rules) {
        (void)pthread_mutex_lock(&access->lock);
        drop(access, rules);
        (void)pthread_mutex_unlock(&access->lock);
    }
}

static const struct sj_token *find_token(const struct sj_rules *rules, const char *header)
{
    char room[SJ_SECRET_MAX];
    struct sj_str secret;
    if (sj_authorization_parse(header, room, &secret) < 0) {
        return NULL;
    }
    int64_t now_s = (int64_t)(sj_clock_ns(CLOCK_REALTIME) / SJ_NS_PER_S);
    return sj_token_find(&rules->tokens, secret, now_s);
}

// A section's own word counts for values; the server's alone for its figures.
static unsigned anonymous_scopes(const struct sj_rules *rules, struct sj_str space)
{
    const struct sj_space_rule *rule = sj_space_find(&rules->spaces, space);
    return rule->has_anonymous ? rule->anonymous | (rules->anonymous & SJ_SCOPE_ADMIN)
                               : rules->anonymous;
}

unsigned sj_rules_scopes(const struct sj_rules *rules, const struct sj_token *token,
                         struct sj_str space)
{
    unsigned scopes = anonymous_scopes(rules, space);
    if (token) {
        scopes |= sj_token_fits(token, space) ? token->scopes : token->scopes & SJ_SCOPE_ADMIN;
    }
    return scopes;
}

bool sj_rules_may_see(const struct sj_rules *rules, const struct sj_token *token)
{
    unsigned scopes = rules->anonymous | (token ? token->scopes : 0);
    for (size_t i = 0; i < rules->spaces.count; i++) {
        const struct sj_space_rule *rule = &rules->spaces.rules[i];
        scopes |= rule->has_anonymous ? rule->anonymous : 0;
    }
    return scopes & (SJ_SCOPE_READ | SJ_SCOPE_ADMIN);
}

void sj_access_judge(struct sj_access *access, const struct sj_rules *rules, const char *header,
                     struct sj_str space, const struct sockaddr *address, struct sj_grant *out)
{
    *out = (struct sj_grant){.scopes = 0};
    if (!header) {
        out->scopes = anonymous_scopes(rules, space);
        return;
    }
    out->token = find_token(rules, header);
    if (!out->token) {
        out->is_refused = true;
        out->is_throttled = sj_brake_fail(access->brake, address, sj_clock_ns(CLOCK_MONOTONIC));
        return;
    }
    out->scopes = sj_rules_scopes(rules, out->token, space);
    memcpy(out->id, out->token->id, sizeof out->id);
}
