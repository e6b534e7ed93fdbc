#include "triage/shell/codec.h"

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base_encode(struct bytes content, int base, struct text *out)
{
    int bits = base == 64 ? 6 : 5;
    size_t group = base == 64 ? 4 : 8, written = 0;
    const char *digits = base == 64 ? digits64 : digits32;
    uint32_t window = 0;
    int held = 0;
    for (size_t i = 0; i < content.len; i++) {
        window = (window << 8 | (unsigned char)content.at[i]) & 0xfffff;
        held += 8;
        while (held >= bits) {
            held -= bits;
            text_add_char(out, digits[window >> held & (uint32_t)(base - 1)]);
            written++;
        }
    }
    if (held) {
        text_add_char(out, digits[window << (bits - held) & (uint32_t)(base - 1)]);
        written++;
    }
    while (written++ % group)
        text_add_char(out, '=');
}

bool base_decode(struct bytes coded, int base, bool lenient, struct text *out)
{
    int bits = base == 64 ? 6 : 5, held = 0;
    size_t taken = 0, group = base == 64 ? 4 : 8;
    const char *digits = base == 64 ? digits64 : digits32;
    uint32_t window = 0;
    bool ended = false;
    for (size_t i = 0; i < coded.len; i++) {
        char c = coded.at[i];
        const char *found = c ? strchr(digits, c) : NULL;
        if (c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            taken++;
            ended = true;
            window = 0;
            held = 0;
            continue;
        }
        if (!found && lenient)
            continue;
        if (!found || (ended && taken % group))
            return false;
        ended = false;
        window = (window << bits | (uint32_t)(found - digits)) & 0xfffff;
        held += bits;
        taken++;
        if (held >= 8) {
            held -= 8;
            text_add_literal(out, (char)(window >> held));
        }
    }
    return taken % group == 0;
}
