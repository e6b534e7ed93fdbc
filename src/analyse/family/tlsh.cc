#include "analyse/family/tlsh.h"

#include <climits>
#include <cstring>
#include <tlsh.h>

bool tlsh_make(struct bytes content, char ret_text[TLSH_TEXT])
{
    if (content.len > UINT_MAX)
        return false;
    Tlsh digest;
    digest.final(reinterpret_cast<const unsigned char *>(content.at),
                 static_cast<unsigned int>(content.len));
    const char *text = digest.getHash();
    if (!text || !*text || std::strlen(text) >= TLSH_TEXT)
        return false;
    std::memcpy(ret_text, text, std::strlen(text) + 1);
    return true;
}

int tlsh_distance(const char *one, const char *other)
{
    Tlsh first, second;
    if (first.fromTlshStr(one) != 0 || second.fromTlshStr(other) != 0)
        return -1;
    return first.totalDiff(&second);
}
