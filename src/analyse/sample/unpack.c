#include "analyse/sample/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"

static const struct {
    const char *name, *why;
} BOUNDS[] = {
#define X(name, why) {#name, why},
    UNPACK_BOUNDS(X)
#undef X
};

const char *unpack_bound_name(enum unpack_bound bound)
{
    return BOUNDS[bound].name;
}

const char *unpack_bound_why(enum unpack_bound bound)
{
    return BOUNDS[bound].why;
}

struct walk {
    struct archive *archive;
    struct unpack_budget *budget;
    struct unpack_told *told;
    uint32_t depth;
    uint64_t room; /* what this archive may still unpack to by its own size */
    struct buffer content;
    char path[UNPACK_PATH_MOST];
};

static void bound_meet(struct walk *walk, enum unpack_bound bound)
{
    walk->told->bounds |= 1u << bound;
}

static const char *password(struct archive *archive, void *context)
{
    struct walk *walk = context;
    (void)archive;
    if (walk->told->opened_by_password) /* asked again: it was the wrong one */
        return NULL;
    walk->told->opened_by_password = true;
    return "infected";
}

static struct archive *archive_make(struct walk *walk)
{
    static int (*const supports[])(struct archive *) = {
        archive_read_support_filter_gzip,     archive_read_support_filter_bzip2,
        archive_read_support_filter_xz,       archive_read_support_filter_lzma,
        archive_read_support_filter_zstd,     archive_read_support_filter_lz4,
        archive_read_support_filter_compress, archive_read_support_filter_rpm,
        archive_read_support_format_zip,      archive_read_support_format_7zip,
        archive_read_support_format_rar,      archive_read_support_format_rar5,
        archive_read_support_format_cab,      archive_read_support_format_tar,
        archive_read_support_format_cpio,     archive_read_support_format_ar,
        archive_read_support_format_iso9660,  archive_read_support_format_lha,
        archive_read_support_format_xar,      archive_read_support_format_raw,
    };
    struct archive *archive = archive_read_new();
    bool well = archive != NULL;
    for (size_t i = 0; well && i < sizeof(supports) / sizeof(*supports); i++)
        well = supports[i](archive) >= ARCHIVE_WARN;
    if (well)
        well = archive_read_set_passphrase_callback(archive, walk, password) == ARCHIVE_OK;
    if (!well && archive) {
        archive_read_free(archive);
        archive = NULL;
    }
    return archive;
}

/* How much of the next member may be unpacked; the bound that sets it, should it be met. */
static uint64_t member_room(const struct walk *walk, enum unpack_bound *ret_bound)
{
    uint64_t room = UNPACK_SIZE_MOST;
    *ret_bound = UNPACK_size;
    if (walk->budget->bytes < room) {
        room = walk->budget->bytes;
        *ret_bound = UNPACK_total;
    }
    if (walk->room < room) {
        room = walk->room;
        *ret_bound = UNPACK_ratio;
    }
    return room;
}

/* The member's bytes in walk->content. False: the archive can't be read on. -ENOMEM in *ret_error.
 */
static bool member_read(struct walk *walk, bool *ret_cut, int *ret_error)
{
    enum unpack_bound bound;
    uint64_t room = member_room(walk, &bound);
    la_ssize_t got = 1;
    enum { STEP = 1 << 16 };
    buffer_clear(&walk->content);
    while (got > 0 && walk->content.len <= room) {
        if (!buffer_reserve(&walk->content, STEP)) {
            *ret_error = -ENOMEM;
            return false;
        }
        got = archive_read_data(walk->archive, walk->content.at + walk->content.len, STEP);
        walk->content.len += got > 0 ? (size_t)got : 0;
    }
    *ret_cut = got != 0;
    if (walk->content.len > room) {
        walk->content.len = room;
        bound_meet(walk, bound);
    } else if (got < 0) {
        bound_meet(walk, archive_read_has_encrypted_entries(walk->archive) > 0 ? UNPACK_encrypted
                                                                               : UNPACK_broken);
    }
    walk->budget->bytes -= walk->content.len;
    walk->room -= walk->content.len;
    return got > ARCHIVE_FATAL;
}

/* Out of the folder it would be unpacked in. */
static bool path_leads_out(struct bytes path)
{
    bool outside = path.len > 0 && (path.at[0] == '/' || path.at[0] == '\\');
    outside |= path.len > 1 && path.at[1] == ':';
    for (size_t i = 0; i + 1 < path.len; i++)
        outside |= path.at[i] == '.' && path.at[i + 1] == '.' &&
                   (i == 0 || path.at[i - 1] == '/' || path.at[i - 1] == '\\') &&
                   (i + 2 == path.len || path.at[i + 2] == '/' || path.at[i + 2] == '\\');
    return outside;
}

static struct bytes path_of(struct walk *walk, struct archive_entry *entry)
{
    const char *path = archive_entry_pathname_utf8(entry);
    if (!path)
        path = archive_entry_pathname(entry);
    int length = snprintf(walk->path, sizeof(walk->path), "%s", path ? path : "");
    return (struct bytes){walk->path,
                          length < UNPACK_PATH_MOST ? (size_t)length : UNPACK_PATH_MOST - 1};
}

/* 1: go on; 0: this archive is at its end; else what to return. */
static int member_visit(struct walk *walk, struct archive_entry *entry,
                        int (*visit)(void *, const struct unpack_member *), void *context)
{
    struct unpack_member member = {.path = path_of(walk, entry)};
    int error = 0;
    bool on = true;
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return 1;
    if (walk->budget->members == 0) {
        bound_meet(walk, UNPACK_members);
        return 0;
    }
    walk->budget->members--;
    walk->told->members++;
    member.outside = path_leads_out(member.path);
    member.link = archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry);
    if (!member.link)
        on = member_read(walk, &member.cut, &error);
    if (error)
        return error;
    member.content = buffer_bytes(&walk->content);
    if (member.link)
        member.content.len = 0;
    member.locked =
        member.cut && member.content.len == 0 && walk->told->bounds & 1u << UNPACK_encrypted;
    error = visit(context, &member);
    if (error)
        return error;
    return on && !(walk->told->bounds & (1u << UNPACK_total | 1u << UNPACK_ratio));
}

/* A file that stands alone in a filter counts as an archive of one; a plain file does not. */
static bool is_archive(struct archive *archive)
{
    return archive_format(archive) != ARCHIVE_FORMAT_RAW || archive_filter_count(archive) > 1;
}

static void format_tell(struct walk *walk)
{
    const char *format = archive_format(walk->archive) == ARCHIVE_FORMAT_RAW
                             ? archive_filter_name(walk->archive, 0)
                             : archive_format_name(walk->archive);
    snprintf(walk->told->format, sizeof(walk->told->format), "%s", format ? format : "");
}

static int members_visit(struct walk *walk, int (*visit)(void *, const struct unpack_member *),
                         void *context)
{
    struct archive_entry *entry;
    int status, on = 1;
    while (on == 1) {
        status = archive_read_next_header(walk->archive, &entry);
        if (status == ARCHIVE_EOF || (status < ARCHIVE_WARN && walk->told->format[0] == '\0'))
            return 0;
        if (status == ARCHIVE_RETRY || status < ARCHIVE_WARN) {
            bound_meet(walk, archive_read_has_encrypted_entries(walk->archive) > 0
                                 ? UNPACK_encrypted
                                 : UNPACK_broken);
            return 0;
        }
        if (!is_archive(walk->archive))
            return 0;
        format_tell(walk);
        if (walk->depth >= UNPACK_DEPTH_MOST) {
            bound_meet(walk, UNPACK_depth);
            return 0;
        }
        on = member_visit(walk, entry, visit, context);
    }
    return on;
}

int unpack_walk(struct bytes content, uint32_t depth, struct unpack_budget *budget,
                int (*visit)(void *context, const struct unpack_member *member), void *context,
                struct unpack_told *ret_told)
{
    struct walk walk = {
        .budget = budget,
        .told = ret_told,
        .depth = depth,
        .room = UNPACK_RATIO_FREE + UNPACK_RATIO_MOST * (uint64_t)content.len,
    };
    *ret_told = (struct unpack_told){.members = 0};
    if (content.len == 0)
        return 0;
    walk.archive = archive_make(&walk);
    if (!walk.archive)
        return -ENOMEM;
    int error = 0;
    if (archive_read_open_memory(walk.archive, content.at, content.len) >= ARCHIVE_WARN)
        error = members_visit(&walk, visit, context);
    if (ret_told->bounds & 1u << UNPACK_encrypted)
        ret_told->opened_by_password = false;
    archive_read_free(walk.archive);
    buffer_finish(&walk.content);
    return error;
}
