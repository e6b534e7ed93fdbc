/* Masks as regular expressions, and what their levels are called. */
#include <errno.h>
#include <math.h>

#include "analyse/ioc/mask.h"

static const struct level {
    const char *name;
    double clarity;
    const char *says;
} levels[] = {
#define X(name, clarity, says) {#name, clarity, says},
    PATTERN_LEVELS(X)
#undef X
};

struct bytes pattern_level_name(enum pattern_level level)
{
    return bytes_of((unsigned)level < PATTERN_LEVEL_COUNT ? levels[level].name : "");
}

enum pattern_level pattern_level_find(struct bytes name)
{
    int level = 0;
    while (level < PATTERN_LEVEL_COUNT && !bytes_equal(bytes_of(levels[level].name), name))
        level++;
    return (enum pattern_level)level;
}

const char *pattern_level_says(enum pattern_level level)
{
    return (unsigned)level < PATTERN_LEVEL_COUNT ? levels[level].says : "";
}

static double kind_clarity(enum report_kind kind)
{
    switch (kind) {
    case REPORT_library:
        return 0.6;
    case REPORT_file:
    case REPORT_key:
    case REPORT_api:
        return 0.8;
    case REPORT_access:
        return 0.9;
    default:
        return 1;
    }
}

double pattern_clarity(enum report_kind kind, enum pattern_level level, struct bytes mask)
{
    size_t plain = 0;
    for (size_t at = 0, element; at < mask.len; at += element ? element : 1) {
        element = mask_element(mask, at);
        plain += element == 0;
    }
    double clarity = (unsigned)level < PATTERN_LEVEL_COUNT ? levels[level].clarity : 0;
    clarity *= kind_clarity(kind);
    if (mask.len && memmem(mask.at, mask.len, "<alnum", 6))
        clarity *= 0.95; /* letters alone say more */
    return clarity * (plain >= 6 ? 1 : 0.5 + (double)plain / 12);
}

bool pattern_usable(enum report_kind kind)
{
    return kind < REPORT_KIND_COUNT && kind != REPORT_sample && kind != REPORT_family &&
           kind != REPORT_call;
}

#define WORD  "[" MASK_WORD_CLASS "]"
#define OTHER "[^" MASK_WORD_CLASS "]"

static const struct element {
    struct bytes mask, regex;
} elements[] = {
    {BYTES("<<"), BYTES("<")},
    {BYTES("<drive>"), BYTES("([a-z]:|\\\\device\\\\harddiskvolume[0-9]+)")},
    {BYTES("<user>"), BYTES("[^\\\\\"\\n]+")},
    {BYTES("<hklm>"), BYTES("(hklm|hkey_local_machine|\\\\registry\\\\machine)")},
    {BYTES("<hkcu>"),
     BYTES("(hkcu|hkey_current_user|(hku|hkey_users|\\\\registry\\\\user)\\\\s-1-[0-9-]*[0-9])")},
    {BYTES("<hku>"), BYTES("(hku|hkey_users|\\\\registry\\\\user)")},
    {BYTES("<hkcr>"), BYTES("(hkcr|hkey_classes_root)")},
    {BYTES("<controlset>"), BYTES("(currentcontrolset|controlset[0-9]{3})")},
    {BYTES("<sid>"), BYTES("s-1-[0-9-]*[0-9]")},
    {BYTES("<guid>"),
     BYTES("\\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\}?")},
    {BYTES("<hex>"), BYTES("[0-9a-f]{8,}")},
    {BYTES("<digits>"), BYTES("[0-9]+")},
    {BYTES("<letters>"), BYTES("[a-z]+")},
    {BYTES("<any>"), BYTES("[^\\\\\"\\n]*")},
    {BYTES("<path>"), BYTES("(.*\\\\)?")},
    {BYTES("<rest>"), BYTES(".*")},
    {BYTES("<word>"), BYTES("(^|" OTHER ")")},
    {BYTES("<edge>"), BYTES("(" OTHER "|$)")},
    {BYTES("<gap>"), BYTES(OTHER "+")},
    {BYTES("<long>"), BYTES(WORD "{40,}")},
    {BYTES("<sub>"), BYTES("(.*\\.)?")},
};

/* "<letters:5>" and "<alnum:5>". */
static bool counted_put(struct bytes element, struct buffer *out)
{
    static const struct bytes letters = BYTES("<letters:"), alnum = BYTES("<alnum:");
    bool is_letters = bytes_start(element, letters);
    if (!is_letters && !bytes_start(element, alnum))
        return false;
    size_t at = is_letters ? letters.len : alnum.len, count = 0;
    for (; at + 1 < element.len; at++) {
        if (element.at[at] < '0' || element.at[at] > '9' || count > 100)
            return false;
        count = 10 * count + (size_t)(element.at[at] - '0');
    }
    if (count == 0 || count > PATTERN_COUNTED)
        return false;
    buffer_put_format(out, "%s{%zu}", is_letters ? "[a-z]" : "[a-z0-9]", count);
    return true;
}

static bool element_put(struct bytes element, struct buffer *out)
{
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
        if (bytes_equal(elements[i].mask, element)) {
            buffer_put(out, elements[i].regex);
            return true;
        }
    return counted_put(element, out);
}

static void plain_put(char c, struct buffer *out)
{
    if ((unsigned char)c < 0x20 || c == 0x7f) {
        buffer_put_format(out, "\\x%02x", (unsigned char)c);
        return;
    }
    if (strchr("\\.+*?()|[]{}^$/", c))
        buffer_put_char(out, '\\');
    buffer_put_char(out, c);
}

int pattern_regex(struct bytes mask, struct buffer *out)
{
    bool words = bytes_start(mask, BYTES("<word>"));
    size_t before = out->len;
    if (mask.len == 0 || mask.len > MASK_SIZE)
        return -EINVAL;
    if (!words)
        buffer_put_char(out, '^');
    for (size_t at = 0; at < mask.len;) {
        size_t element = mask_element(mask, at);
        if (element == 0 && mask.at[at] == '<')
            goto bad;
        if (element && !element_put((struct bytes){mask.at + at, element}, out))
            goto bad;
        if (!element)
            plain_put(mask.at[at], out);
        at += element ? element : 1;
    }
    if (!words)
        buffer_put_char(out, '$');
    return out->failed ? -ENOMEM : 0;
bad:
    out->len = before;
    return -EINVAL;
}
