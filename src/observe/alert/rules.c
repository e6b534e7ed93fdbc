#include "observe/alert/rules.h"

#include <errno.h>
#include <liblognorm.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"

struct alert_rules {
    ln_ctx context;
    struct buffer line; /* what is looked at, with a NUL behind it */
    struct alert_rules_counts counts;
    char error[256]; /* the first one */
};

static void error_note(struct alert_rules *rules, const char *why, size_t len)
{
    if (!rules->error[0])
        snprintf(rules->error, sizeof(rules->error), "%.*s", (int)len, why);
}

static void told_error(void *context, const char *why, size_t len)
{
    error_note(context, why, len);
}

/* liblognorm takes anything else as rules of its first version, which it reads by other code. */
static int version_check(struct alert_rules *rules, const char *path)
{
    static const char why[] = "no rule base: its first line is not `version=2`";
    char first[32] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    bool there = fgets(first, sizeof(first), file) &&
                 bytes_equal(alert_trim(bytes_of(first)), BYTES("version=2"));
    fclose(file);
    if (!there)
        error_note(rules, why, sizeof(why) - 1);
    return there ? 0 : -EINVAL;
}

int alert_rules_load(const char *path, struct alert_rules **ret_rules)
{
    struct alert_rules *rules = calloc(1, sizeof(*rules));
    if (!rules)
        return -ENOMEM;
    *ret_rules = rules;
    int error = version_check(rules, path);
    if (error)
        return error;
    rules->context = ln_initCtx();
    if (!rules->context)
        return -ENOMEM;
    ln_setErrMsgCB(rules->context, told_error, rules);
    ln_setDebugCB(rules->context, NULL, rules); /* 2.0.6 gives errors this one's context */
    /* A wrong line is told, then left out, and 0 returned; we'd rather refuse it all. */
    return ln_loadSamples(rules->context, path) || rules->error[0] ? -EINVAL : 0;
}

const char *alert_rules_error(const struct alert_rules *rules)
{
    return rules && rules->error[0] ? rules->error : "cannot be read";
}

void alert_rules_free(struct alert_rules *rules)
{
    if (!rules)
        return;
    if (rules->context)
        ln_exitCtx(rules->context);
    buffer_finish(&rules->line);
    free(rules);
}

const struct alert_rules_counts *alert_rules_counts(const struct alert_rules *rules)
{
    return &rules->counts;
}

static enum alert_field field_named(struct bytes name)
{
    static const struct {
        const char *name;
        enum alert_field field;
    } others[] = {
        {"src_ip", ALERT_FIELD_source_ip},
        {"dst_ip", ALERT_FIELD_destination_ip},
        {"dest_ip", ALERT_FIELD_destination_ip},
        {"src_port", ALERT_FIELD_source_port},
        {"dst_port", ALERT_FIELD_destination_port},
        {"dest_port", ALERT_FIELD_destination_port},
        {"proto", ALERT_FIELD_network_transport},
        {"user", ALERT_FIELD_user_name},
        {"date", ALERT_FIELD_time},
        {"signature", ALERT_FIELD_rule_name},
        {"msg", ALERT_FIELD_message},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        if (bytes_equal(name, bytes_of(others[i].name)))
            return others[i].field;
    return alert_field_find(name);
}

static struct bytes text_of(struct json_object *value)
{
    const char *text = json_object_get_string(value);
    return text ? bytes_of(text) : (struct bytes){0};
}

static bool is_plain(struct json_object *value)
{
    return value && !json_object_is_type(value, json_type_object) &&
           !json_object_is_type(value, json_type_array);
}

/* Rule, category and perhaps name. False: tagged as no alert. */
static bool tags_take(struct json_object *tags, struct alert_batch *batch, struct alert *alert)
{
    struct buffer joined = {0};
    bool wanted = true;
    int count =
        tags && json_object_is_type(tags, json_type_array) ? json_object_array_length(tags) : 0;
    for (int i = 0; i < count; i++) {
        struct bytes tag = text_of(json_object_array_get_idx(tags, i));
        wanted = wanted && !bytes_equal(tag, BYTES("no_alert"));
        if (i)
            buffer_put_char(&joined, ',');
        buffer_put(&joined, tag);
        if (i == 0)
            alert->rule_id = alert_batch_text(batch, tag);
    }
    batch->failed = batch->failed || joined.failed;
    alert->category = alert_batch_text(batch, buffer_bytes(&joined));
    buffer_finish(&joined);
    return wanted;
}

static enum alert_reason fields_take(struct json_object *found, struct alert_batch *batch,
                                     struct alert *alert, int64_t reference)
{
    enum alert_reason reason = ALERT_REASON_none;
    struct json_object_iterator at = json_object_iter_begin(found);
    struct json_object_iterator end = json_object_iter_end(found);
    for (; !reason && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        struct json_object *value = json_object_iter_peek_value(&at);
        enum alert_field field = field_named(bytes_of(json_object_iter_peek_name(&at)));
        if (field != ALERT_FIELD_COUNT && is_plain(value))
            reason = alert_field_set(batch, alert, field, text_of(value), reference);
    }
    return reason;
}

/* What the rule says that describes the line; NULL: none does. */
static struct json_object *line_match(struct alert_rules *rules, struct bytes line)
{
    struct json_object *found = NULL;
    if (line.len == 0 || line.len > ALERT_RULES_LINE)
        return NULL;
    buffer_clear(&rules->line);
    buffer_put(&rules->line, line);
    buffer_put_char(&rules->line, '\0');
    if (rules->line.failed)
        return NULL;
    if (ln_normalize(rules->context, rules->line.at, line.len, &found) && found) {
        json_object_put(found);
        found = NULL;
    }
    return found;
}

enum alert_reason alert_rules_apply(struct alert_rules *rules, struct bytes line,
                                    struct alert_batch *batch, struct alert *alert,
                                    int64_t reference)
{
    struct json_object *tags = NULL;
    struct json_object *found = line_match(rules, line);
    enum alert_reason reason = ALERT_REASON_other;
    rules->counts.matched += found != NULL;
    rules->counts.unmatched += !found;
    if (!found)
        return ALERT_REASON_unknown;
    json_object_object_get_ex(found, "event.tags", &tags);
    if (tags_take(tags, batch, alert))
        reason = fields_take(found, batch, alert, reference);
    if (!reason && alert->rule_name.len == 0)
        alert->rule_name = alert->rule_id;
    json_object_put(found);
    return reason;
}
