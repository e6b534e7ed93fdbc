/* hinomi capability FILE…: what samples do, and have the means for, by ATT&CK. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "show/capability_report.h"
#include "show/learning.h"
#include "show/options.h"
#include "show/sample_kind.h"
#include "show/verb.h"
#include "show/whole_file.h"

/* Everything one run needs. */
struct run {
    struct arena rules_arena;
    struct capability_rules rules;
    struct capability_matcher *matcher;
    struct buffer rules_text;
    const char *path;
    char name[256]; /* of the sample, as the report says */
    bool json, explain;
};

static bool rules_open(const char *path, struct run *run)
{
    struct fault fault = {NULL, 0, 0};
    struct bytes text = capability_rules_text();
    int error = 0;
    if (path) {
        error = whole_file_read(path, false, &run->rules_text);
        text = buffer_bytes(&run->rules_text);
    }
    if (!error)
        error = capability_rules_read(text, &run->rules_arena, &run->rules, &fault);
    if (!error)
        error = capability_matcher_create(&run->rules, &run->matcher);
    if (error && fault.why)
        fprintf(stderr, "hinomi capability: %s, line %" PRIu64 ": %s\n", path ? path : "rules",
                fault.line, fault.why);
    else if (error)
        fprintf(stderr, "hinomi capability: %s: %s\n", path ? path : "rules", strerror(-error));
    return error == 0;
}

static void report_say(const struct run *run, const struct capability_report *report)
{
    struct buffer line = {0};
    if (!run->json) {
        capability_report_print(report, run->explain);
        return;
    }
    capability_report_json(report, &(struct json){.out = &line});
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static int report_begin(void *context)
{
    struct run *run = context;
    capability_matcher_clear(run->matcher);
    run->name[0] = 0;
    return 0;
}

static int report_item(void *context, enum report_kind kind, struct bytes text)
{
    struct run *run = context;
    if (kind == REPORT_sample && !run->name[0])
        snprintf(run->name, sizeof(run->name), "%.*s", (int)text.len, text.at);
    capability_report_take(run->matcher, kind, text);
    return 0;
}

static int report_end(void *context)
{
    struct run *run = context;
    struct arena arena = {.chunk = 1 << 16};
    struct capability_report report;
    int error = capability_report_make(run->matcher, &run->rules, run->path, bytes_of(run->name),
                                       &arena, &report);
    if (!error)
        report_say(run, &report);
    arena_finish(&arena);
    return error;
}

static int file_judge(struct run *run, struct bytes content)
{
    struct arena arena = {.chunk = 1 << 16};
    struct capability_report report;
    int error =
        capability_report_file(run->matcher, &run->rules, run->path, content, &arena, &report);
    if (!error)
        report_say(run, &report);
    arena_finish(&arena);
    return error;
}

/* False after a message on stderr. */
static bool path_judge(struct run *run)
{
    const struct report_listener listener = {report_begin, report_item, report_end, run};
    struct fault fault = {NULL, 0, 0};
    struct buffer content;
    int error = whole_file_read(run->path, true, &content);
    if (!error) {
        error = sample_is_report(buffer_bytes(&content))
                    ? report_read(buffer_bytes(&content), &listener, &fault)
                    : file_judge(run, buffer_bytes(&content));
        buffer_finish(&content);
    }
    return learning_read("capability", run->path, &fault, error);
}

int verb_capability(int argc, char **argv)
{
    static struct run run;
    const char *rules = NULL;
    const struct option_entry options[] = {
        {"--rules", OPTION_TEXT, &rules, "FILE", "rules of your own, instead of those built in"},
        {"--explain", OPTION_FLAG, &run.explain, NULL, "also the evidence, and where it stands"},
        OPTION_JSON(&run.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "capability",
        .arguments = "FILE…",
        .does = "Says what samples do, by ATT&CK: of sandboxes' reports (CAPE, Cuckoo, Speakeasy;\n"
                "JSON, gzip or not) what was seen, of any other file what it has the means for by\n"
                "its imports and texts. Nothing is executed.",
        .example = "hinomi capability --explain report.json sample.exe",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    status = EXIT_FAILED;
    if (rules_open(rules, &run)) {
        status = EXIT_OK;
        for (int i = 1; i <= count; i++) {
            run.path = argv[i];
            if (!path_judge(&run))
                status = EXIT_FAILED;
        }
    }
    capability_matcher_destroy(run.matcher);
    capability_rules_finish(&run.rules);
    arena_finish(&run.rules_arena);
    buffer_finish(&run.rules_text);
    return status;
}
