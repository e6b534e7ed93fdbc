/*
 * The paths make a tree; a step is one look-up of (place in the tree, key).
 * Recursion goes as deep as the tree, whatever the input's depth.
 */
#include "observe/alert/json_record.h"

#include <new>
#include <simdjson.h>
#include <string_view>
#include <utility>

#include "base/hash.h"

using namespace simdjson;

namespace
{

enum { ROOT, NODES = 256, SLOTS = 1024, NO_VALUE = 255, NO_NODE = 255 };

struct node {
    std::string_view name;
    uint8_t parent = NO_NODE, value = NO_VALUE, list = NO_NODE; /* list: root of its elements */
    bool inner = false;
};

struct slot {
    uint8_t node = NO_NODE;
};

const char *const value_paths[] = {
#define X(name, path) path,
    ALERT_JSON_VALUES(X)
#undef X
};
const char *const list_paths[] = {
#define X(path) path,
    ALERT_JSON_LISTS(X)
#undef X
};
const char *const element_paths[] = {
#define X(name, path) path,
    ALERT_JSON_ELEMENT(X)
#undef X
};

struct tree {
    node nodes[NODES];
    slot slots[SLOTS];
    unsigned count = 1;
    uint8_t elements = NO_NODE;

    static size_t place_of(uint8_t parent, std::string_view name)
    {
        return hash_mix(hash_bytes({name.data(), name.size()}), parent) % SLOTS;
    }

    uint8_t find(uint8_t parent, std::string_view name) const
    {
        for (size_t i = place_of(parent, name);; i = (i + 1) % SLOTS) {
            uint8_t at = slots[i].node;
            if (at == NO_NODE || (nodes[at].parent == parent && nodes[at].name == name))
                return at;
        }
    }

    uint8_t enter(uint8_t parent, std::string_view name)
    {
        uint8_t found = find(parent, name);
        if (found != NO_NODE)
            return found;
        size_t i = place_of(parent, name);
        while (slots[i].node != NO_NODE)
            i = (i + 1) % SLOTS;
        uint8_t at = static_cast<uint8_t>(count++);
        slots[i].node = at;
        nodes[at].name = name;
        nodes[at].parent = parent;
        nodes[parent].inner = true;
        return at;
    }

    uint8_t path_enter(uint8_t from, std::string_view path)
    {
        for (size_t dot; (dot = path.find('.')) != path.npos; path.remove_prefix(dot + 1))
            from = enter(from, path.substr(0, dot));
        return enter(from, path);
    }

    /* A key with points in it, taken as a path; NO_NODE when it leads nowhere. */
    uint8_t path_find(uint8_t from, std::string_view path) const
    {
        for (size_t dot; from != NO_NODE && (dot = path.find('.')) != path.npos;
             path.remove_prefix(dot + 1))
            from = find(from, path.substr(0, dot));
        return from == NO_NODE ? from : find(from, path);
    }

    tree()
    {
        uint8_t at = 0;
        for (const char *path : value_paths)
            nodes[path_enter(ROOT, path)].value = at++;
        elements = static_cast<uint8_t>(count++);
        at = 0;
        for (const char *path : element_paths)
            nodes[path_enter(elements, path)].value = at++;
        for (const char *path : list_paths)
            nodes[path_enter(ROOT, path)].list = elements;
    }
};

const tree paths;

} // namespace

struct json_record_reader {
    ondemand::parser parser;
};

namespace
{

struct walk {
    struct json_record *record;
    struct bytes *values; /* of the record, or of an element */
};

error_code walk_object(const walk &walk, ondemand::object object, uint8_t place);

error_code scalar_take(ondemand::value value, ondemand::json_type type, struct bytes &into)
{
    if (type == ondemand::json_type::string) {
        std::string_view text;
        if (auto error = value.get_string().get(text))
            return error;
        into = {text.data(), text.size()};
        return SUCCESS;
    }
    std::string_view raw = value.raw_json_token();
    while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ')
        raw.remove_suffix(1);
    into = {raw.data(), raw.size()};
    return SUCCESS;
}

error_code element_take(const walk &outer, ondemand::value value, ondemand::json_type type)
{
    struct json_record *record = outer.record;
    if (record->element_count == ALERT_JSON_ELEMENTS) {
        record->elements_dropped++;
        return SUCCESS;
    }
    struct bytes *values = record->elements[record->element_count++];
    for (int i = 0; i < ALERT_ELEMENT_COUNT; i++)
        values[i] = {};
    if (type != ondemand::json_type::object)
        return type == ondemand::json_type::string
                   ? scalar_take(value, type, values[ALERT_ELEMENT_message])
                   : SUCCESS;
    ondemand::object object;
    if (auto error = value.get_object().get(object))
        return error;
    return walk_object({record, values}, object, paths.elements);
}

error_code walk_array(const walk &walk, ondemand::array array, const node &at)
{
    bool taken = false;
    for (auto element : array) {
        ondemand::value value;
        ondemand::json_type type;
        if (auto error = std::move(element).get(value))
            return error;
        if (auto error = value.type().get(type))
            return error;
        error_code error = SUCCESS;
        if (at.list != NO_NODE)
            error = element_take(walk, value, type);
        else if (type != ondemand::json_type::object && type != ondemand::json_type::array &&
                 type != ondemand::json_type::null && at.value != NO_VALUE && !taken) {
            error = scalar_take(value, type, walk.values[at.value]);
            taken = true;
        }
        if (error)
            return error;
    }
    return SUCCESS;
}

error_code walk_value(const walk &walk, ondemand::value value, uint8_t place)
{
    const node &at = paths.nodes[place];
    ondemand::json_type type;
    if (auto error = value.type().get(type))
        return error;
    switch (type) {
    case ondemand::json_type::object: {
        ondemand::object object;
        if (!at.inner)
            return SUCCESS;
        if (auto error = value.get_object().get(object))
            return error;
        return walk_object(walk, object, place);
    }
    case ondemand::json_type::array: {
        ondemand::array array;
        if (auto error = value.get_array().get(array))
            return error;
        return walk_array(walk, array, at);
    }
    case ondemand::json_type::null:
        return SUCCESS;
    default:
        return at.value == NO_VALUE ? SUCCESS : scalar_take(value, type, walk.values[at.value]);
    }
}

/* A key, from behind its quote; simdjson has seen that the other quote comes. */
std::string_view key_text(const char *at)
{
    const char *end = at;
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    return {at, static_cast<size_t>(end - at)};
}

error_code walk_object(const walk &walk, ondemand::object object, uint8_t place)
{
    for (auto entry : object) {
        ondemand::field field;
        if (auto error = std::move(entry).get(field))
            return error;
        std::string_view name = key_text(field.key().raw());
        uint8_t next = paths.find(place, name);
        if (next == NO_NODE && name.find('.') != name.npos)
            next = paths.path_find(place, name);
        if (next == NO_NODE)
            continue;
        if (auto error = walk_value(walk, field.value(), next))
            return error;
    }
    return SUCCESS;
}

enum alert_reason reason_of(error_code error)
{
    switch (error) {
    case SUCCESS:
        return ALERT_REASON_none;
    case UTF8_ERROR:
        return ALERT_REASON_not_utf8;
    case INCORRECT_TYPE:
        return ALERT_REASON_not_object;
    case INCOMPLETE_ARRAY_OR_OBJECT:
    case UNCLOSED_STRING:
        return ALERT_REASON_incomplete;
    case CAPACITY:
        return ALERT_REASON_too_long;
    case MEMALLOC:
        return ALERT_REASON_no_memory;
    default:
        return ALERT_REASON_broken_json;
    }
}

} // namespace

extern "C" struct json_record_reader *json_record_reader_create(void)
{
    return new (std::nothrow) json_record_reader;
}

extern "C" void json_record_reader_destroy(struct json_record_reader *reader)
{
    delete reader;
}

extern "C" enum alert_reason json_record_read(struct json_record_reader *reader, struct bytes text,
                                              struct json_record *record)
{
    for (auto &value : record->values)
        value = {};
    record->element_count = record->elements_dropped = 0;
    ondemand::document document;
    ondemand::object object;
    padded_string_view view(text.at, text.len, text.len + ALERT_JSON_PADDING);
    auto error = reader->parser.iterate(view).get(document);
    if (!error)
        error = document.get_object().get(object);
    if (!error)
        error = walk_object({record, record->values}, object, ROOT);
    return reason_of(error);
}
