/*
 * store/darknet_counts.h -- the table `darknet_counts` of SQL, kept in blocks.
 *
 *     darknet_counts (start, length, kind, name, packets, sources)
 *
 * A window has a thousand rows and more, a row of SQLite each would cost several
 * times what is in them. So all rows of a kind are one block of
 * darknet_count_blocks, and darknet_counts is a virtual table over the blocks:
 * equalities on start, length and kind choose the blocks that are read.
 *
 * A block is a byte, how names are written, and then row after row, all numbers
 * varints (LEB128): the name, packets, sources. A name is a length and its text;
 * or, of ports and prefixes, a number, less that of the row before: 65536 for UDP
 * + the port; the upper 16 bits of an IPv4 address. A block read back may be
 * foreign: every length is checked.
 */
#ifndef STORE_DARKNET_COUNTS_H
#define STORE_DARKNET_COUNTS_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "store/database.h"

enum count_form { COUNT_TEXT, COUNT_PORT, COUNT_PREFIX, COUNT_FORMS };

enum { COUNT_UDP = 65536, COUNT_NAME_SIZE = 24 /* of "255.255.0.0/16" and a NUL, with room */ };

struct count_row {
    struct bytes name; /* of COUNT_TEXT */
    uint32_t number;   /* of the others */
    uint64_t packets, sources;
};

/* A block that is written into `out`, cleared before. Numbers come in their order. */
struct count_block {
    struct buffer out;
    enum count_form form;
    uint32_t number; /* of the row before */
};

void count_block_begin(struct count_block *block, enum count_form form);
void count_block_put(struct count_block *block, const struct count_row *row);

struct count_reader {
    struct cursor in;
    enum count_form form;
    uint32_t number;
    char text[COUNT_NAME_SIZE];
};

/* -EBADMSG: no block. The block outlives the reader. */
int count_reader_open(struct count_reader *reader, struct bytes block)
    __attribute__((warn_unused_result));

/* 1: a row, its name as text whatever the form, until the next call; 0: the end; -EBADMSG. */
int count_reader_next(struct count_reader *reader, struct count_row *ret_row)
    __attribute__((warn_unused_result));

/*
 * Make darknet_counts known to a connection; `schema` holds the blocks and outlives it. Where
 * that was written by an older version, darknet_counts is a table there and stays what is read.
 */
int darknet_counts_register(struct sqlite3 *handle, const char *schema)
    __attribute__((warn_unused_result));

/* Turn such a table into blocks, in a transaction; nothing to do without it. -EIO, -ENOMEM, … */
int darknet_counts_convert(const struct database *database) __attribute__((warn_unused_result));

#endif
