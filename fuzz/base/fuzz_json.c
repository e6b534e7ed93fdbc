/* Whatever bytes a text has, what is written is one JSON string in valid UTF-8. */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

/* Bytes of the UTF-8 sequence at `at`, 0 when it is none (RFC 3629, table 3-7 of Unicode). */
static size_t sequence_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t need = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < need)
        return 0;
    unsigned char least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < least || at[1] > most)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return need;
}

static bool is_json_string(struct bytes text)
{
    if (text.len < 2 || text.at[0] != '"' || text.at[text.len - 1] != '"')
        return false;
    size_t end = text.len - 1;
    for (size_t i = 1; i < end;) {
        unsigned char c = (unsigned char)text.at[i];
        size_t step = sequence_length((const unsigned char *)text.at + i, end - i);
        if (c < 0x20 || c == '"' || step == 0)
            return false;
        if (c == '\\' && (i + 1 >= end || !strchr("\"\\/bfnrtu", text.at[i + 1])))
            return false;
        i += c == '\\' ? 2 : step;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct buffer out = {0};
    struct json json = {.out = &out};
    json_text(&json, (struct bytes){(const char *)at, length});
    if (!is_json_string(buffer_bytes(&out)))
        abort();
    buffer_finish(&out);
    return 0;
}
