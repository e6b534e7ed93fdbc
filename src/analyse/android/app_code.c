#include "analyse/android/app_code.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"

struct own_class {
    struct bytes super;
};

/* By method reference of one file. */
struct call_count {
    uint32_t count;
    uint32_t from_class, from_method; /* the first that calls it: class and method reference */
};

struct code_reader {
    struct arena *arena;
    struct notes *notes;
    struct app_code *code;
    struct own_class *classes;
    struct hash_table class_index;  /* hash of descriptor -> classes */
    struct hash_table method_index; /* keys of the methods that its own classes have */
    struct hash_table call_index;   /* key -> code->calls */
    uint32_t call_capacity;
    struct buffer prototype; /* scratch */
    struct hint_walk walk;
};

/* One key for a method of a class, the same in every file of the application. */
static uint64_t method_key(struct code_reader *reader, const struct dex *dex, struct bytes class,
                           const struct dex_member *method)
{
    buffer_clear(&reader->prototype);
    dex_prototype_put(dex, method->prototype, &reader->prototype);
    uint64_t member =
        hash_mix(hash_bytes(method->name), hash_bytes(buffer_bytes(&reader->prototype)));
    return hash_mix(hash_bytes(class), member);
}

static int class_gather(struct code_reader *reader, struct dex *dex, const struct dex_class *class)
{
    uint64_t key = hash_bytes(class->name);
    struct dex_methods methods = dex_methods_of(dex, class);
    struct dex_method method;
    int error = 0;
    if (hash_table_get(&reader->class_index, key) == HASH_TABLE_NONE) {
        uint32_t index = (uint32_t)reader->code->classes++;
        reader->classes[index].super = class->super;
        error = hash_table_put(&reader->class_index, key, index);
    }
    while (!error && dex_methods_next(&methods, &method)) {
        struct dex_member member = dex_method_reference(dex, method.index);
        error =
            hash_table_put(&reader->method_index, method_key(reader, dex, class->name, &member), 0);
        reader->code->methods++;
        reader->code->natives += (method.access & 0x100) != 0;
    }
    return error;
}

/* All classes first: a call in one file may go to a class of another. */
static int classes_gather(struct code_reader *reader, struct dex *files, uint32_t count)
{
    size_t most = 0;
    int error = 0;
    for (uint32_t i = 0; i < count; i++)
        most += files[i].classes.count;
    reader->classes = arena_take_array(reader->arena, most + 1, sizeof(*reader->classes));
    if (!reader->classes)
        return -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct dex dex =
            files[i]; /* with an effort of its own: it is read once more for its code */
        for (uint32_t j = 0; j < dex.classes.count && !error; j++) {
            struct dex_class class = dex_class_at(&dex, j);
            error = class_gather(reader, &dex, &class);
        }
        if (dex.effort == 0)
            note_add(reader->notes, "classes overlap: not all are read", BYTES("DEX"));
    }
    return error;
}

/* Every object has these, also where only an interface is known of it. */
static bool is_of_object(struct bytes name)
{
    static const char *const names[] = {"<init>",   "equals", "hashCode",  "toString", "getClass",
                                        "finalize", "notify", "notifyAll", "wait",     "clone"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (bytes_equal(name, bytes_of(names[i])))
            return true;
    return false;
}

/* The class that a call reaches, at or above the one it names; empty: the application's own. */
static struct bytes class_reached(struct code_reader *reader, const struct dex *dex,
                                  const struct dex_member *method)
{
    struct bytes class = method->class, none = {"", 0};
    for (int depth = 0; depth < CODE_ABOVE; depth++) {
        if (class.len == 0 || class.at[0] != 'L')
            return none; /* an array's, which is nobody's */
        uint32_t index = hash_table_get(&reader->class_index, hash_bytes(class));
        if (index == HASH_TABLE_NONE) {
            bool guessed = depth > 0 && bytes_equal(class, BYTES("Ljava/lang/Object;")) &&
                           !is_of_object(method->name);
            return guessed ? none : class;
        }
        if (hash_table_get(&reader->method_index, method_key(reader, dex, class, method)) !=
            HASH_TABLE_NONE)
            return none;
        class = reader->classes[index].super;
    }
    return none;
}

/* Room for one more; the calls move. */
static int calls_grow(struct code_reader *reader)
{
    struct app_code *code = reader->code;
    if (code->call_count < reader->call_capacity)
        return 0;
    uint32_t capacity = reader->call_capacity ? 2 * reader->call_capacity : 1024;
    struct app_call *calls = arena_take_array(reader->arena, capacity, sizeof(*calls));
    if (!calls)
        return -ENOMEM;
    if (code->call_count)
        memcpy(calls, code->calls, code->call_count * sizeof(*calls));
    code->calls = calls;
    reader->call_capacity = capacity;
    return 0;
}

static int call_keep(struct code_reader *reader, const struct dex *dex, uint32_t index,
                     const struct call_count *counted)
{
    struct app_code *code = reader->code;
    struct dex_member method = dex_method_reference(dex, index);
    struct bytes class = class_reached(reader, dex, &method);
    if (class.len == 0)
        return 0;
    uint64_t key = method_key(reader, dex, class, &method);
    uint32_t at = hash_table_get(&reader->call_index, key);
    if (at != HASH_TABLE_NONE) {
        code->calls[at].count += counted->count;
        return 0;
    }
    struct bytes prototype = {NULL, 0};
    if (code->call_count < CODE_CALLS && calls_grow(reader) == 0)
        prototype = arena_copy(reader->arena, buffer_bytes(&reader->prototype));
    if (!prototype.at) {
        code->calls_dropped++;
        return 0;
    }
    struct dex_member from = dex_method_reference(dex, counted->from_method);
    code->calls[code->call_count] = (struct app_call){
        class,     method.name,   prototype, dex_class_at(dex, counted->from_class).name,
        from.name, counted->count};
    return hash_table_put(&reader->call_index, key, code->call_count++);
}

static void code_walk(struct code_reader *reader, struct dex_code code, uint32_t class,
                      uint32_t method, struct call_count *counts)
{
    struct dex_instruction instruction;
    while (dex_code_next(&code, &instruction)) {
        reader->code->instructions++;
        hint_step(&reader->walk, &instruction);
        if (!dex_invokes(instruction.opcode) ||
            instruction.index >= reader->walk.dex->methods.count)
            continue;
        struct call_count *count = &counts[instruction.index];
        if (count->count++ == 0) {
            count->from_class = class;
            count->from_method = method;
        }
    }
}

static void class_walk(struct code_reader *reader, struct dex *dex, uint32_t index,
                       struct call_count *counts)
{
    struct dex_class class = dex_class_at(dex, index);
    struct dex_methods methods = dex_methods_of(dex, &class);
    struct dex_method method;
    while (dex_methods_next(&methods, &method)) {
        if (method.code == 0)
            continue;
        struct dex_code code = dex_code_at(dex, method.code);
        struct dex_member member = dex_method_reference(dex, method.index);
        hint_start(&reader->walk, class.name, member.name, member.prototype, code);
        code_walk(reader, code, index, method.index, counts);
    }
}

static int file_walk(struct code_reader *reader, struct dex *dex)
{
    struct call_count *counts =
        arena_take_array(reader->arena, (size_t)dex->methods.count + 1, sizeof(*counts));
    int error = 0;
    reader->walk.dex = dex;
    reader->walk.interests = hint_interests(dex, reader->arena);
    if (!counts || !reader->walk.interests)
        return -ENOMEM;
    for (uint32_t i = 0; i < dex->classes.count; i++)
        class_walk(reader, dex, i, counts);
    if (dex->effort == 0)
        note_add(reader->notes, "methods overlap: not all are read", BYTES("DEX"));
    for (uint32_t i = 0; i < dex->methods.count && !error; i++)
        if (counts[i].count)
            error = call_keep(reader, dex, i, &counts[i]);
    return error;
}

/* Several files of one application may carry the same. */
static bool text_is_kept(const struct app_code *code, struct bytes value)
{
    for (uint32_t i = 0; i < code->text_count; i++)
        if (bytes_equal(code->texts[i].value, value))
            return true;
    return false;
}

static void texts_gather(struct code_reader *reader, const struct dex *dex)
{
    struct app_code *code = reader->code;
    for (uint32_t i = 0; i < dex->strings.count; i++) {
        struct bytes value = dex_string(dex, i);
        enum app_text_kind kind = app_text_kind_of(value);
        if (kind == TEXT_NONE || text_is_kept(code, value))
            continue;
        if (code->text_count == CODE_TEXTS)
            code->texts_dropped++;
        else
            code->texts[code->text_count++] = (struct app_text){kind, value};
    }
}

static int calls_compare(const void *a, const void *b)
{
    const struct app_call *left = a, *right = b;
    int order = bytes_compare(left->class, right->class);
    order = order ? order : bytes_compare(left->name, right->name);
    return order ? order : bytes_compare(left->prototype, right->prototype);
}

int app_code_read(struct dex *files, uint32_t count, struct arena *arena, struct notes *notes,
                  struct app_code *ret_code)
{
    struct app_code code = {0};
    struct code_reader *reader = calloc(1, sizeof(*reader));
    struct hints *hints = arena_take(arena, sizeof(*hints));
    code.texts = arena_take_array(arena, CODE_TEXTS, sizeof(*code.texts));
    if (!reader || !hints || !code.texts) {
        free(reader);
        return -ENOMEM;
    }
    reader->arena = arena;
    reader->notes = notes;
    reader->code = &code;
    reader->walk.hints = hints;
    int error = classes_gather(reader, files, count);
    for (uint32_t i = 0; i < count && !error; i++) {
        error = file_walk(reader, &files[i]);
        texts_gather(reader, &files[i]);
    }
    if (reader->prototype.failed)
        error = -ENOMEM;
    if (!error && code.call_count)
        qsort(code.calls, code.call_count, sizeof(*code.calls), calls_compare);
    code.hints = hints->items;
    code.hint_count = hints->count;
    hash_table_finish(&reader->class_index);
    hash_table_finish(&reader->method_index);
    hash_table_finish(&reader->call_index);
    buffer_finish(&reader->prototype);
    free(reader);
    if (!error)
        *ret_code = code;
    return error;
}

const struct app_call *app_call_find(const struct app_code *code, const char *class,
                                     const char *name)
{
    struct bytes wanted = bytes_of(class);
    bool whole = wanted.len && wanted.at[wanted.len - 1] == ';';
    for (uint32_t i = 0; i < code->call_count; i++) {
        const struct app_call *call = &code->calls[i];
        bool same = whole ? bytes_equal(call->class, wanted) : bytes_start(call->class, wanted);
        if (same && (!name || bytes_equal(call->name, bytes_of(name))))
            return call;
    }
    return NULL;
}
