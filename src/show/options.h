/*
 * show/options.h -- the arguments of a verb, read by a table.
 *
 * A verb lists its options once; parsing, error texts and --help are made from
 * the list. "--name value" and "--name=value" are the same, options and other
 * arguments may be mixed, and "--" ends the options. Every verb also knows
 * --help. Values are checked: a size is "512M" or "2G" (powers of 1024), a
 * duration "200ms", "90s", "30m", "2h", "7d", a time RFC 3339 or a date, UTC.
 */
#ifndef SHOW_OPTIONS_H
#define SHOW_OPTIONS_H

#include "base/time.h"

enum option_kind {
    OPTION_FLAG,     /* bool */
    OPTION_TEXT,     /* const char * */
    OPTION_TEXTS,    /* struct option_texts: may be given several times */
    OPTION_COUNT,    /* uint32_t */
    OPTION_WHOLE,    /* uint64_t */
    OPTION_NUMBER,   /* double, not negative */
    OPTION_SIZE,     /* size_t, bytes */
    OPTION_TIME,     /* int64_t, ns since 1970 */
    OPTION_DURATION, /* int64_t, ns, not negative */
};

enum { OPTION_TEXTS_LIMIT = 256 };

struct option_texts {
    const char *items[OPTION_TEXTS_LIMIT];
    uint32_t count;
};

struct option_entry {
    const char *name; /* "--data"; or "-o" for one letter */
    enum option_kind kind;
    void *into;           /* what `kind` says; untouched when not given */
    const char *argument; /* "DIR"; NULL for a flag */
    const char *help;
};

struct command {
    const char *verb;                   /* "ingest" */
    const char *arguments;              /* "PATH…", for the usage line; NULL: none */
    const char *does;                   /* a sentence or two */
    const char *example;                /* lines of a shell, indented by the printer */
    const struct option_entry *options; /* ends with a NULL name */
    int least, most;                    /* other arguments; most -1: any number */
};

#define OPTION_DATA(into)                                                                          \
    {                                                                                              \
        "--data", OPTION_TEXT, (into), "DIR", "the folder of the store (default ./hinomi-data)"    \
    }
#define OPTION_JSON(into)                                                                          \
    {                                                                                              \
        "--json", OPTION_FLAG, (into), NULL, "one JSON object per line on stdout"                  \
    }
#define OPTION_DATA_DEFAULT "hinomi-data"

/*
 * Read `argv` (argv[0] is the verb). True: go on, with the other arguments
 * moved to argv[1] … argv[*ret_count]. False: done, return `*ret_status` --
 * EXIT_OK after --help, EXIT_USAGE after a message on stderr.
 */
bool options_read(const struct command *command, int argc, char **argv, int *ret_count,
                  int *ret_status) __attribute__((warn_unused_result));

/* The values by themselves, for whoever reads them elsewhere. -EINVAL, -ERANGE. */
int size_parse(struct bytes text, size_t *ret_size) __attribute__((warn_unused_result));
int duration_parse(struct bytes text, int64_t *ret_duration) __attribute__((warn_unused_result));
int moment_parse(struct bytes text, int64_t *ret_time) __attribute__((warn_unused_result));

#endif
