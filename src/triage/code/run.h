/*
 * triage/code/run.h -- a program being read, for the parts of the evaluator.
 */
#ifndef TRIAGE_CODE_RUN_H
#define TRIAGE_CODE_RUN_H

#include "base/buffer.h"
#include "triage/code/code.h"

enum { CODE_ARGUMENTS = 8, CODE_VARIABLES = 16, CODE_ITEMS = 64 };

enum value_kind {
    VALUE_unknown,
    VALUE_nothing, /* null, undefined, None */
    VALUE_number,
    VALUE_text,     /* may have holes */
    VALUE_list,     /* its items, or those of nobody knows what (item_count 0) */
    VALUE_name,     /* of a language's own object: "process.env"; `text` */
    VALUE_member,   /* `text` of `receiver` */
    VALUE_function, /* `text` is its body */
    VALUE_clock,    /* the time now, and … */
    VALUE_elapsed,  /* … what passed since an earlier one */
};

struct value {
    enum value_kind kind;
    double number; /* of a clock: units a second */
    struct bytes text;
    const struct value *items, *receiver;
    uint32_t item_count;
};

struct code_variable {
    struct bytes name;
    struct value value;
};

struct code {
    struct bytes text;
    size_t at;
    struct arena *arena;
    struct code_result *result;
    struct buffer printed;
    struct code_variable variables[CODE_VARIABLES];
    uint32_t variable_count, steps;
    int depth;
    bool bad;      /* this statement cannot be read */
    bool returned; /* this function is over */
    bool failed;   /* out of memory */
    double wait;   /* seconds that the condition just read waits for; 0: none */
};

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct value value_text(struct bytes text);
struct value value_number(double number);
struct value value_of(const char *text); /* constant text, with holes */

/* As the languages print it, in the arena; unknown: a hole. */
struct bytes value_print(struct code *code, const struct value *value);

/* Text put together in a buffer, as a value; the buffer is finished. */
struct value value_take(struct code *code, struct buffer *text);

/* Reading: the byte `ahead`, 0 behind the end; what is left; past blanks and comments. */
char char_at(const struct code *code, size_t ahead);
struct bytes rest_of(const struct code *code);
void blanks_skip(struct code *code);

/* Past a sign or a whole word, if it comes next. */
bool sign_accept(struct code *code, const char *sign);
bool word_accept(struct code *code, const char *word);

/* The name that comes next; empty: none. */
struct bytes name_peek(struct code *code);

/* The bracket that closes the one at `from`, strings passed over; text.len: none. */
size_t closing(struct bytes text, size_t from);

/* The inside of the brackets that begin here, which are passed. */
struct bytes brackets_take(struct code *code);

struct value numeral_read(struct code *code);
struct value quoted_read(struct code *code);

/* What the operator `sign` makes of two values. */
struct value infix_apply(struct code *code, const char *sign, struct value left,
                         struct value right);

/* "process.env" of "global.process.env": a name of the language's own. */
bool name_is_own(struct bytes name);

/* What a name is worth without a call: process.version, PHP_VERSION. */
struct value name_value(struct code *code, const struct value *name);

/* Call what a value is with arguments. */
struct value value_call(struct code *code, const struct value *callee,
                        const struct value *arguments, uint32_t count);

/* A method of a text, a list or a number; false: it is none. */
bool method_call(struct code *code, const struct value *receiver, struct bytes name,
                 const struct value *arguments, uint32_t count, struct value *ret_value);

/* Functions that transform text: md5, strrev, btoa; false: it is none. */
bool text_call(struct code *code, struct bytes name, const struct value *arguments, uint32_t count,
               struct value *ret_value);

/* The statements of `text`, as a program of their own or a function's body; the last value. */
struct value code_read(struct code *code, struct bytes text);

void command_add(struct code *code, struct bytes text, bool shown);

#endif
