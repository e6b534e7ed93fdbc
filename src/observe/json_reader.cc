/*
 * One pass over a record in the order it is written. simdjson finds the
 * structure; strings are not unescaped here, because most are seen before (see
 * writer_intern): a token is the bytes between the quotes.
 */
#include "observe/json_reader.h"

#include <new>
#include <simdjson.h>
#include <utility>

using namespace simdjson;

struct json_reader {
    ondemand::parser parser;
};

namespace
{

struct walk {
    struct record *record;
};

error_code walk_object(struct walk &walk, ondemand::object object, uint8_t place);

/* A key, from behind its quote; simdjson has seen that the other quote comes. */
struct bytes key_text(const char *at)
{
    const char *end = at;
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    return {at, static_cast<size_t>(end - at)};
}

/* A string's or a number's token, without the blanks up to the next structural character. */
struct token scalar_token(std::string_view raw)
{
    size_t len = raw.size();
    while (len && static_cast<unsigned char>(raw[len - 1]) <= ' ')
        len--;
    if (len >= 2 && raw[0] == '"')
        return {raw.data() + 1, static_cast<uint32_t>(len - 2), TOKEN_ESCAPED};
    return {raw.data(), static_cast<uint32_t>(len), TOKEN_NUMBER};
}

/* {"Name": "Image", "#text": "C:\…"}: a named datum of a list. */
void named_take(struct record *record, uint8_t place)
{
    struct token name = record->tokens[KEY_data_name];
    struct token text = record->tokens[KEY_data_text];
    record->tokens[KEY_data_name].len = record->tokens[KEY_data_text].len = 0;
    if (name.len && text.len) {
        struct key_step step = key_find(place, {name.at, name.len});
        if (step.key != KEY_NONE)
            record_put(record, step.key, text);
    }
}

/* The first scalar of a list speaks for it; of a list of named data each one is taken. */
error_code walk_array(struct walk &walk, ondemand::array array, struct key_step step)
{
    bool taken = false;
    for (auto element : array) {
        ondemand::value value;
        ondemand::json_type type;
        if (auto error = std::move(element).get(value))
            return error;
        if (auto error = value.type().get(type))
            return error;
        if (type == ondemand::json_type::object && step.listed) {
            ondemand::object object;
            if (auto error = value.get_object().get(object))
                return error;
            if (auto error = walk_object(walk, object, key_list_place()))
                return error;
            named_take(walk.record, step.place);
        } else if (type == ondemand::json_type::string && step.listed) {
            record_put_unnamed(walk.record, scalar_token(value.raw_json_token()));
        } else if (type != ondemand::json_type::object && type != ondemand::json_type::array &&
                   type != ondemand::json_type::null && step.key != KEY_NONE && !taken) {
            record_put(walk.record, step.key, scalar_token(value.raw_json_token()));
            taken = true;
        }
    }
    return SUCCESS;
}

error_code walk_value(struct walk &walk, ondemand::value value, struct key_step step)
{
    ondemand::json_type type;
    if (auto error = value.type().get(type))
        return error;
    switch (type) {
    case ondemand::json_type::object: {
        ondemand::object object;
        if (step.place == KEY_NOWHERE)
            return SUCCESS;
        if (auto error = value.get_object().get(object))
            return error;
        return walk_object(walk, object, step.place);
    }
    case ondemand::json_type::array: {
        ondemand::array array;
        if (auto error = value.get_array().get(array))
            return error;
        return walk_array(walk, array, step);
    }
    case ondemand::json_type::null:
        return SUCCESS;
    default:
        if (step.key != KEY_NONE)
            record_put(walk.record, step.key, scalar_token(value.raw_json_token()));
        return SUCCESS;
    }
}

/* Recursion goes as deep as the table of keys, whatever the input's depth. */
error_code walk_object(struct walk &walk, ondemand::object object, uint8_t place)
{
    for (auto entry : object) {
        ondemand::field field;
        if (auto error = std::move(entry).get(field))
            return error;
        struct bytes name = key_text(field.key().raw());
        struct key_step step = key_find(place, name);
        if (step.key == KEY_NONE && step.place == KEY_NOWHERE) {
            if (!memchr(name.at, '.', name.len))
                continue;
            step = key_find_dotted(place, name);
            if (step.key == KEY_NONE && step.place == KEY_NOWHERE)
                continue;
        }
        if (auto error = walk_value(walk, field.value(), step))
            return error;
    }
    return SUCCESS;
}

enum reason reason_of(error_code error)
{
    switch (error) {
    case SUCCESS:
        return REASON_none;
    case UTF8_ERROR:
        return REASON_not_utf8;
    case INCORRECT_TYPE:
        return REASON_not_object;
    case INCOMPLETE_ARRAY_OR_OBJECT:
    case UNCLOSED_STRING:
        return REASON_incomplete;
    case CAPACITY:
        return REASON_too_long;
    case MEMALLOC:
        return REASON_no_memory;
    default:
        return REASON_broken_json;
    }
}

} // namespace

extern "C" struct json_reader *json_reader_create(void)
{
    keys_prepare();
    return new (std::nothrow) json_reader;
}

extern "C" void json_reader_destroy(struct json_reader *reader)
{
    delete reader;
}

extern "C" enum reason json_reader_read(struct json_reader *reader, struct bytes text,
                                        struct record *record)
{
    record_clear(record);
    ondemand::document document;
    ondemand::object object;
    struct walk walk = {record};
    auto error = reader->parser.iterate(text.at, text.len, text.len + JSON_PADDING).get(document);
    if (!error)
        error = document.get_object().get(object);
    if (!error)
        error = walk_object(walk, object, KEY_ROOT);
    return reason_of(error);
}
