#include "observe/list/json_list.h"

#include <cerrno>
#include <new>
#include <simdjson.h>

using namespace simdjson;

namespace
{

int error_of(error_code error)
{
    return error == MEMALLOC || error == CAPACITY ? -ENOMEM : -EBADMSG;
}

} // namespace

int json_list_read(struct bytes text, const char *key,
                   int (*visit)(void *context, struct bytes element), void *context)
try {
    ondemand::parser parser;
    ondemand::document document;
    ondemand::array array;
    padded_string_view view(text.at, text.len, text.len + JSON_LIST_PADDING);
    if (error_code error = parser.iterate(view).get(document))
        return error_of(error);
    if (error_code error = document[key].get_array().get(array))
        return error_of(error);
    for (auto element : array) {
        if (element.error())
            return error_of(element.error());
        std::string_view string;
        if (element.get_string().get(string))
            string = {};
        if (int result = visit(context, {string.data(), string.size()}))
            return result;
    }
    return 0;
} catch (const std::bad_alloc &) {
    return -ENOMEM;
}
