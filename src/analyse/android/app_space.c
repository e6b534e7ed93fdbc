/* Places in the space, and the space as bytes. */
#include "analyse/android/app_space.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int app_space_map_make(const struct app_space *space, const struct app_table *table,
                       struct app_space_map *ret_map)
{
    struct app_space_map map = {calloc(table->names.count + 1, sizeof(*map.names)),
                                calloc(table->words.count + 1, sizeof(*map.words))};
    if (!map.names || !map.words) {
        app_space_map_finish(&map);
        return -ENOMEM;
    }
    for (uint32_t id = 1; id < table->names.count; id++)
        map.names[id] = strings_find(&space->names, strings_at(&table->names, id));
    for (uint32_t id = 1; id < table->words.count; id++)
        map.words[id] = strings_find(&space->words, strings_at(&table->words, id));
    *ret_map = map;
    return 0;
}

void app_space_map_finish(struct app_space_map *map)
{
    free(map->names);
    free(map->words);
}

/* Names weigh alike; words by how often they are there and how rare they are. */
void app_space_weigh(const struct app_space *space, struct app_place *place)
{
    double length = 0;
    for (uint32_t i = 0; i < place->names; i++)
        place->values[i] = 1 / sqrtf((float)place->names);
    for (uint32_t i = place->names; i < place->count; i++) {
        uint32_t word = place->columns[i] - space->name_count;
        place->values[i] = (1 + logf(place->values[i])) * space->rarity[word];
        length += (double)place->values[i] * (double)place->values[i];
    }
    for (uint32_t i = place->names; i < place->count; i++)
        place->values[i] = (float)((double)place->values[i] / sqrt(length));
}

void app_space_place(const struct app_space *space, const struct app_space_map *map,
                     const struct app_row *row, struct app_place *ret_place)
{
    struct app_place *place = ret_place;
    place->count = 0;
    for (uint32_t i = 0; i < row->count; i++)
        if (map->names[row->names[i]])
            place->columns[place->count++] = map->names[row->names[i]] - 1;
    place->names = place->count;
    for (uint32_t i = 0; i < row->word_count; i++)
        if (map->words[row->words[i]]) {
            place->columns[place->count] = map->words[row->words[i]] - 1 + space->name_count;
            place->values[place->count++] = (float)row->times[i];
        }
    app_space_weigh(space, place);
}

static void value_add(struct app_place *place, uint32_t column, float value)
{
    place->columns[place->count] = column;
    place->values[place->count++] = value;
}

void app_space_compact(const struct app_space *space, const struct app_place *place,
                       struct app_place *ret_compact)
{
    uint32_t best = app_space_best(space), topics = space->topics;
    float near[APP_SPACE_TOPICS] = {0};
    ret_compact->count = 0;
    for (uint32_t i = 0; i < place->names; i++)
        if (place->columns[i] < best)
            value_add(ret_compact, place->columns[i], place->values[i]);
    ret_compact->names = ret_compact->count;
    for (uint32_t i = place->names; i < place->count && topics; i++) {
        const float *centre =
            space->centres + (size_t)(place->columns[i] - space->name_count) * topics;
        for (uint32_t topic = 0; topic < topics; topic++)
            near[topic] += place->values[i] * centre[topic];
    }
    for (uint32_t topic = 0; topic < topics && place->count > place->names; topic++)
        value_add(ret_compact, best + topic, near[topic]);
    if (place->count > place->names)
        value_add(ret_compact, best + topics, 1);
    value_add(ret_compact, best + topics + 1, log1pf((float)place->names) / 8);
}

void app_space_spread(const struct app_space *space, const struct app_place *compact,
                      float *ret_row)
{
    memset(ret_row, 0, app_space_width(space) * sizeof(*ret_row));
    for (uint32_t i = 0; i < compact->count; i++)
        ret_row[compact->columns[i]] = i < compact->names ? 1 : compact->values[i];
}

enum { MAGIC = 0x31505341 /* "ASP1" */, VALUE_MOST = 64 /* of what a name tells, of rarity */ };

static void strings_save(const struct strings *strings, uint32_t count, const float *values,
                         struct buffer *out)
{
    buffer_put_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        buffer_put_block(out, strings_at(strings, i + 1));
        buffer_put_float(out, values[i]);
    }
}

void app_space_save(const struct app_space *space, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    strings_save(&space->names, space->name_count, space->tells, out);
    strings_save(&space->words, space->word_count, space->rarity, out);
    buffer_put_u32(out, space->topics);
    for (size_t i = 0; i < (size_t)space->word_count * space->topics; i++)
        buffer_put_float(out, space->centres[i]);
}

/* -EBADMSG also where a text is empty or there twice, or a value no number. */
static int strings_load(struct cursor *from, uint32_t most, struct strings *strings,
                        uint32_t *ret_count, float **ret_values)
{
    uint32_t count = cursor_u32(from), id;
    if (!cursor_ok(from) || count > most || count > cursor_left(from))
        return -EBADMSG;
    float *values = calloc((size_t)count + 1, sizeof(*values));
    if (!values)
        return -ENOMEM;
    *ret_values = values;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes text = cursor_block(from);
        values[i] = cursor_float(from);
        if (!cursor_ok(from) || text.len == 0 || !(values[i] >= -1) || !(values[i] <= VALUE_MOST))
            return -EBADMSG;
        int error = strings_intern(strings, text, &id);
        if (error || id != i + 1)
            return error ? error : -EBADMSG;
    }
    *ret_count = count;
    return 0;
}

static int centres_load(struct cursor *from, struct app_space *space)
{
    size_t count = (size_t)space->word_count * space->topics;
    if (count > cursor_left(from) / sizeof(float))
        return -EBADMSG;
    space->centres = calloc(count + 1, sizeof(*space->centres));
    if (!space->centres)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        space->centres[i] = cursor_float(from);
        if (!(fabsf(space->centres[i]) <= 1 + 1e-3F))
            return -EBADMSG;
    }
    return 0;
}

int app_space_load(struct cursor *from, struct app_space *ret_space)
{
    struct app_space space = {0};
    int error = cursor_u32(from) == MAGIC ? 0 : -EBADMSG;
    if (!error)
        error = strings_load(from, APP_SPACE_NAMES, &space.names, &space.name_count, &space.tells);
    if (!error)
        error = strings_load(from, APP_SPACE_WORDS, &space.words, &space.word_count, &space.rarity);
    space.topics = cursor_u32(from);
    if (!error && (!cursor_ok(from) || (space.topics && space.topics != APP_SPACE_TOPICS)))
        error = -EBADMSG;
    if (!error)
        error = centres_load(from, &space);
    if (error)
        app_space_finish(&space);
    else
        *ret_space = space;
    return error;
}

void app_space_finish(struct app_space *space)
{
    strings_finish(&space->names);
    strings_finish(&space->words);
    free(space->tells);
    free(space->rarity);
    free(space->centres);
    *space = (struct app_space){0};
}
