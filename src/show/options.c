#include "show/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/verb.h"

/* Digits only, the whole text; a sign, a blank or a suffix is no number. */
static int whole_parse(struct bytes text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -EINVAL;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.at[i] - '0'), &value))
            return -ERANGE;
    }
    *ret_value = value;
    return 0;
}

/* A whole number with one of `units` behind it: unit i is worth factors[i]. */
static int measure_parse(struct bytes text, const char *units, const uint64_t *factors,
                         uint64_t *ret_value)
{
    uint64_t factor = 1, value;
    if (text.len == 0)
        return -EINVAL;
    const char *unit = strchr(units, text.at[text.len - 1]);
    if (unit && *unit) {
        factor = factors[unit - units];
        text.len--;
    }
    int error = whole_parse(text, &value);
    if (!error && __builtin_mul_overflow(value, factor, &value))
        error = -ERANGE;
    if (!error)
        *ret_value = value;
    return error;
}

int size_parse(struct bytes text, size_t *ret_size)
{
    static const uint64_t factors[] = {1 << 10, 1 << 20, 1 << 30, UINT64_C(1) << 40,
                                       1 << 10, 1 << 20, 1 << 30, UINT64_C(1) << 40};
    return measure_parse(text, "KMGTkmgt", factors, ret_size);
}

int duration_parse(struct bytes text, int64_t *ret_duration)
{
    static const uint64_t factors[] = {TIME_SECOND, TIME_MINUTE, TIME_HOUR, TIME_DAY};
    static const uint64_t millisecond[] = {TIME_SECOND / 1000};
    bool small = bytes_end(text, BYTES("ms"));
    bool unit = text.len && strchr("smhd", text.at[text.len - 1]);
    uint64_t value;
    int error = small
                    ? measure_parse((struct bytes){text.at, text.len - 1}, "m", millisecond, &value)
                    : measure_parse(text, "smhd", factors, &value);
    if (!error && !unit && __builtin_mul_overflow(value, TIME_SECOND, &value))
        error = -ERANGE;
    if (!error && value > INT64_MAX)
        error = -ERANGE;
    if (!error)
        *ret_duration = (int64_t)value;
    return error;
}

int moment_parse(struct bytes text, int64_t *ret_time)
{
    char whole[TIME_TEXT_SIZE];
    if (text.len != sizeof("2024-05-07") - 1)
        return time_parse(text, ret_time);
    memcpy(whole, text.at, text.len);
    memcpy(whole + text.len, "T00:00:00Z", sizeof("T00:00:00Z"));
    return time_parse(bytes_of(whole), ret_time);
}

static int number_parse(struct bytes text, double *ret_number)
{
    char *end;
    double number = strtod(text.at, &end);
    if (text.len == 0 || *end || !isfinite(number) || number < 0)
        return -EINVAL;
    *ret_number = number;
    return 0;
}

static int count_parse(struct bytes text, uint32_t *ret_count)
{
    uint64_t value;
    int error = whole_parse(text, &value);
    if (!error && value > UINT32_MAX)
        error = -ERANGE;
    if (!error)
        *ret_count = (uint32_t)value;
    return error;
}

static int texts_add(struct option_texts *texts, const char *value)
{
    if (texts->count == OPTION_TEXTS_LIMIT)
        return -ERANGE;
    texts->items[texts->count++] = value;
    return 0;
}

static int value_read(const struct option_entry *option, const char *value)
{
    struct bytes text = bytes_of(value);
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->into = true;
        return 0;
    case OPTION_TEXT:
        *(const char **)option->into = value;
        return 0;
    case OPTION_TEXTS:
        return texts_add(option->into, value);
    case OPTION_COUNT:
        return count_parse(text, option->into);
    case OPTION_WHOLE:
        return whole_parse(text, option->into);
    case OPTION_NUMBER:
        return number_parse(text, option->into);
    case OPTION_SIZE:
        return size_parse(text, option->into);
    case OPTION_TIME:
        return moment_parse(text, option->into);
    case OPTION_DURATION:
        return duration_parse(text, option->into);
    }
    return -EINVAL;
}

static const char *kind_wants(enum option_kind kind)
{
    static const char *const wants[] = {
        [OPTION_FLAG] = "no value",
        [OPTION_TEXT] = "a text",
        [OPTION_TEXTS] = "a text, at most 256 times",
        [OPTION_COUNT] = "a whole number",
        [OPTION_WHOLE] = "a whole number",
        [OPTION_NUMBER] = "a number, such as 0.05",
        [OPTION_SIZE] = "a size, such as 512M or 2G",
        [OPTION_TIME] = "a time, such as 2024-05-08T00:20:00Z or 2024-05-08",
        [OPTION_DURATION] = "a duration, such as 30s, 10m or 2h",
    };
    return wants[kind];
}

static void help_print(const struct command *command)
{
    printf("Usage: hinomi %s%s%s\n\n%s\n\nOptions:\n", command->verb, command->arguments ? " " : "",
           command->arguments ? command->arguments : "", command->does);
    for (const struct option_entry *option = command->options; option->name; option++) {
        char left[64];
        snprintf(left, sizeof(left), "%s %s", option->name,
                 option->argument ? option->argument : "");
        printf("  %-22s %s\n", left, option->help);
    }
    printf("  %-22s %s\n\nExample:\n", "--help", "this text");
    for (const char *line = command->example; *line;) {
        size_t len = strcspn(line, "\n");
        printf("  %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static bool complain(const struct command *command, const char *text, const char *about)
{
    fprintf(stderr, "hinomi %s: ", command->verb);
    fprintf(stderr, text, about);
    fprintf(stderr, "; hinomi %s --help shows how\n", command->verb);
    return false;
}

static const struct option_entry *option_find(const struct command *command, struct bytes name)
{
    for (const struct option_entry *option = command->options; option->name; option++)
        if (bytes_equal(bytes_of(option->name), name))
            return option;
    return NULL;
}

/* One option at argv[*at]; `*at` moves to its value where that stands by itself. */
static bool option_take(const struct command *command, int argc, char **argv, int *at)
{
    const char *argument = argv[*at], *equals = strchr(argument, '=');
    struct bytes name = {argument, equals ? (size_t)(equals - argument) : strlen(argument)};
    const struct option_entry *option = option_find(command, name);
    const char *value = equals ? equals + 1 : NULL;
    if (!option)
        return complain(command, "there is no option '%s'", argument);
    if (option->kind == OPTION_FLAG && value)
        return complain(command, "'%s' takes no value", option->name);
    if (option->kind != OPTION_FLAG && !value) {
        if (*at + 1 == argc)
            return complain(command, "'%s' wants a value", option->name);
        value = argv[++*at];
    }
    if (value_read(option, value) == 0)
        return true;
    fprintf(stderr, "hinomi %s: '%s' is no value for %s, which wants %s\n", command->verb, value,
            option->name, kind_wants(option->kind));
    return false;
}

bool options_read(const struct command *command, int argc, char **argv, int *ret_count,
                  int *ret_status)
{
    int count = 0;
    bool options_over = false;
    *ret_status = EXIT_USAGE;
    for (int at = 1; at < argc; at++) {
        const char *argument = argv[at];
        if (options_over || argument[0] != '-' || !argument[1]) {
            argv[++count] = argv[at];
        } else if (strcmp(argument, "--") == 0) {
            options_over = true;
        } else if (strcmp(argument, "--help") == 0) {
            help_print(command);
            *ret_status = EXIT_OK;
            return false;
        } else if (!option_take(command, argc, argv, &at)) {
            return false;
        }
    }
    if (count < command->least)
        return complain(command, "it wants %s", command->arguments);
    if (command->most >= 0 && count > command->most)
        return complain(command, "'%s' is one argument too many", argv[command->most + 1]);
    *ret_count = count;
    return true;
}
