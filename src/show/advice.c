#include "show/advice.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

enum { ADVICE_MOST = 8 };

/* What a technique asks for. The longest matching prefix is not needed: first match counts. */
static const struct {
    const char *technique, *english, *japanese;
} advices[] = {
    {"T1003",
     "Credentials were read from memory: reset the passwords of every account that "
     "logged on to this host, administrators first.",
     "メモリから資格情報が読まれました。このホストにログオンした全アカウントのパスワードを、"
     "管理者から順に変更してください。"},
    {"T1021",
     "It moved between hosts: isolate both ends, then check what the same account opened "
     "elsewhere.",
     "ホスト間の移動があります。両端を隔離し、同じアカウントが他で何を開いたか確認してください。"},
    {"T1570", "A tool was copied to another host: look for the same file on all hosts.",
     "ツールが別のホストにコピーされました。同じファイルを全ホストで探してください。"},
    {"T1547",
     "It starts again at logon: remove the Run key before the next restart, after taking "
     "a copy.",
     "ログオン時に再び起動します。次の再起動までに、控えを取ってから Run キーを消してください。"},
    {"T1543",
     "It was installed as a service: stop and disable the service, keep its program as "
     "evidence.",
     "サービスとして登録されています。停止・無効化し、プログラムは証拠として残してください。"},
    {"T1053",
     "A scheduled task will run it again: disable the task, keep its definition as "
     "evidence.",
     "タスクスケジューラーで再実行されます。タスクを無効にし、定義は証拠として残してください。"},
    {"T1055", "Code was put into another process: end neither before memory is saved.",
     "別プロセスへコードが注入されました。メモリを保存するまでどちらも終了しないでください。"},
    {"T1059",
     "A script ran: read its text in the evidence, and ask the user what was opened "
     "just before.",
     "スクリプトが実行されました。証拠の本文を読み、直前に何を開いたか利用者に確認してください。"},
    {"T1071",
     "It talks to an address normal life does not: look for other hosts that reached it, and "
     "block it at the edge when it is outside.",
     "平常では通信しない宛先と通信しています。同じ宛先に通信した他のホストを探し、外部なら境界で"
     "遮断してください。"},
    {"T1105", "A tool was brought in: take the file's hash and look for it on all hosts.",
     "ツールが持ち込まれました。ファイルのハッシュを取り、全ホストで探してください。"},
    {"T1048", "Data may have left: find out what was read and how much was sent.",
     "データが持ち出された恐れがあります。何が読まれ、どれだけ送られたか調べてください。"},
    {"T1041", "Data may have left: find out what was read and how much was sent.",
     "データが持ち出された恐れがあります。何が読まれ、どれだけ送られたか調べてください。"},
};

struct advice {
    struct sqlite3 *db;
    struct argument id;
    struct json *json;
    int given;
};

static void advise(struct advice *advice, const char *english, const char *japanese,
                   const char *door, const char *way)
{
    if (advice->given++ >= ADVICE_MOST)
        return;
    json_object(advice->json);
    json_key_text(advice->json, "text", bytes_of(english));
    json_key_text(advice->json, "text_ja", bytes_of(japanese));
    if (door)
        json_key_text(advice->json, door, bytes_of(way));
    json_end_object(advice->json);
}

static void advise_trace(struct advice *advice)
{
    char way[32];

    snprintf(way, sizeof way, "%lld", (long long)advice->id.number);
    advise(advice, "Follow the trace back to what started it and forward to what it touched.",
           "トレースで、始まりまで遡り、影響範囲を先へたどってください。", "trace", way);
}

static void advise_hosts(struct advice *advice)
{
    char english[256], japanese[256];
    long long hosts =
        number_of(advice->db, "SELECT count(DISTINCT host) FROM findings WHERE case_id = ?1",
                  &advice->id, 1, 0);

    if (hosts < 2)
        return;
    snprintf(english, sizeof english,
             "%lld hosts are involved: decide on isolating them together, not one by one.", hosts);
    snprintf(japanese, sizeof japanese,
             "%lld 台のホストが関わっています。隔離は一台ずつでなくまとめて判断してください。",
             hosts);
    advise(advice, english, japanese, NULL, NULL);
}

static void advise_techniques(struct advice *advice)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        struct argument arguments[] = {advice->id, {.text = bytes_of(advices[i].technique)}};
        bool same = i && strcmp(advices[i].english, advices[i - 1].english) == 0;

        if (!same &&
            number_of(advice->db,
                      "SELECT 1 FROM findings f, json_each(iif(json_valid(f.attack), f.attack,"
                      " '[]')) a WHERE f.case_id = ?1 AND substr(a.value, 1, length(?2)) = ?2",
                      arguments, 2, 0) == 1)
            advise(advice, advices[i].english, advices[i].japanese, NULL, NULL);
    }
}

/* Where else is it? The strongest finding's hash, file or address, as a query to run. */
static int advise_elsewhere(struct advice *advice)
{
    struct sqlite3_stmt *statement;
    int step;

    if (sqlite3_prepare_v2(
            advice->db,
            "SELECT o.value ->> 'value', 'SELECT time, host_name, user_name, event_action,"
            " process_executable FROM events WHERE ' || CASE o.value ->> 'type'"
            "  WHEN 'hash' THEN 'hash' WHEN 'domain' THEN 'dns_question_name'"
            "  WHEN 'ip' THEN 'destination_ip'"
            "  ELSE iif(o.value ->> 'value' LIKE '%.exe', 'process_executable', 'file_path') END"
            " || ' = ' || quote(o.value ->> 'value') || ' ORDER BY time LIMIT 500'"
            " FROM findings f, json_each(iif(json_valid(f.observables), f.observables, '[]')) o"
            " WHERE f.case_id = ?1 AND o.value ->> 'type' IN ('hash', 'ip', 'domain', 'file')"
            " ORDER BY f.score DESC, f.seq, o.key LIMIT 1",
            -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int64(statement, 1, advice->id.number);
    step = sqlite3_step(statement);
    if (step == SQLITE_ROW) {
        char english[512], japanese[512];
        const char *value = (const char *)sqlite3_column_text(statement, 0);

        snprintf(english, sizeof english, "Look for %.200s in all history.", value);
        snprintf(japanese, sizeof japanese, "%.200s を全履歴で探してください。", value);
        advise(advice, english, japanese, "sql", (const char *)sqlite3_column_text(statement, 1));
    }
    sqlite3_finalize(statement);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

int advice_json(struct sqlite3 *db, int64_t case_id, struct json *json)
{
    struct advice advice = {.db = db, .id = {.number = case_id}, .json = json};
    int error;

    json_array(json);
    advise_trace(&advice);
    advise_hosts(&advice);
    advise_techniques(&advice);
    error = advise_elsewhere(&advice);
    json_end_array(json);
    return error;
}
