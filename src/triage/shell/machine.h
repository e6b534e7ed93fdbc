/*
 * triage/shell/machine.h -- the state of an imitated run, shared by all who take part.
 *
 * One machine runs one script on one thread. Everything it makes lives in its
 * scratch arena, which is bounded; when a bound is hit `flow` becomes FLOW_stop
 * and every loop ends.
 */
#ifndef TRIAGE_SHELL_MACHINE_H
#define TRIAGE_SHELL_MACHINE_H

#include "triage/shell/syntax.h"

enum { MACHINE_FDS = 10 };

enum flow { FLOW_none, FLOW_break, FLOW_continue, FLOW_return, FLOW_exit, FLOW_stop };

struct variable {
    struct variable *next;
    struct bytes name, value;
    struct bytes *elements; /* of an array; else NULL */
    uint32_t element_count;
    uint32_t level; /* of the subshell that made it */
    bool exported, readonly, unset;
    bool inherited; /* the run began with it */
};

struct function {
    struct function *next;
    struct bytes name;
    struct node *body; /* NULL: unset */
};

/* A variable to be put back: behind `local`, and in front of a command. */
struct saved_variable {
    struct saved_variable *next;
    struct bytes name;
    struct variable copy;
    bool was_unset;
};

/* What a file descriptor refers to. */
struct stream {
    struct bytes source; /* what can be read, from `at` on */
    size_t at;
    struct text *sink; /* what is written goes there; NULL: nowhere */
    bool network;      /* reads are the other end's, and unknown */
};

struct file;

struct machine {
    struct arena *arena;
    struct shell_result *result;
    enum shell_profile profile;
    enum dialect dialect;
    bool root;
    bool posix;            /* bash called as sh */
    size_t work;           /* in 256ths of a step */
    uint32_t depth, level; /* level: of subshells */
    enum flow flow;
    uint32_t flow_count; /* of break and continue */
    int status;
    struct variable *variables;
    struct function *functions;
    struct saved_variable *locals; /* of the function being run */
    struct bytes *arguments;       /* $1 … */
    uint32_t argument_count;
    struct bytes name; /* $0 */
    struct stream *fds[MACHINE_FDS];
    struct file *files; /* written, made or removed by the script, newest first */
    struct bytes cwd;   /* empty: where the server started it, which nobody knows */
    struct bytes home;
    struct text output, errors;
    struct text *effect_data[SHELL_EFFECTS]; /* what each effect sent or wrote; NULL: nothing */
    struct bytes command;                    /* being run, expanded */
    struct bytes exit_trap;                  /* run when the shell ends */
    bool errexit, noglob, nounset, tested;   /* tested: an exit status is being looked at */
    int substitution_status;                 /* of the last $(…); -1: there was none */
};

/* One step, or `bytes` of work; false when there are none left. */
bool machine_step(struct machine *machine, size_t bytes);
bool machine_enter(struct machine *machine);
void machine_leave(struct machine *machine);
static inline bool machine_stops(const struct machine *machine)
{
    return machine->flow == FLOW_stop;
}

/* Memory of the run; NULL (and the machine stops) when there is no more. */
void *machine_take(struct machine *machine, size_t size);

struct stream *stream_new(struct machine *machine);
/* A stream that reads `source`, and one that writes `sink`. */
struct stream *stream_reads(struct machine *machine, struct bytes source);
struct stream *stream_writes(struct machine *machine, struct text *sink);
struct text *machine_text(struct machine *machine);

void machine_put(struct machine *machine, int fd, struct bytes bytes);
void machine_put_format(struct machine *machine, int fd, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "sh: 1: …\n" on standard error, with the shell's own name as a hole. */
void shell_complain(struct machine *machine, struct bytes about, const char *what);
/* What is left to read on `fd`, taken. */
struct bytes machine_read(struct machine *machine, int fd);

struct variable *variable_find(const struct machine *machine, struct bytes name);
/* The variable to be written to, made when there is none; NULL without memory or readonly. */
struct variable *variable_own(struct machine *machine, struct bytes name);
void variable_set(struct machine *machine, struct bytes name, struct bytes value);
struct saved_variable *variable_save(struct machine *machine, struct bytes name,
                                     struct saved_variable *next);
void variables_restore(struct machine *machine, const struct saved_variable *saved);
/* Its value; at NULL when unset. */
struct bytes variable_get(struct machine *machine, struct bytes name);
struct function *function_find(const struct machine *machine, struct bytes name);

/* A new effect of the command being run, or NULL when the table is full (counted). */
struct shell_effect *effect_add(struct machine *machine, enum shell_effect_kind kind);
/* The same connection or name is noted once. */
struct shell_effect *effect_connect(struct machine *machine, struct bytes host, uint16_t port,
                                    uint8_t protocol);
/* What is being sent over it. */
struct text *effect_text(struct machine *machine, const struct shell_effect *effect);
void effect_resolve(struct machine *machine, struct bytes host);
/* Whether it is written as an address: nobody asks DNS for it. */
bool is_address(struct bytes host);

/* --- running --- */

int node_run(struct machine *machine, const struct node *node);
int simple_run(struct machine *machine, const struct node *node);
void assignment_run(struct machine *machine, const struct assignment *assignment);
/* `script` in this very shell; the exit status. */
int script_run(struct machine *machine, struct bytes script);
/* `script` in a shell of its own (`sh -c`), with its arguments. */
int script_run_apart(struct machine *machine, enum dialect dialect, struct bytes script,
                     const struct bytes *arguments, uint32_t count);
/* A command with its words, as exec would find it (no functions when `plain`). */
int command_run(struct machine *machine, struct bytes *words, uint32_t count, bool plain);
/* Whether command_run would find it. */
bool command_exists(struct machine *machine, struct bytes name);
/* The output of `node` run in a subshell, without the line ends behind it. */
struct bytes node_capture(struct machine *machine, const struct node *node);

/* What a subshell must not change. */
struct shell_state {
    struct variable *variables;
    struct function *functions;
    struct bytes *arguments;
    uint32_t argument_count;
    struct stream *fds[MACHINE_FDS];
    struct bytes cwd, name;
    bool errexit, noglob, nounset, posix;
    enum dialect dialect;
};
struct shell_state subshell_begin(struct machine *machine);
void subshell_end(struct machine *machine, const struct shell_state *state);

/* True when all redirections could be made; they stay until the caller puts back `fds`. */
bool redirects_apply(struct machine *machine, const struct redirect *redirects);

/* [[ … ]]; and test with its operator, shared by both. */
bool condition_evaluate(struct machine *machine, const struct condition *condition);
bool test_unary(struct machine *machine, char letter, struct bytes operand);
bool test_binary(struct machine *machine, struct bytes left, struct bytes operation,
                 struct bytes right, bool *ret_failed);

#endif
