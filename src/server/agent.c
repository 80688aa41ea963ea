// SPDX-License-Identifier: Apache-2.0
// What the wrappers of this machine ask their agent for.
#include <errno.h>

#include "server/answer.h"

static void fetched(size_t stored, int status, void *user)
{
    struct sj_request *request = user;
    if (stored > 0) {
        sj_request_status(request, MHD_HTTP_OK);
    } else {
        sj_request_status(request, status < 0 ? MHD_HTTP_GATEWAY_TIMEOUT : MHD_HTTP_NOT_FOUND);
    }
}

void sj_handle_fetch(struct sj_request *request)
{
    struct sj_tiers *tiers = atomic_load(&request->server->tiers);
    struct sj_tiers_name names[SJ_FRAME_COUNT_MAX];
    struct sj_reader reader = sj_reader_of(sj_buf_text(&request->body), request->body.len);
    size_t count = 0;
    int status = 0;
    while (count < SJ_FRAME_COUNT_MAX &&
           (status = sj_name_next(&reader, &names[count].kind, &names[count].key)) == 0) {
        count++;
    }
    if (status < 0 || count == 0 || !tiers) {
        sj_request_error(request, MHD_HTTP_BAD_REQUEST, "bad_request", "nothing to fetch");
        return;
    }
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
    sj_tiers_fetch(tiers, names, count, fetched, request);
}

void sj_handle_push(struct sj_request *request)
{
    struct sj_tiers *tiers = atomic_load(&request->server->tiers);
    static const struct sj_key none;
    if (tiers) {
        bool has_weak = !sj_key_eq(&request->route.weak, &none);
        sj_tiers_push(tiers, &request->route.key, has_weak ? &request->route.weak : NULL);
    }
    sj_request_status(request, MHD_HTTP_ACCEPTED);
}
