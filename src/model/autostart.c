#include "model/autostart.h"

#include <strings.h>

static bool same_letters(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static bool slash(char c)
{
    return c == '\\' || c == '/';
}

static struct bytes first_component(struct bytes path)
{
    size_t len = 0;
    while (len < path.len && !slash(path.at[len]))
        len++;
    return (struct bytes){path.at, len};
}

struct bytes path_stem(struct bytes path)
{
    struct bytes name = bytes_base_name(path);
    for (size_t i = name.len; i > 1; i--)
        if (name.at[i - 1] == '.')
            return (struct bytes){name.at, i - 1};
    return name;
}

enum which { FIRST, LAST }; /* component behind the place that names the entry */

static const struct place {
    struct bytes at;
    enum which which;
} places[] = {
    {BYTES("\\currentversion\\run\\"), FIRST},
    {BYTES("\\currentversion\\runonce\\"), FIRST},
    {BYTES("\\currentversion\\runonceex\\"), LAST},
    {BYTES("\\currentversion\\runservices\\"), FIRST},
    {BYTES("\\policies\\explorer\\run\\"), FIRST},
    {BYTES("\\currentcontrolset\\services\\"), FIRST},
    {BYTES("\\controlset001\\services\\"), FIRST},
    {BYTES("\\schedule\\taskcache\\tree\\"), LAST},
    {BYTES("\\windows\\system32\\tasks\\"), LAST},
    {BYTES("\\start menu\\programs\\startup\\"), LAST},
    {BYTES("\\image file execution options\\"), FIRST},
    {BYTES("/etc/systemd/system/"), LAST},
    {BYTES("/etc/cron.d/"), LAST},
    {BYTES("/.config/autostart/"), LAST},
};

/* The place that begins at `rest`, a slash; NULL: none. */
static const struct place *place_at(struct bytes rest)
{
    char second = rest.len > 1 ? ascii_lower(rest.at[1]) : 0;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (places[i].at.at[1] == second && rest.len > places[i].at.len &&
            strncasecmp(rest.at, places[i].at.at, places[i].at.len) == 0)
            return &places[i];
    return NULL;
}

/* A task's key ends in the name of a value: the task is the component before. */
static struct bytes last_component(struct bytes path)
{
    struct bytes name = bytes_base_name(path);
    bool value = same_letters(name, BYTES("id")) || same_letters(name, BYTES("index")) ||
                 same_letters(name, BYTES("sd"));
    return value && path.len > name.len + 1
               ? bytes_base_name((struct bytes){path.at, path.len - name.len - 1})
               : name;
}

bool autostart_name(struct bytes path, struct bytes *ret_name)
{
    for (size_t i = 0; i < path.len; i++) {
        const struct place *place = slash(path.at[i]) ? place_at(bytes_from(path, i)) : NULL;
        if (!place)
            continue;
        struct bytes rest = bytes_from(path, i + place->at.len);
        struct bytes name =
            place->which == FIRST ? first_component(rest) : path_stem(last_component(rest));
        if (name.len)
            *ret_name = name;
        return name.len > 0;
    }
    return false;
}

/* Does a path begin at `text`: a drive, a share, a %variable%? */
static bool path_begins(struct bytes text)
{
    if (text.len < 3)
        return false;
    bool letter = (text.at[0] | 32) >= 'a' && (text.at[0] | 32) <= 'z';
    return (letter && text.at[1] == ':' && slash(text.at[2])) ||
           (text.at[0] == '\\' && text.at[1] == '\\' && text.at[2] != '\\') || text.at[0] == '%';
}

/* Without quotes a path ends at a blank behind its extension: "C:\Program Files\a.exe /x". */
static size_t bare_length(struct bytes text)
{
    size_t dot = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.')
            dot = i;
        else if (slash(c))
            dot = 0;
        if (c == '"' || c == ',' || c == ';' || c == '|' || c == '<' || c == '>' || c == '\'' ||
            c == '\n' || (c == ' ' && dot))
            return i;
    }
    return text.len;
}

bool command_path(struct bytes command, size_t *at, struct bytes *ret_path)
{
    for (size_t i = *at; i < command.len; i++) {
        bool start =
            i == 0 || !((command.at[i - 1] | 32) >= 'a' && (command.at[i - 1] | 32) <= 'z');
        struct bytes rest = bytes_from(command, i);
        if (!start || !path_begins(rest))
            continue;
        bool quoted = i > 0 && (command.at[i - 1] == '"' || command.at[i - 1] == '\'');
        const char *quote = quoted ? memchr(rest.at, command.at[i - 1], rest.len) : NULL;
        size_t length = quote ? (size_t)(quote - rest.at) : bare_length(rest);
        if (length < 4)
            continue;
        *at = i + length;
        *ret_path = (struct bytes){rest.at, length};
        return true;
    }
    *at = command.len;
    return false;
}

bool autostart_starter(struct bytes executable)
{
    static const struct bytes starters[] = {
        BYTES("explorer.exe"), BYTES("userinit.exe"), BYTES("services.exe"),  BYTES("svchost.exe"),
        BYTES("winlogon.exe"), BYTES("taskeng.exe"),  BYTES("taskhostw.exe"), BYTES("taskhost.exe"),
        BYTES("runonce.exe"),  BYTES("systemd"),      BYTES("cron"),          BYTES("crond"),
        BYTES("init"),
    };
    struct bytes name = bytes_base_name(executable);
    for (size_t i = 0; i < sizeof(starters) / sizeof(starters[0]); i++)
        if (same_letters(name, starters[i]))
            return true;
    return false;
}
