// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Loading of tier plugins: shared modules `tier-NAME.so`, each for some schemes of URLs.
 */
#pragma once

#include <scrubjay/tier.h>

#include "base/module.h"

/** A loaded plugin. Zeroed: none. */
struct sj_plugin {
    struct sj_module module;            /**< the module */
    const struct sj_tier_plugin *calls; /**< what it exports */
};

/**
 * Find and load the plugin for a URL: `tier-SCHEME.so`, else the first other one in the directory
 * that knows the scheme.
 *
 * @param dir where plugins lie; NULL: where this program's installation or build tree has them
 * @param url of the tier
 * @param out takes the plugin; end with sj_plugin_release()
 * @param err says what is wrong, and what would be right
 * @return 0, -EINVAL (no URL), -ENOENT (no plugin for the scheme), -EPROTO (made for another
 *         version) or another negative errno
 */
int sj_plugin_load(const char *dir, const char *url, struct sj_plugin *out, struct sj_err *err);

/** Unload a plugin. Its tiers must be closed. @param plugin plugin, zeroed or NULL */
void sj_plugin_release(struct sj_plugin *plugin);
