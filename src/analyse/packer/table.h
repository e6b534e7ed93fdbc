/*
 * analyse/packer/table.h -- rows of a table of executables, each with its packer.
 *
 * Tab separated, the first line names the columns; PE tables have `packer`, `path`, `group`,
 * `sha256`, `size`, `machine`, `ep_rva`, `ep_sec_idx`, `nsec`, `sections`
 * (NAME:MEMORY:FILE:FLAGS:ENTROPY, sizes in hexadecimal, joined by ';'), `imports_n`, `dlls_n`,
 * `entropy`, `overlay`, `ep_bytes_hex`; tables of ELF files and scripts `kind` (elf or script),
 * `class`, `machine`, `type`, `entry`, `nph`, `nsh`, `entropy`, `ep_bytes_hex`. Columns may come in
 * any order and others beside them; `ep_bytes_hex` and `entropy` must be there, what else is
 * missing counts as 0. Read as hostile: a row that does not parse is refused with its line.
 *
 * Limits: TABLE_ROWS rows, TABLE_COLUMNS columns.
 */
#ifndef ANALYSE_PACKER_TABLE_H
#define ANALYSE_PACKER_TABLE_H

#include "analyse/packer/specimen.h"
#include "base/arena.h"
#include "base/fault.h"

enum { TABLE_ROWS = 1 << 20, TABLE_COLUMNS = 64 };

/* Texts are parts of the table's text, or in the arena. */
struct table_row {
    struct bytes packer, path,
        group; /* packer "none": not packed; group: the path where it has none */
    struct specimen specimen;
};

struct packer_table {
    struct table_row *rows;
    uint32_t count;
};

/* `text` must outlive the table. -EINVAL with a fault; -E2BIG: too many rows or columns; -ENOMEM.
 */
int packer_table_read(struct bytes text, struct arena *arena, struct packer_table *ret_table,
                      struct fault *ret_fault) __attribute__((warn_unused_result));

#endif
