#include "analyse/android/app_names.h"

#include <errno.h>

static bool is_capital(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_small(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Behind the last '.' or '$'. */
static struct bytes tail_of(struct bytes name)
{
    size_t at = name.len;
    while (at > 0 && name.at[at - 1] != '.' && name.at[at - 1] != '$')
        at--;
    return bytes_from(name, at);
}

static bool holds(struct bytes text, struct bytes part)
{
    return memmem(text.at, text.len, part.at, part.len) != NULL;
}

static void key_add(struct app_keys *keys, size_t start, size_t length)
{
    if (length == 0 || keys->count == APP_NAME_KEYS || start + length > UINT32_MAX)
        return;
    struct bytes key = {keys->text.at + start, length};
    for (uint32_t i = 0; i < keys->count; i++)
        if (bytes_equal(app_keys_at(keys, i), key))
            return;
    keys->starts[keys->count] = (uint32_t)start;
    keys->lengths[keys->count++] = (uint32_t)length;
}

/* Another key, with its own copy of the text. */
static void key_put(struct app_keys *keys, struct bytes text)
{
    size_t start = keys->text.len;
    buffer_put(&keys->text, text);
    if (!keys->text.failed)
        key_add(keys, start, text.len);
}

/* "Landroid/telephony/SmsManager;->sendTextMessage" as
 * "android.telephony.SmsManager.sendTextMessage" into the text; where it starts. */
static size_t path_put(struct app_keys *keys, struct bytes path)
{
    size_t start = keys->text.len;
    if (path.len > 1 && path.at[0] == 'L' && is_small(path.at[1]) &&
        (memchr(path.at, '.', path.len) || memchr(path.at, '/', path.len)))
        path = bytes_from(path, 1);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];
        if (c == ';' || c == '<' || c == '>')
            continue;
        if (c == '-' && i + 1 < path.len && path.at[i + 1] == '>')
            c = '.';
        buffer_put_char(&keys->text, c == '/' ? '.' : c);
    }
    return start;
}

static struct bytes text_from(const struct app_keys *keys, size_t start)
{
    return (struct bytes){keys->text.at + start, keys->text.len - start};
}

/* A permission by what stands behind its last point. */
static void permission_put(struct app_keys *keys, struct bytes name)
{
    key_put(keys, tail_of(name));
}

static void intent_put(struct app_keys *keys, struct bytes name)
{
    size_t start = keys->text.len;
    if (bytes_start(name, BYTES("intent.")))
        buffer_put(&keys->text, BYTES("android."));
    buffer_put(&keys->text, name);
    key_add(keys, start, keys->text.len - start);
}

/* A class, and by its name alone. */
static void class_put(struct app_keys *keys, struct bytes path)
{
    size_t start = path_put(keys, path);
    if (keys->text.failed)
        return;
    struct bytes whole = text_from(keys, start), tail = tail_of(whole);
    key_add(keys, start, whole.len);
    key_add(keys, start + (whole.len - tail.len), tail.len);
}

/* CLASS;->METHOD: together, with the class's name alone, the class, the method. */
static void call_put(struct app_keys *keys, struct bytes call)
{
    const char *arrow = memmem(call.at, call.len, "->", 2);
    if (!arrow) {
        class_put(keys, call);
        return;
    }
    struct bytes class = {call.at, (size_t)(arrow - call.at)};
    size_t start = path_put(keys, call), method = bytes_from(call, class.len + 2).len;
    if (keys->text.failed)
        return;
    struct bytes whole = text_from(keys, start);
    struct bytes path = {whole.at, 0}, tail;
    size_t skipped = 0; /* of the method: '<' and '>' */
    for (size_t i = 0; i < method; i++)
        skipped += call.at[class.len + 2 + i] == '<' || call.at[class.len + 2 + i] == '>';
    method -= skipped;
    path.len = whole.len > method + 1 ? whole.len - method - 1 : 0;
    tail = tail_of(path);
    size_t tail_start = start + path.len - tail.len;
    key_add(keys, start, whole.len);
    key_add(keys, tail_start, whole.len - (path.len - tail.len));
    key_add(keys, start, path.len);
    key_add(keys, tail_start, tail.len);
    if (method)
        key_add(keys, start + whole.len - method, method);
}

/* Of "/system/bin/su" "/system/bin". */
static struct bytes folder_of(struct bytes word)
{
    size_t slashes = 0, at = 0;
    if (word.len == 0 || word.at[0] != '/')
        return (struct bytes){word.at, 0};
    for (; at < word.len && slashes < 3; at++)
        slashes += word.at[at] == '/';
    return (struct bytes){word.at, slashes == 3 ? at - 1 : 0};
}

/* A text, its words, and the folders of those that are paths. */
static void string_put(struct app_keys *keys, struct bytes text)
{
    key_put(keys, text);
    while (text.len) {
        size_t end = 0;
        while (end < text.len && text.at[end] != ' ' && text.at[end] != ';' && text.at[end] != '\n')
            end++;
        struct bytes word = {text.at, end};
        key_put(keys, word);
        key_put(keys, folder_of(word));
        key_put(keys, bytes_base_name(word));
        text = bytes_from(text, end + 1);
    }
}

/* What a table calls a column. */
static void column_put(struct app_keys *keys, struct bytes name)
{
    bool capitals = !(name.len > 1 && name.at[0] == 'L' && is_small(name.at[1]));
    struct bytes tail = tail_of(name);
    for (size_t i = 0; i < tail.len; i++)
        capitals = capitals && is_capital(tail.at[i]);
    if (name.len && name.at[0] == '/')
        key_put(keys, name);
    else if (holds(name, BYTES("intent.")))
        intent_put(keys, name);
    else if (capitals)
        permission_put(keys, name);
    else {
        size_t start = path_put(keys, name);
        if (!keys->text.failed)
            key_add(keys, start, keys->text.len - start);
    }
}

static const struct {
    struct bytes kind;
    void (*put)(struct app_keys *keys, struct bytes name);
} kinds[] = {
    {{"permission:", 11}, permission_put},
    {{"intent:", 7}, intent_put},
    {{"api:", 4}, call_put},
    {{"class:", 6}, class_put},
    {{"method:", 7}, key_put},
    {{"string:", 7}, string_put},
    {{"market:", 7}, key_put},
};

int app_keys_make(struct app_keys *keys, struct bytes name)
{
    buffer_clear(&keys->text);
    keys->count = 0;
    if (!buffer_reserve(&keys->text, 1)) /* so that even nothing stands somewhere */
        return -ENOMEM;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (bytes_start(name, kinds[i].kind)) {
            kinds[i].put(keys, bytes_from(name, kinds[i].kind.len));
            return keys->text.failed ? -ENOMEM : 0;
        }
    column_put(keys, name);
    return keys->text.failed ? -ENOMEM : 0;
}

void app_keys_finish(struct app_keys *keys)
{
    buffer_finish(&keys->text);
}
