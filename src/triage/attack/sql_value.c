#include "triage/attack/sql_value.h"

#include <stdlib.h>
#include <strings.h>

#include "triage/attack/sql_function.h"
#include "triage/attack/sql_reading.h"

enum { ARGUMENTS = 32, NUMBER_TEXT = 32, CHEAP = 32 };

static struct sql_value expression(struct sql_reading *reading);
static struct sql_value comparison(struct sql_reading *reading);

static struct sql_value unknown(void)
{
    return (struct sql_value){.kind = SQL_unknown};
}

static struct sql_value number_value(struct sql_reading *reading, int64_t number, bool computed)
{
    return sql_of_number(reading->arena, number, computed, &reading->error);
}

static struct sql_value truth_value(struct sql_reading *reading, enum sql_truth truth)
{
    struct sql_value value =
        truth == SQL_undecided ? unknown() : number_value(reading, truth == SQL_true, true);
    value.computed = true;
    value.condition = true;
    return value;
}

enum sql_truth sql_truth(const struct sql_value *value)
{
    char text[NUMBER_TEXT];
    size_t len = value->text.len < sizeof(text) - 1 ? value->text.len : sizeof(text) - 1;
    if (value->kind == SQL_null)
        return SQL_false;
    if (value->kind == SQL_number)
        return value->number ? SQL_true : SQL_false;
    if (value->kind != SQL_text)
        return SQL_undecided;
    if (len)
        memcpy(text, value->text.at, len);
    text[len] = 0;
    return strtod(text, NULL) < 0 || strtod(text, NULL) > 0 ? SQL_true : SQL_false;
}

/* Tables that each have rows, whatever else the database holds. */
static bool next_is_system_table(struct sql_reading *reading)
{
    static const char *const names[] = {
        "dual",    "sysibm.",           "rdb$",    "information_schema.", "sysmaster:", "versions",
        "system.", "msysaccessobjects", "sqlite_", "pg_catalog",          NULL};
    sql_skip_blanks(reading);
    struct bytes rest = sql_rest(reading);
    for (int i = 0; names[i]; i++)
        if (rest.len >= strlen(names[i]) && strncasecmp(rest.at, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* SELECT expression: its value, if it is of no table, or of one that is never empty. */
static struct sql_value selected(struct sql_reading *reading)
{
    (void)(sql_next_word(reading, "all") || sql_next_word(reading, "distinct"));
    struct sql_value value = expression(reading);
    bool known = true;
    if (sql_next_word(reading, "from")) {
        known = next_is_system_table(reading);
        while (reading->at < reading->text.len &&
               (sql_is_name(reading->text.at[reading->at]) || reading->text.at[reading->at] == ':'))
            reading->at++;
    }
    sql_skip_blanks(reading);
    struct bytes rest = sql_rest(reading);
    if (rest.len && rest.at[0] == ')')
        return known ? value : unknown();
    sql_skip_argument(reading);
    while (reading->at < reading->text.len && reading->text.at[reading->at] == ',') {
        reading->at++;
        sql_skip_argument(reading);
    }
    return unknown();
}

/* CASE [value] WHEN … THEN … ELSE … END. */
static struct sql_value chosen(struct sql_reading *reading)
{
    struct sql_value subject = {0}, value = {.kind = SQL_null, .computed = true};
    bool simple = !sql_next_word(reading, "when"), decided = false, lost = false;
    if (simple) {
        subject = expression(reading);
        if (!sql_next_word(reading, "when"))
            return unknown();
    }
    do {
        struct sql_value condition = expression(reading);
        enum sql_truth truth = sql_truth(&condition);
        if (simple) /* equal as text: good enough for constants */
            truth = subject.kind == SQL_unknown || condition.kind == SQL_unknown ? SQL_undecided
                    : bytes_equal(subject.text, condition.text)                  ? SQL_true
                                                                                 : SQL_false;
        if (!sql_next_word(reading, "then"))
            return unknown();
        struct sql_value result = expression(reading);
        lost = lost || (!decided && truth == SQL_undecided);
        if (!decided && !lost && truth == SQL_true) {
            value = result;
            decided = true;
        }
    } while (reading->error == 0 && sql_next_word(reading, "when"));
    if (sql_next_word(reading, "else")) {
        struct sql_value result = expression(reading);
        if (!decided && !lost)
            value = result;
    }
    (void)sql_next_word(reading, "end");
    value.computed = true;
    return lost ? unknown() : value;
}

/* The arguments of a call, behind its opening bracket. */
static struct sql_value called(struct sql_reading *reading, struct bytes name)
{
    struct sql_value arguments[ARGUMENTS];
    unsigned count = 0;
    if (!sql_next(reading, ")"))
        do {
            arguments[count < ARGUMENTS - 1 ? count++ : count] = expression(reading);
            sql_skip_argument(reading);
        } while (reading->error == 0 && sql_next(reading, ","));
    (void)sql_next(reading, ")");
    return reading->error ? unknown()
                          : sql_call(reading->arena, name, arguments, count, &reading->error);
}

/* A name, with its arguments when it is a function. */
static struct sql_value named(struct sql_reading *reading)
{
    size_t from = reading->at;
    while (reading->at < reading->text.len && sql_is_name(reading->text.at[reading->at]))
        reading->at++;
    struct bytes name = {reading->text.at + from, reading->at - from};
    if (name.len == 0) {
        reading->at += reading->at < reading->text.len;
        return unknown();
    }
    if (sql_next(reading, "("))
        return called(reading, name);
    return sql_is_bare_function(name) ? sql_call(reading->arena, name, NULL, 0, &reading->error)
                                      : unknown();
}

static struct sql_value bracketed(struct sql_reading *reading)
{
    struct sql_value value =
        sql_next_word(reading, "select") ? selected(reading) : expression(reading);
    if (!sql_next(reading, ")") &&
        value.kind == SQL_null) { /* NULL and an operator of somebody's */
        sql_skip_argument(reading);
        (void)sql_next(reading, ")");
    }
    return value;
}

static struct sql_value operand(struct sql_reading *reading)
{
    sql_skip_blanks(reading);
    struct bytes rest = sql_rest(reading);
    if (++reading->effort > SQL_EFFORT)
        reading->at = reading->text.len;
    if (rest.len == 0 || reading->error || reading->effort > SQL_EFFORT)
        return unknown();
    if (rest.at[0] == '\'' || rest.at[0] == '"')
        return sql_quoted(reading);
    if (rest.len > 2 && (rest.at[0] == '0' || rest.at[0] == 'x' || rest.at[0] == 'X') &&
        (rest.at[0] == '0' ? ascii_lower(rest.at[1]) == 'x' : rest.at[1] == '\''))
        return sql_hexadecimal(reading);
    if (rest.at[0] >= '0' && rest.at[0] <= '9')
        return sql_digits(reading);
    if (sql_next(reading, "("))
        return bracketed(reading);
    if (sql_next_word(reading, "null"))
        return (struct sql_value){.kind = SQL_null};
    if (sql_next_word(reading, "true"))
        return truth_value(reading, SQL_true);
    if (sql_next_word(reading, "false"))
        return truth_value(reading, SQL_false);
    if (sql_next_word(reading, "case"))
        return chosen(reading);
    return named(reading);
}

static struct sql_value arithmetic(struct sql_reading *reading, char operation, struct sql_value a,
                                   struct sql_value b)
{
    int64_t result = 0;
    if (a.kind != SQL_number || b.kind != SQL_number)
        return unknown();
    if (operation == '/' || operation == '%') {
        if (b.number == 0 || b.number == -1 || (operation == '/' && a.number % b.number))
            return unknown();
        return number_value(reading, operation == '/' ? a.number / b.number : a.number % b.number,
                            true);
    }
    bool overflow = operation == '*'   ? __builtin_mul_overflow(a.number, b.number, &result)
                    : operation == '+' ? __builtin_add_overflow(a.number, b.number, &result)
                                       : __builtin_sub_overflow(a.number, b.number, &result);
    return overflow ? unknown() : number_value(reading, result, true);
}

/* An operand with its sign, and the casts behind it. */
static struct sql_value primary(struct sql_reading *reading)
{
    sql_skip_blanks(reading);
    if (reading->depth > SQL_DEPTH) {
        reading->at = reading->text.len;
        return unknown();
    }
    bool comment = bytes_start(sql_rest(reading), BYTES("--"));
    if (!comment && (sql_next(reading, "-") || sql_next(reading, "~") || sql_next(reading, "+"))) {
        char sign = reading->text.at[reading->at - 1];
        reading->depth++;
        struct sql_value value = primary(reading);
        reading->depth--;
        if (sign == '+')
            return value;
        return sign == '-' ? arithmetic(reading, '-', number_value(reading, 0, false), value)
                           : unknown();
    }
    struct sql_value value = operand(reading);
    while (sql_next(reading, "::")) {
        sql_skip_blanks(reading);
        while (reading->at < reading->text.len && sql_is_name(reading->text.at[reading->at]))
            reading->at++;
    }
    return value;
}

static struct sql_value product(struct sql_reading *reading)
{
    struct sql_value value = primary(reading);
    while (reading->error == 0) {
        bool times = sql_next(reading, "*");
        bool over = !times && sql_next(reading, "/");
        if (!times && !over && !sql_next(reading, "%"))
            break;
        value = arithmetic(reading, times ? '*' : over ? '/' : '%', value, primary(reading));
    }
    return value;
}

/* a || b, and a + b of SQL Server where both are text. */
static struct sql_value sum(struct sql_reading *reading)
{
    struct sql_value value = product(reading);
    while (reading->error == 0) {
        bool joins = sql_next(reading, "||");
        bool comment = bytes_start(sql_rest(reading), BYTES("--"));
        bool adds = !joins && sql_next(reading, "+");
        if (!joins && !adds && (comment || !sql_next(reading, "-")))
            break;
        struct sql_value pair[2] = {value, product(reading)};
        reading->effort += (uint32_t)(pair[0].text.len + pair[1].text.len) / CHEAP;
        bool texts =
            adds && (pair[0].kind == SQL_text || pair[0].known) && pair[1].kind != SQL_number;
        value = joins || texts
                    ? sql_join(reading->arena, pair, 2, (struct bytes){0}, &reading->error)
                    : arithmetic(reading, adds ? '+' : '-', pair[0], pair[1]);
    }
    return value;
}

static bool is_constant(const struct sql_value *value)
{
    return value->kind == SQL_number || value->kind == SQL_text;
}

/* <0, 0, >0. */
static int order_of(const struct sql_value *a, const struct sql_value *b)
{
    if (a->kind == SQL_number && b->kind == SQL_number)
        return (a->number > b->number) - (a->number < b->number);
    return bytes_compare(a->text, b->text);
}

static enum sql_truth compared(const char *operation, const struct sql_value *a,
                               const struct sql_value *b)
{
    if (a->kind == SQL_null || b->kind == SQL_null)
        return SQL_false;
    if (!is_constant(a) || !is_constant(b))
        return SQL_undecided;
    int order = order_of(a, b);
    bool same = order == 0, less = order < 0;
    bool result = operation[0] == '<'   ? (operation[1] == '>'   ? !same
                                           : operation[1] == '=' ? less || same
                                                                 : less)
                  : operation[0] == '>' ? (operation[1] == '=' ? !less : !less && !same)
                  : operation[0] == '!' ? !same
                                        : same;
    return result ? SQL_true : SQL_false;
}

/* IS [NOT] NULL; IS TRUE and the like are left undecided. */
static enum sql_truth is_null(struct sql_reading *reading, const struct sql_value *value)
{
    bool no = sql_next_word(reading, "not");
    struct sql_value with = primary(reading);
    if (with.kind != SQL_null || value->kind == SQL_unknown || value->kind == SQL_typed)
        return SQL_undecided;
    return (value->kind == SQL_null) != no ? SQL_true : SQL_false;
}

/* [NOT] LIKE without wildcards, IN (…), BETWEEN … AND …, REGEXP. */
static bool worded(struct sql_reading *reading, const struct sql_value *value, enum sql_truth *ret)
{
    size_t from = reading->at;
    bool no = sql_next_word(reading, "not");
    enum sql_truth truth = SQL_undecided;
    if (sql_next_word(reading, "like")) {
        struct sql_value with = sum(reading);
        bool plain = with.kind == SQL_text && with.text.len &&
                     !memchr(with.text.at, '%', with.text.len) &&
                     !memchr(with.text.at, '_', with.text.len);
        truth = plain ? compared("=", value, &with) : SQL_undecided;
    } else if (sql_next_word(reading, "between")) {
        struct sql_value low = sum(reading);
        (void)sql_next_word(reading, "and");
        struct sql_value high = sum(reading);
        enum sql_truth above = compared(">=", value, &low), below = compared("<=", value, &high);
        truth = above == SQL_undecided || below == SQL_undecided ? SQL_undecided
                : above == SQL_true && below == SQL_true         ? SQL_true
                                                                 : SQL_false;
    } else if (sql_next_word(reading, "in") || sql_next_word(reading, "rlike") ||
               sql_next_word(reading, "regexp")) {
        (void)sum(reading);
    } else {
        reading->at = from;
        return false;
    }
    *ret = truth == SQL_undecided ? truth : (truth == SQL_true) != no ? SQL_true : SQL_false;
    return true;
}

static struct sql_value comparison(struct sql_reading *reading)
{
    static const char *const operations[] = {"<=>", "<>", "<=", ">=", "!=", "==", "<", ">", "="};
    struct sql_value value = sum(reading);
    while (reading->error == 0) {
        enum sql_truth truth = SQL_undecided;
        size_t i = 0;
        while (i < sizeof(operations) / sizeof(*operations) && !sql_next(reading, operations[i]))
            i++;
        if (i < sizeof(operations) / sizeof(*operations)) {
            struct sql_value with = sum(reading);
            truth = compared(i == 0 ? "=" : operations[i], &value, &with);
        } else if (sql_next_word(reading, "is")) {
            truth = is_null(reading, &value);
        } else if (!worded(reading, &value, &truth)) {
            break;
        }
        value = truth_value(reading, truth);
    }
    return value;
}

static struct sql_value negation(struct sql_reading *reading)
{
    bool odd = false, any = false;
    while (sql_next_word(reading, "not") ||
           (!bytes_start(sql_rest(reading), BYTES("!=")) && sql_next(reading, "!"))) {
        odd = !odd;
        any = true;
    }
    struct sql_value value = comparison(reading);
    enum sql_truth truth = sql_truth(&value);
    if (!any)
        return value;
    return truth_value(reading, truth == SQL_undecided       ? truth
                                : (truth == SQL_true) != odd ? SQL_true
                                                             : SQL_false);
}

static struct sql_value conjunction(struct sql_reading *reading)
{
    struct sql_value value = negation(reading);
    while (reading->error == 0 && (sql_next_word(reading, "and") || sql_next(reading, "&&"))) {
        struct sql_value with = negation(reading);
        enum sql_truth a = sql_truth(&value), b = sql_truth(&with);
        value = truth_value(reading, a == SQL_false || b == SQL_false ? SQL_false
                                     : a == SQL_true && b == SQL_true ? SQL_true
                                                                      : SQL_undecided);
    }
    return value;
}

static struct sql_value expression(struct sql_reading *reading)
{
    if (++reading->depth > SQL_DEPTH) {
        reading->at = reading->text.len;
        return unknown();
    }
    struct sql_value value = conjunction(reading);
    while (reading->error == 0 && (sql_next_word(reading, "or") || sql_next_word(reading, "xor"))) {
        bool exclusive = ascii_lower(reading->text.at[reading->at - 3]) == 'x';
        struct sql_value with = conjunction(reading);
        enum sql_truth a = sql_truth(&value), b = sql_truth(&with);
        bool lost = a == SQL_undecided || b == SQL_undecided;
        enum sql_truth either = a == SQL_true || b == SQL_true ? SQL_true
                                : lost                         ? SQL_undecided
                                                               : SQL_false;
        enum sql_truth one = lost ? SQL_undecided : a != b ? SQL_true : SQL_false;
        value = truth_value(reading, exclusive ? one : either);
    }
    reading->depth--;
    return value;
}

int sql_evaluate(struct bytes text, struct arena *arena, struct sql_value *ret_value,
                 size_t *ret_len)
{
    struct sql_reading reading = {.text = text, .arena = arena};
    reading.text.len = text.len < SQL_BYTES ? text.len : SQL_BYTES;
    struct sql_value value = expression(&reading);
    if (reading.error)
        return reading.error;
    *ret_value = value;
    *ret_len = reading.at;
    return 0;
}

/* Whether an expression that makes text may begin here: a bracket, a literal, a name. */
static bool may_begin(struct bytes text, size_t at)
{
    char c = text.at[at];
    bool inside = at > 0 && sql_is_name(text.at[at - 1]);
    return c == '(' || c == '\'' || c == '"' || (!inside && sql_is_name(c) && c != '.');
}

int sql_next_text(struct bytes text, size_t *at, uint32_t *effort, struct arena *arena,
                  struct sql_value *ret_value, bool *ret_found)
{
    *ret_found = false;
    text.len = text.len < SQL_BYTES ? text.len : SQL_BYTES;
    for (; *at < text.len && *effort < SQL_EFFORT; ++*at) {
        if (!may_begin(text, *at))
            continue;
        struct sql_reading reading = {.text = text, .at = *at, .arena = arena, .effort = *effort};
        struct sql_value value = sum(&reading);
        *effort = reading.effort;
        if (reading.error)
            return reading.error;
        bool made = (value.kind == SQL_text && value.computed) || value.known;
        if (!made || reading.at <= *at)
            continue;
        *at = reading.at;
        *ret_value = value;
        *ret_found = true;
        return 0;
    }
    return 0;
}
