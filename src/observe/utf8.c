#include "observe/utf8.h"

/* Length of the well-formed sequence at `at`, 0 if there is none. */
static size_t sequence_length(const unsigned char *at, size_t left)
{
    unsigned char first = at[0], least = 0x80, most = 0xbf;
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first > 0xf4 || length > left)
        return 0;
    if (first == 0xe0 || first == 0xf0) /* not longer than needed */
        least = first == 0xe0 ? 0xa0 : 0x90;
    if (first == 0xed || first == 0xf4) /* no surrogates, nothing past U+10FFFF */
        most = first == 0xed ? 0x9f : 0x8f;
    if (length > 1 && (at[1] < least || at[1] > most))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

size_t utf8_repair(char *to, struct bytes text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    char *begin = to;
    for (size_t i = 0; i < text.len;) {
        size_t length = sequence_length(at + i, text.len - i);
        memcpy(to, length ? text.at + i : "\xef\xbf\xbd", length ? length : 3);
        to += length ? length : 3;
        i += length ? length : 1;
    }
    return (size_t)(to - begin);
}

char *utf8_put(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}
