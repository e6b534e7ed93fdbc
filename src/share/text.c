#include "share/text.h"

#include "base/hash.h"

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

void share_put_doubled(struct buffer *out, struct bytes text, char quote)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == quote)
            buffer_put_char(out, quote);
        buffer_put_char(out, is_control(text.at[i]) ? '?' : text.at[i]);
    }
}

void share_put_stix(struct buffer *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\' || text.at[i] == '\'')
            buffer_put_char(out, '\\');
        buffer_put_char(out, is_control(text.at[i]) ? '?' : text.at[i]);
    }
}

void share_put_xml(struct buffer *out, struct bytes text)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.at[i] ? strchr(special, text.at[i]) : NULL;
        if (at)
            buffer_put(out, bytes_of(entities[at - special]));
        else
            buffer_put_char(out, is_control(text.at[i]) ? '?' : text.at[i]);
    }
}

void share_put_uuid(struct buffer *out, const char *space, struct bytes text)
{
    uint64_t high = hash_mix(hash_bytes(bytes_of(space)), hash_bytes(text));
    uint64_t low = hash_mix(high, hash_bytes(text));
    buffer_put_format(out, "%08x-%04x-5%03x-%04x-%012llx", (unsigned)(high >> 32),
                      (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff),
                      (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
                      (unsigned long long)(low & 0xffffffffffff));
}

bool share_sides(const struct indicator_part *part, struct buffer *one, struct buffer *other)
{
    bool pair = part->kind == REPORT_started || part->kind == REPORT_access;
    const char *bar =
        pair && part->regex.len ? memmem(part->regex.at, part->regex.len, "\\|", 2) : NULL;
    if (!bar)
        return false;
    size_t at = (size_t)(bar - part->regex.at);
    buffer_put(one, (struct bytes){part->regex.at, at});
    buffer_put_char(one, '$');
    buffer_put_char(other, '^');
    buffer_put(other, bytes_from(part->regex, at + 2));
    return true;
}
