/* hinomi ioc make: indicators from what malware did and harmless software did not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/ioc/evaluate.h"
#include "analyse/ioc/notation.h"
#include "base/progress.h"
#include "show/ioc_input.h"
#include "show/ioc_report.h"
#include "show/verb.h"

static const char verb[] = "ioc make";

struct request {
    struct option_texts malware, benign, events;
    const char *labels, *family, *out, *case_id, *data;
    double most, spare;
    bool others, single, json, explain;
};

static bool request_read(const struct request *request, struct corpus *corpus)
{
    struct ioc_labels labels = {0};
    const struct ioc_role malware = {.malicious = true, .family = request->family}, benign = {0},
                          events = {.labels = &labels};
    bool good = !request->labels || ioc_labels_read(verb, request->labels, &labels);
    good = good && ioc_read(verb, request->malware.items, request->malware.count, &malware, corpus);
    good = good && ioc_read(verb, request->benign.items, request->benign.count, &benign, corpus);
    good = good && ioc_read(verb, request->events.items, request->events.count, &events, corpus);
    if (good && request->case_id)
        good = ioc_history_read(request->data, request->case_id, corpus);
    ioc_labels_finish(&labels);
    if (good && corpus_seal(corpus) != 0) {
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
        good = false;
    }
    return good;
}

static void family_tell(const struct corpus *corpus, uint32_t family,
                        const struct generated *generated, uint32_t count)
{
    struct bytes name = corpus_text(corpus, family);
    fprintf(stderr,
            "%.*s: %u indicators find %u of %u samples and %u of %u harmless ones;\n"
            "  of %llu masks, %u rules; at least %.0f %% of the best there is for that many\n",
            (int)name.len, name.at, count, generated->found, generated->found_of, generated->spared,
            generated->spared_of, (unsigned long long)generated->enumerated, generated->rules,
            100 * generated->at_least);
}

static int families_make(const struct request *request, const struct corpus *corpus,
                         struct indicator_set *set)
{
    struct generate_options options = {request->most, request->spare, request->single, false};
    struct family_count *families;
    uint32_t count;
    uint8_t *parts = calloc((size_t)corpus->sample_count + 1, 1);
    struct progress progress;
    int error = parts ? corpus_families(corpus, &families, &count) : -ENOMEM;
    if (error) {
        free(parts);
        return error;
    }
    double samples = 0;
    for (uint32_t i = 0; i < count; i++)
        samples += families[i].samples;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct generated generated;
        uint32_t before = set->count;
        options.spare = request->spare * families[i].samples / samples;
        parts_of_family(corpus, families[i].family, request->others, parts);
        progress_begin(&progress, "families");
        progress_step(&progress, i, (double)i / count);
        error = indicators_generate(corpus, parts, corpus_text(corpus, families[i].family),
                                    &options, set, &generated);
        progress_end(&progress);
        if (!error)
            family_tell(corpus, families[i].family, &generated, set->count - before);
    }
    free(families);
    free(parts);
    return error;
}

static bool set_write(const struct request *request, const struct indicator_set *set)
{
    FILE *to = request->out ? fopen(request->out, "wb") : stdout;
    struct buffer line = {0};
    bool good = to != NULL, json_wanted = request->json || request->out;
    for (uint32_t i = 0; i < set->count && good; i++) {
        struct json json = {.out = &line};
        if (!json_wanted) {
            ioc_report_print(to, &set->items[i], request->explain);
            continue;
        }
        buffer_clear(&line);
        indicator_json(&set->items[i], &json);
        buffer_put_char(&line, '\n');
        good = !line.failed && fwrite(line.at, 1, line.len, to) == line.len;
    }
    if (request->out && to && fclose(to) != 0)
        good = false;
    buffer_finish(&line);
    if (!good)
        fprintf(stderr, "hinomi %s: %s could not be written\n", verb,
                request->out ? request->out : "the output");
    return good;
}

static int request_run(const struct request *request)
{
    struct corpus corpus = {0};
    struct indicator_set set = {.count = 0};
    bool good = request_read(request, &corpus);
    int error = good ? families_make(request, &corpus, &set) : 0;
    if (error)
        fprintf(stderr, "hinomi %s: %s\n", verb, strerror(-error));
    else if (good && set.count == 0)
        fprintf(stderr, "hinomi %s: nothing sets the malware apart from the harmless\n", verb);
    good = good && !error && set_write(request, &set);
    indicator_set_finish(&set);
    corpus_finish(&corpus);
    return good ? EXIT_OK : EXIT_FAILED;
}

int ioc_make(int argc, char **argv)
{
    struct request request = {.most = 25, .spare = 0.005, .data = OPTION_DATA_DEFAULT};
    const struct option_entry options[] = {
        {"--malware", OPTION_TEXTS, &request.malware, "PATH", "reports of malware"},
        {"--benign", OPTION_TEXTS, &request.benign, "PATH", "reports or events of the harmless"},
        {"--events", OPTION_TEXTS, &request.events, "PATH",
         "events of hosts with both; --labels says which processes are malware"},
        {"--labels", OPTION_TEXT, &request.labels, "TABLE",
         "PROCESS<TAB>FAMILY a line; the family '-' leaves it out"},
        {"--case", OPTION_TEXT, &request.case_id, "ID",
         "malware: this case's processes; harmless: all others of the history in --data"},
        OPTION_DATA(&request.data),
        {"--family", OPTION_TEXT, &request.family, "NAME",
         "of all that --malware names (default: what reports say, else their folder)"},
        {"--others", OPTION_FLAG, &request.others, NULL,
         "samples of other families must not be found, either"},
        {"--most", OPTION_NUMBER, &request.most, "N", "indicators a family, about (default 25)"},
        {"--spare", OPTION_NUMBER, &request.spare, "SHARE",
         "of harmless samples that may be found (default 0.005)"},
        {"--single", OPTION_FLAG, &request.single, NULL, "no pairs: one mask an indicator"},
        {"-o", OPTION_TEXT, &request.out, "FILE", "write them there, as JSON Lines"},
        {"--explain", OPTION_FLAG, &request.explain, NULL, "also why, expressions, samples"},
        OPTION_JSON(&request.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .does =
            "Makes indicators: what the malware of a family did and harmless software did not,\n"
            "each readable, few in number. Reports of CAPE, Cuckoo and Speakeasy, lists, and\n"
            "events of hosts are read.",
        .example =
            "hinomi ioc make --malware reports/emotet --benign reports/office -o emotet.ioc\n"
            "hinomi ioc make --case 3 -o case3.ioc",
        .options = options,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (request.malware.count + request.events.count == 0 && !request.case_id) {
        fprintf(stderr, "hinomi %s: give --malware, --events or --case\n", verb);
        return EXIT_USAGE;
    }
    if (request.most < 1 || request.spare > 1) {
        fprintf(stderr, "hinomi %s: --most takes 1 and more, --spare 0 to 1\n", verb);
        return EXIT_USAGE;
    }
    return request_run(&request);
}
