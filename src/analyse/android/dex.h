/*
 * analyse/android/dex.h -- Dalvik executables: tables of strings, types, methods and classes, and
 * the instructions of methods ("Dalvik Executable format", "Dalvik bytecode", Android Open Source
 * Project).
 *
 * Every offset and index is checked where it is used, so whatever the file says, a read gives
 * something within it or something empty. Counts that do not fit are cut to what does. Texts are
 * parts of the file, in the format's own modified UTF-8, which for all but characters outside the
 * basic plane and NUL is UTF-8. Quickened and compact DEX, which only a device makes, are not read.
 *
 * Limits: a text is cut after DEX_TEXT bytes. Classes and methods may all point at one long piece
 * of the file, so class data and code are read to twice the file's length in all, then read as
 * ended.
 */
#ifndef ANALYSE_ANDROID_DEX_H
#define ANALYSE_ANDROID_DEX_H

#include "analyse/android/notes.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "base/fault.h"

enum { DEX_TEXT = 65535, DEX_ARGUMENTS = 255, DEX_NONE = -1 };

struct dex_table {
    uint32_t offset, count;
};

struct dex {
    struct bytes file; /* as long as it says, where there is as much */
    struct dex_table strings, types, prototypes, fields, methods, classes;
    uint32_t version; /* 35, 37 … */
    size_t effort;    /* bytes of class data and code that may still be read */
};

/* A reference to a method or a field. */
struct dex_member {
    struct bytes class; /* descriptor: "Ljava/lang/String;" */
    struct bytes name;
    uint32_t prototype; /* of a method: index */
};

struct dex_class {
    struct bytes name, super, source; /* descriptors, but for the file's name; may be empty */
    uint32_t access;
    uint32_t interfaces, data; /* offsets; 0: none */
};

struct dex_method {
    uint32_t index;        /* of its reference */
    uint32_t access, code; /* offset of its code; 0: none */
};

/* Methods of a class, one after the other: those that are not inherited, then the others. */
struct dex_methods {
    struct dex *dex;
    struct cursor cursor;
    uint64_t left[2];
    uint32_t index;
    int kind;
};

struct dex_instruction {
    uint32_t at, units; /* from the start of the method's code, and how long, in 16-bit units */
    uint32_t index;     /* of the string, type, field or method it names */
    int64_t literal;    /* of a constant */
    uint16_t a, b;      /* first and second register */
    uint16_t arguments; /* of an invocation: how many */
    uint16_t argument[5];
    uint8_t opcode;
    bool range; /* its arguments are registers a, a + 1, … */
};

/* Where in a method's code the reading stands. */
struct dex_code {
    struct bytes units; /* 2 bytes each */
    uint32_t at;
    uint16_t registers;
};

enum dex_opcode {
    OPCODE_MOVE_OBJECT = 0x07,
    OPCODE_MOVE_OBJECT_16 = 0x09,
    OPCODE_MOVE_RESULT_OBJECT = 0x0c,
    OPCODE_RETURN_VOID = 0x0e,
    OPCODE_RETURN = 0x0f,
    OPCODE_CONST_4 = 0x12,
    OPCODE_CONST = 0x14,
    OPCODE_CONST_HIGH = 0x15,
    OPCODE_CONST_STRING = 0x1a,
    OPCODE_CONST_STRING_JUMBO = 0x1b,
    OPCODE_NEW_ARRAY = 0x23,
    OPCODE_FILLED_ARRAY = 0x24,
    OPCODE_FILLED_ARRAY_RANGE = 0x25,
    OPCODE_FILL_ARRAY = 0x26,
    OPCODE_SGET = 0x60,
    OPCODE_SGET_OBJECT = 0x62,
};

bool dex_is(struct bytes file);

/* -EBADMSG with a fault: no DEX. */
int dex_read(struct bytes file, struct notes *notes, struct dex *ret_dex, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* Empty, at != NULL, where there is none. */
struct bytes dex_string(const struct dex *dex, uint32_t index);
struct bytes dex_type(const struct dex *dex, uint32_t index);
struct dex_member dex_method_reference(const struct dex *dex, uint32_t index);
struct dex_member dex_field_reference(const struct dex *dex, uint32_t index);
struct dex_class dex_class_at(const struct dex *dex, uint32_t index);

/* "(Ljava/lang/String;I)V", put behind what `out` holds. */
void dex_prototype_put(const struct dex *dex, uint32_t index, struct buffer *out);

/* The n-th interface of a class; empty behind the last. */
struct bytes dex_interface(const struct dex *dex, const struct dex_class *class, uint32_t n);

/* All methods that a class has; false behind the last. */
struct dex_methods dex_methods_of(struct dex *dex, const struct dex_class *class);
bool dex_methods_next(struct dex_methods *methods, struct dex_method *ret_method);

/*
 * The code at an offset, as dex_method has it. The next instruction, in the order they lie, tables
 * of data gone past; false behind the last, and where what is left is too short for one.
 */
struct dex_code dex_code_at(struct dex *dex, uint32_t offset);
bool dex_code_next(struct dex_code *code, struct dex_instruction *ret_instruction);

/* The bytes of the array that a fill-array-data instruction points at; empty: broken. */
struct bytes dex_array_data(const struct dex_code *code, const struct dex_instruction *from);

/* What kinds of instruction there are, as far as anything here asks. */
bool dex_invokes(uint8_t opcode);     /* a method that it names */
bool dex_writes(uint8_t opcode);      /* register a */
bool dex_writes_wide(uint8_t opcode); /* and the one behind it */

#endif
