/* Running the tree: pipelines, lists, loops, functions, simple commands. */
#include "triage/shell/call.h"

struct shell_state subshell_begin(struct machine *machine)
{
    struct shell_state state = {
        .variables = machine->variables,
        .functions = machine->functions,
        .arguments = machine->arguments,
        .argument_count = machine->argument_count,
        .cwd = machine->cwd,
        .name = machine->name,
        .errexit = machine->errexit,
        .noglob = machine->noglob,
        .nounset = machine->nounset,
        .dialect = machine->dialect,
        .posix = machine->posix,
    };
    memcpy(state.fds, machine->fds, sizeof(state.fds));
    machine->level++;
    return state;
}

void subshell_end(struct machine *machine, const struct shell_state *state)
{
    machine->variables = state->variables;
    machine->functions = state->functions;
    machine->arguments = state->arguments;
    machine->argument_count = state->argument_count;
    machine->cwd = state->cwd;
    machine->name = state->name;
    machine->errexit = state->errexit;
    machine->noglob = state->noglob;
    machine->nounset = state->nounset;
    machine->dialect = state->dialect;
    machine->posix = state->posix;
    memcpy(machine->fds, state->fds, sizeof(state->fds));
    machine->level--;
    if (machine->flow != FLOW_stop)
        machine->flow = FLOW_none;
}

static int subshell_run(struct machine *machine, const struct node *node)
{
    if (!machine_enter(machine))
        return machine->status;
    struct shell_state state = subshell_begin(machine);
    node_run(machine, node);
    subshell_end(machine, &state);
    machine_leave(machine);
    return machine->status;
}

struct bytes node_capture(struct machine *machine, const struct node *node)
{
    struct text *text = machine_text(machine);
    if (!text || !node) {
        machine->status = 0;
        machine->substitution_status = 0;
        return BYTES("");
    }
    struct shell_state state = subshell_begin(machine);
    machine->fds[1] = stream_writes(machine, text);
    const struct node *only = node->kind == NODE_sequence ? node->children : node;
    bool reads = machine->dialect == DIALECT_bash && !only->next && only->kind == NODE_simple &&
                 !only->words && !only->assignments && only->redirects;
    if (reads && redirects_apply(machine, only->redirects)) { /* $(< file) */
        machine_put(machine, 1, machine_read(machine, 0));
        machine->status = 0;
    } else if (machine_enter(machine)) {
        node_run(machine, node);
        machine_leave(machine);
    }
    subshell_end(machine, &state);
    machine->substitution_status = machine->status;
    size_t kept = 0;
    for (size_t i = 0; i < text->len; i++) /* NULs are dropped */
        if (text->at[i])
            text->at[kept++] = text->at[i];
    text->len = kept;
    struct bytes output = text_bytes(text);
    while (output.len && output.at[output.len - 1] == '\n')
        output.len--;
    if (output.len && output.at[output.len - 1] == SHELL_HOLE_lines) {
        text->at[output.len - 1] = SHELL_HOLE_text;
        if (output.len > 1 && text->at[output.len - 2] == '\n')
            text->at[--output.len - 1] = SHELL_HOLE_text;
    }
    return output;
}

static int pipeline_run(struct machine *machine, const struct node *pipeline)
{
    struct stream *input = machine->fds[0], *first_input = input;
    struct stream *output = machine->fds[1], *errors = machine->fds[2];
    double start = machine->result->seconds, longest = start; /* they run at the same time */
    for (const struct node *node = pipeline->children; node; node = node->next) {
        struct text *pipe = NULL;
        if (!node->next) {
            machine->fds[1] = output;
        } else if ((pipe = machine_text(machine))) {
            machine->fds[1] = stream_writes(machine, pipe);
            if (node->errors_too)
                machine->fds[2] = machine->fds[1];
        }
        machine->fds[0] = input;
        if (machine->flow != FLOW_none)
            break;
        if (node->next || pipeline->children->next)
            subshell_run(machine, node);
        else
            node_run(machine, node);
        machine->fds[2] = errors;
        if (machine->result->seconds > longest)
            longest = machine->result->seconds;
        machine->result->seconds = start;
        if (pipe) {
            machine_step(machine, pipe->len);
            input = stream_reads(machine, text_bytes(pipe));
        }
    }
    machine->result->seconds = longest;
    machine->fds[0] = first_input;
    machine->fds[1] = output;
    machine->fds[2] = errors;
    if (pipeline->negated)
        machine->status = !machine->status;
    return machine->status;
}

/* After the body of a loop: whether it goes on. */
static bool loop_goes_on(struct machine *machine)
{
    if (machine->flow == FLOW_break || machine->flow == FLOW_continue) {
        bool mine = machine->flow_count <= 1;
        bool goes_on = machine->flow == FLOW_continue && mine;
        if (mine)
            machine->flow = FLOW_none;
        else
            machine->flow_count--;
        return goes_on;
    }
    return machine->flow == FLOW_none;
}

static void condition_node_run(struct machine *machine, const struct node *node)
{
    bool tested = machine->tested;
    machine->tested = true;
    node_run(machine, node);
    machine->tested = tested;
}

static int while_run(struct machine *machine, const struct node *node)
{
    int status = 0;
    while (machine_step(machine, 0)) {
        condition_node_run(machine, node->condition);
        if (machine->flow != FLOW_none) {
            if (!loop_goes_on(machine))
                break;
            continue;
        }
        if ((machine->status == 0) != (node->kind == NODE_while))
            break;
        status = node_run(machine, node->body);
        if (!loop_goes_on(machine))
            break;
    }
    return machine->status = machine->flow == FLOW_none ? status : machine->status;
}

static int for_run(struct machine *machine, const struct node *node)
{
    struct fields fields = {0};
    if (node->has_words)
        words_expand(machine, node->words, &fields);
    else
        for (uint32_t i = 0; i < machine->argument_count; i++)
            fields_add(machine, &fields, machine->arguments[i]);
    machine->status = 0;
    for (uint32_t i = 0; i < fields.count && machine->flow == FLOW_none; i++) {
        if (!machine_step(machine, 0))
            break;
        variable_set(machine, node->name, fields.items[i]);
        node_run(machine, node->body);
        if (!loop_goes_on(machine))
            break;
    }
    return machine->status;
}

static int64_t expression_run(struct machine *machine, const struct word *word, int64_t empty)
{
    bool unknown = false;
    struct bytes text = word_expand(machine, word);
    bool blank = true;
    for (size_t i = 0; i < text.len; i++)
        blank &= text.at[i] == ' ';
    if (blank)
        return empty;
    int64_t value = arithmetic_evaluate(machine, text, &unknown);
    machine->result->guessed |= unknown;
    return value;
}

static int for_arithmetic_run(struct machine *machine, const struct node *node)
{
    expression_run(machine, node->expressions[0], 0);
    machine->status = 0;
    while (machine->flow == FLOW_none && machine_step(machine, 0) &&
           expression_run(machine, node->expressions[1], 1)) {
        node_run(machine, node->body);
        if (!loop_goes_on(machine))
            break;
        expression_run(machine, node->expressions[2], 0);
    }
    return machine->status;
}

static int case_run(struct machine *machine, const struct node *node)
{
    struct bytes subject = word_expand(machine, node->words);
    bool fallen = false;
    machine->status = 0;
    machine->result->guessed |= text_has_hole(subject);
    for (const struct case_item *item = node->cases; item && machine->flow == FLOW_none;
         item = item->next) {
        bool matches = fallen;
        for (const struct word *word = item->patterns; word && !matches; word = word->next)
            matches = pattern_match(word_expand_pattern(machine, word), subject, false);
        if (!matches)
            continue;
        if (item->body)
            node_run(machine, item->body);
        if (!item->fall)
            break;
        fallen = item->fall == '&';
    }
    return machine->status;
}

static int and_or_run(struct machine *machine, const struct node *node)
{
    condition_node_run(machine, node->children);
    if (machine->flow == FLOW_none && (machine->status == 0) == (node->kind == NODE_and))
        node_run(machine, node->children->next);
    return machine->status;
}

static int if_run(struct machine *machine, const struct node *node)
{
    condition_node_run(machine, node->condition);
    if (machine->flow != FLOW_none)
        return machine->status;
    if (machine->status == 0)
        return node_run(machine, node->body);
    if (node->otherwise)
        return node_run(machine, node->otherwise);
    return machine->status = 0;
}

/* What goes on in the background is not waited for. */
static int background_run(struct machine *machine, const struct node *node)
{
    double seconds = machine->result->seconds;
    struct stream *input = machine->fds[0];
    machine->fds[0] = stream_new(machine);
    subshell_run(machine, node->children);
    machine->fds[0] = input;
    machine->result->seconds = seconds;
    return machine->status = 0;
}

static int function_define(struct machine *machine, const struct node *node)
{
    struct function *function = machine_take(machine, sizeof(*function));
    if (!function)
        return 1;
    *function = (struct function){machine->functions, node->name, node->body};
    machine->functions = function;
    return machine->status = 0;
}

static int compound_run(struct machine *machine, const struct node *node)
{
    switch (node->kind) {
    case NODE_subshell:
        return subshell_run(machine, node->body);
    case NODE_group:
        return node_run(machine, node->body);
    case NODE_if:
        return if_run(machine, node);
    case NODE_while:
    case NODE_until:
        return while_run(machine, node);
    case NODE_for:
        return for_run(machine, node);
    case NODE_for_arithmetic:
        return for_arithmetic_run(machine, node);
    case NODE_case:
        return case_run(machine, node);
    case NODE_arithmetic:
        return machine->status = expression_run(machine, node->expressions[0], 0) == 0;
    case NODE_condition:
        return machine->status = !condition_evaluate(machine, node->test);
    default:
        return machine->status;
    }
}

static int redirected_run(struct machine *machine, const struct node *node)
{
    struct stream *saved[MACHINE_FDS];
    memcpy(saved, machine->fds, sizeof(saved));
    if (redirects_apply(machine, node->redirects))
        compound_run(machine, node);
    else
        machine->status = machine->dialect == DIALECT_dash ? 2 : 1;
    memcpy(machine->fds, saved, sizeof(saved));
    return machine->status;
}

static int kind_run(struct machine *machine, const struct node *node)
{
    switch (node->kind) {
    case NODE_simple:
        return simple_run(machine, node);
    case NODE_pipeline:
        return pipeline_run(machine, node);
    case NODE_and:
    case NODE_or:
        return and_or_run(machine, node);
    case NODE_sequence:
        for (node = node->children; node && machine->flow == FLOW_none; node = node->next)
            node_run(machine, node);
        return machine->status;
    case NODE_background:
        return background_run(machine, node);
    case NODE_function:
        return function_define(machine, node);
    default:
        return redirected_run(machine, node);
    }
}

int node_run(struct machine *machine, const struct node *node)
{
    if (!node || machine->flow != FLOW_none || !machine_enter(machine))
        return machine->status;
    kind_run(machine, node);
    machine_leave(machine);
    if (machine->errexit && machine->status && !machine->tested && node->kind != NODE_and &&
        node->kind != NODE_or && node->kind != NODE_sequence && machine->flow == FLOW_none &&
        !(node->kind == NODE_pipeline && node->negated))
        machine->flow = FLOW_exit;
    return machine->status;
}
