// SPDX-License-Identifier: Apache-2.0
// Forms, cookies and the other headers that pages look into.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "server/form.h"
#include "server/page_desk.h"
#include "server/page_send.h"
#include "server/page_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

static void check_next(struct sj_str next)
{
    if (sj_page_target_is_next(next)) {
        require(next.len >= 5 && memcmp(next.data, "/dash", 5) == 0 &&
                !memchr(next.data, '\r', next.len) && !memchr(next.data, '\n', next.len) &&
                !memchr(next.data, '"', next.len) && !memchr(next.data, '\\', next.len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(size + 1, 1);
    if (size > 0) {
        memcpy(text, data, size);
    }
    struct sj_buf value = SJ_BUF_INIT(64);
    if (sj_form_value((struct sj_str){text, size}, "next", &value) == 0) {
        require(value.len <= 64 && strlen(sj_buf_text(&value)) == value.len);
        check_next((struct sj_str){sj_buf_text(&value), value.len});
    }
    sj_buf_release(&value);
    check_next((struct sj_str){text, size});
    char cookie[SJ_COOKIE_SIZE];
    if (sj_cookie_read(text, "scrubjay", cookie)) {
        require(strlen(cookie) < sizeof cookie && strcspn(cookie, "; =\"\r\n") == strlen(cookie));
    }
    (void)sj_takes_gzip(text);
    (void)sj_form_is_own(NULL, text, "host");
    require(!sj_host_is_good(text) || !strpbrk(text, "<>&\"' \r\n"));
    (void)sj_host_is_loopback(text);
    return 0;
}
