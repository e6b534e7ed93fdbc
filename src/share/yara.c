/*
 * YARA rules, for reports, lists and memory: the texts an indicator speaks of, wherever they stand,
 * in one byte a character or two. A backslash may stand doubled, as it does in JSON. A whole text
 * begins and ends at a quote, a line or a zero; in a list of "KIND<TAB>TEXT" lines only behind its
 * own kind.
 */
#include <errno.h>

#include "share/exporter.h"
#include "share/text.h"

/* The expression for a place within other bytes. */
static void regex_put(struct buffer *out, const struct indicator_part *part)
{
    struct bytes regex = part->regex;
    bool whole = bytes_start(regex, BYTES("^")), within = false;
    if (whole) {
        struct bytes kind = report_kind_name(part->kind);
        buffer_put_format(out, "(^|[\\x00\\n\\r\"]|%.*s\\t)", (int)kind.len, kind.at);
        regex = bytes_from(regex, 1);
        regex.len -= regex.len > 0; /* the dollar */
    }
    for (size_t i = 0; i < regex.len; i++) {
        char c = regex.at[i];
        if ((unsigned char)c >= 0x80) {
            buffer_put_format(out, "\\x%02x", (unsigned char)c);
        } else if (c == '\\' && i + 1 < regex.len) {
            buffer_put(out, (struct bytes){regex.at + i, 2});
            if (regex.at[i + 1] == '\\' && !within)
                buffer_put(out, BYTES("{1,2}"));
            i++;
        } else {
            within = c == '[' || (within && c != ']');
            buffer_put_char(out, c);
        }
    }
    if (whole)
        buffer_put(out, BYTES("([\\x00\\n\\r\"]|$)"));
}

static void meta_put(struct buffer *out, const char *name, struct bytes text)
{
    buffer_put_format(out, "        %s = \"", name);
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '"' || text.at[i] == '\\')
            buffer_put_format(out, "\\%c", text.at[i]);
        else
            buffer_put_char(out, text.at[i] < ' ' || text.at[i] == 0x7f ? '?' : text.at[i]);
    buffer_put(out, BYTES("\"\n"));
}

static int yara_write(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct indicator *indicator = &set->items[i];
        buffer_put_format(out, "rule hinomi_%.*s\n{\n    meta:\n", (int)indicator->id.len,
                          indicator->id.at);
        meta_put(out, "family", indicator->family);
        meta_put(out, "description", indicator->why);
        buffer_put(out, BYTES("    strings:\n"));
        for (uint32_t k = 0; k < indicator->part_count; k++) {
            buffer_put_format(out, "        $part%u = /", k + 1);
            regex_put(out, &indicator->parts[k]);
            buffer_put(out, BYTES("/ nocase ascii wide\n"));
        }
        buffer_put(out, BYTES("    condition:\n        all of them\n}\n\n"));
    }
    *ret_left = 0;
    return out->failed ? -ENOMEM : 0;
}

const struct exporter share_yara = {"yara", "YARA rules, for reports, lists and memory",
                                    yara_write};
