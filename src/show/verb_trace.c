#include <errno.h>
#include <stdio.h>

#include "analyse/trace.h"
#include "base/json.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/trace_table.h"
#include "show/verb.h"

struct trace_options {
    const char *data, *type, *language;
    bool json, back, forward;
    int64_t time;
    uint32_t nodes;
};

static bool trace_parse(int argc, char **argv, struct trace_options *options, int *ret_status)
{
    const struct option_entry entries[] = {
        OPTION_DATA(&options->data),
        OPTION_JSON(&options->json),
        {"--back", OPTION_FLAG, &options->back, NULL, "only causes"},
        {"--forward", OPTION_FLAG, &options->forward, NULL, "only consequences"},
        {"--time", OPTION_TIME, &options->time, "TIME", "influence up to, and from, this moment"},
        {"--nodes", OPTION_COUNT, &options->nodes, "N", "at most so many each way (default 400)"},
        {"--type", OPTION_TEXT, &options->type, "TYPE",
         "process, file, registry, ip, domain, hash, user, host, service"},
        OPTION_LANGUAGE(&options->language),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "trace",
        .arguments = "ID|OBSERVABLE",
        .does = "Follows causes back and consequences forward in time from a finding, a case"
                " (case:ID), a process (its entity id), a path, an address, a hash or a host.",
        .example = "hinomi trace case:1\n"
                   "hinomi trace --back 'C:\\Users\\Public\\Java-Update.vbs'",
        .options = entries,
        .least = 1,
        .most = 1,
    };
    int count;
    if (!options_read(&command, argc, argv, &count, ret_status))
        return false;
    *ret_status = EXIT_USAGE;
    return reading_language_known("trace", options->language);
}

/* OBSERVABLE_TYPES when none is given; false after a message. */
static bool type_parse(const char *name, enum observable_type *ret_type)
{
    *ret_type = OBSERVABLE_TYPES;
    if (!name)
        return true;
    for (int type = 0; type < OBSERVABLE_TYPES; type++)
        if (strcmp(observable_type_name((enum observable_type)type), name) == 0)
            *ret_type = (enum observable_type)type;
    if (*ret_type == OBSERVABLE_TYPES)
        fprintf(stderr,
                "hinomi trace: --type %s: give process, file, registry, ip, domain, hash,"
                " user, host or service\n",
                name);
    return *ret_type != OBSERVABLE_TYPES;
}

static int trace_print(const struct trace *trace, const struct trace_options *options)
{
    struct buffer buffer = {.at = NULL};
    struct json json = {.out = &buffer};
    if (!options->json) {
        trace_table_print(trace, 0, reading_japanese(options->language), stdout);
        return 0;
    }
    trace_json(trace, &json);
    buffer_put_char(&buffer, '\n');
    bool failed = buffer.failed;
    if (!failed)
        fwrite(buffer.at, 1, buffer.len, stdout);
    buffer_finish(&buffer);
    return failed ? -ENOMEM : 0;
}

static int trace_say(struct store *store, int error, const char *what)
{
    if (error == -ENOENT)
        fprintf(stderr,
                "hinomi: trace: nothing stored is called '%s'; findings and cases have"
                " ids, see hinomi findings; --type says what a name means\n",
                what);
    else if (error == -ENOMEM)
        fprintf(stderr, "hinomi: trace: out of memory; try fewer --nodes\n");
    else
        return reading_failed(store);
    return EXIT_FAILED;
}

static int trace_from(struct store *store, const struct trace_options *options, const char *what,
                      enum observable_type type)
{
    struct arena arena = {.newest = NULL};
    struct trace_request request;
    struct trace trace = {.node_count = 0};
    int status = trace_request_parse(store, bytes_of(what), type, &arena, &request);
    if (status == 0) {
        request.back = options->back || !options->forward;
        request.forward = options->forward || !options->back;
        request.node_budget = options->nodes;
        request.time = options->time;
        status = trace_run(store, &request, &trace);
    }
    if (status == 0)
        status = trace_print(&trace, options);
    trace_finish(&trace);
    arena_finish(&arena);
    return status ? trace_say(store, status, what) : EXIT_OK;
}

int verb_trace(int argc, char **argv)
{
    struct trace_options options = {.data = OPTION_DATA_DEFAULT, .time = TIME_NONE};
    enum observable_type type;
    int status;
    if (!trace_parse(argc, argv, &options, &status))
        return status;
    if (!type_parse(options.type, &type))
        return EXIT_USAGE;
    struct store *store = reading_open(options.data);
    if (!store)
        return EXIT_FAILED;
    status = trace_from(store, &options, argv[1], type);
    store_close(store);
    return status;
}
