/* hinomi alerts report: groups and alerts by level in each day, week or month. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "show/alerts_period.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/verb.h"

struct report_verb {
    const char *data, *by, *zone, *language;
    bool json, csv, html, pdf;
    int64_t offset; /* minutes */
};

/* "+09:00", "-3:30", "Z". */
static bool zone_read(const char *text, int64_t *ret_minutes)
{
    unsigned hours, minutes;
    char sign, end;
    if (strcmp(text, "Z") == 0) {
        *ret_minutes = 0;
        return true;
    }
    if (sscanf(text, "%c%2u:%2u%c", &sign, &hours, &minutes, &end) != 3 ||
        (sign != '+' && sign != '-') || hours > 14 || minutes > 59)
        return false;
    *ret_minutes = (sign == '-' ? -1 : 1) * (int64_t)(60 * hours + minutes);
    return true;
}

static void periods_print(const struct periods *periods, bool japanese)
{
    struct table table = {0};
    struct buffer sums = {0};
    uint64_t numbers[PERIOD_NUMBER_COUNT];
    char text[24];
    periods_sums(periods, japanese, &sums);
    printf("%.*s\n\n", (int)sums.len, sums.len ? sums.at : "");
    buffer_finish(&sums);
    table_column(&table, "", false);
    for (int i = 0; i < PERIOD_NUMBER_COUNT; i++)
        table_column(&table, period_title(i, japanese), true);
    for (size_t i = 0; i < periods->count; i++) {
        period_numbers(&periods->items[i], numbers);
        table_cell(&table, bytes_of(periods->items[i].name), TONE_STRONG);
        for (int number = 0; number < PERIOD_NUMBER_COUNT; number++) {
            (void)snprintf(text, sizeof(text), "%" PRIu64, numbers[number]);
            table_cell(&table, bytes_of(text), numbers[number] ? TONE_PLAIN : TONE_QUIET);
        }
    }
    table_print(&table, stdout);
    table_finish(&table);
}

static int periods_write(const struct report_verb *verb, const struct periods *periods)
{
    struct buffer out = {0};
    bool japanese = reading_japanese(verb->language);
    int error = 0;
    for (size_t i = 0; verb->json && i < periods->count; i++) {
        struct json json = {.out = &out};
        period_json(&periods->items[i], &json);
        buffer_put_char(&out, '\n');
    }
    if (verb->csv)
        periods_csv(periods, &out);
    else if (verb->html)
        periods_html(periods, bytes_of(verb->by), japanese, &out);
    else if (verb->pdf)
        error = periods_pdf(periods, bytes_of(verb->by), japanese, &out);
    else if (!verb->json)
        periods_print(periods, japanese);
    if (!error && out.failed)
        error = -ENOMEM;
    if (!error && out.len)
        fwrite(out.at, 1, out.len, stdout);
    buffer_finish(&out);
    return error;
}

static int report_run(const struct report_verb *verb)
{
    struct alert_board *board = NULL;
    struct periods periods = {0};
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/alerts.db", verb->data);
    int error = access(path, R_OK) < 0 ? -errno : alert_board_open(verb->data, &board);
    if (!error)
        error = periods_make(board, bytes_of(verb->by), verb->offset, &periods);
    if (error == -EINVAL) {
        fprintf(stderr, "hinomi alerts report: --by is day, week or month, not '%s'\n", verb->by);
    } else if (!error) {
        error = periods_write(verb, &periods);
        periods_finish(&periods);
    }
    if (error && error != -EINVAL)
        fprintf(stderr, "hinomi alerts report: %s: %s\n", path, strerror(-error));
    alert_board_close(board);
    return error == -EINVAL ? EXIT_USAGE : error ? EXIT_FAILED : EXIT_OK;
}

static bool forms_fit(const struct report_verb *verb)
{
    if (verb->json + verb->csv + verb->html + verb->pdf > 1) {
        fprintf(stderr, "hinomi alerts report: one of --json, --csv, --html and --pdf\n");
        return false;
    }
    if (verb->pdf && isatty(STDOUT_FILENO)) {
        fprintf(stderr, "hinomi alerts report: a PDF is nothing for a terminal; write "
                        "--pdf > report.pdf\n");
        return false;
    }
    return true;
}

int alerts_report(int argc, char **argv)
{
    struct report_verb verb = {.data = OPTION_DATA_DEFAULT, .by = "day", .zone = "Z"};
    const struct option_entry options[] = {
        {"--by", OPTION_TEXT, &verb.by, "LENGTH", "day (default), week or month"},
        {"--zone", OPTION_TEXT, &verb.zone, "±HH:MM", "where days begin (default Z: UTC)"},
        {"--csv", OPTION_FLAG, &verb.csv, NULL, "comma-separated values on stdout"},
        {"--html", OPTION_FLAG, &verb.html, NULL, "a page on stdout"},
        {"--pdf", OPTION_FLAG, &verb.pdf, NULL, "a PDF on stdout"},
        OPTION_LANGUAGE(&verb.language),
        OPTION_DATA(&verb.data),
        OPTION_JSON(&verb.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts report",
        .does =
            "Alerts, groups, successes and decisions by level in each day, week (of its Monday)\n"
            "or month, the newest first, as the board's report has them.",
        .example = "hinomi alerts report --by month --zone +09:00 --pdf > report.pdf",
        .options = options,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!zone_read(verb.zone, &verb.offset)) {
        fprintf(stderr, "hinomi alerts report: a zone is Z or as +09:00, not '%s'\n", verb.zone);
        return EXIT_USAGE;
    }
    if (!forms_fit(&verb) || !reading_language_known("alerts report", verb.language))
        return EXIT_USAGE;
    return report_run(&verb);
}
