/*
 * detect/canonical.h -- names without what is mere chance.
 *
 * Two machines that do the same thing write different users, GUIDs, versions,
 * process numbers and random names. The canonical form replaces them, so that
 * "the browser writes to its cache" is one relation and not ten thousand:
 *
 *   C:\Users\sato\AppData\Local\Temp\7z4F1.tmp → c:\users\*\appdata\local\temp\*
 *   HKU\S-1-5-21-…-1114\Software\Foo\Bar       → hku\*\software\foo\bar
 *
 * Lower case; a user's home, SIDs, GUIDs, long hexadecimal runs and names that
 * mix digits and letters as only chance does become `*`; runs of digits, `#`.
 */
#ifndef DETECT_CANONICAL_H
#define DETECT_CANONICAL_H

#include "base/bytes.h"

enum { CANONICAL_SIZE = 512 };

/* A name being made; longer ones are cut, which only merges what is that deep. */
struct canonical {
    char at[CANONICAL_SIZE];
    size_t len;
};

/* A whole path (a program, a module). */
void canonical_path(struct bytes path, struct canonical *out);

/* A path as it is, but in lower case and under one name of its volume. */
void canonical_exact(struct bytes path, struct canonical *out);

/*
 * The area a file lies in: at most `depth` folders, then '|' and the kind of
 * its extension ("program", "script", "document", "archive" or nothing).
 */
void canonical_area(struct bytes path, int depth, struct canonical *out);

/* A registry key: at most six parts. */
void canonical_key(struct bytes key, struct canonical *out);

/* The options of a command line: its words that start with - or /, at most six. */
void canonical_command(struct bytes command_line, struct canonical *out);

/* What the extension says a file is for. */
enum file_use { FILE_PLAIN, FILE_PROGRAM, FILE_SCRIPT, FILE_DOCUMENT, FILE_ARCHIVE };
enum file_use file_use(struct bytes path);

static inline struct bytes canonical_bytes(const struct canonical *canonical)
{
    return (struct bytes){canonical->at, canonical->len};
}

#endif
