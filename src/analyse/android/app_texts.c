#include "analyse/android/app_texts.h"

#include "base/cursor.h"

enum { TEXT_LEAST = 2, TEXT_MOST = 2048, VERSION_MOST = 30 };

static const char *const schemes[] = {"http://", "https://", "ftp://", "ws://", "wss://", "tcp://"};

/* Names of things, written like addresses. */
static const char *const names_only[] = {
    "schemas.android.com",
    "www.w3.org",
    "xmlpull.org",
    "xml.org",
    "www.apache.org",
    "apache.org",
    "xml.apache.org",
    "schemas.xmlsoap.org",
    "java.sun.com",
    "javax.xml.",
    "www.slf4j.org",
    "schema.org",
    "purl.org",
    "ns.adobe.com",
    "opensource.org",
    "www.opensource.org",
};

/* How commands start that applications run; a text that is "su" is one in itself. */
static const char *const commands[] = {
    "su -c",         "su 0",      "/system/bin/", "/system/xbin/", "/sbin/su",   "chmod ",
    "chown ",        "mount -",   "pm install",   "pm uninstall",  "pm disable", "am start",
    "am force-stop", "killall ",  "busybox ",     "sh -c",         "iptables ",  "screencap ",
    "input tap",     "dumpsys ",  "setprop ",     "settings put",  "logcat -",   "rm -r",
    "dd if=",        "wget http", "curl http",
};

static bool starts_with_any(struct bytes text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_start(text, bytes_of(list[i])))
            return true;
    return false;
}

#define STARTS(text, list) starts_with_any(text, list, sizeof(list) / sizeof((list)[0]))

struct bytes app_text_host(struct bytes url)
{
    size_t i = 0, from;
    while (i + 3 < url.len && memcmp(url.at + i, "://", 3) != 0)
        i++;
    from = i + 3;
    if (from >= url.len)
        return (struct bytes){"", 0};
    for (i = from; i < url.len && !memchr("/:?#", url.at[i], 4); i++)
        if (url.at[i] == '@')
            from = i + 1;
    return (struct bytes){url.at + from, i - from};
}

/* Four numbers up to 255 with dots between, and a port or a path behind, if anything. */
static bool is_address(struct bytes text)
{
    unsigned number[4] = {0};
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        size_t from = at;
        while (at < text.len && at < from + 3 && text.at[at] >= '0' && text.at[at] <= '9')
            number[i] = number[i] * 10 + (unsigned)(text.at[at++] - '0');
        if (at == from || number[i] > 255 || (i < 3 && (at == text.len || text.at[at++] != '.')))
            return false;
    }
    if (at < text.len && text.at[at] != ':' && text.at[at] != '/')
        return false;
    bool version = number[0] <= VERSION_MOST && number[1] <= VERSION_MOST &&
                   number[2] <= VERSION_MOST && number[3] <= VERSION_MOST;
    return number[0] != 0 && number[0] != 127 && number[0] != 255 && !version;
}

static bool is_onion(struct bytes text)
{
    struct bytes host = app_text_host(text).len ? app_text_host(text) : text;
    return host.len >= 22 && bytes_end(host, BYTES(".onion"));
}

enum app_text_kind app_text_kind_of(struct bytes text)
{
    if (text.len < TEXT_LEAST || text.len > TEXT_MOST)
        return TEXT_NONE;
    if (is_onion(text))
        return TEXT_ONION;
    if (STARTS(text, schemes)) {
        struct bytes host = app_text_host(text);
        return host.len == 0 || STARTS(host, names_only) ? TEXT_NONE : TEXT_URL;
    }
    if (is_address(text))
        return TEXT_ADDRESS;
    return bytes_equal(text, BYTES("su")) || STARTS(text, commands) ? TEXT_COMMAND : TEXT_NONE;
}

const char *app_text_kind_name(enum app_text_kind kind)
{
    static const char *const names[] = {"none", "url", "address", "onion", "command"};
    return names[kind];
}
