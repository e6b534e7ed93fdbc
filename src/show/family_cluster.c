/* hinomi family cluster: which samples belong together, though nobody has named them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyse/family/cluster.h"
#include "base/hash_table.h"
#include "base/json.h"
#include "show/family_input.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

static const char verb[] = "family cluster";

/* Rows with their sketches and where they went. */
struct grouping {
    struct family_table table;
    struct sketch *sketches;
    struct cluster_place *places;
    uint32_t *names; /* a number for each family */
    struct cluster_counts counts;
};

static int names_number(struct grouping *grouping)
{
    struct hash_table numbers = {0};
    int error = 0;
    for (uint32_t i = 0; i < grouping->table.count && !error; i++) {
        const struct behaviour name = {.tokens = &grouping->table.rows[i].family, .token_count = 1};
        uint64_t key = behaviour_group(&name);
        uint32_t number = hash_table_get(&numbers, key);
        grouping->names[i] = number == HASH_TABLE_NONE ? numbers.used : number;
        if (number == HASH_TABLE_NONE)
            error = hash_table_put(&numbers, key, numbers.used);
    }
    hash_table_finish(&numbers);
    return error;
}

static int grouping_make(double least, struct arena *arena, struct grouping *grouping)
{
    uint32_t count = grouping->table.count;
    grouping->sketches = arena_take_array(arena, (size_t)count + 1, sizeof(struct sketch));
    grouping->places = arena_take_array(arena, (size_t)count + 1, sizeof(struct cluster_place));
    grouping->names = arena_take_array(arena, (size_t)count + 1, sizeof(uint32_t));
    int error = grouping->sketches && grouping->places && grouping->names ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct arena room = {.chunk = 1 << 18};
        struct family_features features;
        error = family_features_make(&grouping->table.rows[i].behaviour, &room, &features);
        if (!error)
            grouping->sketches[i] = sketch_make(&features);
        arena_finish(&room);
    }
    if (!error)
        error =
            clusters_find(grouping->sketches, count, least, grouping->places, &grouping->counts);
    return error ? error : names_number(grouping);
}

static void rows_tell(const struct grouping *grouping)
{
    struct buffer line = {0};
    for (uint32_t i = 0; i < grouping->table.count; i++) {
        const struct family_row *row = &grouping->table.rows[i];
        struct json json = {.out = &line};
        json_object(&json);
        json_key(&json, "row"), json_unsigned(&json, i);
        json_key_text(&json, "name", row->name);
        json_key_text(&json, "family", row->family);
        json_key(&json, "cluster"), json_unsigned(&json, grouping->places[i].cluster);
        json_key(&json, "likeness"), json_number(&json, grouping->places[i].likeness);
        json_end_object(&json);
        buffer_put_char(&line, '\n');
        fwrite(line.at, 1, line.len, stdout);
        buffer_clear(&line);
    }
    buffer_finish(&line);
}

/* The largest clusters, and the name most of their samples have. */
enum { CLUSTERS_TOLD = 20, NAMES_TOLD = 64 };

struct cluster_told {
    uint32_t cluster, size;
};

static uint32_t largest_find(const struct grouping *grouping, uint32_t *sizes,
                             struct cluster_told *largest)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < grouping->table.count; i++)
        sizes[grouping->places[i].cluster]++;
    for (uint32_t cluster = 0; cluster < grouping->table.count; cluster++) {
        uint32_t at = count < CLUSTERS_TOLD ? count++ : CLUSTERS_TOLD;
        for (; at > 0 && largest[at - 1].size < sizes[cluster]; at--)
            if (at < CLUSTERS_TOLD)
                largest[at] = largest[at - 1];
        if (at < CLUSTERS_TOLD)
            largest[at] = (struct cluster_told){cluster, sizes[cluster]};
    }
    return count;
}

/* The commonest family of a cluster (of the first NAMES_TOLD in it) and how many samples have it.
 */
static struct bytes commonest(const struct grouping *grouping, uint32_t cluster,
                              uint32_t *ret_count)
{
    uint32_t names[NAMES_TOLD], counts[NAMES_TOLD] = {0}, kinds = 0, best = 0;
    struct bytes texts[NAMES_TOLD];
    for (uint32_t i = 0; i < grouping->table.count; i++) {
        uint32_t at = 0;
        if (grouping->places[i].cluster != cluster)
            continue;
        while (at < kinds && names[at] != grouping->names[i])
            at++;
        if (at == NAMES_TOLD)
            continue;
        if (at == kinds) {
            names[kinds] = grouping->names[i];
            texts[kinds++] = grouping->table.rows[i].family;
        }
        if (++counts[at] > counts[best])
            best = at;
    }
    *ret_count = counts[best];
    return kinds ? texts[best] : (struct bytes){"", 0};
}

static void number_cell(struct table *table, uint32_t number)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "%" PRIu32, number);
    table_cell(table, (struct bytes){text, (size_t)len}, TONE_PLAIN);
}

static void clusters_print(const struct grouping *grouping, uint32_t *sizes,
                           const struct cluster_score *score)
{
    struct cluster_told largest[CLUSTERS_TOLD];
    struct table table = {0};
    uint32_t count = largest_find(grouping, sizes, largest);
    table_column(&table, "cluster", true);
    table_column(&table, "samples", true);
    table_column(&table, "mostly", false);
    table_column(&table, "of them", true);
    for (uint32_t i = 0; i < count && largest[i].size > 1; i++) {
        uint32_t many;
        struct bytes family = commonest(grouping, largest[i].cluster, &many);
        number_cell(&table, largest[i].cluster);
        number_cell(&table, largest[i].size);
        table_cell(&table, family, TONE_PLAIN);
        number_cell(&table, many);
    }
    table_print(&table, stdout);
    table_finish(&table);
    printf("%" PRIu32 " samples: %" PRIu32 " clusters, %" PRIu32 " like no other; %.1f comparisons "
           "a sample\n",
           grouping->table.count, grouping->counts.clusters, grouping->counts.strangers,
           (double)grouping->counts.comparisons /
               (grouping->table.count ? grouping->table.count : 1));
    printf("against the families told: BCubed precision %.3f, recall %.3f; adjusted Rand %.3f\n",
           score->precision, score->recall, score->rand);
}

static int cluster_run(char **paths, int count, double least, bool json)
{
    struct arena arena = {.chunk = 1 << 22};
    struct grouping grouping = {.sketches = NULL};
    struct cluster_score score;
    int error = -EINVAL;
    if (!family_rows_read(verb, paths, count, &arena, &grouping.table)) {
        arena_finish(&arena);
        return EXIT_FAILED;
    }
    error = grouping_make(least, &arena, &grouping);
    uint32_t *sizes = arena_take_array(&arena, (size_t)grouping.table.count + 1, sizeof(*sizes));
    if (!error)
        error = sizes
                    ? clusters_score(grouping.places, grouping.names, grouping.table.count, &score)
                    : -ENOMEM;
    if (error)
        fprintf(stderr, "hinomi %s: %s\n", verb,
                error == -EINVAL ? "likeness is above 0 and at most 1" : strerror(-error));
    else if (json)
        rows_tell(&grouping);
    else
        clusters_print(&grouping, sizes, &score);
    arena_finish(&arena);
    return error ? EXIT_FAILED : EXIT_OK;
}

int family_cluster(int argc, char **argv)
{
    double least = 0.5;
    bool json = false;
    const struct option_entry options[] = {
        {"--likeness", OPTION_NUMBER, &least, "N",
         "how alike samples of a cluster are at least, 0 to 1 (default 0.5)"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "TABLE|REPORTS|FOLDER…",
        .does = "Puts together samples that do the same, or are made of the same, without being\n"
                "told whose they are; the families told are only compared with what comes out.\n"
                "The work grows with the samples, not with their pairs.",
        .example = "hinomi family cluster behaviours.tsv.gz",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return cluster_run(argv + 1, count, least, json);
}
