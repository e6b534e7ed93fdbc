/*
 * triage/shell/syntax.h -- a script as a tree.
 *
 * The tree lives in the arena it was parsed into and refers to the script's
 * bytes. Words keep what was quoted apart from what was not, because quoting
 * decides what is split and matched against file names later.
 */
#ifndef TRIAGE_SHELL_SYNTAX_H
#define TRIAGE_SHELL_SYNTAX_H

#include "triage/shell/text.h"

enum dialect { DIALECT_dash, DIALECT_bash, DIALECT_ash };

enum part_kind {
    PART_text,       /* text */
    PART_parameter,  /* ${text operator argument} */
    PART_command,    /* $(node) */
    PART_arithmetic, /* $((argument)) */
    PART_process,    /* <(node), >(node) */
};

/* Operators of ${name…}; the lower-case letters of bash's newer ones. */
enum parameter_operator {
    OPERATOR_none,
    OPERATOR_default,   /* - :- */
    OPERATOR_assign,    /* = := */
    OPERATOR_error,     /* ? :? */
    OPERATOR_alternate, /* + :+ */
    OPERATOR_length,    /* # in front */
    OPERATOR_prefix,    /* # ## */
    OPERATOR_suffix,    /* % %% */
    OPERATOR_replace,   /* / // /# /% */
    OPERATOR_slice,     /* :offset:length */
    OPERATOR_case,      /* ^ ^^ , ,, */
    OPERATOR_transform, /* @Q @U … */
    OPERATOR_names,     /* ${!prefix*} */
    OPERATOR_bad,       /* bad substitution */
};

struct node;

struct word_part {
    struct word_part *next;
    enum part_kind kind;
    bool quoted;
    struct bytes text;  /* literal, or the parameter's name */
    struct bytes index; /* of an array: "0", "@", "i+1"; at NULL: none */
    enum parameter_operator operation;
    bool colon, twice, indirect; /* :-, ## or // or ^^, ${!name} */
    char anchor;                 /* of OPERATOR_replace: '#', '%' or 0; of OPERATOR_case: ^ or , */
    bool output;                 /* PART_process: >( ) */
    struct word *argument, *second;
    struct node *node;
};

struct word {
    struct word *next;
    struct word_part *parts;
    struct bytes source; /* as it was written */
};

enum redirect_kind {
    REDIRECT_input,
    REDIRECT_output,
    REDIRECT_append,
    REDIRECT_both,        /* &> */
    REDIRECT_both_append, /* &>> */
    REDIRECT_read_write,
    REDIRECT_copy_input,  /* <& */
    REDIRECT_copy_output, /* >& */
    REDIRECT_here,        /* target: the body */
    REDIRECT_here_string,
};

struct redirect {
    struct redirect *next;
    enum redirect_kind kind;
    int fd; /* -1: the kind's own */
    struct word *target;
    struct redirect *next_pending; /* here-documents that wait for the end of the line */
    struct bytes delimiter;
    bool strip_tabs, literal;
};

struct assignment {
    struct assignment *next;
    struct bytes name, index;
    bool append, array;
    struct word *value; /* of an array: its elements */
};

enum node_kind {
    NODE_simple,
    NODE_pipeline, /* children */
    NODE_and,
    NODE_or,
    NODE_sequence,   /* children */
    NODE_background, /* first child */
    NODE_subshell,
    NODE_group,
    NODE_if, /* condition, body, otherwise */
    NODE_while,
    NODE_until,
    NODE_for, /* name, words, body */
    NODE_for_arithmetic,
    NODE_case,
    NODE_function,
    NODE_arithmetic,
    NODE_condition, /* [[ … ]] */
};

struct case_item {
    struct case_item *next;
    struct word *patterns;
    struct node *body;
    char fall; /* 0: ;;  '&': ;&  ';': ;;& */
};

/* [[ … ]] as a tree of its own. */
struct condition {
    char kind; /* '!' '&' '|' 'u' (unary) 'b' (binary) 'w' (a word by itself) */
    struct bytes operation;
    struct word *left_word, *right_word;
    struct condition *left, *right;
};

struct node {
    struct node *next;
    enum node_kind kind;
    bool negated;
    bool errors_too; /* in a pipeline: |& after this one */
    bool has_words;  /* NODE_for: `in` was there */
    struct bytes name;
    struct word *words;
    struct assignment *assignments;
    struct redirect *redirects;
    struct node *condition, *body, *otherwise, *children;
    struct case_item *cases;
    struct condition *test;
    struct word *expressions[3]; /* for (( ; ; )), (( )) */
};

enum parse_result { PARSE_ok, PARSE_error, PARSE_deep, PARSE_memory };

struct parse {
    struct node *node; /* with an error: the complete lines before it, which do run */
    enum parse_result result;
    struct bytes unexpected; /* what stood where the error is: "|", "newline", "" for the end */
};

/* The whole of `script`. */
struct parse script_parse(struct arena *arena, enum dialect dialect, struct bytes script);

/*
 * `text` as one word, as if in double quotes (the body of a here-document, the
 * expression of an arithmetic expansion). NULL when it does not parse.
 */
struct word *text_parse(struct arena *arena, enum dialect dialect, struct bytes text);

#endif
