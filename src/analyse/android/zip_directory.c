#include "analyse/android/zip_directory.h"

#include <errno.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "base/hash_table.h"

enum {
    END_SIGN = 0x06054b50,
    CENTRAL_SIGN = 0x02014b50,
    LOCAL_SIGN = 0x04034b50,
    END_SIZE = 22,
    CENTRAL_SIZE = 46,
    LOCAL_SIZE = 30,
    END_REACH = 65535 + END_SIZE, /* a comment may follow */
    FLAG_ENCRYPTED = 1,
};

static int refuse(struct fault *fault, const char *why, size_t offset)
{
    *fault = (struct fault){why, offset, 0};
    return -EBADMSG;
}

static uint32_t u32_at(struct bytes file, size_t offset)
{
    struct cursor cursor = cursor_over(bytes_from(file, offset));
    return cursor_u32(&cursor);
}

/* The end record that stands last, as Android looks for it. */
static bool end_find(struct bytes file, size_t *ret_at)
{
    size_t least = file.len > END_REACH ? file.len - END_REACH : 0;
    for (size_t at = file.len < END_SIZE ? 0 : file.len - END_SIZE + 1; at-- > least;)
        if (u32_at(file, at) == END_SIGN) {
            *ret_at = at;
            return true;
        }
    return false;
}

static void method_read(uint16_t method, struct zip_entry *entry, struct notes *notes)
{
    entry->method = method == ZIP_STORED ? ZIP_STORED : ZIP_DEFLATED;
    if (method != ZIP_STORED && method != ZIP_DEFLATED) {
        entry->method_broken = true;
        note_add(notes, "an entry says it is packed in a way that Android does not know",
                 entry->name);
    }
    if (method == ZIP_STORED && entry->packed != entry->size) {
        note_add(notes, "an entry is stored and yet has two lengths", entry->name);
        entry->packed = entry->size;
    }
}

/* What disagrees in the header before the bytes; Android does not look at most of it. */
static void local_compare(struct bytes file, const struct zip_entry *entry, uint16_t method,
                          struct notes *notes)
{
    struct cursor cursor = cursor_over(bytes_from(file, entry->header));
    if (cursor_u32(&cursor) != LOCAL_SIGN) {
        note_add(notes, "there is no header before an entry's bytes", entry->name);
        return;
    }
    cursor_u16(&cursor);
    uint16_t flags = cursor_u16(&cursor);
    if (cursor_u16(&cursor) != method)
        note_add(notes, "the header before an entry says it is packed in another way", entry->name);
    cursor_take(&cursor, 8);
    uint32_t packed = cursor_u32(&cursor), size = cursor_u32(&cursor);
    bool later = flags & 8; /* lengths follow the bytes */
    if (!later && (packed != entry->packed || size != entry->size))
        note_add(notes, "the header before an entry says other lengths", entry->name);
    uint16_t name_len = cursor_u16(&cursor);
    cursor_u16(&cursor);
    if (!bytes_equal(cursor_take(&cursor, name_len), entry->name))
        note_add(notes, "the header before an entry says another name", entry->name);
}

static int entry_read(struct bytes file, struct cursor *cursor, struct notes *notes,
                      struct zip_entry *entry)
{
    uint32_t sign = cursor_u32(cursor);
    cursor_u32(cursor);
    uint16_t flags = cursor_u16(cursor), method = cursor_u16(cursor);
    cursor_u32(cursor);
    entry->crc = cursor_u32(cursor);
    entry->packed = cursor_u32(cursor);
    entry->size = cursor_u32(cursor);
    uint16_t name_len = cursor_u16(cursor), extra = cursor_u16(cursor),
             comment = cursor_u16(cursor);
    cursor_u64(cursor);
    entry->header = cursor_u32(cursor);
    entry->name = cursor_take(cursor, name_len);
    cursor_take(cursor, (size_t)extra + comment);
    if (!cursor_ok(cursor) || sign != CENTRAL_SIGN)
        return -EBADMSG;
    method_read(method, entry, notes);
    if (flags & FLAG_ENCRYPTED)
        note_add(notes, "an entry says it is encrypted, which Android ignores", entry->name);
    local_compare(file, entry, method, notes);
    return 0;
}

/* Which of two Android takes has changed, and some have signed one and run the other. */
static int repeats_note(const struct zip_directory *directory, struct notes *notes)
{
    struct hash_table seen = {0};
    int error = 0;
    for (uint32_t i = 0; i < directory->count && !error; i++) {
        uint64_t key = hash_bytes(directory->entries[i].name);
        if (hash_table_get(&seen, key) != HASH_TABLE_NONE)
            note_add(notes, "an entry is there twice", directory->entries[i].name);
        error = hash_table_put(&seen, key, i);
    }
    hash_table_finish(&seen);
    return error;
}

int zip_directory_read(struct bytes file, struct arena *arena, struct notes *notes,
                       struct zip_directory *ret_directory, struct fault *ret_fault)
{
    struct zip_directory directory = {0};
    size_t end;
    if (!end_find(file, &end))
        return refuse(ret_fault, "no ZIP: the record at its end is missing", file.len);
    directory.end = end;
    struct cursor cursor = cursor_over(bytes_from(file, end + 8));
    cursor_u16(&cursor);
    uint32_t count = cursor_u16(&cursor), size = cursor_u32(&cursor);
    directory.start = cursor_u32(&cursor);
    if (end + END_SIZE + cursor_u16(&cursor) != file.len)
        note_add(notes, "bytes follow the end of the ZIP", BYTES("ZIP"));
    if ((uint64_t)directory.start + size > end)
        return refuse(ret_fault, "the ZIP's directory does not lie before its end", end);
    directory.gap = directory.start + (size_t)size != end;
    directory.entries = arena_take_array(arena, (size_t)count + 1, sizeof(*directory.entries));
    if (!directory.entries)
        return -ENOMEM;
    cursor = cursor_over((struct bytes){file.at + directory.start, end - directory.start});
    while (directory.count < count) {
        struct zip_entry *entry = &directory.entries[directory.count];
        if (entry_read(file, &cursor, notes, entry) != 0)
            return refuse(ret_fault, "the ZIP's directory is broken",
                          cursor_ok(&cursor) ? (size_t)(cursor.at - file.at) : end);
        directory.count++;
    }
    *ret_directory = directory;
    return repeats_note(&directory, notes);
}

static void put_u16(struct buffer *out, uint32_t value)
{
    buffer_put_u8(out, (uint8_t)value);
    buffer_put_u8(out, (uint8_t)(value >> 8));
}

void zip_directory_write(const struct zip_directory *directory, struct buffer *out)
{
    for (uint32_t i = 0; i < directory->count; i++) {
        const struct zip_entry *entry = &directory->entries[i];
        buffer_put_u32(out, CENTRAL_SIGN);
        buffer_put_u32(out, 20 | 20 << 16); /* made by and for version 2.0 */
        put_u16(out, 0);
        put_u16(out, entry->method);
        buffer_put_u32(out, 0x21 << 16); /* 1980-01-01 */
        buffer_put_u32(out, entry->crc);
        buffer_put_u32(out, entry->packed);
        buffer_put_u32(out, entry->size);
        put_u16(out, 0); /* entries are known by number: no names */
        put_u16(out, 0);
        put_u16(out, 0);
        buffer_put_u64(out, 0);
        buffer_put_u32(out, entry->header);
    }
    uint32_t size = CENTRAL_SIZE * directory->count;
    buffer_put_u32(out, END_SIGN);
    buffer_put_u32(out, 0);
    put_u16(out, directory->count);
    put_u16(out, directory->count);
    buffer_put_u32(out, size);
    buffer_put_u32(out, directory->start);
    put_u16(out, 0);
}

struct bytes zip_entry_bytes(const struct zip_directory *directory, struct bytes file,
                             const struct zip_entry *entry, size_t len)
{
    struct bytes before = {file.at, directory->start};
    struct cursor cursor = cursor_over(bytes_from(before, entry->header));
    cursor_take(&cursor, LOCAL_SIZE - 4);
    uint16_t name_len = cursor_u16(&cursor), extra = cursor_u16(&cursor);
    cursor_take(&cursor, (size_t)name_len + extra);
    return cursor_take(&cursor, len);
}
