#include "analyse/android/package.h"

#include <errno.h>
#include <zip.h>

static int refuse(struct fault *fault, int error, const char *why)
{
    *fault = (struct fault){why, 0, 0};
    return error;
}

/* libzip reads the file up to its directory, then ours. */
static int archive_open(struct package *package)
{
    const zip_buffer_fragment_t parts[] = {
        {(zip_uint8_t *)package->file.at, package->directory.start},
        {(zip_uint8_t *)package->central.at, package->central.len},
    };
    bool bare = package->directory.start == 0; /* an empty archive is its end alone */
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_fragment_create(parts + bare, bare ? 1 : 2, 0, &error);
    package->archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (source && !package->archive)
        zip_source_free(source);
    zip_error_fini(&error);
    return package->archive ? 0 : -EBADMSG;
}

int package_open(struct bytes file, struct arena *arena, struct notes *notes,
                 struct package *ret_package, struct fault *ret_fault)
{
    struct package package = {.file = file, .notes = notes};
    int error = zip_directory_read(file, arena, notes, &package.directory, ret_fault);
    if (error)
        return error;
    zip_directory_write(&package.directory, &package.central);
    if (package.central.failed)
        error = -ENOMEM;
    else if (archive_open(&package) != 0)
        error = refuse(ret_fault, -EBADMSG, "libzip does not read the ZIP");
    if (error)
        buffer_finish(&package.central);
    else
        *ret_package = package;
    return error;
}

void package_close(struct package *package)
{
    zip_discard(package->archive);
    buffer_finish(&package->central);
    package->archive = NULL;
}

int32_t package_find(const struct package *package, struct bytes name)
{
    for (uint32_t i = 0; i < package->directory.count; i++)
        if (bytes_equal(package->directory.entries[i].name, name))
            return (int32_t)i;
    return -1;
}

/* As many bytes as the entry says; fewer where they end or break. */
static size_t entry_unpack(struct package *package, uint32_t index, char *to, size_t size)
{
    zip_file_t *file = zip_fopen_index(package->archive, index, 0);
    size_t len = 0;
    zip_int64_t got = 1;
    while (file && len < size && (got = zip_fread(file, to + len, size - len)) > 0)
        len += (size_t)got;
    /* The checksum is looked at when the end is met. */
    char beyond;
    if (file && len == size) {
        got = zip_fread(file, &beyond, 1);
        if (got > 0)
            note_add(package->notes, "an entry is longer than it says",
                     package->directory.entries[index].name);
        if (got < 0)
            note_add(package->notes, "the checksum of an entry is wrong",
                     package->directory.entries[index].name);
    }
    if (file)
        zip_fclose(file);
    return len;
}

int package_read(struct package *package, uint32_t index, struct arena *arena,
                 struct bytes *ret_content, struct fault *ret_fault)
{
    const struct zip_entry *entry = &package->directory.entries[index];
    if (entry->size > PACKAGE_ENTRY || package->unpacked + entry->size > PACKAGE_ALL)
        return refuse(ret_fault, -E2BIG, "it would unpack to more than is unpacked here");
    if (entry->size > PACKAGE_SMALL && entry->size / PACKAGE_RATIO > entry->packed)
        return refuse(ret_fault, -E2BIG, "it is packed too tightly to be true");
    package->unpacked += entry->size;
    char *to = arena_take(arena, (size_t)entry->size + 1);
    if (!to)
        return -ENOMEM;
    size_t len = entry_unpack(package, index, to, entry->size);
    if (len == entry->size) {
        *ret_content = (struct bytes){to, len};
        return 0;
    }
    if (entry->method_broken) {
        /* Then it was not deflated, and Android takes it as it lies. */
        struct bytes stored =
            zip_entry_bytes(&package->directory, package->file, entry, entry->size);
        if (stored.len == entry->size) {
            *ret_content = stored;
            return 0;
        }
    }
    return refuse(ret_fault, -EBADMSG, "its bytes are broken or cut off");
}
