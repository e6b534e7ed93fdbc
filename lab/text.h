/*
 * lab/text.h -- templates to text, escaped for JSON on the way.
 *
 * A template is a C string with {names}; a name that is not known stands for
 * itself, braces and all. What comes out can go between the quotes of a JSON
 * string: it is written once into the day's store and never touched again.
 */
#ifndef LAB_TEXT_H
#define LAB_TEXT_H

#include "base/buffer.h"
#include "lab/enterprise.h"

/* Whose path it is, and what is thrown for its random parts. */
struct scene {
    const struct enterprise *enterprise;
    const struct host *host;
    const struct user *user;
    const struct program *program;
    const struct host *server; /* the machine a command names; NULL: some server */
    int64_t time;
    struct random *random;
};

void text_expand(struct buffer *out, const char *template, const struct scene *scene);

/* The same text each time for the same key: a site's name, "minato-trade.example". */
void text_put_site(struct buffer *out, uint64_t key);

/* Escape plain ASCII. */
void text_put(struct buffer *out, const char *text);

/* The part of escaped text behind the last backslash: a file name. */
struct bytes text_base_name(struct bytes escaped);

#endif
