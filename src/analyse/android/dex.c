#include "analyse/android/dex.h"

#include <errno.h>

enum {
    HEADER = 0x70,
    STRING_ID = 4,
    TYPE_ID = 4,
    PROTOTYPE_ID = 12,
    MEMBER_ID = 8,
    CLASS_ID = 32,
    ORDER_LITTLE = 0x12345678,
};

bool dex_is(struct bytes file)
{
    return bytes_start(file, BYTES("dex\n")) && file.len >= 8;
}

static uint32_t checksum(struct bytes bytes)
{
    uint32_t low = 1, high = 0;
    for (size_t i = 0; i < bytes.len;) {
        size_t until = bytes.len - i < 5552 ? bytes.len : i + 5552; /* as many as cannot overflow */
        for (; i < until; i++) {
            low += (unsigned char)bytes.at[i];
            high += low;
        }
        low %= 65521;
        high %= 65521;
    }
    return high << 16 | low;
}

/* A table of entries of `size` bytes, cut to what fits. */
static struct dex_table table_read(struct cursor *cursor, struct bytes file, uint32_t size,
                                   struct notes *notes)
{
    struct dex_table table;
    table.count = cursor_u32(cursor);
    table.offset = cursor_u32(cursor);
    size_t most = table.offset > file.len ? 0 : (file.len - table.offset) / size;
    if (table.count > most) {
        note_add(notes, "a table says it has more entries than fit", BYTES("DEX"));
        table.count = (uint32_t)most;
    }
    return table;
}

int dex_read(struct bytes file, struct notes *notes, struct dex *ret_dex, struct fault *ret_fault)
{
    struct dex dex = {.file = file};
    if (!dex_is(file) || file.len < HEADER) {
        *ret_fault = (struct fault){"too short to be a DEX, or it does not start as one", 0, 0};
        return -EBADMSG;
    }
    for (int i = 4; i < 7; i++)
        dex.version = dex.version * 10 + (uint32_t)(file.at[i] - '0') % 10;
    struct cursor cursor = cursor_over(bytes_from(file, 8));
    uint32_t sum = cursor_u32(&cursor);
    cursor_take(&cursor, 20);
    uint32_t size = cursor_u32(&cursor), header = cursor_u32(&cursor), order = cursor_u32(&cursor);
    if (order != ORDER_LITTLE) {
        *ret_fault = (struct fault){"a DEX of another byte order, which no device runs", 40, 0};
        return -EBADMSG;
    }
    if (size != file.len)
        note_add(notes, "the file is not as long as it says", BYTES("DEX"));
    if (size >= HEADER && size < file.len)
        dex.file.len = size;
    if (header != HEADER)
        note_add(notes, "its header is of another length", BYTES("DEX"));
    if (sum != checksum(bytes_from(dex.file, 12)))
        note_add(notes, "its checksum is wrong", BYTES("DEX"));
    cursor_take(&cursor, 12); /* link data, map */
    dex.strings = table_read(&cursor, dex.file, STRING_ID, notes);
    dex.types = table_read(&cursor, dex.file, TYPE_ID, notes);
    dex.prototypes = table_read(&cursor, dex.file, PROTOTYPE_ID, notes);
    dex.fields = table_read(&cursor, dex.file, MEMBER_ID, notes);
    dex.methods = table_read(&cursor, dex.file, MEMBER_ID, notes);
    dex.classes = table_read(&cursor, dex.file, CLASS_ID, notes);
    dex.effort = 2 * dex.file.len;
    *ret_dex = dex;
    return 0;
}

static struct cursor cursor_at(const struct dex *dex, size_t offset)
{
    return cursor_over(bytes_from(dex->file, offset));
}

/* At an entry of a table; at the end of the file where there is none. */
static struct cursor entry_at(const struct dex *dex, const struct dex_table *table, uint32_t index,
                              uint32_t size)
{
    return cursor_at(dex,
                     index < table->count ? table->offset + (size_t)index * size : dex->file.len);
}

struct bytes dex_string(const struct dex *dex, uint32_t index)
{
    struct cursor id = entry_at(dex, &dex->strings, index, STRING_ID);
    uint32_t offset = cursor_u32(&id);
    if (!cursor_ok(&id))
        return (struct bytes){"", 0};
    struct cursor cursor = cursor_at(dex, offset);
    cursor_varint(&cursor); /* units of UTF-16 */
    size_t left = cursor_left(&cursor), most = left < DEX_TEXT ? left : DEX_TEXT;
    if (most == 0)
        return (struct bytes){"", 0};
    const char *end = memchr(cursor.at, 0, most);
    return (struct bytes){cursor.at, end ? (size_t)(end - cursor.at) : most};
}

struct bytes dex_type(const struct dex *dex, uint32_t index)
{
    struct cursor id = entry_at(dex, &dex->types, index, TYPE_ID);
    uint32_t string = cursor_u32(&id);
    return dex_string(dex, cursor_ok(&id) ? string : UINT32_MAX);
}

static struct dex_member member_at(const struct dex *dex, const struct dex_table *table,
                                   uint32_t index)
{
    struct cursor id = entry_at(dex, table, index, MEMBER_ID);
    uint16_t class = cursor_u16(&id), prototype = cursor_u16(&id);
    uint32_t name = cursor_u32(&id);
    if (!cursor_ok(&id))
        return (struct dex_member){{"", 0}, {"", 0}, UINT32_MAX};
    return (struct dex_member){dex_type(dex, class), dex_string(dex, name), prototype};
}

struct dex_member dex_method_reference(const struct dex *dex, uint32_t index)
{
    return member_at(dex, &dex->methods, index);
}

struct dex_member dex_field_reference(const struct dex *dex, uint32_t index)
{
    return member_at(dex, &dex->fields, index);
}

struct dex_class dex_class_at(const struct dex *dex, uint32_t index)
{
    struct cursor id = entry_at(dex, &dex->classes, index, CLASS_ID);
    struct dex_class class;
    class.name = dex_type(dex, cursor_u32(&id));
    class.access = cursor_u32(&id);
    uint32_t super = cursor_u32(&id);
    class.super = dex_type(dex, super);
    class.interfaces = cursor_u32(&id);
    class.source = dex_string(dex, cursor_u32(&id));
    cursor_u32(&id);
    class.data = cursor_u32(&id);
    return class;
}

void dex_prototype_put(const struct dex *dex, uint32_t index, struct buffer *out)
{
    struct cursor id = entry_at(dex, &dex->prototypes, index, PROTOTYPE_ID);
    cursor_u32(&id);
    uint32_t returned = cursor_u32(&id), parameters = cursor_u32(&id);
    if (!cursor_ok(&id))
        return;
    buffer_put_char(out, '(');
    if (parameters) {
        struct cursor cursor = cursor_at(dex, parameters);
        uint32_t count = cursor_u32(&cursor);
        for (uint32_t i = 0; i < count && i < DEX_ARGUMENTS && cursor_ok(&cursor); i++)
            buffer_put(out, dex_type(dex, cursor_u16(&cursor)));
    }
    buffer_put_char(out, ')');
    buffer_put(out, dex_type(dex, returned));
}

struct bytes dex_interface(const struct dex *dex, const struct dex_class *class, uint32_t n)
{
    struct cursor cursor = cursor_at(dex, class->interfaces ? class->interfaces : dex->file.len);
    uint32_t count = cursor_u32(&cursor);
    cursor_take(&cursor, 2 * (size_t)n);
    uint16_t type = cursor_u16(&cursor);
    return n < count && cursor_ok(&cursor) ? dex_type(dex, type) : (struct bytes){"", 0};
}

/* Bytes between here and there count as read. */
static void effort_spend(struct dex *dex, size_t bytes)
{
    dex->effort -= bytes < dex->effort ? bytes : dex->effort;
}

struct dex_methods dex_methods_of(struct dex *dex, const struct dex_class *class)
{
    struct dex_methods methods = {.dex = dex};
    bool some = class->data && dex->effort > 0;
    methods.cursor = cursor_at(dex, some ? class->data : dex->file.len);
    const char *from = methods.cursor.at;
    uint64_t fields = cursor_varint(&methods.cursor);
    fields += cursor_varint(&methods.cursor);
    methods.left[0] = cursor_varint(&methods.cursor);
    methods.left[1] = cursor_varint(&methods.cursor);
    for (uint64_t i = 0; i < 2 * fields && cursor_ok(&methods.cursor); i++)
        cursor_varint(&methods.cursor);
    effort_spend(dex, (size_t)(methods.cursor.at - from));
    return methods;
}

bool dex_methods_next(struct dex_methods *methods, struct dex_method *ret_method)
{
    while (methods->kind < 2 && methods->left[methods->kind] == 0) {
        methods->kind++;
        methods->index = 0;
    }
    if (methods->kind == 2 || methods->dex->effort == 0)
        return false;
    const char *from = methods->cursor.at;
    methods->left[methods->kind]--;
    methods->index +=
        (uint32_t)cursor_varint(&methods->cursor); /* a difference but for the first */
    ret_method->index = methods->index;
    ret_method->access = (uint32_t)cursor_varint(&methods->cursor);
    ret_method->code = (uint32_t)cursor_varint(&methods->cursor);
    effort_spend(methods->dex, (size_t)(methods->cursor.at - from));
    return cursor_ok(&methods->cursor);
}

struct dex_code dex_code_at(struct dex *dex, uint32_t offset)
{
    struct dex_code code = {.units = {"", 0}};
    struct cursor cursor = cursor_at(dex, offset ? offset : dex->file.len);
    code.registers = cursor_u16(&cursor);
    cursor_take(&cursor, 10); /* arguments, tries, offset of what debuggers want */
    size_t len = 2 * (size_t)cursor_u32(&cursor), left = cursor_left(&cursor);
    len = len < left ? len : left;
    if (!cursor_ok(&cursor))
        return code;
    if (len <= dex->effort)
        code.units = cursor_take(&cursor, len);
    effort_spend(dex, len);
    return code;
}
