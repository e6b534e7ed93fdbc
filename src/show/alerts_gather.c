/* hinomi alerts gather: alerts of files, of any sensor, into the store. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "engine/gather.h"
#include "observe/alert/mapping.h"
#include "observe/alert/rules.h"
#include "observe/source.h"
#include "show/options.h"
#include "show/verb.h"
#include "triage/group/group.h"

struct gather_verb {
    struct gather *gather;
    struct alert_parsing parsing;
    struct progress progress;
    struct buffer line;
    uint64_t alerts, before; /* of all files; of those that are done */
    bool json, broken;
};

static int stepped(void *context, uint64_t alerts, double part)
{
    struct gather_verb *verb = context;
    verb->alerts = verb->before + alerts;
    progress_step(&verb->progress, verb->alerts, part);
    return 0;
}

/* Records that are no alerts belong to many logs: they are counted, not complained about. */
static bool is_fault(int reason)
{
    return reason != ALERT_REASON_none && reason != ALERT_REASON_other;
}

static void result_json(struct gather_verb *verb, const char *path,
                        const struct gather_result *result)
{
    struct json json = {.out = &verb->line};
    buffer_clear(&verb->line);
    json_object(&json);
    json_key_text(&json, "source", bytes_of(path));
    json_key(&json, "records"), json_unsigned(&json, result->counts.records);
    json_key(&json, "alerts"), json_unsigned(&json, result->counts.alerts);
    json_key(&json, "known"), json_unsigned(&json, result->known);
    json_key(&json, "other");
    json_unsigned(&json, result->counts.refusals[ALERT_REASON_other].count);
    json_key(&json, "refused");
    json_array(&json);
    for (int i = 0; i < ALERT_REASON_COUNT; i++) {
        const struct alert_refusals *refusals = &result->counts.refusals[i];
        if (!is_fault(i) || !refusals->count)
            continue;
        json_object(&json);
        json_key_text(&json, "why", bytes_of(alert_reason_sentence((enum alert_reason)i)));
        json_key(&json, "count"), json_unsigned(&json, refusals->count);
        json_key(&json, "first_line"), json_unsigned(&json, refusals->first_line);
        json_key(&json, "first_offset"), json_unsigned(&json, refusals->first_offset);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    buffer_put_char(&verb->line, '\n');
    fwrite(verb->line.at, 1, verb->line.len, stdout);
}

static void result_print(const char *path, const struct gather_result *result)
{
    printf("%s: %" PRIu64 " alerts", path, result->counts.alerts);
    if (result->known)
        printf(" (%" PRIu64 " known before)", result->known);
    if (result->counts.refusals[ALERT_REASON_other].count)
        printf(", %" PRIu64 " records that are none",
               result->counts.refusals[ALERT_REASON_other].count);
    printf("\n");
}

static void refusals_print(const char *path, const struct alert_file_counts *counts)
{
    for (int i = 0; i < ALERT_REASON_COUNT; i++) {
        const struct alert_refusals *refusals = &counts->refusals[i];
        if (is_fault(i) && refusals->count)
            fprintf(stderr,
                    "hinomi alerts gather: %s: %" PRIu64 " × %s; first in line %" PRIu64
                    ", byte %" PRIu64 "\n",
                    path, refusals->count, alert_reason_sentence((enum alert_reason)i),
                    refusals->first_line, refusals->first_offset);
    }
}

static int path_gather(void *context, const char *path)
{
    struct gather_verb *verb = context;
    struct gather_result result = {0};
    struct fault fault = {0};
    int error = gather_file(verb->gather, path, &verb->parsing, stepped, verb, &result, &fault);
    verb->before = verb->alerts = verb->before + result.counts.alerts;
    progress_end(&verb->progress);
    if (error) {
        const char *why = fault.why ? fault.why : gather_error(verb->gather);
        fprintf(stderr, "hinomi alerts gather: %s: %s: %s\n", path, why, strerror(-error));
        verb->broken = true;
    }
    if (result.counts.alerts == 0 && result.counts.records > 0 &&
        result.counts.refusals[ALERT_REASON_other].count != result.counts.records)
        verb->broken = true;
    refusals_print(path, &result.counts);
    if (verb->json)
        result_json(verb, path, &result);
    else
        result_print(path, &result);
    return error == -ENOMEM || error == -ENOSPC ? error : 0;
}

static int groups_count(struct gather_verb *verb, uint64_t *ret_groups, uint64_t *ret_alerts)
{
    struct sqlite3_stmt *statement;
    int error = alerts_store_statement(gather_store(verb->gather),
                                       "SELECT count(*), sum(count) FROM alert_groups", &statement);
    if (error)
        return error;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        *ret_groups = (uint64_t)sqlite3_column_int64(statement, 0);
        *ret_alerts = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_reset(statement);
    return 0;
}

static void rules_print(const struct gather_verb *verb)
{
    const struct alert_rules_counts *counts = alert_rules_counts(verb->parsing.rules);
    if (verb->json)
        printf("{\"rules\":true,\"matched\":%" PRIu64 ",\"unmatched\":%" PRIu64 "}\n",
               counts->matched, counts->unmatched);
    else
        printf("%" PRIu64 " lines of free text matched a rule, %" PRIu64 " none\n", counts->matched,
               counts->unmatched);
}

static int paths_gather(struct gather_verb *verb, char **paths, int count)
{
    int error = 0;
    progress_begin(&verb->progress, "alerts");
    for (int i = 0; i < count && error == 0; i++)
        error = source_walk(paths[i], path_gather, verb);
    progress_end(&verb->progress);
    uint64_t groups = 0, alerts = 0;
    if (verb->parsing.rules)
        rules_print(verb);
    if (!error)
        error = groups_count(verb, &groups, &alerts);
    if (!error && !verb->json)
        printf("%" PRIu64 " alerts in %" PRIu64 " groups (%.1f to one)\n", alerts, groups,
               groups ? (double)alerts / (double)groups : 0.0);
    if (!error && verb->json)
        printf("{\"total\":true,\"alerts\":%" PRIu64 ",\"groups\":%" PRIu64 ",\"evicted\":%" PRIu64
               "}\n",
               alerts, groups, gather_evicted(verb->gather));
    if (error)
        fprintf(stderr, "hinomi alerts gather: %s\n", gather_error(verb->gather));
    return error || verb->broken ? EXIT_FAILED : EXIT_OK;
}

static bool mapping_read(const char *path, struct alert_mapping *columns)
{
    struct fault fault;
    int error = alert_mapping_load(path, columns, &fault);
    if (error == -EINVAL)
        fprintf(stderr, "hinomi alerts gather: %s:%" PRIu64 ": %s\n", path, fault.line, fault.why);
    else if (error)
        fprintf(stderr, "hinomi alerts gather: %s: %s\n", path, strerror(-error));
    return error == 0;
}

static bool rules_read(const char *path, struct alert_rules **ret_rules)
{
    int error = alert_rules_load(path, ret_rules);
    if (error)
        fprintf(stderr, "hinomi alerts gather: %s: %s\n", path,
                error == -EINVAL ? alert_rules_error(*ret_rules) : strerror(-error));
    return error == 0;
}

/* Forget what is `keep` older than the newest alert. */
static int old_forget(struct gather_verb *verb, int64_t keep)
{
    uint64_t forgotten = 0;
    int error = gather_forget(verb->gather, keep, &forgotten);
    if (error)
        fprintf(stderr, "hinomi alerts gather: %s\n", gather_error(verb->gather));
    else if (!verb->json)
        printf("%" PRIu64 " old alerts forgotten\n", forgotten);
    return error;
}

int alerts_gather(int argc, char **argv)
{
    struct gather_verb verb = {0};
    const char *folder = OPTION_DATA_DEFAULT, *format = "auto", *mapping = NULL, *rules = NULL;
    struct alert_mapping columns = {0};
    int64_t keep = 0;
    int64_t window = GROUP_WINDOW;
    const struct option_entry options[] = {
        {"--format", OPTION_TEXT, &format, "NAME",
         "eve, snort, zeek, modsecurity, wazuh, cef, leef, syslog or csv (default: recognised)"},
        {"--mapping", OPTION_TEXT, &mapping, "FILE",
         "which column of a CSV fills which field (YAML; docs/alerts.md)"},
        {"--rules", OPTION_TEXT, &rules, "FILE",
         "what lines of free text say (liblognorm rules, version 2; docs/alerts.md)"},
        {"--keep", OPTION_DURATION, &keep, "TIME",
         "afterwards forget what is this much older than the newest alert"},
        {"--window", OPTION_DURATION, &window, "TIME",
         "repeats this far apart are one group (default 45m)"},
        OPTION_DATA(&folder),
        OPTION_JSON(&verb.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts gather",
        .arguments = "PATH…",
        .does = "Gathers the alerts of files and folders (- reads standard input), compressed or\n"
                "not, and groups repeats. A file read before is read on from where it ended.",
        .example = "hinomi alerts gather /var/log/suricata/eve.json --data ./hinomi-data",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    verb.parsing.format = alert_format_find(bytes_of(format));
    if (verb.parsing.format == ALERT_FORMAT_COUNT) {
        fprintf(stderr, "hinomi alerts gather: there is no format '%s'; see --help\n", format);
        return EXIT_USAGE;
    }
    if ((mapping && !mapping_read(mapping, &columns)) ||
        (rules && !rules_read(rules, &verb.parsing.rules))) {
        status = EXIT_USAGE;
    } else if (gather_open(folder, window, &verb.gather)) {
        fprintf(stderr, "hinomi alerts gather: %s\n", gather_error(verb.gather));
        status = EXIT_FAILED;
    } else {
        verb.parsing.mapping = mapping ? &columns : NULL;
        status = paths_gather(&verb, argv + 1, count);
        if (keep && old_forget(&verb, keep))
            status = EXIT_FAILED;
    }
    gather_close(verb.gather);
    alert_mapping_finish(&columns);
    alert_rules_free(verb.parsing.rules);
    buffer_finish(&verb.line);
    return status;
}
