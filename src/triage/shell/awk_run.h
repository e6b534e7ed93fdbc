/* triage/shell/awk_run.h -- the state of an awk program being run, shared by its parts. */
#ifndef TRIAGE_SHELL_AWK_RUN_H
#define TRIAGE_SHELL_AWK_RUN_H

#include "triage/shell/awk.h"
#include "triage/shell/regex.h"

struct awk_value {
    struct bytes text;
    double number;
    bool is_number; /* has no text of its own */
};

struct awk_cell {
    struct awk_cell *next;
    struct bytes array, name; /* array empty: a plain variable */
    struct awk_value value;
};

enum awk_flow { AWK_FLOW_none, AWK_FLOW_next, AWK_FLOW_exit, AWK_FLOW_break, AWK_FLOW_continue };

struct awk {
    struct call *call;
    struct machine *machine;
    struct awk_cell *cells;
    struct bytes record;
    struct fields fields;
    double count; /* NR */
    bool split;   /* the record is in `fields` */
    enum awk_flow flow;
    int status;
    struct bytes pipe; /* what "command" | getline still has to give */
    bool pipe_open;
};

struct awk_value awk_of_number(double number);
struct awk_value awk_of_text(struct bytes text);
struct bytes awk_text_of(struct awk *awk, struct awk_value value);
double awk_number_of(struct awk *awk, struct awk_value value);
bool awk_looks_numeric(struct bytes text);
struct awk_cell *awk_cell_find(struct awk *awk, struct bytes array, struct bytes name, bool make);
struct bytes awk_variable_text(struct awk *awk, const char *name);
void awk_text_split(struct awk *awk, struct bytes text, struct bytes separator, struct fields *out);
void awk_record_split(struct awk *awk);
struct bytes awk_field_get(struct awk *awk, int64_t index);
void awk_field_set(struct awk *awk, int64_t index, struct bytes text);
struct awk_value awk_variable_value(struct awk *awk, struct bytes name);
struct bytes awk_index_text(struct awk *awk, const struct awk_node *list);
void awk_place_set(struct awk *awk, const struct awk_node *place, struct awk_value value);
bool awk_truth(struct awk *awk, struct awk_value value);
struct regex *awk_node_regex(struct awk *awk, const struct awk_node *node);
bool awk_node_matches(struct awk *awk, struct bytes text, const struct awk_node *node);
struct bytes awk_formatted(struct awk *awk, const struct awk_node *arguments);
struct awk_value awk_function_call(struct awk *awk, const struct awk_node *node);
struct awk_value awk_getline_call(struct awk *awk, const struct awk_node *node);
struct awk_value awk_evaluate(struct awk *awk, const struct awk_node *node);

#endif
