// SPDX-License-Identifier: Apache-2.0
// The table of settings, and how a row is found.
#include <errno.h>
#include <string.h>

#include "config/apply.h"
#include "config/config.h"

static const char *const access_log_words[] = {"common", "json", NULL};
static const char *const anonymous_words[] = {"none", "read", "write", "admin", NULL};
static const char *const relax_words[] = {"locale", "random_seed", "system_headers", NULL};

#define AT(member) .offset = offsetof(struct sj_config, member)

static const struct sj_setting settings[] = {
    {.name = "access_log",
     .type = SJ_SETTING_TEXT,
     AT(server.access_log),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "File that the server notes each request in; - is stderr."},
    {.name = "access_log_format",
     .type = SJ_SETTING_FLAGS,
     AT(server.access_log_format),
     .fallback = "common",
     .words = access_log_words,
     .argument = "FORMAT",
     .is_personal = true,
     .is_server = true,
     .help = "common, the Common Log Format of web servers, or json, an object a line."},
    {.name = "agent_idle",
     .type = SJ_SETTING_SPAN,
     AT(agent_idle_ms),
     .fallback = "10m",
     .argument = "SPAN",
     .is_personal = true,
     .help = "Time without a request after which the agent ends."},
    {.name = "anonymous",
     .type = SJ_SETTING_FLAGS,
     AT(server.anonymous),
     .words = anonymous_words,
     .argument = "LIST",
     .is_personal = true,
     .is_server = true,
     .help = "What a client without a token may do: none, read, write, admin (see figures). Unset: "
             "all where the server "
             "listens on loopback addresses and Unix sockets only, else nothing."},
    {.name = "audit",
     .type = SJ_SETTING_SHARE,
     AT(audit),
     .fallback = "0",
     .argument = "SHARE",
     .help = "Share of hits that are compiled again, at low priority, and compared: 0.01 or 1%. "
             "A difference is reported and both objects are kept."},
    {.name = "base_dir",
     .type = SJ_SETTING_PATH,
     AT(base_dir),
     .argument = "DIR",
     .help = "Directory below which paths may differ between checkouts, so that they share "
             "results where the outputs may be equal."},
    {.name = "body_timeout",
     .type = SJ_SETTING_SPAN,
     AT(server.body_timeout_ms),
     .fallback = "30s",
     .argument = "SPAN",
     .is_personal = true,
     .is_server = true,
     .help = "Time for a body or a response, on top of its size at min_rate."},
    {.name = "build_id",
     .type = SJ_SETTING_TEXT,
     AT(build_id),
     .argument = "ID",
     .is_personal = true,
     .help = "Build that records belong to. 'scrubjay run' sets it."},
    {.name = "cache_dir",
     .alias = "dir",
     .type = SJ_SETTING_PATH,
     AT(cache_dir),
     .argument = "DIR",
     .is_personal = true,
     .help = "Directory of the store and the records. Default: $XDG_CACHE_HOME/scrubjay, or "
             "~/.cache/scrubjay."},
    {.name = "compression",
     .type = SJ_SETTING_NUM,
     AT(compression),
     .max = 19,
     .fallback = "1",
     .argument = "LEVEL",
     .help = "Level of zstd, 1 to 19, for objects of 4 KiB and more; 0 stores them as they are."},
    {.name = "core_hour_price",
     .type = SJ_SETTING_TEXT,
     AT(server.core_hour_price),
     .argument = "PRICE",
     .is_server = true,
     .help = "What an hour of one core costs, such as 0.05: the dashboard then tells what hits "
             "saved, in money."},
    {.name = "crsh_socket",
     .type = SJ_SETTING_PATH,
     AT(server.crsh_socket),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "Unix socket on which the server also speaks ccache's storage helper protocol."},
    {.name = "currency",
     .type = SJ_SETTING_TEXT,
     AT(server.currency),
     .argument = "NAME",
     .is_server = true,
     .help = "Currency of core_hour_price, such as EUR."},
    {.name = "dashboard",
     .type = SJ_SETTING_BOOL,
     AT(server.dashboard),
     .fallback = "true",
     .argument = "BOOL",
     .is_personal = true,
     .is_server = true,
     .help = "The server also has pages for people: /dash."},
    {.name = "dashboard_url",
     .type = SJ_SETTING_TEXT,
     AT(dashboard_url),
     .argument = "URL",
     .is_personal = true,
     .help = "Address of the server whose dashboard knows these builds, such as "
             "https://cache.example.org: the comment of 'scrubjay gate --markdown' links to it."},
    {.name = "disable",
     .type = SJ_SETTING_BOOL,
     AT(disable),
     .fallback = "false",
     .argument = "BOOL",
     .help = "Only run the compilers: no look-up, nothing stored. Records are still left."},
    {.name = "drain_timeout",
     .type = SJ_SETTING_SPAN,
     AT(server.drain_timeout_ms),
     .fallback = "30s",
     .argument = "SPAN",
     .is_personal = true,
     .is_server = true,
     .help = "Time that requests under way have when the server is told to end."},
    {.name = "durable",
     .type = SJ_SETTING_BOOL,
     AT(server.durable),
     .fallback = "true",
     .argument = "BOOL",
     .is_personal = true,
     .is_server = true,
     .help = "Acknowledge an upload when it is on the disk, not before."},
    {.name = "header_timeout",
     .type = SJ_SETTING_SPAN,
     AT(server.header_timeout_ms),
     .fallback = "10s",
     .argument = "SPAN",
     .is_personal = true,
     .is_server = true,
     .help = "Time for a whole request line and its headers."},
    {.name = "idle_timeout",
     .type = SJ_SETTING_SPAN,
     AT(server.idle_timeout_ms),
     .fallback = "75s",
     .argument = "SPAN",
     .is_personal = true,
     .is_server = true,
     .help = "Time that a connection may be idle between two requests."},
    {.name = "journal_size",
     .type = SJ_SETTING_SIZE,
     AT(journal_size),
     .fallback = "32MiB",
     .argument = "SIZE",
     .help = "Size at which the journal of records begins a new part; 0: never."},
    {.name = "listen",
     .type = SJ_SETTING_TEXT,
     AT(server.listen),
     .fallback = "127.0.0.1:8417",
     .argument = "ADDRESS",
     .is_personal = true,
     .is_server = true,
     .help = "Addresses to serve on, separated by blanks: HOST:PORT, [IPV6]:PORT, :PORT for all, "
             "unix:FILE, or systemd for the sockets that it hands over."},
    {.name = "log",
     .type = SJ_SETTING_PATH,
     AT(log),
     .argument = "FILE",
     .is_personal = true,
     .help = "File that debug messages are appended to."},
    {.name = "map_base_dir",
     .type = SJ_SETTING_BOOL,
     AT(map_base_dir),
     .fallback = "false",
     .argument = "BOOL",
     .help = "Add -ffile-prefix-map=BASE_DIR=. to every compile, so that objects with debug "
             "information are the same in every checkout."},
    {.name = "max_charge",
     .type = SJ_SETTING_SPAN,
     AT(max_charge_ms),
     .fallback = "0",
     .argument = "SPAN",
     .help = "For 'scrubjay gate': CPU time that one change may compile anew, such as 10m; 0: no "
             "limit."},
    {.name = "max_connections",
     .type = SJ_SETTING_NUM,
     AT(server.max_connections),
     .max = 1000000,
     .fallback = "4096",
     .argument = "COUNT",
     .is_personal = true,
     .is_server = true,
     .help = "Most connections at one time."},
    {.name = "max_connections_ip",
     .type = SJ_SETTING_NUM,
     AT(server.max_connections_ip),
     .max = 1000000,
     .fallback = "256",
     .argument = "COUNT",
     .is_personal = true,
     .is_server = true,
     .help = "Most connections at one time from one address, on a listener that other machines "
             "reach; 0: no limit."},
    {.name = "max_entry",
     .type = SJ_SETTING_SIZE,
     AT(server.max_entry),
     .fallback = "256MiB",
     .argument = "SIZE",
     .is_personal = true,
     .is_server = true,
     .help = "Largest upload."},
    {.name = "max_fan_out",
     .type = SJ_SETTING_NUM,
     AT(max_fan_out),
     .max = 1000000000,
     .fallback = "0",
     .argument = "COUNT",
     .help = "For 'scrubjay gate': units that may read any one file which a change touches; 0: no "
             "limit."},
    {.name = "max_size",
     .type = SJ_SETTING_SIZE,
     AT(max_size),
     .fallback = "5GiB",
     .argument = "SIZE",
     .help = "Most disk space that the store takes; what was least used goes first."},
    {.name = "max_total_increase",
     .type = SJ_SETTING_SHARE,
     AT(max_total_increase),
     .fallback = "0",
     .argument = "SHARE",
     .help = "For 'scrubjay gate': by how much a change may raise the CPU of a build that "
             "compiles everything, such as 1%; 0: no limit."},
    {.name = "max_upload_memory",
     .type = SJ_SETTING_SIZE,
     AT(server.max_upload_memory),
     .fallback = "512MiB",
     .argument = "SIZE",
     .is_personal = true,
     .is_server = true,
     .help = "Memory for all bodies of requests and large answers under way; what is over is told "
             "to come again."},
    {.name = "min_rate",
     .type = SJ_SETTING_SIZE,
     AT(server.min_rate),
     .fallback = "64KiB",
     .argument = "SIZE",
     .is_personal = true,
     .is_server = true,
     .help = "Bytes a second that a client must send or take in the long run."},
    {.name = "namespace",
     .type = SJ_SETTING_TEXT,
     AT(namespace_name),
     .argument = "NAME",
     .help = "Namespace of all keys: results are shared within one only."},
    {.name = "namespaces",
     .type = SJ_SETTING_PATH,
     AT(server.namespaces),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "File that describes namespaces. Default: namespaces.conf in cache_dir."},
    {.name = "project",
     .type = SJ_SETTING_TEXT,
     AT(project),
     .argument = "NAME",
     .help = "What is built: builds of one project are compared with each other. Default: host and "
             "path of the repository's origin."},
    {.name = "read_only",
     .type = SJ_SETTING_BOOL,
     AT(read_only),
     .fallback = "false",
     .argument = "BOOL",
     .help = "Take hits, store nothing."},
    {.name = "recache",
     .type = SJ_SETTING_BOOL,
     AT(recache),
     .fallback = "false",
     .argument = "BOOL",
     .help = "Take no hits, and store every result again."},
    {.name = "record_keep",
     .type = SJ_SETTING_SPAN,
     AT(record_keep_ms),
     .fallback = "90d",
     .argument = "SPAN",
     .help = "Time for which each record is kept; sums over builds and units stay for ever."},
    {.name = "relax",
     .type = SJ_SETTING_FLAGS,
     AT(relax),
     .words = relax_words,
     .argument = "LIST",
     .help = "Checks to give up for more hits. locale: messages may come in another language. "
             "random_seed: -frandom-seed tells no results apart. system_headers: a header that "
             "newly appears below /usr is not noticed."},
    {.name = "remote",
     .type = SJ_SETTING_TEXT,
     AT(remote),
     .argument = "URLS",
     .is_personal = true,
     .help = "Servers to share results through, separated by blanks, the nearest first: "
             "http://HOST:PORT/NAMESPACE."},
    {.name = "remote_timeout",
     .type = SJ_SETTING_SPAN,
     AT(remote_timeout_ms),
     .fallback = "2s",
     .argument = "SPAN",
     .help = "Longest that one compile waits for a remote; one that does not answer in time is "
             "left alone for a while."},
    {.name = "repositories",
     .type = SJ_SETTING_TEXT,
     AT(server.repositories),
     .argument = "LIST",
     .is_personal = true,
     .is_server = true,
     .help =
         "Git repositories with the history of what is built, for the server's pages: PATH or "
         "PROJECT=PATH, separated by blanks. Bare and blobless mirrors will do; who looks after "
         "the server fetches."},
    {.name = "stats",
     .type = SJ_SETTING_BOOL,
     AT(stats),
     .fallback = "true",
     .argument = "BOOL",
     .help = "Leave a record of every compile, for 'scrubjay stats' and 'scrubjay why'."},
    {.name = "threads",
     .type = SJ_SETTING_NUM,
     AT(server.threads),
     .max = 256,
     .fallback = "0",
     .argument = "COUNT",
     .is_personal = true,
     .is_server = true,
     .help = "Threads that serve; 0: one for each core."},
    {.name = "tls_cert",
     .type = SJ_SETTING_PATH,
     AT(server.tls_cert),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "Certificate chain in PEM; it turns TLS on, and is read again when it changes."},
    {.name = "tls_client_ca",
     .type = SJ_SETTING_PATH,
     AT(server.tls_client_ca),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "Authorities in PEM; clients must then show a certificate of one of them."},
    {.name = "tls_key",
     .type = SJ_SETTING_PATH,
     AT(server.tls_key),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "Private key of tls_cert, in PEM."},
    {.name = "token",
     .type = SJ_SETTING_TEXT,
     AT(token),
     .argument = "TOKEN",
     .is_personal = true,
     .is_secret = true,
     .help = "Token that remotes ask for, as 'scrubjay token create' prints it."},
    {.name = "tokens",
     .type = SJ_SETTING_PATH,
     AT(server.tokens),
     .argument = "FILE",
     .is_personal = true,
     .is_server = true,
     .help = "File of the server's tokens, hashed. Default: tokens in cache_dir."},
    {.name = "tool_prefix",
     .type = SJ_SETTING_TEXT,
     AT(tool_prefix),
     .argument = "COMMAND",
     .is_personal = true,
     .help = "Program to run real compiles under, such as distcc. It is no part of the key."},
    {.name = "upload_wait",
     .type = SJ_SETTING_SPAN,
     AT(upload_wait_ms),
     .fallback = "30s",
     .argument = "SPAN",
     .help = "Longest that 'scrubjay run' waits at its end until results are uploaded."},
};

#define COUNT (sizeof settings / sizeof settings[0])
_Static_assert(COUNT <= SJ_SETTINGS_MAX, "sj_config.origin has a place for each setting");

const struct sj_setting *sj_settings(size_t *count)
{
    *count = COUNT;
    return settings;
}

const struct sj_setting *sj_setting_find(const char *name)
{
    size_t low = 0;
    size_t high = COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, settings[middle].name);
        if (order == 0) {
            return &settings[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *sj_origin_name(enum sj_origin origin)
{
    static const char *const names[] = {
        [SJ_ORIGIN_DEFAULT] = "default", [SJ_ORIGIN_SYSTEM] = "system",
        [SJ_ORIGIN_USER] = "user",       [SJ_ORIGIN_PROJECT] = "project",
        [SJ_ORIGIN_ENV] = "environment", [SJ_ORIGIN_ARG] = "argument",
    };
    return names[origin];
}

#define NAME_MAX_LEN 31

// Edits (insert, delete, replace) that turn one name into the other. Source: Wagner and Fischer,
// The String-to-String Correction Problem, 1974.
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1];
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j + 1] = best < diagonal + 1 ? best : diagonal + 1;
        }
    }
    return row[b_len];
}

int sj_config_unknown(const char *name, struct sj_err *err)
{
    const char *nearest = NULL;
    size_t least = strlen(name) / 2 + 1;
    for (size_t i = 0; i < COUNT && least <= NAME_MAX_LEN; i++) {
        size_t edits = distance(name, settings[i].name);
        if (edits < least) {
            least = edits;
            nearest = settings[i].name;
        }
    }
    if (nearest) {
        return sj_fail_plain(err, -ENOENT, "no setting '%.40s': did you mean '%s'?", name, nearest);
    }
    return sj_fail_plain(err, -ENOENT, "no setting '%.40s': 'scrubjay config' lists them all",
                         name);
}
