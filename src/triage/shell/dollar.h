/* triage/shell/dollar.h -- words being put together, and the expansions in them. */
#ifndef TRIAGE_SHELL_DOLLAR_H
#define TRIAGE_SHELL_DOLLAR_H

#include "triage/shell/parser.h"

struct word_builder {
    struct parser *parser;
    struct word_part *parts, **tail;
    struct text literal; /* of the part that is open */
    bool open, quoted;
};

void word_builder_start(struct word_builder *builder, struct parser *parser);
void word_builder_char(struct word_builder *builder, char c, bool quoted);
/* A literal part begins, even if nothing follows: '' is a word. */
void word_builder_open(struct word_builder *builder, bool quoted);
void word_builder_part(struct word_builder *builder, struct word_part *part);
struct word *word_builder_finish(struct word_builder *builder, size_t start);

/* Parts up to what ends `mode`. */
void word_parts_parse(struct word_builder *builder, enum word_mode mode, bool in_double);

/* At a '$': the expansion there; false when the dollar stands for itself. */
bool dollar_parse(struct word_builder *builder, bool in_double);

#endif
