/* What operators make of values. */
#include <math.h>

#include "triage/code/run.h"
#include "triage/shell/shell.h"

static double arithmetic(const char *sign, double a, double b)
{
    switch (sign[0]) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return sign[1] ? pow(a, b) : a * b;
    case '/':
        return a / b;
    default:
        return fmod(a, b);
    }
}

static struct value joined(struct code *code, const struct value *left, const struct value *right)
{
    struct buffer text = {0};
    buffer_put(&text, value_print(code, left));
    buffer_put(&text, value_print(code, right));
    return value_take(code, &text);
}

/* A clock's difference, or how long a comparison with it waits. */
static bool clock_apply(struct code *code, const char *sign, const struct value *left,
                        const struct value *right, struct value *ret_value)
{
    bool left_time = left->kind == VALUE_clock || left->kind == VALUE_elapsed;
    bool right_time = right->kind == VALUE_clock || right->kind == VALUE_elapsed;
    const struct value *time = left_time ? left : right, *other = left_time ? right : left;
    if (!left_time && !right_time)
        return false;
    *ret_value = *time;
    if (sign[0] == '-' && left_time && right_time) {
        ret_value->kind = VALUE_elapsed;
    } else if (sign[0] == '+' && other->kind == VALUE_number) {
        ret_value->kind = VALUE_elapsed; /* a deadline: the number is what it lies ahead */
        ret_value->item_count = (uint32_t)fmin(fmax(other->number, 0), 1e9);
    } else if ((sign[0] == '<' || sign[0] == '>') && time->number > 0) {
        double units =
            other->kind == VALUE_number ? other->number : fmax(left->item_count, right->item_count);
        code->wait = units / time->number;
    }
    return true;
}

/* Nothing times whatever is nothing. */
static bool is_zero(const struct value *value)
{
    return value->kind == VALUE_number && value->number == 0;
}

static bool is_number_hole(const struct value *value)
{
    return value->kind == VALUE_text && value->text.len == 1 &&
           value->text.at[0] == SHELL_HOLE_number;
}

struct value infix_apply(struct code *code, const char *sign, struct value left, struct value right)
{
    struct value value;
    bool numbers = left.kind == VALUE_number && right.kind == VALUE_number;
    bool text = left.kind == VALUE_text || right.kind == VALUE_text;
    if (clock_apply(code, sign, &left, &right, &value))
        return value;
    if (strchr("+-*/%", sign[0]) && numbers)
        return value_number(arithmetic(sign, left.number, right.number));
    if (sign[0] == '*' && (is_zero(&left) || is_zero(&right)) &&
        (is_number_hole(&left) || is_number_hole(&right)))
        return value_number(0);
    if (sign[0] == '*' && left.kind == VALUE_text && right.kind == VALUE_number)
        return text_call(code, BYTES("str_repeat"), (struct value[]){left, right}, 2, &value)
                   ? value
                   : (struct value){0};
    if ((sign[0] == '+' || sign[0] == '.' || sign[0] == '~') && (text || sign[0] != '+'))
        return joined(code, &left, &right);
    if (sign[0] == '|' || sign[0] == '?')
        return left.kind == VALUE_nothing || is_zero(&left) ? right : left;
    return (struct value){0};
}
