#include "analyse/family/family_table.h"

#include <errno.h>

#include "base/hash.h"

uint64_t behaviour_group(const struct behaviour *behaviour)
{
    uint64_t group = 0, tokens = 0;
    for (uint32_t i = 0; i < behaviour->call_count; i++)
        group = hash_mix(hash_mix(group, hash_bytes(behaviour->calls[i].name)),
                         behaviour->calls[i].times);
    for (uint32_t i = 0; i < behaviour->token_count; i++)
        tokens += hash_mix(1, hash_bytes(behaviour->tokens[i]));
    return hash_mix(group, tokens);
}

static uint32_t marks_count(struct bytes text, char mark)
{
    uint32_t count = 1;
    for (size_t i = 0; i < text.len && count <= BEHAVIOUR_CALLS; i++)
        count += text.at[i] == mark;
    return count;
}

static struct bytes name_fold(struct bytes name, struct arena *arena)
{
    struct bytes folded = arena_copy(arena, name);
    char *at = (char *)folded.at; /* the arena's copy is ours */
    for (size_t i = 0; at && i < folded.len; i++)
        at[i] = ascii_lower(at[i]);
    return folded;
}

/* "name*7" → name, 7. What is no number after the asterisk belongs to the name. */
static struct behaviour_call call_read(struct bytes text)
{
    struct bytes rest = text, name = bytes_take_part(&rest, '*');
    uint32_t times = 0;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] < '0' || rest.at[i] > '9' || times > 100000000)
            return (struct behaviour_call){text, 1};
        times = 10 * times + (uint32_t)(rest.at[i] - '0');
    }
    return times ? (struct behaviour_call){name, times} : (struct behaviour_call){text, 1};
}

/* The calls of `text`, `mark` between them. */
static int calls_read(struct bytes text, char mark, struct arena *arena,
                      struct behaviour *behaviour)
{
    uint32_t most = marks_count(text, mark);
    if (most > BEHAVIOUR_CALLS)
        return -E2BIG;
    struct behaviour_call *calls = arena_take_array(arena, most, sizeof(*calls));
    struct bytes folded = name_fold(text, arena);
    if (!calls || (text.len && !folded.at))
        return -ENOMEM;
    behaviour->calls = calls;
    while (folded.len) {
        struct bytes part = bytes_take_part(&folded, mark);
        struct behaviour_call call = call_read(part);
        struct behaviour_call *last =
            behaviour->call_count ? &calls[behaviour->call_count - 1] : NULL;
        if (part.len == 0)
            continue;
        if (last && bytes_equal(last->name, call.name) && last->times < UINT32_MAX - call.times)
            last->times += call.times;
        else
            calls[behaviour->call_count++] = call;
    }
    return 0;
}

static int tokens_read(struct bytes text, struct arena *arena, struct behaviour *behaviour)
{
    uint32_t most = marks_count(text, ' ');
    if (most > BEHAVIOUR_TOKENS)
        return -E2BIG;
    struct bytes *tokens = arena_take_array(arena, most, sizeof(*tokens));
    if (!tokens)
        return -ENOMEM;
    behaviour->tokens = tokens;
    while (text.len) {
        struct bytes token = bytes_take_part(&text, ' ');
        if (token.len)
            tokens[behaviour->token_count++] = token;
    }
    return 0;
}

static int comma_row_read(struct bytes line, struct arena *arena, struct family_row *row)
{
    row->name = bytes_take_part(&line, ',');
    row->family = bytes_take_part(&line, ',');
    return calls_read(line, ',', arena, &row->behaviour);
}

static int tab_row_read(struct bytes line, struct arena *arena, struct family_row *row)
{
    row->family = bytes_take_part(&line, '\t');
    struct bytes calls = bytes_take_part(&line, '\t');
    struct bytes tokens = bytes_take_part(&line, '\t');
    row->name = bytes_take_part(&line, '\t');
    int error = calls_read(calls, ' ', arena, &row->behaviour);
    return error ? error : tokens_read(tokens, arena, &row->behaviour);
}

/* Whether the first line is a heading of the comma separated form. */
static bool heading_is(struct bytes line)
{
    static const char *const titles[] = {"label", "labels", "family", "class"};
    bytes_take_part(&line, ',');
    struct bytes title = bytes_take_part(&line, ',');
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        if (bytes_equal(title, bytes_of(titles[i])))
            return true;
    return false;
}

int family_table_read(struct bytes text, struct arena *arena, struct family_table *ret_table,
                      struct fault *ret_fault)
{
    struct bytes rest = text, first = text;
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    bool comma = heading_is(bytes_take_line(&first));
    struct family_table table = {
        lines > FAMILY_ROWS ? NULL : arena_take_array(arena, lines, sizeof(*table.rows)), 0};
    if (!table.rows) {
        *ret_fault = (struct fault){"too many rows", 0, 0};
        return lines > FAMILY_ROWS ? -E2BIG : -ENOMEM;
    }
    if (comma)
        rest = first;
    for (uint64_t number = comma ? 2 : 1; rest.len; number++) {
        struct bytes line = bytes_take_line(&rest);
        struct family_row *row = &table.rows[table.count];
        if (line.len == 0)
            continue;
        int error = comma ? comma_row_read(line, arena, row) : tab_row_read(line, arena, row);
        if (!error && row->family.len == 0)
            error = -EINVAL;
        if (error) {
            const char *why = error == -E2BIG ? "too many calls or tokens" : "no family";
            *ret_fault = (struct fault){why, (uint64_t)(line.at - text.at), number};
            return error;
        }
        row->group = behaviour_group(&row->behaviour);
        table.count++;
    }
    *ret_table = table;
    return 0;
}
