#include "analyse/family/behaviour_make.h"

#include <errno.h>

#include "analyse/family/tlsh.h"
#include "analyse/image/imports.h"
#include "base/buffer.h"

/* Tokens as they are made; the arena's. */
struct maker {
    struct arena *arena;
    struct bytes *tokens;
    uint32_t count, room;
    uint32_t texts;
    struct buffer token;
    int error;
};

static void token_keep(struct maker *maker)
{
    if (maker->token.failed)
        maker->error = -ENOMEM;
    if (maker->error || maker->count == maker->room)
        return;
    struct bytes token = arena_copy(maker->arena, buffer_bytes(&maker->token));
    if (!token.at)
        maker->error = -ENOMEM;
    else
        maker->tokens[maker->count++] = token;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum { NUMBER_LEAST = 3 /* digits; shorter ones are parts of names: kernel32 */ };

/* The digits at `at`; a long number becomes "0". */
static size_t number_put(struct buffer *out, struct bytes text, size_t at)
{
    size_t end = at;
    while (end < text.len && is_digit(text.at[end]))
        end++;
    if (end - at < NUMBER_LEAST)
        buffer_put(out, (struct bytes){text.at + at, end - at});
    else
        buffer_put_char(out, '0');
    return end;
}

/* Folded; long numbers become "0", "\users\NAME\" "\users\*\". */
static void folded_put(struct buffer *out, struct bytes text)
{
    static const struct bytes users = BYTES("\\users\\");
    for (size_t i = 0; i < text.len;) {
        if (is_digit(text.at[i])) {
            i = number_put(out, text, i);
            continue;
        }
        buffer_put_char(out, ascii_lower(text.at[i++]));
        if (!bytes_end(buffer_bytes(out), users))
            continue;
        while (i < text.len && text.at[i] != '\\')
            i++;
        buffer_put_char(out, '*');
    }
}

static void token_make(struct maker *maker, struct bytes kind, struct bytes text)
{
    buffer_clear(&maker->token);
    buffer_put(&maker->token, kind);
    buffer_put_char(&maker->token, ':');
    folded_put(&maker->token, text);
    token_keep(maker);
}

static int maker_open(struct arena *arena, uint32_t room, struct maker *ret_maker)
{
    if (room > BEHAVIOUR_TOKENS)
        room = BEHAVIOUR_TOKENS;
    *ret_maker = (struct maker){
        .arena = arena,
        .tokens = arena_take_array(arena, (size_t)room + 1, sizeof(*ret_maker->tokens)),
        .room = room};
    return ret_maker->tokens ? 0 : -ENOMEM;
}

/* What a name or a sandbox's rule says is no behaviour. */
static bool is_behaviour(uint32_t kind)
{
    return kind != REPORT_sample && kind != REPORT_family && kind != REPORT_signature &&
           kind != REPORT_technique && kind != REPORT_dropped && kind != REPORT_call;
}

static int calls_make(const struct report_texts *texts, struct arena *arena,
                      struct behaviour *behaviour)
{
    uint32_t most = texts->call_count < BEHAVIOUR_CALLS ? texts->call_count : BEHAVIOUR_CALLS;
    struct behaviour_call *calls = arena_take_array(arena, (size_t)most + 1, sizeof(*calls));
    struct bytes *names = arena_take_array(arena, (size_t)texts->strings.count + 1, sizeof(*names));
    uint32_t count = 0, last = UINT32_MAX;
    if (!calls || !names)
        return -ENOMEM;
    for (uint32_t i = 0; i < texts->call_count; i++) {
        uint32_t id = texts->calls[i];
        if (id == last) {
            calls[count - 1].times += calls[count - 1].times < UINT32_MAX;
            continue;
        }
        if (count == most)
            break;
        if (!names[id].at) {
            struct buffer folded = {0};
            for (size_t j = 0; j < strings_at(&texts->strings, id).len; j++)
                buffer_put_char(&folded, ascii_lower(strings_at(&texts->strings, id).at[j]));
            names[id] = arena_copy(arena, buffer_bytes(&folded));
            bool failed = folded.failed || !names[id].at;
            buffer_finish(&folded);
            if (failed)
                return -ENOMEM;
        }
        calls[count++] = (struct behaviour_call){names[id], 1};
        last = id;
    }
    behaviour->calls = calls;
    behaviour->call_count = count;
    return 0;
}

int behaviour_of_report(const struct report_texts *texts, struct arena *arena,
                        struct behaviour *ret_behaviour)
{
    struct behaviour behaviour = {.call_count = 0};
    struct maker maker;
    int error = maker_open(arena, texts->count, &maker);
    for (uint32_t i = 0; i < texts->count && !error; i++) {
        struct bytes text = strings_at(&texts->strings, texts->items[i].text);
        if (texts->items[i].kind == REPORT_token) {
            buffer_clear(&maker.token);
            buffer_put(&maker.token, text);
            token_keep(&maker);
        } else if (is_behaviour(texts->items[i].kind)) {
            token_make(&maker, report_kind_name((enum report_kind)texts->items[i].kind), text);
        }
        error = maker.error;
    }
    buffer_finish(&maker.token);
    if (!error)
        error = calls_make(texts, arena, &behaviour);
    behaviour.tokens = maker.tokens;
    behaviour.token_count = maker.count;
    if (!error)
        *ret_behaviour = behaviour;
    return error;
}

static void import_make(void *context, const struct image_import *import)
{
    struct maker *maker = context;
    struct bytes name =
        import->name.len ? import->name : import_number_name(import->library, import->number);
    buffer_clear(&maker->token);
    buffer_put(&maker->token, BYTES("import:"));
    for (size_t i = 0; i < import->library.len; i++)
        buffer_put_char(&maker->token, ascii_lower(import->library.at[i]));
    buffer_put_char(&maker->token, '!');
    if (name.len)
        buffer_put(&maker->token, name);
    else
        buffer_put_format(&maker->token, "%u", import->number);
    token_keep(maker);
}

static void text_make(void *context, struct bytes text, uint64_t offset)
{
    struct maker *maker = context;
    (void)offset;
    if (text.len >= 8 && maker->texts < BEHAVIOUR_FILE_TEXTS) {
        maker->texts++;
        token_make(maker, BYTES("text"), text);
    }
}

int behaviour_of_file(struct bytes content, const struct image *image, struct arena *arena,
                      struct behaviour *ret_behaviour)
{
    char digest[TLSH_TEXT];
    struct behaviour behaviour = {.call_count = 0};
    struct maker maker;
    int error = maker_open(
        arena, image->imports + image->section_count + IMAGE_IMPORTS / 8 + BEHAVIOUR_FILE_TEXTS,
        &maker);
    if (error)
        return error;
    image_imports_visit(content, image, import_make, &maker);
    for (uint32_t i = 0; i < image->section_count; i++)
        token_make(
            &maker, BYTES("section"),
            (struct bytes){image->sections[i].name, strnlen(image->sections[i].name, IMAGE_NAME)});
    image_texts_visit(content, text_make, &maker);
    buffer_finish(&maker.token);
    behaviour.tokens = maker.tokens;
    behaviour.token_count = maker.count;
    error = maker.error;
    if (!error && tlsh_make(content, digest)) {
        behaviour.likeness = arena_copy(arena, bytes_of(digest));
        error = behaviour.likeness.at ? 0 : -ENOMEM;
    }
    if (!error)
        *ret_behaviour = behaviour;
    return error;
}
