/* hinomi alerts judge: every request of the traffic, and whether what it tried succeeded. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "engine/judge.h"
#include "observe/alert/alert_file.h"
#include "observe/packet/capture.h"
#include "show/alerts_live.h"
#include "show/judged.h"
#include "show/judgement.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"

struct inputs {
    const char *const *paths;
    size_t path_count;
    struct option_texts eves;
    const char *filter;
    size_t ring;     /* of an interface */
    int64_t lasting; /* ns; 0: until interrupted */
};

struct judge_verb {
    struct judge *judge;
    struct judged_alerts *stored;    /* NULL: without a store */
    struct judge_endpoint *endpoint; /* NULL: without endpoint events */
    struct buffer line;
    struct table table;
    struct progress progress;
    uint64_t packets;
    const char *interface; /* NULL: files */
    bool json, attacks;    /* attacks: harmless requests are not told */
};

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hinomi alerts judge: %s: %s\n", what, why);
    return EXIT_FAILED;
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
    buffer_clear(&verb->line);
    if (verb->json)
        judgement_json(&verb->line, judgement);
    else if (verb->interface)
        judgement_line(stdout, judgement);
    else
        judgement_row(&verb->table, judgement);
    if (verb->line.failed || verb->table.failed)
        return -ENOMEM;
    fwrite(verb->line.at, 1, verb->line.len, stdout);
    return 0;
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
    if (judge_unlearned(verb->judge))
        fprintf(stderr,
                "%" PRIu64 " harmless answers were not learned from, for want of room: pages seen "
                "later are judged with less to compare with\n",
                judge_unlearned(verb->judge));
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

static int wire_judge(struct judge_verb *verb, const struct inputs *inputs)
{
    const struct alerts_live live = {.interface = verb->interface,
                                     .filter = inputs->filter,
                                     .ring = inputs->ring,
                                     .lasting = inputs->lasting,
                                     .judge = verb->judge,
                                     .stored = verb->stored};
    int status = alerts_live_judge(&live);
    int error = judge_flush(verb->judge);
    return error ? failed(verb->interface, strerror(-error)) : status;
}

/* Judge, for the alerts of a store too when its folder is given. */
static int all_judge(struct judge_verb *verb, const struct inputs *inputs, const char *folder)
{
    int error =
        folder ? judged_alerts_open(folder, verb->judge, verb->interface, &verb->stored) : 0;
    if (error == -ENOENT && verb->endpoint) { /* the endpoint's events alone are of use, too */
        judged_alerts_close(verb->stored);
        verb->stored = NULL;
    } else if (folder && (error || judged_alerts_read(verb->stored))) {
        return failed(folder, judged_alerts_error(verb->stored));
    }
    int status = verb->interface ? wire_judge(verb, inputs) : everything_judge(verb, inputs);
    if (!verb->stored)
        return status;
    if (judged_alerts_commit(verb->stored))
        return failed(folder, judged_alerts_error(verb->stored));
    fprintf(stderr, "%" PRIu64 " gathered alerts judged\n", judged_alerts_count(verb->stored));
    if (judged_alerts_crowded(verb->stored))
        fprintf(stderr, "%" PRIu64 " gathered alerts found no room to wait for their traffic\n",
                judged_alerts_crowded(verb->stored));
    return status;
}

static bool inputs_are_right(const struct judge_verb *verb, const struct inputs *inputs)
{
    const char *wrong = NULL;
    if (verb->interface && inputs->path_count + inputs->eves.count)
        wrong = "-i takes neither captures nor files of alerts; gather these, and name --data";
    else if (!verb->interface && inputs->path_count + inputs->eves.count == 0)
        wrong = "neither capture nor alerts nor an interface named; see --help";
    if (wrong)
        fprintf(stderr, "hinomi alerts judge: %s\n", wrong);
    return !wrong;
}

static int verb_run(struct judge_verb *verb, const struct inputs *inputs, const char *folder,
                    int64_t wait)
{
    int error = folder ? judge_endpoint_open(folder, &verb->endpoint) : 0;
    if (error)
        return failed(folder, strerror(-error));
    const struct judge_options how = {
        .wait = wait, .endpoint = verb->endpoint, .judged = judged, .context = verb};
    error = judge_new(&how, &verb->judge);
    if (error) {
        judge_endpoint_close(verb->endpoint);
        return failed("cannot begin", strerror(-error));
    }
    judgement_titles(&verb->table);
    int status = all_judge(verb, inputs, folder);
    if (!verb->json && !verb->interface)
        table_print(&verb->table, stdout);
    if (!verb->json || verb->interface)
        summary_print(verb);
    table_finish(&verb->table);
    buffer_finish(&verb->line);
    judge_free(verb->judge);
    judged_alerts_close(verb->stored);
    judge_endpoint_close(verb->endpoint);
    return status;
}

int alerts_judge(int argc, char **argv)
{
    struct judge_verb verb = {0};
    struct inputs inputs = {.ring = 64 << 20};
    const char *pcap = NULL, *folder = NULL;
    int64_t wait = 30 * TIME_SECOND;
    const struct option_entry options[] = {
        {"--pcap", OPTION_TEXT, &pcap, "FILE", "a capture; further ones may follow as arguments"},
        {"--eve", OPTION_TEXTS, &inputs.eves, "FILE",
         "alerts about this traffic, of any sensor, Suricata's EVE or other; may be repeated"},
        {"-i", OPTION_TEXT, &verb.interface, "IFACE", "judge what passes there (as root)"},
        {"--ring", OPTION_SIZE, &inputs.ring, "SIZE",
         "the kernel's buffer of the interface (default 64M)"},
        {"--for", OPTION_DURATION, &inputs.lasting, "TIME", "stop after that long"},
        {"--filter", OPTION_TEXT, &inputs.filter, "EXPRESSION",
         "only these packets (pcap-filter(7))"},
        {"--wait", OPTION_DURATION, &wait, "TIME",
         "how long after an answer its consequences are waited for (default 30s)"},
        {"--data", OPTION_TEXT, &folder, "DIR",
         "judge the alerts gathered there too and keep their verdicts; look for commands among the "
         "processes of the endpoint events there"},
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
            "judged by what they carry: what was tried can be seen then, success cannot.\n"
            "With -i, verdicts are told as they fall due, until it is interrupted.",
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
    return inputs_are_right(&verb, &inputs) ? verb_run(&verb, &inputs, folder, wait) : EXIT_USAGE;
}
