#include "observe/darknet_yaml.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#include "observe/darknet_check.h"

struct reading {
    yaml_document_t *document;
    struct arena *arena;
    struct darknet_configuration *into;
    struct fault *fault;
    uint32_t items; /* list items so far */
};

static int refuse(struct reading *reading, const yaml_node_t *node, int error, const char *why)
{
    reading->fault->why = why;
    reading->fault->line = node ? node->start_mark.line + 1 : 1;
    reading->fault->offset = node ? node->start_mark.index : 0;
    return error;
}

static yaml_node_t *node_at(struct reading *reading, yaml_node_item_t item)
{
    return yaml_document_get_node(reading->document, item);
}

static struct bytes node_text(const yaml_node_t *node)
{
    return (struct bytes){(const char *)node->data.scalar.value, node->data.scalar.length};
}

/* ---- values ------------------------------------------------------------------------ */

static bool text_is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (iscntrl((unsigned char)text.at[i]))
            return false;
    return text.len > 0;
}

static int text_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    if (node->type != YAML_SCALAR_NODE)
        return refuse(reading, node, -EINVAL, "one text belongs here, not a list or a mapping");
    struct bytes text = node_text(node);
    if (text.len > DARKNET_YAML_TEXT)
        return refuse(reading, node, -EFBIG, "this text is longer than 2,048 bytes");
    if (!text_is_plain(text))
        return refuse(reading, node, -EINVAL,
                      "this text is empty or has control characters; take the key away or fill it");
    const char *copy = arena_copy(reading->arena, text).at;
    if (!copy)
        return -ENOMEM;
    *(const char **)into = copy;
    return 0;
}

static int name_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    int status = text_read(reading, node, into);
    if (status)
        return status;
    struct bytes name = node_text(node);
    if (name.len >= ORGANISATION_NAME_SIZE)
        return refuse(reading, node, -EINVAL, "a name has at most 119 bytes; shorten it");
    if (memchr(name.at, '/', name.len) || name.at[0] == '.')
        return refuse(reading, node, -EINVAL, "a name has no '/' and does not begin with '.'");
    return 0;
}

static int webhook_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    int status = text_read(reading, node, into);
    if (status)
        return status;
    struct bytes url = node_text(node);
    if (!bytes_start(url, BYTES("https://")) && !bytes_start(url, BYTES("http://")))
        return refuse(reading, node, -EINVAL, "a webhook begins with https:// or http://");
    return 0;
}

static int server_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    int status = text_read(reading, node, into);
    if (status)
        return status;
    struct bytes url = node_text(node);
    if (!bytes_start(url, BYTES("smtps://")) && !bytes_start(url, BYTES("smtp://")))
        return refuse(reading, node, -EINVAL, "a mail server begins with smtp:// or smtps://");
    return 0;
}

static int mail_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    int status = text_read(reading, node, into);
    if (status)
        return status;
    struct bytes mail = node_text(node);
    if (!memchr(mail.at, '@', mail.len) || memchr(mail.at, ' ', mail.len) ||
        memchr(mail.at, '<', mail.len) || memchr(mail.at, '>', mail.len))
        return refuse(reading, node, -EINVAL, "a mail address is name@domain, without a blank");
    return 0;
}

/* Of a datagram the address itself: a name would have to be asked for, and who sends may not wait.
 */
static int syslog_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    static const char why[] = "syslog is udp://ADDRESS:PORT, tcp://HOST:PORT or tls://HOST:PORT";
    int status = text_read(reading, node, into);
    if (status)
        return status;
    struct syslog_address address;
    return syslog_address_parse(node_text(node), &address) ? refuse(reading, node, -EINVAL, why)
                                                           : 0;
}

static int priority_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct bytes text = node->type == YAML_SCALAR_NODE ? node_text(node) : BYTES("");
    if (text.len != 1 || text.at[0] < '1' || text.at[0] > '4')
        return refuse(reading, node, -EINVAL, "alerts is the least priority told, 1 to 4");
    *(uint32_t *)into = (uint32_t)(text.at[0] - '0');
    return 0;
}

/* "90s", "30m", "2h", "7d". */
static int silence_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    static const char why[] = "a silence is a number with s, m, h or d, from 1s to 365d";
    if (node->type != YAML_SCALAR_NODE)
        return refuse(reading, node, -EINVAL, why);
    struct bytes text = node_text(node);
    const int64_t units[] = {TIME_SECOND, TIME_MINUTE, TIME_HOUR, TIME_DAY};
    const char *unit = text.len > 1 ? strchr("smhd", text.at[text.len - 1]) : NULL;
    int64_t value = 0;
    if (!unit || !*unit || text.len > 6)
        return refuse(reading, node, -EINVAL, why);
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (!isdigit((unsigned char)text.at[i]))
            return refuse(reading, node, -EINVAL, why);
        value = value * 10 + (text.at[i] - '0');
    }
    value *= units[unit - "smhd"];
    if (value < TIME_SECOND || value > 365 * TIME_DAY)
        return refuse(reading, node, -EINVAL, why);
    *(int64_t *)into = value;
    return 0;
}

static int prefix_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct prefix prefix;
    struct ip address;
    if (node->type != YAML_SCALAR_NODE || prefix_parse(node_text(node), &prefix))
        return refuse(reading, node, -EINVAL,
                      "this is no prefix; write it as 192.0.2.0/24 or 2001:db8::/32");
    struct bytes text = node_text(node);
    const char *slash = memchr(text.at, '/', text.len);
    if (slash && ip_parse((struct bytes){text.at, (size_t)(slash - text.at)}, &address) &&
        memcmp(&address, &prefix.address, sizeof(address)) != 0)
        return refuse(reading, node, -EINVAL,
                      "this prefix has bits set behind its length; make them zero, or lengthen it");
    *(struct prefix *)into = prefix;
    return 0;
}

/* ---- lists ------------------------------------------------------------------------- */

/* A list, or one item that stands for a list of it. */
static int list_read(struct reading *reading, const yaml_node_t *node,
                     int (*read)(struct reading *reading, const yaml_node_t *node, void *into),
                     size_t size, void **ret_items, uint32_t *ret_count)
{
    bool list = node->type == YAML_SEQUENCE_NODE;
    const yaml_node_item_t *first = list ? node->data.sequence.items.start : NULL;
    size_t count = list ? (size_t)(node->data.sequence.items.top - first) : 1;
    if (count > DARKNET_YAML_ITEMS - reading->items)
        return refuse(reading, node, -EFBIG, "more than 1,048,576 items in lists");
    reading->items += (uint32_t)count;
    char *items = arena_take_array(reading->arena, count ? count : 1, size);
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = list ? node_at(reading, first[i]) : node;
        int status = read(reading, item, items + i * size);
        if (status)
            return status;
    }
    *ret_items = items;
    *ret_count = (uint32_t)count;
    return 0;
}

static int prefixes_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct prefix_list *list = into;
    void *items;
    int status = list_read(reading, node, prefix_read, sizeof(struct prefix), &items, &list->count);
    if (!status)
        list->at = items;
    return status;
}

static int texts_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct text_list *list = into;
    void *items;
    int status = list_read(reading, node, text_read, sizeof(char *), &items, &list->count);
    if (!status)
        list->at = items;
    return status;
}

static int mails_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct text_list *list = into;
    void *items;
    int status = list_read(reading, node, mail_read, sizeof(char *), &items, &list->count);
    if (!status && list->count > ORGANISATION_MAILS)
        return refuse(reading, node, -EFBIG, "at most 16 mail addresses; make a distribution list");
    if (!status)
        list->at = items;
    return status;
}

/* ---- mappings ---------------------------------------------------------------------- */

struct key {
    const char *name;
    int (*read)(struct reading *reading, const yaml_node_t *node, void *into);
    size_t offset; /* in what the mapping is read into */
    bool needed;
};

enum { KEYS = 16 };

static int key_find(struct reading *reading, const struct key *keys, const yaml_node_t *name,
                    size_t *ret_number)
{
    for (size_t i = 0; keys[i].name; i++)
        if (name->type == YAML_SCALAR_NODE &&
            bytes_equal(node_text(name), bytes_of(keys[i].name))) {
            *ret_number = i;
            return 0;
        }
    return refuse(reading, name, -EINVAL,
                  "this key is not known here; look for a misspelling, or take it away");
}

static int mapping_read(struct reading *reading, const yaml_node_t *node, const struct key *keys,
                        void *into)
{
    bool seen[KEYS] = {false};
    if (node->type != YAML_MAPPING_NODE)
        return refuse(reading, node, -EINVAL, "a mapping of keys to values belongs here");
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = node_at(reading, pair->key);
        size_t number;
        int status = key_find(reading, keys, name, &number);
        if (!status && seen[number])
            status = refuse(reading, name, -EINVAL, "this key stands here twice; keep one");
        if (!status)
            status = keys[number].read(reading, node_at(reading, pair->value),
                                       (char *)into + keys[number].offset);
        if (status)
            return status;
        seen[number] = true;
    }
    for (size_t i = 0; keys[i].name; i++)
        if (keys[i].needed && !seen[i])
            return refuse(reading, node, -EINVAL,
                          strcmp(keys[i].name, "name") == 0 ? "this organisation has no name"
                          : strcmp(keys[i].name, "prefixes") == 0
                              ? "there is no list of prefixes here"
                              : "a mail server needs both server and from");
    return 0;
}

static int organisation_read(struct reading *reading, const yaml_node_t *node, void *into)
{
#define AT(field) offsetof(struct organisation, field)
    static const struct key keys[] = {
        {"name", name_read, AT(name), true},
        {"prefixes", prefixes_read, AT(prefixes), true},
        {"unused", prefixes_read, AT(unused), false},
        {"webhook", webhook_read, AT(webhook), false},
        {"webhook_token", text_read, AT(webhook_token), false},
        {"mail", mails_read, AT(mails), false},
        {"syslog", syslog_read, AT(syslog), false},
        {"alerts", priority_read, AT(alerts_priority), false},
        {NULL, NULL, 0, false},
    };
#undef AT
    struct organisation *organisation = into;
    int status = mapping_read(reading, node, keys, organisation);
    if (status)
        return status;
    if (organisation->prefixes.count == 0)
        return refuse(reading, node, -EINVAL, "this organisation has no prefixes; list its own");
    if (organisation->webhook_token && !organisation->webhook)
        return refuse(reading, node, -EINVAL, "a webhook_token without a webhook");
    return 0;
}

static int organisations_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    struct darknet_configuration *configuration = into;
    void *items;
    uint32_t count;
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(reading, node, -EINVAL,
                      "organisations are a list: begin each with '- name:'");
    int status =
        list_read(reading, node, organisation_read, sizeof(struct organisation), &items, &count);
    if (status)
        return status;
    if (count > ORGANISATION_LIMIT)
        return refuse(reading, node, -EFBIG, "more than 65,536 organisations");
    configuration->organisations = items;
    configuration->organisation_count = count;
    uint32_t culprit;
    const char *why;
    status = darknet_check_organisations(configuration, &culprit, &why);
    if (status == -EINVAL)
        refuse(reading, node_at(reading, node->data.sequence.items.start[culprit]), status, why);
    return status;
}

static int telescope_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    static const struct key keys[] = {
        {"prefixes", prefixes_read, offsetof(struct darknet_configuration, prefixes), true},
        {"exclude", prefixes_read, offsetof(struct darknet_configuration, exclude), false},
        {NULL, NULL, 0, false},
    };
    return mapping_read(reading, node, keys, into);
}

static int mail_server_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    static const struct key keys[] = {
        {"server", server_read, offsetof(struct mail_server, url), true},
        {"from", mail_read, offsetof(struct mail_server, from), true},
        {"user", text_read, offsetof(struct mail_server, user), false},
        {"password_file", text_read, offsetof(struct mail_server, password_file), false},
        {NULL, NULL, 0, false},
    };
    struct mail_server *mail = into;
    int status = mapping_read(reading, node, keys, mail);
    if (!status && !mail->user != !mail->password_file)
        return refuse(reading, node, -EINVAL, "user and password_file belong together");
    return status;
}

static int contacts_read(struct reading *reading, const yaml_node_t *node, void *into)
{
    static const struct key keys[] = {
        {"silence", silence_read, offsetof(struct darknet_configuration, contact_silence), false},
        {NULL, NULL, 0, false},
    };
    return mapping_read(reading, node, keys, into);
}

static int configuration_read(struct reading *reading, const yaml_node_t *node)
{
#define AT(field) offsetof(struct darknet_configuration, field)
    static const struct key keys[] = {
        {"telescope", telescope_read, 0, false},
        {"organisations", organisations_read, 0, false},
        {"scanner_lists", texts_read, AT(scanner_lists), false},
        {"geography", text_read, AT(geography), false},
        {"authority", text_read, AT(authority), false},
        {"mail", mail_server_read, AT(mail), false},
        {"contacts", contacts_read, 0, false},
        {NULL, NULL, 0, false},
    };
#undef AT
    int status = mapping_read(reading, node, keys, reading->into);
    if (status)
        return status;
    for (uint32_t i = 0; i < reading->into->organisation_count && !reading->into->mail.url; i++)
        if (reading->into->organisations[i].mails.count)
            return refuse(reading, node, -EINVAL,
                          "an organisation wants mail, but no mail server is given under 'mail:'");
    return 0;
}

/* ---- the file ---------------------------------------------------------------------- */

static int document_read(struct reading *reading, yaml_parser_t *parser)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document)) {
        if (parser->error == YAML_MEMORY_ERROR)
            return -ENOMEM;
        reading->fault->why = "this is no YAML; look for a wrong indentation or a missing quote";
        reading->fault->line = parser->problem_mark.line + 1;
        reading->fault->offset = parser->problem_offset;
        return -EINVAL;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    reading->document = &document;
    int status = root ? configuration_read(reading, root)
                      : refuse(reading, NULL, -EINVAL, "the file is empty");
    yaml_document_delete(&document);
    reading->document = NULL;
    return status;
}

int darknet_yaml_read(struct bytes text, struct arena *arena,
                      struct darknet_configuration *ret_configuration, struct fault *ret_fault)
{
    struct darknet_configuration configuration = {.contact_silence = CONTACT_SILENCE_DEFAULT};
    struct reading reading = {.arena = arena, .into = &configuration, .fault = ret_fault};
    yaml_parser_t parser;

    if (text.len > DARKNET_YAML_LIMIT)
        return refuse(&reading, NULL, -EFBIG, "the file is larger than 4 MiB");
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
    int status = document_read(&reading, &parser);
    yaml_parser_delete(&parser);
    if (status == 0)
        *ret_configuration = configuration;
    return status;
}

static int file_read(const char *path, char *room, size_t *ret_size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    ssize_t got = 1;
    if (file < 0)
        return -errno;
    while (size <= DARKNET_YAML_LIMIT &&
           (got = read(file, room + size, DARKNET_YAML_LIMIT + 1 - size)) > 0)
        size += (size_t)got;
    int status = got < 0 ? -errno : 0;
    close(file);
    if (status == 0)
        *ret_size = size;
    return status;
}

int darknet_yaml_load(const char *path, struct arena *arena,
                      struct darknet_configuration *ret_configuration, struct fault *ret_fault)
{
    char *room = malloc(DARKNET_YAML_LIMIT + 1);
    size_t size = 0;
    ret_fault->why = NULL;
    int status = room ? file_read(path, room, &size) : -ENOMEM;
    if (status == 0)
        status = darknet_yaml_read((struct bytes){room, size}, arena, ret_configuration, ret_fault);
    free(room);
    return status;
}
