#include "detect/canonical.h"

static void put(struct canonical *out, char c)
{
    if (out->len < CANONICAL_SIZE)
        out->at[out->len++] = c;
}

static void put_bytes(struct canonical *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        put(out, text.at[i]);
}

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hexadecimal(char c)
{
    c = ascii_lower(c);
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_letter(char c)
{
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z';
}

static bool equal_folded(struct bytes text, struct bytes lower)
{
    if (text.len != lower.len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (ascii_lower(text.at[i]) != lower.at[i])
            return false;
    return true;
}

/* 8-4-4-4-12 hexadecimal digits at the start of `text`. */
static bool starts_with_guid(struct bytes text)
{
    if (text.len < 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.at[i] != '-' : !is_hexadecimal(text.at[i]))
            return false;
    }
    return true;
}

/*
 * Names only chance makes: eight or more hexadecimal digits with a number
 * among them, or three or more changes between letters and digits.
 */
static bool looks_random(struct bytes part)
{
    size_t hexadecimal = 0, digits = 0, changes = 0, letters = 0;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];
        hexadecimal += is_hexadecimal(c);
        digits += is_digit(c);
        letters += is_letter(c);
        if (i && is_digit(c) != is_digit(part.at[i - 1]) &&
            (is_letter(c) || is_letter(part.at[i - 1])))
            changes++;
    }
    if (hexadecimal == part.len && part.len >= 8 && digits)
        return true;
    return changes >= 5 || (part.len >= 12 && changes >= 3 && digits * 2 >= letters);
}

/* A SID of an account: s-1-5-21-… with what hangs on it. */
static bool is_account(struct bytes part)
{
    return part.len > 9 && ascii_lower(part.at[0]) == 's' &&
           memcmp(part.at + 1, "-1-5-21-", 8) == 0;
}

/* A part of a path: digits folded, versions to one sign, chance to one star. */
static void put_part(struct canonical *out, struct bytes part)
{
    if (is_account(part) || looks_random(part)) {
        put(out, '*');
        return;
    }
    for (size_t i = 0; i < part.len;) {
        struct bytes rest = bytes_from(part, i);
        if (starts_with_guid(rest)) {
            put(out, '*');
            i += 36;
        } else if (is_digit(part.at[i])) {
            put(out, '#');
            while (i < part.len &&
                   (is_digit(part.at[i]) ||
                    ((part.at[i] == '.' || part.at[i] == '_' || part.at[i] == '-') &&
                     i + 1 < part.len && is_digit(part.at[i + 1]))))
                i++;
        } else {
            put(out, ascii_lower(part.at[i++]));
        }
    }
}

/* The next part of a path; false when there is none. */
static bool next_part(struct bytes *path, struct bytes *part)
{
    if (path->len == 0)
        return false;
    size_t end = 0;
    while (end < path->len && !is_separator(path->at[end]))
        end++;
    *part = (struct bytes){path->at, end};
    *path = bytes_from(*path, end + 1);
    return true;
}

/* \Device\HarddiskVolume3\… and \??\C:\… are c:\… by other names. */
static struct bytes without_device(struct bytes path, struct canonical *out)
{
    static const char device[] = "\\device\\harddiskvolume";
    size_t len = sizeof(device) - 1;
    if (path.len > 4 && (memcmp(path.at, "\\??\\", 4) == 0 || memcmp(path.at, "\\\\?\\", 4) == 0))
        path = bytes_from(path, 4);
    if (path.len > len && equal_folded((struct bytes){path.at, len}, BYTES(device))) {
        while (len < path.len && is_digit(path.at[len]))
            len++;
        put_bytes(out, BYTES("c:"));
        return bytes_from(path, len);
    }
    return path;
}

static bool is_home_folder(struct bytes part)
{
    return equal_folded(part, BYTES("users")) || equal_folded(part, BYTES("home")) ||
           equal_folded(part, BYTES("documents and settings"));
}

static bool is_shared_home(struct bytes part)
{
    return equal_folded(part, BYTES("public")) || equal_folded(part, BYTES("default")) ||
           equal_folded(part, BYTES("all users"));
}

/* Put up to `depth` parts; a user's own folder is a star. */
static void put_parts(struct canonical *out, struct bytes path, int depth)
{
    struct bytes part;
    bool home = false;
    for (int i = 0; i < depth && next_part(&path, &part); i++) {
        if (i)
            put(out, '\\');
        if (home && !is_shared_home(part))
            put(out, '*');
        else
            put_part(out, part);
        home = i <= 2 && is_home_folder(part);
    }
}

void canonical_path(struct bytes path, struct canonical *out)
{
    out->len = 0;
    path = without_device(path, out);
    put_parts(out, path, 64);
}

void canonical_exact(struct bytes path, struct canonical *out)
{
    out->len = 0;
    path = without_device(path, out);
    for (size_t i = 0; i < path.len; i++)
        put(out, path.at[i] == '/' ? '\\' : ascii_lower(path.at[i]));
}

enum file_use file_use(struct bytes path)
{
    static const struct {
        struct bytes extension;
        enum file_use use;
    } uses[] = {
        {BYTES(".exe"), FILE_PROGRAM},   {BYTES(".dll"), FILE_PROGRAM},
        {BYTES(".sys"), FILE_PROGRAM},   {BYTES(".scr"), FILE_PROGRAM},
        {BYTES(".com"), FILE_PROGRAM},   {BYTES(".ocx"), FILE_PROGRAM},
        {BYTES(".cpl"), FILE_PROGRAM},   {BYTES(".msi"), FILE_PROGRAM},
        {BYTES(".so"), FILE_PROGRAM},    {BYTES(".ps1"), FILE_SCRIPT},
        {BYTES(".psm1"), FILE_SCRIPT},   {BYTES(".vbs"), FILE_SCRIPT},
        {BYTES(".vbe"), FILE_SCRIPT},    {BYTES(".js"), FILE_SCRIPT},
        {BYTES(".jse"), FILE_SCRIPT},    {BYTES(".wsf"), FILE_SCRIPT},
        {BYTES(".bat"), FILE_SCRIPT},    {BYTES(".cmd"), FILE_SCRIPT},
        {BYTES(".hta"), FILE_SCRIPT},    {BYTES(".py"), FILE_SCRIPT},
        {BYTES(".sh"), FILE_SCRIPT},     {BYTES(".lnk"), FILE_SCRIPT},
        {BYTES(".doc"), FILE_DOCUMENT},  {BYTES(".docx"), FILE_DOCUMENT},
        {BYTES(".docm"), FILE_DOCUMENT}, {BYTES(".xls"), FILE_DOCUMENT},
        {BYTES(".xlsx"), FILE_DOCUMENT}, {BYTES(".xlsm"), FILE_DOCUMENT},
        {BYTES(".ppt"), FILE_DOCUMENT},  {BYTES(".pptx"), FILE_DOCUMENT},
        {BYTES(".pdf"), FILE_DOCUMENT},  {BYTES(".txt"), FILE_DOCUMENT},
        {BYTES(".csv"), FILE_DOCUMENT},  {BYTES(".zip"), FILE_ARCHIVE},
        {BYTES(".rar"), FILE_ARCHIVE},   {BYTES(".7z"), FILE_ARCHIVE},
        {BYTES(".cab"), FILE_ARCHIVE},   {BYTES(".gz"), FILE_ARCHIVE},
        {BYTES(".tar"), FILE_ARCHIVE},   {BYTES(".iso"), FILE_ARCHIVE},
    };
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct bytes extension = uses[i].extension;
        if (path.len > extension.len &&
            equal_folded(bytes_from(path, path.len - extension.len), extension))
            return uses[i].use;
    }
    return FILE_PLAIN;
}

static int count_folders(struct bytes path)
{
    int folders = 0;
    for (size_t i = 0; i < path.len; i++)
        folders += is_separator(path.at[i]);
    return folders;
}

void canonical_area(struct bytes path, int depth, struct canonical *out)
{
    static const char *const names[] = {"", "program", "script", "document", "archive"};
    enum file_use use = file_use(path);
    out->len = 0;
    path = without_device(path, out);
    int folders = count_folders(path);
    put_parts(out, path, folders < depth ? folders : depth);
    put(out, '|');
    put_bytes(out, bytes_of(names[use]));
}

void canonical_key(struct bytes key, struct canonical *out)
{
    out->len = 0;
    put_parts(out, key, 6);
}

void canonical_command(struct bytes command_line, struct canonical *out)
{
    out->len = 0;
    bool boundary = false; /* the program's own word is no option */
    int options = 0;
    for (size_t i = 0; i < command_line.len && options < 6; i++) {
        char c = command_line.at[i];
        if (!boundary || (c != '-' && c != '/')) {
            boundary = c == ' ' || c == '\t';
            continue;
        }
        put(out, ' ');
        for (int letters = 0; i < command_line.len && letters < 24; i++, letters++) {
            c = command_line.at[i];
            if (c == ' ' || c == '=' || c == ':' || (letters && is_separator(c)))
                break;
            put(out, is_digit(c) ? '#' : ascii_lower(c));
        }
        options++;
        boundary = i < command_line.len && command_line.at[i] == ' ';
    }
}
