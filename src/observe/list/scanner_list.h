/*
 * observe/list/scanner_list.h -- published lists of scanners: files → prefixes.
 *
 * Recognised by their first byte, whatever the file is called, compressed
 * (gzip, zstd, xz, bzip2) or in an archive (tar, zip), whose members are files
 * of their own:
 *
 *   text   one address or prefix a line, before a comma, a blank or a comment
 *          ("#", ";", "//"): CIDR lists, Maltrail's trails, a CSV whose first
 *          column is the address
 *   JSON   a MISP warninglist: the strings of the array "list"
 *
 * What is no prefix is refused and counted, as is a prefix that would take in
 * much of the Internet by mistake (shorter than /8, or than /16 in IPv6); a file
 * with no prefix at all is skipped. The
 * name of a list is that of its file without its ending, or of its folder where
 * the file is called list.json.
 *
 * Limits: 64 MB a file decompressed, 1,024 bytes a line, LIST_LIMIT lists,
 * PREFIX_TABLE_LIMIT prefixes; beyond them the rest is refused and said so.
 */
#ifndef OBSERVE_LIST_SCANNER_LIST_H
#define OBSERVE_LIST_SCANNER_LIST_H

#include "base/arena.h"
#include "base/fault.h"
#include "model/prefix_table.h"

enum { LIST_LIMIT = 4096 };

struct scanner_lists {
    struct prefix_table table; /* the value is the list's number, from 1 */
    struct arena text;
    struct bytes names[LIST_LIMIT]; /* of list 1 at [0] */
    uint32_t count;
    uint64_t skipped;                /* files without a single prefix: licences and the like */
    uint64_t prefixes, refused;      /* over all files; a prefix on two lists counts twice */
    uint64_t first_refused_line;     /* where the first was, to go and look … */
    struct bytes first_refused_list; /* … and in which list */
};

/*
 * Read a file, an archive or everything below a folder into `lists` (all zero
 * before the first). Not a single prefix in all of it is -EBADMSG, `ret_fault`
 * says why; -errno; -ENOSPC; -ENOMEM.
 */
int scanner_lists_read(struct scanner_lists *lists, const char *path, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* One list by its bytes: what the files are made of, and what is fuzzed. 0, -ENOSPC, -ENOMEM. */
int scanner_list_take(struct scanner_lists *lists, struct bytes name, struct bytes content)
    __attribute__((warn_unused_result));

/* No more is read; from now on scanner_lists_find answers. -ENOMEM. */
int scanner_lists_freeze(struct scanner_lists *lists) __attribute__((warn_unused_result));

/* The number of the list that names `ip` by the longest prefix; 0: none. */
static inline uint32_t scanner_lists_find(const struct scanner_lists *lists, const struct ip *ip)
{
    return prefix_table_find(&lists->table, ip);
}

void scanner_lists_finish(struct scanner_lists *lists);

#endif
