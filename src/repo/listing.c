// SPDX-License-Identifier: Apache-2.0
#include "repo/listing.h"

#include <errno.h>
#include <string.h>

#include "repo/git.h"

// All trees kept together, and the largest one that is.
#define KEPT_BYTES     ((size_t)16 << 20)
#define KEPT_MAX_BYTES ((size_t)1 << 20)

void sj_listings_init(struct sj_listings *listings, git_odb *odb)
{
    *listings = (struct sj_listings){.odb = odb};
}

void sj_listings_release(struct sj_listings *listings)
{
    for (size_t i = 0; i < SJ_LISTING_SLOTS; i++) {
        git_odb_object_free(listings->slots[i]);
        listings->slots[i] = NULL;
    }
    listings->bytes = 0;
}

static git_odb_object **slot_of(struct sj_listings *listings, const struct sj_oid *id)
{
    size_t at = (size_t)(id->bytes[0] << 8 | id->bytes[1]);
    return &listings->slots[at % SJ_LISTING_SLOTS];
}

static void keep(struct sj_listings *listings, git_odb_object **slot, git_odb_object *object)
{
    size_t size = git_odb_object_size(object);
    if (size > KEPT_MAX_BYTES) {
        return;
    }
    if (listings->bytes + size > KEPT_BYTES) {
        sj_listings_release(listings);
    }
    if (*slot) {
        listings->bytes -= git_odb_object_size(*slot);
        git_odb_object_free(*slot);
    }
    *slot = NULL;
    if (git_odb_object_dup(slot, object) == 0) {
        listings->bytes += size;
    }
}

int sj_listing_open(struct sj_listings *listings, const struct sj_oid *id, struct sj_listing *out)
{
    *out = (struct sj_listing){0};
    if (sj_oid_is_zero(id)) {
        return 0;
    }
    git_oid name = sj_git_oid(id);
    git_odb_object **slot = slot_of(listings, id);
    git_odb_object *object = NULL;
    int code;
    if (*slot && git_oid_equal(git_odb_object_id(*slot), &name)) {
        code = git_odb_object_dup(&object, *slot);
    } else {
        code = git_odb_read(&object, listings->odb, &name);
        if (code == 0 && git_odb_object_type(object) == GIT_OBJECT_TREE) {
            keep(listings, slot, object);
        }
    }
    if (code < 0) {
        return sj_git_errno(code);
    }
    if (git_odb_object_type(object) != GIT_OBJECT_TREE) {
        git_odb_object_free(object);
        return -EBADMSG;
    }
    out->object = object;
    out->at = git_odb_object_data(object);
    out->end = out->at + git_odb_object_size(object);
    return 0;
}

void sj_listing_close(struct sj_listing *listing)
{
    git_odb_object_free(listing->object);
    *listing = (struct sj_listing){0};
}

// Old tools wrote other permission bits: read as git reads them, or modes would differ that do not.
static uint16_t type_of(uint32_t mode)
{
    switch (mode & 0170000u) {
    case 0100000u:
        return mode & 0100u ? SJ_TYPE_PROGRAM : SJ_TYPE_FILE;
    case SJ_TYPE_LINK:
        return SJ_TYPE_LINK;
    case SJ_TYPE_DIR:
        return SJ_TYPE_DIR;
    default:
        return SJ_TYPE_MODULE;
    }
}

int sj_listing_next(struct sj_listing *listing, struct sj_entry *out)
{
    if (listing->at == listing->end) {
        return 1;
    }
    const unsigned char *at = listing->at;
    uint32_t mode = 0;
    size_t digits = 0;
    for (; at < listing->end && *at >= '0' && *at <= '7' && digits < 8; at++, digits++) {
        mode = mode << 3 | (uint32_t)(*at - '0');
    }
    if (digits == 0 || at == listing->end || *at != ' ') {
        return -EBADMSG;
    }
    at++;
    const unsigned char *nul = memchr(at, '\0', (size_t)(listing->end - at));
    if (!nul || nul == at || listing->end - nul <= SJ_OID_SIZE) {
        return -EBADMSG;
    }
    out->name = (const char *)at;
    out->len = (size_t)(nul - at);
    out->type = type_of(mode);
    memcpy(out->oid.bytes, nul + 1, SJ_OID_SIZE);
    listing->at = nul + 1 + SJ_OID_SIZE;
    return 0;
}

int sj_entry_compare(const struct sj_entry *a, const struct sj_entry *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->name, b->name, len);
    if (order != 0) {
        return order;
    }
    int last_a = a->len > len ? (unsigned char)a->name[len] : a->type == SJ_TYPE_DIR ? '/' : 0;
    int last_b = b->len > len ? (unsigned char)b->name[len] : b->type == SJ_TYPE_DIR ? '/' : 0;
    return last_a - last_b;
}
