/* Values, variables and fields of awk. A text with holes stays one. */
#include <math.h>
#include <stdlib.h>

#include "triage/shell/awk_run.h"

struct awk_value awk_of_number(double number)
{
    return (struct awk_value){.number = number, .is_number = true};
}

struct awk_value awk_of_text(struct bytes text)
{
    return (struct awk_value){.text = text.at ? text : BYTES("")};
}

struct bytes awk_text_of(struct awk *awk, struct awk_value value)
{
    if (!value.is_number)
        return value.text;
    if (value.number == trunc(value.number) && fabs(value.number) < 1e16)
        return text_format(awk->machine->arena, "%.0f", value.number);
    return text_format(awk->machine->arena, "%.6g", value.number);
}

double awk_number_of(struct awk *awk, struct awk_value value)
{
    char room[48];
    if (value.is_number)
        return value.number;
    awk->machine->result->guessed |= text_has_hole(value.text);
    size_t size = value.text.len < sizeof(room) - 1 ? value.text.len : sizeof(room) - 1;
    memcpy(room, value.text.at, size);
    room[size] = 0;
    const char *at = room + strspn(room, " \t\n");
    return is_digit(*at) || strchr("+-.", *at) ? strtod(at, NULL) : 0;
}

bool awk_looks_numeric(struct bytes text)
{
    char room[48], *end;
    if (text.len == 0 || text.len >= sizeof(room))
        return false;
    memcpy(room, text.at, text.len);
    room[text.len] = 0;
    strtod(room, &end);
    return end != room && *end == 0 && !is_name_start(room[0]);
}

struct awk_cell *awk_cell_find(struct awk *awk, struct bytes array, struct bytes name, bool make)
{
    machine_step(awk->machine, 8);
    for (struct awk_cell *cell = awk->cells; cell; cell = cell->next)
        if (bytes_equal(cell->array, array) && bytes_equal(cell->name, name))
            return cell;
    struct awk_cell *cell = make ? machine_take(awk->machine, sizeof(*cell)) : NULL;
    if (!cell)
        return NULL;
    *cell = (struct awk_cell){awk->cells, array, name, awk_of_text(BYTES(""))};
    awk->cells = cell;
    return cell;
}

struct bytes awk_variable_text(struct awk *awk, const char *name)
{
    struct awk_cell *cell = awk_cell_find(awk, BYTES(""), bytes_of(name), false);
    return cell ? awk_text_of(awk, cell->value) : BYTES("");
}

/* `text` at `separator`, as FS and split() do. */
void awk_text_split(struct awk *awk, struct bytes text, struct bytes separator, struct fields *out)
{
    struct machine *machine = awk->machine;
    if (bytes_equal(separator, BYTES(" "))) {
        for (size_t at = 0; at < text.len;) {
            while (at < text.len &&
                   (text.at[at] == ' ' || text.at[at] == '\t' || text.at[at] == '\n'))
                at++;
            size_t start = at;
            while (at < text.len && text.at[at] != ' ' && text.at[at] != '\t' &&
                   text.at[at] != '\n')
                at++;
            if (at > start)
                fields_add(machine, out, (struct bytes){text.at + start, at - start});
        }
        return;
    }
    if (text.len == 0)
        return;
    struct regex *regex =
        regex_compile(machine, separator, separator.len == 1 ? REGEX_fixed : REGEX_extended, false);
    struct regex_groups groups;
    size_t at = 0;
    while (regex && at <= text.len && regex_find(regex, text, at, &groups) && groups.group[0].len) {
        size_t start = (size_t)(groups.group[0].at - text.at);
        fields_add(machine, out, (struct bytes){text.at + at, start - at});
        at = start + groups.group[0].len;
    }
    fields_add(machine, out, bytes_from(text, at));
}

void awk_record_split(struct awk *awk)
{
    if (awk->split)
        return;
    awk->fields = (struct fields){0};
    awk_text_split(awk, awk->record, awk_variable_text(awk, "FS"), &awk->fields);
    awk->split = true;
}

struct bytes awk_field_get(struct awk *awk, int64_t index)
{
    if (index == 0)
        return awk->record;
    awk_record_split(awk);
    if (index < 0 || index > awk->fields.count)
        return BYTES("");
    return awk->fields.items[index - 1];
}

void awk_field_set(struct awk *awk, int64_t index, struct bytes text)
{
    if (index == 0) {
        awk->record = text;
        awk->split = false;
        return;
    }
    awk_record_split(awk);
    while (index > 0 && index < FIELDS && awk->fields.count < index &&
           awk->machine->flow == FLOW_none)
        fields_add(awk->machine, &awk->fields, BYTES(""));
    if (index < 1 || index > awk->fields.count)
        return;
    awk->fields.items[index - 1] = text;
    struct text out = {.arena = awk->machine->arena};
    struct bytes between = awk_variable_text(awk, "OFS");
    for (uint32_t i = 0; i < awk->fields.count; i++) {
        if (i)
            text_add(&out, between);
        text_add(&out, awk->fields.items[i]);
    }
    awk->record = text_bytes(&out);
}

struct awk_value awk_variable_value(struct awk *awk, struct bytes name)
{
    if (bytes_equal(name, BYTES("NR")) || bytes_equal(name, BYTES("FNR")))
        return awk_of_number(awk->count);
    if (bytes_equal(name, BYTES("NF"))) {
        awk_record_split(awk);
        return awk_of_number(awk->fields.count);
    }
    struct awk_cell *cell = awk_cell_find(awk, BYTES(""), name, false);
    return cell ? cell->value : awk_of_text(BYTES(""));
}

/* a[i,j]: the indices joined by SUBSEP. */
struct bytes awk_index_text(struct awk *awk, const struct awk_node *list)
{
    struct text out = {.arena = awk->machine->arena};
    if (list && !list->next)
        return awk_text_of(awk, awk_evaluate(awk, list));
    for (; list; list = list->next) {
        text_add(&out, awk_text_of(awk, awk_evaluate(awk, list)));
        if (list->next)
            text_add_char(&out, 0x1c);
    }
    return text_bytes(&out);
}

void awk_place_set(struct awk *awk, const struct awk_node *place, struct awk_value value)
{
    if (place->kind == AWK_field) {
        awk_field_set(awk, (int64_t)awk_number_of(awk, awk_evaluate(awk, place->a)),
                      awk_text_of(awk, value));
        return;
    }
    struct bytes array = place->kind == AWK_element ? place->text : BYTES("");
    struct bytes name = place->kind == AWK_element ? awk_index_text(awk, place->a) : place->text;
    struct awk_cell *cell = awk_cell_find(awk, array, name, true);
    if (cell)
        cell->value = value;
}

bool awk_truth(struct awk *awk, struct awk_value value)
{
    if (value.is_number)
        return value.number != 0;
    if (awk_looks_numeric(value.text))
        return awk_number_of(awk, value) != 0;
    return value.text.len > 0;
}

struct regex *awk_node_regex(struct awk *awk, const struct awk_node *node)
{
    struct bytes pattern =
        node->kind == AWK_regex ? node->text : awk_text_of(awk, awk_evaluate(awk, node));
    return regex_compile(awk->machine, pattern, REGEX_extended, false);
}

bool awk_node_matches(struct awk *awk, struct bytes text, const struct awk_node *node)
{
    struct regex *regex = awk_node_regex(awk, node);
    awk->machine->result->guessed |= text_has_hole(text);
    return regex && regex_find(regex, text, 0, NULL);
}
