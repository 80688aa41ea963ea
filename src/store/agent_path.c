// SPDX-License-Identifier: Apache-2.0
#include "store/agent_path.h"

#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "key/key.h"

char *sj_agent_path(const struct sj_config *config, const char *suffix)
{
    // A store may belong to several users, and an agent serves the one who started it.
    unsigned char user[4];
    sj_put_u32(user, (uint32_t)geteuid());
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_field(hasher, user, sizeof user);
    sj_hasher_text(hasher, config->remote);
    sj_hasher_text(hasher, config->token);
    sj_hasher_text(hasher, config->namespace_name);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, hex);
    return sj_asprintf("%s/agent-%.8s.%s", config->cache_dir, hex, suffix);
}

char *sj_agent_socket_path(const struct sj_config *config)
{
    return sj_agent_path(config, "sock");
}
