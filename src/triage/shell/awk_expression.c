/* Expressions of awk. */
#include <math.h>
#include <stdlib.h>

#include "triage/shell/awk_run.h"

static struct awk_value compare(struct awk *awk, struct bytes sign, struct awk_value a,
                                struct awk_value b)
{
    bool numbers =
        (a.is_number || awk_looks_numeric(a.text)) && (b.is_number || awk_looks_numeric(b.text));
    int order;
    if (numbers) {
        double x = awk_number_of(awk, a), y = awk_number_of(awk, b);
        order = (x > y) - (x < y);
    } else
        order = bytes_compare(awk_text_of(awk, a), awk_text_of(awk, b));
    if (!a.is_number)
        awk->machine->result->guessed |= text_has_hole(a.text);
    bool equal = sign.len == 2 && sign.at[1] == '=';
    switch (sign.at[0]) {
    case '<':
        return awk_of_number(order < 0 || (equal && order == 0));
    case '>':
        return awk_of_number(order > 0 || (equal && order == 0));
    case '!':
        return awk_of_number(order != 0);
    default:
        return awk_of_number(order == 0);
    }
}

static double calculate(char sign, double a, double b)
{
    switch (sign) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return b != 0 ? a / b : 0;
    case '%':
        return b != 0 ? fmod(a, b) : 0;
    default:
        return pow(a, b);
    }
}

static struct awk_value binary(struct awk *awk, const struct awk_node *node)
{
    struct bytes sign = node->text;
    if (sign.at[0] == '&')
        return awk_of_number(awk_truth(awk, awk_evaluate(awk, node->a)) &&
                             awk_truth(awk, awk_evaluate(awk, node->b)));
    if (sign.at[0] == '|')
        return awk_of_number(awk_truth(awk, awk_evaluate(awk, node->a)) ||
                             awk_truth(awk, awk_evaluate(awk, node->b)));
    struct awk_value a = awk_evaluate(awk, node->a);
    if (sign.at[0] == '~' || (sign.at[0] == '!' && sign.at[1] == '~'))
        return awk_of_number(awk_node_matches(awk, awk_text_of(awk, a), node->b) ==
                             (sign.at[0] == '~'));
    struct awk_value b = awk_evaluate(awk, node->b);
    if (sign.at[0] == ' ') {
        struct text out = {.arena = awk->machine->arena};
        text_add(&out, awk_text_of(awk, a));
        text_add(&out, awk_text_of(awk, b));
        return awk_of_text(text_bytes(&out));
    }
    if (strchr("<>=!", sign.at[0]))
        return compare(awk, sign, a, b);
    if ((!a.is_number && text_has_hole(a.text)) || (!b.is_number && text_has_hole(b.text)))
        return awk_of_text(BYTES("\x02"));
    return awk_of_number(calculate(sign.at[0], awk_number_of(awk, a), awk_number_of(awk, b)));
}

static struct awk_value assign(struct awk *awk, const struct awk_node *node)
{
    struct awk_value value = awk_evaluate(awk, node->b);
    if (node->text.len == 2)
        value = awk_of_number(calculate(node->text.at[0],
                                        awk_number_of(awk, awk_evaluate(awk, node->a)),
                                        awk_number_of(awk, value)));
    awk_place_set(awk, node->a, value);
    return value;
}

static struct awk_value step(struct awk *awk, const struct awk_node *node)
{
    double old = awk_number_of(awk, awk_evaluate(awk, node->a));
    double new = old + (node->text.at[0] == '+' ? 1 : -1);
    awk_place_set(awk, node->a, awk_of_number(new));
    return awk_of_number(node->b ? old : new);
}

static struct awk_value unary(struct awk *awk, const struct awk_node *node)
{
    struct awk_value value = awk_evaluate(awk, node->a);
    if (node->text.at[0] == '!')
        return awk_of_number(!awk_truth(awk, value));
    double number = awk_number_of(awk, value);
    return awk_of_number(node->text.at[0] == '-' ? -number : number);
}

static struct awk_value value_of(struct awk *awk, const struct awk_node *node)
{
    struct awk_cell *cell;
    switch (node->kind) {
    case AWK_number:
        return awk_of_number(node->number);
    case AWK_string:
        return awk_of_text(node->text);
    case AWK_regex:
        return awk_of_number(awk_node_matches(awk, awk->record, node));
    case AWK_variable:
        return awk_variable_value(awk, node->text);
    case AWK_element:
        cell = awk_cell_find(awk, node->text, awk_index_text(awk, node->a), true);
        return cell ? cell->value : awk_of_text(BYTES(""));
    case AWK_field:
        return awk_of_text(
            awk_field_get(awk, (int64_t)awk_number_of(awk, awk_evaluate(awk, node->a))));
    case AWK_binary:
        return binary(awk, node);
    case AWK_unary:
        return unary(awk, node);
    case AWK_assign:
        return assign(awk, node);
    case AWK_step:
        return step(awk, node);
    case AWK_choice:
        return awk_evaluate(awk, awk_truth(awk, awk_evaluate(awk, node->a)) ? node->b : node->c);
    case AWK_call:
        return awk_function_call(awk, node);
    case AWK_in:
        return awk_of_number(
            awk_cell_find(awk, node->text,
                          awk_index_text(awk, node->a->kind == AWK_group ? node->a->a : node->a),
                          false) != NULL);
    case AWK_getline:
        return awk_getline_call(awk, node);
    case AWK_group:
        return awk_evaluate(awk, node->a);
    default:
        return awk_of_number(0);
    }
}

struct awk_value awk_evaluate(struct awk *awk, const struct awk_node *node)
{
    if (!node || !machine_step(awk->machine, 32) || !machine_enter(awk->machine))
        return awk_of_number(0);
    struct awk_value value = value_of(awk, node);
    machine_leave(awk->machine);
    return value;
}
