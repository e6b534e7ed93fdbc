#include "analyse/image/imports.h"

void image_imports_visit(struct bytes file, const struct image *image,
                         void (*visit)(void *context, const struct image_import *import),
                         void *context)
{
    struct import_visit all = {visit, context, 0};
    if (image->format == IMAGE_PE)
        pe_imports_visit(file, image, &all);
    else if (image->format == IMAGE_ELF)
        elf_imports_visit(file, image, &all);
}

struct bytes import_number_name(struct bytes library, uint16_t number)
{
    static const struct {
        uint16_t number;
        const char *name;
    } sockets[] = {{1, "accept"},
                   {2, "bind"},
                   {3, "closesocket"},
                   {4, "connect"},
                   {5, "getpeername"},
                   {6, "getsockname"},
                   {7, "getsockopt"},
                   {8, "htonl"},
                   {9, "htons"},
                   {10, "ioctlsocket"},
                   {11, "inet_addr"},
                   {12, "inet_ntoa"},
                   {13, "listen"},
                   {14, "ntohl"},
                   {15, "ntohs"},
                   {16, "recv"},
                   {17, "recvfrom"},
                   {18, "select"},
                   {19, "send"},
                   {20, "sendto"},
                   {21, "setsockopt"},
                   {22, "shutdown"},
                   {23, "socket"},
                   {51, "gethostbyaddr"},
                   {52, "gethostbyname"},
                   {57, "gethostname"},
                   {101, "WSAAsyncSelect"},
                   {111, "WSAGetLastError"},
                   {115, "WSAStartup"},
                   {116, "WSACleanup"}};
    static const char *const names[] = {"ws2_32.dll", "wsock32.dll", "ws2_32", "wsock32"};
    bool known = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !known; i++) {
        known = library.len == strlen(names[i]);
        for (size_t j = 0; known && j < library.len; j++)
            known = ascii_lower(library.at[j]) == names[i][j];
    }
    for (size_t i = 0; known && i < sizeof(sockets) / sizeof(*sockets); i++)
        if (sockets[i].number == number)
            return bytes_of(sockets[i].name);
    return (struct bytes){"", 0};
}

static bool printable(char c)
{
    return (c >= ' ' && c <= '~') || c == '\t';
}

/* The run of one-byte characters at `at`; its length. */
static size_t narrow_run(struct bytes file, size_t at)
{
    size_t end = at;
    while (end < file.len && end - at < TEXT_MOST && printable(file.at[end]))
        end++;
    return end - at;
}

/* The run of two-byte ones: how many characters, copied into `text`. */
static size_t wide_run(struct bytes file, size_t at, char text[TEXT_MOST])
{
    size_t count = 0;
    while (at + 2 * count + 1 < file.len && count < TEXT_MOST &&
           printable(file.at[at + 2 * count]) && file.at[at + 2 * count + 1] == 0) {
        text[count] = file.at[at + 2 * count];
        count++;
    }
    return count;
}

void image_texts_visit(struct bytes file,
                       void (*visit)(void *context, struct bytes text, uint64_t offset),
                       void *context)
{
    char text[TEXT_MOST];
    for (size_t at = 0; at < file.len;) {
        size_t narrow = narrow_run(file, at);
        size_t wide = narrow == 1 ? wide_run(file, at, text) : 0;
        if (narrow >= TEXT_LEAST)
            visit(context, (struct bytes){file.at + at, narrow}, at);
        else if (wide >= TEXT_LEAST)
            visit(context, (struct bytes){text, wide}, at);
        at += narrow >= TEXT_LEAST ? narrow : wide >= TEXT_LEAST ? 2 * wide : narrow ? narrow : 1;
    }
}
