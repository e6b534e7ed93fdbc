/* The instructions of Dalvik's machine: how long each is, what it names, what it writes. */
#include "analyse/android/dex.h"

/* Formats of instructions, as "Dalvik Executable instruction formats" calls them. */
enum format {
    F10X,
    F12X,
    F11N,
    F11X,
    F10T,
    F20T,
    F22X,
    F21T,
    F21S,
    F21H,
    F21C,
    F23X,
    F22B,
    F22T,
    F22S,
    F22C,
    F30T,
    F32X,
    F31I,
    F31T,
    F31C,
    F35C,
    F3RC,
    F45C,
    F4RC,
    F51L,
};

static const uint8_t format_units[] = {
    [F10X] = 1, [F12X] = 1, [F11N] = 1, [F11X] = 1, [F10T] = 1, [F20T] = 2, [F22X] = 2,
    [F21T] = 2, [F21S] = 2, [F21H] = 2, [F21C] = 2, [F23X] = 2, [F22B] = 2, [F22T] = 2,
    [F22S] = 2, [F22C] = 2, [F30T] = 3, [F32X] = 3, [F31I] = 3, [F31T] = 3, [F31C] = 3,
    [F35C] = 3, [F3RC] = 3, [F45C] = 4, [F4RC] = 4, [F51L] = 5,
};

/* Runs of opcodes of one format, each up to and with `last`. */
struct format_run {
    uint8_t last, format;
};

static const struct format_run format_runs[] = {
    {0x00, F10X}, {0x01, F12X}, {0x02, F22X}, {0x03, F32X}, {0x04, F12X}, {0x05, F22X},
    {0x06, F32X}, {0x07, F12X}, {0x08, F22X}, {0x09, F32X}, {0x0d, F11X}, {0x0e, F10X},
    {0x11, F11X}, {0x12, F11N}, {0x13, F21S}, {0x14, F31I}, {0x15, F21H}, {0x16, F21S},
    {0x17, F31I}, {0x18, F51L}, {0x19, F21H}, {0x1a, F21C}, {0x1b, F31C}, {0x1c, F21C},
    {0x1e, F11X}, {0x1f, F21C}, {0x20, F22C}, {0x21, F12X}, {0x22, F21C}, {0x23, F22C},
    {0x24, F35C}, {0x25, F3RC}, {0x26, F31T}, {0x27, F11X}, {0x28, F10T}, {0x29, F20T},
    {0x2a, F30T}, {0x2c, F31T}, {0x31, F23X}, {0x37, F22T}, {0x3d, F21T}, {0x43, F10X},
    {0x51, F23X}, {0x5f, F22C}, {0x6d, F21C}, {0x72, F35C}, {0x73, F10X}, {0x78, F3RC},
    {0x7a, F10X}, {0x8f, F12X}, {0xaf, F23X}, {0xcf, F12X}, {0xd7, F22S}, {0xe2, F22B},
    {0xf9, F10X}, {0xfa, F45C}, {0xfb, F4RC}, {0xfc, F35C}, {0xfd, F3RC}, {0xff, F21C},
};

static enum format format_of(uint8_t opcode)
{
    size_t low = 0, high = sizeof(format_runs) / sizeof(format_runs[0]) - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (format_runs[middle].last < opcode)
            low = middle + 1;
        else
            high = middle;
    }
    return (enum format)format_runs[low].format;
}

/* Tables of switches and arrays lie between instructions, each with a mark of its own. */
static uint32_t table_units(struct cursor cursor, uint16_t mark)
{
    uint64_t count = cursor_u16(&cursor);
    if (mark == 0x0100) /* packed switch: a first key, targets */
        return (uint32_t)(4 + 2 * count);
    if (mark == 0x0200) /* sparse switch: keys, targets */
        return (uint32_t)(2 + 4 * count);
    uint64_t elements = cursor_u32(&cursor);
    uint64_t units = 4 + (count * elements + 1) / 2;
    return units > UINT32_MAX ? UINT32_MAX : (uint32_t)units;
}

static void invocation_read(struct cursor *cursor, uint8_t high, struct dex_instruction *to)
{
    to->index = cursor_u16(cursor);
    uint16_t registers = cursor_u16(cursor);
    to->arguments = high >> 4 < 5 ? high >> 4 : 5;
    for (int i = 0; i < 4; i++)
        to->argument[i] = registers >> 4 * i & 15;
    to->argument[4] = high & 15;
}

static void range_read(struct cursor *cursor, uint8_t high, struct dex_instruction *to)
{
    to->index = cursor_u16(cursor);
    to->a = cursor_u16(cursor);
    to->arguments = high;
    to->range = true;
    for (uint16_t i = 0; i < 5 && i < high; i++)
        to->argument[i] = (uint16_t)(to->a + i);
}

static void operands_read(struct cursor *cursor, enum format format, uint8_t high,
                          struct dex_instruction *to)
{
    bool halves =
        format == F12X || format == F11N || format == F22C || format == F22S || format == F22T;
    to->a = halves ? high & 15 : high;
    to->b = high >> 4;
    switch (format) {
    case F11N:
        to->literal = (int8_t)high >> 4;
        break;
    case F22X:
        to->b = cursor_u16(cursor);
        break;
    case F32X:
        to->a = cursor_u16(cursor);
        to->b = cursor_u16(cursor);
        break;
    case F21S:
        to->literal = (int16_t)cursor_u16(cursor);
        break;
    case F21H:
        to->literal = (int64_t)(int16_t)cursor_u16(cursor) * 65536;
        break;
    case F31I:
    case F31T:
        to->literal = (int32_t)cursor_u32(cursor);
        break;
    case F51L:
        to->literal = (int64_t)cursor_u64(cursor);
        break;
    case F21C:
    case F22C:
        to->index = cursor_u16(cursor);
        break;
    case F31C:
        to->index = cursor_u32(cursor);
        break;
    case F35C:
    case F45C:
        invocation_read(cursor, high, to);
        break;
    case F3RC:
    case F4RC:
        range_read(cursor, high, to);
        break;
    default:
        break;
    }
}

bool dex_code_next(struct dex_code *code, struct dex_instruction *ret_instruction)
{
    for (;;) {
        struct cursor cursor = cursor_over(bytes_from(code->units, 2 * (size_t)code->at));
        struct dex_instruction here = {.at = code->at};
        uint16_t unit = cursor_u16(&cursor);
        uint32_t left = (uint32_t)(code->units.len / 2) - code->at;
        if (!cursor_ok(&cursor))
            return false;
        here.opcode = (uint8_t)unit;
        if (here.opcode == 0 && unit >= 0x0100 && unit <= 0x0300 && unit % 0x100 == 0) {
            uint32_t units = table_units(cursor, unit);
            code->at += units < left ? units : left;
            continue;
        }
        enum format format = format_of(here.opcode);
        here.units = format_units[format];
        if (here.units > left)
            return false;
        operands_read(&cursor, format, (uint8_t)(unit >> 8), &here);
        code->at += here.units;
        *ret_instruction = here;
        return true;
    }
}

struct bytes dex_array_data(const struct dex_code *code, const struct dex_instruction *from)
{
    int64_t at = (int64_t)from->at + from->literal;
    if (at < 0 || at > (int64_t)(code->units.len / 2))
        return (struct bytes){"", 0};
    struct cursor cursor = cursor_over(bytes_from(code->units, 2 * (size_t)at));
    uint16_t mark = cursor_u16(&cursor);
    size_t width = cursor_u16(&cursor), count = cursor_u32(&cursor);
    if (!cursor_ok(&cursor) || mark != 0x0300 || count * width > cursor_left(&cursor))
        return (struct bytes){"", 0};
    return cursor_take(&cursor, count * width);
}

bool dex_invokes(uint8_t opcode)
{
    return (opcode >= 0x6e && opcode <= 0x72) || (opcode >= 0x74 && opcode <= 0x78) ||
           opcode == 0xfa || opcode == 0xfb;
}

bool dex_writes(uint8_t opcode)
{
    return (opcode >= 0x01 && opcode <= 0x0d) || (opcode >= 0x12 && opcode <= 0x1c) ||
           (opcode >= 0x20 && opcode <= 0x23) || (opcode >= 0x2d && opcode <= 0x31) ||
           (opcode >= 0x44 && opcode <= 0x4a) || (opcode >= 0x52 && opcode <= 0x58) ||
           (opcode >= 0x60 && opcode <= 0x66) || (opcode >= 0x7b && opcode <= 0xe2) ||
           opcode >= 0xfe;
}

bool dex_writes_wide(uint8_t opcode)
{
    static const uint8_t wide[] = {0x04, 0x05, 0x06, 0x0b, 0x16, 0x17, 0x18, 0x19, 0x45, 0x53,
                                   0x61, 0x7d, 0x7e, 0x80, 0x81, 0x83, 0x86, 0x88, 0x89, 0x8b};
    return memchr(wide, opcode, sizeof(wide)) || (opcode >= 0x9b && opcode <= 0xa5) ||
           (opcode >= 0xab && opcode <= 0xaf) || (opcode >= 0xbb && opcode <= 0xc5) ||
           (opcode >= 0xcb && opcode <= 0xcf);
}
