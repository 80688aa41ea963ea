// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The settings: one sorted table gives each its name in files, environment and on the command line,
 * its type, default and description; help, manual page and `scrubjay config` are printed from it.
 *
 * Later sources win: defaults, system file, user file, project file, environment, command line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/** Where a setting's value came from. */
enum sj_origin {
    SJ_ORIGIN_DEFAULT = 0, /**< the table */
    SJ_ORIGIN_SYSTEM,      /**< system file */
    SJ_ORIGIN_USER,        /**< user file */
    SJ_ORIGIN_PROJECT,     /**< `.scrubjay.conf` at the repository's root */
    SJ_ORIGIN_ENV,         /**< environment */
    SJ_ORIGIN_ARG,         /**< command line */
};

/** Bits of the `relax` setting: checks that a user gives up for more hits. */
enum sj_relax {
    SJ_RELAX_LOCALE = 1U << 0,         /**< LANG, LC_*: messages may come in another language */
    SJ_RELAX_RANDOM_SEED = 1U << 1,    /**< -frandom-seed does not tell results apart */
    SJ_RELAX_SYSTEM_HEADERS = 1U << 2, /**< no absent paths below /usr */
};

/** Bits of the `anonymous` setting: what a client without a token may do. */
enum sj_anonymous {
    SJ_ANONYMOUS_NONE = 1U << 0,  /**< nothing, on loopback either */
    SJ_ANONYMOUS_READ = 1U << 1,  /**< read */
    SJ_ANONYMOUS_WRITE = 1U << 2, /**< write */
    SJ_ANONYMOUS_ADMIN = 1U << 3, /**< see metrics and figures */
};

/** Bits of the `access_log_format` setting. */
enum sj_access_log_format {
    SJ_ACCESS_LOG_COMMON = 1U << 0, /**< the Common Log Format of web servers */
    SJ_ACCESS_LOG_JSON = 1U << 1,   /**< an object a line */
};

/** Settings of `scrubjay serve`. Strings belong to the configuration; an unset string is NULL. */
struct sj_server_config {
    char *access_log;            /**< file; "-": stderr; NULL: none */
    unsigned access_log_format;  /**< of enum sj_access_log_format */
    unsigned anonymous;          /**< of enum sj_anonymous; 0: all on loopback, else nothing */
    uint64_t body_timeout_ms;    /**< for a body or a response, on top of its size at min_rate */
    char *core_hour_price;       /**< price of an hour of one core, such as "0.05"; NULL: unset */
    char *crsh_socket;           /**< socket for ccache's storage helper protocol, or NULL */
    char *currency;              /**< of the price; NULL: unset */
    bool dashboard;              /**< pages for people are served, too */
    uint64_t drain_timeout_ms;   /**< for requests under way when the server is to end */
    bool durable;                /**< uploads are acknowledged once they are on the disk */
    uint64_t header_timeout_ms;  /**< for a whole request line and its headers */
    uint64_t idle_timeout_ms;    /**< for a connection between two requests */
    char *listen;                /**< addresses, separated by blanks or commas */
    uint64_t max_connections;    /**< at one time, of all clients */
    uint64_t max_connections_ip; /**< at one time, of one address; 0: no limit */
    uint64_t max_entry;          /**< bytes of one upload */
    uint64_t max_upload_memory;  /**< bytes of all uploads under way */
    uint64_t min_rate;           /**< bytes a second that a client must send or take */
    char *namespaces;            /**< file of namespaces; NULL: beside the store */
    char *repositories;          /**< of the dashboard: PATH or PROJECT=PATH, separated by blanks */
    uint64_t threads;            /**< that serve; 0: one for each core */
    char *tls_cert;              /**< certificate chain, PEM; NULL: no TLS */
    char *tls_client_ca;         /**< authorities of client certificates, PEM; NULL: none asked */
    char *tls_key;               /**< private key, PEM */
    char *tokens;                /**< file of tokens; NULL: beside the store */
};

/** All settings. Strings belong to the configuration; an unset string is NULL. */
struct sj_config {
    uint64_t agent_idle_ms;    /**< the agent ends when nobody has asked it for so long */
    double audit;              /**< share of hits that are compiled again and compared, 0 to 1 */
    char *base_dir;            /**< absolute, no trailing slash: paths below may differ between
                                    checkouts */
    char *build_id;            /**< build that records belong to */
    char *cache_dir;           /**< absolute; never NULL after loading */
    uint64_t compression;      /**< zstd level, 0 to 19; 0: never */
    char *dashboard_url;       /**< of the server with the pages, for links; NULL: none */
    bool disable;              /**< run compilers only; still leave records */
    uint64_t journal_size;     /**< bytes after which the journal is rotated */
    char *log;                 /**< file for debug messages */
    bool map_base_dir;         /**< add -ffile-prefix-map=BASE_DIR=. to every compile */
    uint64_t max_charge_ms;    /**< `gate`: CPU that one change may compile anew; 0: no limit */
    uint64_t max_fan_out;      /**< `gate`: units that may read a changed file; 0: no limit */
    uint64_t max_size;         /**< bytes */
    double max_total_increase; /**< `gate`: growth of all units' CPU, as a share; 0: no limit */
    char *namespace_name;      /**< namespace of all keys */
    char *project;             /**< what is built; NULL: the repository tells */
    bool read_only;            /**< take hits, store nothing */
    bool recache;              /**< take no hits, store again */
    uint64_t record_keep_ms;   /**< for which records stay in the database */
    unsigned relax;            /**< of enum sj_relax */
    char *remote; /**< URLs of tiers, separated by blanks, the nearest first; or NULL */
    uint64_t remote_timeout_ms;     /**< longest that one compile waits for the tiers */
    struct sj_server_config server; /**< of `scrubjay serve` */
    bool stats;                     /**< leave records */
    char *token;                    /**< secret shown to the tiers, or NULL */
    char *tool_prefix;        /**< program to run real compiles under, such as "distcc"; not in the
                                   key */
    uint64_t upload_wait_ms;  /**< longest that `run` waits at its end for uploads */
    unsigned char origin[64]; /**< enum sj_origin of each setting, by its index in the table */
};

/** How a setting's text is read. */
enum sj_setting_type {
    SJ_SETTING_BOOL,  /**< true, false, yes, no, on, off, 1, 0 */
    SJ_SETTING_NUM,   /**< whole number up to `max` */
    SJ_SETTING_SIZE,  /**< bytes, as in 5G */
    SJ_SETTING_SHARE, /**< 0 to 1, or per cent */
    SJ_SETTING_SPAN,  /**< milliseconds, as in 90s */
    SJ_SETTING_TEXT,  /**< any text */
    SJ_SETTING_PATH,  /**< file or directory; made absolute */
    SJ_SETTING_FLAGS, /**< comma-separated words of `words` */
};

/** One row of the table. */
struct sj_setting {
    const char *name;          /**< in files; SCRUBJAY_NAME in the environment, --name as option */
    const char *alias;         /**< a second name, in the environment only (as "dir" for
                                    SCRUBJAY_DIR), or NULL */
    enum sj_setting_type type; /**< how its text is read */
    size_t offset;             /**< of the member in struct sj_config */
    uint64_t max;              /**< for SJ_SETTING_NUM */
    const char *fallback;      /**< default as text; NULL: unset */
    const char *const *words;  /**< for SJ_SETTING_FLAGS, bit order; NULL ends */
    const char *argument;      /**< what the help calls the value, such as "DIR" */
    const char *help;          /**< one or two sentences for people */
    bool is_personal;          /**< a project file may not set it (secrets, commands, places) */
    bool is_secret;            /**< its value is not shown */
    bool is_server; /**< of `scrubjay serve` alone: a wrapper does not load its default */
};

/** The table, sorted by name. @param count takes its length @return first row */
const struct sj_setting *sj_settings(size_t *count);

/** Largest settings file. */
#define SJ_CONFIG_FILE_MAX ((size_t)64 << 10)

/**
 * Load the settings of a wrapper: files, then environment. Those of the server alone get no
 * defaults.
 *
 * SCRUBJAY_SYSTEM_CONF and SCRUBJAY_PROJECT_CONF name the system and project file to read instead
 * of the usual ones (empty: none); the latter also saves the walk up from the working directory.
 *
 * @param out takes the settings; release with sj_config_release()
 * @param err the first problem: names file, line, setting and remedy
 * @return 0 or a negative errno; out then holds what could be read, so that a wrapper can go on
 */
int sj_config_load(struct sj_config *out, struct sj_err *err);

/** Called for a problem. @param err names file, line, setting and remedy @param user the caller's
 */
typedef void sj_config_problem(const struct sj_err *err, void *user);

/**
 * Load all settings, and hear of every problem instead of the first.
 *
 * @param out     takes the settings; release with sj_config_release()
 * @param problem called for each problem
 * @param user    handed to problem
 * @return 0 or the first problem's negative errno
 */
int sj_config_load_each(struct sj_config *out, sj_config_problem *problem, void *user);

/**
 * Where a settings file is, or would be.
 *
 * @param origin SJ_ORIGIN_SYSTEM, SJ_ORIGIN_USER or SJ_ORIGIN_PROJECT
 * @return its path, which the caller frees; NULL: there is none (the project's only when it exists)
 */
char *sj_config_path(enum sj_origin origin);

/** An origin's name, as in JSON. @param origin origin @return "default", "system", "user", … */
const char *sj_origin_name(enum sj_origin origin);

/**
 * Find a setting by name.
 *
 * @param name as in the table
 * @return row, or NULL
 */
const struct sj_setting *sj_setting_find(const char *name);

/**
 * Set one setting from text.
 *
 * @param config settings, as loaded
 * @param name   name in the table
 * @param text   value, not empty; a relative path starts at the working directory
 * @param origin where it came from; a project file is refused what is_personal
 * @param err    what is wrong, and what would be right
 * @return 0, -ENOENT (no such setting), -EPERM (not from a project file), -EINVAL or -ERANGE
 */
int sj_config_set(struct sj_config *config, const char *name, const char *text,
                  enum sj_origin origin, struct sj_err *err);

/**
 * The value of a setting as text. Secrets, too: who shows it to people looks at is_secret.
 *
 * @param config  settings
 * @param setting row of the table
 * @return never NULL; the caller frees it
 */
char *sj_config_text(const struct sj_config *config, const struct sj_setting *setting);

/** Free what the settings hold. @param config settings, or NULL */
void sj_config_release(struct sj_config *config);
