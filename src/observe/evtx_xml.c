/*
 * The XML of an event, as libevtx writes it. Read straight through, unescaped
 * in place; anything that isn't elements, attributes and text is skipped.
 */
#include "observe/evtx.h"
#include "observe/utf8.h"

enum { DEPTH = 8 };

struct xml {
    char *at, *end;
    struct record *record;
    struct key_step steps[DEPTH]; /* of the elements we are in */
    unsigned depth;               /* may be more than DEPTH: then they mean nothing */
};

static bool name_char(char c)
{
    return c != '>' && c != '/' && c != '=' && c != ' ' && c != '\t' && c != '\r' && c != '\n';
}

static void skip_blanks(struct xml *xml)
{
    while (xml->at < xml->end &&
           (*xml->at == ' ' || *xml->at == '\t' || *xml->at == '\r' || *xml->at == '\n'))
        xml->at++;
}

static struct bytes name_take(struct xml *xml)
{
    char *begin = xml->at;
    while (xml->at < xml->end && name_char(*xml->at))
        xml->at++;
    return (struct bytes){begin, (size_t)(xml->at - begin)};
}

/* "&#x41;" and "&#65;" as a code point; 0: not one XML may name. */
static uint32_t reference_code(struct bytes digits)
{
    bool hexadecimal = digits.len && ascii_lower(digits.at[0]) == 'x';
    uint32_t code = 0;
    for (size_t i = hexadecimal; i < digits.len; i++) {
        char c = ascii_lower(digits.at[i]);
        uint32_t digit = c >= '0' && c <= '9'                  ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' && hexadecimal ? (uint32_t)(c - 'a' + 10)
                                                               : UINT32_MAX;
        if (digit == UINT32_MAX || code > 0x10ffff)
            return 0;
        code = code * (hexadecimal ? 16 : 10) + digit;
    }
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : code;
}

/* What an entity stands for, at `to`; NULL when it is none we know. */
static char *entity_put(char *to, struct bytes name)
{
    static const struct {
        const char *name;
        char means;
    } entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (bytes_equal(name, bytes_of(entities[i].name))) {
            *to = entities[i].means;
            return to + 1;
        }
    uint32_t code = name.len > 1 && name.at[0] == '#' ? reference_code(bytes_from(name, 1)) : 0;
    return code ? utf8_put(to, code) : NULL;
}

/* Text up to `stop`, with its entities replaced; an entity is never shorter than its meaning. */
static struct token text_take(struct xml *xml, char stop)
{
    char *begin = xml->at, *to = xml->at;
    while (xml->at < xml->end && *xml->at != stop) {
        char *semicolon =
            *xml->at == '&'
                ? memchr(xml->at, ';', (size_t)(xml->end - xml->at < 12 ? xml->end - xml->at : 12))
                : NULL;
        char *next =
            semicolon
                ? entity_put(to, (struct bytes){xml->at + 1, (size_t)(semicolon - xml->at - 1)})
                : NULL;
        if (next) {
            to = next;
            xml->at = semicolon + 1;
        } else {
            *to++ = *xml->at++;
        }
    }
    return (struct token){begin, (uint32_t)(to - begin), TOKEN_TEXT};
}

/* The attributes of a start tag. Of a <Data Name="…"> the name leads on to what it holds. */
static void attributes_take(struct xml *xml, struct key_step *step, bool data)
{
    for (skip_blanks(xml); xml->at < xml->end && name_char(*xml->at); skip_blanks(xml)) {
        struct bytes name = name_take(xml);
        skip_blanks(xml);
        if (xml->at + 1 >= xml->end || *xml->at != '=' || (xml->at[1] != '"' && xml->at[1] != '\''))
            return;
        char quote = xml->at[1];
        xml->at += 2;
        struct token value = text_take(xml, quote);
        xml->at += xml->at < xml->end;
        if (data && bytes_equal(name, BYTES("Name")))
            *step = key_find(key_data_place(), (struct bytes){value.at, value.len});
        else if (step->place != KEY_NOWHERE && key_find(step->place, name).key != KEY_NONE)
            record_put(xml->record, key_find(step->place, name).key, value);
    }
}

/* Behind "<": a start tag. */
static void element_open(struct xml *xml)
{
    struct bytes name = name_take(xml);
    struct key_step step = {KEY_NONE, KEY_NOWHERE, false};
    if (xml->depth == 0)
        step = key_find(KEY_ROOT, name);
    else if (xml->depth <= DEPTH && xml->steps[xml->depth - 1].place != KEY_NOWHERE)
        step = key_find(xml->steps[xml->depth - 1].place, name);
    attributes_take(xml, &step, step.listed);
    bool closed = xml->at < xml->end && *xml->at == '/';
    while (xml->at < xml->end && *xml->at++ != '>')
        ;
    if (closed)
        return;
    if (xml->depth < DEPTH)
        xml->steps[xml->depth] = step;
    xml->depth++;
}

static void tag_take(struct xml *xml)
{
    xml->at++;
    if (xml->at < xml->end && (*xml->at == '/' || *xml->at == '?' || *xml->at == '!')) {
        if (*xml->at == '/' && xml->depth)
            xml->depth--;
        while (xml->at < xml->end && *xml->at++ != '>')
            ;
        return;
    }
    element_open(xml);
}

bool evtx_xml_read(char *text, size_t len, struct record *record)
{
    struct xml xml = {.at = text, .end = text + len, .record = record};
    record_clear(record);
    while (xml.at < xml.end) {
        if (*xml.at == '<') {
            tag_take(&xml);
            continue;
        }
        struct token value = text_take(&xml, '<');
        uint8_t key = xml.depth && xml.depth <= DEPTH ? xml.steps[xml.depth - 1].key : KEY_NONE;
        if (key != KEY_NONE && value.len)
            record_offer(record, key, value);
        else if (xml.depth && xml.depth <= DEPTH && xml.steps[xml.depth - 1].listed)
            record_put_unnamed(record, value);
    }
    return record->count > 0;
}
