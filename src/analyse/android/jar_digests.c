/*
 * What scheme 1 signs is a list of digests ("JAR File Specification", Oracle): NAME.SF has the
 * digest of MANIFEST.MF, which has those of the files.
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "analyse/android/signature_inside.h"

enum {
    JAR_LINE = 4096,
    JAR_DIGEST = 64,
    JAR_LIST = 16 << 20, /* bytes of the list of digests */
    JAR_FILES = 128,     /* that are compared with it */
};

/* Strongest first: a list may have several. */
static const struct {
    const char *key, *whole;
    gnutls_digest_algorithm_t algorithm;
} kinds[] = {
    {"SHA-512-Digest", "SHA-512-Digest-Manifest", GNUTLS_DIG_SHA512},
    {"SHA-384-Digest", "SHA-384-Digest-Manifest", GNUTLS_DIG_SHA384},
    {"SHA-256-Digest", "SHA-256-Digest-Manifest", GNUTLS_DIG_SHA256},
    {"SHA1-Digest", "SHA1-Digest-Manifest", GNUTLS_DIG_SHA1},
    {"SHA-1-Digest", "SHA-1-Digest-Manifest", GNUTLS_DIG_SHA1},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A line with those that go on it, which start with a blank; cut to JAR_LINE. False: no more. */
static bool line_next(struct bytes *rest, char *line, size_t *ret_len)
{
    size_t len = 0;
    bool first = true;
    if (rest->len == 0)
        return false;
    while (rest->len && (first || rest->at[0] == ' ')) {
        const char *end = memchr(rest->at, '\n', rest->len);
        size_t whole = end ? (size_t)(end - rest->at) + 1 : rest->len, used = whole;
        while (used && (rest->at[used - 1] == '\n' || rest->at[used - 1] == '\r'))
            used--;
        size_t from = first ? 0 : 1, part = used > from ? used - from : 0;
        part = part < JAR_LINE - len ? part : JAR_LINE - len;
        if (part)
            memcpy(line + len, rest->at + from, part);
        len += part;
        *rest = bytes_from(*rest, whole);
        first = false;
        if (used == 0)
            break; /* an empty line ends a section */
    }
    *ret_len = len;
    return true;
}

/* The value behind "KEY: ", in any case; false: the line is another. */
static bool value_of(struct bytes line, const char *key, struct bytes *ret_value)
{
    size_t len = strlen(key);
    if (line.len < len + 2 || line.at[len] != ':' || line.at[len + 1] != ' ')
        return false;
    for (size_t i = 0; i < len; i++)
        if (ascii_lower(line.at[i]) != ascii_lower(key[i]))
            return false;
    *ret_value = bytes_from(line, len + 2);
    return true;
}

/* Whether `text` is the Base64 of the digest. */
static bool digest_is(gnutls_digest_algorithm_t algorithm, struct bytes content, struct bytes text)
{
    const gnutls_datum_t encoded = {(unsigned char *)text.at, (unsigned)text.len};
    gnutls_datum_t expected;
    uint8_t digest[JAR_DIGEST];
    size_t len = gnutls_hash_get_len(algorithm);
    if (text.len == 0 || gnutls_base64_decode2(&encoded, &expected) < 0)
        return false;
    bool same =
        expected.size == len &&
        gnutls_hash_fast(algorithm, content.len ? content.at : "", content.len, digest) >= 0 &&
        memcmp(digest, expected.data, len) == 0;
    gnutls_free(expected.data);
    return same;
}

/* Of the strongest kind that one section of a list has; `name` empty: of its first section. */
static bool list_agrees(struct bytes list, struct bytes name, bool whole, struct bytes content)
{
    char line[JAR_LINE], best[JAR_LINE];
    size_t len, best_len = 0;
    uint32_t kind = KINDS;
    bool here = name.len == 0;
    while (line_next(&list, line, &len)) {
        struct bytes text = {line, len}, value;
        if (len == 0) {
            if (here && kind < KINDS)
                break;
            here = false;
        } else if (value_of(text, "Name", &value)) {
            here = name.len && bytes_equal(value, name);
        }
        for (uint32_t i = 0; here && i < kind; i++)
            if (value_of(text, whole ? kinds[i].whole : kinds[i].key, &value)) {
                kind = i;
                best_len = value.len;
                memcpy(best, value.at, value.len);
            }
    }
    return kind < KINDS &&
           digest_is(kinds[kind].algorithm, content, (struct bytes){best, best_len});
}

bool jar_names_scheme(struct bytes signed_text, char scheme)
{
    char line[JAR_LINE];
    size_t len;
    while (line_next(&signed_text, line, &len) && len > 0) {
        struct bytes value;
        if (value_of((struct bytes){line, len}, "X-Android-APK-Signed", &value))
            return value.len && memchr(value.at, scheme, value.len);
    }
    return false;
}

/* Those that tell what the application is; others are not unpacked for this alone. */
static bool is_read(struct bytes name)
{
    return bytes_equal(name, BYTES("AndroidManifest.xml")) ||
           bytes_equal(name, BYTES("resources.arsc")) ||
           (bytes_start(name, BYTES("classes")) && bytes_end(name, BYTES(".dex")));
}

/* The list, in `arena`; false: there is none, or it is too long to be one. */
static bool list_read(struct package *package, struct arena *arena, struct bytes *ret_list)
{
    static const struct bytes name = {"META-INF/MANIFEST.MF", 20};
    struct fault fault;
    int32_t index = package_find(package, name);
    return index >= 0 && package->directory.entries[index].size <= JAR_LIST &&
           package_read(package, (uint32_t)index, arena, ret_list, &fault) == 0;
}

const char *jar_list_compare(struct package *package, struct bytes signed_text)
{
    struct arena arena = {0};
    struct bytes list;
    const char *why = NULL;
    if (!list_read(package, &arena, &list))
        why = "there is no list of digests that it signs";
    else if (!list_agrees(signed_text, BYTES(""), true, list))
        why = "the list of digests is not the one that was signed";
    arena_finish(&arena);
    return why;
}

const char *jar_files_compare(struct package *package)
{
    struct arena arena = {0};
    struct bytes list = {"", 0}, content;
    struct fault fault;
    const char *why = NULL;
    uint32_t compared = 0;
    list_read(package, &arena, &list);
    for (uint32_t i = 0; i < package->directory.count && !why; i++) {
        struct bytes name = package->directory.entries[i].name;
        struct arena once = {0};
        if (!is_read(name))
            continue;
        if (++compared > JAR_FILES || package_read(package, i, &once, &content, &fault) != 0 ||
            !list_agrees(list, name, false, content))
            why = "a file is not the one that was signed";
        arena_finish(&once);
    }
    arena_finish(&arena);
    return why;
}
