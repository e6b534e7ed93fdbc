#include "analyse/ioc/mask.h"

void mask_put(struct mask *mask, struct bytes text)
{
    if (text.len > MASK_SIZE - mask->len) {
        mask->over = true;
        return;
    }
    if (text.len)
        memcpy(mask->at + mask->len, text.at, text.len);
    mask->len += text.len;
}

static void byte_put(struct mask *mask, char c)
{
    mask_put(mask, c == '<' ? BYTES("<<") : (struct bytes){&c, 1});
}

void mask_put_plain(struct mask *mask, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        byte_put(mask, text.at[i]);
}

void mask_lower(struct mask *mask, struct bytes text)
{
    mask->len = 0;
    mask->over = false;
    for (size_t i = 0; i < text.len; i++)
        byte_put(mask, ascii_lower(text.at[i]));
}

bool mask_is_word(char c)
{
    return mask_is_alnum(c) || (unsigned char)c >= 0x80 ||
           (c && strchr("_.:$@!+~#%^*-", c) != NULL);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

size_t mask_element(struct bytes mask, size_t at)
{
    if (mask.at[at] != '<')
        return 0;
    if (at + 1 < mask.len && mask.at[at + 1] == '<')
        return 2;
    const char *end = memchr(mask.at + at, '>', mask.len - at);
    return end ? (size_t)(end - (mask.at + at)) + 1 : 0;
}

/* Length of a GUID at the start, with its braces if any; 0: there is none. */
static size_t guid_length(struct bytes text)
{
    static const uint8_t parts[] = {8, 4, 4, 4, 12};
    bool braces = text.len && text.at[0] == '{';
    size_t at = braces;
    for (size_t part = 0; part < sizeof(parts); part++) {
        if (part && (at >= text.len || text.at[at++] != '-'))
            return 0;
        for (size_t i = 0; i < parts[part]; i++, at++)
            if (at >= text.len || !is_hex(text.at[at]))
                return 0;
    }
    if (!braces)
        return at < text.len && is_hex(text.at[at]) ? 0 : at;
    return at < text.len && text.at[at] == '}' ? at + 1 : 0;
}

/* Length of a security identifier (s-1-5-…) at the start. */
static size_t sid_length(struct bytes text)
{
    size_t at = 4;
    if (!bytes_start(text, BYTES("s-1-")))
        return 0;
    while (at < text.len && (is_digit(text.at[at]) || text.at[at] == '-'))
        at++;
    return at >= 6 && is_digit(text.at[at - 1]) ? at : 0;
}

static const struct prefix {
    struct bytes plain, element;
    bool user; /* an identifier of a user must follow */
} prefixes[] = {
    {BYTES("hklm\\"), BYTES("<hklm>"), false},
    {BYTES("hkey_local_machine\\"), BYTES("<hklm>"), false},
    {BYTES("\\registry\\machine\\"), BYTES("<hklm>"), false},
    {BYTES("hkcu\\"), BYTES("<hkcu>"), false},
    {BYTES("hkey_current_user\\"), BYTES("<hkcu>"), false},
    {BYTES("hku\\"), BYTES("<hkcu>"), true},
    {BYTES("hkey_users\\"), BYTES("<hkcu>"), true},
    {BYTES("\\registry\\user\\"), BYTES("<hkcu>"), true},
    {BYTES("hku\\"), BYTES("<hku>"), false},
    {BYTES("hkey_users\\"), BYTES("<hku>"), false},
    {BYTES("\\registry\\user\\"), BYTES("<hku>"), false},
    {BYTES("hkcr\\"), BYTES("<hkcr>"), false},
    {BYTES("hkey_classes_root\\"), BYTES("<hkcr>"), false},
};

/* The beginning of a path or key; returns how much of `text` that was. */
static size_t prefix_put(struct mask *mask, struct bytes text)
{
    static const struct bytes device = BYTES("\\device\\harddiskvolume");
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        const struct prefix *prefix = &prefixes[i];
        if (!bytes_start(text, prefix->plain))
            continue;
        size_t sid = prefix->user ? sid_length(bytes_from(text, prefix->plain.len)) : 0;
        if (prefix->user && !sid)
            continue;
        mask_put(mask, prefix->element);
        return prefix->plain.len + sid - (prefix->user ? 0 : 1);
    }
    size_t at = 0;
    if (bytes_start(text, device)) {
        at = device.len;
        while (at < text.len && is_digit(text.at[at]))
            at++;
        at = at > device.len ? at : 0;
    } else if (text.len >= 3 && text.at[0] >= 'a' && text.at[0] <= 'z' && text.at[1] == ':' &&
               text.at[2] == '\\') {
        at = 2;
    }
    if (at)
        mask_put(mask, BYTES("<drive>"));
    return at;
}

/* The name of a user behind "\users\", but not of those every machine has. */
static size_t user_length(struct bytes text)
{
    static const struct bytes common[] = {BYTES("public"), BYTES("default"), BYTES("all users")};
    size_t len = 0;
    while (len < text.len && text.at[len] != '\\')
        len++;
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (bytes_equal((struct bytes){text.at, len}, common[i]))
            return 0;
    return len < text.len ? len : 0; /* a name at the end is the folder itself */
}

/* An element that stands at `text`, the byte before being `before`; 0: none. */
static size_t element_put(struct mask *mask, struct bytes text, char before)
{
    static const struct bytes control = BYTES("controlset"), current = BYTES("currentcontrolset\\");
    size_t len = 0;
    if (!mask_is_alnum(before) && (len = guid_length(text)) > 0)
        mask_put(mask, BYTES("<guid>"));
    else if (!mask_is_alnum(before) && (len = sid_length(text)) > 0)
        mask_put(mask, BYTES("<sid>"));
    else if (before == '\\' && bytes_start(text, current))
        len = current.len - 1, mask_put(mask, BYTES("<controlset>"));
    else if (before == '\\' && bytes_start(text, control) && text.len > 13 && text.at[13] == '\\' &&
             is_digit(text.at[10]) && is_digit(text.at[11]) && is_digit(text.at[12]))
        len = 13, mask_put(mask, BYTES("<controlset>"));
    return len;
}

void mask_canonical(struct mask *mask, struct bytes text)
{
    static const struct bytes users = BYTES("\\users\\");
    char lower[PATTERN_TEXT];
    for (size_t i = 0; i < text.len; i++)
        lower[i] = ascii_lower(text.at[i]);
    text.at = lower;
    mask->len = 0;
    mask->over = false;
    size_t at = prefix_put(mask, text);
    bool drive = at && mask->len && bytes_equal(mask_bytes(mask), BYTES("<drive>"));
    if (drive && bytes_start(bytes_from(text, at), users)) {
        size_t len = user_length(bytes_from(text, at + users.len));
        mask_put(mask, users);
        at += users.len + len;
        if (len)
            mask_put(mask, BYTES("<user>"));
    }
    while (at < text.len) {
        size_t len = element_put(mask, bytes_from(text, at), at ? text.at[at - 1] : '\\');
        if (len == 0)
            byte_put(mask, text.at[at++]);
        at += len;
    }
}

/* A run of letters and digits as what it is one of many of; empty: of itself only. */
static struct bytes number_of(struct bytes run)
{
    size_t digits = 0, hex = 0;
    for (size_t i = 0; i < run.len; i++) {
        digits += is_digit(run.at[i]);
        hex += is_hex(run.at[i]);
    }
    if (digits == run.len && run.len >= 2)
        return BYTES("<digits>");
    if (hex == run.len && run.len >= 8 && digits > 0)
        return BYTES("<hex>");
    return BYTES("");
}

bool mask_numbers(struct mask *mask, struct bytes canonical)
{
    bool any = false;
    mask->len = 0;
    mask->over = false;
    for (size_t at = 0; at < canonical.len;) {
        size_t element = mask_element(canonical, at), len = 0;
        while (!element && at + len < canonical.len && mask_is_alnum(canonical.at[at + len]))
            len++;
        struct bytes run = {canonical.at + at, len}, number = number_of(run);
        if (element || len == 0)
            run.len = element ? element : 1;
        else if (number.len)
            any = true;
        at += run.len;
        mask_put(mask, len && number.len ? number : run);
    }
    return any && !mask->over;
}
