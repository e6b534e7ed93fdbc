#include "observe/alert/field.h"

#include <stdlib.h>

#include "base/cursor.h"

enum field_kind_of {
    KIND_time,
    KIND_text,
    KIND_ip,
    KIND_severity,
    KIND_port,
    KIND_transport,
    KIND_base64,
    KIND_label
};

static const struct {
    const char *name;
    uint8_t kind;
    uint16_t at;
} fields[ALERT_FIELD_COUNT] = {
#define X(kind, name) {#name, KIND_##kind, offsetof(struct alert, name)},
    ALERT_FIELDS(X)
#undef X
};

enum alert_field alert_field_find(struct bytes name)
{
    int i = 0;
    while (i < ALERT_FIELD_COUNT && !bytes_equal(name, bytes_of(fields[i].name)))
        i++;
    return (enum alert_field)i;
}

void alert_batch_clear(struct alert_batch *batch)
{
    arena_reset(&batch->arena);
    batch->count = 0;
    batch->failed = false;
}

void alert_batch_finish(struct alert_batch *batch)
{
    arena_finish(&batch->arena);
    free(batch->items);
    batch->items = NULL;
    batch->count = batch->capacity = 0;
}

struct alert *alert_batch_add(struct alert_batch *batch, struct event_id id)
{
    if (batch->count == batch->capacity) {
        uint32_t capacity = batch->capacity ? batch->capacity * 2 : 1024;
        struct alert *items = reallocarray(batch->items, capacity, sizeof(*items));
        if (!items) {
            batch->failed = true;
            return NULL;
        }
        batch->items = items;
        batch->capacity = capacity;
    }
    struct alert *alert = &batch->items[batch->count++];
    *alert = (struct alert){.time = TIME_NONE, .id = id};
    return alert;
}

struct bytes alert_batch_text(struct alert_batch *batch, struct bytes text)
{
    if (text.len == 0)
        return (struct bytes){0};
    struct bytes copy = arena_copy(&batch->arena, text);
    if (!copy.at)
        batch->failed = true;
    return copy.at ? copy : (struct bytes){0};
}

struct bytes alert_trim(struct bytes text)
{
    while (text.len && (unsigned char)text.at[text.len - 1] <= ' ')
        text.len--;
    while (text.len && (unsigned char)text.at[0] <= ' ')
        text = bytes_from(text, 1);
    return text;
}

bool alert_same(struct bytes text, const char *name)
{
    for (size_t i = 0; i < text.len; i++)
        if (!name[i] || ascii_lower(text.at[i]) != ascii_lower(name[i]))
            return false;
    return name[text.len] == '\0';
}

bool alert_number_read(struct bytes text, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;
    if (text.len == 0 || text.len > 19)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text.at[i] - '0');
    }
    if (number > most)
        return false;
    *ret_number = number;
    return true;
}

uint8_t alert_transport_read(struct bytes text)
{
    static const struct {
        const char *name;
        uint8_t number;
    } known[] = {{"tcp", 6},     {"udp", 17},   {"icmp", 1}, {"icmp6", 58}, {"ipv6-icmp", 58},
                 {"icmpv6", 58}, {"sctp", 132}, {"gre", 47}, {"esp", 50},   {"igmp", 2}};
    uint64_t number;
    if (alert_number_read(text, 255, &number))
        return (uint8_t)number;
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (alert_same(text, known[i].name))
            return known[i].number;
    return 0;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* What can be decoded up to the limit; decoding ends at the first byte that is no base64. */
static struct bytes base64_read(struct alert_batch *batch, struct bytes text)
{
    size_t room = text.len / 4 * 3 + 3, len = 0;
    room = room > ALERT_PAYLOAD_LIMIT ? ALERT_PAYLOAD_LIMIT : room;
    char *to = arena_take(&batch->arena, room);
    if (!to) {
        batch->failed = true;
        return (struct bytes){0};
    }
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < text.len && len < room; i++) {
        int value = base64_value(text.at[i]);
        if (value < 0)
            break;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            to[len++] = (char)(bits >> have & 0xff);
        }
    }
    return (struct bytes){len ? to : NULL, len};
}

static struct bytes label_join(struct alert_batch *batch, struct bytes before, struct bytes text)
{
    if (before.len == 0)
        return alert_batch_text(batch, text);
    char *to = arena_take(&batch->arena, before.len + 1 + text.len);
    if (!to) {
        batch->failed = true;
        return before;
    }
    memcpy(to, before.at, before.len);
    to[before.len] = ',';
    memcpy(to + before.len + 1, text.at, text.len);
    return (struct bytes){to, before.len + 1 + text.len};
}

enum alert_reason alert_field_set(struct alert_batch *batch, struct alert *alert,
                                  enum alert_field field, struct bytes text, int64_t reference)
{
    void *into = (char *)alert + fields[field].at;
    uint64_t number = 0;
    struct ip ip;
    if (text.len == 0)
        return ALERT_REASON_none;
    switch (fields[field].kind) {
    case KIND_time:
        return alert_time_read(text, reference, into) ? ALERT_REASON_none
                                                      : ALERT_REASON_time_unreadable;
    case KIND_ip:
        if (ip_parse(text, &ip))
            *(struct ip *)into = ip;
        break;
    case KIND_severity:
        if (alert_number_read(text, UINT32_MAX, &number) && number)
            *(uint8_t *)into = number < 4 ? (uint8_t)number : 4;
        break;
    case KIND_port:
        if (alert_number_read(text, UINT16_MAX, &number))
            *(uint16_t *)into = (uint16_t)number;
        break;
    case KIND_transport:
        *(uint8_t *)into = alert_transport_read(text);
        break;
    case KIND_base64:
        *(struct bytes *)into = base64_read(batch, text);
        break;
    case KIND_label:
        *(struct bytes *)into = label_join(batch, *(struct bytes *)into, text);
        break;
    default:
        *(struct bytes *)into = alert_batch_text(batch, text);
    }
    return ALERT_REASON_none;
}
