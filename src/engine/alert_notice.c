#include "engine/alert_notice.h"

#include <errno.h>
#include <inttypes.h>

#include "base/json.h"
#include "store/database.h"

enum { TEXT_LIMIT = 512 /* bytes of a name or a proof */ };

static const char notice_sql[] =
    "SELECT g.sensor, g.rule_id, g.rule_name, g.category, g.host, g.host_ip, g.source_ip,"
    " g.destination_ip, g.destination_port, v.outcome, v.class, v.confidence,"
    " json_extract(p.proof, '$.reason'), json_extract(p.proof, '$.command'),"
    " json_extract(p.proof, '$.found'), s.novelty, s.level_share FROM alert_groups g"
    " LEFT JOIN alert_verdicts v ON v.alert = ?2 LEFT JOIN (SELECT alert,"
    " iif(json_valid(proof_json), proof_json, '{}') AS proof FROM alert_verdicts) p"
    " ON p.alert = ?2 LEFT JOIN alert_scores s ON s.group_id = g.id WHERE g.id = ?1";

enum {
    SENSOR,
    RULE_ID,
    RULE_NAME,
    CATEGORY,
    HOST,
    HOST_IP,
    SOURCE,
    DESTINATION,
    PORT,
    OUTCOME,
    CLASS,
    CONFIDENCE,
    WHY,
    COMMAND,
    FOUND,
    NOVELTY,
    SHARE
};

static const struct {
    const char *english, *japanese;
} reasons[] = {
    [STANDING_success] = {"the attack succeeded", "攻撃が成功した"},
    [STANDING_failed] = {"the attacks failed", "攻撃は失敗した"},
    [STANDING_benign] = {"judged harmless", "無害と判定"},
    [STANDING_raised] = {"learned from decisions: an attack, almost surely",
                         "判定の学習: ほぼ確実に攻撃"},
    [STANDING_filtered] = {"learned from decisions: a false positive", "判定の学習: 誤検知"},
    [STANDING_level] = {"learned from decisions: this level", "判定の学習によるレベル"},
    [STANDING_new] = {"new enough for the alert budget", "アラート予算に入る新しさ"},
    [STANDING_routine] = {"routine", "日常的"},
    [STANDING_severity] = {"the sensor's severity", "センサーの重大度"},
    [STANDING_untold] = {"the sensor tells no severity", "センサーが重大度を示さない"},
};

static struct bytes text_of(sqlite3_stmt *row, int column)
{
    struct bytes text = column_bytes(row, column);
    text.len = text.len < TEXT_LIMIT ? text.len : TEXT_LIMIT;
    return text;
}

static void text_json(sqlite3_stmt *row, int column, const char *key, struct json *json)
{
    struct bytes text = text_of(row, column);
    if (text.len)
        json_key_text(json, key, text);
}

static void number_json(sqlite3_stmt *row, int column, const char *key, struct json *json)
{
    if (sqlite3_column_type(row, column) != SQLITE_NULL)
        json_key(json, key), json_number(json, sqlite3_column_double(row, column));
}

static void notice_json(sqlite3_stmt *row, const struct alert_standing *group, bool again,
                        struct json *json)
{
    static const struct {
        const char *key;
        int column;
    } texts[] = {
        {"rule_name", RULE_NAME}, {"rule_id", RULE_ID},
        {"category", CATEGORY},   {"sensor", SENSOR},
        {"host", HOST},           {"host_ip", HOST_IP},
        {"source_ip", SOURCE},    {"destination_ip", DESTINATION},
        {"verdict", OUTCOME},     {"class", CLASS},
        {"verdict_reason", WHY},  {"command", COMMAND},
        {"found", FOUND},
    };
    json_object(json);
    json_key(json, "group"), json_unsigned(json, group->id);
    json_key(json, "first"), json_time(json, group->first);
    json_key(json, "last"), json_time(json, group->last);
    json_key(json, "count"), json_unsigned(json, group->count);
    json_key(json, "priority"), json_unsigned(json, group->priority);
    json_key_text(json, "reason",
                  bytes_of(standing_reason_name((enum standing_reason)group->reason)));
    json_key(json, "again"), json_bool(json, again);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        text_json(row, texts[i].column, texts[i].key, json);
    if (sqlite3_column_int(row, PORT))
        json_key(json, "destination_port"), json_integer(json, sqlite3_column_int(row, PORT));
    number_json(row, CONFIDENCE, "confidence", json);
    number_json(row, NOVELTY, "novelty", json);
    if (group->proposed < ALERT_LEVELS) {
        json_key(json, "level_proposed"), json_unsigned(json, group->proposed);
        number_json(row, SHARE, "share", json);
    }
    json_end_object(json);
}

/* A field that an attacker may have written stays on its line. */
static void line_put(const char *english, const char *japanese, struct bytes text,
                     struct buffer *out)
{
    if (!text.len)
        return;
    buffer_put_format(out, "  %s (%s): ", english, japanese);
    for (size_t i = 0; i < text.len; i++)
        buffer_put_char(out, (unsigned char)text.at[i] < 0x20 ? ' ' : text.at[i]);
    buffer_put(out, BYTES("\r\n"));
}

static void notice_text(sqlite3_stmt *row, const struct alert_standing *group, struct buffer *out)
{
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    buffer_put_format(out, "L%u: %s / %s\r\n", group->priority, reasons[group->reason].english,
                      reasons[group->reason].japanese);
    line_put("alert", "アラート", text_of(row, RULE_NAME), out);
    line_put("from", "送信元", text_of(row, SOURCE), out);
    line_put("to", "宛先", text_of(row, DESTINATION), out);
    line_put("host", "ホスト", text_of(row, HOST), out);
    buffer_put_format(out, "  %s - %s, %" PRIu64 " × (group %" PRIu64 ")\r\n",
                      time_format(group->first, first).at, time_format(group->last, last).at,
                      group->count, group->id);
    line_put("why", "根拠", text_of(row, WHY), out);
    line_put("command", "コマンド", text_of(row, COMMAND), out);
    line_put("found", "検出", text_of(row, FOUND), out);
}

static void end_take(sqlite3_stmt *row, int column, struct alert_notice *notice)
{
    struct bytes text = column_bytes(row, column);
    if (text.len && ip_parse(text, &notice->ends[notice->end_count]))
        notice->end_count++;
}

int alert_notice_make(struct alerts_store *store, const struct alert_standing *group, bool again,
                      struct alert_notice *notice)
{
    struct json json = {.out = &notice->json};
    sqlite3_stmt *row;
    int error = alerts_store_statement(store, notice_sql, &row);
    if (error)
        return error;
    buffer_clear(&notice->json);
    buffer_clear(&notice->text);
    notice->end_count = 0;
    sqlite3_bind_int64(row, 1, (int64_t)group->id);
    sqlite3_bind_int64(row, 2, (int64_t)group->gravest);
    int step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        notice_json(row, group, again, &json);
        notice_text(row, group, &notice->text);
        end_take(row, DESTINATION, notice);
        end_take(row, HOST_IP, notice);
        end_take(row, SOURCE, notice);
    }
    sqlite3_reset(row);
    if (step != SQLITE_ROW)
        return step == SQLITE_DONE ? -ENOENT : -EIO;
    return notice->json.failed || notice->text.failed ? -ENOMEM : 0;
}
