/* hinomi alerts judge: every request of the traffic, and whether what it tried succeeded. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "engine/judge.h"
#include "observe/alert/alert_file.h"
#include "observe/packet/capture.h"
#include "show/judged.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

struct inputs {
    const char *const *paths;
    size_t path_count;
    struct option_texts eves;
    const char *filter;
};

struct judge_verb {
    struct judge *judge;
    struct judged_alerts *stored; /* NULL: without a store */
    struct buffer line;
    struct table table;
    struct progress progress;
    uint64_t packets;
    bool json, attacks; /* attacks: harmless requests are not told */
};

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hinomi alerts judge: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* SUCCESS, FAILED, UNKNOWN, BENIGN: how people write verdicts. */
static struct bytes outcome_text(enum attack_outcome outcome, char text[16])
{
    const char *name = attack_outcome_name(outcome);
    size_t len = 0;
    for (; name[len] && len < 15; len++)
        text[len] = (char)(name[len] - ('a' - 'A'));
    return (struct bytes){text, len};
}

static void proof_json(struct json *json, const struct proof *proof)
{
    json_key(json, "proof");
    if (!proof_there(proof)) {
        json_null(json);
        return;
    }
    json_object(json);
    proof_members_json(json, proof);
    json_end_object(json);
}

static void attempt_json(struct json *json, const struct attempts *attempts)
{
    if (attempts->count == 0)
        return;
    const struct attempt *attempt = &attempts->items[0];
    json_key_text(json, "place", attempt->place);
    json_key_text(json, "payload", attempt->payload);
    json_key_text(json, "command", attempt->command);
}

static void ends_json(struct json *json, const struct exchange *exchange)
{
    char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE];
    json_key(json, "time"), json_time(json, exchange->request.start);
    json_key_text(json, "source_ip", ip_format(&exchange->source_ip, source));
    json_key(json, "source_port"), json_unsigned(json, exchange->source_port);
    json_key_text(json, "destination_ip", ip_format(&exchange->destination_ip, destination));
    json_key(json, "destination_port"), json_unsigned(json, exchange->destination_port);
    json_key(json, "request_index"), json_unsigned(json, exchange->request_index);
    if (exchange->protocol == EXCHANGE_http) {
        json_key_text(json, "http_request_method", exchange->method);
        json_key_text(json, "url_original", exchange->target);
        json_key(json, "http_response_status_code"), json_unsigned(json, exchange->status);
    }
}

static void alerts_json(struct json *json, const struct judgement *judgement)
{
    if (judgement->alert_count == 0)
        return;
    json_key(json, "alerts");
    json_array(json);
    for (uint32_t i = 0; i < judgement->alert_count; i++) {
        const struct alert *alert = judgement->alerts[i];
        json_object(json);
        json_key(json, "time"), json_time(json, alert->time);
        json_key_text(json, "sensor", alert->sensor);
        json_key_text(json, "rule_id", alert->rule_id);
        json_key_text(json, "rule_name", alert->rule_name);
        json_end_object(json);
    }
    json_end_array(json);
}

static void judgement_json(struct judge_verb *verb, const struct judgement *judgement)
{
    const struct verdict *verdict = judgement->verdict;
    struct json json = {.out = &verb->line};
    char text[16];
    buffer_clear(&verb->line);
    json_object(&json);
    ends_json(&json, judgement->exchange);
    json_key_text(&json, "class", bytes_of(attack_class_name(verdict->class)));
    json_key_text(&json, "verdict", outcome_text(verdict->outcome, text));
    json_key(&json, "confidence"), json_number(&json, verdict->confidence);
    proof_json(&json, &verdict->proof);
    json_key_text(&json, "reason", verdict->reason.english);
    attempt_json(&json, judgement->attempts);
    alerts_json(&json, judgement);
    json_end_object(&json);
    buffer_put_char(&verb->line, '\n');
    if (!verb->line.failed)
        fwrite(verb->line.at, 1, verb->line.len, stdout);
}

static void judgement_row(struct judge_verb *verb, const struct judgement *judgement)
{
    static const enum tone tones[OUTCOME_COUNT] = {
        [OUTCOME_unknown] = TONE_LEVEL_2,
        [OUTCOME_failed] = TONE_QUIET,
        [OUTCOME_success] = TONE_LEVEL_4,
        [OUTCOME_benign] = TONE_QUIET,
    };
    const struct exchange *exchange = judgement->exchange;
    const struct verdict *verdict = judgement->verdict;
    char text[64], address[IP_TEXT_SIZE];
    table_cell(&verb->table, time_format(exchange->request.start, text), TONE_PLAIN);
    table_cell(&verb->table, ip_format(&exchange->source_ip, address), TONE_PLAIN);
    table_cell(&verb->table, ip_format(&exchange->destination_ip, address), TONE_PLAIN);
    table_cell(&verb->table, bytes_of(attack_class_name(verdict->class)), TONE_PLAIN);
    table_cell(&verb->table, outcome_text(verdict->outcome, text), tones[verdict->outcome]);
    const struct attempt *attempt = judgement->attempts->count ? judgement->attempts->items : NULL;
    table_cell(&verb->table, attempt ? attempt->command : exchange->target, TONE_PLAIN);
    table_cell(&verb->table,
               verdict->proof.found.len ? verdict->proof.found : verdict->reason.english,
               TONE_PLAIN);
}

static int judged(void *context, const struct judgement *judgement)
{
    struct judge_verb *verb = context;
    bool harmless = judgement->verdict->outcome == OUTCOME_benign && judgement->alert_count == 0;
    bool told = true;
    if (verb->stored && judged_alerts_take(verb->stored, judgement, &told))
        return -ENOMEM;
    if (!told)
        return 0;
    if (harmless && (verb->attacks || !verb->json))
        return 0;
    if (verb->json)
        judgement_json(verb, judgement);
    else
        judgement_row(verb, judgement);
    return verb->line.failed || verb->table.failed ? -ENOMEM : 0;
}

static int capture_judge(struct judge_verb *verb, struct capture *capture)
{
    struct tap *tap = capture_tap(capture, 0);
    struct packets *packets = calloc(1, sizeof(*packets));
    int error = packets ? 0 : -ENOMEM, more = 0;
    uint64_t size = capture_size(capture);
    while (error == 0 && (more = tap_read(tap, packets)) > 0) {
        error = judge_packets(verb->judge, packets);
        verb->packets += packets->count;
        progress_step(&verb->progress, verb->packets,
                      size ? (double)capture_position(capture) / (double)size : -1);
    }
    free(packets);
    error = error ? error : more;
    return error ? error : judge_flush(verb->judge);
}

/* What was wrong with the captures; the exit status it means. */
static int faults_print(const struct tap_counts *counts)
{
    for (int i = 0; i < PACKET_FAULT_COUNT; i++) {
        const struct tap_fault *fault = &counts->faults[i];
        if (fault->count)
            fprintf(
                stderr, "hinomi alerts judge: %" PRIu64 " × %s; first in %s at byte %" PRIu64 "\n",
                fault->count, packet_faults[i].text,
                fault->first_path ? fault->first_path : "the live capture", fault->first_offset);
    }
    return tap_counts_have(counts, SEVERITY_file) ? EXIT_FAILED : EXIT_OK;
}

static void summary_print(const struct judge_verb *verb)
{
    const struct judge_counts *counts = judge_counts(verb->judge);
    const struct watcher_counts *watched = judge_watcher_counts(verb->judge);
    const struct code_counts *code = judge_code_counts(verb->judge);
    fprintf(stderr,
            "%" PRIu64 " requests in %" PRIu64 " connections: %" PRIu64
            " attacks succeeded, %" PRIu64 " failed, %" PRIu64 " unknown; %" PRIu64 " harmless\n",
            counts->judged, watched->connections, counts->outcomes[OUTCOME_success],
            counts->outcomes[OUTCOME_failed], counts->outcomes[OUTCOME_unknown],
            counts->outcomes[OUTCOME_benign]);
    if (code->skipped)
        fprintf(stderr,
                "%" PRIu64 " pieces of what may be machine code were not run: too many, or no "
                "hinomi-emulate\n",
                code->skipped);
    if (watched->incomplete || watched->http_broken || counts->hurried)
        fprintf(stderr,
                "%" PRIu64 " answers incomplete, %" PRIu64 " connections with broken HTTP, %" PRIu64
                " judged early\n",
                watched->incomplete, watched->http_broken, counts->hurried);
}

static int paths_judge(struct judge_verb *verb, const char *const *paths, size_t count,
                       const char *filter)
{
    struct capture *capture;
    struct fault fault = {0};
    char *bad = NULL;
    const char *why = NULL;
    int error = capture_open(paths, count, 1, &capture, &bad, &fault);
    if (error) {
        int status = failed(bad ? bad : paths[0], fault.why ? fault.why : strerror(-error));
        free(bad);
        return status;
    }
    int status = EXIT_OK;
    if (filter && capture_filter(capture, filter, &why)) {
        failed(filter, why);
        status = EXIT_USAGE;
    } else {
        progress_begin(&verb->progress, "packets");
        error = capture_judge(verb, capture);
        progress_end(&verb->progress);
        if (error)
            status = failed(paths[0], strerror(-error));
        if (faults_print(tap_counts(capture_tap(capture, 0))) != EXIT_OK)
            status = EXIT_FAILED;
    }
    capture_close(capture);
    return status;
}

static void table_begin(struct table *table)
{
    static const char *const titles[] = {"time",    "from",    "to",    "attack",
                                         "verdict", "command", "proof", NULL};
    for (int i = 0; titles[i]; i++)
        table_column(table, titles[i], false);
}

/* Alerts that wait for their traffic have to stay: every batch is kept. */
struct kept_batches {
    struct alert_batch *items;
    size_t count;
};

static void batches_drop(struct kept_batches *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        alert_batch_finish(&kept->items[i]);
    free(kept->items);
}

/* Keep the batch and tell the judge of its alerts; the batch is empty then. */
static int batch_keep(struct judge *judge, struct alert_batch *batch, struct kept_batches *kept)
{
    struct alert_batch *items = reallocarray(kept->items, kept->count + 1, sizeof(*items));
    int error = items ? 0 : -ENOMEM;
    if (error)
        return error;
    kept->items = items;
    items[kept->count++] = *batch;
    for (uint32_t i = 0; i < batch->count && !error; i++)
        error = judge_alert(judge, &batch->items[i]);
    *batch = (struct alert_batch){0};
    return error;
}

static void refusals_print(const char *path, const struct alert_file_counts *counts)
{
    for (int i = ALERT_REASON_other + 1; i < ALERT_REASON_COUNT; i++)
        if (counts->refusals[i].count)
            fprintf(stderr,
                    "hinomi alerts judge: %s: %" PRIu64 " × %s; first in line %" PRIu64 "\n", path,
                    counts->refusals[i].count, alert_reason_sentence((enum alert_reason)i),
                    counts->refusals[i].first_line);
}

/* Read a file of alerts: `kept` for traffic to come, NULL to judge them by what they carry. */
static int alerts_read(struct judge_verb *verb, const char *path, struct kept_batches *kept)
{
    const struct alert_parsing parsing = {.format = ALERT_FORMAT_auto};
    struct alert_batch batch = {0};
    struct alert_file *file;
    struct fault fault = {0};
    int error = alert_file_open(path, &parsing, &file, &fault);
    if (error)
        return failed(path, strerror(-error));
    int more = 1, broken = 0;
    while (more > 0 && !error) {
        alert_batch_clear(&batch);
        more = alert_file_next(file, &batch, &fault);
        broken = more < 0 ? more : 0;
        for (uint32_t i = 0; !kept && i < batch.count && !error; i++)
            error = judge_alert_alone(verb->judge, &batch.items[i]);
        if (kept)
            error = batch_keep(verb->judge, &batch, kept);
    }
    refusals_print(path, alert_file_counts(file));
    alert_batch_finish(&batch);
    alert_file_close(file);
    if (broken)
        return failed(path, fault.why ? fault.why : strerror(-broken));
    return error ? failed(path, strerror(-error)) : EXIT_OK;
}

/* Alerts first, then the traffic they are about, if there is any. */
static int everything_judge(struct judge_verb *verb, const struct inputs *inputs)
{
    struct kept_batches kept = {0};
    int status = EXIT_OK;
    for (size_t i = 0; i < inputs->eves.count && status == EXIT_OK; i++)
        status = alerts_read(verb, inputs->eves.items[i], inputs->path_count ? &kept : NULL);
    if (status == EXIT_OK && inputs->path_count)
        status = paths_judge(verb, inputs->paths, inputs->path_count, inputs->filter);
    batches_drop(&kept);
    return status;
}

/* Judge, for the alerts of a store too when its folder is given. */
static int all_judge(struct judge_verb *verb, const struct inputs *inputs, const char *folder)
{
    uint64_t count = 0;
    int status = EXIT_OK;
    if (folder && judged_alerts_open(folder, verb->judge, &verb->stored))
        status = failed(folder, judged_alerts_error(verb->stored));
    if (status == EXIT_OK)
        status = everything_judge(verb, inputs);
    if (status == EXIT_OK && folder && judged_alerts_commit(verb->stored, &count))
        status = failed(folder, judged_alerts_error(verb->stored));
    if (status == EXIT_OK && folder)
        fprintf(stderr, "%" PRIu64 " gathered alerts judged\n", count);
    return status;
}

int alerts_judge(int argc, char **argv)
{
    struct judge_verb verb = {0};
    struct inputs inputs = {0};
    const char *pcap = NULL, *folder = NULL;
    int64_t wait = 30 * TIME_SECOND;
    const struct option_entry options[] = {
        {"--pcap", OPTION_TEXT, &pcap, "FILE", "a capture; further ones may follow as arguments"},
        {"--eve", OPTION_TEXTS, &inputs.eves, "FILE",
         "alerts about this traffic, of any sensor, Suricata's EVE or other; may be repeated"},
        {"--filter", OPTION_TEXT, &inputs.filter, "EXPRESSION",
         "only these packets (pcap-filter(7))"},
        {"--wait", OPTION_DURATION, &wait, "TIME",
         "how long after an answer its consequences are waited for (default 30s)"},
        {"--data", OPTION_TEXT, &folder, "DIR",
         "judge the alerts gathered there too, and keep the verdicts with them"},
        {"--attacks", OPTION_FLAG, &verb.attacks, NULL, "leave harmless requests out"},
        OPTION_JSON(&verb.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts judge",
        .arguments = "[PATH…]",
        .does =
            "Whether the attacks in captured traffic succeeded, failed, or nobody can know,\n"
            "with the proof. Works without any appliance's alerts; without traffic, alerts are\n"
            "judged by what they carry: what was tried can be seen then, success cannot.",
        .example = "hinomi alerts judge --pcap web-server.pcap --json",
        .options = options,
        .least = 0,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (pcap)
        argv[0] = (char *)(uintptr_t)pcap;
    inputs.paths = (const char *const *)(pcap ? argv : argv + 1);
    inputs.path_count = (size_t)count + (pcap ? 1 : 0);
    if (inputs.path_count + inputs.eves.count == 0) {
        fprintf(stderr, "hinomi alerts judge: neither capture nor alerts named; see --help\n");
        return EXIT_USAGE;
    }
    const struct judge_options how = {.wait = wait, .judged = judged, .context = &verb};
    int error = judge_new(&how, &verb.judge);
    if (error)
        return failed("cannot begin", strerror(-error));
    table_begin(&verb.table);
    status = all_judge(&verb, &inputs, folder);
    if (!verb.json)
        table_print(&verb.table, stdout);
    if (!verb.json)
        summary_print(&verb);
    table_finish(&verb.table);
    buffer_finish(&verb.line);
    judge_free(verb.judge);
    judged_alerts_close(verb.stored);
    return status;
}
