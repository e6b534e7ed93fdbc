#include "show/judgement.h"

#include "base/time.h"

/* SUCCESS, FAILED, UNKNOWN, BENIGN: how people write verdicts. */
static struct bytes outcome_text(enum attack_outcome outcome, char text[16])
{
    const char *name = attack_outcome_name(outcome);
    size_t len = 0;
    for (; name[len] && len < 15; len++)
        text[len] = (char)(name[len] - ('a' - 'A'));
    return (struct bytes){text, len};
}

bool proof_there(const struct proof *proof)
{
    return proof->expected.len || proof->command.len;
}

void proof_members_json(struct json *json, const struct proof *proof)
{
    json_key_text(json, "trace", bytes_of(expectation_kind_name(proof->kind)));
    json_key_text(json, "command", proof->command);
    json_key_text(json, "expected", proof->expected);
    json_key_text(json, "found", proof->found);
    json_key(json, "packet"), json_unsigned(json, proof->packet);
    json_key(json, "offset"), json_unsigned(json, proof->offset);
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

void judgement_json(struct buffer *out, const struct judgement *judgement)
{
    const struct verdict *verdict = judgement->verdict;
    struct json json = {.out = out};
    char text[16];
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
    buffer_put_char(out, '\n');
}

/* What a person is told of a judgement, a cell each; room for what is made to be told. */
enum { TOLD_COLUMNS = 7, OUTCOME_COLUMN = 4 };

struct judgement_text {
    char time[TIME_TEXT_SIZE], source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE], outcome[16];
};

static void told(const struct judgement *judgement, struct judgement_text *texts,
                 struct bytes ret_cells[TOLD_COLUMNS])
{
    const struct exchange *exchange = judgement->exchange;
    const struct verdict *verdict = judgement->verdict;
    const struct attempt *attempt = judgement->attempts->count ? judgement->attempts->items : NULL;
    const struct bytes cells[TOLD_COLUMNS] = {
        time_format(exchange->request.start, texts->time),
        ip_format(&exchange->source_ip, texts->source),
        ip_format(&exchange->destination_ip, texts->destination),
        bytes_of(attack_class_name(verdict->class)),
        outcome_text(verdict->outcome, texts->outcome),
        attempt ? attempt->command : exchange->target,
        verdict->proof.found.len ? verdict->proof.found : verdict->reason.english,
    };
    memcpy(ret_cells, cells, sizeof(cells));
}

static enum tone tone_of(const struct judgement *judgement, int column)
{
    static const enum tone tones[OUTCOME_COUNT] = {
        [OUTCOME_unknown] = TONE_LEVEL_2,
        [OUTCOME_failed] = TONE_QUIET,
        [OUTCOME_success] = TONE_LEVEL_4,
        [OUTCOME_benign] = TONE_QUIET,
    };
    return column == OUTCOME_COLUMN ? tones[judgement->verdict->outcome] : TONE_PLAIN;
}

void judgement_row(struct table *table, const struct judgement *judgement)
{
    struct judgement_text texts;
    struct bytes cells[TOLD_COLUMNS];
    told(judgement, &texts, cells);
    for (int i = 0; i < TOLD_COLUMNS; i++)
        table_cell(table, cells[i], tone_of(judgement, i));
}

void judgement_line(FILE *to, const struct judgement *judgement)
{
    struct judgement_text texts;
    struct bytes cells[TOLD_COLUMNS];
    told(judgement, &texts, cells);
    for (int i = 0; i < TOLD_COLUMNS; i++) {
        text_print(cells[i], tone_of(judgement, i), to);
        fputs(i + 1 < TOLD_COLUMNS ? "  " : "\n", to);
    }
}

void judgement_titles(struct table *table)
{
    static const char *const titles[TOLD_COLUMNS] = {"time",    "from",    "to",   "attack",
                                                     "verdict", "command", "proof"};
    for (int i = 0; i < TOLD_COLUMNS; i++)
        table_column(table, titles[i], false);
}
