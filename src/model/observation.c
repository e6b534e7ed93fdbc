#include "model/observation.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "model/batch.h"

const struct field_info observation_fields[FIELD_COUNT] = {
#define X(kind, name, doc) {#name, doc, FIELD_KIND_##kind, sizeof(FIELD_TYPE_##kind)},
    OBSERVATION_FIELDS(X)
#undef X
};

struct bytes category_name(uint8_t category)
{
    static const char *const names[] = {
#define X(name) #name,
        EVENT_CATEGORIES(X)
#undef X
    };
    return bytes_of(names[category < CATEGORY_COUNT ? category : CATEGORY_other]);
}

struct bytes action_name(uint8_t action)
{
    static const char *const names[] = {
#define X(name) #name,
        EVENT_ACTIONS(X)
#undef X
    };
    return bytes_of(names[action < ACTION_COUNT ? action : ACTION_other]);
}

struct bytes direction_name(uint8_t direction)
{
    static const char *const names[] = {"", "ingress", "egress"};
    return bytes_of(names[direction < 3 ? direction : 0]);
}

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* The common case, by hand: four decimal parts and nothing else. */
static bool ipv4_parse(struct bytes text, uint8_t octets[4])
{
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        unsigned value = 0;
        size_t begin = at;
        while (at < text.len && at - begin < 3 && text.at[at] >= '0' && text.at[at] <= '9')
            value = value * 10 + (unsigned)(text.at[at++] - '0');
        if (at == begin || value > 255)
            return false;
        octets[part] = (uint8_t)value;
        if (part < 3 && (at >= text.len || text.at[at++] != '.'))
            return false;
    }
    return at == text.len;
}

bool ip_parse(struct bytes text, struct ip *ret_ip)
{
    struct ip ip;
    memcpy(ip.octets, mapped_prefix, sizeof(mapped_prefix));
    if (!ipv4_parse(text, ip.octets + 12)) {
        char copy[IP_TEXT_SIZE];
        if (text.len == 0 || text.len >= sizeof(copy))
            return false;
        memcpy(copy, text.at, text.len);
        copy[text.len] = '\0';
        copy[strcspn(copy, "%")] = '\0'; /* a zone names an interface, not a peer */
        if (inet_pton(AF_INET6, copy, ip.octets) != 1)
            return false;
    }
    *ret_ip = ip;
    return true;
}

/* What inet_ntop does by printf, which is felt where every alert has two addresses. */
static struct bytes octets_format(const uint8_t octets[4], char *text)
{
    size_t len = 0;
    for (int i = 0; i < 4; i++) {
        unsigned octet = octets[i];
        if (i)
            text[len++] = '.';
        if (octet > 99)
            text[len++] = (char)('0' + octet / 100);
        if (octet > 9)
            text[len++] = (char)('0' + octet / 10 % 10);
        text[len++] = (char)('0' + octet % 10);
    }
    text[len] = '\0';
    return (struct bytes){text, len};
}

struct bytes ip_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
    text[0] = '\0';
    if (memcmp(ip->octets, mapped_prefix, sizeof(mapped_prefix)) == 0)
        return octets_format(ip->octets + 12, text);
    if (ip_given(ip))
        inet_ntop(AF_INET6, ip->octets, text, IP_TEXT_SIZE);
    return bytes_of(text);
}

bool ip_is_inner(const struct ip *ip)
{
    const uint8_t *o = ip->octets;
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(o, mapped, sizeof(mapped)) == 0)
        return o[12] == 10 || (o[12] == 172 && (o[13] & 0xf0) == 16) ||
               (o[12] == 192 && o[13] == 168) || (o[12] == 169 && o[13] == 254) ||
               (o[12] == 100 && (o[13] & 0xc0) == 64);
    return (o[0] & 0xfe) == 0xfc || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
}
