// SPDX-License-Identifier: Apache-2.0
//
//   offset  bytes  request (integers in the byte order of the machine)
//        0      1  op; of STOP and INFO that is all
//        1      1  bytes of the key
//        2      n  key; GET, REMOVE and EXISTS end here
//      n+2      1  flags: bit 0 replaces
//      n+3      8  bytes of the value
//     n+11      m  value
#include "server/crsh_parse.h"

#include <string.h>

enum {
    OP_SIZE = 1,
    KEY_AT = 2,
    PUT_SIZE = 1 + sizeof(uint64_t), // flags and length
};

void sj_crsh_reset(struct sj_crsh_parser *parser)
{
    *parser = (struct sj_crsh_parser){0};
}

enum sj_crsh_op sj_crsh_op(const struct sj_crsh_parser *parser)
{
    return parser->head[0];
}

struct sj_str sj_crsh_key(const struct sj_crsh_parser *parser)
{
    return (struct sj_str){(const char *)parser->head + KEY_AT, parser->head[1]};
}

bool sj_crsh_overwrites(const struct sj_crsh_parser *parser)
{
    return (parser->head[KEY_AT + parser->head[1]] & 1) != 0;
}

uint64_t sj_crsh_value_len(const struct sj_crsh_parser *parser)
{
    uint64_t len;
    memcpy(&len, parser->head + KEY_AT + parser->head[1] + 1, sizeof len);
    return len;
}

/** Bytes that the head has, as far as those that are there tell. */
static size_t head_size(const struct sj_crsh_parser *parser)
{
    enum sj_crsh_op op = parser->head[0];
    if (parser->head_len < OP_SIZE) {
        return OP_SIZE;
    }
    if (op == SJ_CRSH_STOP || op == SJ_CRSH_INFO) {
        return OP_SIZE;
    }
    if (parser->head_len < KEY_AT) {
        return KEY_AT;
    }
    return KEY_AT + (size_t)parser->head[1] + (op == SJ_CRSH_PUT ? PUT_SIZE : 0);
}

/** Take what belongs to the head. @return bytes taken */
static size_t feed_head(struct sj_crsh_parser *parser, const unsigned char *data, size_t len)
{
    size_t used = 0;
    size_t wanted = head_size(parser);
    while (parser->head_len < wanted && used < len) {
        size_t part = wanted - parser->head_len;
        part = part < len - used ? part : len - used;
        memcpy(parser->head + parser->head_len, data + used, part);
        parser->head_len += part;
        used += part;
        wanted = head_size(parser);
    }
    parser->has_head = parser->head_len == wanted;
    return used;
}

enum sj_crsh_step sj_crsh_feed(struct sj_crsh_parser *parser, const void *data, size_t len,
                               size_t *used)
{
    const unsigned char *at = data;
    *used = 0;
    if (!parser->has_head) {
        *used = feed_head(parser, at, len);
        if (parser->head_len > 0 && parser->head[0] > SJ_CRSH_EXISTS) {
            return SJ_CRSH_BAD;
        }
        if (!parser->has_head) {
            return SJ_CRSH_MORE;
        }
        if (sj_crsh_op(parser) == SJ_CRSH_PUT) {
            return SJ_CRSH_VALUE;
        }
    }
    uint64_t rest = len - *used;
    size_t part = (size_t)(rest < parser->left ? rest : parser->left);
    if (parser->value && part > 0) {
        sj_buf_add(parser->value, at + *used, part);
    }
    *used += part;
    parser->left -= part;
    return parser->left > 0 ? SJ_CRSH_MORE : SJ_CRSH_DONE;
}

void sj_crsh_take(struct sj_crsh_parser *parser, struct sj_buf *value)
{
    parser->value = value;
    parser->left = sj_crsh_value_len(parser);
}
