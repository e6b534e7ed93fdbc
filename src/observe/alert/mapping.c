#include "observe/alert/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

#include "observe/alert/field.h"

struct mapping_reading {
    yaml_document_t *document;
    struct alert_mapping *into;
    struct fault *fault;
};

static int refuse(const struct mapping_reading *reading, const yaml_node_t *node, const char *why)
{
    reading->fault->why = why;
    reading->fault->line = node ? node->start_mark.line + 1 : 1;
    reading->fault->offset = node ? node->start_mark.index : 0;
    return -EINVAL;
}

static struct bytes node_text(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE
               ? (struct bytes){(const char *)node->data.scalar.value, node->data.scalar.length}
               : (struct bytes){0};
}

static int text_keep(const struct mapping_reading *reading, const yaml_node_t *node,
                     struct bytes *ret_text)
{
    struct bytes text = node_text(node);
    if (text.len == 0 || text.len > ALERT_MAPPING_TEXT)
        return refuse(reading, node, "a text of 1 to 256 bytes belongs here");
    *ret_text = arena_copy(&reading->into->arena, text);
    return ret_text->at ? 0 : -ENOMEM;
}

static int column_read(const struct mapping_reading *reading, const yaml_node_t *column,
                       const yaml_node_t *field)
{
    struct alert_mapping *into = reading->into;
    enum alert_field found = alert_field_find(node_text(field));
    if (into->count == ALERT_MAPPING_COLUMNS)
        return refuse(reading, column, "more than 256 columns");
    if (found == ALERT_FIELD_COUNT)
        return refuse(reading, field,
                      "no field of an alert has this name; docs/alerts.md lists them");
    into->columns[into->count].field = (uint8_t)found;
    int error = text_keep(reading, column, &into->columns[into->count].column);
    into->count += error == 0;
    return error;
}

static int columns_read(const struct mapping_reading *reading, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE)
        return refuse(reading, node, "`columns` is a mapping: heading of the column: field");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        int error = column_read(reading, yaml_document_get_node(reading->document, pair->key),
                                yaml_document_get_node(reading->document, pair->value));
        if (error)
            return error;
    }
    return 0;
}

static int entry_read(const struct mapping_reading *reading, const yaml_node_t *key,
                      const yaml_node_t *value)
{
    struct bytes name = node_text(key), text = node_text(value);
    if (bytes_equal(name, BYTES("columns")))
        return columns_read(reading, value);
    if (bytes_equal(name, BYTES("sensor")))
        return text_keep(reading, value, &reading->into->sensor);
    if (!bytes_equal(name, BYTES("separator")))
        return refuse(reading, key, "unknown key; a mapping has sensor, separator and columns");
    if (text.len != 1 || text.at[0] == '"' || text.at[0] == '\n')
        return refuse(reading, value, "a separator is one character");
    reading->into->separator = text.at[0];
    return 0;
}

static bool fills(const struct alert_mapping *mapping, enum alert_field field)
{
    for (uint32_t i = 0; i < mapping->count; i++)
        if (mapping->columns[i].field == (uint8_t)field)
            return true;
    return false;
}

static int document_read(const struct mapping_reading *reading)
{
    const yaml_node_t *root = yaml_document_get_root_node(reading->document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return refuse(reading, root, "a mapping file has sensor, separator and columns");
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        int error = entry_read(reading, yaml_document_get_node(reading->document, pair->key),
                               yaml_document_get_node(reading->document, pair->value));
        if (error)
            return error;
    }
    if (!fills(reading->into, ALERT_FIELD_time) || !fills(reading->into, ALERT_FIELD_rule_name))
        return refuse(reading, root, "no column fills time, or none fills rule_name");
    return 0;
}

int alert_mapping_parse(struct bytes text, struct alert_mapping *ret_mapping,
                        struct fault *ret_fault)
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct mapping_reading reading = {&document, ret_mapping, ret_fault};
    *ret_mapping = (struct alert_mapping){.separator = ',', .arena.limit = 4 << 20};
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.at, text.len);
    int error;
    if (yaml_parser_load(&parser, &document)) {
        error = document_read(&reading);
        yaml_document_delete(&document);
    } else {
        *ret_fault =
            (struct fault){"is not YAML", parser.problem_mark.index, parser.problem_mark.line + 1};
        error = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
    }
    yaml_parser_delete(&parser);
    return error;
}

int alert_mapping_load(const char *path, struct alert_mapping *ret_mapping, struct fault *ret_fault)
{
    *ret_mapping = (struct alert_mapping){0};
    *ret_fault = (struct fault){.why = "cannot be read"};
    char *text = malloc(ALERT_MAPPING_FILE + 1);
    int descriptor = text ? open(path, O_RDONLY | O_CLOEXEC) : -1, error = text ? 0 : -ENOMEM;
    size_t len = 0;
    if (text && descriptor < 0)
        error = -errno;
    for (ssize_t got = 1; !error && got > 0 && len <= ALERT_MAPPING_FILE; len += (size_t)got) {
        got = read(descriptor, text + len, ALERT_MAPPING_FILE + 1 - len);
        if (got < 0)
            error = -errno, got = 0;
    }
    if (!error && len > ALERT_MAPPING_FILE)
        error = -EFBIG;
    if (!error)
        error = alert_mapping_parse((struct bytes){text, len}, ret_mapping, ret_fault);
    if (descriptor >= 0)
        close(descriptor);
    free(text);
    return error;
}

void alert_mapping_finish(struct alert_mapping *mapping)
{
    arena_finish(&mapping->arena);
}
