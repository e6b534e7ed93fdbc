#include "show/table.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST_COLUMN = 8, GAP = 2, PARAGRAPH_WIDTH = 96 };

/* --- characters --- */

struct character {
    uint32_t code;
    size_t length; /* bytes */
    bool valid;
};

static struct character character_at(struct bytes text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    struct character bad = {at[0], 1, false};
    if (at[0] < 0x80)
        return (struct character){at[0], 1, true};
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || text.len < length)
        return bad;
    uint32_t code = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return bad;
        code = code << 6 | (at[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return bad;
    return (struct character){code, length, true};
}

struct range {
    uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* East Asian Wide and Fullwidth (UAX #11), by block: what terminals draw in two cells. */
static bool is_wide(uint32_t code)
{
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e}, {0x3041, 0x4dbf},   {0x4e00, 0xa4cf},
        {0xa960, 0xa97c},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff01, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
        {0x20000, 0x3fffd},
    };
    return in_ranges(code, wide, sizeof(wide) / sizeof(wide[0]));
}

/* Drawn upon the character before: combining marks, joiners, variation selectors. */
static bool is_mark(uint32_t code)
{
    static const struct range marks[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x20d0, 0x20ff},   {0x3099, 0x309a},
        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
    };
    return in_ranges(code, marks, sizeof(marks) / sizeof(marks[0]));
}

/* What would steer a terminal, or hide or reorder text on it. */
static bool is_control(uint32_t code)
{
    static const struct range controls[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x061c, 0x061c}, {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
    };
    return in_ranges(code, controls, sizeof(controls) / sizeof(controls[0]));
}

static size_t character_width(struct character character)
{
    if (!character.valid || is_control(character.code))
        return 1;
    return is_mark(character.code) ? 0 : is_wide(character.code) ? 2 : 1;
}

size_t text_width(struct bytes text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;) {
        struct character character = character_at(bytes_from(text, at));
        width += character_width(character);
        at += character.length;
    }
    return width;
}

/* --- the terminal --- */

static bool has_colour(FILE *to)
{
    const char *off = getenv("NO_COLOR");
    return isatty(fileno(to)) && (!off || !*off);
}

/* Cells of a line; 0: as many as wanted. */
static size_t terminal_width(FILE *to)
{
    struct winsize size;
    if (!isatty(fileno(to)))
        return 0;
    return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

static const char *const tones[TONES] = {
    [TONE_PLAIN] = "",
    [TONE_QUIET] = "\033[2m",
    [TONE_STRONG] = "\033[1m",
    [TONE_LEVEL_1] = "\033[36m",
    [TONE_LEVEL_2] = "\033[33m",
    [TONE_LEVEL_3] = "\033[1;33m",
    [TONE_LEVEL_4] = "\033[1;31m",
};

enum tone tone_of_level(int64_t level)
{
    static const enum tone of[] = {TONE_QUIET, TONE_LEVEL_1, TONE_LEVEL_2, TONE_LEVEL_3,
                                   TONE_LEVEL_4};
    return level < 0 || level > 4 ? TONE_PLAIN : of[level];
}

/* Print up to `width` cells (0: all), "…" where it was cut; returns the cells printed. */
static size_t print_cut(struct bytes text, size_t width, FILE *to)
{
    bool cut = width && text_width(text) > width;
    size_t room = cut ? width - 1 : SIZE_MAX, printed = 0;
    for (size_t at = 0; at < text.len;) {
        struct character character = character_at(bytes_from(text, at));
        size_t cells = character_width(character);
        if (cells > room - printed)
            break;
        if (!character.valid || is_control(character.code))
            fputc('?', to);
        else
            fwrite(text.at + at, 1, character.length, to);
        printed += cells;
        at += character.length;
    }
    if (cut)
        fputs("…", to);
    return printed + cut;
}

void text_print(struct bytes text, enum tone tone, FILE *to)
{
    bool colour = tone != TONE_PLAIN && has_colour(to);
    if (colour)
        fputs(tones[tone], to);
    print_cut(text, 0, to);
    if (colour)
        fputs("\033[0m", to);
}

/* --- tables --- */

void table_column(struct table *table, const char *title, bool number)
{
    if (table->columns == TABLE_COLUMNS)
        return;
    table->titles[table->columns] = strdup(title ? title : "");
    if (!table->titles[table->columns]) {
        table->failed = true;
        return;
    }
    table->numbers[table->columns++] = number;
}

void table_cell(struct table *table, struct bytes text, enum tone tone)
{
    if (table->cell_count == table->cell_room) {
        size_t room = table->cell_room ? table->cell_room * 2 : 256;
        struct table_cell *cells = realloc(table->cells, room * sizeof(*cells));
        if (!cells) {
            table->failed = true;
            return;
        }
        table->cells = cells;
        table->cell_room = room;
    }
    size_t offset = table->text.len;
    buffer_put(&table->text, text);
    if (table->text.failed || table->text.len > UINT32_MAX) {
        table->failed = true;
        return;
    }
    table->cells[table->cell_count++] =
        (struct table_cell){(uint32_t)offset, (uint32_t)text.len, tone};
}

static struct bytes cell_text(const struct table *table, size_t cell)
{
    const struct table_cell *at = &table->cells[cell];
    return (struct bytes){table->text.at + at->offset, at->len};
}

/* Take from the widest column, again and again, until the line fits. */
static void narrow(size_t *widths, uint32_t columns, size_t line)
{
    for (;;) {
        size_t sum = 0;
        uint32_t widest = 0;
        for (uint32_t i = 0; i < columns; i++) {
            sum += widths[i] + (i ? GAP : 0);
            if (widths[i] > widths[widest])
                widest = i;
        }
        if (sum <= line || widths[widest] <= LEAST_COLUMN)
            return;
        widths[widest]--;
    }
}

static void table_measure(const struct table *table, size_t widths[TABLE_COLUMNS], size_t line)
{
    for (uint32_t i = 0; i < table->columns; i++)
        widths[i] = text_width(bytes_of(table->titles[i]));
    for (size_t cell = 0; cell < table->cell_count; cell++) {
        size_t width = text_width(cell_text(table, cell));
        size_t column = cell % table->columns;
        if (width > widths[column])
            widths[column] = width;
    }
    if (line)
        narrow(widths, table->columns, line);
}

static void spaces(size_t count, FILE *to)
{
    while (count--)
        fputc(' ', to);
}

static void cell_print(const struct table *table, uint32_t column, struct bytes text, size_t width,
                       const char *tone, FILE *to)
{
    size_t taken = text_width(text);
    size_t pad = taken < width ? width - taken : 0;
    bool last = column + 1 == table->columns;
    if (column)
        spaces(GAP, to);
    if (table->numbers[column])
        spaces(pad, to);
    fputs(tone, to);
    print_cut(text, width, to);
    if (*tone)
        fputs("\033[0m", to);
    if (!table->numbers[column] && !last)
        spaces(pad, to);
    if (last)
        fputc('\n', to);
}

void table_print(const struct table *table, FILE *to)
{
    size_t widths[TABLE_COLUMNS];
    bool colour = has_colour(to);
    if (table->columns == 0)
        return;
    table_measure(table, widths, terminal_width(to));
    for (uint32_t i = 0; i < table->columns; i++)
        cell_print(table, i, bytes_of(table->titles[i]), widths[i], colour ? tones[TONE_QUIET] : "",
                   to);
    size_t rows = (table->cell_count + table->columns - 1) / table->columns;
    for (size_t cell = 0; cell < rows * table->columns; cell++) {
        uint32_t column = (uint32_t)(cell % table->columns);
        bool given = cell < table->cell_count;
        cell_print(table, column, given ? cell_text(table, cell) : (struct bytes){"", 0},
                   widths[column], given && colour ? tones[table->cells[cell].tone] : "", to);
    }
}

void table_finish(struct table *table)
{
    for (uint32_t i = 0; i < table->columns; i++)
        free(table->titles[i]);
    buffer_finish(&table->text);
    free(table->cells);
    *table = (struct table){0};
}

/* --- paragraphs --- */

/* Where the line ends: at the last blank that fits, or behind the last wide character. */
static size_t line_length(struct bytes text, size_t width)
{
    size_t cells = 0, good = 0;
    for (size_t at = 0; at < text.len;) {
        struct character character = character_at(bytes_from(text, at));
        if (text.at[at] == '\n')
            return at;
        cells += character_width(character);
        if (cells > width)
            return good ? good : at ? at : character.length;
        if (text.at[at] == ' ' || is_wide(character.code))
            good = text.at[at] == ' ' ? at : at + character.length;
        at += character.length;
    }
    return text.len;
}

void text_wrap(struct bytes text, const char *bullet, size_t width, FILE *to)
{
    size_t line = width ? width : terminal_width(to);
    size_t margin = text_width(bytes_of(bullet));
    if (line == 0 || line > PARAGRAPH_WIDTH)
        line = width ? width : PARAGRAPH_WIDTH;
    for (bool first = true; text.len; first = false) {
        size_t length = line_length(text, line > margin + 10 ? line - margin : 10);
        if (first)
            fputs(bullet, to);
        else
            spaces(margin, to);
        print_cut((struct bytes){text.at, length}, 0, to);
        fputc('\n', to);
        text = bytes_from(text, length);
        while (text.len && (text.at[0] == ' ' || text.at[0] == '\n'))
            text = bytes_from(text, 1);
    }
}
