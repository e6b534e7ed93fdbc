/* Free text by rules: which fields they fill, what they leave, which rule bases are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/alert/json_record.h"
#include "observe/alert/parser.h"
#include "observe/alert/rules.h"

#define REFERENCE (INT64_C(1714953600) * TIME_SECOND) /* 2024-05-06T00:00:00Z */

static const char base[] =
    "version=2\n"
    "rule=ssh_failed:Failed password for %user:word% from %src_ip:ipv4% port "
    "%source_port:number% ssh2\n"
    "rule=no_alert:Connection closed by %src_ip:ipv4%\n"
    "rule=door,physical:door %rule_name:word% opened %date:date-rfc5424%%-:rest%\n"
    "rule=:fan %nested:json%\n"
    "annotate=ssh_failed:+rule_name=\"SSH login failed\"\n"
    "annotate=ssh_failed:+severity=\"2\"\n";

static int rules_of(const char *text, struct alert_rules **ret_rules)
{
    char path[] = "/tmp/hinomi-rules-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
    int error = alert_rules_load(path, ret_rules);
    unlink(path);
    return error;
}

/* A line through the parser; `rules` may be NULL. */
static enum alert_reason line_read(struct alert_rules *rules, const char *line,
                                   struct alert_batch *batch)
{
    const struct alert_parsing parsing = {.rules = rules, .reference = REFERENCE};
    struct alert_parser *parser;
    size_t len = strlen(line);
    char *padded = calloc(1, len + ALERT_JSON_PADDING);
    assert_non_null(padded);
    memcpy(padded, line, len);
    assert_int_equal(alert_parser_new(&parsing, &parser), 0);
    alert_parser_begin(parser, bytes_of(line));
    enum alert_reason reason =
        alert_parser_record(parser, (struct bytes){padded, len}, (struct event_id){1, 0}, batch);
    free(padded);
    alert_parser_free(parser);
    return reason;
}

static void assert_text(struct bytes text, const char *expected)
{
    if (!bytes_equal(text, bytes_of(expected)))
        fail_msg("'%.*s' is not '%s'", (int)text.len, text.at, expected);
}

static void fills_fields(void **state)
{
    struct alert_batch batch = {0};
    struct ip from;
    assert_int_equal(line_read(*state,
                               "<38>May  1 10:00:00 web sshd[7]: Failed password for root from "
                               "192.0.2.1 port 4022 ssh2",
                               &batch),
                     ALERT_REASON_none);
    const struct alert *alert = &batch.items[0];
    assert_text(alert->rule_name, "SSH login failed");
    assert_text(alert->rule_id, "ssh_failed");
    assert_text(alert->category, "ssh_failed");
    assert_text(alert->user_name, "root");
    assert_text(alert->sensor, "sshd");
    assert_text(alert->host, "web");
    assert_text(alert->message, "Failed password for root from 192.0.2.1 port 4022 ssh2");
    assert_true(ip_parse(BYTES("192.0.2.1"), &from));
    assert_memory_equal(&alert->source_ip, &from, sizeof(from));
    assert_int_equal(alert->source_port, 4022);
    assert_int_equal(alert->severity, 2);
    alert_batch_finish(&batch);
}

/* Without any header a rule says the time, too. */
static void needs_no_header(void **state)
{
    struct alert_batch batch = {0};
    static const char line[] = "door north opened 2024-05-01T10:00:00Z wide";
    assert_int_equal(line_read(*state, line, &batch), ALERT_REASON_none);
    assert_int_equal(batch.items[0].time, INT64_C(1714557600) * TIME_SECOND);
    assert_text(batch.items[0].rule_name, "north");
    assert_text(batch.items[0].category, "door,physical");
    assert_text(batch.items[0].sensor, "syslog");
    assert_int_equal(line_read(*state, "door left open", &batch), ALERT_REASON_unknown);
    assert_int_equal(line_read(*state, "fan {\"a\":[1]}", &batch), ALERT_REASON_no_time);
    assert_int_equal(batch.count, 1);
    alert_batch_finish(&batch);
}

static void leaves_what_no_rule_describes(void **state)
{
    struct alert_batch with = {0}, without = {0};
    char line[ALERT_RULES_LINE + 200];
    struct alert_rules_counts before = *alert_rules_counts(*state);
    static const char other[] = "May  1 10:00:00 web cron[7]: job 12 done";
    assert_int_equal(line_read(*state, other, &with), ALERT_REASON_none);
    assert_int_equal(line_read(NULL, other, &without), ALERT_REASON_none);
    assert_text(with.items[0].rule_name, "job # done");
    assert_text(without.items[0].rule_name, "job # done");
    int head = snprintf(line, sizeof(line),
                        "May  1 10:00:00 web a: door x opened "
                        "2024-05-01T10:00:00Z");
    memset(line + head, '!', sizeof(line) - (size_t)head);
    line[sizeof(line) - 1] = '\0';
    assert_int_equal(line_read(*state, line, &with), ALERT_REASON_none);
    assert_int_equal(with.items[1].category.len, 0); /* too long for a rule */
    assert_int_equal(
        line_read(*state, "May  1 10:00:00 web sshd[7]: Connection closed by 192.0.2.1", &with),
        ALERT_REASON_other);
    assert_int_equal(with.count, 2);
    assert_int_equal(alert_rules_counts(*state)->unmatched - before.unmatched, 2);
    assert_int_equal(alert_rules_counts(*state)->matched - before.matched, 1);
    alert_batch_finish(&with);
    alert_batch_finish(&without);
}

static void refuses_what_is_no_rule_base(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "rule=:%a:word%\n", "version=2\ntype=a:b\n"};
    struct alert_rules *rules = NULL;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        assert_int_equal(rules_of(wrong[i], &rules), -EINVAL);
        assert_non_null(strstr(alert_rules_error(rules), i < 2 ? "version=2" : "[2]"));
        alert_rules_free(rules);
    }
    assert_int_equal(alert_rules_load("/nowhere/rules", &rules), -ENOENT);
    alert_rules_free(rules);
}

static int rules_make(void **state)
{
    return rules_of(base, (struct alert_rules **)state);
}

static int rules_drop(void **state)
{
    alert_rules_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_fields),
        cmocka_unit_test(needs_no_header),
        cmocka_unit_test(leaves_what_no_rule_describes),
        cmocka_unit_test(refuses_what_is_no_rule_base),
    };
    return cmocka_run_group_tests(tests, rules_make, rules_drop);
}
