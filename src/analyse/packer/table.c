#include "analyse/packer/table.h"

#include <errno.h>
#include <math.h>

enum { SECTION_TEXT = 128 }; /* longer than any section is written */

/* What a column's text goes into. */
enum field {
    FIELD_PACKER,
    FIELD_PATH,
    FIELD_GROUP,
    FIELD_SIZE,
    FIELD_MACHINE,
    FIELD_ENTRY,
    FIELD_SECTION,
    FIELD_SECTIONS_COUNT,
    FIELD_SECTIONS,
    FIELD_IMPORTS,
    FIELD_LIBRARIES,
    FIELD_ENTROPY,
    FIELD_OVERLAY,
    FIELD_BYTES,
    FIELD_KIND,
    FIELD_CLASS,
    FIELD_TYPE,
    FIELD_SEGMENTS,
    FIELD_OTHER,
};

static const struct {
    const char *name;
    enum field field;
} columns[] = {
    {"packer", FIELD_PACKER},      {"path", FIELD_PATH},          {"group", FIELD_GROUP},
    {"size", FIELD_SIZE},          {"machine", FIELD_MACHINE},    {"ep_rva", FIELD_ENTRY},
    {"entry", FIELD_ENTRY},        {"ep_sec_idx", FIELD_SECTION}, {"nsec", FIELD_SECTIONS_COUNT},
    {"nsh", FIELD_SECTIONS_COUNT}, {"sections", FIELD_SECTIONS},  {"imports_n", FIELD_IMPORTS},
    {"dlls_n", FIELD_LIBRARIES},   {"entropy", FIELD_ENTROPY},    {"overlay", FIELD_OVERLAY},
    {"ep_bytes_hex", FIELD_BYTES}, {"kind", FIELD_KIND},          {"class", FIELD_CLASS},
    {"type", FIELD_TYPE},          {"nph", FIELD_SEGMENTS},
};

struct layout {
    enum field fields[TABLE_COLUMNS];
    uint32_t count;
    bool pe;
};

/* Up to the last `mark`, the rest being what stands behind it. */
static struct bytes tail_take(struct bytes *text, char mark)
{
    size_t at = text->len;
    while (at > 0 && text->at[at - 1] != mark)
        at--;
    struct bytes tail = bytes_from(*text, at);
    text->len = at ? at - 1 : 0;
    return tail;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool whole_read(struct bytes text, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (bytes_start(text, BYTES("0x"))) {
        text = bytes_from(text, 2);
        base = 16;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.at[i]);
        if (digit < 0 || (unsigned)digit >= base || value > (UINT64_MAX - 15) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *ret_value = value;
    return text.len > 0;
}

/* "7.98", "-0.00": bits a byte. */
static bool entropy_read(struct bytes text, float *ret_value)
{
    double value = 0, step = 1;
    bool point = false;
    if (bytes_start(text, BYTES("-")))
        text = bytes_from(text, 1);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text.at[i] < '0' || text.at[i] > '9' || i > 16)
            return false;
        value = value * 10 + (text.at[i] - '0');
        step = point ? step * 10 : step;
    }
    *ret_value = (float)(value / step);
    return text.len > 0 && value / step <= 8;
}

static bool section_read(struct bytes text, struct specimen_section *section)
{
    uint64_t flags = 0;
    struct bytes entropy = tail_take(&text, ':'), flag = tail_take(&text, ':');
    struct bytes declared = tail_take(&text, ':'), memory = tail_take(&text, ':');
    if (!entropy_read(entropy, &section->entropy) || !whole_read(flag, 16, &flags) ||
        !whole_read(declared, 16, &section->declared) || !whole_read(memory, 16, &section->memory))
        return false;
    section->flags = (uint32_t)flags;
    memcpy(section->name, text.at, text.len < SPECIMEN_NAME ? text.len : SPECIMEN_NAME);
    return true;
}

static bool sections_read(struct bytes text, struct specimen *specimen)
{
    while (text.len && specimen->section_count < SPECIMEN_SECTIONS) {
        /* A name may hold the separator: a section ends where four more fields do. */
        struct bytes rest = text, whole = bytes_take_part(&rest, ';');
        struct specimen_section section = {.name = ""};
        while (!section_read(whole, &section)) {
            if (rest.len == 0 || whole.len > SECTION_TEXT)
                return false;
            section = (struct specimen_section){.name = ""};
            struct bytes more = bytes_take_part(&rest, ';');
            whole.len = (size_t)(more.at + more.len - whole.at);
        }
        specimen->section[specimen->section_count++] = section;
        text = rest;
    }
    return true;
}

static bool entry_bytes_read(struct bytes text, struct specimen *specimen)
{
    size_t count = text.len / 2 < SPECIMEN_ENTRY ? text.len / 2 : SPECIMEN_ENTRY;
    for (size_t i = 0; i < count; i++) {
        int high = digit_of(text.at[2 * i]), low = digit_of(text.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        specimen->entry_bytes[i] = (uint8_t)(high << 4 | low);
    }
    specimen->entry_size = (uint32_t)count;
    return text.len % 2 == 0;
}

static bool number_set(enum field field, uint64_t value, struct specimen *specimen)
{
    uint32_t small = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    switch (field) {
    case FIELD_SIZE:
        specimen->size = value;
        return true;
    case FIELD_MACHINE:
        specimen->machine = (uint16_t)value;
        return true;
    case FIELD_ENTRY:
        specimen->entry = value;
        return true;
    case FIELD_OVERLAY:
        specimen->overlay = value;
        return true;
    case FIELD_SECTIONS_COUNT:
        specimen->sections = small;
        return true;
    case FIELD_SEGMENTS:
        specimen->segments = small;
        return true;
    case FIELD_IMPORTS:
        specimen->imports = small;
        return true;
    case FIELD_LIBRARIES:
        specimen->libraries = small;
        return true;
    case FIELD_TYPE:
        specimen->type = (uint16_t)value;
        return true;
    case FIELD_CLASS:
        specimen->bits = (uint8_t)(value == 2 ? 64 : value == 1 ? 32 : 0);
        return true;
    case FIELD_SECTION:
        specimen->entry_section = value < SPECIMEN_SECTIONS ? (int32_t)value : -1;
        return true;
    default:
        return false;
    }
}

/* NULL, or what is wrong with the field. */
static const char *field_read(enum field field, struct bytes text, struct table_row *row)
{
    struct specimen *specimen = &row->specimen;
    uint64_t value;
    switch (field) {
    case FIELD_PACKER:
        row->packer = text;
        return NULL;
    case FIELD_PATH:
        row->path = text;
        return NULL;
    case FIELD_GROUP:
        row->group = text;
        return NULL;
    case FIELD_OTHER:
        return NULL;
    case FIELD_KIND:
        specimen->format = bytes_equal(text, BYTES("script")) ? IMAGE_SCRIPT : IMAGE_ELF;
        return NULL;
    case FIELD_SECTIONS:
        return sections_read(text, specimen) ? NULL : "sections do not parse";
    case FIELD_ENTROPY:
        return entropy_read(text, &specimen->entropy) ? NULL : "no entropy";
    case FIELD_BYTES:
        return entry_bytes_read(text, specimen) ? NULL : "entry bytes are no hexadecimal";
    default:
        if (text.len == 0 || bytes_equal(text, BYTES("-1")) || bytes_equal(text, BYTES("None")))
            return NULL;
        return whole_read(text, 10, &value) && number_set(field, value, specimen) ? NULL
                                                                                  : "no number";
    }
}

static int layout_read(struct bytes line, struct layout *layout, struct fault *fault)
{
    bool bytes = false, entropy = false;
    layout->pe = true;
    while (line.len) {
        struct bytes name = bytes_take_part(&line, '\t');
        enum field field = FIELD_OTHER;
        if (layout->count == TABLE_COLUMNS)
            return -E2BIG;
        for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
            if (bytes_equal(name, bytes_of(columns[i].name)))
                field = columns[i].field;
        bytes = bytes || field == FIELD_BYTES;
        entropy = entropy || field == FIELD_ENTROPY;
        layout->pe = layout->pe && field != FIELD_KIND;
        layout->fields[layout->count++] = field;
    }
    if (bytes && entropy)
        return 0;
    *fault = (struct fault){"the first line does not name columns ep_bytes_hex and entropy", 0, 1};
    return -EINVAL;
}

static const char *row_read(const struct layout *layout, struct bytes line, struct table_row *row)
{
    row->specimen.format = layout->pe ? IMAGE_PE : IMAGE_ELF;
    row->specimen.bits = layout->pe ? 32 : 0;
    row->specimen.entry_section = -1;
    for (uint32_t i = 0; i < layout->count; i++) {
        const char *why = field_read(layout->fields[i], bytes_take_part(&line, '\t'), row);
        if (why)
            return why;
    }
    if (layout->pe && row->specimen.machine == 0x8664)
        row->specimen.bits = 64;
    if (row->group.len == 0)
        row->group = row->path;
    return NULL;
}

int packer_table_read(struct bytes text, struct arena *arena, struct packer_table *ret_table,
                      struct fault *ret_fault)
{
    struct layout layout = {.count = 0};
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    struct bytes rest = text;
    int error = layout_read(bytes_take_line(&rest), &layout, ret_fault);
    if (error || lines > TABLE_ROWS)
        return error ? error : -E2BIG;
    struct packer_table table = {arena_take_array(arena, lines + 1, sizeof(*table.rows)), 0};
    if (!table.rows)
        return -ENOMEM;
    for (uint64_t number = 2; rest.len; number++) {
        struct bytes line = bytes_take_line(&rest);
        if (line.len == 0)
            continue;
        const char *why = row_read(&layout, line, &table.rows[table.count]);
        if (why) {
            *ret_fault = (struct fault){why, (uint64_t)(line.at - text.at), number};
            return -EINVAL;
        }
        table.count++;
    }
    *ret_table = table;
    return 0;
}
