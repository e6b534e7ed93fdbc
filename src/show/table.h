/*
 * show/table.h -- tables for people, on a terminal or in a pipe.
 *
 * Columns are as wide as what stands in them, counted in terminal cells
 * (Japanese takes two), and the widest are cut with "…" when the terminal is
 * narrower; in a pipe nothing is cut. Colour only on a terminal without
 * NO_COLOR. What comes from an event cannot steer the terminal: control
 * characters are shown as "?".
 */
#ifndef SHOW_TABLE_H
#define SHOW_TABLE_H

#include <stdio.h>

#include "base/buffer.h"

enum tone {
    TONE_PLAIN,
    TONE_QUIET,
    TONE_STRONG,
    TONE_LEVEL_1,
    TONE_LEVEL_2,
    TONE_LEVEL_3,
    TONE_LEVEL_4,
    TONES
};

enum { TABLE_COLUMNS = 64 };

struct table_cell {
    uint32_t offset, len; /* in the table's text */
    enum tone tone;
};

struct table {
    char *titles[TABLE_COLUMNS];
    bool numbers[TABLE_COLUMNS]; /* aligned to the right */
    uint32_t columns;
    struct buffer text;
    struct table_cell *cells; /* row by row */
    size_t cell_count, cell_room;
    bool failed; /* memory ran out: what is printed is incomplete */
};

/* Another column; the title is copied. Beyond TABLE_COLUMNS it is dropped. */
void table_column(struct table *table, const char *title, bool number);

/* The next cell, left to right, row by row; the text is copied. */
void table_cell(struct table *table, struct bytes text, enum tone tone);

/* Print what stands in it, titles first. An incomplete last row is filled up. */
void table_print(const struct table *table, FILE *to);

void table_finish(struct table *table);

/* Cells a text takes on a terminal. Bad UTF-8 takes one cell a byte. */
size_t text_width(struct bytes text);

/* Write a text as the terminal may have it: no control characters, no bad UTF-8. */
void text_print(struct bytes text, enum tone tone, FILE *to);

/* The tone of a level, 0 to 4. */
enum tone tone_of_level(int64_t level);

/*
 * Paragraph: `text` broken at `width` cells (0: the terminal's). The first line
 * stands behind `bullet`, the others behind as many blanks.
 */
void text_wrap(struct bytes text, const char *bullet, size_t width, FILE *to);

#endif
