#include "analyse/report/list.h"

#include <errno.h>
#include <strings.h>

#include "model/observation.h"

static bool begins(struct bytes text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && strncasecmp(text.at, with, len) == 0;
}

static enum report_kind kind_guess(struct bytes text)
{
    struct ip ip;
    if (begins(text, "HKEY_") || begins(text, "HKLM\\") || begins(text, "HKCU\\") ||
        begins(text, "HKU\\") || begins(text, "HKCR\\") || begins(text, "\\REGISTRY\\"))
        return REPORT_key;
    if (begins(text, "http://") || begins(text, "https://") || begins(text, "ftp://"))
        return REPORT_url;
    return ip_parse(text, &ip) ? REPORT_address : REPORT_file;
}

static void line_tell(struct bytes line, report_line *tell, void *context)
{
    while (line.len && (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' '))
        line.len--;
    if (line.len == 0 || line.at[0] == '#')
        return;
    const char *tab = memchr(line.at, '\t', line.len);
    if (tab) {
        enum report_kind kind = report_kind_find((struct bytes){line.at, (size_t)(tab - line.at)});
        if (kind != REPORT_KIND_COUNT) {
            tell(context, kind, bytes_from(line, (size_t)(tab - line.at) + 1));
            return;
        }
    }
    tell(context, kind_guess(line), line);
}

static int line_add(struct report_list *list, struct bytes part)
{
    size_t room = LIST_LINE - list->line.len;
    if (part.len > room) {
        list->overfull = true;
        part.len = room;
    }
    buffer_put(&list->line, part);
    return list->line.failed ? -ENOMEM : 0;
}

int report_list_end(struct report_list *list, report_line *line, void *context)
{
    if (list->line.failed)
        return -ENOMEM;
    list->cut += list->overfull;
    list->overfull = false;
    if (list->line.len)
        line_tell(buffer_bytes(&list->line), line, context);
    buffer_clear(&list->line);
    return 0;
}

int report_list_feed(struct report_list *list, struct bytes piece, report_line *line, void *context)
{
    int error = 0;
    while (piece.len && !error) {
        const char *end = memchr(piece.at, '\n', piece.len);
        size_t len = end ? (size_t)(end - piece.at) : piece.len;
        error = line_add(list, (struct bytes){piece.at, len});
        if (!error && end)
            error = report_list_end(list, line, context);
        piece = bytes_from(piece, len + (end != NULL));
    }
    return error;
}
