/* Running an awk program: statements, rules, its arguments. */
#include "triage/shell/awk_run.h"

static void execute(struct awk *awk, const struct awk_node *node);

static void print(struct awk *awk, const struct awk_node *node)
{
    struct text out = {.arena = awk->machine->arena};
    if (node->kind == AWK_printf) {
        text_add(&out, awk_formatted(awk, node->a));
    } else {
        struct bytes between = awk_variable_text(awk, "OFS");
        if (!node->a)
            text_add(&out, awk->record);
        for (const struct awk_node *one = node->a; one; one = one->next) {
            text_add(&out, awk_text_of(awk, awk_evaluate(awk, one)));
            if (one->next)
                text_add(&out, between);
        }
        text_add(&out, awk_variable_text(awk, "ORS"));
    }
    const char *why;
    struct text *file =
        node->b ? file_write(awk->machine, awk_text_of(awk, awk_evaluate(awk, node->b)), true, &why)
                : NULL;
    if (file)
        text_add(file, text_bytes(&out));
    else if (!node->b)
        call_put(awk->call, text_bytes(&out));
}

/* After a body: whether the loop goes on. */
static bool loop_goes_on(struct awk *awk)
{
    bool broke = awk->flow == AWK_FLOW_break;
    if (broke || awk->flow == AWK_FLOW_continue)
        awk->flow = AWK_FLOW_none;
    return !broke && awk->flow == AWK_FLOW_none && machine_step(awk->machine, 0);
}

static void for_in(struct awk *awk, const struct awk_node *node)
{
    struct fields names = {0};
    for (struct awk_cell *cell = awk->cells; cell; cell = cell->next)
        if (bytes_equal(cell->array, node->a->text))
            fields_add(awk->machine, &names, cell->name);
    awk->machine->result->guessed |= names.count > 1; /* awk promises no order */
    for (uint32_t i = names.count; i > 0; i--) {
        struct awk_cell *cell = awk_cell_find(awk, BYTES(""), node->text, true);
        if (cell)
            cell->value = awk_of_text(names.items[i - 1]);
        execute(awk, node->d);
        if (!loop_goes_on(awk))
            break;
    }
}

static void loop(struct awk *awk, const struct awk_node *node)
{
    switch (node->kind) {
    case AWK_while:
        while (awk_truth(awk, awk_evaluate(awk, node->a))) {
            execute(awk, node->b);
            if (!loop_goes_on(awk))
                break;
        }
        break;
    case AWK_do:
        do
            execute(awk, node->b);
        while (loop_goes_on(awk) && awk_truth(awk, awk_evaluate(awk, node->a)));
        break;
    default:
        if (node->a)
            awk_evaluate(awk, node->a);
        while (!node->b || awk_truth(awk, awk_evaluate(awk, node->b))) {
            execute(awk, node->d);
            if (!loop_goes_on(awk))
                break;
            if (node->c)
                awk_evaluate(awk, node->c);
        }
        break;
    }
}

static void execute(struct awk *awk, const struct awk_node *node)
{
    if (!node || awk->flow != AWK_FLOW_none || !machine_step(awk->machine, 32) ||
        !machine_enter(awk->machine))
        return;
    switch (node->kind) {
    case AWK_print:
    case AWK_printf:
        print(awk, node);
        break;
    case AWK_if:
        execute(awk, awk_truth(awk, awk_evaluate(awk, node->a)) ? node->b : node->c);
        break;
    case AWK_while:
    case AWK_do:
    case AWK_for:
        loop(awk, node);
        break;
    case AWK_for_in:
        for_in(awk, node);
        break;
    case AWK_next:
        awk->flow = AWK_FLOW_next;
        break;
    case AWK_exit:
        awk->status =
            node->a ? (int)awk_number_of(awk, awk_evaluate(awk, node->a)) & 255 : awk->status;
        awk->flow = AWK_FLOW_exit;
        break;
    case AWK_break:
        awk->flow = AWK_FLOW_break;
        break;
    case AWK_continue:
        awk->flow = AWK_FLOW_continue;
        break;
    case AWK_block:
        for (const struct awk_node *one = node->a; one; one = one->next)
            execute(awk, one);
        break;
    case AWK_expression:
        awk_evaluate(awk, node->a);
        break;
    default:
        break;
    }
    machine_leave(awk->machine);
}

static void rules_run(struct awk *awk, const struct awk_rule *rules, char when)
{
    for (; rules && awk->flow == AWK_FLOW_none && awk->machine->flow == FLOW_none;
         rules = rules->next) {
        if (rules->when != when ||
            (rules->pattern && !awk_truth(awk, awk_evaluate(awk, rules->pattern))))
            continue;
        if (rules->has_action)
            execute(awk, rules->action);
        else
            machine_put_format(awk->machine, 1, "%.*s\n", (int)awk->record.len, awk->record.at);
    }
}

static void content_run(struct awk *awk, const struct awk_rule *rules, struct bytes content)
{
    struct bytes line;
    for (size_t at = 0; text_line(content, &at, &line) && awk->flow != AWK_FLOW_exit &&
                        awk->machine->flow == FLOW_none;) {
        while (line.len && line.at[0] == SHELL_HOLE_lines) {
            call_put(awk->call, BYTES("\x04"));
            line = bytes_from(line, 1);
            if (line.len == 0 && at >= content.len)
                return;
        }
        awk->record = line;
        awk->split = false;
        awk->count++;
        awk->flow = AWK_FLOW_none;
        rules_run(awk, rules, 0);
        if (awk->flow != AWK_FLOW_exit)
            awk->flow = AWK_FLOW_none;
    }
}

static void variable_give(struct awk *awk, struct bytes assignment)
{
    size_t equals = text_find(assignment, 0, BYTES("="));
    struct awk_cell *cell =
        awk_cell_find(awk, BYTES(""), (struct bytes){assignment.at, equals}, true);
    if (cell)
        cell->value = awk_of_text(bytes_from(assignment, equals + 1));
}

static int unknown_program(struct call *call)
{
    call->machine->result->guessed = true;
    call_put(call, BYTES("\x0f"));
    return 0;
}

int awk_applet(struct call *call)
{
    struct machine *machine = call->machine;
    struct arguments arguments = arguments_parse(call, "+F:v:f:", "field-separator=F assign=v");
    struct awk awk = {.call = call, .machine = machine, .record = BYTES("")};
    struct awk_rule *rules;
    if (arguments.failed || arguments.operand_count == 0)
        return 2;
    variable_give(&awk, BYTES("FS= "));
    variable_give(&awk, BYTES("OFS= "));
    variable_give(&awk, BYTES("ORS=\n"));
    variable_give(&awk, BYTES("SUBSEP=\x1c"));
    if (arguments.count['F'])
        variable_give(&awk, text_format(machine->arena, "FS=%.*s", (int)arguments.value['F'].len,
                                        bytes_equal(arguments.value['F'], BYTES("\\t"))
                                            ? "\t"
                                            : arguments.value['F'].at));
    for (uint32_t i = 1; i + 1 < call->count; i++)
        if (bytes_equal(call->words[i], BYTES("-v")))
            variable_give(&awk, call->words[i + 1]);
    if (!awk_parse(machine, arguments.operands[0], &rules))
        return unknown_program(call);
    rules_run(&awk, rules, 'B');
    bool reads = false;
    for (const struct awk_rule *rule = rules; rule; rule = rule->next)
        reads |= rule->when != 'B';
    for (uint32_t i = 1; reads && i < arguments.operand_count; i++) {
        struct bytes content;
        if (file_read(machine, call->name, arguments.operands[i], &content))
            content_run(&awk, rules, content);
        else
            awk.status = 2;
    }
    if (reads && arguments.operand_count == 1 && awk.flow != AWK_FLOW_exit)
        content_run(&awk, rules, machine_read(machine, 0));
    if (awk.flow != AWK_FLOW_exit)
        rules_run(&awk, rules, 'E');
    return awk.status;
}
