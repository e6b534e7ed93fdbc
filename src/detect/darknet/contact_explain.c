/* What a contact says to people: what was seen, why it is of its kind, what to do. */
#include "detect/darknet/contact.h"

#include <inttypes.h>
#include <stdio.h>

enum language { ENGLISH, JAPANESE, LANGUAGES };

static const char *const reasons[][LANGUAGES] = {
    [CONTACT_BY_NOTHING] = {"Few addresses are asked for, and not as scanners ask: probably a"
                            " setting that names a machine which is not there.",
                            "宛先が少なく、スキャナーの特徴もありません。存在しない機器を指す設定の"
                            "誤りと考えられます。"},
    [CONTACT_BY_ANSWERS] = {"These are answers to packets the darknet never sent: somebody attacks"
                            " this host with forged sources.",
                            "ダークネットが送っていないパケットへの応答です。送信元を偽装した攻撃を"
                            "このホストが受けています。"},
    [CONTACT_BY_MARK] = {"The packets bear the mark of a scanning tool or of malware.",
                         "パケットにスキャンツールまたはマルウェアの特徴があります。"},
    [CONTACT_BY_SPREAD] = {"It goes from address to address, as scanners and worms do.",
                           "スキャナーやワームのように、次々と別のアドレスへ送っています。"},
    [CONTACT_BY_PORTS] = {"It tries one port after another, as scanners do.",
                          "スキャナーのように、次々と別のポートを試しています。"},
    [CONTACT_BY_SERVICE] = {"It asks an address nobody uses for a service that worms look for.",
                            "使われていないアドレスに対し、ワームが狙うサービスを探しています。"},
};

static const char *const advice[CONTACT_KIND_COUNT][LANGUAGES] = {
    [CONTACT_misconfiguration] =
        {"Find the setting on this host that names the address, and"
         " correct it.",
         "このホストの設定から該当アドレスの指定を探し、修正してください。"},
    [CONTACT_backscatter] = {"Look at the load of this service; ask the provider to filter the"
                             " attack.",
                             "このサービスの負荷を確認し、必要なら上流に攻撃の遮断を依頼して"
                             "ください。"},
    [CONTACT_scan] = {"Take this host off the network, and look for the program that sends.",
                      "このホストをネットワークから切り離し、送信しているプログラムを調べて"
                      "ください。"},
};

static const char *protocol_name(const struct contact *contact, char text[16])
{
    switch (contact->protocol) {
    case PROTOCOL_tcp:
        return "TCP";
    case PROTOCOL_udp:
        return "UDP";
    case PROTOCOL_icmp:
    case PROTOCOL_icmp6:
        return "ICMP";
    default:
        snprintf(text, 16, "IP %u", contact->protocol);
        return text;
    }
}

/* "TCP port 23 of 192.0.2.9", "ICMP of …" */
static void place_put(const struct contact *contact, enum language language, struct buffer *out)
{
    char address[IP_TEXT_SIZE], number[16];
    const char *protocol = protocol_name(contact, number);
    bool port = contact->protocol == PROTOCOL_tcp || contact->protocol == PROTOCOL_udp;
    ip_format(&contact->destination_ip, address);
    if (language == JAPANESE && port)
        buffer_put_format(out, "%s の %s ポート %u", address, protocol, contact->destination_port);
    else if (language == JAPANESE)
        buffer_put_format(out, "%s（%s）", address, protocol);
    else if (port)
        buffer_put_format(out, "%s port %u of %s", protocol, contact->destination_port, address);
    else
        buffer_put_format(out, "%s by %s", address, protocol);
}

static void seen_put(const struct contact *contact, const char *organisation,
                     enum language language, struct buffer *out)
{
    char source[IP_TEXT_SIZE];
    ip_format(&contact->source_ip, source);
    if (language == JAPANESE) {
        buffer_put_format(out, "%s（%s）が、", source, organisation);
        buffer_put_format(out, contact->internal ? "組織内の" : "");
        buffer_put_format(out,
                          "使われていないアドレス %" PRIu64 " 件へ %" PRIu64
                          " パケットを送りました。最初の宛先は ",
                          contact->destinations, contact->packets);
        place_put(contact, language, out);
        buffer_put_format(out, " です。");
        return;
    }
    buffer_put_format(
        out, "%s of %s sent %" PRIu64 " packet%s to %" PRIu64 " address%s%s nobody uses", source,
        organisation, contact->packets, contact->packets == 1 ? "" : "s", contact->destinations,
        contact->destinations == 1 ? "" : "es", contact->internal ? " of its own" : "");
    buffer_put_format(out, ", first to ");
    place_put(contact, language, out);
    buffer_put_char(out, '.');
}

enum { SENTENCES = 4 };

/* What is said after what was seen; returns how many. */
static int sentences_choose(const struct contact *contact, enum language language,
                            const char *sentences[SENTENCES])
{
    int count = 0;
    sentences[count++] = reasons[contact->reason][language];
    if (contact->state == CONTACT_ended)
        sentences[count++] =
            language == JAPANESE ? "その後、送信は止まっています。" : "It has been silent since.";
    sentences[count++] = advice[contact->kind][language];
    return count;
}

static void sentences_json(const struct contact *contact, const char *organisation,
                           enum language language, struct json *json)
{
    const char *sentences[SENTENCES];
    struct buffer seen = {0};
    int count = sentences_choose(contact, language, sentences);
    seen_put(contact, organisation, language, &seen);
    json->out->failed |= seen.failed;
    json_array(json);
    json_text(json, buffer_bytes(&seen));
    for (int i = 0; i < count; i++)
        json_text(json, bytes_of(sentences[i]));
    json_end_array(json);
    buffer_finish(&seen);
}

void contact_explain(const struct contact *contact, const char *organisation, struct json *json)
{
    json_object(json);
    json_key(json, "en");
    sentences_json(contact, organisation, ENGLISH, json);
    json_key(json, "ja");
    sentences_json(contact, organisation, JAPANESE, json);
    json_end_object(json);
}

void contact_json(const struct contact *contact, const char *organisation, struct json *json)
{
    char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE], number[16];
    json_object(json);
    json_key(json, "id"), json_unsigned(json, contact->id);
    json_key_text(json, "organisation", bytes_of(organisation));
    json_key_text(json, "source_ip", ip_format(&contact->source_ip, source));
    json_key_text(json, "kind", bytes_of(contact_kind_names[contact->kind]));
    json_key_text(json, "state", bytes_of(contact_state_names[contact->state]));
    json_key(json, "first"), json_time(json, contact->first);
    json_key(json, "last"), json_time(json, contact->last);
    json_key(json, "packets"), json_unsigned(json, contact->packets);
    json_key(json, "destinations"), json_unsigned(json, contact->destinations);
    json_key_text(json, "destination_ip", ip_format(&contact->destination_ip, destination));
    json_key(json, "destination_port"), json_unsigned(json, contact->destination_port);
    json_key_text(json, "protocol", bytes_of(protocol_name(contact, number)));
    json_key(json, "internal"), json_bool(json, contact->internal);
    json_key(json, "explanation");
    contact_explain(contact, organisation, json);
    json_end_object(json);
}

void contact_text(const struct contact *contact, const char *organisation, struct buffer *out)
{
    char first[TIME_TEXT_SIZE];
    time_format(contact->first, first);
    buffer_put_format(out, "[%s] %s, %s\r\n", contact_state_names[contact->state],
                      contact_kind_names[contact->kind], first);
    for (enum language language = ENGLISH; language < LANGUAGES; language++) {
        const char *sentences[SENTENCES];
        int count = sentences_choose(contact, language, sentences);
        seen_put(contact, organisation, language, out);
        buffer_put(out, BYTES("\r\n"));
        for (int i = 0; i < count; i++)
            buffer_put_format(out, "%s\r\n", sentences[i]);
    }
}
