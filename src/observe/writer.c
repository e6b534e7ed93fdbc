/* Tokens into columns: unescape, convert, intern. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/utf8.h"
#include "observe/writer.h"

enum { INTERN_SLOTS = 8192 };

/* A spelling seen in this batch and the id it got. */
struct intern_slot {
    const char *at;
    uint32_t len, id, generation, kind;
};

int writer_init(struct writer *writer)
{
    writer->slots = calloc(INTERN_SLOTS, sizeof(*writer->slots));
    return writer->slots ? 0 : -ENOMEM;
}

void writer_finish(struct writer *writer)
{
    free(writer->slots);
    buffer_finish(&writer->scratch);
}

void writer_begin(struct writer *writer, struct batch *batch)
{
    writer->batch = batch;
    if (++writer->generation == 0) { /* once in four billion batches */
        memset(writer->slots, 0, INTERN_SLOTS * sizeof(*writer->slots));
        writer->generation = 1;
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four hexadecimal digits behind \u, or -1. */
static int32_t escape_unit(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Behind "\u": one code point, half a surrogate pair as U+FFFD. Moves *at past it. */
static uint32_t escape_code(const char **at, const char *end)
{
    int32_t unit = escape_unit(*at, end);
    if (unit < 0)
        return 0xfffd;
    *at += 4;
    if (unit < 0xd800 || unit > 0xdfff)
        return (uint32_t)unit;
    if (unit > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xfffd;
    int32_t low = escape_unit(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *at += 6;
    return 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
}

static char *escape_put(char *to, const char **at, const char *end)
{
    char c = *(*at)++;
    switch (c) {
    case 'n':
        *to++ = '\n';
        return to;
    case 't':
        *to++ = '\t';
        return to;
    case 'r':
        *to++ = '\r';
        return to;
    case 'b':
        *to++ = '\b';
        return to;
    case 'f':
        *to++ = '\f';
        return to;
    case 'u':
        return utf8_put(to, escape_code(at, end));
    default: /* ", \, /; and of an escape JSON doesn't have, the character itself */
        *to++ = c;
        return to;
    }
}

/* An escaped string is never shorter than what it means, so `to` needs text.len bytes. */
static size_t unescape(char *to, struct bytes text)
{
    const char *at = text.at, *end = text.at + text.len;
    char *begin = to;
    while (at < end) {
        char c = *at++;
        if (c != '\\' || at == end)
            *to++ = c;
        else
            to = escape_put(to, &at, end);
    }
    return (size_t)(to - begin);
}

struct bytes writer_text(struct writer *writer, struct token token)
{
    struct bytes text = {token.at, token.len};
    if (token.kind != TOKEN_ESCAPED || token.len == 0 || !memchr(token.at, '\\', token.len))
        return text;
    buffer_clear(&writer->scratch);
    if (!buffer_reserve(&writer->scratch, text.len))
        return (struct bytes){"", 0};
    return (struct bytes){writer->scratch.at, unescape(writer->scratch.at, text)};
}

int writer_intern(struct writer *writer, struct token token, uint32_t *ret_id)
{
    if (token.len == 0) {
        *ret_id = 0;
        return 0;
    }
    struct bytes raw = {token.at, token.len};
    struct intern_slot *slot = &writer->slots[hash_bytes(raw) % INTERN_SLOTS];
    if (slot->generation == writer->generation && slot->len == token.len &&
        slot->kind == token.kind && memcmp(slot->at, token.at, token.len) == 0) {
        *ret_id = slot->id;
        return 0;
    }
    uint32_t id;
    struct bytes text = writer_text(writer, token);
    int error = strings_intern(&writer->batch->strings, text, &id);
    if (error)
        return error;
    *slot = (struct intern_slot){token.at, token.len, id, writer->generation, token.kind};
    *ret_id = id;
    return 0;
}

bool token_number(struct token token, uint64_t *ret_value)
{
    struct bytes text = {token.at, token.len};
    uint64_t value = 0, base = 10;
    if (text.len > 2 && text.at[0] == '0' && ascii_lower(text.at[1]) == 'x') {
        base = 16;
        text = bytes_from(text, 2);
    }
    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hex_digit(text.at[i]);
        if (digit < 0 || (uint64_t)digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool token_is(struct token token, const char *word)
{
    size_t i = 0;
    for (; i < token.len && word[i]; i++)
        if (ascii_lower(token.at[i]) != word[i])
            return false;
    return i == token.len && !word[i];
}

static int text_put(struct writer *writer, uint32_t row, enum field field, struct bytes text)
{
    uint32_t *column = batch_column(writer->batch, field);
    return strings_intern(&writer->batch->strings, text, &column[row]);
}

/* "DOMAIN\user"; a name without a domain is a user's. */
static int account_put(struct writer *writer, uint32_t row, struct bytes text, bool target)
{
    const char *slash = memchr(text.at, '\\', text.len);
    size_t domain = slash ? (size_t)(slash - text.at) : 0;
    struct bytes user = bytes_from(text, slash ? domain + 1 : 0);
    if (target)
        return text_put(writer, row, FIELD_user_target_name, user);
    int error = text_put(writer, row, FIELD_user_name, user);
    if (!error && domain)
        error = text_put(writer, row, FIELD_user_domain, (struct bytes){text.at, domain});
    return error;
}

/* The value behind `label` up to `stop`, or up to the end. */
static struct bytes value_behind(struct bytes text, struct bytes label, struct bytes stop)
{
    const char *at = memmem(text.at, text.len, label.at, label.len);
    if (!at)
        return (struct bytes){text.at, 0};
    struct bytes rest = bytes_from(text, (size_t)(at - text.at) + label.len);
    const char *end = memmem(rest.at, rest.len, stop.at, stop.len);
    return end ? (struct bytes){rest.at, (size_t)(end - rest.at)} : rest;
}

static int hashes_put(struct writer *writer, uint32_t row, struct bytes text)
{
    static const char *const strongest_first[] = {"SHA256=", "SHA1=", "MD5=", "IMPHASH="};
    if (memchr(text.at, '=', text.len)) {
        struct bytes hash = {text.at, 0};
        for (size_t i = 0; i < 4 && hash.len == 0; i++)
            hash = value_behind(text, bytes_of(strongest_first[i]), BYTES(","));
        text = hash;
    }
    return text_put(writer, row, FIELD_hash, text);
}

static uint8_t transport_number(struct token token)
{
    static const struct {
        const char *word;
        uint8_t number;
    } words[] = {{"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"ipv6-icmp", 58}, {"icmpv6", 58}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (token_is(token, words[i].word))
            return words[i].number;
    uint64_t number;
    return token_number(token, &number) && number < 256 ? (uint8_t)number : 0;
}

static uint8_t direction_of(struct token token)
{
    static const char *const in[] = {"ingress", "inbound", "incoming", "false", "%%14592"};
    static const char *const out[] = {"egress", "outbound", "outgoing", "true", "%%14593"};
    for (size_t i = 0; i < 5; i++) {
        if (token_is(token, in[i]))
            return DIRECTION_ingress;
        if (token_is(token, out[i]))
            return DIRECTION_egress;
    }
    return DIRECTION_unknown;
}

static uint8_t logon_number(struct token token)
{
    static const char *const words[] = {"",
                                        "",
                                        "interactive",
                                        "network",
                                        "batch",
                                        "service",
                                        "",
                                        "unlock",
                                        "networkcleartext",
                                        "newcredentials",
                                        "remoteinteractive",
                                        "cachedinteractive"};
    for (size_t i = 2; i < sizeof(words) / sizeof(words[0]); i++)
        if (words[i][0] && token_is(token, words[i]))
            return (uint8_t)i;
    uint64_t number;
    return token_number(token, &number) && number < 256 ? (uint8_t)number : 0;
}

/* What is in the field already, a backslash, and the name: a value of a key, a file of a share. */
static int name_append(struct writer *writer, uint32_t row, enum field field, struct bytes name)
{
    const uint32_t *column = batch_column(writer->batch, field);
    struct bytes key = batch_text(writer->batch, column, row);
    if (key.len == 0)
        return 0;
    struct buffer path = {0};
    buffer_put(&path, key);
    buffer_put_char(&path, '\\');
    buffer_put(&path, name);
    int error = path.failed ? -ENOMEM : text_put(writer, row, field, buffer_bytes(&path));
    buffer_finish(&path);
    return error;
}

/* Shippers pad the number differently: "0x3e7", "0x00000000000003e7". */
static int logon_id_put(struct writer *writer, uint32_t row, struct token token)
{
    char text[32];
    uint64_t number;
    if (!token_number(token, &number))
        return writer_intern(writer, token, &writer->batch->columns.logon_id[row]);
    int len = snprintf(text, sizeof(text), "0x%llx", (unsigned long long)number);
    return text_put(writer, row, FIELD_logon_id, (struct bytes){text, (size_t)len});
}

enum { KERNEL_PID = 4 };

static int special_put(struct writer *writer, uint32_t row, unsigned target, struct token token)
{
    struct batch_columns *columns = &writer->batch->columns;
    struct bytes text = writer_text(writer, token);
    uint64_t number;
    switch (target) {
    case TARGET_account:
        return account_put(writer, row, text, false);
    case TARGET_target_account:
        return account_put(writer, row, text, true);
    case TARGET_hashes:
        return hashes_put(writer, row, text);
    case TARGET_initiated:
    case TARGET_direction_word:
        columns->network_direction[row] = direction_of(token);
        return 0;
    case TARGET_transport:
        columns->network_transport[row] = transport_number(token);
        return 0;
    case TARGET_logon_word:
        columns->logon_type[row] = logon_number(token);
        return 0;
    case TARGET_host_application:
        return text_put(writer, row, FIELD_process_command_line,
                        value_behind(text, BYTES("HostApplication="), BYTES("\n")));
    case TARGET_task_command:
        return text_put(writer, row, FIELD_file_path,
                        value_behind(text, BYTES("<Command>"), BYTES("</Command>")));
    case TARGET_value_name:
        return name_append(writer, row, FIELD_registry_path, text);
    case TARGET_share_file:
        return name_append(writer, row, FIELD_file_path, text);
    case TARGET_logon_id:
        return logon_id_put(writer, row, token);
    case TARGET_program_pid:
        if (token_number(token, &number) && number != KERNEL_PID && number <= UINT32_MAX)
            columns->process_pid[row] = (uint32_t)number;
        return 0;
    default:
        return 0;
    }
}

enum { SCRIPT_TEXT_LIMIT = 4096 };

/* At most the limit, not ending within a character or an escape. */
static struct token script_cut(struct token token)
{
    if (token.len <= SCRIPT_TEXT_LIMIT)
        return token;
    token.len = SCRIPT_TEXT_LIMIT;
    while (token.len && ((unsigned char)token.at[token.len] & 0xc0) == 0x80)
        token.len--;
    for (uint32_t back = 1; back <= 12 && back <= token.len; back++)
        if (token.kind == TOKEN_ESCAPED && token.at[token.len - back] == '\\') {
            token.len -= back;
            if (token.len && token.at[token.len - 1] == '\\')
                token.len--;
            break;
        }
    return token;
}

int writer_put(struct writer *writer, uint32_t row, unsigned target, struct token token)
{
    if (token.kind == TOKEN_NONE || token.len == 0 || (token.len == 1 && token.at[0] == '-'))
        return 0;
    if (target >= FIELD_COUNT)
        return special_put(writer, row, target, token);
    void *column = batch_column(writer->batch, (enum field)target);
    uint64_t number;
    switch (observation_fields[target].kind) {
    case FIELD_KIND_text:
        if (target == FIELD_script_text)
            token = script_cut(token);
        return writer_intern(writer, token, (uint32_t *)column + row);
    case FIELD_KIND_u8:
        if (token_number(token, &number) && number <= UINT8_MAX)
            ((uint8_t *)column)[row] = (uint8_t)number;
        return 0;
    case FIELD_KIND_u16:
        if (token_number(token, &number) && number <= UINT16_MAX)
            ((uint16_t *)column)[row] = (uint16_t)number;
        return 0;
    case FIELD_KIND_u32:
        if (token_number(token, &number) && number <= UINT32_MAX)
            ((uint32_t *)column)[row] = (uint32_t)number;
        return 0;
    case FIELD_KIND_ip:
        ip_parse((struct bytes){token.at, token.len}, (struct ip *)column + row);
        return 0;
    default:
        return 0;
    }
}
