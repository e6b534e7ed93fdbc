#include "store/alert_block.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/cursor.h"
#include "base/strings.h"

enum { FORMAT = 1, LEVEL = 1, ADDRESSES = 3, TEXTS = 13 };

struct alert_packer {
    struct strings strings;
    uint32_t last[ADDRESSES + TEXTS]; /* of the row before */
    struct buffer rows, plain, packed;
    ZSTD_CCtx *context;
};

struct alert_packer *alert_packer_new(void)
{
    struct alert_packer *packer = calloc(1, sizeof(*packer));
    if (packer)
        packer->context = ZSTD_createCCtx();
    if (packer && packer->context)
        return packer;
    free(packer);
    return NULL;
}

void alert_packer_free(struct alert_packer *packer)
{
    if (!packer)
        return;
    strings_finish(&packer->strings);
    buffer_finish(&packer->rows);
    buffer_finish(&packer->plain);
    buffer_finish(&packer->packed);
    ZSTD_freeCCtx(packer->context);
    free(packer);
}

/* The texts of an alert in the order in which they are written; append only. */
static void texts_of(struct alert *alert, struct bytes *ret_texts[TEXTS])
{
    struct bytes *const texts[TEXTS] = {
        &alert->sensor,    &alert->host,       &alert->rule_id, &alert->rule_name,
        &alert->category,  &alert->user_name,  &alert->url,     &alert->http_method,
        &alert->http_host, &alert->user_agent, &alert->payload, &alert->message,
        &alert->labels,
    };
    memcpy(ret_texts, texts, sizeof(texts));
}

static void addresses_of(struct alert *alert, struct ip *ret_addresses[ADDRESSES])
{
    ret_addresses[0] = &alert->host_ip;
    ret_addresses[1] = &alert->source_ip;
    ret_addresses[2] = &alert->destination_ip;
}

static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

/* What the row before had, too, needs no looking up. */
static int text_put(struct alert_packer *packer, int column, struct bytes text, struct bytes before)
{
    int error = 0;
    if (!bytes_equal(text, before))
        error = strings_intern(&packer->strings, text, &packer->last[column]);
    if (!error)
        buffer_put_varint(&packer->rows, packer->last[column]);
    return error;
}

static struct bytes address_bytes(const struct ip *ip)
{
    return (struct bytes){(const char *)ip->octets, ip_given(ip) ? sizeof(ip->octets) : 0};
}

static int row_put(struct alert_packer *packer, const struct alert *row, const struct alert *before)
{
    struct buffer *out = &packer->rows;
    struct bytes *texts[TEXTS], *last_texts[TEXTS];
    struct ip *addresses[ADDRESSES], *last_addresses[ADDRESSES];
    struct alert alert = *row, last = *before;
    int error = 0;
    texts_of(&alert, texts);
    texts_of(&last, last_texts);
    addresses_of(&alert, addresses);
    addresses_of(&last, last_addresses);
    buffer_put_varint(out, zigzag((int64_t)((uint64_t)alert.time - (uint64_t)before->time)));
    buffer_put_varint(out, alert.id.source);
    buffer_put_varint(out, zigzag((int64_t)(alert.id.offset - before->id.offset)));
    buffer_put_u8(out, alert.severity);
    buffer_put_u8(out, alert.network_transport);
    buffer_put_varint(out, alert.source_port);
    buffer_put_varint(out, alert.destination_port);
    buffer_put_varint(out, alert.http_status);
    for (int i = 0; i < ADDRESSES && !error; i++)
        error = text_put(packer, i, address_bytes(addresses[i]), address_bytes(last_addresses[i]));
    for (int i = 0; i < TEXTS && !error; i++)
        error = text_put(packer, ADDRESSES + i, *texts[i], *last_texts[i]);
    return error;
}

static int plain_make(struct alert_packer *packer, const struct alert *alerts, uint32_t count)
{
    struct alert before = {0};
    strings_clear(&packer->strings);
    memset(packer->last, 0, sizeof(packer->last)); /* the empty text's */
    buffer_clear(&packer->rows);
    buffer_clear(&packer->plain);
    for (uint32_t i = 0; i < count; i++) {
        int error = row_put(packer, &alerts[i], i ? &alerts[i - 1] : &before);
        if (error)
            return error;
    }
    buffer_put_varint(&packer->plain, FORMAT);
    buffer_put_varint(&packer->plain, count);
    buffer_put_varint(&packer->plain, packer->strings.count);
    for (uint32_t id = 1; id < packer->strings.count; id++)
        buffer_put_block(&packer->plain, strings_at(&packer->strings, id));
    buffer_put(&packer->plain, buffer_bytes(&packer->rows));
    return packer->rows.failed || packer->plain.failed ? -ENOMEM : 0;
}

int alert_block_pack(struct alert_packer *packer, const struct alert *alerts, uint32_t count,
                     struct bytes *ret_block)
{
    if (count > ALERT_BLOCK_ALERTS)
        return -E2BIG;
    int error = plain_make(packer, alerts, count);
    if (error)
        return error;
    if (packer->plain.len > ALERT_BLOCK_BYTES)
        return -E2BIG;
    size_t bound = ZSTD_compressBound(packer->plain.len);
    buffer_clear(&packer->packed);
    if (!buffer_reserve(&packer->packed, bound))
        return -ENOMEM;
    size_t len = ZSTD_compressCCtx(packer->context, packer->packed.at, bound, packer->plain.at,
                                   packer->plain.len, LEVEL);
    if (ZSTD_isError(len))
        return -ENOMEM;
    *ret_block = (struct bytes){packer->packed.at, len};
    return 0;
}

/* A block being read back. */
struct unpacking {
    struct cursor cursor;
    struct bytes *texts;
    uint64_t text_count;
};

static struct bytes text_take(struct unpacking *unpacking)
{
    uint64_t id = cursor_varint(&unpacking->cursor);
    if (id == 0 || id < unpacking->text_count) /* 0: the empty text, also where there is no other */
        return unpacking->texts[id];
    unpacking->cursor.short_read = true;
    return (struct bytes){0};
}

static void row_take(struct unpacking *unpacking, const struct alert *before, struct alert *alert)
{
    struct cursor *cursor = &unpacking->cursor;
    struct bytes *texts[TEXTS];
    struct ip *addresses[ADDRESSES];
    texts_of(alert, texts);
    addresses_of(alert, addresses);
    alert->time = (int64_t)((uint64_t)before->time + (uint64_t)unzigzag(cursor_varint(cursor)));
    alert->id.source = (uint32_t)cursor_varint(cursor);
    alert->id.offset = before->id.offset + (uint64_t)unzigzag(cursor_varint(cursor));
    alert->severity = cursor_u8(cursor);
    alert->network_transport = cursor_u8(cursor);
    alert->source_port = (uint16_t)cursor_varint(cursor);
    alert->destination_port = (uint16_t)cursor_varint(cursor);
    alert->http_status = (uint16_t)cursor_varint(cursor);
    for (int i = 0; i < ADDRESSES; i++) {
        struct bytes address = text_take(unpacking);
        if (address.len == sizeof(addresses[i]->octets))
            memcpy(addresses[i]->octets, address.at, address.len);
    }
    for (int i = 0; i < TEXTS; i++)
        *texts[i] = text_take(unpacking);
}

static int plain_read(struct bytes plain, struct arena *arena, struct alert **ret_alerts,
                      uint32_t *ret_count)
{
    struct unpacking unpacking = {.cursor = cursor_over(plain)};
    uint64_t format = cursor_varint(&unpacking.cursor), count = cursor_varint(&unpacking.cursor);
    unpacking.text_count = cursor_varint(&unpacking.cursor);
    if (format != FORMAT || count > ALERT_BLOCK_ALERTS || unpacking.text_count > plain.len)
        return -EBADMSG;
    struct alert *alerts = arena_take_array(arena, count + 1, sizeof(*alerts)), none = {0};
    unpacking.texts = arena_take_array(arena, unpacking.text_count + 1, sizeof(struct bytes));
    if (!alerts || !unpacking.texts)
        return -ENOMEM;
    for (uint64_t id = 1; id < unpacking.text_count; id++)
        unpacking.texts[id] = cursor_block(&unpacking.cursor);
    for (uint64_t i = 0; i < count && cursor_ok(&unpacking.cursor); i++)
        row_take(&unpacking, i ? &alerts[i - 1] : &none, &alerts[i]);
    if (!cursor_ok(&unpacking.cursor) || cursor_left(&unpacking.cursor))
        return -EBADMSG;
    *ret_alerts = alerts;
    *ret_count = (uint32_t)count;
    return 0;
}

int alert_block_unpack(struct bytes block, struct arena *arena, struct alert **ret_alerts,
                       uint32_t *ret_count)
{
    unsigned long long size = ZSTD_getFrameContentSize(block.at, block.len);
    if (size > ALERT_BLOCK_BYTES) /* unknown and error are larger still */
        return -EBADMSG;
    char *plain = arena_take(arena, (size_t)size + 1);
    if (!plain)
        return -ENOMEM;
    size_t len = ZSTD_decompress(plain, (size_t)size, block.at, block.len);
    if (ZSTD_isError(len) || len != size)
        return -EBADMSG;
    return plain_read((struct bytes){plain, len}, arena, ret_alerts, ret_count);
}
