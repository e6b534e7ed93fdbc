#include "observe/binxml.h"

#include "base/cursor.h"
#include "base/time.h"
#include "observe/utf8.h"

enum {
    ELEMENTS = 8,
    TEMPLATES = 8,
    STEPS = 1 << 16,
    TEXT_LIMIT = 1 << 20, /* of one record */
    NAME_SIZE = 64,
    TEMPLATE_HEADER = 24, /* offset of the next one, GUID, size of the body */
    NAME_HEADER = 8,      /* offset of the next one, hash, number of characters */
    HAS_MORE = 0x40,
};

enum token_code {
    CODE_end = 0x00,
    CODE_open = 0x01,
    CODE_close_start = 0x02,
    CODE_close_empty = 0x03,
    CODE_close = 0x04,
    CODE_value = 0x05,
    CODE_attribute = 0x06,
    CODE_characters = 0x07,
    CODE_character = 0x08,
    CODE_entity = 0x09,
    CODE_instruction = 0x0a,
    CODE_instruction_data = 0x0b,
    CODE_template = 0x0c,
    CODE_blank = 0x0d,
    CODE_blank_optional = 0x0e,
    CODE_fragment = 0x0f,
};

enum value_type {
    VALUE_string = 0x01,
    VALUE_ansi = 0x02,
    VALUE_i8 = 0x03,
    VALUE_u8 = 0x04,
    VALUE_i16 = 0x05,
    VALUE_u16 = 0x06,
    VALUE_i32 = 0x07,
    VALUE_u32 = 0x08,
    VALUE_i64 = 0x09,
    VALUE_u64 = 0x0a,
    VALUE_bool = 0x0d,
    VALUE_binary = 0x0e,
    VALUE_guid = 0x0f,
    VALUE_size = 0x10,
    VALUE_filetime = 0x11,
    VALUE_systemtime = 0x12,
    VALUE_sid = 0x13,
    VALUE_hex32 = 0x14,
    VALUE_hex64 = 0x15,
    VALUE_xml = 0x21,
    VALUE_strings = 0x81,
};

/* What a record fills the blanks of its template with. */
struct value {
    struct bytes bytes;
    uint8_t type;
};

struct values {
    const struct value *items;
    uint32_t count;
};

struct binxml {
    struct bytes chunk;
    struct arena *texts;
    struct buffer *text; /* of the element or attribute we are in, so far */
    struct record *record;
    struct key_step steps[ELEMENTS];
    unsigned depth, templates;
    size_t steps_left, text_left;
    bool in_attribute;
    uint8_t attribute; /* its key */
    bool names_data;   /* it is the Name of a <Data> */
    bool broken;
};

static void fragment_read(struct binxml *xml, struct cursor *in, const struct values *values);

static size_t place_of(const struct binxml *xml, const struct cursor *in)
{
    return (size_t)(in->at - xml->chunk.at);
}

/* UTF-16 to UTF-8; half a pair becomes U+FFFD, NUL ends the text. */
static void utf16_put(struct buffer *out, struct bytes text)
{
    struct cursor in = cursor_over(text);
    if (!buffer_reserve(out, text.len / 2 * 3))
        return;
    while (cursor_left(&in) >= 2) {
        uint32_t unit = cursor_u8(&in);
        unit |= (uint32_t)cursor_u8(&in) << 8;
        if (unit == 0)
            return;
        if (unit >= 0xd800 && unit < 0xdc00 && cursor_left(&in) >= 2 &&
            ((uint8_t)in.at[1] & 0xfc) == 0xdc) {
            uint32_t low = cursor_u8(&in);
            low |= (uint32_t)cursor_u8(&in) << 8;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        } else if (unit >= 0xd800 && unit < 0xe000) {
            unit = 0xfffd;
        }
        out->len = (size_t)(utf8_put(out->at + out->len, unit) - out->at);
    }
}

static uint64_t little(struct bytes bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.len && i < 8; i++)
        value |= (uint64_t)(uint8_t)bytes.at[i] << (8 * i);
    return value;
}

static void signed_put(struct buffer *out, struct bytes bytes)
{
    unsigned unused = bytes.len && bytes.len < 8 ? 64 - 8 * (unsigned)bytes.len : 0;
    buffer_put_format(out, "%lld", (long long)((int64_t)(little(bytes) << unused) >> unused));
}

static void guid_put(struct buffer *out, struct bytes bytes)
{
    const unsigned char *b = (const unsigned char *)bytes.at;
    if (bytes.len == 16)
        buffer_put_format(out,
                          "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                          b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11],
                          b[12], b[13], b[14], b[15]);
}

static void sid_put(struct buffer *out, struct bytes bytes)
{
    if (bytes.len < 8)
        return;
    uint64_t authority = 0;
    for (int i = 2; i < 8; i++)
        authority = authority << 8 | (uint8_t)bytes.at[i];
    buffer_put_format(out, "S-%u-%llu", (uint8_t)bytes.at[0], (unsigned long long)authority);
    for (size_t at = 8; at + 4 <= bytes.len; at += 4)
        buffer_put_format(out, "-%llu",
                          (unsigned long long)little((struct bytes){bytes.at + at, 4}));
}

/* 100 ns since 1601, as ISO 8601 with all its digits. */
static void filetime_put(struct buffer *out, struct bytes bytes)
{
    static const uint64_t unix_epoch = UINT64_C(116444736000000000);
    uint64_t ticks = little(bytes);
    int64_t since;
    char text[TIME_TEXT_SIZE];
    if (ticks > INT64_MAX ||
        __builtin_mul_overflow((int64_t)ticks - (int64_t)unix_epoch, 100, &since))
        buffer_put_format(out, "%llu00 ns since 1601", (unsigned long long)ticks);
    else
        buffer_put(out, time_format(since, text));
}

static void systemtime_put(struct buffer *out, struct bytes bytes)
{
    unsigned part[8];
    if (bytes.len != 16)
        return;
    for (int i = 0; i < 8; i++)
        part[i] = (unsigned)little((struct bytes){bytes.at + 2 * i, 2});
    buffer_put_format(out, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", part[0], part[1], part[3],
                      part[4], part[5], part[6], part[7]);
}

static void binary_put(struct buffer *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        buffer_put_format(out, "%02X", (uint8_t)bytes.at[i]);
}

/* Strings one behind the other, each with its NUL, as lines. */
static void strings_put(struct buffer *out, struct bytes bytes)
{
    size_t begin = 0;
    for (size_t at = 0; at + 2 <= bytes.len; at += 2) {
        if (bytes.at[at] || bytes.at[at + 1])
            continue;
        utf16_put(out, (struct bytes){bytes.at + begin, at - begin});
        buffer_put_char(out, '\n');
        begin = at + 2;
    }
}

static void ansi_put(struct buffer *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.len && bytes.at[i]; i++)
        if (buffer_reserve(out, 4)) /* as Latin-1: each byte a character */
            out->len = (size_t)(utf8_put(out->at + out->len, (uint8_t)bytes.at[i]) - out->at);
}

/* A value as Windows prints it. Types that carry nothing we use print nothing. */
static void value_put(struct buffer *out, struct value value)
{
    switch (value.type) {
    case VALUE_string:
        utf16_put(out, value.bytes);
        break;
    case VALUE_strings:
        strings_put(out, value.bytes);
        break;
    case VALUE_ansi:
        ansi_put(out, value.bytes);
        break;
    case VALUE_i8:
    case VALUE_i16:
    case VALUE_i32:
    case VALUE_i64:
        signed_put(out, value.bytes);
        break;
    case VALUE_u8:
    case VALUE_u16:
    case VALUE_u32:
    case VALUE_u64:
        buffer_put_format(out, "%llu", (unsigned long long)little(value.bytes));
        break;
    case VALUE_size:
    case VALUE_hex32:
    case VALUE_hex64:
        buffer_put_format(out, "0x%llx", (unsigned long long)little(value.bytes));
        break;
    case VALUE_bool:
        buffer_put(out, little(value.bytes) ? BYTES("true") : BYTES("false"));
        break;
    case VALUE_binary:
        binary_put(out, value.bytes);
        break;
    case VALUE_guid:
        guid_put(out, value.bytes);
        break;
    case VALUE_filetime:
        filetime_put(out, value.bytes);
        break;
    case VALUE_systemtime:
        systemtime_put(out, value.bytes);
        break;
    case VALUE_sid:
        sid_put(out, value.bytes);
        break;
    }
}

/* The text gathered so far as a token, and none gathered. */
static struct token text_take(struct binxml *xml)
{
    struct token token = {"", 0, TOKEN_TEXT};
    if (xml->text->len > xml->text_left) {
        xml->broken = true;
    } else if (xml->text->len) {
        xml->text_left -= xml->text->len;
        struct bytes copy = arena_copy(xml->texts, buffer_bytes(xml->text));
        xml->broken = xml->broken || !copy.at;
        token.at = copy.at;
        token.len = (uint32_t)copy.len;
    }
    xml->broken = xml->broken || xml->text->failed;
    buffer_clear(xml->text);
    return token;
}

/* The element we are in; NULL outside, and too deep to mean anything. */
static struct key_step *step_now(struct binxml *xml)
{
    return xml->depth && xml->depth <= ELEMENTS ? &xml->steps[xml->depth - 1] : NULL;
}

static void attribute_end(struct binxml *xml)
{
    struct key_step *step = step_now(xml);
    if (!xml->in_attribute)
        return;
    xml->in_attribute = false;
    struct token token = text_take(xml);
    if (xml->broken || !step)
        return;
    if (xml->names_data)
        *step = key_find(key_data_place(), (struct bytes){token.at, token.len});
    else if (xml->attribute != KEY_NONE)
        record_put(xml->record, xml->attribute, token);
}

static void element_text(struct binxml *xml)
{
    const struct key_step *step = step_now(xml);
    struct token token = text_take(xml);
    if (xml->broken || !step || token.len == 0)
        return;
    if (step->key != KEY_NONE)
        record_offer(xml->record, step->key, token);
    else if (step->listed)
        record_put_unnamed(xml->record, token);
}

/* A name: its place in the chunk, and the name itself if that place is right here. */
static struct bytes name_read(struct binxml *xml, struct cursor *in, char name[NAME_SIZE])
{
    uint32_t place = cursor_u32(in);
    struct cursor there = cursor_over(bytes_from(xml->chunk, place));
    struct bytes header = cursor_take(&there, NAME_HEADER);
    size_t count = header.len ? (size_t)little((struct bytes){header.at + 6, 2}) : 0;
    struct bytes text = cursor_take(&there, 2 * count);
    if (!cursor_ok(&there))
        in->short_read = true;
    else if (place == place_of(xml, in))
        cursor_take(in, NAME_HEADER + 2 * count + 2);
    if (count > NAME_SIZE || !cursor_ok(in))
        return (struct bytes){"", 0};
    for (size_t i = 0; i < count; i++) /* the names we know are ASCII */
        name[i] = text.at[2 * i + 1] ? '?' : text.at[2 * i];
    return (struct bytes){name, count};
}

static void element_open(struct binxml *xml, struct cursor *in, bool attributes)
{
    char text[NAME_SIZE];
    const struct key_step *parent = step_now(xml);
    struct key_step step = {KEY_NONE, KEY_NOWHERE, false};
    buffer_clear(xml->text);
    cursor_take(in, 2 + 4); /* dependency, size */
    struct bytes name = name_read(xml, in, text);
    if (attributes)
        cursor_u32(in);
    if (xml->depth == 0)
        step = key_find(KEY_ROOT, name);
    else if (parent && parent->place != KEY_NOWHERE)
        step = key_find(parent->place, name);
    if (xml->depth < ELEMENTS)
        xml->steps[xml->depth] = step;
    xml->depth++;
}

static void element_close(struct binxml *xml)
{
    element_text(xml);
    if (xml->depth)
        xml->depth--;
}

static void attribute_begin(struct binxml *xml, struct cursor *in)
{
    char text[NAME_SIZE];
    const struct key_step *step = step_now(xml);
    attribute_end(xml);
    struct bytes name = name_read(xml, in, text);
    buffer_clear(xml->text);
    xml->in_attribute = true;
    xml->names_data = step && step->listed && bytes_equal(name, BYTES("Name"));
    xml->attribute =
        step && step->place != KEY_NOWHERE ? key_find(step->place, name).key : KEY_NONE;
}

static void entity_put(struct binxml *xml, struct cursor *in)
{
    char text[NAME_SIZE];
    static const struct {
        const char *name;
        char means;
    } entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    struct bytes name = name_read(xml, in, text);
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (bytes_equal(name, bytes_of(entities[i].name)))
            buffer_put_char(xml->text, entities[i].means);
}

static uint16_t u16_take(struct cursor *in)
{
    uint16_t low = cursor_u8(in);
    return (uint16_t)(low | cursor_u8(in) << 8);
}

/* A blank of the template: what the record fills it with, text or XML of its own. */
static void blank_fill(struct binxml *xml, struct cursor *in, const struct values *values)
{
    uint16_t number = u16_take(in);
    cursor_u8(in); /* the type; the value has its own */
    if (!values || number >= values->count)
        return;
    struct value value = values->items[number];
    if (value.type != VALUE_xml) {
        value_put(xml->text, value);
        return;
    }
    struct cursor inside = cursor_over(value.bytes);
    if (++xml->templates <= TEMPLATES)
        fragment_read(xml, &inside, NULL);
    xml->templates--;
}

static struct values values_read(struct binxml *xml, struct cursor *in)
{
    uint32_t count = cursor_u32(in);
    xml->broken = xml->broken || count > xml->steps_left;
    xml->steps_left -= xml->broken ? 0 : count;
    struct cursor sizes = cursor_over(cursor_take(in, (size_t)count * 4));
    struct value *items = cursor_ok(in) && !xml->broken
                              ? arena_take_array(xml->texts, count + 1, sizeof(*items))
                              : NULL;
    if (!items) {
        in->short_read = true;
        return (struct values){0};
    }
    for (uint32_t i = 0; i < count; i++) {
        uint16_t size = u16_take(&sizes);
        items[i].type = (uint8_t)u16_take(&sizes);
        items[i].bytes = cursor_take(in, size);
    }
    return (struct values){items, count};
}

static void template_read(struct binxml *xml, struct cursor *in)
{
    cursor_take(in, 1 + 4);
    uint32_t place = cursor_u32(in);
    struct cursor there = cursor_over(bytes_from(xml->chunk, place));
    struct bytes header = cursor_take(&there, TEMPLATE_HEADER);
    size_t size = header.len ? (size_t)little((struct bytes){header.at + 20, 4}) : 0;
    struct cursor body = cursor_over(cursor_take(&there, size));
    if (!cursor_ok(&there))
        in->short_read = true;
    else if (place == place_of(xml, in))
        cursor_take(in, TEMPLATE_HEADER + size);
    struct values values = values_read(xml, in);
    if (cursor_ok(in) && ++xml->templates <= TEMPLATES) {
        fragment_read(xml, &body, &values);
        xml->broken = xml->broken || !cursor_ok(&body);
    }
    xml->templates--;
}

/* One token behind its code; false for a code there isn't. */
static bool token_read(struct binxml *xml, struct cursor *in, uint8_t code,
                       const struct values *values)
{
    struct value value;
    char unused[NAME_SIZE];
    switch (code & ~HAS_MORE) {
    case CODE_open:
        element_open(xml, in, code & HAS_MORE);
        return true;
    case CODE_close_start:
        attribute_end(xml);
        return true;
    case CODE_close_empty:
        attribute_end(xml);
        element_close(xml);
        return true;
    case CODE_close:
        element_close(xml);
        return true;
    case CODE_value:
        value.type = cursor_u8(in);
        value.bytes = cursor_take(in, 2 * (size_t)u16_take(in));
        value_put(xml->text, value);
        return value.type == VALUE_string;
    case CODE_attribute:
        attribute_begin(xml, in);
        return true;
    case CODE_characters:
        utf16_put(xml->text, cursor_take(in, 2 * (size_t)u16_take(in)));
        return true;
    case CODE_character:
        utf16_put(xml->text, cursor_take(in, 2));
        return true;
    case CODE_entity:
        entity_put(xml, in);
        return true;
    case CODE_instruction:
        name_read(xml, in, unused);
        return true;
    case CODE_instruction_data:
        cursor_take(in, 2 * (size_t)u16_take(in));
        return true;
    case CODE_template:
        template_read(xml, in);
        return true;
    case CODE_blank:
    case CODE_blank_optional:
        blank_fill(xml, in, values);
        return true;
    case CODE_fragment:
        cursor_take(in, 3);
        return true;
    default:
        return false;
    }
}

static void fragment_read(struct binxml *xml, struct cursor *in, const struct values *values)
{
    while (cursor_left(in) && !xml->broken) {
        uint8_t code = cursor_u8(in);
        if (code == CODE_end)
            return;
        if (xml->steps_left == 0 || xml->text->len > TEXT_LIMIT ||
            !token_read(xml, in, code, values)) {
            xml->broken = true;
            return;
        }
        xml->steps_left--;
    }
}

bool binxml_read(struct bytes chunk, size_t from, size_t to, struct arena *texts,
                 struct buffer *scratch, struct record *record)
{
    struct binxml xml = {.chunk = chunk, .texts = texts, .text = scratch, .record = record};
    xml.steps_left = STEPS;
    xml.text_left = TEXT_LIMIT;
    struct cursor in = cursor_over((struct bytes){chunk.at + from, to - from});
    record_clear(record);
    buffer_clear(scratch);
    fragment_read(&xml, &in, NULL);
    return !xml.broken && cursor_ok(&in) && record->count > 0;
}
