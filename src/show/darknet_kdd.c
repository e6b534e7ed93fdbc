/* hinomi darknet kdd: the clustering on KDD'99, learning on, beside what it must beat. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/progress.h"
#include "engine/kdd.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

static void progress_show(void *context, uint64_t records, double part)
{
    progress_step(context, records, part);
}

static void result_json(const struct kdd_result *result)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key(&json, "records"), json_unsigned(&json, result->records);
    json_key(&json, "refused"), json_unsigned(&json, result->refused);
    json_key(&json, "clusters"), json_unsigned(&json, result->clusters.clusters);
    json_key(&json, "evicted"), json_unsigned(&json, result->clusters.evicted);
    for (int model = 0; model < KDD_MODELS; model++) {
        const struct kdd_score *score = &result->scores[model];
        json_key(&json, kdd_model_names[model]), json_object(&json);
        json_key(&json, "accuracy"), json_number(&json, kdd_accuracy(score));
        json_key(&json, "detection"), json_number(&json, kdd_detection(score));
        json_key(&json, "false_alarms"), json_number(&json, kdd_false_alarms(score));
        for (int truth = 0; truth < KDD_CLASSES; truth++) {
            json_key(&json, kdd_class_names[truth]), json_array(&json);
            for (int said = 0; said < KDD_CLASSES; said++)
                json_unsigned(&json, score->said[truth][said]);
            json_end_array(&json);
        }
        json_end_object(&json);
    }
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    if (!line.failed)
        fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static void percent_cell(struct table *table, double part)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%.2f %%", 100 * part);
    table_cell(table, (struct bytes){text, (size_t)length}, TONE_PLAIN);
}

/* The part of a class's records that was given that class. */
static double class_recall(const struct kdd_score *score, int class)
{
    uint64_t all = 0;
    for (int said = 0; said < KDD_CLASSES; said++)
        all += score->said[class][said];
    return all ? (double)score->said[class][class] / (double)all : 0;
}

static void result_table(const struct kdd_result *result)
{
    struct table table = {0};
    table_column(&table, "model", false);
    table_column(&table, "accuracy", true);
    table_column(&table, "attacks detected", true);
    table_column(&table, "false alarms", true);
    for (int class = 0; class < KDD_CLASSES; class ++)
        table_column(&table, kdd_class_names[class], true);
    for (int model = 0; model < KDD_MODELS; model++) {
        const struct kdd_score *score = &result->scores[model];
        table_cell(&table, bytes_of(kdd_model_names[model]), TONE_STRONG);
        percent_cell(&table, kdd_accuracy(score));
        percent_cell(&table, kdd_detection(score));
        percent_cell(&table, kdd_false_alarms(score));
        for (int class = 0; class < KDD_CLASSES; class ++)
            percent_cell(&table, class_recall(score, class));
    }
    table_print(&table, stdout);
    table_finish(&table);
    printf("%" PRIu64 " records, each asked about before it was learned; %u clusters at the end,"
           " %" PRIu64 " gave way\n",
           result->records, result->clusters.clusters, result->clusters.evicted);
}

static const char does[] =
    "Scores the evolving clustering on KDD Cup 1999 (kddcup.data, kddcup.data_10_percent; plain "
    "or\n"
    "gzip), learning on: every record is asked about before its label is learned. Beside it a\n"
    "linear model, and one that says the label of the record before, since the file comes in runs\n"
    "of one label. The columns of classes are the part of each that was given its class.";

int darknet_kdd(int argc, char **argv)
{
    struct kdd_options options = {.progress = progress_show};
    struct kdd_result result;
    struct progress progress;
    struct fault fault;
    bool json = false;
    int count, status;
    const struct option_entry entries[] = {
        OPTION_JSON(&json),
        {"--shuffled", OPTION_FLAG, &options.shuffled, NULL,
         "in an order of chance, always the same, not in runs"},
        {"--unique", OPTION_FLAG, &options.unique, NULL, "equal records count once"},
        {0},
    };
    const struct command command = {"darknet kdd",
                                    "FILE [options]",
                                    does,
                                    "hinomi darknet kdd kddcup.data_10_percent.gz",
                                    entries,
                                    1,
                                    1};
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    options.path = argv[1];
    options.context = &progress;
    progress_begin(&progress, "records");
    int error = kdd_run(&options, &result, &fault);
    progress_end(&progress);
    if (error) {
        fprintf(stderr, "hinomi darknet kdd: %s: %s\n", options.path,
                error == -ENOTSUP ? "no record of KDD Cup 1999 in it" : strerror(-error));
        return EXIT_FAILED;
    }
    if (result.refused)
        fprintf(stderr, "hinomi darknet kdd: %" PRIu64 " lines are no records\n", result.refused);
    if (json)
        result_json(&result);
    else
        result_table(&result);
    return EXIT_OK;
}
