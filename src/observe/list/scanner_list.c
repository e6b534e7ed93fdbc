#include "observe/list/scanner_list.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "observe/list/json_list.h"
#include "observe/source.h"

static const size_t FILE_LIMIT = 64 << 20; /* bytes, decompressed */
enum {
    LINE_LIMIT = 1024,
    SHORTEST_IPV4 = 96 + 8, /* as struct prefix counts: ::ffff:0:0/96 and 8 */
    SHORTEST_IPV6 = 16,
};

/* One list while it is read. */
struct reading {
    struct scanner_lists *lists;
    uint32_t number;
    uint64_t line, prefixes, refused;
    uint64_t first_refused; /* the line, where no list before had one */
};

static void refuse(struct reading *reading)
{
    if (reading->lists->refused + reading->refused++ == 0)
        reading->first_refused = reading->line;
}

/* `text` should be a prefix: 0 also where it isn't. -ENOSPC, -ENOMEM. */
static int prefix_take(struct reading *reading, struct bytes text)
{
    struct prefix prefix;
    if (prefix_parse(text, &prefix) != 0 ||
        prefix.length < (ip_is_v4(&prefix.address) ? SHORTEST_IPV4 : SHORTEST_IPV6)) {
        refuse(reading);
        return 0;
    }
    int result = prefix_table_add(&reading->lists->table, &prefix, reading->number);
    if (!result)
        reading->prefixes++, reading->lists->prefixes++;
    return result;
}

static int element_take(void *context, struct bytes element)
{
    struct reading *reading = context;
    reading->line++;
    return prefix_take(reading, element);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The first column of a line; empty for a blank line or a comment. */
static struct bytes column_of(struct bytes line)
{
    size_t start = 0;
    while (start < line.len && is_blank(line.at[start]))
        start++;
    line = bytes_from(line, start);
    size_t end = 0;
    while (end < line.len && !is_blank(line.at[end]) && !memchr(",;#", line.at[end], 3))
        end++;
    if (bytes_start(line, BYTES("//")))
        end = 0;
    return (struct bytes){line.at, end};
}

/* The first line of a CSV, whose columns have names. */
static bool is_heading(const struct reading *reading, struct bytes line, struct bytes column)
{
    struct prefix prefix;
    const char *behind = column.at + column.len;
    return reading->line == 1 && behind < line.at + line.len && *behind == ',' &&
           prefix_parse(column, &prefix) != 0;
}

static int lines_take(struct reading *reading, struct bytes content)
{
    int result = 0;
    if (bytes_start(content, BYTES("\xef\xbb\xbf")))
        content = bytes_from(content, 3);
    while (content.len && !result) {
        const char *newline = memchr(content.at, '\n', content.len);
        size_t len = newline ? (size_t)(newline - content.at) : content.len;
        struct bytes line = {content.at, len}, column = column_of(line);
        reading->line++;
        if (len > LINE_LIMIT)
            refuse(reading);
        else if (column.len && !is_heading(reading, line, column))
            result = prefix_take(reading, column);
        content = bytes_from(content, len + 1);
    }
    return result;
}

/* A copy with the padding simdjson wants. */
static int json_take(struct reading *reading, struct bytes content)
{
    char *padded = calloc(1, content.len + JSON_LIST_PADDING);
    if (!padded)
        return -ENOMEM;
    memcpy(padded, content.at, content.len);
    int result = json_list_read((struct bytes){padded, content.len}, "list", element_take, reading);
    free(padded);
    if (result != -EBADMSG)
        return result;
    reading->line = 0; /* no line to look at: the whole is no list, or breaks off */
    refuse(reading);
    return 0;
}

int scanner_list_take(struct scanner_lists *lists, struct bytes name, struct bytes content)
{
    if (lists->count == LIST_LIMIT)
        return -ENOSPC;
    struct bytes copy = arena_copy(&lists->text, name);
    if (!copy.at)
        return -ENOMEM;
    lists->names[lists->count++] = copy;
    struct reading reading = {.lists = lists, .number = lists->count};
    bool json = content.len && content.at[0] == '{';
    int result = json ? json_take(&reading, content) : lines_take(&reading, content);
    if (!result && reading.prefixes == 0) { /* no list at all: a licence, say */
        lists->count--;
        lists->skipped++;
        return 0;
    }
    if (lists->refused == 0 && reading.refused) {
        lists->first_refused_line = reading.first_refused;
        lists->first_refused_list = copy;
    }
    lists->refused += reading.refused;
    return result;
}

/* "lists/censys-scanning/list.json" → "censys-scanning"; "shodan_v4.txt.gz" → "shodan_v4". */
static struct bytes name_of(struct bytes path)
{
    struct bytes name = bytes_base_name(path);
    if (bytes_equal(name, BYTES("list.json")) && name.len + 1 < path.len)
        name = bytes_base_name((struct bytes){path.at, path.len - name.len - 1});
    const char *dot = name.len > 1 ? memchr(name.at + 1, '.', name.len - 1) : NULL;
    return dot ? (struct bytes){name.at, (size_t)(dot - name.at)} : name;
}

static int fail(struct fault *ret_fault, int error, const char *why)
{
    *ret_fault = (struct fault){.why = why};
    return error;
}

/* A member's bytes. -EFBIG: more than FILE_LIMIT. */
static int member_read(struct archive *archive, struct buffer *buffer, struct fault *ret_fault)
{
    la_ssize_t got = 1;
    buffer_clear(buffer);
    while (got > 0) {
        if (buffer->len > FILE_LIMIT)
            return fail(ret_fault, -EFBIG, "a list of more than 64 MB");
        if (!buffer_reserve(buffer, 1 << 16))
            return fail(ret_fault, -ENOMEM, "no memory for the list");
        got = archive_read_data(archive, buffer->at + buffer->len, 1 << 16);
        if (got > 0)
            buffer->len += (size_t)got;
    }
    return got < 0 ? fail(ret_fault, -EBADMSG, "the file or its compression is broken") : 0;
}

static bool is_file(struct archive *archive, struct archive_entry *entry)
{
    return archive_format(archive) == ARCHIVE_FORMAT_RAW ||
           archive_entry_filetype(entry) == AE_IFREG;
}

static int members_take(struct scanner_lists *lists, struct archive *archive, const char *path,
                        struct buffer *buffer, struct fault *ret_fault)
{
    struct archive_entry *entry;
    int status, result;
    while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
        if (!is_file(archive, entry))
            continue;
        bool raw = archive_format(archive) == ARCHIVE_FORMAT_RAW;
        const char *name = raw ? path : archive_entry_pathname(entry);
        result = member_read(archive, buffer, ret_fault);
        if (result)
            return result;
        result = scanner_list_take(lists, name_of(bytes_of(name)), buffer_bytes(buffer));
        if (result)
            return fail(ret_fault, result,
                        result == -ENOSPC ? "too many lists or prefixes"
                                          : "no memory for the list");
    }
    return status == ARCHIVE_EOF ? 0
                                 : fail(ret_fault, -EBADMSG, "no list, and no archive of lists");
}

static int file_open(struct archive *archive, const char *path)
{
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    archive_read_support_format_raw(archive);
    return archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK ? 0 : -errno;
}

struct walking {
    struct scanner_lists *lists;
    struct fault *fault;
};

static int file_take(void *context, const char *path)
{
    struct walking *walking = context;
    struct archive *archive = archive_read_new();
    if (!archive)
        return fail(walking->fault, -ENOMEM, "no memory for the list");
    struct buffer buffer = {0};
    errno = EIO;
    int result = file_open(archive, path);
    if (result)
        fail(walking->fault, result, "the file can't be opened");
    else
        result = members_take(walking->lists, archive, path, &buffer, walking->fault);
    archive_read_free(archive);
    buffer_finish(&buffer);
    return result;
}

int scanner_lists_read(struct scanner_lists *lists, const char *path, struct fault *ret_fault)
{
    struct fault fault = {.why = "the file can't be opened"};
    struct walking walking = {lists, &fault};
    uint64_t before = lists->prefixes;
    int result = source_walk(path, file_take, &walking);
    if (!result && lists->prefixes == before)
        result = fail(&fault, -EBADMSG, "not a single address or prefix in it");
    if (result)
        *ret_fault = fault;
    return result;
}

int scanner_lists_freeze(struct scanner_lists *lists)
{
    return prefix_table_freeze(&lists->table);
}

void scanner_lists_finish(struct scanner_lists *lists)
{
    prefix_table_finish(&lists->table);
    arena_finish(&lists->text);
    *lists = (struct scanner_lists){0};
}
