#include "observe/geography/geography.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>

struct geography {
    MMDB_s files[GEOGRAPHY_FILES];
    uint32_t count;
};

static int file_open(struct geography *geography, struct bytes path, struct fault *ret_fault)
{
    if (geography->count == GEOGRAPHY_FILES) {
        *ret_fault = (struct fault){.why = "more than four files"};
        return -EINVAL;
    }
    char *name = strndup(path.at, path.len);
    if (!name)
        return -ENOMEM;
    errno = 0;
    int status = MMDB_open(name, MMDB_MODE_MMAP, &geography->files[geography->count]);
    int error = errno;
    free(name);
    if (status == MMDB_SUCCESS) {
        geography->count++;
        return 0;
    }
    *ret_fault = (struct fault){.why = MMDB_strerror(status)};
    if (status == MMDB_OUT_OF_MEMORY_ERROR)
        return -ENOMEM;
    return status == MMDB_FILE_OPEN_ERROR && error ? -error : -EBADMSG;
}

int geography_open(const char *paths, struct geography **ret_geography, struct fault *ret_fault)
{
    struct geography *geography = calloc(1, sizeof(*geography));
    struct bytes rest = bytes_of(paths);
    int result = geography ? 0 : -ENOMEM;
    *ret_fault = (struct fault){.why = "out of memory"};
    while (!result && rest.len) {
        const char *comma = memchr(rest.at, ',', rest.len);
        struct bytes path = {rest.at, comma ? (size_t)(comma - rest.at) : rest.len};
        result = file_open(geography, path, ret_fault);
        rest = bytes_from(rest, path.len + (comma != NULL));
    }
    if (result) {
        geography_close(geography);
        return result;
    }
    *ret_geography = geography;
    return 0;
}

/* The address as the database wants it: its IPv4 files know no IPv6. */
static bool entry_find(const MMDB_s *file, const struct ip *ip, MMDB_entry_s *ret_entry)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    bool is_ipv4 = memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
    int status;
    memcpy(&ipv4.sin_addr, ip->octets + 12, 4);
    memcpy(&ipv6.sin6_addr, ip->octets, 16);
    const struct sockaddr *address =
        is_ipv4 ? (const struct sockaddr *)&ipv4 : (const struct sockaddr *)&ipv6;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(file, address, &status);
    if (status != MMDB_SUCCESS || !found.found_entry)
        return false;
    *ret_entry = found.entry;
    return true;
}

/* Two letters of the file's own making, so they are looked at. */
static bool country_take(MMDB_entry_s *entry, const char *group, char country[3])
{
    MMDB_entry_data_s data;
    if (MMDB_get_value(entry, &data, group, "iso_code", NULL) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2)
        return false;
    const char *code = data.utf8_string;
    if (code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z')
        return false;
    country[0] = code[0], country[1] = code[1], country[2] = '\0';
    return true;
}

struct place geography_find(const struct geography *geography, const struct ip *ip)
{
    struct place place = {0};
    for (uint32_t i = 0; i < geography->count; i++) {
        MMDB_entry_s entry;
        MMDB_entry_data_s data;
        if (!entry_find(&geography->files[i], ip, &entry))
            continue;
        if (!place.country[0] && !country_take(&entry, "country", place.country))
            (void)country_take(&entry, "registered_country", place.country);
        if (!place.system &&
            MMDB_get_value(&entry, &data, "autonomous_system_number", NULL) == MMDB_SUCCESS &&
            data.has_data && data.type == MMDB_DATA_TYPE_UINT32)
            place.system = data.uint32;
    }
    return place;
}

void geography_close(struct geography *geography)
{
    if (!geography)
        return;
    for (uint32_t i = 0; i < geography->count; i++)
        MMDB_close(&geography->files[i]);
    free(geography);
}
