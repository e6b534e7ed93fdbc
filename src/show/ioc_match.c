/* hinomi ioc match: what indicators find in reports, events, or all that is stored. */
#include <errno.h>
#include <stdio.h>

#include "analyse/ioc/match.h"
#include "base/json.h"
#include "show/ioc_hunt.h"
#include "show/ioc_input.h"
#include "show/learning.h"
#include "show/reading.h"
#include "show/verb.h"

static const char verb[] = "ioc match";

struct request {
    const char *set, *data, *predictions;
    bool json, history;
};

static void match_tell(const struct request *request, const struct corpus *corpus,
                       const struct indicator_set *set, const struct match *match)
{
    const struct indicator *indicator = &set->items[match->indicator];
    struct bytes sample = corpus_text(corpus, corpus->samples[match->sample].id);
    if (!request->json) {
        printf("%.*s: %.*s (%.*s)\n", (int)sample.len, sample.at, (int)indicator->family.len,
               indicator->family.at, (int)indicator->id.len, indicator->id.at);
        return;
    }
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key(&json, "row"), json_unsigned(&json, match->sample);
    json_key_text(&json, "sample", sample);
    json_key_text(&json, "family", indicator->family);
    json_key_text(&json, "indicator", indicator->id);
    json_end_object(&json);
    learning_line(&line);
}

/* A line a sample, found or not. */
static bool predictions_write(const char *path, const struct corpus *corpus,
                              const struct indicator_set *set, const struct matches *matches)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        bool found = matches->first[i] != MATCH_NONE;
        struct json json = {.out = &out};
        json_object(&json);
        json_key(&json, "row"), json_unsigned(&json, i);
        json_key_text(&json, "sample", corpus_text(corpus, corpus->samples[i].id));
        json_key_text(&json, "truth", corpus_text(corpus, corpus->samples[i].family));
        json_key_text(&json, "predicted",
                      found ? set->items[matches->first[i]].family : BYTES("benign"));
        json_key(&json, "score"), json_number(&json, found);
        json_key(&json, "unknown"), json_bool(&json, false);
        json_end_object(&json);
        buffer_put_char(&out, '\n');
    }
    return learning_predictions(verb, path, &out);
}

static int paths_match(const struct request *request, const struct indicator_set *set, char **paths,
                       uint32_t count)
{
    const struct ioc_role role = {.malicious = true, .family = NULL};
    struct corpus corpus = {0};
    struct matches matches;
    bool good = ioc_read(verb, (const char *const *)paths, count, &role, &corpus);
    if (good) {
        int error = corpus_seal(&corpus);
        if (!error)
            error = indicators_match(set, &corpus, &matches);
        if (error)
            fprintf(stderr, "hinomi %s: %s\n", verb, strerror(-error));
        good = error == 0;
    }
    if (good) {
        for (size_t i = 0; i < matches.count; i++)
            match_tell(request, &corpus, set, &matches.items[i]);
        if (!request->json)
            printf("%zu matches in %u samples\n", matches.count, corpus.sample_count);
        if (request->predictions)
            good = predictions_write(request->predictions, &corpus, set, &matches);
        matches_finish(&matches);
    }
    corpus_finish(&corpus);
    return good ? EXIT_OK : EXIT_FAILED;
}

static void hit_tell(void *context, const struct ioc_hit *hit)
{
    const struct request *request = context;
    char time[READING_TIME_SIZE];
    if (request->json) {
        struct buffer line = {0};
        ioc_hit_json(hit, &(struct json){.out = &line});
        learning_line(&line);
        return;
    }
    struct bytes when = reading_moment(hit->time, time);
    printf("%.*s  %.*s  %.*s  %.*s (%.*s)\n", (int)when.len, when.at, (int)hit->host.len,
           hit->host.at, (int)hit->program.len, hit->program.at, (int)hit->indicator->family.len,
           hit->indicator->family.at, (int)hit->indicator->id.len, hit->indicator->id.at);
}

static int history_match(const struct request *request, const struct indicator_set *set)
{
    struct store *store = reading_open(request->data);
    struct ioc_hunt_counts counts;
    if (!store)
        return EXIT_FAILED;
    int error = ioc_hunt(store, set, hit_tell, (void *)request, &counts);
    int status = error ? reading_failed(store) : EXIT_OK;
    if (!error && !request->json)
        printf("%llu hits, %llu events looked at\n", (unsigned long long)counts.hits,
               (unsigned long long)counts.events);
    store_close(store);
    return status;
}

int ioc_match(int argc, char **argv)
{
    struct request request = {.data = NULL};
    const struct option_entry options[] = {
        {"--iocs", OPTION_TEXT, &request.set, "FILE", "indicators, as hinomi ioc make writes them"},
        {"--data", OPTION_TEXT, &request.data, "DIR",
         "look through all events that are stored there"},
        {"--predictions", OPTION_TEXT, &request.predictions, "FILE", "one JSON line a sample"},
        OPTION_JSON(&request.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "[PATH…]",
        .does =
            "Says which samples (reports, processes of logs of events) which indicators cover,\n"
            "or which processes of the stored history.",
        .example = "hinomi ioc match --iocs emotet.ioc reports\n"
                   "hinomi ioc match --iocs case3.ioc --data hinomi-data",
        .options = options,
        .most = -1,
    };
    struct indicator_set set;
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!request.set || (count == 0) == (request.data == NULL)) {
        fprintf(stderr, "hinomi %s: give --iocs FILE, and either paths or --data DIR\n", verb);
        return EXIT_USAGE;
    }
    if (!ioc_set_read(verb, request.set, &set))
        return EXIT_FAILED;
    status = count ? paths_match(&request, &set, argv + 1, (uint32_t)count)
                   : history_match(&request, &set);
    indicator_set_finish(&set);
    return status;
}
