/*
 * triage/shell/awk.h -- a small awk.
 *
 * Patterns and actions, fields, variables and arrays, the control statements,
 * print and printf, the string functions, system() and "command" | getline. Not
 * here: user functions and output to pipes; a program that uses them gives
 * output nobody knows.
 */
#ifndef TRIAGE_SHELL_AWK_H
#define TRIAGE_SHELL_AWK_H

#include "triage/shell/call.h"

enum awk_kind {
    AWK_number,
    AWK_string,
    AWK_regex,
    AWK_variable,
    AWK_element, /* text[a] */
    AWK_field,   /* $a */
    AWK_binary,  /* text: the operator */
    AWK_unary,
    AWK_assign, /* text: "=", "+=" … */
    AWK_step,   /* ++ --; text: "++" "--", postfix when b is set */
    AWK_choice,
    AWK_call,    /* text: the function; a: arguments */
    AWK_in,      /* a in text */
    AWK_getline, /* a: the command */
    AWK_group,
    /* statements */
    AWK_print,
    AWK_printf,
    AWK_if,
    AWK_while,
    AWK_do,
    AWK_for,
    AWK_for_in,
    AWK_next,
    AWK_exit,
    AWK_break,
    AWK_continue,
    AWK_delete,
    AWK_block,
    AWK_expression,
};

struct awk_node {
    struct awk_node *next; /* in a list */
    enum awk_kind kind;
    struct bytes text;
    double number;
    struct awk_node *a, *b, *c, *d;
};

struct awk_rule {
    struct awk_rule *next;
    char when; /* 'B', 'E', or 0: for each record */
    struct awk_node *pattern, *action;
    bool has_action;
};

/* False for a program that is none, or uses what is not here. */
bool awk_parse(struct machine *machine, struct bytes program, struct awk_rule **ret_rules);

int awk_applet(struct call *call);

/* sed's and awk's replacement text: & and \1 … */
struct regex_groups;
void replacement_put(struct text *out, struct bytes with, const struct regex_groups *groups);

#endif
