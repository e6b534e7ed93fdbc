/*
 * Reading or including a file by its path: climbing out of a folder, an
 * absolute path, a wrapper of PHP. What is expected is the grammar of the file
 * that is asked for, as it stands on real systems.
 */
#include <errno.h>
#include <strings.h>

#include "triage/attack/recogniser.h"

/* Where a file begins in a page: a line, or right behind a tag or a quote. */
#define START "(?:^|(?<=[>\"]))"

/* A file known to attackers, by the end of its path, and how its contents begin. */
static const struct known_file {
    const char *path, *pattern;
    double bits;
} known_files[] = {
    {"/etc/passwd",
     START "root:[^:\\n]*:0:0:[^:\\n]*:[^:\\n]*:[^:\\n<]*(\\r?\\n[a-z_][^:\\n<]*:[^:\\n]*:\\d+:\\d+"
           ":[^\\n<]*)*",
     60},
    {"/etc/shadow", START "root:[*!$][^:\\n]*:[0-9]*:[0-9]*:[^\\n<]*", 50},
    {"/etc/group",
     START "root:[^:\\n]*:0:[^:\\n<]*(\\r?\\n[a-z_][^:\\n<]*:[^:\\n]*:\\d+:[^:\\n<]*)+", 60},
    {"/etc/hosts", START "127\\.0\\.0\\.1\\s+\\S*localhost", 60},
    {"/etc/hostname", START "[A-Za-z0-9][A-Za-z0-9.-]{0,62}$", 4},
    {"/etc/os-release", START "(PRETTY_NAME|NAME|VERSION|ID)=\"?[A-Za-z0-9]", 50},
    {"/etc/issue", "\\\\n \\\\l", 30},
    {"/etc/debian_version", START "[0-9]{1,2}\\.[0-9]{1,2}$|" START "[a-z]+/sid$", 12},
    {"/etc/fstab", START "(UUID=|/dev/)\\S+\\s+/\\S*\\s+(ext[234]|xfs|btrfs|vfat|swap|tmpfs)", 50},
    {"/etc/crontab", START "SHELL=/bin/(ba)?sh$", 50},
    {"/etc/resolv.conf", START "nameserver\\s+[0-9a-f.:]+$", 50},
    {"/etc/ssh/sshd_config", START "#?\\s*(PermitRootLogin|PasswordAuthentication|Subsystem)\\s",
     50},
    {"/proc/version", START "Linux version [0-9]+\\.", 50},
    {"/proc/cpuinfo", START "(model name|processor|vendor_id)\\s*:", 50},
    {"/proc/meminfo", START "MemTotal:\\s+[0-9]+ kB$", 50},
    {"/proc/mounts", START "\\S+ /proc proc rw", 50},
    {"/proc/self/maps", START "[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][ps] ", 60},
    {"/proc/self/status", START "Name:\\t\\S+$", 40},
    {"/proc/self/environ",
     "(PATH|HOME|USER|PWD|LANG|HTTP_[A-Z_]+|SERVER_[A-Z]+)=[^\\x00\\n<]*\\x00", 40},
    {"/proc/self/cmdline", "[\\x21-\\x7e]{2,}\\x00([\\x20-\\x7e]+\\x00)*", 20},
    {"win.ini", "; for 16-bit app support|" START "\\[fonts\\]", 60},
    {"boot.ini", START "\\[boot loader\\]", 60},
    {"system.ini", "; for 16-bit app support|" START "\\[386Enh\\]", 60},
    {"drivers/etc/hosts", "Microsoft TCP/IP for Windows|localhost name resolution", 60},
    {"web-inf/web.xml", "<web-app[\\s>]", 50},
    {"web.config", "<configuration>", 40},
    {".htpasswd", START "[^:\\s<]+:(\\$apr1\\$|\\$2y\\$|\\{SHA\\})", 50},
    {".git/config", START "\\[core\\]$", 50},
    {".env", START "[A-Z][A-Z0-9_]*(KEY|PASSWORD|SECRET|HOST)=", 40},
    {"id_rsa", "-----BEGIN [A-Z ]*PRIVATE KEY-----", 60},
    {"wp-config.php", "define\\(\\s*'DB_PASSWORD'", 60},
    {".bash_history", START "(ls|cd|sudo|apt|vi|cat)( |$)", 12},
};

/* Beginnings of the same files as base64 makes them. */
static const struct known_file known_encoded[] = {
    {"/etc/passwd", "cm9vdDp4OjA6MDpyb290Oi9yb290Oi9iaW4v", 60},
    {"/etc/os-release", "UFJFVFRZX05BTUU9", 60},
    {"/etc/hosts", "MTI3LjAuMC4x", 50},
    {".php", "PD9waHA[A-Za-z0-9+/]{16,}", 40},
    {"", "PD9waHA[A-Za-z0-9+/]{16,}", 40},
};

/* A path without what is only there to climb or to deceive: dots, doubled slashes, case. */
static struct bytes path_settle(struct bytes text, struct arena *arena)
{
    char *out = arena_take(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len && text.at[i] != '\0' && text.at[i] != '?'; i++) {
        char c = text.at[i] == '\\' ? '/' : ascii_lower(text.at[i]);
        if (c == '/' && len && out[len - 1] == '/')
            continue;
        if (c == '/' && len >= 2 && out[len - 1] == '.' && out[len - 2] == '/')
            len -= 2; /* "/./" */
        out[len++] = c;
    }
    return (struct bytes){out, len};
}

static const struct known_file *file_known(struct bytes path, bool encoded)
{
    const struct known_file *files = encoded ? known_encoded : known_files;
    size_t count = encoded ? sizeof(known_encoded) / sizeof(*known_encoded)
                           : sizeof(known_files) / sizeof(*known_files);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(files[i].path);
        if (memmem(path.at, path.len, files[i].path, len))
            return &files[i];
    }
    return NULL;
}

static bool climbs(struct bytes path)
{
    return memmem(path.at, path.len, "../", 3) || memmem(path.at, path.len, "..;/", 4) ||
           memmem(path.at, path.len, "..../", 5);
}

static bool is_wrapper(struct bytes path)
{
    return memmem(path.at, path.len, "php:/", 5) || memmem(path.at, path.len, "file:/", 6) ||
           memmem(path.at, path.len, "phar:/", 6) || memmem(path.at, path.len, "expect:/", 8) ||
           memmem(path.at, path.len, "zip:/", 5);
}

static int known_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        const struct known_file *file, struct bytes path, bool visible)
{
    struct expectation *expectation = expectations_add(&attempt->expectations, suspicion->arena);
    if (!expectation)
        return attempt->expectations.dropped ? 0 : -ENOMEM;
    *expectation = (struct expectation){
        .kind = EXPECT_pattern,
        .text = bytes_of(file->pattern),
        .bits = file->bits,
        .visible = visible,
        .printed = true,
        .command = path,
    };
    return 0;
}

int file_expect(const struct suspicion *suspicion, struct attempt *attempt, struct bytes path)
{
    path = path_settle(path, suspicion->arena);
    if (!path.at)
        return -ENOMEM;
    const struct known_file *file =
        file_known(path, memmem(path.at, path.len, "base64", 6) != NULL);
    return file ? known_expect(suspicion, attempt, file, path, false) : 0;
}

static int file_look(const struct suspicion *suspicion)
{
    struct bytes path = path_settle(suspicion_text(suspicion), suspicion->arena);
    if (!path.at)
        return -ENOMEM;
    bool encoded = memmem(path.at, path.len, "base64", 6) != NULL;
    const struct known_file *file = file_known(path, encoded);
    bool climb = climbs(path), wrapper = is_wrapper(path);
    bool absolute = path.len && path.at[0] == '/' && suspicion->place->kind != PLACE_path;
    if (!climb && !wrapper && !(absolute && file))
        return 0;
    if (memchr(path.at, ' ', path.len) && !climb)
        return 0; /* a sentence about files, or a command */
    struct attempt *attempt =
        attempt_begin(suspicion, ATTACK_file_inclusion, file ? 0.9 : 0.6, path);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    return file ? known_expect(suspicion, attempt, file, path, true) : 0;
}

static const char *const file_marks[] = {
    "\\.\\.[/\\\\;]",
    "\\.\\.\\.\\.//",
    "^(php|file|phar|expect|zip|data|glob):",
    "^/?(etc|proc|var|root|home|usr|opt)/",
    "[a-z]:[\\\\/](windows|winnt|boot|inetpub)",
    "(web-inf|win\\.ini|boot\\.ini|wp-config|\\.htpasswd|\\.git/|id_rsa)",
    NULL,
};

const struct recogniser file_recogniser = {
    .name = "file",
    .places = PLACES_PARAMETERS | PLACE_BIT(path),
    .marks = file_marks,
    .look = file_look,
};
